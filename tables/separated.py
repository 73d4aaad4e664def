"""CSV and TSV, read strictly: a row that is broken is one bad row, and takes no other with it.

The `csv` module parses in its strict mode. polars and pyarrow are faster, but they stop at the
first row that does not fit or drop it, and like the lenient mode of `csv` they let a quote that is
never closed swallow every row behind it. Here the line on which such a cell begins is the bad row,
and reading goes on with the next line.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import BinaryIO, NamedTuple

from .encodings import HEAD, decoded, encoding_of, out_of_step, peekable
from .rows import RECORD_LIMIT, TOO_LONG, BadRow, Row, doubled

__all__ = ["Dialect", "Record", "dialect_of", "preamble", "records", "separated_rows"]

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_TRIED = 30
_NAME = re.compile(r"[^\W\d].{0,79}")
_OPEN_QUOTE = "broken CSV: a quoted cell that does not end properly"
_MARK = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Dialect(NamedTuple):
    """How a table is written."""

    delimiter: str
    """What separates the cells."""
    skipped: int
    """How many records stand before the header: a line ``sep=;``, or a database's own lines."""
    messages: tuple[str, ...] = ()
    """What its reader does about it, in words."""


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
    stream: BinaryIO,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    report: Callable[[str], object] = str,
) -> Iterator[Row | BadRow]:
    r"""Read the rows of a CSV or TSV file.

    Parameters
    ----------
    stream
        The file, decompressed; it is read as it comes, and not closed.
    delimiter
        What separates the cells; taken from the first lines when None.
    encoding
        The file's encoding; told from its first bytes when None.
    report
        Takes what the user should know of how the table is read.

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
        encoding = encoding or encoding_of(head, report)
        dialect = dialect_of(head, encoding, delimiter)
        for message in dialect.messages:
            report(message)
        with decoded(buffered, encoding) as text:
            found = records(text.readline, dialect.delimiter, dialect.skipped)
            yield from _rows(islice(found, dialect.skipped, None))


def dialect_of(head: bytes, encoding: str, delimiter: str | None = None) -> Dialect:
    r"""Tell how a table is written from its first bytes.

    Lines of a database before the header are known by three signs: each has one cell at most (or a
    blank line stands below them), the header below has several short names, and the rows behind it
    are as wide as it.

    Parameters
    ----------
    head
        The first bytes.
    encoding
        Their encoding.
    delimiter
        What separates the cells, if that is known.

    Examples
    --------
    >>> dialect_of(b"sep=;\nid;text\n", "utf-8").delimiter
    ';'
    >>> dialect_of(b'Results for: deals\n\nid,text\n1,"A, b."\n2,C.\n', "utf-8").skipped
    2
    """
    text = head.decode(encoding, "replace")
    first = text.split("\n", 1)[0]
    if named := _SEPARATOR_LINE.fullmatch(first):
        delimiter = named[1]
        return Dialect(delimiter, 1, (f"cells are separated by {delimiter!r}, as line 1 says",))
    usual = Dialect(delimiter or max(_DELIMITERS, key=first.count), 0)
    if re.fullmatch(r"\W*\w+\W*", first):
        return usual
    for tried in dict.fromkeys([usual.delimiter, *(delimiter or _DELIMITERS)]):
        readline = io.StringIO(text, newline="").readline
        rows = [_trimmed(record.cells) for record in islice(records(readline, tried), _TRIED)]
        # The last record may be cut off by the end of what is looked at.
        rows = rows[:-1] if len(head) >= HEAD else rows
        if tried == usual.delimiter and _is_sound(rows):
            return usual
        if skipped := preamble(rows):
            message = f"the {skipped} lines before the header are passed over"
            return Dialect(tried, skipped, (message,))
    return usual


def _trimmed(cells: list[str]) -> list[str]:
    """Leave out the empty cells at the end of a record."""
    return cells[: max((k for k, cell in enumerate(cells, 1) if cell), default=0)]


def _is_sound(rows: list[list[str]]) -> bool:
    """Tell whether most rows fit under the first one."""
    header, *below = [len(row) for row in rows if row] or [0]
    fits = sum(1 < width <= header for width in below)
    return bool(below) and 2 * fits >= len(below)


def preamble(rows: list[list[str]]) -> int:
    """Count the records before the header, of the first ones without the empty cells behind."""
    for at in range(1, len(rows) - 1):
        above, header, below = rows[:at], rows[at], [row for row in rows[at + 1 :] if any(row)]
        if not any(rows[0]) or len(header) < 2 or any(len(row) == len(header) for row in above):
            continue
        apart = not any(rows[at - 1]) or all(sum(map(bool, row)) <= 1 for row in above)
        named = all(_NAME.fullmatch(cell.strip()) for cell in header)
        if apart and named and below and all(len(row) <= len(header) for row in below):
            return at
    return 0


def records(readline: Callable[[int], str], delimiter: str, skipped: int = 0) -> Iterator[Record]:
    """Read the records of a table, header included, with the lines that each takes.

    Parameters
    ----------
    readline
        Gives the next line, or as much of it as its argument says; empty at the end.
    delimiter
        What separates the cells.
    skipped
        How many records stand before the header, which says how wide the others are.
    """
    lines = _Lines(readline)
    csv.field_size_limit(RECORD_LIMIT)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    for k in count():
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
            cells = []
        width = width or (len(cells) if k >= skipped else 0)
        yield Record(lines.first, lines.taken, cells, problem)
        lines.start()


def _rows(found: Iterator[Record]) -> Iterator[Row | BadRow]:
    header: list[str] | None = None
    least = n_bad = 0
    for record in found:
        raw = "".join(record.lines)
        if problem := out_of_step(raw) or record.problem:
            n_bad += 1
            yield BadRow(record.line, problem, "correct the row", raw)
            continue
        if not any(record.cells):
            continue
        if header is None:
            header = [cell.strip() for cell in record.cells]
            problem = doubled(header)
            if _SURROGATE.search(raw):
                problem = "invalid UTF-8 in the header"
            if problem:
                yield BadRow(record.line, problem, "correct the header", raw)
                return
            least = max(k for k, name in enumerate(header, 1) if name)
            continue
        if len(header) > 1 and [cell.strip() for cell in record.cells] == header:
            yield BadRow(record.line, "the header stands here again", "take the line out", raw)
            continue
        # Many programs end each line with a delimiter, and some the header alone.
        if len(record.cells) < least or any(record.cells[len(header) :]):
            problem = f"{len(record.cells)} cells where the header has {len(header)}"
            yield BadRow(record.line, problem, "quote cells that hold the delimiter", raw)
            continue
        row = Row(record.line, _named(header, record.cells))
        bad = None if raw.isascii() else _undecoded(row)
        yield bad._replace(raw=raw) if bad else row
    if header is None and not n_bad:
        yield BadRow(None, "the file is empty", "name the columns in the first line")


def _named(header: list[str], cells: list[str]) -> dict[str, str]:
    """Give the cells by their columns; one without a name is called by its number."""
    return {
        name or f"column_{k}": cell
        for k, (name, cell) in enumerate(zip(header, cells, strict=False), 1)
        if name or cell
    }


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
        if not self.taken:
            # A mark of the encoding stands within a file where two were joined.
            line = line.removeprefix(_MARK)
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
