"""What an encoder is, and what all share that learn nothing from the texts of a fold."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from ..matrix import Matrix

__all__ = ["Encoder", "Frozen", "SingleEncoder"]


class Encoder(Protocol):
    """Turns texts into vectors."""

    def begin(self, texts: Sequence[str]) -> tuple[Self, Matrix]:
        """Return an encoder that knows what these texts are made of, and the texts prepared."""

    @property
    def width(self) -> int:
        """Number of columns, prepared and transformed."""

    def prepare(self, texts: Sequence[str]) -> Matrix:
        """Make what depends on each text alone, one row a text."""

    def fit(self, prepared: Matrix) -> Self:
        """Learn from the prepared rows of the training part."""

    def transform(self, prepared: Matrix) -> Matrix:
        """Turn prepared rows into vectors, shape (n_texts, dim)."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Turn texts into vectors: float32, shape (n_texts, dim)."""

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what must be stored: settings as JSON values, and arrays."""


class SingleEncoder(Encoder, Protocol):
    """An encoder of the registry, which can be made again from what it gave as its state."""

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again from what was stored."""


class Frozen:
    """An encoder whose prepared rows are its vectors."""

    def fit(self, prepared: npt.NDArray[np.float32]) -> Self:
        """Learn nothing."""
        del prepared
        return self

    def transform(self, prepared: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the vectors as they are."""
        return prepared
