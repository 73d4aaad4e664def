"""Write a table in the format that its file's name asks for: Parquet, JSON Lines or CSV.

A CSV is made for spreadsheets, and news is text of strangers: a cell that a spreadsheet would run
as a formula gets a leading apostrophe, and lists are joined by ``|``. Parquet and JSON Lines keep
every value as it is.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from .errors import UnknownNameError
from .files import dump_json, publish

__all__ = ["FORMATS", "inert", "write_table"]


def inert(value: Any) -> Any:
    """Make a cell that a spreadsheet takes as text, whatever it begins with.

    Examples
    --------
    >>> inert("=HYPERLINK(1)"), inert("- no"), inert(-2), inert(["a", "b"])
    ("'=HYPERLINK(1)", "'- no", -2, 'a|b')
    """
    if isinstance(value, list):
        return inert("|".join(map(str, value)))
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _parquet(table: pa.Table, path: Path) -> None:
    parquet.write_table(table, path, compression="zstd")


def _jsonl(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(dump_json(row, indent=None) + "\n" for row in _rows(table))


def _csv(table: pa.Table, path: Path) -> None:
    # utf-8-sig, because Excel takes a CSV without the mark for another alphabet.
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(table.column_names)
        writer.writerows(map(inert, row.values()) for row in _rows(table))


FORMATS: dict[str, Callable[[pa.Table, Path], None]] = {
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".csv": _csv,
}
"""Suffix to writer."""


def write_table(table: pa.Table, path: Path, *, formats: Iterable[str] = tuple(FORMATS)) -> None:
    """Write a table to a file, whole or not at all.

    Raises
    ------
    UnknownNameError
        The file's suffix is not one of the formats.
    """
    if path.suffix not in formats:
        raise UnknownNameError(f"format of {path}:", path.suffix, sorted(formats))
    with publish(path) as aside:
        FORMATS[path.suffix](table, aside)
