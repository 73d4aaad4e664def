"""The readers of Excel workbooks: an article from each row of each sheet.

Workbooks of today are read row by row by openpyxl, those of Excel 97 by xlrd, which keeps a sheet
in memory; these are not compressed, so that a sheet is about as large as its file. A compressed
workbook may unpack to any size: one whose strings or rows are beyond all use is not opened.
"""

import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice, zip_longest
from typing import Any, BinaryIO

from ...tables.rows import RECORD_LIMIT
from ...tables.separated import preamble
from ..article import Article
from .fields import Fields, Reject, to_article
from .formats import report_once

__all__ = ["read_xls", "read_xlsx"]

_MOST_STRINGS = 256 * 2**20
_MOST_OTHER = 32 * 2**20
_CHUNK = 2**20
_TRIED = 30
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_LONGEST_MARK = 1024
_ODDITIES = {
    "merged ranges, in which only the first cell has the value": re.compile(
        rb"<(?:\w+:)?mergeCell\s"
    ),
    "hidden rows, which are read, too": re.compile(
        rb"<(?:\w+:)?row\s[^>]*\bhidden=[\"'](?:1|true)[\"']"
    ),
    "formulas without a stored value, whose cells are empty until a program saves them": re.compile(
        rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\s[^>]*/>)\s*"
        rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
    ),
}

Sheets = Iterable[tuple[str, Iterable[Sequence[Any]]]]


def read_xlsx(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each row; the first row of a sheet that holds anything is its header.

    Values are taken as they were last computed; no formula is run.
    """
    import openpyxl

    try:
        odd: Counter[str] = Counter()
        if problem := _too_large(stream, odd):
            yield Reject.of(name, None, problem)
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - a broken workbook makes its parsers raise anything
        yield Reject.of(name, None, f"broken workbook: {_line(error)}")
        return
    for what, n in odd.items():
        report_once(name, f"{what}: {n}")
    with closing(book):
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                report_once(name, f"the hidden sheet {sheet.title!r} is read, too")
        sheets = ((sheet.title, sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
        yield from _rows(sheets, name, fields, several=len(book.worksheets) > 1)


def read_xls(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each row of a workbook of Excel 97 to 2003."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=stream.read(), logfile=io.StringIO())
    except Exception as error:  # noqa: BLE001 - as above
        yield Reject.of(name, None, f"broken workbook: {_line(error)}")
        return

    def value(cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return xlrd.xldate_as_datetime(cell.value, book.datemode)
        if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
            return None
        whole = cell.ctype == xlrd.XL_CELL_NUMBER and cell.value.is_integer()
        return int(cell.value) if whole else cell.value

    sheets = ((sheet.name, ([*map(value, row)] for row in sheet.get_rows())) for sheet in book)
    yield from _rows(sheets, name, fields, several=book.nsheets > 1)


def _rows(
    sheets: Sheets, name: str, fields: Fields, *, several: bool
) -> Iterator[Article | Reject]:
    n_rows = number = 0
    where = name
    try:
        for title, rows in sheets:
            header: list[str] | None = None
            where = f"{name}[{title}]" if several else name
            given = iter(rows)
            first = [*islice(given, _TRIED)]
            if skipped := preamble([*map(_trimmed, first)]):
                report_once(where, f"the {skipped} rows before the header are passed over")
            for number, row in enumerate(chain(first, given), 1):
                if number <= skipped or all(cell is None for cell in row):
                    continue
                if header is None:
                    header = _trimmed(row)
                    doubled = {key for key in header if key and header.count(key) > 1}
                    if doubled:
                        n_rows += 1
                        reason = f"two columns are called {min(doubled)!r}: rename one"
                        yield Reject.of(where, None, reason)
                        break
                    continue
                n_rows += 1
                if len(header) > 1 and _trimmed(row) == header:
                    yield Reject.of(where, number, "the header stands here again")
                    continue
                cells = {
                    key or f"column_{k}": cell
                    for k, (key, cell) in enumerate(zip_longest(header, row), 1)
                    if key or cell is not None
                }
                yield to_article(cells, fields, where, number)
    except Exception as error:  # noqa: BLE001 - as above
        yield Reject.of(where, number + 1, f"broken workbook: {_line(error)}")
        return
    if n_rows == 0:
        yield Reject.of(name, None, "the file is empty")


def _trimmed(row: Sequence[Any]) -> list[str]:
    cells = [str(cell).strip() if cell is not None else "" for cell in row]
    return cells[: max((k for k, cell in enumerate(cells, 1) if cell), default=0)]


def _too_large(stream: BinaryIO, odd: Counter[str]) -> str:
    """Say what of a workbook would take too much memory, and count what is odd in its sheets."""
    with zipfile.ZipFile(stream) as archive:
        for part in archive.infolist():
            sheet = "worksheets/" in part.filename and part.filename.endswith(".xml")
            if sheet:
                with archive.open(part) as unpacked:
                    if _longest_row(unpacked, odd) > RECORD_LIMIT:
                        return f"a row longer than {RECORD_LIMIT // 2**20} MB in {part.filename}"
                continue
            shared = part.filename.endswith("sharedStrings.xml")
            read = shared or part.filename.endswith((".xml", ".rels"))
            most = _MOST_STRINGS if shared else _MOST_OTHER
            if read and part.file_size > most:
                return f"{part.filename} unpacks to more than {most // 2**20} MB"
    return ""


def _longest_row(sheet: Any, odd: Counter[str]) -> int:
    """Measure the longest stretch of a sheet without the beginning of a row, in bytes, about."""
    longest = since = 0
    rest = dict.fromkeys(_ODDITIES, b"")
    while chunk := sheet.read(_CHUNK):
        for what, mark in _ODDITIES.items():
            text = rest[what] + chunk
            ends = [match.end() for match in mark.finditer(text)]
            odd.update({what: len(ends)} if ends else {})
            rest[what] = text[max(*ends[-1:], len(text) - _LONGEST_MARK, 0) :]
        starts = [match.start() for match in _ROW.finditer(chunk)]
        if not starts:
            since += len(chunk)
        else:
            longest = max(longest, since + starts[0])
            since = len(chunk) - starts[-1]
        longest = max(longest, since)
        if longest > RECORD_LIMIT:
            break
    return longest


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
