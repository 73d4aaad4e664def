"""Find syndicated copies: articles that share much of their text get one cluster id.

Each article has a MinHash signature over its word 5-grams (Broder, 1997), computed by rensa once,
when it is added. Clustering bands the signatures so that pairs with a Jaccard similarity of about
.3 meet, one band at a time with numpy sorts instead of an index in memory, and accepts a pair only
when the exact similarity of its 5-grams reaches the threshold. Copy that makes up only a part of an
article is found by the sentences that both hold. The result depends on the set of articles alone,
not on the order in which they came.

References
----------
Broder, A. Z. (1997). On the resemblance and containment of documents. Proceedings of Compression
and Complexity of Sequences, 21-29.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "N_PERMUTATIONS",
    "THRESHOLD",
    "clusters",
    "fingerprint",
    "jaccard",
    "shingles",
    "signature",
]

N_PERMUTATIONS = 128
"""Length of a signature."""

THRESHOLD = 0.3
"""Least Jaccard similarity of two articles in one cluster."""

_BANDS = 64
_SEED = 2026
_WORD = re.compile(r"\w+")
_STOP = re.compile(r"[.!?\n]+")
_LEAST_WORDS = 6
_LEAST_SHARED = 3
_LEAST_CONTAINED = 0.4
_MOST_COMMON = 50
_LAGS = 50
_BATCH = 10_000


def shingles(text: str, n: int = 5) -> set[str]:
    """Give the runs of n words of a text, in lower case; a shorter text is one run.

    Examples
    --------
    >>> sorted(shingles("One two three. Four five six"))
    ['one two three four five', 'two three four five six']
    """
    words = _WORD.findall(text.lower())
    if len(words) <= n:
        return {" ".join(words)}
    return {" ".join(words[at : at + n]) for at in range(len(words) - n + 1)}


def jaccard(one: set[str], other: set[str]) -> float:
    """Measure the similarity of two sets: the share of what either has that both have.

    Examples
    --------
    >>> jaccard({"a", "b"}, {"b", "c"})
    0.3333333333333333
    """
    both = len(one & other)
    either = len(one) + len(other) - both
    return both / either if either else 1.0


def signature(text: str) -> bytes:
    """Give a text's MinHash signature as 128 unsigned 32-bit integers, little-endian."""
    from rensa import RMinHash

    sketch: RMinHash = RMinHash(num_perm=N_PERMUTATIONS, seed=_SEED)
    sketch.update(sorted(shingles(text)))
    return np.asarray(sketch.digest(), dtype="<u4").tobytes()


def fingerprint(text: str) -> bytes:
    """Hash each sentence of six words or more, as unsigned 64-bit integers in rising order.

    A rough cut at stops and line breaks does: both sides are cut alike.
    """
    found = set()
    for piece in _STOP.split(text.lower()):
        words = _WORD.findall(piece)
        if len(words) >= _LEAST_WORDS:
            found.add(blake2b(" ".join(words).encode("utf-8"), digest_size=8).digest())
    return np.sort(np.frombuffer(b"".join(found), dtype="<u8")).tobytes()


