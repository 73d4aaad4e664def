"""Texts by their hashes, so that a bundle can tell what it was trained on without holding it."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

__all__ = ["hash_texts"]


def hash_texts(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """Hash texts to 64 bits each; case and spacing do not count.

    Examples
    --------
    >>> a, b, c = hash_texts(["Talks fail.", "talks  fail. ", "Talks fall."])
    >>> bool(a == b), bool(a == c)
    (True, False)
    """
    return np.array(
        [
            int.from_bytes(
                blake2b(
                    " ".join(text.casefold().split()).encode("utf-8", "surrogatepass"),
                    digest_size=8,
                ).digest(),
                "little",
            )
            for text in texts
        ],
        np.uint64,
    )
