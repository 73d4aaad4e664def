"""Draws of a fixed size with unequal probabilities that are known exactly.

Taking the top of a ranking has no probabilities; drawing one unit after the other without
replacement has probabilities that only simulation can tell. A systematic draw from a list in random
order has both a fixed size and, whatever the order, exactly the probabilities that it was given.
The joint probability of two units is not known in closed form; as the order is random, it is close
enough to that of the draw of greatest entropy that variances can be estimated from the first-order
probabilities alone (see `shares`).

References
----------
Madow, W. G. (1949). On the theory of systematic sampling, II. Annals of Mathematical Statistics 20.
Hartley, H. O. & Rao, J. N. K. (1962). Sampling with unequal probabilities and without replacement.
Annals of Mathematical Statistics 33.
Hesterberg, T. (1995). Weighted average importance sampling and defensive mixture distributions.
Technometrics 37 (why a part of the draw is random).
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["inclusion_probabilities", "systematic"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TINY = 1e-12


def inclusion_probabilities(scores: Floats, n: int, *, mix: float = 0.0) -> Floats:
    """Turn scores into probabilities that add up to n.

    A share `mix` of the draw is spread evenly over all units, the rest in proportion to the scores;
    where that exceeds 1, the unit is certain, and the excess goes to the others.

    Parameters
    ----------
    scores
        How much each unit is wanted, not negative, shape (n_units,). All zeros are as good as all
        ones.
    n
        Size of the draw, at most n_units.
    mix
        Share that is random, from 0 to 1.

    Returns
    -------
    Probabilities above 0, at most 1, shape (n_units,).

    Examples
    --------
    >>> inclusion_probabilities(np.array([0.0, 1.0, 3.0, 6.0]), 2, mix=0.5).round(4).tolist()
    [0.25, 0.35, 0.55, 0.85]
    >>> inclusion_probabilities(np.array([1.0, 1.0, 8.0]), 2).tolist()
    [0.5, 0.5, 1.0]
    """
    scores = np.asarray(scores, np.float64)
    n_units = len(scores)
    top = scores.max(initial=0.0)
    # A unit with score 0 keeps a chance: without one, no estimate could be made.
    wanted = np.maximum(scores / top, _TINY) if top > 0 else np.ones(n_units)
    probabilities = np.ones(n_units)
    free = np.ones(n_units, bool)
    while (left := n - int((~free).sum())) > 0:
        even = left * mix / free.sum()
        share = even + left * (1 - mix) * wanted / wanted[free].sum()
        over = free & (share > 1)
        if not over.any():
            probabilities[free] = share[free]
            break
        free &= ~over
    return probabilities


def systematic(
    probabilities: Floats, rng: np.random.Generator, *, order: Ints | None = None
) -> Ints:
    """Draw units with given probabilities: equal steps along a list in random order.

    Parameters
    ----------
    probabilities
        Between 0 and 1, adding up to a whole number, shape (n_units,).
    rng
        Source of randomness.
    order
        The list as positions of units; random if None.

    Returns
    -------
    Positions of the units drawn, in the order of the list.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sorted(systematic(np.array([1.0, 0.5, 0.5, 1.0]), rng).tolist()) in [[0, 1, 3], [0, 2, 3]]
    True
    """
    order = rng.permutation(len(probabilities)) if order is None else order
    # Certain units are set apart, so that no rounding can step over one, or on one twice.
    certain = order[probabilities[order] >= 1 - _TINY]
    rest = order[probabilities[order] < 1 - _TINY]
    along = np.cumsum(probabilities[rest])
    n_more = round(float(along[-1])) if len(rest) else 0
    if not n_more:
        return np.asarray(certain, np.int64)
    steps = (rng.random() + np.arange(n_more)) * (along[-1] / n_more)
    drawn = rest[np.minimum(np.searchsorted(along, steps, side="right"), len(rest) - 1)]
    return np.asarray(np.concatenate([certain, drawn]), np.int64)
