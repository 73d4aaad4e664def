"""The readers of plain text, JSON Lines, CSV and Parquet.

Each goes record by record and sets a bad one aside with its number and its raw text; no library
reader of the field does that (they stop at the first bad line, drop it silently, or null a whole
block), except msgspec fed line by line, which is also as fast as any.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import msgspec

from ..article import Article
from .fields import Fields, Reject, to_article

__all__ = [
    "RECORD_LIMIT",
    "encoding_of",
    "marked_encoding",
    "read_csv",
    "read_jsonl",
    "read_parquet",
    "read_text",
    "read_tsv",
]

RECORD_LIMIT = 16 * 2**20
"""Longest record that is read, in bytes; a longer one is no article."""

_HEAD = 256 * 2**10
_LONGEST_MARK = 4
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from a text or Markdown file.

    The first line is the title when a blank line follows it and it ends without a stop.
    """
    raw = stream.read(RECORD_LIMIT + 1)
    if len(raw) > RECORD_LIMIT:
        yield Reject.of(name, 1, f"longer than {RECORD_LIMIT // 2**20} MB", raw)
        return
    encoding = encoding_of(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        yield Reject.of(name, 1, f"invalid UTF-8 at byte {error.start}", raw)
        return
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title, body = _headline(text)
    record = {"title": title, "text": body}
    if not encoding.startswith("utf"):
        record["encoding"] = encoding
    yield to_article(record, Fields(), name, 1)


def read_jsonl(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each line of JSON."""
    decode = msgspec.json.Decoder().decode
    number = 0
    for number, line in _lines(stream):
        if line is None:
            yield Reject.of(name, number, f"longer than {RECORD_LIMIT // 2**20} MB")
        elif line.strip():
            try:
                record = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                yield Reject.of(name, number, f"broken JSON: {error}", line)
                continue
            if isinstance(record, dict):
                yield to_article(record, fields, name, number)
            else:
                yield Reject.of(name, number, "not a JSON object", line)
    if number == 0:
        yield Reject.of(name, None, "the file is empty")


def read_csv(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each row of a CSV file; the delimiter is found in the first line."""
    return _rows(stream, name, fields, None)


def read_tsv(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each row of a tab-separated file."""
    return _rows(stream, name, fields, "\t")


def read_parquet(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each row of a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    seekable = stream if stream.seekable() else io.BytesIO(stream.read())
    number = 0
    try:
        for batch in parquet.ParquetFile(seekable).iter_batches(batch_size=1_000):
            for record in batch.to_pylist():
                number += 1
                yield to_article(record, fields, name, number)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        problem = str(error).splitlines()[0]
        yield Reject.of(name, number + 1 if number else None, f"broken Parquet: {problem}")
        return
    if number == 0:
        yield Reject.of(name, None, "the file is empty")


def _rows(
    stream: BinaryIO, name: str, fields: Fields, delimiter: str | None
) -> Iterator[Article | Reject]:
    with _peekable(stream) as buffered:
        head = buffered.peek(_HEAD)
        encoding = encoding_of(head)
        if delimiter is None:
            first = head.split(b"\n", 1)[0].decode(encoding, "replace")
            delimiter = max(",;\t", key=first.count)
        # Bytes that are not UTF-8 survive as lone surrogates, and `to_article` refuses their row.
        with _decoded(buffered, encoding) as text:
            yield from _cells(text, delimiter, name, fields)


def _cells(
    text: io.TextIOWrapper, delimiter: str, name: str, fields: Fields
) -> Iterator[Article | Reject]:
    csv.field_size_limit(RECORD_LIMIT)
    rows = csv.reader(text, delimiter=delimiter)
    header: list[str] | None = None
    number = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            number += 1
            yield Reject.of(name, rows.line_num, f"broken CSV: {error}")
            continue
        if not row:
            continue
        if header is None:
            header = [column.strip() for column in row]
            continue
        number += 1
        if len(row) != len(header):
            reason = f"{len(row)} cells where the header has {len(header)}"
            yield Reject.of(name, rows.line_num, reason, delimiter.join(row))
            continue
        yield to_article(dict(zip(header, row, strict=True)), fields, name, rows.line_num)
    if header is None:
        yield Reject.of(name, None, "the file is empty")


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines of a stream as UTF-8, numbered; None stands for one beyond the limit."""
    with _peekable(stream) as buffered:
        encoding = marked_encoding(buffered.peek(_LONGEST_MARK))
        if encoding in ("", "utf-8-sig"):
            buffered.read(len(codecs.BOM_UTF8) if encoding else 0)
            yield from _bounded(buffered.readline)
            return
        with _decoded(buffered, encoding) as text:
            yield from _bounded(lambda n: text.readline(n).encode("utf-8", "surrogateescape"))


def _bounded(readline: Callable[[int], bytes]) -> Iterator[tuple[int, bytes | None]]:
    number = 0
    while line := readline(RECORD_LIMIT):
        number += 1
        if len(line) < RECORD_LIMIT or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := readline(RECORD_LIMIT)) and not rest.endswith(b"\n"):
            pass
        yield number, None


@contextmanager
def _peekable(stream: BinaryIO) -> Iterator[Any]:
    """Look ahead in a stream, and leave it open."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), _HEAD)
    try:
        yield buffered
    finally:
        buffered.detach()


@contextmanager
def _decoded(stream: io.BufferedReader, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Read a stream as text, and leave it open."""
    text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()


def marked_encoding(head: bytes) -> str:
    """Tell the encoding that a byte order mark names; empty without a mark."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")


def encoding_of(raw: bytes) -> str:
    """Tell the encoding of a file from its first bytes.

    A byte order mark decides. Else it is UTF-8 where most lines beyond ASCII are, so that one bad
    line is one bad line and does not turn all others into another alphabet. Else charset-normalizer
    is asked.
    """
    if marked := marked_encoding(raw):
        return marked
    good = bad = 0
    for line in raw.splitlines():
        if not line.isascii():
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    if bad <= good or bad == 0:
        return "utf-8"
    import charset_normalizer

    best: Any = charset_normalizer.from_bytes(raw[:_HEAD]).best()
    return best.encoding if best is not None else "utf-8"


def _headline(text: str) -> tuple[str, str]:
    head, blank, body = text.strip("\n").partition("\n\n")
    first = head.strip().lstrip("#").strip()
    if not blank or not body.strip() or "\n" in head.strip() or len(first) > 200:
        return "", text
    if first.endswith((".", "!", "?", ":", ";", ",", '."', ".”", "…")):
        return "", text
    return first, body
