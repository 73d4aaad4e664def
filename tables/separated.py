"""CSV and TSV, read strictly: a row that is broken is one bad row, and takes no other with it.

The `csv` module parses in its strict mode. polars and pyarrow are faster, but they stop at the
first row that does not fit or drop it, and like the lenient mode of `csv` they let a quote that is
never closed swallow every row behind it. Here the line on which such a cell begins is the bad row,
and reading goes on with the next line.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from .encodings import HEAD, decoded, encoding_of, peekable
from .rows import RECORD_LIMIT, TOO_LONG, BadRow, Row

__all__ = ["Record", "delimiter_of", "records", "separated_rows"]

_DELIMITERS = ",;\t"
_OPEN_QUOTE = "broken CSV: a quoted cell that does not end properly"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Record(NamedTuple):
    """A record as it stands in the file."""

    line: int
    """The line on which it begins, from 1."""
    lines: list[str]
    """Its lines, with their ends."""
    cells: list[str]
    """Its cells; none in a blank line."""
    problem: str
    """Why the cells cannot be had; empty when they can."""


def separated_rows(
    stream: BinaryIO, *, delimiter: str | None = None, encoding: str | None = None
) -> Iterator[Row | BadRow]:
    r"""Read the rows of a CSV or TSV file.

    Parameters
    ----------
    stream
        The file, decompressed; it is read as it comes, and not closed.
    delimiter
        What separates the cells; taken from the first line when None.
    encoding
        The file's encoding; told from its first bytes when None.

    Yields
    ------
    A `Row` for each record that fits the header, a `BadRow` for each that does not. Rows whose
    cells are all empty are passed over.

    Examples
    --------
    >>> import io
    >>> for row in separated_rows(io.BytesIO(b'id,text\n1,"Open\n2,Fine\n')):
    ...     print(row.line, getattr(row, "values", None))
    2 None
    3 {'id': '2', 'text': 'Fine'}
    """
    with peekable(stream) as buffered:
        head = buffered.peek(HEAD)
        encoding = encoding or encoding_of(head)
        delimiter = delimiter or delimiter_of(head, encoding)
        with decoded(buffered, encoding) as text:
            yield from _rows(records(text.readline, delimiter))


def delimiter_of(head: bytes, encoding: str) -> str:
    """Tell the delimiter of a table from its first line."""
    first = head.decode(encoding, "replace").split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def records(readline: Callable[[int], str], delimiter: str) -> Iterator[Record]:
    """Read the records of a table, header included, with the lines that each takes.

    Parameters
    ----------
    readline
        Gives the next line, or as much of it as its argument says; empty at the end.
    delimiter
        What separates the cells.
    """
    lines = _Lines(readline)
    csv.field_size_limit(RECORD_LIMIT)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        problem, cells = "", []
        try:
            cells = next(rows)
        except StopIteration:
            return
        except (csv.Error, _OpenQuoteError):
            problem = _OPEN_QUOTE
        if problem and len(lines.taken) == 1 and lines.size > RECORD_LIMIT:
            problem = TOO_LONG
            lines.skip_line()
        elif problem and len(lines.taken) > 1:
            lines.put_back(closed=False)
        elif width and len(cells) != width and _all_fit(lines.taken[1:], width, delimiter):
            problem = _OPEN_QUOTE
            lines.put_back(closed=True)
        width = width or len(cells)
        yield Record(lines.first, lines.taken, [] if problem else cells, problem)
        lines.start()


def _rows(found: Iterator[Record]) -> Iterator[Row | BadRow]:
    header: list[str] | None = None
    for record in found:
        raw = "".join(record.lines)
        if record.problem:
            yield BadRow(record.line, record.problem, "correct the row", raw)
            continue
        if not any(record.cells):
            continue
        if header is None:
            header = [cell.strip() for cell in record.cells]
            if _SURROGATE.search(raw):
                yield BadRow(record.line, "invalid UTF-8 in the header", "save it as UTF-8", raw)
                return
            continue
        if len(record.cells) != len(header):
            problem = f"{len(record.cells)} cells where the header has {len(header)}"
            yield BadRow(record.line, problem, "quote cells that hold the delimiter", raw)
            continue
        row = Row(record.line, dict(zip(header, record.cells, strict=True)))
        bad = None if raw.isascii() else _undecoded(row)
        yield bad._replace(raw=raw) if bad else row
    if header is None:
        yield BadRow(None, "the file is empty", "name the columns in the first line")


def _undecoded(row: Row) -> BadRow | None:
    for name, cell in row.values.items():
        if _SURROGATE.search(cell):
            return BadRow(row.line, f"invalid UTF-8 in the column {name!r}", "save it as UTF-8")
    return None


def _all_fit(lines: list[str], width: int, delimiter: str) -> bool:
    """Tell whether the lines that a quote has swallowed are rows of their own."""
    try:
        each = [next(csv.reader([line], delimiter=delimiter, strict=True)) for line in lines]
    except csv.Error:
        return False
    return bool(each) and all(len(cells) == width for cells in each)


class _OpenQuoteError(Exception):
    """A record goes on beyond what can belong to it."""


class _Lines:
    """The lines of a file; those that a record took without need can be put back."""

    def __init__(self, readline: Callable[[int], str]) -> None:
        self._readline = readline
        self._again: deque[str] = deque()
        self._unclosed = 0
        self.first = 1
        self.start(first=1)

    def start(self, *, first: int | None = None) -> None:
        """Begin a record."""
        self.first = first or self.first + len(self.taken)
        self.taken: list[str] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.taken and self.first + len(self.taken) <= self._unclosed:
            raise _OpenQuoteError
        line = self._again.popleft() if self._again else self._readline(RECORD_LIMIT + 1)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.size += len(line)
        if self.size > RECORD_LIMIT:
            raise _OpenQuoteError
        return line

    def put_back(self, *, closed: bool) -> None:
        """Take only the first line for the record.

        Where the quote was not closed up to the last line, it was open at the start of every line
        on the way; whatever opens one there need not be followed again. So each line is parsed
        twice at most, whatever the file holds.
        """
        if not closed:
            self._unclosed = max(self._unclosed, self.first + len(self.taken) - 1)
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def skip_line(self) -> None:
        """Pass over the rest of a line that is too long."""
        line = self.taken[0]
        while line and not line.endswith(("\n", "\r")):
            line = self._readline(RECORD_LIMIT)
