"""Files that we did not write are not replaced without the user's word.

A file counts as ours if it holds the names that our own of its kind hold: a Parquet file among its
columns, any other at its beginning. That is no proof, and it is meant against mistakes in a name.
"""

from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from ..errors import ExistsError, InputError

__all__ = ["holds_names", "refuse_foreign"]

_BEGINNING = 1 << 20


def refuse_foreign(
    path: Path,
    names: Collection[str],
    *,
    force: bool | None = None,
    problem: str = "is a file that this command did not write",
) -> None:
    """Refuse to replace a file that does not look like one of ours.

    Parameters
    ----------
    path
        Where a command will write.
    names
        What all our files of this kind hold: columns, fields or other texts.
    force
        Whether to replace it nevertheless; None where the command does not offer that.
    problem
        What is said of a file that holds something else.

    Raises
    ------
    ExistsError
        It is a folder, a pipe or a device, or a file that holds something else.
    InputError
        It is an address, and the command writes to this machine only.

    Examples
    --------
    >>> refuse_foreign(Path("no-such-file.csv"), ["unit_id"])
    """
    if path.parts[:1] and path.parts[0].endswith(":"):
        raise InputError(path, "is an address", "name a file on this machine")
    if not path.exists():
        return
    if not path.is_file():
        raise ExistsError(path, "is not a regular file", "name another file")
    if force:
        return
    with path.open("rb") as stream:
        ours = holds_names(stream, path.suffix, names)
    if not ours:
        remedy = "name another file" if force is None else "name another file, or use --force"
        raise ExistsError(path, problem, remedy)


def holds_names(
    stream: BinaryIO, suffix: str, names: Collection[str], *, or_empty: bool = True
) -> bool:
    """Return whether an open file holds all names where our own files hold them, or is empty."""
    if suffix == ".parquet":
        try:
            return set(names) <= set(parquet.read_schema(stream).names)
        except (pa.ArrowException, OSError):
            return False
    # What follows the first line of a table is data, which may hold any text.
    first = stream.read(_BEGINNING)
    if suffix in {".csv", ".jsonl"}:
        first = first.partition(b"\n")[0]
    if or_empty and first.strip() in {b"", b"[]"}:
        return True
    return all(name.encode() in first for name in names)
