"""Logistic regression: what scikit-learn fits, from products that it has no way for.

A classifier is fitted some thousand times before one is kept, so that the fit is what training
takes. The loss, penalty and solver are scikit-learn's; two things are not:

- **Rows are centred.** The mean of a network's states is longer than all their differences, and
  beside the intercept a direction that the solver would zigzag along. What is fitted is the same,
  as the intercept bears no penalty.
- **Columns stand apart.** A network's states beside counted words are neither sparse nor dense, and
  as a sparse matrix they take ten times as long. Products are in single precision.

References
----------
Liu, D. C. & Nocedal, J. (1989). On the limited memory BFGS method for large scale optimization.
Mathematical Programming 45. (The solver.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from ..matrix import Matrix, Parted

__all__ = ["Centred", "fit_logistic"]

_OPTIONS = {"maxiter": 2_000, "gtol": 5e-5, "ftol": 1e-9, "maxls": 50, "maxcor": 20}
"""When the solver ends: no entry of the gradient of the mean loss is above half of scikit-learn's
1e-4 (by which a looser penalty may take over the fit before it), or a step gains less than single
precision tells apart. Twice the usual number of remembered steps takes a third fewer of them."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Centred:
    """Rows as they are fitted."""

    rows: Parted
    """In single precision; columns that are mostly filled have a mean of 0."""
    middle: Floats
    """What was their mean, shape (n_full,)."""

    @classmethod
    def of(cls, rows: Matrix) -> "Centred":
        """Centre rows, a dense array or a CSR one."""
        parted = Parted.of(rows)
        middle = parted.dense.mean(axis=0, dtype=np.float64)
        dense = np.asarray(parted.dense - middle, np.float32)
        return cls(Parted(dense, parted.rest, parted.columns), middle)


def fit_logistic(
    rows: Centred,
    target: npt.NDArray[Any],
    strengths: Sequence[float],
    sample_weight: Floats | None,
) -> list[tuple[Floats, Floats]]:
    """Fit one classifier for each inverse penalty, each starting where the last ended.

    Parameters
    ----------
    rows
        Shape (n_rows, dim).
    target
        Number of the label of each row, shape (n_rows,); two labels at least.
    strengths
        Inverse penalties, ascending.
    sample_weight
        Weight of each row, beside what balances labels; all alike if None.

    Returns
    -------
    Weights, shape (n_labels, dim), and intercepts, one pair a penalty; of two labels, shape
    (1, dim), for the second. Columns stand as they came.
    """
    labels, number = np.unique(target, return_inverse=True)
    weight = np.ones(len(number)) if sample_weight is None else sample_weight
    # As scikit-learn balances: all labels weigh alike.
    of_label = np.bincount(number, weight)
    share = weight * (weight.sum() / (len(labels) * of_label))[number]
    total = share.sum()
    share /= total
    n_sides = 1 if len(labels) == 2 else len(labels)
    # Of two labels, the second.
    truth = number[:, None] == np.arange(len(labels))[-n_sides:]
    dim = len(rows.rows.columns)

    def loss(flat: Floats, penalty: float) -> tuple[float, Floats]:
        """Return the mean loss and its gradient; the intercepts stand below the weights."""
        both = flat.reshape(dim + 1, n_sides)
        weights = both[:-1]
        raw = rows.rows.times(weights.astype(np.float32)) + both[-1]
        if n_sides == 1:
            probability = expit(raw)
            value = share @ np.logaddexp(0, np.where(truth, -raw, raw))[:, 0]
        else:
            raw -= raw.max(axis=1, keepdims=True)
            probability = np.exp(raw)
            odds = probability.sum(axis=1, keepdims=True)
            probability /= odds
            value = share @ (np.log(odds[:, 0]) - raw[truth])
        off = share[:, None] * (probability - truth)
        gradient = np.empty_like(both)
        gradient[:-1] = rows.rows.back_times(off.astype(np.float32))
        gradient[:-1] += penalty * weights
        gradient[-1] = off.sum(axis=0)
        return float(value + penalty / 2 * np.vdot(weights, weights)), gradient.ravel()

    fits: list[tuple[Floats, Floats]] = []
    at = np.zeros((dim + 1) * n_sides)
    for strength in strengths:
        penalty = (1 / (strength * total),)
        at = minimize(loss, at, penalty, "L-BFGS-B", jac=True, options=_OPTIONS).x
        both = at.reshape(dim + 1, n_sides)
        weights = np.empty((n_sides, dim))
        weights[:, rows.rows.columns] = both[:-1].T
        fits.append((weights, both[-1] - rows.middle @ both[: len(rows.middle)]))
    return fits
