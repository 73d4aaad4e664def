"""Strata: how many units each gets, and the draw within them."""

import heapq
from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import InputError

__all__ = ["allocate", "draw_within", "members_of"]


def members_of(strata: Sequence[str]) -> dict[str, list[int]]:
    """Return the positions of the units of each stratum, strata sorted by name."""
    members: dict[str, list[int]] = {}
    for position, name in enumerate(strata):
        members.setdefault(name, []).append(position)
    return dict(sorted(members.items()))


def allocate(sizes: Mapping[str, int], n: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Divide n units between strata in proportion to weights, none getting more than it has.

    By Webster's method: the next unit goes where weight / (2 given + 1) is largest. Each stratum
    gets one first, because in a stratum without any no unit would have a chance.

    Parameters
    ----------
    sizes
        Number of units of each stratum.
    n
        How many units to divide, at most the sum of the sizes.
    weights
        What each stratum's number is to be in proportion to.

    Raises
    ------
    InputError
        There are more strata than units to give.

    Examples
    --------
    >>> sizes = {"large": 60, "middle": 30, "small": 2}
    >>> allocate(sizes, 10, sizes)
    {'large': 6, 'middle': 3, 'small': 1}
    >>> allocate(sizes, 10, dict.fromkeys(sizes, 1))
    {'large': 4, 'middle': 4, 'small': 2}
    """
    if n < len(sizes):
        problem = f"{n} units wanted from {len(sizes)} strata"
        raise InputError("sample", problem, f"draw at least {len(sizes)}, or use coarser strata")
    given = dict.fromkeys(sizes, 1)
    queue = [(-weights[name] / 3, name) for name in sizes if sizes[name] > 1]
    heapq.heapify(queue)
    for _ in range(n - len(sizes)):
        _, name = heapq.heappop(queue)
        given[name] += 1
        if given[name] < sizes[name]:
            heapq.heappush(queue, (-weights[name] / (2 * given[name] + 1), name))
    return given


def draw_within(
    members: Mapping[str, Sequence[int]], wanted: Mapping[str, int], rng: np.random.Generator
) -> tuple[list[int], list[float], list[str]]:
    """Draw simple random samples within strata.

    Parameters
    ----------
    members
        Positions of the units of each stratum.
    wanted
        Number of units to draw of each.
    rng
        Source of randomness.

    Returns
    -------
    Positions of the units drawn, the probability of each, n_h / N_h, and its stratum.
    """
    chosen: list[int] = []
    probabilities: list[float] = []
    strata: list[str] = []
    for name, n in wanted.items():
        positions = members[name]
        chosen += [positions[i] for i in rng.permutation(len(positions))[:n]]
        probabilities += [n / len(positions)] * n
        strata += [name] * n
    return chosen, probabilities, strata
