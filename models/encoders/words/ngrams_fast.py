"""The n-grams of `ngrams`, compiled: one pass over the bytes, nothing allocated for a text.

UTF-8 is decoded here. Bytes that are no UTF-8 end a word; nothing behind a text's end is read.
"""

import numba
import numpy as np
import numpy.typing as npt

from .alphabet import BASIS, EDGE, KNOWN, LONGEST, PRIME, SPREAD

__all__ = ["fill_buckets", "fill_sums"]

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

_BASIS, _PRIME, _SPREAD = np.uint64(BASIS), np.uint64(PRIME), np.uint64(SPREAD)
_EDGE, _KNOWN, _LONGEST = np.uint32(EDGE), np.uint32(KNOWN), LONGEST
_HALF, _ALL = np.uint64(32), np.uint64(64)


@numba.njit(cache=True, nogil=True, inline="always")
def _decode(data: Bytes, at: int, end: int) -> tuple[np.uint32, int]:
    """Decode one character of several bytes; give it and how many there are. 0 if it is none."""
    first = data[at]
    if first >= 0xF0 and at + 3 < end:
        return (
            (np.uint32(first & 0x07) << np.uint32(18))
            | (np.uint32(data[at + 1] & 0x3F) << np.uint32(12))
            | (np.uint32(data[at + 2] & 0x3F) << np.uint32(6))
            | np.uint32(data[at + 3] & 0x3F)
        ), 4
    if first >= 0xE0 and at + 2 < end:
        return (
            (np.uint32(first & 0x0F) << np.uint32(12))
            | (np.uint32(data[at + 1] & 0x3F) << np.uint32(6))
            | np.uint32(data[at + 2] & 0x3F)
        ), 3
    if first >= 0xC0 and at + 1 < end:
        return (np.uint32(first & 0x1F) << np.uint32(6)) | np.uint32(data[at + 1] & 0x3F), 2
    return np.uint32(0), 1


@numba.njit(cache=True, nogil=True, inline="always")
def _bucket(hashed: np.uint64, shift: np.uint64) -> np.int32:
    return np.int32(((hashed ^ (hashed >> _HALF)) * _SPREAD) >> shift)


@numba.njit(cache=True, nogil=True)
def _pieces(
    word: npt.NDArray[np.uint32],
    size: int,
    shift: np.uint64,
    out: npt.NDArray[np.int32],
    n_out: int,
) -> int:
    """Add the pieces of the word that is in `word` from index 1 on."""
    word[0] = _EDGE
    word[size + 1] = _EDGE
    for n in range(3, 6):
        for start in range(size + 2 - n + 1):
            hashed = _BASIS
            for at in range(start, start + n):
                hashed = (hashed ^ np.uint64(word[at])) * _PRIME
            out[n_out] = _bucket(hashed ^ np.uint64(n), shift)
            n_out += 1
    return n_out


@numba.njit(cache=True, nogil=True)
def _row(
    data: Bytes,
    at: int,
    end: int,
    fold: npt.NDArray[np.uint32],
    shift: np.uint64,
    pieces: bool,
    word: npt.NDArray[np.uint32],
    out: npt.NDArray[np.int32],
    n_out: int,
) -> int:
    """Write the buckets of one text; return how many are in `out` now."""
    hashed, before = _BASIS, np.uint64(0)
    size, n_words = 0, 0
    while at <= end:
        folded = np.uint32(0)
        if at < end:
            byte = data[at]
            if byte < 0x80:
                folded = fold[byte]
                at += 1
            else:
                point, width = _decode(data, at, end)
                folded = fold[point] if point < _KNOWN else np.uint32(point)
                at += width
        else:
            at += 1
        if folded != 0:
            if size < _LONGEST:
                hashed = (hashed ^ np.uint64(folded)) * _PRIME
                if pieces:
                    word[size + 1] = folded
                size += 1
            continue
        if size == 0:
            continue
        out[n_out] = _bucket(hashed, shift)
        n_out += 1
        if n_words > 0:
            out[n_out] = _bucket((before * _SPREAD) ^ hashed, shift)
            n_out += 1
        if pieces:
            n_out = _pieces(word, size, shift, out, n_out)
        n_words += 1
        before = hashed
        hashed = _BASIS
        size = 0
    return n_out


@numba.njit(cache=True, nogil=True)
def fill_buckets(
    data: Bytes,
    offsets: Offsets,
    fold: npt.NDArray[np.uint32],
    bits: int,
    pieces: bool,
    out: npt.NDArray[np.int32],
    ends: Offsets,
) -> None:
    """Write the buckets of all texts into `out`, and where each text's end into `ends`."""
    shift = _ALL - np.uint64(bits)
    word = np.zeros(_LONGEST + 2, np.uint32)
    n_out = 0
    for row in range(len(offsets) - 1):
        n_out = _row(data, offsets[row], offsets[row + 1], fold, shift, pieces, word, out, n_out)
        ends[row + 1] = n_out


@numba.njit(cache=True, nogil=True)
def fill_sums(
    data: Bytes,
    offsets: Offsets,
    fold: npt.NDArray[np.uint32],
    bits: int,
    pieces: bool,
    table: npt.NDArray[np.float32],
    out: npt.NDArray[np.float64],
) -> None:
    """Add up, for each text, the rows of the table that its buckets name."""
    shift = _ALL - np.uint64(bits)
    word = np.zeros(_LONGEST + 2, np.uint32)
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    buckets = np.zeros(longest * (8 if pieces else 2) + 16, np.int32)
    n_columns = table.shape[1]
    for row in range(len(offsets) - 1):
        n_found = _row(data, offsets[row], offsets[row + 1], fold, shift, pieces, word, buckets, 0)
        for k in range(n_found):
            bucket = buckets[k]
            for column in range(n_columns):
                out[row, column] += table[bucket, column]
