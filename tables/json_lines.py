"""JSON Lines, by msgspec fed line by line: a broken line is one bad row.

What other programs write is taken for what it is: NaN for a number that is missing (pandas,
Python), and one list of records, on a single line or with a record on each (Elasticsearch, R).
"""

import codecs
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from .encodings import HEAD, decoded, encoding_of, out_of_step, peekable
from .rows import RECORD_LIMIT, TOO_LONG, BadRow, Row, doubled

__all__ = ["json_rows"]


def json_rows(
    stream: BinaryIO, *, encoding: str | None = None, report: Callable[[str], object] = str
) -> Iterator[Row | BadRow]:
    """Read one row from each line of JSON; blank lines are passed over.

    Parameters
    ----------
    stream
        The file, decompressed; it is read as it comes, and not closed.
    encoding
        The file's encoding; told from its first bytes when None.
    report
        Takes what the user should know of how the table is read.

    Examples
    --------
    >>> import io
    >>> [row.values for row in json_rows(io.BytesIO(b'[{"n": NaN},'))]
    [{'n': None}]
    """
    decode = msgspec.json.Decoder().decode
    listed = False
    number = 0
    for number, raw in _lines(stream, encoding, report):
        if raw is None:
            yield BadRow(number, TOO_LONG, "shorten the line")
        elif line := raw.strip():
            try:
                record: Any = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                record = _lenient(line)
                if record is None and not listed and line.startswith(b"["):
                    report("the file is one JSON list, and is read as a record on each line")
                    listed = True
                if record is None and listed:
                    record = _of_list(line)
                if record is None:
                    problem = out_of_step(line.decode("utf-8", "replace"))
                    yield BadRow(
                        number, problem or f"broken JSON: {error}", "correct the line", line
                    )
                if not record:
                    continue
            several = isinstance(record, list) and any(isinstance(one, dict) for one in record)
            for one in record if several else [record]:
                yield _row(number, one, line, str(one) if several else line)
    if number == 0:
        yield BadRow(None, "the file is empty", "write {...} on each line")


def _row(number: int, record: Any, line: bytes, shown: bytes | str) -> Row | BadRow:
    if not isinstance(record, dict):
        return BadRow(number, "not a JSON object", "write {...} on each line", shown)
    if shown is line and (problem := _doubled_key(line, record)):
        return BadRow(number, problem, "correct the line", line)
    return Row(number, record)


def _doubled_key(line: bytes, record: dict[str, Any]) -> str:
    """Say which key a record has twice, as one would hide the other; empty if none."""
    if line.count(b'":') + line.count(b'" :') <= len(record):
        return ""
    # Some keys are of objects inside, or stand in a text: only a slower look can tell.
    keys: list[str] = []

    def remember(pairs: list[tuple[str, Any]]) -> None:
        # The outer object comes last.
        keys[:] = [key for key, _ in pairs]

    try:
        json.loads(line, object_pairs_hook=remember)
    except (ValueError, RecursionError):
        return ""
    return doubled(keys)


def _of_list(line: bytes) -> Any:
    """Read a line of a list: a record, or False where it is but a bracket."""
    inner = line.removeprefix(b"[").removesuffix(b"]").strip().strip(b",")
    return _lenient(inner) if inner else False


def _lenient(line: bytes) -> Any:
    """Read a line in which NaN and Infinity may stand for no value; None where it is broken."""
    try:
        return json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _lines(
    stream: BinaryIO, encoding: str | None, report: Callable[[str], object]
) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines of a stream as UTF-8, numbered; None stands for one beyond the limit."""
    with peekable(stream) as buffered:
        encoding = encoding or encoding_of(buffered.peek(HEAD), report)
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
