"""The one reader of people's tables: CSV, TSV, JSON Lines and Parquet, row by row.

There are two doors. `read_rows` is for much data of strangers: it goes on after a bad row, which
its caller sets aside. `read_strictly` is for tables that somebody worked for: the first bad row
stops it, with file and line, instead of being set aside where nobody looks.
"""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import InputError, MissingFileError
from .encodings import HEAD, marked_encoding
from .json_lines import json_rows
from .rows import BadRow, Row
from .separated import separated_rows

__all__ = ["TABLES", "read_rows", "read_strictly"]


def read_rows(stream: BinaryIO, form: str) -> Iterator[Row | BadRow]:
    """Read the rows of a table of strangers, in bounded memory.

    Parameters
    ----------
    stream
        The file, decompressed; it is not closed.
    form
        Its format, one of `TABLES`.

    Yields
    ------
    A `Row` for each record that can be used, a `BadRow` for each that cannot.
    """
    return TABLES[form](stream)


def read_strictly(path: Path, *, form: str | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a table that must be sound; text is UTF-8, or has a byte order mark.

    Parameters
    ----------
    path
        The file.
    form
        Its format, one of `TABLES`; its suffix says it when None.

    Yields
    ------
    The line number (for Parquet the row number), from 1, and the row as column to value.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        The format is not known, or a row cannot be used.
    """
    if not path.is_file():
        raise MissingFileError(path, remedy="check the path")
    form = form or path.suffix.lower()
    if form not in TABLES:
        raise InputError(path, f"unknown format {form!r}", f"use one of {' '.join(TABLES)}")
    return _strictly(path, form)


def _strictly(path: Path, form: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as stream:
        # A guessed encoding could change labels without a word.
        encoding = marked_encoding(stream.peek(HEAD)) or "utf-8"
        options = {} if form == ".parquet" else {"encoding": encoding}
        try:
            for row in TABLES[form](stream, **options):
                if isinstance(row, BadRow):
                    where = path if row.line is None else f"{path}:{row.line}"
                    raise InputError(where, row.problem, row.remedy)
                yield row.line, row.values
        except OSError as error:
            raise InputError(path, f"cannot be read: {error}", "write the file again") from error


def _parquet_rows(stream: BinaryIO) -> Iterator[Row | BadRow]:
    import pyarrow as pa
    from pyarrow import parquet

    seekable = stream if stream.seekable() else io.BytesIO(stream.read())
    number = 0
    try:
        for batch in parquet.ParquetFile(seekable).iter_batches(batch_size=1_000):
            for record in batch.to_pylist():
                number += 1
                yield Row(number, record)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        problem = f"broken Parquet: {str(error).splitlines()[0]}"
        yield BadRow(number + 1 if number else None, problem, "write the file again")
        return
    if number == 0:
        yield BadRow(None, "the file is empty", "write the file again")


TABLES: dict[str, Callable[..., Iterator[Row | BadRow]]] = {
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".csv": separated_rows,
    ".tsv": partial(separated_rows, delimiter="\t"),
    ".parquet": _parquet_rows,
}
"""Suffix to reader; each takes an open stream."""
