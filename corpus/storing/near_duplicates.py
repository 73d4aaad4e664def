"""Find the near-duplicates of a corpus on disk, and keep which articles are copies of which."""

from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ...files import publish
from ..near_duplicates.clusters import clusters
from ..near_duplicates.sketch import N_PERMUTATIONS, Sketches
from .store import parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["find_copies", "group_files"]

_SCHEMA = pa.schema([("article_id", pa.string()), ("cluster", pa.string()), ("first", pa.bool_())])
_COUNTED = b"n_articles"


def find_copies(folder: Path) -> int:
    """Group the near-duplicates of the whole corpus, and count the copies.

    Nothing is done when no article was added since the last time.
    """
    files = parts(folder)
    if not files:
        return 0
    n_articles = sum(parquet.read_metadata(part).num_rows for part in files)
    path = folder / "clusters.parquet"
    if path.exists():
        table = parquet.read_table(path)
        if (table.schema.metadata or {}).get(_COUNTED) == str(n_articles).encode():
            return _n_copies(table)
    table = _clustered(folder, files, n_articles)
    with publish(path) as unfinished:
        parquet.write_table(table, unfinished, compression="zstd")
    return _n_copies(table)


def _n_copies(table: pa.Table) -> int:
    first: list[bool] = table["first"].to_pylist()
    return len(first) - sum(first)


def group_files(files: "Sequence[Path]", scratch: Path) -> tuple[list[str], dict[str, str]]:
    """Group the near-duplicates of the articles in Parquet files.

    Parameters
    ----------
    files
        With the columns id, signature, fingerprint and text.
    scratch
        A folder for temporary files.

    Returns
    -------
    All ids in order, and article id to cluster id, for the articles that have a copy.
    """
    n_articles = sum(parquet.read_metadata(file).num_rows for file in files)
    ids: list[str] = []
    hashes, sizes = [], []
    # The file has no name, so that nothing is left of it however the process ends.
    with TemporaryFile(dir=scratch) as file:
        for part in files:
            table = parquet.ParquetFile(part).read(columns=["id", "signature", "fingerprint"])
            ids += table["id"].to_pylist()
            file.write(b"".join(table["signature"].to_pylist()))
            prints = table["fingerprint"].to_pylist()
            hashes.append(np.frombuffer(b"".join(prints), dtype="<u8"))
            sizes.append(np.array([len(hashes) // 8 for hashes in prints], dtype=np.int64))
        file.flush()
        if not n_articles:
            return [], {}
        signatures = np.memmap(file, dtype="<u4", mode="r", shape=(n_articles, N_PERMUTATIONS))
    sketches = Sketches(signatures, np.concatenate(hashes), np.concatenate(sizes))
    return ids, clusters(ids, sketches, _Texts(files), scratch=scratch)


def _clustered(folder: Path, files: list[Path], n_articles: int) -> pa.Table:
    ids, cluster_of = group_files(files, folder)
    seen: set[str] = set()
    first = set()
    for name in ids:
        cluster = cluster_of.get(name)
        if cluster is not None and cluster not in seen:
            seen.add(cluster)
            first.add(name)
    names = sorted(cluster_of)
    columns = [names, [cluster_of[name] for name in names], [name in first for name in names]]
    schema = _SCHEMA.with_metadata({_COUNTED: str(n_articles)})
    return pa.table(columns, schema=schema)


class _Texts:
    """Texts of some articles, part by part."""

    def __init__(self, files: "Sequence[Path]") -> None:
        self._files = files

    def __call__(
        self, wanted: "NDArray[np.int64]"
    ) -> "Iterator[tuple[NDArray[np.int64], list[str]]]":
        first = 0
        for part in self._files:
            file = parquet.ParquetFile(part)
            end = first + file.metadata.num_rows
            some = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, end)]
            if len(some):
                yield some, file.read(columns=["text"])["text"].take(some - first).to_pylist()
            first = end
