"""Read articles from files of any origin: one by one, in bounded memory, and nothing lost.

A reader takes an open source and yields an article or a `Reject` for every record; it never raises
because of a single record. A new format is one reader and one line in `READERS`.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import BinaryIO

import zstandard

from ...errors import UnknownNameError
from ...tables.reading import TABLES
from ..article import Article
from .fields import Fields, Reject
from .formats import read_table, read_text
from .json_lists import read_json
from .source import Source, find
from .web_pages import read_html, read_warc
from .workbooks import read_xlsx

__all__ = ["BROKEN", "READERS", "Reader", "form_of", "read_articles"]

BROKEN = (OSError, EOFError, zlib.error, zstandard.ZstdError)
"""What a truncated archive raises, or a file that disappeared."""

Reader = Callable[[BinaryIO, str, Fields], Iterator[Article | Reject]]
"""Takes an open stream, its name and the user's choice of columns."""

READERS: dict[str, Reader] = {
    **{form: partial(read_table, form=form) for form in TABLES},
    ".htm": read_html,
    ".html": read_html,
    ".json": read_json,
    ".md": read_text,
    ".txt": read_text,
    ".warc": read_warc,
    ".xlsx": read_xlsx,
}
"""Suffix to reader."""


def read_articles(
    inputs: Sequence[str], *, fields: Fields | None = None, form: str | None = None
) -> Iterator[Article | Reject]:
    """Read articles from files, folders, globs, URLs or standard input.

    Parameters
    ----------
    inputs
        What to read, in this order. Folders are searched for the suffixes in `READERS`.
    fields
        Names of columns; what is None is guessed.
    form
        Read everything as this format (``jsonl``, ``csv``, ...) instead of by suffix; what has no
        suffix that is known, as standard input, is recognised by its first bytes.

    Yields
    ------
    An `Article` for each record that can be used, a `Reject` for each that cannot.

    Raises
    ------
    MissingFileError, InputError
        A path that is not there, or a folder without a readable file. Raised before anything is
        read.
    UnknownNameError
        A format or suffix that no reader has.
    """
    sources = list(find(inputs, tuple(READERS)))
    readers = [READERS[form_of(source, form)] for source in sources]
    chosen = fields or Fields()
    for source, reader in zip(sources, readers, strict=True):
        yield from _read(source, reader, chosen)


def form_of(source: Source, form: str | None = None) -> str:
    """Return the suffix in `READERS` by which a source is read; `form` is the user's choice.

    Raises
    ------
    UnknownNameError
        No reader has it.
    """
    suffix = f".{form.lstrip('.')}" if form else source.suffix
    if suffix not in READERS and not form and (guess := source.kind()):
        suffix = guess
    if suffix not in READERS:
        what = f"format of {source.name} (name it with --format):"
        raise UnknownNameError(what, suffix, sorted(READERS))
    return suffix


def _read(source: Source, reader: Reader, fields: Fields) -> Iterator[Article | Reject]:
    try:
        with source.open() as stream:
            yield from reader(stream, source.name, fields)
    except BROKEN as error:
        # What was read so far stands; the rest becomes one reject.
        yield Reject.of(source.name, None, f"cannot be read to its end: {error}")
