"""TF-IDF of words (1-2) and of characters within words (3-5): no download, honest at any size.

The vocabulary and the inverse document frequencies are stored as text and arrays, never as a
pickle. N-grams are counted by scikit-learn once; what a fold learns is only how many of its
training rows hold each n-gram. An n-gram that fewer than `MIN_ROWS` training rows hold weighs
nothing, so that the result is the same as if the fold had counted alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ...matrix import Matrix

__all__ = ["MIN_ROWS", "Tfidf"]

MIN_ROWS = 2
"""In how many training rows an n-gram must occur to count."""

_ANALYSERS: dict[str, tuple[str, tuple[int, int]]] = {
    "word": ("word", (1, 2)),
    "char": ("char_wb", (3, 5)),
}
# Words of one character are kept: "I" and "a" distinguish opinion from report.
_TOKEN = r"(?u)\b\w+\b"  # noqa: S105


class Tfidf:
    """Words and characters, weighted by how rare they are; each block has length 1."""

    def __init__(
        self,
        vocabulary: Mapping[str, tuple[str, ...]] | None = None,
        idf: npt.NDArray[np.float32] | None = None,
    ) -> None:
        self.vocabulary = dict(vocabulary or {})
        self.idf = idf

    @property
    def width(self) -> int:
        """Number of columns of prepared rows and vectors."""
        return sum(map(len, self.vocabulary.values()))

    def begin(self, texts: Sequence[str]) -> tuple["Tfidf", Matrix]:
        """Take the n-grams of these texts as columns, and count them."""
        vocabulary: dict[str, tuple[str, ...]] = {}
        blocks = []
        for block in _ANALYSERS:
            counter = _counter(block, min_df=MIN_ROWS if len(texts) > MIN_ROWS else 1)
            try:
                blocks.append(_damped(counter.fit_transform(texts)))
                vocabulary[block] = tuple(counter.get_feature_names_out().tolist())
            except ValueError:
                # No n-gram occurs in two texts; the other block may still have some.
                blocks.append(_nothing(len(texts)))
                vocabulary[block] = ()
        return Tfidf(vocabulary), sparse.hstack(blocks, format="csr")

    def prepare(self, texts: Sequence[str]) -> Matrix:
        """Count n-grams; each count c becomes 1 + ln c."""
        blocks = []
        for block, terms in self.vocabulary.items():
            if terms:
                blocks.append(_damped(_counter(block, vocabulary=terms).transform(texts)))
            else:
                blocks.append(_nothing(len(texts)))
        return sparse.hstack(blocks, format="csr")

    def fit(self, prepared: Matrix) -> "Tfidf":
        """Learn how rare each n-gram is."""
        n_rows = prepared.shape[0]
        held_by = np.bincount(prepared.indices, minlength=prepared.shape[1])
        idf = np.log((1 + n_rows) / (1 + held_by)) + 1
        if n_rows > MIN_ROWS:
            idf[held_by < MIN_ROWS] = 0
        return Tfidf(self.vocabulary, idf.astype(np.float32))

    def transform(self, prepared: Matrix) -> Matrix:
        """Weight counts by rareness and bring each block of each row to length 1."""
        if self.idf is None:
            raise RuntimeError("Tfidf.transform before fit")
        weighted = sparse.csr_array(prepared, copy=True)
        weighted.data *= self.idf[weighted.indices]
        row_of = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
        n_words = len(next(iter(self.vocabulary.values()), ()))
        # Each row has two lengths, one a block; both are brought to 1.
        block_of = 2 * row_of + (weighted.indices >= n_words)
        squares = np.bincount(block_of, weighted.data**2, minlength=2 * weighted.shape[0])
        length = np.sqrt(squares)
        length[length == 0] = 1
        weighted.data = (weighted.data / length[block_of]).astype(np.float32)
        return weighted

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Turn texts into vectors."""
        return self.transform(self.prepare(texts))

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the n-grams and how rare they are."""
        if self.idf is None:
            raise RuntimeError("Tfidf.state before fit")
        arrays: dict[str, npt.NDArray[Any]] = {"idf": self.idf}
        for block, terms in self.vocabulary.items():
            # One line a term: no analyser yields a term with a line break (both split at white
            # space).
            joined = "\n".join(terms).encode("utf-8", "surrogatepass")
            arrays[f"{block}_terms"] = np.frombuffer(joined, np.uint8)
        return {}, arrays

    @classmethod
    def restore(
        cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> "Tfidf":
        """Make the encoder again."""
        del settings
        vocabulary = {}
        for block in _ANALYSERS:
            joined = arrays[f"{block}_terms"].tobytes().decode("utf-8", "surrogatepass")
            vocabulary[block] = tuple(joined.split("\n")) if joined else ()
        encoder = cls(vocabulary, np.array(arrays["idf"], np.float32))
        if encoder.width != len(arrays["idf"]):
            raise ValueError("n-grams and their weights differ in number")
        return encoder


def _damped(counts: Any) -> Matrix:
    damped = sparse.csr_array(counts, dtype=np.float32)
    damped.data = 1 + np.log(damped.data)
    return damped


def _nothing(n_rows: int) -> Matrix:
    return sparse.csr_array((n_rows, 0), dtype=np.float32)


def _counter(block: str, **options: Any) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    analyser, ngrams = _ANALYSERS[block]
    if analyser == "word":
        options["token_pattern"] = _TOKEN
    return CountVectorizer(analyzer=analyser, ngram_range=ngrams, dtype=np.float32, **options)
