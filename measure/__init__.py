"""From tags and gold to shares with honest intervals, agreement of coders and model, and a report.

The last stage of the way: articles (`corpus`), design and answers (`annotate`), gold (`labels`),
tags (`models`), and here what a study says. It builds on all four, and `study` builds on it.
"""

from .coder_comparison import CoderComparison
from .coders import compare_coders
from .coefficients import Regression
from .corrected_outcomes import outcomes
from .corrected_regression import regression
from .doubts import Doubts, rank_doubts
from .drift import Drift, compare_texts
from .estimation import shares
from .plans import Plan, plan_agreement, plan_score, plan_share, plan_shares
from .results import Shares
from .tagged import Tags, read_tags

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
