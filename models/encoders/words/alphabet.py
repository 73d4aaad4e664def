"""What belongs to a word, in which case, and the constants by which words are hashed."""

import unicodedata
from functools import lru_cache
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

__all__ = ["BASIS", "EDGE", "KNOWN", "LONGEST", "PRIME", "SPREAD", "fold_table", "is_compiled"]

LONGEST = 64
"""Characters of a word that count."""

BASIS = 0xCBF29CE484222325
PRIME = 0x100000001B3
SPREAD = 0x9E3779B97F4A7C15
EDGE = 1
"""Stands before and behind a word, for its pieces; no text is lowered to it."""
KNOWN = 0x20000
"""Code points from here on are rare ideographs: each is a letter, and has no lower case."""


def is_compiled() -> bool:
    """Return whether numba is there."""
    return find_spec("numba") is not None


@lru_cache(maxsize=1)
def fold_table() -> npt.NDArray[np.uint32]:
    """Return the lower case of each code point below `KNOWN`; 0 where it belongs to no word.

    Examples
    --------
    >>> [chr(fold_table()[ord(c)]) for c in "aÉ_7"], int(fold_table()[ord("’")])
    (['a', 'é', '_', '7'], 0)
    """
    table = np.zeros(KNOWN, np.uint32)
    for point in range(KNOWN):
        letter = chr(point)
        if unicodedata.category(letter)[0] in "LMN" or letter == "_":
            lower = letter.lower()
            # Where the lower case is of several characters, the letter stays as it is.
            table[point] = ord(lower) if len(lower) == 1 else point
    return table
