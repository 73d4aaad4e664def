"""Labelled files of users, row by row: JSON Lines, CSV, TSV or Parquet, each with its place.

Training data is small and somebody worked for it, so unlike a corpus it is read strictly: a broken
row stops the reading, with file and line, instead of being set aside where nobody looks.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InputError, MissingFileError

__all__ = ["SUFFIXES", "read_rows"]

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
"""Kinds of labelled file, by suffix."""

_CELL_LIMIT = 16 * 2**20


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a labelled file.

    Parameters
    ----------
    path
        The file; its suffix tells the format.

    Yields
    ------
    The line number (for Parquet the row number), from 1, and the row as column to value.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        The format is not known, or a row is broken.
    """
    if not path.is_file():
        raise MissingFileError(path, remedy="check the path")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(path, f"unknown format {suffix!r}", f"use one of {' '.join(SUFFIXES)}")
    if suffix == ".parquet":
        return _parquet(path)
    if suffix in (".jsonl", ".ndjson"):
        return _jsonl(path)
    return _csv(path, "\t" if suffix == ".tsv" else None)


def _jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import msgspec

    decode = msgspec.json.Decoder().decode
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            if not line.strip():
                continue
            try:
                row = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                problem = f"broken JSON: {error}"
                raise InputError(f"{path}:{number}", problem, "correct the line") from error
            if not isinstance(row, dict):
                raise InputError(
                    f"{path}:{number}", "not a JSON object", "write {...} on each line"
                )
            yield number, row


def _csv(path: Path, delimiter: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}", "not UTF-8", "save the table as CSV UTF-8") from error
    if delimiter is None:
        first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_CELL_LIMIT)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    start = 1
    while True:
        # A quoted cell may span lines: the place of a row is the line on which it begins.
        start = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path}:{start}", f"broken CSV: {error}", "correct the row"
            ) from error
        if not any(cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
        elif len(cells) != len(header):
            problem = f"{len(cells)} cells where the header has {len(header)}"
            raise InputError(f"{path}:{start}", problem, "quote cells that hold the delimiter")
        else:
            yield start, dict(zip(header, cells, strict=True))


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow as pa
    from pyarrow import parquet

    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1_000):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        problem = f"broken Parquet: {str(error).splitlines()[0]}"
        raise InputError(path, problem, "write the file again") from error
