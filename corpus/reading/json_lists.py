"""The reader of JSON files: one list of records, bare or in a wrapper, or records in a row.

Label Studio keeps the record of a task in ``data``, Elasticsearch in ``_source``, the Guardian the
text in ``fields``; Prodigy keeps what is not text in ``meta``. All are laid flat. The list is read
item by item with ijson, so that a large export needs no more memory than a small one. Where a file
holds several lists, or none, the records are the objects that have a text.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from ...tables import RECORD_LIMIT
from ...tables.encodings import HEAD, decoded, encoding_of
from ..article import Article
from .fields import Fields, Reject, columns_of, to_article
from .formats import read_table, report_once

__all__ = ["read_json"]

_WRAPPERS = ("articles", "items", "results", "records", "documents", "docs", "stories", "data")
_INNER = ("data", "_source", "fields", "meta")


def read_json(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each record of a JSON file.

    A file that breaks in the middle gives what stood before the break, and one reject. One with a
    record on each line is read as JSON Lines, where only the broken line is lost.
    """
    with _as_utf8(stream, partial(report_once, name)) as seekable:
        if _one_on_each_line(seekable):
            report_once(name, "the file has a record on each line, and is read as JSON Lines")
            yield from read_table(seekable, name, fields, form=".jsonl")
        else:
            yield from _read_whole(seekable, name, fields)


def _read_whole(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    import ijson

    number = 0
    try:
        layout = _layout(stream, fields)
        stream.seek(0)
        for number, record in enumerate(_records(stream, layout, fields), 1):
            if isinstance(record, _Record) and record.doubled:
                reason = f"2 columns are named {record.doubled!r}"
                yield Reject.of(name, number, reason, str(record))
            elif isinstance(record, dict):
                yield to_article(_flat(record), fields, name, number)
            else:
                yield Reject.of(name, number, "not a JSON object", str(record))
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        yield Reject.of(name, number + 1, f"broken JSON: {str(error).splitlines()[0]}")
        return
    if number == 0:
        yield Reject.of(name, None, "no list of records in this file")


class _Record(dict[str, Any]):
    """A record that remembers which key it had twice."""

    doubled = ""

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            self.doubled = key
        super().__setitem__(key, value)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the records of a file are."""

    prefix: str
    """Prefix of the records, as ijson names it; empty where the file itself is one, or several."""
    by_id: bool = False
    """Whether the file is an object whose values are the records, and whose keys their ids."""


@contextmanager
def _as_utf8(stream: BinaryIO, report: Callable[[str], object]) -> Iterator[BinaryIO]:
    """Give a file that can be read twice, in UTF-8 without a mark, which is all that JSON knows.

    What PowerShell and editors on Windows write is copied so to a file that goes when it is closed.
    """
    seekable = stream if stream.seekable() else io.BytesIO(stream.read())
    encoding = encoding_of(seekable.read(HEAD), report)
    seekable.seek(0)
    if encoding == "utf-8":
        yield seekable
        return
    with TemporaryFile() as copy:
        with decoded(seekable, encoding) as text:
            while part := text.read(HEAD):
                copy.write(part.encode("utf-8", "surrogateescape"))
        copy.seek(0)
        yield copy


def _one_on_each_line(stream: BinaryIO) -> bool:
    """Tell whether the first line is a whole object and the next one begins another."""
    import msgspec

    first = next(filter(None, _stripped(stream)), b"")
    whole = first.startswith(b"{") and first.endswith(b"}")
    if whole:
        try:
            msgspec.json.decode(first)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            whole = False
    another = whole and next(filter(None, _stripped(stream)), b"").startswith(b"{")
    stream.seek(0)
    return another


def _stripped(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(RECORD_LIMIT):
        yield line.strip()


def _records(stream: BinaryIO, layout: _Layout, fields: Fields) -> Iterator[Any]:
    import ijson

    if not layout.by_id:
        yield from ijson.items(
            stream, layout.prefix, use_float=True, map_type=_Record, multiple_values=True
        )
        return
    for key, record in ijson.kvitems(stream, "", use_float=True, map_type=_Record):
        if isinstance(record, _Record) and "id" not in columns_of(record, fields):
            record["id"] = key
        yield record


def _layout(stream: BinaryIO, fields: Fields) -> _Layout:
    """Find the records: the file itself, a list of objects inside it, or the values of an object.

    Where there are several lists the one that has a text is meant, first one with a usual name; an
    object that has a text itself is a record, whatever lists it has.
    """
    import ijson

    counts: Counter[str] = Counter()
    keys: dict[str, list[str]] = {}
    n_values = 0
    for prefix, event, value in ijson.parse(stream, multiple_values=True):
        if prefix == "" and event == "start_array":
            return _Layout("item")
        if event == "start_map":
            counts[prefix] += 1
            if counts[""] > 1:
                return _Layout("")
        elif event == "map_key":
            n_values += prefix == ""
            if counts[prefix] == 1:
                keys.setdefault(prefix, []).append(value)

    def has_text(prefix: str) -> bool:
        inner = (f"{prefix}.{name}".lstrip(".") for name in _INNER)
        names = [name for part in (prefix, *inner) for name in keys.get(part, ())]
        return "text" in columns_of(dict.fromkeys(names), fields)

    lists = [p for p, _ in counts.most_common() if p.endswith("item") and p.count("item") == 1]
    usual = [prefix for prefix in lists if prefix.split(".")[-2] in _WRAPPERS]
    for prefix in (*usual, "", *lists):
        if has_text(prefix):
            return _Layout(prefix)
    values = [key for key in keys.get("", ()) if key in counts]
    if values and len(values) == n_values and all(map(has_text, values)):
        return _Layout("", by_id=True)
    return _Layout(next(iter((*usual, *lists)), ""))


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    for inner in _INNER:
        if isinstance(record.get(inner), dict):
            rest = {key: value for key, value in record.items() if key != inner}
            # The tool's own number of a task is no id of an article.
            if inner == "data":
                rest.pop("id", None)
            record = {**rest, **record[inner]} if inner == "data" else {**record[inner], **rest}
    return record
