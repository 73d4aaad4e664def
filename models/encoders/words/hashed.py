"""Hashed n-grams: the fast tier, for millions of sentences.

Words and pairs of words (and pieces of words, in ``hashed-pieces``) name buckets; a bucket weighs
the more, the fewer training rows hold it; a row is divided by the root of the sum, over its
n-grams, of the squared weights. The squares are added up over occurrences and not over different
n-grams, so that length is one more sum: what a linear head says of a text is then a handful of sums
over its n-grams, looked up in one table, straight from the bytes of the text (`scores`).

Nothing is stored but a number a bucket: there is no vocabulary, and no word can be read out of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ...matrix import Matrix
from ...strings import Texts, as_strings
from .ngrams import Kind, count, sums

__all__ = ["Hashed", "HashedPieces"]

MIN_ROWS = 2
"""In how many training rows a bucket must occur to count."""


class Hashed:
    """Words and pairs of words, hashed and weighted by how rare they are."""

    kind = Kind()

    def __init__(self, idf: npt.NDArray[np.float32] | None = None) -> None:
        self.idf = idf

    @property
    def width(self) -> int:
        """Number of buckets."""
        return 1 << self.kind.bits

    def begin(self, texts: Sequence[str]) -> tuple[Self, Matrix]:
        """Count the n-grams of texts; nothing has to be known before."""
        return self, self.prepare(texts)

    def prepare(self, texts: Texts) -> Matrix:
        """Count n-grams, one row a text."""
        counted = count(as_strings(texts), self.kind)
        ones = np.ones(len(counted.numbers), np.float32)
        counts = sparse.csr_array(
            (ones, counted.numbers, counted.ends), shape=(len(counted.ends) - 1, self.width)
        )
        counts.sum_duplicates()
        return counts

    def fit(self, prepared: Matrix) -> Self:
        """Learn how rare each bucket is."""
        n_rows = prepared.shape[0]
        held_by = np.bincount(prepared.indices, minlength=self.width)
        idf = np.log((1 + n_rows) / (1 + held_by)) + 1
        idf[held_by < (MIN_ROWS if n_rows > MIN_ROWS else 1)] = 0
        return type(self)(idf.astype(np.float32))

    def transform(self, prepared: Matrix) -> Matrix:
        """Weight counts by rareness, and divide each row by its length."""
        idf = self._known()
        weighted = sparse.csr_array(prepared, copy=True)
        row_of = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
        squares = weighted.data * idf[weighted.indices] ** 2
        length = _length(np.bincount(row_of, squares, minlength=weighted.shape[0]))
        weighted.data = (weighted.data * idf[weighted.indices] / length[row_of]).astype(np.float32)
        return weighted

    def encode(self, texts: Texts) -> Matrix:
        """Turn texts into vectors."""
        return self.transform(self.prepare(texts))

    def table(self, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Fold the weights of linear heads, shape (n_labels, width), into one row a bucket."""
        idf = self._known()
        columns = [*(weights * idf), idf**2]
        return np.ascontiguousarray(np.stack(columns, axis=1), np.float32)

    def scores(self, texts: Texts, table: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Multiply texts by the weights of a `table`, without making vectors.

        Returns
        -------
        Shape (n_texts, n_labels): what `encode` and a product give, up to rounding. Whether numba
        is there or not makes no difference, not even in the last bit.
        """
        summed = sums(as_strings(texts), self.kind, table)
        return np.asarray(summed[:, :-1] / _length(summed[:, -1])[:, None])

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return how rare each bucket is."""
        return {}, {"idf": self._known()}

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again."""
        del settings
        idf = np.array(arrays["idf"], np.float32)
        if idf.shape != (1 << cls.kind.bits,):
            raise ValueError(f"rareness of {len(idf)} buckets, not {1 << cls.kind.bits}")
        return cls(idf)

    def _known(self) -> npt.NDArray[np.float32]:
        if self.idf is None:
            raise RuntimeError(f"{type(self).__name__} before fit")
        return self.idf


class HashedPieces(Hashed):
    """Pieces of 3 to 5 characters beside words: better on few labels, at a third of the speed."""

    kind = Kind(pieces=True)


def _length(squares: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt(np.where(squares > 0, squares, 1)))
