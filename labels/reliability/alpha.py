"""Krippendorff's alpha: 1 minus observed over expected disagreement, with missing answers allowed.

The package `krippendorff` gives the number and serves the tests as a second opinion. It is not used
here, because an interval needs the number a thousand times over: both disagreements are written as
sums over articles (`observed`, `totals`), so that each bootstrap draw is a weighted sum of them.

The distance between two answers is 0 or 1 (nominal), grows with the answers that lie between
(ordinal), or follows MASI for multiple choice: 1 minus Jaccard's overlap times 1, 2/3, 1/3 or 0 for
equal sets, one within the other, sets that overlap, and sets that do not.

References
----------
Krippendorff, K. (2011). Computing Krippendorff's Alpha-Reliability, section C.
Passonneau, R. (2006). Measuring Agreement on Set-valued Items (MASI). LREC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...intervals import Estimate, interval
from .ratings import Ratings

__all__ = ["Sums", "alpha", "alpha_per_label", "collect", "masi"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sums:
    """What alpha is made of, for each article."""

    observed: Floats
    """Disagreement among pairs, (n_articles,); for ordinal data the coincidences, (n_articles, v,
    v).
    """
    totals: Floats
    """How often each value stands in a pair, (n_articles, n_values)."""
    distance: Floats | None
    """Distance of each two values, (n_values, n_values); None when it follows from the totals."""


def masi(members: NDArray[np.bool_]) -> Floats:
    """Return the MASI distances between sets of labels.

    Parameters
    ----------
    members
        Which labels each set holds, shape (n_sets, n_labels).

    Returns
    -------
    Distances from 0 to 1, shape (n_sets, n_sets).

    Examples
    --------
    >>> sets = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1]], bool)
    >>> masi(sets).round(3).tolist()[0]
    [0.0, 0.667, 1.0]
    """
    member = members.astype(np.float64)
    size = member.sum(axis=1)
    common = member @ member.T
    union = size[:, None] + size[None, :] - common
    jaccard = np.divide(common, union, out=np.ones_like(common), where=union > 0)
    smaller = np.minimum(size[:, None], size[None, :])
    equal = common == union
    within = (common == smaller) & (common > 0)
    kind = np.select([equal, within, common > 0], [1.0, 2 / 3, 1 / 3], 0.0)
    return np.asarray(1 - jaccard * kind)


def collect(ratings: Ratings, rows: tuple[Ints, Ints] | None = None) -> Sums:
    """Collect each article's share in the disagreements.

    Parameters
    ----------
    ratings
        The answers.
    rows
        Pairs of answers on the same unit, no unit in two of them; all pairs of all units if None.
    """
    n_articles, n_values = len(ratings.articles), len(ratings.members)
    first, second = ratings.pairs() if rows is None else rows
    a, b = ratings.value[first], ratings.value[second]
    unit = ratings.unit[first]
    article = ratings.article[unit]
    # A unit with m answers has m (m - 1) / 2 pairs; each weighs 1 / (m - 1), so that a unit
    # counts once per answer, as the coincidence matrix has it.
    weight = 1.0 / (ratings.n_per_unit[unit] - 1) if rows is None else np.ones(len(unit))
    totals = np.zeros((n_articles, n_values))
    np.add.at(totals, (article, a), weight)
    np.add.at(totals, (article, b), weight)
    if ratings.dimension.scale == "ordinal":
        coincidences = np.zeros((n_articles, n_values, n_values))
        np.add.at(coincidences, (article, a, b), weight)
        np.add.at(coincidences, (article, b, a), weight)
        return Sums(coincidences, totals, None)
    nominal = ratings.dimension.choice == "single"
    distance = 1.0 - np.eye(n_values) if nominal else masi(ratings.members)
    observed = np.bincount(article, 2 * weight * distance[a, b], minlength=n_articles)
    return Sums(observed.astype(np.float64), totals, distance)


def alpha(sums: Sums, weights: Ints, level: float = 0.95) -> Estimate:
    """Compute alpha and its interval.

    Parameters
    ----------
    sums
        Each article's share, from `collect`.
    weights
        How often each article counts, shape (1 + draws, n_articles), from `draw_groups`.
    level
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Alpha; undefined when there is no pair, or only one value was ever used, so that it is 0/0.

    Examples
    --------
    >>> perfect = Sums(np.zeros(2), np.array([[2.0, 0], [0, 2.0]]), 1 - np.eye(2))
    >>> alpha(perfect, np.ones((1, 2), np.int64)).value
    1.0
    """
    used = np.flatnonzero(sums.totals.sum(axis=1) > 0)
    drawn = weights[:, used].astype(np.float64)
    observed = np.asarray(np.tensordot(drawn, sums.observed[used], 1), np.float64)
    values = _alpha(observed, drawn @ sums.totals[used], sums.distance)
    return interval(values, level, n_groups=len(used))


def alpha_per_label(ratings: Ratings, weights: Ints, level: float) -> list[Estimate]:
    """Compute alpha for each label against all others: was it chosen or not.

    A low alpha overall often comes from one label; this says from which.
    """
    n_articles = len(ratings.articles)
    chosen = np.zeros((len(ratings.units), ratings.members.shape[1]))
    np.add.at(chosen, ratings.unit, ratings.members[ratings.value].astype(np.float64))
    m = ratings.n_per_unit[:, None].astype(np.float64)
    paired = (m > 1).astype(np.float64)
    split = 2 * chosen * (m - chosen) / np.maximum(m - 1, 1) * paired
    shares = []
    for part in (split, chosen * paired, (m - chosen) * paired):
        sums = np.zeros((n_articles, part.shape[1]))
        np.add.at(sums, ratings.article, part)
        shares.append(sums)
    drawn = weights.astype(np.float64)
    observed, ones, zeros = (drawn @ share for share in shares)
    n, expected = ones + zeros, 2 * ones * zeros
    result = np.full_like(n, np.nan)
    np.divide((n - 1) * observed, expected, out=result, where=expected > 0)
    n_used = len(np.unique(ratings.article[ratings.n_per_unit > 1]))
    return [interval(column, level, n_groups=n_used) for column in (1 - result).T]


def _alpha(observed: Floats, totals: Floats, distance: Floats | None) -> Floats:
    """Compute alpha from sums, one row a draw; NaN where it is 0/0."""
    n = totals.sum(axis=1)
    if distance is None:
        # Ranks between two values: half of each, and all that lies between, squared.
        upto = np.cumsum(totals, axis=1) - totals / 2
        apart = (upto[:, :, None] - upto[:, None, :]) ** 2
        disagreement = np.einsum("dij,dij->d", observed, apart)
        expected = np.einsum("di,dj,dij->d", totals, totals, apart)
    else:
        disagreement = observed
        expected = np.einsum("di,ij,dj->d", totals, distance, totals, optimize=True)
    result = np.full(len(n), np.nan)
    np.divide((n - 1) * disagreement, expected, out=result, where=expected > 0)
    return np.asarray(1 - result)
