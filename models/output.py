"""Writing tags: one file or a folder of parts, streamed, and there whole or not at all.

The suffix tells the format. A name without one is a folder: Parquet parts of `PART` units, and
beside them the rejects. With a file, the rejects stand in a second file beside it. CSV is made for
spreadsheets: a cell that one would run is made inert.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from ..corpus import Reject
from ..errors import ExistsError, UnknownNameError
from ..files import write_jsonl
from ..tables import FORMATS, table_writer, write_table

__all__ = ["PART", "can_write", "write_tags"]

PART = 100_000
"""Units in one part of a folder."""


def can_write(path: Path) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises
    ------
    UnknownNameError
        The suffix is of no known format.
    ExistsError
        A folder is there and holds something else than tags.
    """
    if path.suffix and not path.is_dir():
        if path.suffix not in FORMATS:
            raise UnknownNameError(f"format of {path}:", path.suffix, sorted(FORMATS))
    elif path.is_file():
        raise ExistsError(
            path, "is a file without a suffix", "name a folder, or a .csv or .parquet"
        )
    elif path.is_dir():
        strange = [one for one in path.iterdir() if not _ours(one)]
        if strange:
            problem = f"holds something else than tags ({strange[0].name})"
            raise ExistsError(path, problem, "name another folder")


def write_tags(
    path: Path, schema: pa.Schema, tables: Iterable[pa.Table], rejects: list[Reject]
) -> list[Path]:
    """Write tagged tables as they come.

    Parameters
    ----------
    path
        A file with a known suffix, or a folder.
    schema
        The columns.
    tables
        The tags; taken one by one.
    rejects
        Is read after the last table.

    Returns
    -------
    The paths that were written.
    """
    can_write(path)
    if path.suffix and not path.is_dir():
        with table_writer(path, schema) as write:
            for table in tables:
                write(table)
        beside = path.with_name(f"{path.name}.rejects.jsonl")
        if not rejects:
            beside.unlink(missing_ok=True)
            return [path]
        write_jsonl(beside, map(asdict, rejects))
        return [path, beside]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as aside_folder:
        made = Path(aside_folder) / "tags"
        made.mkdir()
        for number, part in enumerate(_parts(tables, schema)):
            write_table(part, made / f"tags-{number:05}.parquet")
        if rejects:
            write_jsonl(made / "rejects.jsonl", map(asdict, rejects))
        if path.exists():
            path.rename(Path(aside_folder) / "before")
        made.rename(path)
    return [path]


def _ours(path: Path) -> bool:
    return path.name == "rejects.jsonl" or (
        path.name.startswith("tags-") and path.suffix == ".parquet"
    )


def _parts(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting, size, any_yet = [], 0, False
    for table in tables:
        waiting.append(table)
        size += len(table)
        if size >= PART:
            yield pa.concat_tables(waiting)
            waiting, size, any_yet = [], 0, True
    if waiting or not any_yet:
        yield pa.concat_tables(waiting) if waiting else schema.empty_table()
