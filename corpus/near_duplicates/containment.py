"""Find copy that makes up only a part of an article, by the longer sentences that both hold.

Sentences are compared by their hashes, all at once: sorted, equal ones stand side by side. Pairs of
articles are counted in passes that memory allows, and pairs that are joined already are left out.
"""

from typing import TYPE_CHECKING

import numpy as np

from .groups import Groups
from .sketch import Sketches

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["sharing"]

_LEAST_SHARED = 3
_LEAST_CONTAINED = 0.4
_MOST_COMMON = 50
_MOST_PAIRS = 4_000_000


def sharing(sketches: Sketches, groups: Groups) -> "Iterator[tuple[int, int]]":
    """Yield pairs of which either holds two fifths of the other's sentences, and three at least.

    A sentence that stands in more than fifty articles is a formula, and ties nothing.
    """
    sizes = sketches.n_sentences
    sort = np.argsort(sketches.sentences, kind="stable")
    hashes = sketches.sentences[sort]
    owners = np.repeat(np.arange(len(sizes)), sizes)[sort]
    first = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)])
    copies = np.diff(np.append(first, len(hashes)))
    rare = np.repeat((copies > 1) & (copies <= _MOST_COMMON), copies)
    hashes, owners = hashes[rare], owners[rare]
    copies = copies[(copies > 1) & (copies <= _MOST_COMMON)]
    n_pairs = int((copies * (copies - 1) // 2).sum())
    # All pairs of two owners are counted in one pass, and a pass is as large as memory allows.
    n_passes = -(-n_pairs // _MOST_PAIRS)
    most = int(copies.max(initial=1))
    for number in range(n_passes):
        met = [np.empty(0, dtype=np.int64)]
        for lag in range(1, most):
            at = np.flatnonzero(hashes[lag:] == hashes[:-lag])
            left, right = owners[at], owners[at + lag]
            lower, upper = np.minimum(left, right), np.maximum(left, right)
            fresh = (lower % n_passes == number) & (groups.roots(lower) != groups.roots(upper))
            met.append(lower[fresh] * len(sizes) + upper[fresh])
        pairs, shared = np.unique(np.concatenate(met), return_counts=True)
        lower, upper = np.divmod(pairs, len(sizes))
        least = np.minimum(sizes[lower], sizes[upper])
        held = (shared >= _LEAST_SHARED) & (shared >= _LEAST_CONTAINED * least)
        yield from zip(lower[held].tolist(), upper[held].tolist(), strict=True)
