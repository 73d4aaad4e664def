"""From tags and gold to shares with honest intervals, agreement of coders and model, and a report.

The last stage of the way: articles (`corpus`), design and answers (`annotate`), gold (`labels`),
tags (`models`), and here what a study says. It builds on all four, and `study` builds on it.
"""

from ..arguments import check_all
from .checks.coder_comparison import CoderComparison
from .checks.coders import compare_coders
from .checks.doubts import Doubts, rank_doubts
from .checks.drift import Drift, compare_texts
from .estimates.estimation import shares
from .estimates.results import Shares
from .inputs.tagged import Tags, read_tags
from .plans.plans import Plan, plan_agreement, plan_score, plan_share, plan_shares
from .regressions.coefficients import Regression
from .regressions.corrected_outcomes import outcomes
from .regressions.corrected_regression import regression

__all__ = [
    "CoderComparison",
    "Doubts",
    "Drift",
    "Plan",
    "Regression",
    "Shares",
    "Tags",
    "compare_coders",
    "compare_texts",
    "outcomes",
    "plan_agreement",
    "plan_score",
    "plan_share",
    "plan_shares",
    "rank_doubts",
    "read_tags",
    "regression",
    "shares",
]

check_all(globals(), __all__)
