"""The few operations on feature matrices that must not care whether they are dense or sparse.

References
----------
Timkey, W. & van Schijndel, M. (2021). All Bark and No Bite: Rogue Dimensions in Transformer
Language Models Obscure Representational Quality. EMNLP. (Why states are evened out.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = [
    "Matrix",
    "Parted",
    "States",
    "dense_product",
    "even_out",
    "gram",
    "scaled",
    "stack",
]

_AT_ONCE = 8_000_000

_FULL = 0.25
"""Share of filled entries from which on a column is multiplied faster as a dense one."""

Ints = npt.NDArray[np.int64]

Matrix: TypeAlias = Any
"""A float32 array, or a float32 CSR array of SciPy, shape (n_rows, dim)."""


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The columns of a matrix that hold states of a network: its pooled layers, side by side."""

    start: int
    """The first column."""
    last: int
    """The first column of the last layer."""
    end: int
    """The column behind the last one."""
    other_tasks: npt.NDArray[np.float32] | None = None
    """Directions in these columns that other tasks turn on, shape (n_directions, end - start)."""


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """Rows, of which the columns that are mostly filled are kept apart as dense ones.

    Sparse rows are some ten times as fast to multiply so where a network's states stand beside
    counted words. Of dense rows all columns are filled.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0, 2.0], [3.0, 0.0, 4.0], [5.0, 6.0, 7.0], [8.0, 0.0, 9.0]])
    >>> parted = Parted.of(sparse.csr_array(np.hstack([rows, np.eye(4)])))
    >>> parted.dense.shape, parted.columns.tolist()
    ((4, 2), [0, 2, 1, 3, 4, 5, 6])
    """

    dense: npt.NDArray[np.floating[Any]]
    """The columns that are mostly filled, shape (n_rows, n_full)."""
    rest: Any
    """The others, a CSR array of shape (n_rows, dim - n_full); None where there are none."""
    columns: Ints
    """Number of each column of both, the dense ones first, among the columns as they came."""

    @classmethod
    def of(cls, X: Any) -> "Parted":  # noqa: N803
        """Part rows, a dense array or a CSR one."""
        n_rows, dim = X.shape
        if not sparse.issparse(X):
            return cls(X, None, np.arange(dim))
        full = np.bincount(X.indices, minlength=dim) > _FULL * n_rows
        columns = np.concatenate([np.flatnonzero(full), np.flatnonzero(~full)])
        return cls(X[:, full].toarray(), X[:, ~full], columns)

    def times(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Multiply by weights of shape (dim, n_labels), in the order of `columns`."""
        if self.rest is None:
            return np.asarray(self.dense @ weights)
        n_full = self.dense.shape[1]
        return np.asarray(self.dense @ weights[:n_full] + self.rest @ weights[n_full:])

    def back_times(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Multiply what is turned by values of shape (n_rows, n_labels)."""
        if self.rest is None:
            return np.asarray(self.dense.T @ values)
        return np.vstack([self.dense.T @ values, self.rest.T @ values])


def stack(blocks: Sequence[Matrix]) -> Matrix:
    """Set blocks side by side; sparse as soon as one of them is."""
    if len(blocks) == 1:
        return blocks[0]
    if not any(sparse.issparse(block) for block in blocks):
        return np.hstack(blocks)
    return sparse.hstack([sparse.csr_array(block) for block in blocks], format="csr")


def dense_product(X: Matrix, weights: npt.NDArray[Any]) -> npt.NDArray[np.float64]:  # noqa: N803
    """Multiply rows by weights of shape (n_labels, dim); the result is dense.

    Examples
    --------
    >>> dense_product(sparse.csr_array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 4.0]])).tolist()
    [[3.0], [8.0]]
    """
    return np.asarray(X @ weights.T, np.float64)


def gram(X: Matrix) -> npt.NDArray[np.float64]:  # noqa: N803
    """Multiply all rows by all rows, shape (n_rows, n_rows).

    The product of two sparse matrices would be sparse, and is found entry by entry; this one is
    full anyway, so that columns that are mostly filled are multiplied as dense ones; of the others,
    sparse rows meet dense ones, some at a time, and only below the diagonal.

    Examples
    --------
    >>> gram(sparse.csr_array([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]])).tolist()
    [[5.0, 2.0], [2.0, 10.0]]
    """
    if not sparse.issparse(X):
        return np.asarray(X @ X.T, np.float64)
    parted = Parted.of(X)
    return gram(parted.dense) + _gram_of_rare(parted.rest)


def _gram_of_rare(X: Any) -> npt.NDArray[np.float64]:  # noqa: N803
    n_rows, dim = X.shape
    products = np.zeros((n_rows, n_rows))
    step = max(1, _AT_ONCE // max(dim, 1))
    for start in range(0, n_rows, step):
        # Turned while it is sparse: to turn it when full takes longer than the product.
        some = X[start : start + step].T.toarray(order="C")
        products[start:, start : start + step] = X[start:] @ some
    lower = np.tril(products, -1)
    return np.asarray(lower + lower.T + np.diag(np.diag(products)))


def even_out(X: Matrix, states: Sequence[States]) -> npt.NDArray[np.float32]:  # noqa: N803
    """Find the scales at which all columns of a network's states vary alike, shape (dim,).

    A few columns of the states are large and nearly constant, and drown the others. The mean
    squared length of the rows is kept, so that the states' share beside other columns stays.

    Examples
    --------
    >>> scale = even_out(np.array([[3.0, 0.5], [1.0, 0.0]]), [States(0, 0, 2)])
    >>> scale.astype(float).round(2).tolist()
    [1.6, 6.4]
    """
    scale = np.ones(X.shape[1], np.float32)
    for view in states:
        some = X[:, view.start : view.end]
        block = np.asarray(some.toarray() if sparse.issparse(some) else some, np.float64)
        spread = block.std(axis=0)
        usual = np.sqrt((block**2).sum(axis=1).mean() / (view.end - view.start))
        # A column that never varies says nothing, whatever its scale.
        even = np.where(spread > 1e-6, usual / np.maximum(spread, 1e-6), 1)
        scale[view.start : view.end] = even
    return scale


def scaled(X: Matrix, scale: npt.NDArray[np.float32]) -> Matrix:  # noqa: N803
    """Multiply each column by its scale."""
    if not sparse.issparse(X):
        return X * scale
    product = sparse.csr_array(X, copy=True)
    product.data *= scale[product.indices]
    return product
