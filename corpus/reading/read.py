"""Read articles from files of any origin: one by one, in bounded memory, and nothing lost.

A reader takes an open source and yields an article or a `Reject` for every record; it never raises
because of a single record. A new format is one reader and one line in `READERS`.
"""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from ...errors import InputError, UnknownNameError
from ...tables.reading import TABLES
from ..article import Article
from .archives import tar_members, zip_members
from .dates import decided, is_open, order_shown, read_date
from .documents import read_docx, read_odt, read_pdf, read_rtf, refuse
from .feeds import read_feed
from .fields import Fields, ObservedFields, Observer, Reject, named
from .formats import read_table, read_text
from .json_lists import read_json
from .not_read import why_not_read
from .source import Source, find
from .web_pages import read_html, read_warc
from .workbooks import read_xls, read_xlsx

__all__ = [
    "ARCHIVES",
    "BROKEN",
    "READERS",
    "Reader",
    "form_of",
    "order_of_dates",
    "read_articles",
    "read_sources",
]

BROKEN = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError),
    *(zipfile.BadZipFile, tarfile.TarError, ValueError),
)
"""What a truncated or damaged archive raises, or a file that disappeared."""

Reader = Callable[[BinaryIO, str, Fields], Iterator[Article | Reject]]
"""Takes an open stream, its name and the user's choice of columns."""

ARCHIVES: dict[str, Callable[[BinaryIO, str], Iterator[Source | Reject]]] = {
    ".tar": tar_members,
    ".tgz": tar_members,
    ".zip": zip_members,
}
"""Suffix to what lists the files inside."""

UNREAD = ".unread"
"""Stands for kinds of files that are not read, and for files of a folder that no reader knows."""

READERS: dict[str, Reader] = {
    **{form: partial(read_table, form=form) for form in TABLES},
    ".atom": read_feed,
    ".docx": read_docx,
    ".htm": read_html,
    ".html": read_html,
    ".json": read_json,
    ".md": read_text,
    ".odt": read_odt,
    ".pdf": read_pdf,
    ".rss": read_feed,
    ".rtf": read_rtf,
    ".txt": read_text,
    ".warc": read_warc,
    ".xls": read_xls,
    ".xlsx": read_xlsx,
    ".xml": read_feed,
    UNREAD: refuse,
}
"""Suffix to reader."""

_FIRST = 100


def read_articles(
    inputs: Sequence[str | Path],
    *,
    fields: Fields | None = None,
    form: str | None = None,
    observer: Observer | None = None,
) -> Iterator[Article | Reject]:
    r"""Read articles from files, folders, globs, URLs or standard input.

    Dates are written as ISO 8601. Whether 03/04/2024 is in March or in April is decided by the
    other dates of its file, when `fields` does not say it.

    Parameters
    ----------
    inputs
        What to read, in this order. Of a folder, every file that is not hidden is read, or rejected
        where no reader knows its suffix.
    fields
        Names of columns; what is None is guessed.
    form
        Read everything as this format (``jsonl``, ``csv``, ...) instead of by suffix; what has no
        suffix that is known, as standard input, is recognised by its first bytes.
    observer
        Sees which columns are taken, and what the user should know.

    Yields
    ------
    An `Article` for each record that can be used, a `Reject` for each that cannot.

    Raises
    ------
    MissingFileError, InputError
        A path that is not there, a folder without a readable file, or a named column that no file
        has. Raised before anything is read.
    UnknownNameError
        A format or suffix that no reader has.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import read_articles
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "news.jsonl"
    ...     _ = path.write_text(
    ...         '{"title": "Talks", "text": "Talks resume."}\n{"title": "Empty"}\n'
    ...     )
    ...     [type(row).__name__ for row in read_articles([str(path)])]
    ['Article', 'Reject']
    """
    sources = [
        replace(source, form=form_of(source, form))
        for source in find([str(given) for given in inputs], tuple(READERS), units=False)
    ]
    yield from read_sources(sources, fields=fields, observer=observer)


def read_sources(
    sources: Sequence[Source], *, fields: Fields | None = None, observer: Observer | None = None
) -> Iterator[Article | Reject]:
    """Read articles from sources whose form is decided; the rest is as for `read_articles`."""
    chosen = fields or Fields()
    if missing := named(chosen):
        _refuse_unknown(missing, sources)
    watched = ObservedFields(
        **{field.name: getattr(chosen, field.name) for field in dataclass_fields(Fields)},
        observer=observer,
    )
    for source in sources:
        yield from _dated(source, watched)


def form_of(source: Source, form: str | None = None) -> str:
    """Return the suffix in `READERS` by which a source is read; `form` is the user's choice.

    Raises
    ------
    UnknownNameError
        No reader has it.
    """
    suffix = f".{form.lstrip('.')}" if form else source.suffix
    if not form and why_not_read(source.name):
        return UNREAD
    if suffix not in READERS and not form:
        suffix = source.kind() or suffix
        # A folder may hold notes, and standard input several texts: neither is one article.
        if suffix == ".txt" and (source.listed or source.name == "-"):
            suffix = ""
    if suffix not in READERS and source.listed:
        return UNREAD
    if suffix not in READERS and source.name == "-":
        problem = "its first bytes do not tell its format"
        raise InputError("standard input", problem, "name it: --format csv, jsonl, txt, html ...")
    if suffix not in READERS:
        what = f"format of {source.name} (name it with --format):"
        raise UnknownNameError(what, suffix, sorted(READERS))
    return suffix


