"""Write a table in the format that its file's name asks for: Parquet, JSON Lines or CSV.

A CSV is made for spreadsheets, and news is text of strangers: a cell that a spreadsheet would run
as a formula gets a leading apostrophe. Lists are joined by ``|``, as `answers` reads them: an empty
one is ``[]``, and one that is not there ``NA``. Parquet and JSON Lines keep every value as it is.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ..errors import UnknownNameError
from ..files import dump_json, publish
from .answers import FORMULA, join_labels

__all__ = ["FORMATS", "check_format", "inert", "table_writer", "write_table"]

Write = Callable[[pa.Table], None]
"""Appends a table to a file."""


def inert(value: Any) -> Any:
    """Make a cell that a spreadsheet takes as text, whatever it begins with.

    Examples
    --------
    >>> inert("=HYPERLINK(1)"), inert("- no"), inert(-2), inert(["a", "b"])
    ("'=HYPERLINK(1)", "'- no", -2, 'a|b')
    """
    if isinstance(value, list):
        return inert(join_labels(map(str, value)) if value else "[]")
    if isinstance(value, str) and value.lstrip("'").startswith((*FORMULA, "\t", "\r")):
        return f"'{value}"
    return value


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        yield writer.write_table


@contextmanager
def _jsonl(path: Path, schema: pa.Schema) -> Iterator[Write]:
    del schema
    with path.open("w", encoding="utf-8", newline="\n") as out:

        def write(table: pa.Table) -> None:
            out.writelines(dump_json(row, indent=None) + "\n" for row in _rows(table))

        yield write


@contextmanager
def _csv(path: Path, schema: pa.Schema) -> Iterator[Write]:
    # utf-8-sig, because Excel takes a CSV without the mark for another alphabet.
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(map(inert, schema.names))
        lists = {field.name for field in schema if _is_labels(field.type)}

        def write(table: pa.Table) -> None:
            rows.writerows(
                (
                    "NA" if name in lists and cell is None else inert(cell)
                    for name, cell in row.items()
                )
                for row in _rows(table)
            )

        yield write


FORMATS: dict[str, Callable[[Path, pa.Schema], AbstractContextManager[Write]]] = {
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".csv": _csv,
}
"""Suffix to writer."""


def check_format(path: Path, formats: Iterable[str] = tuple(FORMATS)) -> None:
    """Refuse a file whose suffix is not one of the formats.

    Raises
    ------
    UnknownNameError
        It is none.
    """
    if path.suffix not in formats:
        raise UnknownNameError(f"format of {path}:", path.suffix, sorted(formats))


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[Write]:
    """Give a function that appends tables to a file, which appears whole when the block ends well.

    Parameters
    ----------
    path
        The file; its suffix tells the format.
    schema
        The columns of all tables.

    Raises
    ------
    UnknownNameError
        The file's suffix is not one of the formats.
    """
    check_format(path)
    with publish(path) as aside, FORMATS[path.suffix](aside, schema) as write:
        yield write


def write_table(table: pa.Table, path: Path, *, formats: Iterable[str] = tuple(FORMATS)) -> None:
    """Write a table to a file, whole or not at all.

    Raises
    ------
    UnknownNameError
        The file's suffix is not one of the formats.
    """
    check_format(path, formats)
    with table_writer(path, table.schema) as write:
        write(table)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Give rows; of 32-bit numbers only the digits that mean something."""
    short = [field.name for field in table.schema if _is_short(field.type)]
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            for name in short:
                row[name] = _rounded(row[name])
            yield row


def _is_labels(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) and pa.types.is_string(kind.value_type))


def _is_short(kind: Any) -> bool:
    return bool(pa.types.is_float32(kind.value_type if pa.types.is_list(kind) else kind))


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return None if value is None else round(value, 6)
