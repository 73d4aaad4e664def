"""Turn a record into an article: which column is the text, the title, the date.

Columns are named by the user or guessed from the usual names. What no field claims is kept as
``meta``. A record that cannot become an article is not dropped: it becomes a `Reject` with its
file, record number, reason and raw text.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from ...tables.rows import RECORD_LIMIT, TOO_LONG
from ..article import Article, content_id
from .dates import read_date
from .markup import without_markup

__all__ = [
    "GUESSES",
    "RAW_LIMIT",
    "Fields",
    "ObservedFields",
    "Observer",
    "Reject",
    "columns_of",
    "date_of",
    "language_code",
    "named",
    "plain",
    "printable",
    "to_article",
]

RAW_LIMIT = 2_000
"""How much of a rejected record's raw text is kept, in characters."""

GUESSES: dict[str, tuple[str, ...]] = {
    # The full text before what may be a teaser of it.
    "text": (
        *("full_text", "fulltext", "article_text", "article_body", "maintext", "main_text"),
        *("bodytext", "body_text"),
        *("text", "body", "td", "article", "story", "content", "sentence", "hlead"),
    ),
    "title": ("title", "headline", "head", "hd", "webtitle"),
    "id": (
        *("id", "article_id", "uid", "guid", "doc_id", "document_id", "storeid", "store_id", "an"),
        "accession_number",
    ),
    "outlet": (
        *("outlet", "source", "media_name", "domain", "publisher", "newspaper", "paper"),
        *("publication", "pubtitle", "publication_title", "source_name", "sourcecommonname", "sn"),
        *("medium", "site"),
    ),
    "published": (
        *("published", "date", "published_at", "publishedat", "pub_date", "pubdate"),
        *("publish_date", "publication_date", "published_date", "date_published", "seendate"),
        *("datetime", "load_date", "pd", "webpublicationdate"),
    ),
    "url": (
        *("url", "link", "uri", "documenturl", "document_url", "documentidentifier"),
        *("story_url", "article_url", "weburl", "web_url"),
    ),
    "language": ("language", "lang", "la"),
}
"""Names of columns that are taken for a field when the user names none, the first that is there:
usual ones, and those of LexisNexis, Factiva, ProQuest, Media Cloud, NewsAPI, GDELT and Europe Media
Monitor."""