def clusters(
    ids: Sequence[str],
    signatures: Sequence[bytes],
    text: Callable[[str], str],
    *,
    fingerprints: Sequence[bytes] = (),
    threshold: float = THRESHOLD,
) -> dict[str, str]:
    """Group near-duplicate articles.

    Parameters
    ----------
    ids
        The articles' ids.
    signatures
        Their signatures, as `signature` gives them.
    text
        Gives the text of an article by id; asked only for articles that meet in a band.
    fingerprints
        The hashes of their sentences, as `fingerprint` gives them; without, copy that makes up only
        half of an article is not found.
    threshold
        Least Jaccard similarity of a pair, between 0 and 1.

    Returns
    -------
    Article id to cluster id, for the articles that are in a cluster of two or more. A cluster is
    named after the smallest id in it.
    """
    parent = list(range(len(ids)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    cache: dict[int, set[str]] = {}

    def grams(one: int) -> set[str]:
        if one not in cache:
            if len(cache) > 2_000:
                cache.clear()
            cache[one] = shingles(text(ids[one]))
        return cache[one]

    for one, other in _candidates(signatures, threshold):
        if root(one) == root(other):
            continue
        if jaccard(grams(one), grams(other)) >= threshold:
            parent[root(other)] = root(one)
    for one, other in _sharing(fingerprints):
        parent[root(other)] = root(one)
    members: dict[int, list[int]] = {}
    for index in range(len(ids)):
        members.setdefault(root(index), []).append(index)
    named = {}
    for group in members.values():
        if len(group) > 1:
            name = min(ids[index] for index in group)
            named.update({ids[index]: name for index in group})
    return named


def _candidates(signatures: Sequence[bytes], threshold: float) -> Iterator[tuple[int, int]]:
    """Give pairs of articles that agree on a band, and nearly enough on the whole signature."""
    if len(signatures) < 2:
        return
    matrix = np.frombuffer(b"".join(signatures), dtype="<u4").reshape(len(signatures), -1)
    width = matrix.shape[1] // _BANDS
    # The share of equal places estimates the similarity; three standard errors below the threshold
    # lose one true pair in a thousand at most.
    error = (threshold * (1 - threshold) / matrix.shape[1]) ** 0.5
    least = (threshold - 3 * error) * matrix.shape[1]
    # The lowest byte of each place tells nearly as much, in a quarter of the memory.
    short = matrix.astype(np.uint8)
    seen: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        rows = np.ascontiguousarray(matrix[:, band * width : (band + 1) * width])
        keys: NDArray[np.void] = rows.view(np.dtype((np.void, rows.dtype.itemsize * width))).ravel()
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        # In a long run of equal keys each article meets the next few, which links the run.
        for lag in range(1, min(_LAGS, len(order) - 1) + 1):
            at = np.flatnonzero(ordered[lag:] == ordered[:-lag])
            if not len(at):
                break
            pairs = np.sort(np.stack([order[at], order[at + lag]]), axis=0)
            for start in range(0, pairs.shape[1], _BATCH):
                one, other = pairs[:, start : start + _BATCH]
                alike = (short[one] == short[other]).sum(axis=1) >= least
                fresh = set(zip(one[alike].tolist(), other[alike].tolist(), strict=True)) - seen
                seen |= fresh
                yield from sorted(fresh)


def _sharing(fingerprints: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Give pairs of which one holds two fifths of the other's sentences, and three at least.

    A sentence that stands in more than fifty articles is a formula, and ties nothing.
    """
    sizes = np.array([len(one) // 8 for one in fingerprints], dtype=np.int64)
    hashes = np.frombuffer(b"".join(fingerprints), dtype="<u8")
    owners = np.repeat(np.arange(len(sizes)), sizes)
    _, group, size = np.unique(hashes, return_inverse=True, return_counts=True)
    rare = (size[group] > 1) & (size[group] <= _MOST_COMMON)
    order = np.argsort(hashes[rare], kind="stable")
    ordered, owner = hashes[rare][order], owners[rare][order]
    met = []
    for lag in range(1, min(_MOST_COMMON, len(ordered))):
        at = np.flatnonzero(ordered[lag:] == ordered[:-lag])
        if not len(at):
            break
        met.append(np.sort(np.stack([owner[at], owner[at + lag]], axis=1), axis=1))
    if not met:
        return
    pairs, shared = np.unique(np.concatenate(met), axis=0, return_counts=True)
    least = np.minimum(sizes[pairs[:, 0]], sizes[pairs[:, 1]])
    found = pairs[(shared >= _LEAST_SHARED) & (shared >= _LEAST_CONTAINED * least)]
    yield from map(tuple, found.tolist())
