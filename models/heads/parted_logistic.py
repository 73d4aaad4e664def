"""Logistic regression on parted rows: what scikit-learn fits, from products that it has no way for.

scikit-learn takes rows that are sparse or dense. A network's states beside counted words are both,
and as a sparse matrix they take ten times as long as apart. So for these the same loss, penalty and
solver are put together here. Products are in single precision, as the rows are.

References
----------
Liu, D. C. & Nocedal, J. (1989). On the limited memory BFGS method for large scale optimization.
Mathematical Programming 45. (The solver.)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

from ..matrix import Parted

__all__ = ["fit_parted"]

_OPTIONS = {"maxiter": 2_000, "gtol": 5e-5, "ftol": 1e-9, "maxls": 50, "maxcor": 20}
"""When the solver ends: no entry of the gradient of the mean loss is above half of scikit-learn's
1e-4 (by which a looser penalty may take over the fit before it), or a step gains less than single
precision tells apart. Twice the usual number of remembered steps takes a third fewer of them."""

Floats = npt.NDArray[np.float64]


def fit_parted(
    rows: Parted,
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
    from sklearn.utils.class_weight import compute_class_weight

    labels, number = np.unique(target, return_inverse=True)
    weight = np.ones(len(number)) if sample_weight is None else sample_weight
    balance = compute_class_weight("balanced", classes=labels, y=target, sample_weight=weight)
    share = weight * balance[number]
    total = share.sum()
    share /= total
    n_sides = 1 if len(labels) == 2 else len(labels)
    # Of two labels, the second.
    truth = number[:, None] == np.arange(len(labels))[-n_sides:]
    dim, dtype = len(rows.columns), rows.dense.dtype

    def loss(flat: Floats, penalty: float) -> tuple[float, Floats]:
        """Return the mean loss and its gradient; the intercepts stand below the weights."""
        both = flat.reshape(dim + 1, n_sides)
        weights = both[:-1]
        raw = np.asarray(rows.times(weights.astype(dtype)), np.float64) + both[-1]
        if n_sides == 1:
            value = share @ np.logaddexp(0, np.where(truth, -raw, raw))[:, 0]
            off = share[:, None] * (expit(raw) - truth)
        else:
            log_p = log_softmax(raw, axis=1)
            value = -share @ log_p[truth]
            off = share[:, None] * (np.exp(log_p) - truth)
        gradient = np.empty_like(both)
        gradient[:-1] = rows.back_times(off.astype(dtype))
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
        weights[:, rows.columns] = both[:-1].T
        fits.append((weights, both[-1].copy()))
    return fits