def _read_archive(
    stream: BinaryIO, name: str, fields: Fields, *, archive: str, outer: bool = True
) -> Iterator[Article | Reject]:
    """Read the files of an archive, each as if it stood on disk, and of archives inside it."""
    for member in ARCHIVES[archive](stream, name):
        if isinstance(member, Reject):
            yield member
            continue
        try:
            source = replace(member, form=form_of(member))
            if source.form not in ARCHIVES:
                yield from _read(source, fields)
            elif outer:
                with source.open() as inner:
                    yield from _read_archive(
                        inner, source.name, fields, archive=source.form, outer=False
                    )
            else:
                reason = "an archive in an archive in an archive: unpack it first"
                yield Reject.of(source.name, None, reason)
        except (*BROKEN, RuntimeError, NotImplementedError) as error:
            yield Reject.of(member.name, None, f"cannot be read to its end: {error}")


READERS |= {suffix: partial(_read_archive, archive=suffix) for suffix in ARCHIVES}


def _dated(source: Source, fields: ObservedFields) -> Iterator[Article | Reject]:
    """Read a source; the first date that is open sends for all dates of the file."""
    order: str | None = None
    for record in _read(source, fields):
        if isinstance(record, Article) and not fields.order and is_open(record.published):
            order = _order(source, fields) if order is None else order
            published = read_date(record.published, order)
            yield replace(record, published=published or record.published)
        else:
            yield record


def order_of_dates(source: Source, fields: Fields, *, tried: int) -> tuple[str, str]:
    """Decide what comes first in dates such as 03/04/2024, by all dates of a file.

    Parameters
    ----------
    source
        The file, with its form.
    fields
        The columns that the user named.
    tried
        If no date of so many first records is of this kind, the others are not looked at.

    Returns
    -------
    One of `ORDERS`, or empty when dates contradict each other or none needs an order; and this in
    words, if one does.
    """
    dates = _dates(source, fields, tried)
    if dates.orders or dates.n_open:
        dates = _dates(source, fields)
    return decided(dates.orders) if dates.n_open else ("", "")


def _dates(source: Source, fields: Fields, most: int | None = None) -> "_Dates":
    """Watch the dates of a file, or of its first records."""
    dates = _Dates()
    bare = {field.name: getattr(fields, field.name) for field in dataclass_fields(Fields)}
    for _ in islice(_read(source, ObservedFields(**bare, observer=dates)), most):
        pass
    return dates


def _order(source: Source, fields: ObservedFields) -> str:
    """Decide what comes first in the dates of a file, and say so."""
    # Standard input can be read once.
    order, message = decided([] if source.name == "-" else _dates(source, fields).orders)
    if fields.observer is not None:
        fields.observer.note(source.name, f"! {message}")
    return order


class _Dates:
    """Watches which order the dates of a file show, and how many are open."""

    def __init__(self) -> None:
        self.orders: set[str] = set()
        self.n_open = 0

    def columns(self, file: str, record: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """See the date of a record."""
        del file
        value = record.get(columns.get("published", ""))
        if isinstance(value, str):
            self.orders |= {order_shown(value)} - {""}
            self.n_open += is_open(value)

    def note(self, file: str, what: str) -> None:
        """Pass over what has nothing to do with dates."""


class _EnoughError(Exception):
    """Enough records were seen."""


class _Columns:
    """Watches which columns the first records of a file have."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self._seen = 0

    def columns(self, file: str, record: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """See the columns of a record."""
        del file, columns
        self.names.update(dict.fromkeys(record))
        self._seen += 1
        if self._seen == _FIRST:
            raise _EnoughError

    def note(self, file: str, what: str) -> None:
        """Pass over what has nothing to do with columns."""


def _refuse_unknown(names: Sequence[str], sources: Sequence[Source]) -> None:
    """Refuse a named column that is in the first records of no file."""
    known: dict[str, None] = {}
    for source in sources:
        if source.name == "-":
            return
        seen = _Columns()
        with suppress(_EnoughError):
            for _ in _read(source, ObservedFields(observer=seen)):
                pass
        known |= seen.names
        if known and all(name in known for name in names):
            return
    for name in names:
        if known and name not in known:
            raise UnknownNameError("column", name, list(known))


def _read(source: Source, fields: Fields) -> Iterator[Article | Reject]:
    try:
        with source.open() as stream:
            yield from READERS[source.form](stream, source.name, fields)
    except BROKEN as error:
        # What was read so far stands; the rest becomes one reject.
        yield Reject.of(source.name, None, f"cannot be read to its end: {error}")
