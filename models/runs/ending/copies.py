"""Near-duplicates among the articles of a run, found at its end as the corpus finds them.

It is the one step that needs all articles at once. The tasks left signatures and texts, which stay
on disk; what is held in memory is the ids, a short form of the signatures and the hashes of the
sentences, some hundred bytes an article.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ....corpus.storing.near_duplicates import group_files
from ..output import Folder
from ..task import part

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
    with TemporaryDirectory(prefix="standfirst-") as scratch:
        files = [_file(folder, k, left_out.get(k, ()), Path(scratch)) for k in range(n_tasks)]
        return group_files(files, Path(scratch))[1]


def _file(folder: Folder, number: int, left_out: Sequence[int], scratch: Path) -> Path:
    """Return what a task left as a file on this machine, without the articles that do not count."""
    name = part(number, "copies.parquet")
    here = folder.local(name)
    if here is not None and not left_out:
        return here
    with folder.open(name) as stream:
        table = parquet.read_table(stream)
    kept = np.ones(len(table), bool)
    kept[list(left_out)] = False
    path = scratch / Path(name).name
    parquet.write_table(table.filter(pa.array(kept)), path, compression="zstd")
    return path
