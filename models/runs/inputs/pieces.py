"""A piece of an input: a whole file, or a range of one that reads as if it were a file of its own.

A range of JSON Lines or CSV is a range of bytes of the decompressed stream that begins and ends
between two records; of Parquet, a range of rows. The readers of `corpus` need not know: what they
are given is the header of the file, where it has one, and then the range. A byte order mark is set
before it, so that a range is never taken for another alphabet than its file.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

import pyarrow as pa

from ....corpus import READERS, Article, Fields, Reject
from ....corpus.reading.fields import to_article
from ....corpus.reading.read import BROKEN
from ....corpus.reading.source import Source, find
from ....tables import parquet_files

__all__ = ["Lines", "Piece", "batches", "open_parquet", "open_source", "read_piece"]

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or a range of one."""

    path: str
    """Where its bytes are: a path or URL."""
    name: str
    """What the user calls it."""
    form: str
    """Suffix of the reader that reads it."""
    start: int = 0
    """First byte (of Parquet: row) of the range."""
    end: int | None = None
    """Byte (row) behind the range; to the end of the file when None."""
    head: bytes = b""
    """What is read before the range: a byte order mark and the header."""
    shift: int | None = 0
    """What is added to a record's number in the range to get its number in the file; None when that
    is the number of lines in the ranges before."""

    order: str = ""
    """What comes first in its dates such as 03/04/2024, by all dates of its file; empty if open."""

    @property
    def whole(self) -> bool:
        """Return whether it is all of its file."""
        return self.start == 0 and self.end is None


@dataclass(slots=True)
class Lines:
    """Counts the lines of what was read."""

    n: int = 0
    """Line ends so far."""


def open_source(path: str) -> Source:
    """Return the source that a path or URL names."""
    (source,) = find([path], tuple(READERS))
    return source


def read_piece(piece: Piece, fields: Fields, lines: Lines) -> Iterator[Article | Reject]:
    """Read the articles of a piece.

    Parameters
    ----------
    piece
        The piece.
    fields
        The columns that the user named.
    lines
        Is filled with the number of lines of a range of bytes.

    Yields
    ------
    An `Article` or a `Reject` for each record, numbered as in the file, as far as `Piece.shift`
    is known.
    """
    if piece.form == ".parquet" and not piece.whole:
        yield from _rows(piece, fields)
        return
    source, reader = open_source(piece.path), READERS[piece.form]
    try:
        with source.open() as stream:
            if piece.whole:
                yield from reader(stream, piece.name, fields)
                return
            part = cast("BinaryIO", _Range(stream, piece, lines))
            for record in reader(part, piece.name, fields):
                yield _shifted(record, piece.shift or 0)
    except BROKEN as error:
        yield Reject.of(piece.name, None, f"cannot be read to its end: {error}")


@contextmanager
def open_parquet(source: Source) -> Iterator[Any]:
    """Open a Parquet file, compressed or not."""
    with source.open() as stream, parquet_files.open_parquet(stream) as file:
        yield file


def _groups(file: Any, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the row groups that a range of rows touches, and the row at which each begins."""
    first = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if first < end and first + size > start:
            yield group, first
        first += size


def batches(piece: Piece, size: int) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a piece of a Parquet file as Arrow batches, each with its first row."""
    with open_parquet(open_source(piece.path)) as file:
        end = file.metadata.num_rows if piece.end is None else piece.end
        for group, first in _groups(file, piece.start, end):
            at = first
            for batch in file.iter_batches(batch_size=size, row_groups=[group]):
                begin, stop = max(piece.start - at, 0), min(end - at, len(batch))
                if begin < stop:
                    yield at + begin, batch.slice(begin, stop - begin)
                at += len(batch)


def _rows(piece: Piece, fields: Fields) -> Iterator[Article | Reject]:
    number = piece.start
    try:
        for first, batch in batches(piece, 1_000):
            for number, record in enumerate(batch.to_pylist(), first + 1):
                yield to_article(record, fields, piece.name, number)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        problem = str(error).splitlines()[0]
        yield Reject.of(piece.name, number + 1, f"broken Parquet: {problem}")


def _shifted(record: Article | Reject, shift: int) -> Article | Reject:
    if not shift or record.record is None:
        return record
    return replace(record, record=record.record + shift)


class _Range(io.RawIOBase):
    """The header of a file, and a range of it."""

    def __init__(self, stream: BinaryIO, piece: Piece, lines: Lines) -> None:
        self._stream, self._lines = stream, lines
        self._head = memoryview(piece.head)
        self._left = -1 if piece.end is None else piece.end - piece.start
        if stream.seekable():
            stream.seek(piece.start)
        else:
            left = piece.start
            while left and (passed := stream.read(min(left, _CHUNK))):
                left -= len(passed)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        if self._head:
            size = min(len(self._head), len(buffer))
            buffer[:size], self._head = self._head[:size], self._head[size:]
            return size
        wanted = len(buffer) if self._left < 0 else min(len(buffer), self._left)
        block = self._stream.read(wanted) if wanted else b""
        buffer[: len(block)] = block
        self._left -= len(block) if self._left > 0 else 0
        self._lines.n += block.count(b"\n")
        return len(block)
