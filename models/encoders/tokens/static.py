"""The static encoder: the sum of a text's token vectors, brought to length 1.

It knows what words mean from MiniLM, and not what they mean together; between n-grams and MiniLM in
quality, and some two thousand times as fast as MiniLM. A bundle holds tokens and vectors (15 MB),
so that nothing has to be pulled where a model is used.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...strings import Texts, as_strings, batches
from ..protocol import Frozen
from ..words.alphabet import is_compiled
from .minilm_tokens import WIDTH, token_vectors
from .wordpiece import WordPiece

__all__ = ["Static"]

_ROWS = 4_096

Vectors = npt.NDArray[np.float32]


class Static(Frozen):
    """Token vectors, added up; it learns nothing from texts."""

    def __init__(self, pieces: WordPiece | None = None, vectors: Vectors | None = None) -> None:
        self._pieces, self._vectors = pieces, vectors

    @property
    def width(self) -> int:
        """Number of columns."""
        return WIDTH if self._vectors is None else self._vectors.shape[1]

    def begin(self, texts: Sequence[str]) -> tuple[Self, Vectors]:
        """Encode texts; the token vectors are made if they are not here."""
        return self, self.prepare(texts)

    def prepare(self, texts: Texts) -> Vectors:
        """Encode texts."""
        pieces, vectors = self._known()
        strings = as_strings(texts)
        out = np.zeros((len(strings), vectors.shape[1]), np.float32)
        odd = np.ones(len(strings), np.bool_)
        if is_compiled():
            from .wordpiece_fast import fill_pools

            fill_pools(
                strings.data,
                strings.offsets,
                *pieces.tables,
                pieces.unknown_id,
                vectors,
                out,
                odd,
            )
        left = np.flatnonzero(odd)
        for start in range(0, len(left), _ROWS):
            rows = left[start : start + _ROWS]
            for row, tokens in zip(
                rows, pieces.slowly([strings.text(r) for r in rows]), strict=True
            ):
                for token in tokens:
                    out[row] += vectors[token]
        length = np.sqrt((out**2).sum(axis=1, keepdims=True))
        return np.asarray(out / np.where(length > 0, length, 1))

    def encode(self, texts: Texts) -> Vectors:
        """Turn texts into vectors."""
        return self.prepare(texts)

    def table(self, weights: Vectors) -> Vectors:
        """Give what `scores` wants: the weights of linear heads, shape (width, n_labels)."""
        return np.ascontiguousarray(weights.T, np.float32)

    def scores(self, texts: Texts, table: Vectors) -> npt.NDArray[np.float64]:
        """Multiply texts by weights, some at a time, shape (n_texts, n_labels)."""
        strings = as_strings(texts)
        parts = [self.encode(some) @ table for _, some in batches(strings, _ROWS)]
        return np.concatenate([np.zeros((0, table.shape[1])), *parts])

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give tokens and vectors."""
        pieces, vectors = self._known()
        joined = np.frombuffer("\n".join(pieces.vocabulary).encode(), np.uint8)
        return {}, {"vocabulary": joined, "vectors": vectors.astype(np.float16)}

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again."""
        del settings
        pieces = WordPiece(arrays["vocabulary"].tobytes().decode().split("\n"))
        vectors = arrays["vectors"].astype(np.float32)
        if vectors.ndim != 2 or len(vectors) != len(pieces.vocabulary):
            raise ValueError(f"vectors of the shape {vectors.shape}")
        return cls(pieces, vectors)

    def _known(self) -> tuple[WordPiece, Vectors]:
        if self._pieces is None or self._vectors is None:
            made = token_vectors()
            self._pieces = WordPiece(made.vocabulary)
            self._vectors = made.table.astype(np.float32)
        return self._pieces, self._vectors
