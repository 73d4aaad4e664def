"""Turn a record into an article: which column is the text, the title, the date.

Columns are named by the user or guessed from the usual names. What no field claims is kept as
``meta``. A record that cannot become an article is not dropped: it becomes a `Reject` with its
file, record number, reason and raw text.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...tables.rows import RECORD_LIMIT, TOO_LONG
from ..article import Article, content_id

__all__ = [
    "GUESSES",
    "RAW_LIMIT",
    "Fields",
    "Reject",
    "columns_of",
    "named",
    "plain",
    "to_article",
]

RAW_LIMIT = 2_000
"""How much of a rejected record's raw text is kept, in characters."""

GUESSES: dict[str, tuple[str, ...]] = {
    "text": (
        *("text", "body", "content", "article", "fulltext", "full_text", "article_text"),
        *("maintext", "main_text", "story", "sentence"),
    ),
    "title": ("title", "headline", "head"),
    "id": ("id", "article_id", "uid", "guid", "doc_id"),
    "outlet": (
        *("outlet", "source", "domain", "publisher", "newspaper", "paper", "publication"),
        *("medium", "site"),
    ),
    "published": ("published", "date", "published_at", "pub_date", "publication_date", "datetime"),
    "url": ("url", "link", "uri"),
    "language": ("language", "lang"),
}
"""Names of columns that are taken for a field when the user names none, the first that is there."""

_SHOWN = 10
_SEPARATOR = re.compile(r"[\s_.-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fields:
    """Which column holds what; None means that it is guessed."""

    text: str | None = None
    """The body."""
    title: str | None = None
    """The headline."""
    id: str | None = None
    """An id that is unique over the corpus."""
    outlet: str | None = None
    """Who published it."""
    published: str | None = None
    """When it was published."""
    url: str | None = None
    """Where it was published."""
    language: str | None = None
    """ISO 639-1 code."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be used, and why."""

    file: str
    """Where it came from."""
    record: int | None
    """Number of the line or record in the file, from 1; None when the whole file is meant."""
    reason: str
    """What is wrong with it."""
    raw: str = ""
    """The beginning of the record as it was, at most `RAW_LIMIT` characters."""

    @classmethod
    def of(cls, file: str, record: int | None, reason: str, raw: bytes | str = b"") -> "Reject":
        """Make a reject from the raw bytes or text of a record."""
        if isinstance(raw, bytes):
            raw = raw[: 4 * RAW_LIMIT].decode("utf-8", "backslashreplace")
        shown = raw[:RAW_LIMIT].encode("utf-8", "backslashreplace").decode("utf-8")
        return cls(file, record, reason, shown.replace("\0", "\\0"))


def to_article(
    record: Mapping[str, Any], chosen: Fields, file: str, number: int | None
) -> Article | Reject:
    """Make an article from a record, or a `Reject` with the reason.

    Parameters
    ----------
    record
        Column to value.
    chosen
        The columns that the user named.
    file
        The file's name, for messages.
    number
        Its line or record number, from 1.

    Examples
    --------
    >>> to_article({"Headline": "Talks", "body": "They talk."}, Fields(), "a.csv", 1).title
    'Talks'
    >>> to_article({"Headline": "Talks"}, Fields(), "a.csv", 1).reason
    "no column for the text: name one with --text; there is 'Headline'"
    """
    columns = columns_of(record, chosen)

    def refuse(reason: str) -> Reject:
        return Reject.of(file, number, reason, str(dict(record)))

    missing = [name for name in named(chosen) if name not in record]
    if missing:
        return refuse(f"no column {missing[0]!r}")
    if "text" not in columns:
        known = ", ".join(map(repr, list(record)[:_SHOWN])) or "none"
        return refuse(f"no column for the text: name one with --text; there is {known}")
    text = record[columns["text"]]
    if text is None:
        return refuse("the text is missing")
    if not isinstance(text, str):
        return refuse(f"the text is not a string but {type(text).__name__}")
    if len(text) > RECORD_LIMIT:
        return refuse(TOO_LONG)
    if not text.strip():
        return refuse("the text is empty")
    values = {name: plain(record[column]) for name, column in columns.items() if name != "text"}
    for name, value in (*values.items(), ("text", text)):
        if "\0" in value:
            return refuse(f"a NUL byte in the {name}")
        if _SURROGATE.search(value):
            return refuse(f"invalid UTF-8 in the {name}")
    used = set(columns.values())
    meta = {key: value for key, value in record.items() if key not in used and value is not None}
    title = values.get("title", "").strip()
    return Article(
        id=values.get("id", "").strip() or content_id(title, text),
        title=title,
        text=text,
        outlet=values.get("outlet", "").strip(),
        published=values.get("published", "").strip(),
        url=values.get("url", "").strip(),
        language=values.get("language", "").strip().lower()[:2],
        meta=meta,
        file=file,
        record=number,
    )


def named(chosen: Fields) -> list[str]:
    """List the columns that the user named."""
    return [name for field in fields(chosen) if (name := getattr(chosen, field.name)) is not None]


def columns_of(record: Mapping[str, Any], chosen: Fields) -> dict[str, str]:
    """Map each field to the column of a record that holds it."""
    spelled: dict[str, str] = {}
    for column in record:
        spelled.setdefault(_SEPARATOR.sub("_", column.strip().lower()), column)
    columns = {}
    for name, guesses in GUESSES.items():
        named = getattr(chosen, name)
        if named is not None:
            if named in record:
                columns[name] = named
            continue
        for guess in guesses:
            if guess in spelled:
                columns[name] = spelled[guess]
                break
    return columns


def plain(value: Any) -> str:
    """Write a value as text; a date as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)
