"""Sketch a text in a few hundred bytes, so that copies of it can be found without reading it again.

A sketch has two sides. The signature is a MinHash (Broder, 1997) over the runs of five words: the
share of equal positions in two signatures estimates the Jaccard similarity of the texts. The
fingerprint is the set of hashes of the longer sentences: it finds copy that makes up only a part of
an article. Words are hashed once and runs are computed from the hashes of their words, because
joining words to strings costs more than everything after it.

References
----------
Broder, A. Z. (1997). On the resemblance and containment of documents. Proceedings of Compression
and Complexity of Sequences, 21-29.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["N_PERMUTATIONS", "Sketches", "jaccard", "shingles", "sketch"]

N_PERMUTATIONS = 128
"""Length of a signature."""

_SEED = 2026
_RUN = 5
_LEAST_WORDS = 6
_TOKEN = re.compile(r"\w+|[.!?\n]")
_STOPS = ".!?\n"
_FACTOR = 0x9E3779B97F4A7C15
_POWERS = np.array([pow(_FACTOR, n, 2**64) for n in range(1, 257)], dtype=np.uint64)
_SHIFTS = ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53), (33, 1))


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of some texts, in their order."""

    signatures: "NDArray[np.uint32]"
    """MinHash signatures, shape (n_texts, N_PERMUTATIONS)."""
    sentences: "NDArray[np.uint64]"
    """Hashes of their longer sentences, one text after the other, each once in its text."""
    n_sentences: "NDArray[np.int64]"
    """Number of those hashes for each text, shape (n_texts,)."""

    def rows(self) -> tuple[list[bytes], list[bytes]]:
        """Return the signature and the fingerprint of each text as bytes, little-endian."""
        ends = np.cumsum(self.n_sentences)
        cut = np.split(self.sentences.astype("<u8"), ends[:-1]) if len(ends) else []
        signed = self.signatures.astype("<u4")
        return [row.tobytes() for row in signed], [row.tobytes() for row in cut]


def sketch(texts: Sequence[str]) -> Sketches:
    """Sketch texts.

    Examples
    --------
    >>> sketches = sketch(["The talks resumed in Lurani on Monday. Yes.", "Yes."])
    >>> sketches.signatures.shape, sketches.n_sentences.tolist()
    ((2, 128), [1, 0])
    """
    from rensa import RMinHash

    hashed = _hashed(texts)
    runs = [_runs(words[words != 0]) for words in hashed]
    ends = np.cumsum([0, *map(len, runs)], dtype=np.uint64)
    flat = np.concatenate(runs) if runs else np.empty(0, np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, N_PERMUTATIONS, _SEED)
    signatures = np.array(matrix.to_rows(), dtype=np.uint32).reshape(len(runs), N_PERMUTATIONS)
    sentences = [_sentences(words) for words in hashed]
    return Sketches(
        signatures,
        np.concatenate(sentences) if sentences else np.empty(0, np.uint64),
        np.array([len(hashes) for hashes in sentences], dtype=np.int64),
    )


def shingles(texts: Sequence[str]) -> "list[NDArray[np.uint64]]":
    """Hash the runs of five words of each text, in lower case; rising, each once.

    A text of five words or fewer is one run.

    Examples
    --------
    >>> left, right = shingles(["One two three. Four five six", "One, two, three, four, five!"])
    >>> len(left), len(right), jaccard(left, right)
    (2, 1, 0.5)
    """
    return [_runs(words[words != 0]) for words in _hashed(texts)]


def jaccard(left: "NDArray[np.uint64]", right: "NDArray[np.uint64]") -> float:
    """Measure the similarity of two sets: the share of what either has that both have.

    Parameters
    ----------
    left, right
        Hashes, rising, each once.

    Examples
    --------
    >>> jaccard(np.array([1, 2], dtype=np.uint64), np.array([2, 3], dtype=np.uint64))
    0.3333333333333333
    """
    both = len(np.intersect1d(left, right, assume_unique=True))
    either = len(left) + len(right) - both
    return both / either if either else 1.0


def _hashed(texts: Sequence[str]) -> "list[NDArray[np.uint64]]":
    """Hash the words of each text; a stop is 0."""
    from rensa import RMinHash

    tokens = [_TOKEN.findall(text.lower()) for text in texts]
    words = list({word for text in tokens for word in text})
    (hashes,) = RMinHash.hash_token_sets([words])
    table = dict(zip(words, hashes, strict=True)) | dict.fromkeys(_STOPS, 0)
    return [np.fromiter(map(table.__getitem__, text), np.uint64, len(text)) for text in tokens]


def _runs(words: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    n_runs = max(len(words) - _RUN + 1, 1)
    total = np.zeros(n_runs, dtype=np.uint64)
    for at in range(min(_RUN, len(words))):
        total += words[at : at + n_runs] * _POWERS[at]
    return np.unique(_mixed(total))


def _sentences(words: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Hash the sentences of six words or more.

    A rough cut at stops and line breaks does: both sides are cut alike.
    """
    bounds = np.concatenate([[-1], np.flatnonzero(words == 0), [len(words)]])
    lengths = np.diff(bounds) - 1
    long = lengths >= _LEAST_WORDS
    if not long.any():
        return np.empty(0, np.uint64)
    starts, sizes = bounds[:-1][long] + 1, lengths[long]
    ends = np.cumsum(sizes)
    position = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
    weighed = words[np.repeat(starts, sizes) + position] * _POWERS[position % len(_POWERS)]
    return np.unique(_mixed(np.add.reduceat(weighed, ends - sizes)))


def _mixed(hashes: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Spread hashes over all bits (the finaliser of MurmurHash3)."""
    for shift, factor in _SHIFTS:
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return hashes
