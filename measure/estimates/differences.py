"""Differences between the shares of groups.

The interval joins those of both shares (the method of variance estimates recovery), so that it is
as good as they are where a label is rare. Shares of groups hang together where clusters or strata
reach across groups; that is estimated from the same residuals as their variances. The test inverts
the interval: p is 1 less the coverage at which it would just reach 0.

References
----------
Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions.
Statistics in Medicine 17 (method 10).
Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general
approach. Statistics in Medicine 27.
Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
Statistics 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, UnknownNameError
from ..inputs.samples import Sample
from .effects import Difference, Effect
from .estimators import Estimates, normal_quantile, wilson_limits

__all__ = ["MeasuredCell", "differences", "holm"]

Floats = NDArray[np.float64]

_MOST = 5000
_FARTHEST = 8.0
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """A group whose shares were corrected."""

    name: str
    """Its name."""
    gold: Estimates
    """Its shares by the coded units alone."""
    best: Estimates
    """Its corrected shares."""
    count: Floats
    """Its shares of tags, shape (n_labels,)."""
    chosen: NDArray[np.bool_]
    """Which coded units lie in it, shape (n_coded,)."""


def differences(
    dimension: str,
    labels: Sequence[str],
    cells: Sequence[MeasuredCell],
    sample: Sample,
    residuals: Floats,
    *,
    truth: Floats,
    multiple: bool,
    against: str | None = None,
    level: float = 0.95,
) -> list[Difference]:
    """Compare groups in pairs, or all of them with one.

    Parameters
    ----------
    dimension, labels
        Ids of the dimension and its labels.
    cells
        The groups.
    sample
        All coded units.
    residuals
        What the model missed on them, shape (n_coded, n_labels).
    truth
        Which labels they have, same shape.
    multiple
        Whether a unit takes any number of labels.
    against
        The group that all others are compared with; each pair if None.
    level
        Coverage of the intervals.

    Raises
    ------
    InputError, UnknownNameError
        There are not two groups, too many pairs, or no such group.
    """
    names = [cell.name for cell in cells]
    if len(cells) < 2:
        problem = f"{dimension}: {len(cells)} group is corrected, and a difference takes two"
        raise InputError("differences", problem, "draw for the others, as the note on groups says")
    if against is not None and against not in names:
        raise UnknownNameError("corrected group:", against, names)
    if against is not None:
        second = names.index(against)
        pairs = [(first, second) for first in range(len(cells)) if first != second]
    else:
        pairs = [(a, b) for a in range(len(cells)) for b in range(a + 1, len(cells))]
    if len(pairs) > _MOST:
        problem = f"{len(cells)} groups make {len(pairs):,} pairs"
        raise InputError("differences", problem, "name one to compare with: --against GROUP")
    together = _correlations(cells, sample, residuals)
    best = _effects([cell.best for cell in cells], together, pairs, level)
    alone = _correlations(cells, sample, truth)
    gold = _effects([cell.gold for cell in cells], alone, pairs, level)
    p = np.array([[effect.p for effect in row] for row in best])
    # Of two labels of a single choice one test says it all.
    mirrored = not multiple and len(labels) == 2
    adjusted = np.repeat(holm(p[:, 1])[:, None], 2, axis=1) if mirrored else holm(p)
    return [
        Difference(
            dimension,
            label,
            names[first],
            names[second],
            float(cells[first].count[k] - cells[second].count[k]),
            gold[row][k],
            best[row][k],
            float(adjusted[row, k]),
        )
        for k, label in enumerate(labels)
        for row, (first, second) in enumerate(pairs)
    ]


def _effects(
    estimates: Sequence[Estimates],
    correlations: Floats,
    pairs: Sequence[tuple[int, int]],
    level: float,
) -> list[list[Effect]]:
    """Give the differences of some estimates, by pair and label."""
    a, b = np.array(pairs).T
    shares, together = _Stacked.of(estimates), correlations[a, b]
    value = shares.share[a] - shares.share[b]
    z = normal_quantile(level)
    low, high = _limits(shares, a, b, together, np.full(value.shape, z))
    variance = shares.variance[a] + shares.variance[b]
    variance -= 2 * together * np.sqrt(shares.variance[a] * shares.variance[b])
    error = np.sqrt(np.maximum(variance, 0))
    p = _p_values(shares, a, b, together, value)
    every = np.stack([value, low, high, error, p], axis=-1)
    return [[Effect(*numbers) for numbers in row] for row in every.tolist()]


def holm(p: Floats) -> Floats:
    """Adjust p-values for their number; any shape.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")
    factor = np.arange(len(flat), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(flat[order] * factor), 1)
    made = np.empty_like(flat)
    made[order] = adjusted
    return made.reshape(p.shape)


