"""Least squares and logit with variances by clusters, on arrays.

The outcome may be any number, also below 0 and above 1, as corrected outcomes are; the logit
solves the same equation, X'(y - mu) = 0, for which y need not be 0 or 1.

References
----------
Liang, K.-Y. & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
Biometrika 73 (the sandwich by clusters).
Cameron, A. C. & Miller, D. L. (2015). A practitioner's guide to cluster-robust inference. Journal
of Human Resources 50 (equation 12: the factor for few clusters, called CR1).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "dependent_column", "fit_clustered"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 50
_CLOSE = 1e-12
_DEPENDENT = 1e-10
_STRIDE = 4.0
_FAR = 30.0
"""Log-odds beyond which there is no finite solution."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A regression's coefficients."""

    values: Floats
    """Shape (n_columns,)."""
    covariance: Floats
    """Shape (n_columns, n_columns)."""
    n_clusters: int
    """Clusters that it rests on."""

    @property
    def errors(self) -> Floats:
        """Standard errors; 0 where no unit differs from what is fitted."""
        # What should be 0 may be below it by rounding.
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)))


def fit_clustered(
    matrix: Any, y: Floats, clusters: Ints, *, weight: Floats | None = None, logit: bool = False
) -> Fit | None:
    """Fit a regression; None where a logit has no finite solution.

    Parameters
    ----------
    matrix
        Sparse, shape (n_units, n_columns), of full rank (see `dependent_column`).
    y
        The outcome, shape (n_units,).
    clusters
        The cluster of each unit, as a number.
    weight
        Of each unit; 1 if None.
    logit
        Whether log-odds are explained instead of shares.

    Examples
    --------
    Two groups of two: their means are 0.5 and 2.

    >>> from scipy import sparse
    >>> matrix = sparse.csr_matrix([[1, 0], [1, 0], [1, 1], [1, 1]])
    >>> fit_clustered(matrix, np.array([0, 1, 1.5, 2.5]), np.arange(4)).values.round(6).tolist()
    [0.5, 1.5]
    """
    from scipy import sparse

    n, n_columns = matrix.shape
    weight = np.ones(n) if weight is None else weight
    solved = _logit(matrix, y, weight) if logit else _least_squares(matrix, y, weight)
    if solved is None:
        return None
    values, mean, slope = solved
    bread = np.linalg.inv(_gram(matrix, weight * slope))
    codes = np.unique(clusters, return_inverse=True)[1]
    n_clusters = int(codes.max()) + 1
    sums = sparse.csr_matrix((np.ones(n), (codes, np.arange(n))), shape=(n_clusters, n))
    scores = sums @ sparse.diags(weight * (y - mean)) @ matrix
    meat = (scores.T @ scores).toarray()
    meat *= n_clusters / (n_clusters - 1) * (n - 1) / (n - n_columns)
    return Fit(values, bread @ meat @ bread, n_clusters)


def dependent_column(matrix: Any) -> int | None:
    """Give the first column that is a combination of those before it; None where none is."""
    gram = _gram(matrix, np.ones(matrix.shape[0]))
    size = np.sqrt(np.diag(gram))
    if (size == 0).any():
        return int(np.flatnonzero(size == 0)[0])
    left = gram / np.outer(size, size)
    for k in range(len(left)):
        if left[k, k] < _DEPENDENT:
            return k
        left = left - np.outer(left[:, k], left[k]) / left[k, k]
    return None


def _gram(matrix: Any, weight: Floats) -> Floats:
    from scipy import sparse

    return np.asarray((matrix.T @ sparse.diags(weight) @ matrix).toarray())


def _least_squares(matrix: Any, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    gram = _gram(matrix, weight)
    values = np.zeros(matrix.shape[1])
    # The second step takes back what rounding did in the first.
    for _ in range(2):
        values = values + np.linalg.solve(gram, matrix.T @ (weight * (y - matrix @ values)))
    return values, matrix @ values, np.ones(len(y))


def _logit(matrix: Any, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats] | None:
    from scipy.special import expit

    values = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        mean = expit(matrix @ values)
        slope = mean * (1 - mean)
        try:
            step = np.linalg.solve(_gram(matrix, weight * slope), matrix.T @ (weight * (y - mean)))
        except np.linalg.LinAlgError:
            return None
        # A first step may be far too long; there is one top only, and shorter ones get there.
        longest = float(np.abs(matrix @ step).max())
        values = values + step * min(1.0, _STRIDE / max(longest, _STRIDE))
        if not np.isfinite(values).all() or np.abs(matrix @ values).max() > _FAR:
            return None
        if np.abs(step).max() < _CLOSE * max(1.0, float(np.abs(values).max())):
            mean = expit(matrix @ values)
            return values, mean, mean * (1 - mean)
    return None
