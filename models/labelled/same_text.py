"""When two texts count as the same, and hashes of texts by this rule.

By its hashes a bundle can say what it was trained on without holding it.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

__all__ = ["hash_texts", "normal_form"]


def normal_form(text: str) -> str:
    """Return what two texts have in common that count as the same: case and spacing do not.

    Examples
    --------
    >>> normal_form("Talks  fail. ")
    'talks fail.'
    """
    return " ".join(text.casefold().split())


def hash_texts(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """Hash the normal form of texts to 64 bits each.

    Examples
    --------
    >>> a, b, c = hash_texts(["Talks fail.", "talks  fail. ", "Talks fall."])
    >>> bool(a == b), bool(a == c)
    (True, False)
    """
    forms = (normal_form(text).encode("utf-8", "surrogatepass") for text in texts)
    digests = (blake2b(form, digest_size=8).digest() for form in forms)
    return np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)
