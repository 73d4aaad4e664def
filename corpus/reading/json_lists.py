"""The reader of JSON files that hold one list of records, as annotation tools export them.

Label Studio keeps the record of a task in ``data``; Prodigy keeps what is not text in ``meta``.
Both are laid flat. The list is read item by item with ijson, so that a large export needs no more
memory than a small one.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from ..article import Article
from .fields import Fields, Reject, to_article

__all__ = ["read_json"]


def read_json(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from each object of a JSON list.

    A file that breaks in the middle gives what stood before the break, and one reject.
    """
    import ijson

    number = 0
    try:
        for number, record in enumerate(ijson.items(stream, "item", use_float=True), 1):
            if isinstance(record, dict):
                yield to_article(_flat(record), fields, name, number)
            else:
                yield Reject.of(name, number, "not a JSON object", str(record))
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        yield Reject.of(name, number + 1, f"broken JSON: {str(error).splitlines()[0]}")
        return
    if number == 0:
        yield Reject.of(name, None, "no list of records in this file")


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    for inner in ("data", "meta"):
        if isinstance(record.get(inner), dict):
            rest = {key: value for key, value in record.items() if key != inner}
            # The tool's own number of a task is no id of an article.
            rest.pop("id", None)
            record = {**rest, **record[inner]} if inner == "data" else {**record[inner], **rest}
    return record
