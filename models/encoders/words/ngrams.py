"""Words, pairs of words and pieces of words, as numbers of buckets.

A word is a run of letters, marks, digits and underscores, in lower case; of a very long one only
the first `LONGEST` characters count. Its hash takes in one character after the other (FNV-1a, over
code points), the hash of a pair is mixed of the two, and the top bits of a multiplicative hash name
the bucket. Pieces are 3 to 5 characters of a word that has a mark set before and behind it.

There are two ways to the same numbers in the same order: compiled by numba, at some 100 MB a second
(`ngrams_fast`, with the extra ``fast``), and by NumPy, for machines without numba.

References
----------
Weinberger, K., Dasgupta, A., Langford, J., Smola, A. & Attenberg, J. (2009). Feature Hashing for
Large Scale Multitask Learning. Fowler, G., Noll, L. C. & Vo, P. (1991): FNV. Knuth, D. (1998). The
Art of Computer Programming 3, section 6.4 (multiplicative hashing).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...strings import Strings, batches
from .alphabet import BASIS, EDGE, KNOWN, LONGEST, PRIME, SPREAD, fold_table, is_compiled

__all__ = ["Buckets", "Kind", "count", "sums"]

_ROWS = 4_096

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Kind:
    """Which n-grams are taken."""

    bits: int = 18
    """There are 2 to this power buckets."""
    pieces: bool = False
    """Whether pieces of words are taken beside words and pairs."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The n-grams of texts, each text's in their order."""

    numbers: npt.NDArray[np.int32]
    """Bucket of each n-gram."""
    ends: npt.NDArray[np.int64]
    """Where each text's n-grams begin, and where the last end, shape (n_texts + 1,)."""


def count(strings: Strings, kind: Kind) -> Buckets:
    """Find the n-grams of texts.

    Examples
    --------
    >>> from ...strings import as_strings
    >>> found = count(as_strings(["Talks fail.", "", "TALKS"]), Kind())
    >>> found.ends.tolist(), bool(found.numbers[0] == found.numbers[3])
    ([0, 3, 3, 4], True)
    """
    parts: list[npt.NDArray[np.int32]] = [np.zeros(0, np.int32)]
    sizes: list[npt.NDArray[Any]] = [np.zeros(1, np.int64)]
    for _, some in batches(strings, _ROWS):
        counted = _count(some, kind)
        parts.append(counted.numbers)
        sizes.append(np.diff(counted.ends))
    return Buckets(np.concatenate(parts), np.cumsum(np.concatenate(sizes)))


def sums(strings: Strings, kind: Kind, table: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Add up the rows of a table that the n-grams of each text name, without keeping the n-grams.

    Parameters
    ----------
    strings
        The texts.
    kind
        Which n-grams.
    table
        Shape (n_buckets, n_columns).

    Returns
    -------
    Shape (n_texts, n_columns). Both ways add in the same order, and so give the same bits.
    """
    out = np.zeros((len(strings), table.shape[1]))
    if is_compiled():
        from .ngrams_fast import fill_sums

        fill_sums(strings.data, strings.offsets, fold_table(), kind.bits, kind.pieces, table, out)
        return out
    for start, some in batches(strings, _ROWS):
        counted = _count(some, kind)
        row_of = np.repeat(np.arange(len(some)), np.diff(counted.ends))
        for column in range(table.shape[1]):
            out[start : start + len(some), column] = np.bincount(
                row_of, table[counted.numbers, column], len(some)
            )
    return out


def _count(strings: Strings, kind: Kind) -> Buckets:
    if not is_compiled():
        return _with_numpy(strings, kind)
    from .ngrams_fast import fill_buckets

    ends = np.zeros(len(strings) + 1, np.int64)
    n_bytes = int(strings.offsets[-1] - strings.offsets[0])
    room = np.zeros(n_bytes * (8 if kind.pieces else 2) + 16, np.int32)
    args = strings.data, strings.offsets, fold_table(), kind.bits, kind.pieces
    fill_buckets(*args, room, ends)
    return Buckets(room[: ends[-1]].copy(), ends)


def _with_numpy(strings: Strings, kind: Kind) -> Buckets:
    n_rows = len(strings)
    raw = [strings.text(row).encode("utf-32-le", "surrogatepass") for row in range(n_rows)]
    row_of = np.repeat(np.arange(n_rows), [len(codes) // 4 for codes in raw])
    points = np.frombuffer(b"".join(raw), np.uint32)
    table = fold_table()
    folded = np.where(points < KNOWN, table[np.minimum(points, KNOWN - 1)], points)
    inside = folded > 0
    # A word begins where the character before belongs to none, or to another text.
    new_row = np.concatenate([[True], row_of[1:] != row_of[:-1]]) if len(row_of) else row_of > 0
    before = np.concatenate([[False], inside[:-1]]) if len(row_of) else inside
    starts = np.flatnonzero(inside & (new_row | ~before))
    breaks = np.flatnonzero(~inside | new_row)
    after = np.searchsorted(breaks, starts, side="right")
    stops = np.append(breaks, len(points))[after]
    sizes = np.minimum(stops - starts, LONGEST)
    n_words = len(starts)
    hashes = _hash(folded, starts, sizes)
    words = np.arange(n_words)
    owner = row_of[starts]
    keys = [np.stack([words, np.zeros(n_words, np.int64), np.zeros(n_words, np.int64)])]
    values = [hashes]
    paired = np.flatnonzero(owner[1:] == owner[:-1]) + 1 if n_words else words
    keys.append(np.stack([paired, np.ones(len(paired), np.int64), np.zeros(len(paired), np.int64)]))
    values.append((hashes[paired - 1] * np.uint64(SPREAD)) ^ hashes[paired])
    if kind.pieces and n_words:
        edged, begin = _edged(folded, starts, sizes)
        for n in (3, 4, 5):
            many = np.maximum(sizes + 2 - n + 1, 0)
            word = np.repeat(words, many)
            offset = np.arange(len(word)) - np.repeat(np.cumsum(many) - many, many)
            keys.append(np.stack([word, np.full(len(word), n), offset]))
            hashed = _hash(edged, begin[word] + offset, np.full(len(word), n))
            values.append(hashed ^ np.uint64(n))
    order = np.lexsort(np.concatenate(keys, axis=1)[::-1])
    which = np.concatenate(keys, axis=1)[0][order]
    numbers = _bucket(np.concatenate(values)[order], kind.bits)
    per_row = np.bincount(owner[which], minlength=n_rows) if n_words else np.zeros(n_rows, int)
    return Buckets(numbers, np.concatenate([[0], np.cumsum(per_row)]).astype(np.int64))


def _hash(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> Words:
    hashes = np.full(len(starts), BASIS, np.uint64)
    for offset in range(int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes > offset)
        taken = points[starts[longer] + offset].astype(np.uint64)
        hashes[longer] = (hashes[longer] ^ taken) * np.uint64(PRIME)
    return hashes


def _edged(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Set marks around each word."""
    begin = np.concatenate([[0], np.cumsum(sizes + 2)[:-1]])
    edged = np.full(int((sizes + 2).sum()), EDGE, np.uint32)
    word = np.repeat(np.arange(len(starts)), sizes)
    offset = np.arange(len(word)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    edged[begin[word] + 1 + offset] = points[starts[word] + offset]
    return edged, begin


def _bucket(hashes: Words, bits: int) -> npt.NDArray[np.int32]:
    mixed = (hashes ^ (hashes >> np.uint64(32))) * np.uint64(SPREAD)
    return (mixed >> np.uint64(64 - bits)).astype(np.int32)
