"""JSON Lines, by msgspec fed line by line: a broken line is one bad row."""

import codecs
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from .encodings import HEAD, decoded, encoding_of, peekable
from .rows import RECORD_LIMIT, TOO_LONG, BadRow, Row

__all__ = ["json_rows"]


def json_rows(stream: BinaryIO, *, encoding: str | None = None) -> Iterator[Row | BadRow]:
    """Read one row from each line of JSON; blank lines are passed over.

    Parameters
    ----------
    stream
        The file, decompressed; it is read as it comes, and not closed.
    encoding
        The file's encoding; told from its first bytes when None.
    """
    decode = msgspec.json.Decoder().decode
    number = 0
    for number, line in _lines(stream, encoding):
        if line is None:
            yield BadRow(number, TOO_LONG, "shorten the line")
        elif line.strip():
            try:
                record = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                yield BadRow(number, f"broken JSON: {error}", "correct the line", line)
                continue
            if isinstance(record, dict):
                yield Row(number, record)
            else:
                yield BadRow(number, "not a JSON object", "write {...} on each line", line)
    if number == 0:
        yield BadRow(None, "the file is empty", "write {...} on each line")


def _lines(stream: BinaryIO, encoding: str | None) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines of a stream as UTF-8, numbered; None stands for one beyond the limit."""
    with peekable(stream) as buffered:
        encoding = encoding or encoding_of(buffered.peek(HEAD))
        if encoding in ("utf-8", "utf-8-sig"):
            if buffered.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
                buffered.read(len(codecs.BOM_UTF8))
            yield from _bounded(buffered.readline)
            return
        with decoded(buffered, encoding) as text:
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
