"""The cells of a table: which group each unit lies in."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...tables.answers import near_equal

__all__ = ["Cells"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cell each unit lies in."""

    names: tuple[str, ...]
    """Names of the cells, in order."""
    codes: NDArray[np.int64]
    """Number of each unit's cell, shape (n_units,)."""

    @classmethod
    def of(cls, by: pa.Array) -> "Cells":
        """Make the cells that strings name, shape (n_units,)."""
        coded = by.dictionary_encode() if not pa.types.is_dictionary(by.type) else by
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        names = [str(name) for name in coded.dictionary.to_pylist()]
        order = np.argsort(names)
        rank = np.argsort(order)
        codes = rank[coded.indices.to_numpy(zero_copy_only=False)]
        return cls(tuple(names[i] for i in order), codes)

    def near_equal(self, column: str) -> list[str]:
        """Say which names of cells a reader would take for one."""
        sizes = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return near_equal(dict(zip(self.names, sizes, strict=True)), column, "groups")

    def means(self, values: NDArray[np.generic]) -> Floats:
        """Give the mean of each column in each cell, shape (n_cells, n_columns)."""
        size = np.bincount(self.codes, minlength=len(self.names))
        sums = [
            np.bincount(self.codes, values[:, k], minlength=len(self.names))
            for k in range(values.shape[1])
        ]
        return np.column_stack(sums) / size[:, None]
