"""Near-duplicates among the articles of a run, found at its end as the corpus finds them.

It is the one step that needs all articles at once. The tasks left signatures and texts; what is
held in memory is a signature and the hashes of the sentences of each article, about a kilobyte.
Texts are read from the shards' leftovers, a few at a time.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from ..corpus.clusters import clusters
from ..corpus.sketch import Sketches
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
    return clusters(ids, Sketches.of_rows(signatures, fingerprints), texts)


class _Texts:
    """Texts of some articles, shard by shard."""

    def __init__(self, folder: Folder, left_out: Mapping[int, Sequence[int]]) -> None:
        self._folder, self._left_out = folder, left_out
        self.sizes: list[int] = []

    def __call__(
        self, wanted: npt.NDArray[np.int64]
    ) -> Iterator[tuple[npt.NDArray[np.int64], list[str]]]:
        first = 0
        for number, size in enumerate(self.sizes):
            end = first + size
            some = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, end)]
            if len(some):
                yield some, self.read(number, ["text"])["text"].take(some - first).to_pylist()
            first = end

    def read(self, number: int, columns: list[str]) -> pa.Table:
        """Read columns of what a task left."""
        with self._folder.open(part(number, "copies.parquet")) as stream:
            table = parquet.read_table(stream, columns=columns)
        if number not in self._left_out:
            return table
        kept = np.ones(len(table), bool)
        kept[list(self._left_out[number])] = False
        return table.filter(pa.array(kept))
