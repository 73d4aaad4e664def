"""What all encoders share that learn nothing from the texts of a fold."""

from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["Frozen"]


class Frozen:
    """An encoder whose prepared rows are its vectors."""

    def fit(self, prepared: npt.NDArray[np.float32]) -> Self:
        """Learn nothing."""
        del prepared
        return self

    def transform(self, prepared: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Give the vectors as they are."""
        return prepared