_SHOWN = 10
_CUT_OFF = re.compile(r"\[\+\d+ chars\]\s*$")
_CODE = re.compile(r"([a-z]{2})(?:[-_].*)?$")
_LANGUAGES = {
    name: code
    for code, names in {
        "ar": "ara arabic", "cs": "ces cze czech", "da": "dan danish", "de": "deu ger german",
        "el": "ell gre greek", "en": "eng english", "es": "spa spanish", "et": "est estonian",
        "fa": "fas per persian farsi", "fi": "fin finnish", "fr": "fra fre french",
        "he": "heb hebrew", "hi": "hin hindi", "hu": "hun hungarian", "it": "ita italian",
        "ja": "jpn japanese", "ko": "kor korean", "lt": "lit lithuanian", "lv": "lav latvian",
        "nl": "nld dut dutch", "no": "nor norwegian", "pl": "pol polish",
        "pt": "por portuguese", "ro": "ron rum romanian", "ru": "rus russian",
        "sk": "slk slo slovak", "sl": "slv slovene slovenian", "sv": "swe swedish",
        "tr": "tur turkish", "uk": "ukr ukrainian", "ur": "urd urdu", "zh": "zho chi chinese",
    }.items()
    for name in names.split()
}  # fmt: skip
_SEPARATOR = re.compile(r"[\s_.-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fields:
    """Which column holds what; None means that it is guessed.

    Examples
    --------
    >>> from standfirst.corpus import Fields
    >>> Fields(text="body", outlet="newspaper", order="day").text
    'body'
    """

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
    order: str = ""
    """What comes first in dates such as 03/04/2024: one of `ORDERS`; empty when it is not known."""
    languages: tuple[str, ...] = ()
    """Languages whose months are tried first in dates."""


class Observer(Protocol):
    """Watches how records are read."""

    def columns(self, file: str, record: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """See a record, and which column of it holds which field."""

    def note(self, file: str, what: str) -> None:
        """See something that the user should know of an article of a file."""


@dataclass(frozen=True, slots=True)
class ObservedFields(Fields):
    """Columns, and who watches how they are read."""

    observer: Observer | None = None
    """Sees every record of a table."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be used, and why.

    Examples
    --------
    >>> from standfirst.corpus import Reject
    >>> row = Reject("news.csv", 7, "has no text")
    >>> row.file, row.record, row.reason
    ('news.csv', 7, 'has no text')
    """

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
        shown = printable(raw[:RAW_LIMIT]).replace("\0", "\\0")
        return cls(printable(file), record, printable(reason), shown)


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
    columns = _columns(tuple(record), tuple(getattr(chosen, name) for name in GUESSES))

    def refuse(reason: str) -> Reject:
        return Reject.of(file, number, reason, str(dict(record)))

    observer = chosen.observer if isinstance(chosen, ObservedFields) else None
    if observer is not None:
        observer.columns(file, record, columns)
    missing = [name for name in named(chosen) if name not in record]
    if missing:
        return refuse(f"no column {missing[0]!r}")
    if "text" not in columns:
        known = ", ".join(map(repr, list(record)[:_SHOWN])) or "none"
        if "url" in columns:
            reason = "addresses and no texts: fetch the pages and add them, or name a column"
            return refuse(f"{reason} with --text; there is {known}")
        return refuse(f"no column for the text: name one with --text; there is {known}")
    text = record[columns["text"]]
    values = {name: plain(record[column]) for name, column in columns.items() if name != "text"}
    if problem := _problem(text, values):
        return refuse(problem)
    if "unit_id" not in record and (prose := without_markup(text)) != text:
        if not prose:
            return refuse("the text is nothing but markup")
        text = prose
        if observer is not None:
            observer.note(file, "had HTML in their text, which was taken out")
    if observer is not None and _CUT_OFF.search(text):
        observer.note(file, "end in '[+... chars]': their source gives only the beginning")
    used = set(columns.values())
    meta = {key: value for key, value in record.items() if key not in used and value is not None}
    title = values.get("title", "").strip()
    return Article(
        id=values.get("id", "").strip() or content_id(title, text),
        title=title,
        text=text,
        outlet=values.get("outlet", "").strip(),
        published=date_of(values.get("published", ""), chosen),
        url=values.get("url", "").strip(),
        language=language_code(values.get("language", "")),
        meta=meta,
        file=printable(file),
        record=number,
    )


def _problem(text: Any, values: Mapping[str, str]) -> str:
    """Say why a record cannot become an article; empty when it can."""
    if text is None:
        return "the text is missing"
    if not isinstance(text, str):
        return f"the text is not a string but {type(text).__name__}"
    if len(text) > RECORD_LIMIT:
        return TOO_LONG
    if not text.strip():
        return "the text is empty"
    for name, value in (*values.items(), ("text", text)):
        if "\0" in value:
            return f"a NUL byte in the {name}"
        if not value.isascii() and _SURROGATE.search(value):
            return f"invalid UTF-8 in the {name}"
    return ""


def named(chosen: Fields) -> list[str]:
    """List the columns that the user named."""
    return [name for field in GUESSES if (name := getattr(chosen, field)) is not None]


def columns_of(record: Mapping[str, Any], chosen: Fields) -> dict[str, str]:
    """Map each field to the column of a record that holds it."""
    return dict(_columns(tuple(record), tuple(getattr(chosen, name) for name in GUESSES)))


@lru_cache(maxsize=256)
def _columns(names: tuple[str, ...], chosen: tuple[str | None, ...]) -> Mapping[str, str]:
    """Map fields to columns, as `columns_of`; the records of a file mostly have the same ones."""
    spelled: dict[str, str] = {}
    for column in names:
        spelled.setdefault(_SEPARATOR.sub("_", column.strip().lower()), column)
    columns = {}
    for (name, guesses), named in zip(GUESSES.items(), chosen, strict=True):
        if named is not None:
            if named in names:
                columns[name] = named
            continue
        for guess in guesses:
            if guess in spelled:
                columns[name] = spelled[guess]
                break
    return columns


def date_of(value: str, chosen: Fields) -> str:
    """Write an article's date as ISO 8601; what cannot be read stays as it was written."""
    return read_date(value.strip(), chosen.order, chosen.languages) or value.strip()


def language_code(value: str) -> str:
    """Write a language as its ISO 639-1 code; empty, so that it is detected, when it is none.

    Examples
    --------
    >>> language_code("EN"), language_code("de-AT"), language_code("German"), language_code("xxx")
    ('en', 'de', 'de', '')
    """
    known = value.strip().lower()
    if match := _CODE.match(known):
        return match[1]
    return _LANGUAGES.get(known, "")


def printable(text: str) -> str:
    """Escape what is no Unicode text, such as the bytes of a file name that is not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain(value: Any) -> str:
    """Write a value as text: a date as ISO 8601, of an object with a name its name."""
    if value is None:
        return ""
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)