@dataclass(frozen=True, slots=True)
class _Stacked:
    """The estimates of all groups, arrays of shape (n_cells, n_labels)."""

    share: Floats
    variance: Floats
    steady: Floats
    freedom: Floats

    @classmethod
    def of(cls, estimates: Sequence[Estimates]) -> "_Stacked":
        freedom = np.array([[float(estimate.freedom)] for estimate in estimates])
        share = np.array([estimate.share for estimate in estimates])
        return cls(
            share,
            np.array([estimate.variance for estimate in estimates]),
            np.array([estimate.steady for estimate in estimates]),
            np.broadcast_to(freedom, share.shape),
        )

    def limits(self, rows: NDArray[np.int64], z: Floats) -> tuple[Floats, Floats]:
        share, steady = self.share[rows], self.steady[rows]
        return wilson_limits(share, self.variance[rows], steady, self.freedom[rows], z)


def _correlations(cells: Sequence[MeasuredCell], sample: Sample, residuals: Floats) -> Floats:
    """Give how the shares of groups hang together, shape (n_cells, n_cells, n_labels)."""
    n_labels = residuals.shape[1]
    made = np.zeros((len(cells), len(cells), n_labels))
    inside = np.array([cell.chosen for cell in cells]).T * sample.weight[:, None]
    inside = inside / inside.sum(axis=0)
    for k in range(n_labels):
        middle = residuals[:, k] @ inside
        parts = (residuals[:, k][:, None] - middle) * (inside / sample.weight[:, None])
        parts = sample.deviations(parts)
        both = parts.T @ parts
        size = np.sqrt(np.diag(both))
        size = np.where(size > 0, size, 1)
        made[:, :, k] = np.clip(both / np.outer(size, size), -1, 1)
    return made


def _limits(
    shares: _Stacked, a: NDArray[np.int64], b: NDArray[np.int64], together: Floats, z: Floats
) -> tuple[Floats, Floats]:
    low_a, high_a = shares.limits(a, z)
    low_b, high_b = shares.limits(b, z)
    below_a, above_a = shares.share[a] - low_a, high_a - shares.share[a]
    below_b, above_b = shares.share[b] - low_b, high_b - shares.share[b]
    value = shares.share[a] - shares.share[b]
    low = value - _joined(below_a, above_b, together)
    high = value + _joined(above_a, below_b, together)
    return np.maximum(low, -1), np.minimum(high, 1)


def _joined(left: Floats, right: Floats, together: Floats) -> Floats:
    squares = left**2 + right**2 - 2 * together * left * right
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _p_values(
    shares: _Stacked,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    together: Floats,
    value: Floats,
) -> Floats:
    """Find the coverage at which each interval would just reach 0."""
    from scipy import special

    near, far = np.full(value.shape, 1e-6), np.full(value.shape, _FARTHEST)
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        low, high = _limits(shares, a, b, together, middle)
        reaches = np.where(value > 0, low <= 0, high >= 0)
        near, far = np.where(reaches, near, middle), np.where(reaches, middle, far)
    return np.asarray(np.where(value == 0, 1.0, 2 * special.ndtr(-far)))
