"""Near-duplicates among the articles of a run, found at its end as the corpus finds them.

It is the one step that needs all articles at once. The tasks left signatures and texts; what is
held in memory is a signature and the hashes of the sentences of each article, about a kilobyte.
Texts are read from the shards' leftovers, a few at a time.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ..corpus.dedupe import clusters
from .output import Folder
from .task import part

__all__ = ["find_copies"]


def find_copies(
    folder: Folder, n_tasks: int, left_out: Mapping[int, Sequence[int]]
) -> dict[str, str]:
    """Group near-duplicates.

    Parameters
    ----------
    folder
        The output, with what `n_tasks` tasks left.
    left_out
        Shard to the rows of articles that do not count.

    Returns
    -------
    Article id to cluster id, for the articles that have a copy.
    """
    ids: list[str] = []
    signatures: list[bytes] = []
    fingerprints: list[bytes] = []
    texts = _Texts(folder, left_out)
    for number in range(n_tasks):
        table = texts.read(number, ["article_id", "signature", "fingerprint"])
        ids += table["article_id"].to_pylist()
        signatures += table["signature"].to_pylist()
        fingerprints += table["fingerprint"].to_pylist()
        texts.sizes.append(len(table))
    texts.places = {name: at for at, name in enumerate(ids)}
    return clusters(ids, signatures, texts, fingerprints=fingerprints)


class _Texts:
    """Texts by id, with the shards that were asked for last kept in memory."""

    def __init__(self, folder: Folder, left_out: Mapping[int, Sequence[int]]) -> None:
        self._folder, self._left_out = folder, left_out
        self.sizes: list[int] = []
        self.places: dict[str, int] = {}
        self._shard = lru_cache(maxsize=8)(lambda number: self.read(number, ["text"])["text"])
        self._firsts: list[int] = []

    def __call__(self, name: str) -> str:
        if not self._firsts:
            self._firsts = list(accumulate(self.sizes, initial=0))
        at = self.places[name]
        number = bisect_right(self._firsts, at) - 1
        return str(self._shard(number)[at - self._firsts[number]])

    def read(self, number: int, columns: list[str]) -> pa.Table:
        """Read columns of what a task left."""
        with self._folder.open(part(number, "copies.parquet")) as stream:
            table = parquet.read_table(stream, columns=columns)
        if number not in self._left_out:
            return table
        kept = np.ones(len(table), bool)
        kept[list(self._left_out[number])] = False
        return table.filter(pa.array(kept))
