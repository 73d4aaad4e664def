"""What decides where coders differ: majority, a model of coders' errors, or one after the other.

A rule gives each label of each unit a share or probability, and `winner` reads an answer off it, or
none where labels are even. ``majority-dawid-skene`` lets the majority stand and asks the model only
where votes are even: with three to five votes a unit the model is a good judge of ties, and a worse
one of what most coders said (``benchmarks/gold.py``).
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..reliability.ratings import Ratings
from .dawid_skene import dawid_skene

__all__ = ["RULES", "Positions", "Rule", "majority", "probability", "winner"]

Rule = Literal[
    "adjudicated",
    "unanimous",
    "single",
    "majority",
    "majority-dawid-skene",
    "dawid-skene",
    "dawid-skene-matrix",
    "tied",
]
"""How an answer came about."""

Shares = NDArray[np.float64]
Positions = NDArray[np.int64]
_EVEN = 1e-9


def majority(ratings: Ratings) -> Shares:
    """Return the share of coders who chose each label, shape (n_units, n_labels)."""
    shares = np.zeros((len(ratings.units), ratings.members.shape[1]))
    np.add.at(shares, ratings.unit, ratings.members[ratings.value].astype(np.float64))
    return np.asarray(shares / ratings.n_per_unit[:, None])


def _dawid_skene(ratings: Ratings, *, errors: Literal["accuracy", "matrix"] = "accuracy") -> Shares:
    unit, coder, n_labels = ratings.unit, ratings.coder, ratings.members.shape[1]
    if ratings.dimension.choice == "single":
        return dawid_skene(unit, coder, ratings.value, n_labels, errors=errors).probabilities
    chosen = ratings.members[ratings.value].astype(np.int64)
    columns = [
        dawid_skene(unit, coder, chosen[:, label], 2, errors=errors).probabilities[:, 1]
        for label in range(n_labels)
    ]
    return np.stack(columns, axis=1)


def _even_votes(ratings: Ratings) -> Shares:
    """Let the majority stand, and the model decide where votes are even, among what is even."""
    shares, model = majority(ratings), _dawid_skene(ratings)
    if ratings.dimension.choice == "multiple":
        return np.where(np.abs(shares - 0.5) < _EVEN, model, shares)
    even = shares >= shares.max(axis=1, keepdims=True) - _EVEN
    among = np.where(even, model, 0.0)
    among /= among.sum(axis=1, keepdims=True)
    return np.where(even.sum(axis=1, keepdims=True) > 1, among, shares)


RULES: dict[Rule, Callable[[Ratings], Shares]] = {
    "majority": majority,
    "majority-dawid-skene": _even_votes,
    "dawid-skene": _dawid_skene,
    "dawid-skene-matrix": partial(_dawid_skene, errors="matrix"),
}
"""What decides where coders differ: answers to shares or probabilities, (n_units, n_labels)."""


def winner(shares: Shares, ratings: Ratings) -> Positions | None:
    """Return the positions of the labels that hold, or None for a tie."""
    if ratings.dimension.choice == "multiple":
        held = np.flatnonzero(shares > 0.5)
        tied = bool(np.any(np.abs(shares - 0.5) < _EVEN))
        # Where a label must be chosen, "nothing" is what is left over, not what anybody said.
        must = ratings.dimension.required and not ratings.dimension.none
        names = ratings.dimension.label_ids
        kept = ratings.dimension.compatible(tuple(names[k] for k in held))
        held = np.array([k for k in held if names[k] in kept], np.int64)
        return None if tied or (must and not len(held)) else held
    best = np.flatnonzero(shares >= shares.max() - _EVEN)
    return best if len(best) == 1 else None


def probability(shares: Shares, held: Collection[int], ratings: Ratings) -> float:
    """Return the share of an answer; of several labels, that of the least certain one."""
    if ratings.dimension.choice == "single":
        return float(shares[next(iter(held))])
    kept = np.zeros(len(shares), bool)
    kept[list(held)] = True
    return float(np.where(kept, shares, 1 - shares).min())
