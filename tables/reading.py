"""The one reader of people's tables: CSV, TSV, JSON Lines and Parquet, row by row.

There are two doors. `read_rows` is for much data of strangers: it goes on after a bad row, which
its caller sets aside. `read_strictly` is for tables that somebody worked for: the first bad row
stops it, with file and line, instead of being set aside where nobody looks.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import InputError, MissingFileError
from .encodings import HEAD, marked_encoding
from .json_lines import json_rows
from .parquet_files import parquet_rows
from .rows import BadRow, Row
from .separated import separated_rows

__all__ = ["TABLES", "read_rows", "read_strictly", "warn"]


def read_rows(
    stream: BinaryIO, form: str, *, report: Callable[[str], object] = str
) -> Iterator[Row | BadRow]:
    """Read the rows of a table of strangers, in bounded memory.

    Parameters
    ----------
    stream
        The file, decompressed; it is not closed.
    form
        Its format, one of `TABLES`.
    report
        Takes what the user should know of how the table is read.

    Yields
    ------
    A `Row` for each record that can be used, a `BadRow` for each that cannot.
    """
    return TABLES[form](stream, report=report)


def read_strictly(
    path: Path, *, form: str | None = None, report: Callable[[str], object] = str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a table that must be sound; text is UTF-8, or has a byte order mark.

    Parameters
    ----------
    path
        The file.
    form
        Its format, one of `TABLES`; its suffix says it when None.
    report
        Takes what the user should know of how the table is read.

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
        raise MissingFileError(path)
    form = form or path.suffix.lower()
    if form not in TABLES:
        raise InputError(path, f"unknown format {form!r}", f"use one of {' '.join(TABLES)}")
    return _strictly(path, form, report)


def warn(name: str | Path) -> Callable[[str], None]:
    """Make a function that logs what the user should know of a file."""
    return partial(logging.getLogger("standfirst").warning, "%s: %s", name)


def _strictly(
    path: Path, form: str, report: Callable[[str], object]
) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as stream:
        # A guessed encoding could change labels without a word.
        encoding = marked_encoding(stream.peek(HEAD)) or "utf-8"
        try:
            for row in TABLES[form](stream, encoding=encoding, report=report):
                if isinstance(row, BadRow):
                    where = path if row.line is None else f"{path}:{row.line}"
                    raise InputError(where, row.problem, row.remedy)
                yield row.line, row.values
        except OSError as error:
            # pyarrow's messages may have several lines.
            problem = f"cannot be read: {' '.join(str(error).split())}"
            raise InputError(path, problem, "write the file again") from error


TABLES: dict[str, Callable[..., Iterator[Row | BadRow]]] = {
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".csv": separated_rows,
    ".tsv": partial(separated_rows, delimiter="\t"),
    ".parquet": parquet_rows,
}
"""Suffix to reader; each takes an open stream."""
