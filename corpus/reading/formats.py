"""The readers of plain text and of tables: JSON Lines, CSV, TSV and Parquet.

Each goes record by record and sets a bad one aside with its line and its raw text.
"""

import io
from collections.abc import Iterator
from functools import cache, partial
from typing import BinaryIO

from ...tables.encodings import HEAD, encoding_of, out_of_step
from ...tables.reading import read_rows, warn
from ...tables.rows import RECORD_LIMIT, TOO_LONG, BadRow
from ..article import Article
from .databases.download import Damaged, Download, longer_than_stated, run_of_letters
from .databases.factiva import factiva_articles
from .databases.nexis import nexis_articles
from .databases.proquest import proquest_articles
from .fields import Fields, Reject, to_article
from .file_type import kind_of_text

__all__ = [
    "articles_of_download",
    "articles_of_text",
    "download_of_text",
    "read_table",
    "read_text",
    "report_once",
]


def read_text(stream: BinaryIO, name: str, fields: Fields) -> Iterator[Article | Reject]:
    """Read one article from a text or Markdown file, or the rows of a table that is called so.

    The first line is the title when a blank line follows it and it ends without a stop.
    """
    raw = stream.read(RECORD_LIMIT + 1)
    if len(raw) > RECORD_LIMIT:
        yield Reject.of(name, 1, TOO_LONG, raw)
        return
    if kind_of_text(raw[:HEAD]) == ".csv":
        report_once(name, "the text is a table, and is read as CSV")
        yield from read_table(io.BytesIO(raw), name, fields, form=".csv")
        return
    encoding = encoding_of(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        form = error.encoding.upper().removesuffix("-LE").removesuffix("-BE")
        yield Reject.of(name, 1, f"invalid {form} at byte {error.start}", raw)
        return
    if problem := out_of_step(text):
        yield Reject.of(name, 1, problem, raw)
        return
    beside = {} if encoding.startswith("utf") else {"encoding": encoding}
    yield from articles_of_text(text, name, **beside)


def articles_of_text(text: str, name: str, **beside: str) -> Iterator[Article | Reject]:
    """Read the article of a text, or the articles where it is a download of a database."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if download := download_of_text(text):
        yield from articles_of_download(download, name, **beside)
    else:
        title, body = _headline(text)
        yield to_article({"title": title, "text": body} | beside, Fields(), name, 1)


def download_of_text(text: str) -> Download | None:
    """Split a text into its articles; None when it is no download of a database."""
    return nexis_articles(text) or factiva_articles(text) or proquest_articles(text)


def articles_of_download(
    download: Download, name: str, **beside: str
) -> Iterator[Article | Reject]:
    """Read the articles of a download; `beside` is kept with each."""
    for message in (*download.notes, *longer_than_stated(download.parts)):
        report_once(name, message)
    for number, part in enumerate(download.parts, 1):
        if isinstance(part, Damaged):
            yield Reject.of(name, number, part.reason, part.raw)
        elif run := run_of_letters(str(part.get("text", ""))):
            raw = "\n".join(map(str, part.values()))
            problem = f"{len(run):,} characters without a space: what stood there is lost"
            yield Reject.of(name, number, problem, raw)
        else:
            yield to_article(part | beside, Fields(), name, number)


def read_table(
    stream: BinaryIO, name: str, fields: Fields, *, form: str
) -> Iterator[Article | Reject]:
    """Read one article from each row of a table, `form` being one of `tables.TABLES`."""
    for row in read_rows(stream, form, report=partial(report_once, name)):
        if isinstance(row, BadRow):
            yield Reject.of(name, row.line, row.problem, row.raw)
        else:
            yield to_article(row.values, fields, name, row.line)


@cache
def report_once(name: str, message: str) -> None:
    """Say how a file is read, once for all the ranges of it that a process reads."""
    warn(name)(message)


def _headline(text: str) -> tuple[str, str]:
    head, blank, body = text.strip("\n").partition("\n\n")
    first = head.strip().lstrip("#").strip()
    if not blank or not body.strip() or "\n" in head.strip() or len(first) > 200:
        return "", text
    if first.endswith((".", "!", "?", ":", ";", ",", '."', ".”", "…")):
        return "", text
    return first, body
