"""How much the share of each label rises in a month, corrected for the classifier's errors.

The slope of a regression of corrected outcomes on the month, clustered by article. It takes no gold
in every month, as shares by month do, and says less: whether the share rose or fell overall.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pyarrow as pa

from ...errors import InputError
from ...labels.gold.gold import Gold
from ..estimates.effects import Trend
from ..inputs.tagged import Tags
from ..inputs.usable_gold import Design, usable_gold
from .corrected_outcomes import Outcome
from .corrected_regression import explain, join_clusters
from .formula import Factor, Formula
from .predictors import months_since_first, predictors

__all__ = ["trends"]

_TREND = Factor("trend")


def trends(
    tags: Tags,
    gold: Iterable[Gold],
    design: Design,
    published: pa.Array,
    *,
    clusters: Sequence[pa.Array] = (),
    learned: Collection[str] | None = None,
    level: float = 0.95,
) -> tuple[tuple[Trend, ...], tuple[str, ...]]:
    """Estimate how much the share of each label rises in a month.

    Parameters
    ----------
    tags, gold, design, learned, level
        As `shares`.
    published
        The date of each unit, such as ``2026-03-05``; strings, shape (n_units,).
    clusters
        As `regression`.

    Returns
    -------
    A trend for each label of each dimension with gold, and what should be known beside it.

    Raises
    ------
    InputError, LeakError
        There is one month only; or as `shares`.
    """
    months = months_since_first(published)
    if len(months.unique().drop_null()) < 2:
        problem = "the units are of one month, or have no dates"
        raise InputError(tags.where, problem, "a trend takes two months: leave --trend out")
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in gold:
        answers.setdefault(row.dimension, {})[row.unit_id] = row.labels
    made: list[Trend] = []
    notes: dict[str, None] = {}
    for dimension in tags.dimensions.values():
        if dimension.name not in answers:
            continue
        coded = usable_gold(tags, dimension, answers[dimension.name], design, learned)
        joined = None
        for k, label in enumerate(dimension.labels):
            formula = Formula(label, ((_TREND,),))
            matrix = predictors(formula, {"trend": months}, len(tags))
            outcome = Outcome(dimension, k, coded)
            if not np.ptp(outcome.corrected):
                notes[f"{label}: its corrected outcome is the same in every unit: no trend"] = None
                continue
            joined = join_clusters(clusters, outcome) if joined is None else joined
            fitted = explain(formula, outcome, matrix, joined, level=level)
            notes.update(dict.fromkeys(fitted.notes))
            slope = fitted["trend"]
            made.append(
                Trend(
                    dimension.name,
                    label,
                    slope.naive,
                    slope.gold,
                    slope.corrected,
                    slope.detectable,
                )
            )
    return tuple(made), tuple(notes)
