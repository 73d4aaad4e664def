"""The few operations on feature matrices that must not care whether they are dense or sparse."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["Matrix", "dense_product", "stack"]

Matrix: TypeAlias = Any
"""A float32 array, or a float32 CSR array of SciPy, shape (n_rows, dim)."""


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
