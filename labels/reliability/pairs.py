"""Agreement of each pair of coders, so that training can begin with those who differ.

A crowd has thousands of pairs. All of them are computed at once, in blocks that fit in memory: for
each article and pair the disagreements and the values used are counted, and a bootstrap draw weighs
articles.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...intervals import Estimate, interval
from ..annotations.annotation import is_machine
from .alpha import alpha, collect, masi
from .ratings import Ratings

__all__ = ["Pair", "beyond_chance", "pairs_of_coders"]

Ints = NDArray[np.int64]

_BLOCK = 4_000_000
"""Numbers that one block may hold: 32 MB."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two coders, and how far they agree."""

    coders: tuple[str, str]
    """Their names."""
    n_units: int
    """Units that both answered."""
    percent: float
    """Share of units with the same answer."""
    kappa: float | None
    """Cohen's kappa; None when both gave one and the same answer throughout."""
    alpha: Estimate
    """Krippendorff's alpha."""

    @property
    def has_machine(self) -> bool:
        """Whether one of them is a language model."""
        return any(map(is_machine, self.coders))


def pairs_of_coders(ratings: Ratings, weights: Ints, level: float) -> list[Pair]:
    """Measure each pair of coders who share units, in the order of their names.

    Parameters
    ----------
    ratings
        The answers.
    weights
        How often each article counts, shape (1 + draws, n_articles), from `draw_groups`.
    level
        Coverage of the intervals.
    """
    groups = list(_shared(ratings))
    if ratings.dimension.scale == "ordinal":
        alphas = [alpha(collect(ratings, rows), weights, level) for rows in groups]
    else:
        per_pair = len(ratings.members) * max(len(weights), len(ratings.articles))
        size = max(1, _BLOCK // per_pair)
        blocks = [groups[at : at + size] for at in range(0, len(groups), size)]
        alphas = [alpha_ for block in blocks for alpha_ in _alphas(ratings, block, weights, level)]
    return [_pair(ratings, rows, alpha_) for rows, alpha_ in zip(groups, alphas, strict=True)]


def beyond_chance(seen: float, chance: float) -> float | None:
    """Rescale agreement so that chance is 0 and perfect is 1; None when chance is perfect.

    Examples
    --------
    >>> beyond_chance(0.75, 0.5)
    0.5
    """
    return None if chance >= 1 else (seen - chance) / (1 - chance)


def _shared(ratings: Ratings) -> Iterator[tuple[Ints, Ints]]:
    first, second = ratings.pairs()
    swapped = ratings.coder[first] > ratings.coder[second]
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    key = ratings.coder[first] * len(ratings.coders) + ratings.coder[second]
    order = np.argsort(key, kind="stable")
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    for rows in np.split(order, cuts):
        if len(rows):
            yield first[rows], second[rows]


def _alphas(
    ratings: Ratings, block: list[tuple[Ints, Ints]], weights: Ints, level: float
) -> list[Estimate]:
    n_values, n_articles, n_pairs = len(ratings.members), len(ratings.articles), len(block)
    single = ratings.dimension.choice == "single"
    distance = 1 - np.eye(n_values) if single else masi(ratings.members)
    pair = np.repeat(np.arange(n_pairs), [len(rows[0]) for rows in block])
    first, second = (np.concatenate([rows[side] for rows in block]) for side in (0, 1))
    a, b, article = (
        ratings.value[first],
        ratings.value[second],
        ratings.article[ratings.unit[first]],
    )
    totals = np.zeros((n_articles, n_pairs, n_values))
    observed = np.zeros((n_articles, n_pairs))
    np.add.at(totals, (article, pair, a), 1)
    np.add.at(totals, (article, pair, b), 1)
    np.add.at(observed, (article, pair), 2 * distance[a, b])
    drawn = weights.astype(np.float64)
    used = (drawn @ totals.reshape(n_articles, -1)).reshape(len(drawn), n_pairs, n_values)
    n, expected = used.sum(axis=2), ((used @ distance) * used).sum(axis=2)
    result = np.full_like(n, np.nan)
    np.divide((n - 1) * (drawn @ observed), expected, out=result, where=expected > 0)
    n_used = (totals.sum(axis=2) > 0).sum(axis=0).tolist()
    return [
        interval(column, level, n_groups=n)
        for column, n in zip((1 - result).T, n_used, strict=True)
    ]


def _pair(ratings: Ratings, rows: tuple[Ints, Ints], alpha_: Estimate) -> Pair:
    a, b = ratings.value[rows[0]], ratings.value[rows[1]]
    n, n_values = len(a), len(ratings.members)
    percent = float(np.mean(a == b))
    chance = np.bincount(a, minlength=n_values) @ np.bincount(b, minlength=n_values) / n**2
    names = ratings.coders[ratings.coder[rows[0][0]]], ratings.coders[ratings.coder[rows[1][0]]]
    return Pair(names, n, percent, beyond_chance(percent, float(chance)), alpha_)
