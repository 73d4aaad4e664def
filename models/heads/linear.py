"""Linear classifiers along a path of penalties, fast enough to be fitted a hundred times.

Logistic regression is the default; the linear support vector machine (squared hinge) and ridge
regression on the labels are tried when asked to be thorough. All weigh labels by their rareness.

Where there are fewer rows than columns, the rows are first turned onto as many axes as there are
rows. The penalised fit depends on rows through their inner products only, so that this changes
nothing but the time (some 150,000 columns of TF-IDF become a thousand). Many sparse rows stay as
they are.

References
----------
Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms, section 10.3 (Cholesky with
complete pivoting, for matrices that are not of full rank).
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf

from ..matrix import Matrix, dense_product, gram
from .logistic import Centred, fit_logistic

__all__ = ["KINDS", "LinearFit", "Space", "fit_path", "rotate"]

_ROTATE_UP_TO = 2_500
"""Rows that are always turned. More are where a step over rows as long as there are rows takes less
time than one over the filled entries of sparse ones, which are gone through singly."""

_ROUNDING = 1e-7

Path = list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]
"""Weights, shape (n_labels or 1, dim), and intercepts, one pair a penalty."""


@dataclass(frozen=True, slots=True)
class LinearFit:
    """Weights of one fit, one row a label, for single and multiple choice alike."""

    weights: npt.NDArray[np.floating[Any]]
    """Shape (n_labels, dim)."""
    intercept: npt.NDArray[np.float64]
    """Shape (n_labels,)."""

    def scores(self, vectors: Matrix) -> npt.NDArray[np.float64]:
        """Score the labels, shape (n_rows, n_labels)."""
        return dense_product(vectors, self.weights) + self.intercept


@dataclass(frozen=True, slots=True)
class Space:
    """Rows in the space where fits are made, and the way back."""

    rows: Matrix
    """The rows, shape (n_rows, dim of the space)."""
    original: Matrix | None
    """As many independent rows as the space has axes, as they were; None if it is the original."""
    triangle: npt.NDArray[np.float64]
    """These rows in the space: a lower triangle, shape (dim of the space, dim of the space)."""

    def back(self, weights: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        """Bring weights back to the original columns."""
        if self.original is None:
            return weights
        # Rows first: the axes themselves, one value a column and axis, would be far more work.
        mixed = solve_triangular(self.triangle, weights.T, trans="T", lower=True)
        return np.asarray(self.original.T @ mixed).T


def rotate(vectors: Matrix) -> Space:
    """Turn few rows with many columns onto as many axes as there are independent rows.

    The triangle of the Cholesky decomposition of all products of rows is these rows, seen from axes
    that they span themselves: lengths and angles stay, and so does every fit. Rows are taken in the
    order in which they add most, until what is left is rounding.

    Examples
    --------
    >>> space = rotate(np.array([[3.0, 0.0, 4.0]]))
    >>> np.abs(space.rows).round(6).tolist()  # the length of the row
    [[5.0]]
    """
    n_rows, dim = vectors.shape
    filled = vectors.nnz / n_rows if sparse.issparse(vectors) else dim
    if n_rows >= dim or n_rows > max(_ROTATE_UP_TO, filled):
        return Space(vectors, None, np.zeros((0, 0)))
    products = gram(vectors)
    least = _ROUNDING * max(float(products.diagonal().max()), _ROUNDING)
    factor, order, rank, _ = dpstrf(products, lower=1, tol=least)
    triangle, order = np.tril(factor)[:, :rank], order - 1
    rows = np.empty_like(triangle)
    rows[order] = triangle
    return Space(rows, vectors[order[:rank]], triangle[:rank])


def fit_path(  # noqa: PLR0917 - as scikit-learn has them
    rows: Matrix,
    target: npt.NDArray[np.bool_],
    strengths: Sequence[float],
    multiple: bool,  # noqa: FBT001
    sample_weight: npt.NDArray[np.float64] | None = None,
    kind: str = "logistic",
) -> list[LinearFit]:
    """Fit one classifier for each inverse penalty, each starting where the last ended.

    Parameters
    ----------
    rows
        Shape (n_rows, dim).
    target
        Which labels each row has, shape (n_rows, n_labels). Labels that no row has get no weight.
    strengths
        Inverse penalties, ascending.
    multiple
        One regression a label instead of one for all.
    sample_weight
        Weight of each row.
    kind
        One of `KINDS`.
    """
    n_labels, dim = target.shape[1], rows.shape[1]
    if not dim:
        # Nothing is known of any row, so that only the intercepts are fitted.
        rows = np.zeros((len(target), 1))
        blind = fit_path(rows, target, strengths, multiple, sample_weight, kind)
        return [LinearFit(fit.weights[:, :0], fit.intercept) for fit in blind]
    path = KINDS[kind]
    rows = Centred.of(rows) if kind == "logistic" else rows
    fits = [LinearFit(np.zeros((n_labels, dim)), np.zeros(n_labels)) for _ in strengths]
    if multiple:
        for k in range(n_labels):
            share = target[:, k].mean()
            if share in (0, 1):
                for fit in fits:
                    fit.intercept[k] = 4.0 if share else -4.0
                continue
            for fit, (weights, intercept) in zip(
                fits, path(rows, target[:, k].astype(int), strengths, sample_weight), strict=True
            ):
                fit.weights[k], fit.intercept[k] = weights[0], intercept[0]
        return fits
    present = np.flatnonzero(target.any(axis=0))
    for fit in fits:
        fit.intercept[:] = -4.0
    if len(present) == 1:
        for fit in fits:
            fit.intercept[present] = 4.0
        return fits
    for fit, (weights, intercept) in zip(
        fits, path(rows, target.argmax(axis=1), strengths, sample_weight), strict=True
    ):
        if len(present) == 2:
            # Two labels have one weight vector: half of it for, half of it against.
            fit.weights[present] = np.vstack([-weights[0], weights[0]]) / 2
            fit.intercept[present] = np.array([-intercept[0], intercept[0]]) / 2
        else:
            fit.weights[present] = weights
            fit.intercept[present] = intercept
    return fits


def _svm(
    rows: Matrix,
    target: npt.NDArray[Any],
    strengths: Sequence[float],
    sample_weight: npt.NDArray[np.float64] | None,
) -> Path:
    from sklearn.svm import LinearSVC

    fits = []
    for strength in strengths:
        # The squared hinge bends about ten times as much as the logistic loss.
        model = LinearSVC(C=strength / 10, class_weight="balanced", random_state=0)
        fits.append(_fitted(model, rows, target, sample_weight))
    return fits


def _ridge(
    rows: Matrix,
    target: npt.NDArray[Any],
    strengths: Sequence[float],
    sample_weight: npt.NDArray[np.float64] | None,
) -> Path:
    from sklearn.linear_model import RidgeClassifier

    fits = []
    for strength in strengths:
        model = RidgeClassifier(1 / strength, class_weight="balanced")
        weights, intercept = _fitted(model, rows, target, sample_weight)
        # Calibration allows for a slope of at most twenty: answers between -1 and 1 are too flat.
        fits.append((4 * weights, 4 * intercept))
    return fits


def _fitted(
    model: Any,
    rows: Matrix,
    target: npt.NDArray[Any],
    sample_weight: npt.NDArray[np.float64] | None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # A fit that is not quite at its end is scored like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, target, sample_weight)
    weights = np.atleast_2d(model.coef_).astype(np.float64)
    return weights, np.atleast_1d(np.asarray(model.intercept_, np.float64)).copy()


KINDS: dict[str, Callable[..., Path]] = {"logistic": fit_logistic, "ridge": _ridge, "svm": _svm}
"""Name to what fits."""
