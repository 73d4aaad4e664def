"""The tokens of `wordpiece`, compiled: one pass over the bytes, longest piece first.

A text with a character that the table does not know is given up and marked; its tokens so far are
taken back.
"""

import numba
import numpy as np
import numpy.typing as npt

from ..words.alphabet import BASIS, PRIME, SPREAD
from ..words.ngrams_fast import Bytes, Offsets, decode
from .alphabet import DROP, INSIDE, KNOWN, LONGEST, ODD, PUNCTUATION, SPACE

__all__ = ["fill_pools", "fill_tokens"]

_BASIS, _INSIDE = np.uint64(BASIS), np.uint64(INSIDE)
_PRIME, _SPREAD, _SHIFT = np.uint64(PRIME), np.uint64(SPREAD), np.uint64(47)
_PUNCTUATION, _SPACE, _DROP, _ODD = (np.uint32(x) for x in (PUNCTUATION, SPACE, DROP, ODD))
_POINT = np.uint32((1 << 24) - 1)
_KNOWN, _LONGEST = np.uint32(KNOWN), LONGEST
_BRACKET = np.uint8(ord("["))

Keys = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.int32]


@numba.njit(cache=True, nogil=True, inline="always")
def _find(hashed: np.uint64, keys: Keys, slots: Ids) -> np.int32:
    place = np.int64((hashed * _SPREAD) >> _SHIFT)
    while slots[place] >= 0:
        if keys[place] == hashed:
            return slots[place]
        place = (place + 1) & (len(slots) - 1)
    return np.int32(-1)


@numba.njit(cache=True, nogil=True)
def _word(
    word: npt.NDArray[np.uint32],
    size: int,
    hashes: Keys,
    keys: Keys,
    slots: Ids,
    unknown: np.int32,
    out: Ids,
    n_out: int,
) -> int:
    """Cut one word into the longest pieces that the vocabulary has."""
    if size > _LONGEST:
        out[n_out] = unknown
        return n_out + 1
    begun, start = n_out, 0
    while start < size:
        hashed = _BASIS if start == 0 else _INSIDE
        for place in range(start, size):
            hashed = (hashed ^ np.uint64(word[place])) * _PRIME
            hashes[place] = hashed
        stop = size
        found = np.int32(-1)
        while stop > start:
            found = _find(hashes[stop - 1], keys, slots)
            if found >= 0:
                break
            stop -= 1
        if found < 0:
            out[begun] = unknown
            return begun + 1
        out[n_out] = found
        n_out += 1
        start = stop
    return n_out


@numba.njit(cache=True, nogil=True)
def _row(
    data: Bytes,
    at: int,
    end: int,
    characters: npt.NDArray[np.uint32],
    keys: Keys,
    slots: Ids,
    unknown: np.int32,
    word: npt.NDArray[np.uint32],
    hashes: Keys,
    out: Ids,
    n_out: int,
) -> int:
    """Write the tokens of one text, and give how many stand in `out` now; -1 if it is odd."""
    size = 0
    while at < end:
        byte = data[at]
        if byte < 0x80:
            # What may be the name of a special token, such as [SEP], is not for us.
            if byte == _BRACKET and at + 1 < end and 65 <= data[at + 1] <= 90:
                return -1
            known = characters[byte]
            at += 1
        else:
            point, width = decode(data, at, end)
            if point >= _KNOWN or width == 1:
                return -1
            known = characters[point]
            at += width
        if known < _PUNCTUATION:
            if size < _LONGEST:
                word[size] = known
            size += 1
            continue
        if known & _DROP:
            continue
        if known & _ODD:
            return -1
        if size > 0:
            n_out = _word(word, size, hashes, keys, slots, unknown, out, n_out)
            size = 0
        if known & _PUNCTUATION:
            word[0] = known & _POINT
            n_out = _word(word, 1, hashes, keys, slots, unknown, out, n_out)
    if size > 0:
        n_out = _word(word, size, hashes, keys, slots, unknown, out, n_out)
    return n_out


@numba.njit(cache=True, nogil=True)
def fill_tokens(
    data: Bytes,
    offsets: Offsets,
    characters: npt.NDArray[np.uint32],
    keys: Keys,
    slots: Ids,
    unknown: np.int32,
    out: Ids,
    ends: Offsets,
    odd: npt.NDArray[np.bool_],
) -> None:
    """Write the tokens of all texts; those of odd texts are none."""
    word, hashes = np.zeros(_LONGEST, np.uint32), np.zeros(_LONGEST, np.uint64)
    n_out = 0
    for row in range(len(offsets) - 1):
        found = _row(
            data,
            offsets[row],
            offsets[row + 1],
            characters,
            keys,
            slots,
            unknown,
            word,
            hashes,
            out,
            n_out,
        )
        odd[row] = found < 0
        n_out = n_out if found < 0 else found
        ends[row + 1] = n_out


@numba.njit(cache=True, nogil=True)
def fill_pools(
    data: Bytes,
    offsets: Offsets,
    characters: npt.NDArray[np.uint32],
    keys: Keys,
    slots: Ids,
    unknown: np.int32,
    table: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
    odd: npt.NDArray[np.bool_],
) -> None:
    """Add up the vectors of each text's tokens; those of odd texts are left at zero."""
    word, hashes = np.zeros(_LONGEST, np.uint32), np.zeros(_LONGEST, np.uint64)
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.zeros(longest + 1, np.int32)
    width = table.shape[1]
    for row in range(len(offsets) - 1):
        found = _row(
            data,
            offsets[row],
            offsets[row + 1],
            characters,
            keys,
            slots,
            unknown,
            word,
            hashes,
            tokens,
            0,
        )
        odd[row] = found < 0
        for place in range(found):
            token = tokens[place]
            for column in range(width):
                out[row, column] += table[token, column]
