"""Group articles that share much of their text, without comparing each with each.

Signatures are cut into bands; articles that agree on a band meet (locality-sensitive hashing:
Leskovec et al., 2020, chapter 3). What meets is accepted only when the exact similarity of its word
5-grams reaches the threshold. Three bounds keep this near-linear even where all articles look
alike, as weather reports do: within a band each article meets only its next few neighbours, sorted
by the bands that follow, so that copies stand side by side; two articles that are linked already
are not compared again; and an article whose comparisons failed often enough is left alone. What is
large stays on disk. The result depends on the set of articles alone, not on the order in which they
came.

References
----------
Leskovec, J., Rajaraman, A. & Ullman, J. D. (2020). Mining of Massive Datasets (3rd ed.). Cambridge
University Press.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import numpy as np

from .containment import sharing
from .groups import Groups
from .sketch import N_PERMUTATIONS, Sketches, jaccard, shingles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Texts = Callable[[Indices], Iterator[tuple[Indices, list[str]]]]

__all__ = ["THRESHOLD", "clusters"]

THRESHOLD = 0.3
"""Least Jaccard similarity of two articles in one cluster."""

_BANDS = 64
_WIDTH = N_PERMUTATIONS // _BANDS
_NEIGHBOURS = 8
_MOST_FAILURES = 32
_BATCH = 20_000


def clusters(
    ids: Sequence[str],
    sketches: Sketches,
    texts: "Texts",
    *,
    threshold: float = THRESHOLD,
    scratch: Path | None = None,
) -> dict[str, str]:
    """Group near-duplicate articles.

    Parameters
    ----------
    ids
        The articles' ids, each once.
    sketches
        Their sketches.
    texts
        Gives the texts of the articles at some indices (rising), in batches: the indices of a
        batch, and their texts. Asked once, for the articles that look like another one.
    threshold
        Least Jaccard similarity of a pair, between 0 and 1.
    scratch
        A folder for temporary files; the system's own if None.

    Returns
    -------
    Article id to cluster id, for the articles that are in a cluster of two or more. A cluster is
    named after the smallest id in it.
    """
    groups = Groups(len(ids))
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    alike = _Alike(sketches.signatures, threshold)
    wanted = _look_alike(sketches.signatures, order, alike)
    if len(wanted):
        runs = _Runs(wanted, texts, scratch)
        failures = np.zeros(len(ids), dtype=np.int64)
        failed: Indices = np.empty(0, dtype=np.int64)
        for band in range(_BANDS):
            pairs = _neighbours(sketches.signatures, order, band)
            failed = _link(
                groups,
                pairs,
                alike,
                runs.similarity,
                threshold=threshold,
                failures=failures,
                failed=failed,
            )
    for left, right in sharing(sketches, groups):
        groups.join(left, right)
    roots = groups.roots(order)
    sizes = np.bincount(roots, minlength=len(ids))
    named: dict[str, str] = {}
    names: dict[int, str] = {}
    for index, root in zip(order.tolist(), roots.tolist(), strict=True):
        if sizes[root] > 1:
            named[ids[index]] = names.setdefault(root, ids[index])
    return named


def _look_alike(signatures: "NDArray[np.uint32]", order: "Indices", alike: "_Alike") -> "Indices":
    """Return the articles whose signature is near enough to that of another one."""
    wanted = np.zeros(len(order), dtype=bool)
    for band in range(_BANDS):
        for left, right in _neighbours(signatures, order, band):
            fresh = ~(wanted[left] & wanted[right])
            some, others = alike(left[fresh], right[fresh])
            wanted[some] = wanted[others] = True
    return np.flatnonzero(wanted)


def _link(
    groups: Groups,
    meetings: "Iterator[tuple[Indices, Indices]]",
    alike: "_Alike",
    similarity: "Callable[[int, int], float]",
    *,
    threshold: float,
    failures: "Indices",
    failed: "Indices",
) -> "Indices":
    """Join the pairs of a band that are similar enough, and give the pairs that are not."""
    size = len(failures)
    lost: list[int] = []
    for left, right in meetings:
        apart = groups.roots(left) != groups.roots(right)
        some, others = alike(left[apart], right[apart])
        keys = np.minimum(some, others) * size + np.maximum(some, others)
        fresh = ~np.isin(keys, failed)
        for a, b in zip(some[fresh].tolist(), others[fresh].tolist(), strict=True):
            linked = groups.root(a) == groups.root(b)
            if linked or min(failures[a], failures[b]) >= _MOST_FAILURES:
                continue
            if similarity(a, b) >= threshold:
                groups.join(a, b)
            else:
                failures[[a, b]] += 1
                lost.append(min(a, b) * size + max(a, b))
    return np.union1d(failed, np.array(lost, dtype=np.int64))


def _neighbours(
    signatures: "NDArray[np.uint32]", order: "Indices", band: int
) -> "Iterator[tuple[Indices, Indices]]":
    """Yield pairs of articles that agree on a band: each with its next few."""
    keys = _keys(signatures, band)[order]
    sort = np.argsort(keys, kind="stable")
    equal = keys[sort[1:]] == keys[sort[:-1]]
    shared = np.zeros(len(order), dtype=bool)
    shared[1:] |= equal
    shared[:-1] |= equal
    meeting = order[sort[shared]]
    by = [_keys(signatures, (band + n) % _BANDS)[meeting] for n in (2, 1, 0)]
    meeting = meeting[np.lexsort(by)]
    met = _keys(signatures, band)[meeting]
    for lag in range(1, min(_NEIGHBOURS, len(met) - 1) + 1):
        at = np.flatnonzero(met[lag:] == met[:-lag])
        if not len(at):
            return
        for start in range(0, len(at), _BATCH):
            some = at[start : start + _BATCH]
            yield meeting[some], meeting[some + lag]


def _keys(signatures: "NDArray[np.uint32]", band: int) -> "NDArray[np.uint64]":
    columns = signatures[:, band * _WIDTH : (band + 1) * _WIDTH]
    return np.ascontiguousarray(columns).view(np.uint64).ravel()


class _Alike:
    """Keep the pairs whose signatures agree nearly as often as the threshold asks."""

    def __init__(self, signatures: "NDArray[np.uint32]", threshold: float) -> None:
        # The lowest byte of each hash says nearly as much, in a quarter of the memory.
        self._short = np.empty(signatures.shape, dtype=np.uint8)
        for start in range(0, len(signatures), _BATCH):
            self._short[start : start + _BATCH] = signatures[start : start + _BATCH]
        # The share of equal places estimates the similarity; three standard errors below the
        # threshold lose one true pair in a thousand at most.
        error = (threshold * (1 - threshold) / N_PERMUTATIONS) ** 0.5
        self._least = (threshold - 3 * error) * N_PERMUTATIONS

    def __call__(self, left: "Indices", right: "Indices") -> "tuple[Indices, Indices]":
        alike = (self._short[left] == self._short[right]).sum(axis=1) >= self._least
        return left[alike], right[alike]


class _Runs:
    """The hashed word 5-grams of some articles, on disk."""

    def __init__(self, wanted: "Indices", texts: "Texts", scratch: Path | None) -> None:
        size = 0
        self._range: dict[int, tuple[int, int]] = {}
        # The file has no name, so that nothing is left of it however the process ends.
        with TemporaryFile(dir=scratch) as file:
            for indices, batch in texts(wanted):
                for index, runs in zip(indices.tolist(), shingles(batch), strict=True):
                    self._range[index] = (size, size + len(runs))
                    size += len(runs)
                    file.write(runs.tobytes())
            file.flush()
            self._hashes = np.memmap(file, dtype=np.uint64, mode="r", shape=(size,))

    def similarity(self, left: int, right: int) -> float:
        return jaccard(*(self._hashes[slice(*self._range[index])] for index in (left, right)))
