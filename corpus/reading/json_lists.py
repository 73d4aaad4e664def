"""The reader of JSON files that hold one list of records, bare or in a wrapper.

Label Studio keeps the record of a task in ``data``, Elasticsearch in ``_source``, the Guardian the
text in ``fields``; Prodigy keeps what is not text in ``meta``. All are laid flat. The list is read
item by item with ijson, so that a large export needs no more memory than a small one.
"""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..article import Article
from .fields import Fields, Reject, to_article

__all__ = ["read_json"]

_WRAPPERS = ("articles", "items", "results", "records", "documents", "docs", "stories", "data")


def read_json(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each object of a JSON list.

    A file that breaks in the middle gives what stood before the break, and one reject.
    """
    import ijson

    number = 0
    seekable = stream if stream.seekable() else io.BytesIO(stream.read())
    try:
        prefix = _prefix(seekable)
        seekable.seek(0)
        records = ijson.items(seekable, prefix, use_float=True, map_type=_Record)
        for number, record in enumerate(records, 1):
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


def _prefix(stream: BinaryIO) -> str:
    """Find the list of records: the file itself, or the longest list of objects inside it.

    An object without such a list is a record by itself.
    """
    import ijson

    lists: Counter[str] = Counter()
    for prefix, event, _ in ijson.parse(stream):
        if prefix == "" and event == "start_array":
            return "item"
        if event == "start_map" and prefix.endswith("item") and prefix.count("item") == 1:
            lists[prefix] += 1
    known = [prefix for prefix in lists if prefix.split(".")[-2] in _WRAPPERS]
    return known[0] if known else lists.most_common(1)[0][0] if lists else ""


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    for inner in ("data", "_source", "fields", "meta"):
        if isinstance(record.get(inner), dict):
            rest = {key: value for key, value in record.items() if key != inner}
            # The tool's own number of a task is no id of an article.
            if inner == "data":
                rest.pop("id", None)
            record = {**rest, **record[inner]} if inner == "data" else {**record[inner], **rest}
    return record
