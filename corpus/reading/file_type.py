"""Guess what a file is from its first bytes, where its name does not say."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterable
from itertools import islice

import zstandard

from ...tables.encodings import encoding_of
from ...tables.separated import dialect_of, records
from .fields import Fields, columns_of

__all__ = ["HEAD", "ZIPPED", "compressed", "kind", "kind_of_members", "kind_of_text"]

HEAD = 4096
"""How many bytes are looked at."""

ZIPPED = (".docx", ".odt", ".xlsx", ".zip")
"""Formats that are zip archives."""

_COMPRESSED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"BZh": ".bz2", b"\xfd7zXZ": ".xz"}
_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda head: zlib.decompressobj(31).decompress(head, HEAD),
    ".zst": lambda head: zstandard.ZstdDecompressor().decompressobj().decompress(head),
    ".bz2": lambda head: bz2.BZ2Decompressor().decompress(head, HEAD),
    ".xz": lambda head: lzma.LZMADecompressor().decompress(head, HEAD),
}
_KINDS = {
    b"PAR1": ".parquet",
    b"WARC/": ".warc",
    b"%PDF": ".pdf",
    b"{\\rtf": ".rtf",
    b"\xd0\xcf\x11\xe0": ".xls",
}
_TEXTS = {b"{": ".jsonl", b"[": ".json", b"<": ".html"}
_FEEDS = (b"<rss", b"<feed", b"<rdf:RDF")
_PARTS = {"word/document.xml": ".docx", "xl/workbook.xml": ".xlsx", "content.xml": ".odt"}
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."
_MARK = b"\xef\xbb\xbf"
_LOOKED_AT = 20


def compressed(head: bytes) -> str:
    r"""Return a file's compression as a suffix; empty when it has none.

    Examples
    --------
    >>> compressed(b"\x1f\x8b\x08"), compressed(b"Talks resume")
    ('.gz', '')
    """
    return next((name for mark, name in _COMPRESSED.items() if head.startswith(mark)), "")


def kind(head: bytes, *, named: bool = False) -> str:
    r"""Return a file's format as a suffix; empty when its first bytes do not say.

    Parameters
    ----------
    head
        The first bytes.
    named
        Whether the file has a suffix, which then is one that no reader knows. Only what has none is
        taken for an archive, for plain text, or for CSV where a column is called as texts are.

    Examples
    --------
    >>> kind(b'{"text": "Talks resume."}'), kind(b"<!doctype html>"), kind(b"id,text")
    ('.jsonl', '.html', '')
    >>> kind(b"id,text\n1,Talks resume.\n"), kind(b"Talks resume")
    ('.csv', '.txt')
    """
    try:
        if packing := compressed(head):
            head = _UNPACK[packing](head)
    except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError):
        return ""
    if head.startswith(b"PK\x03\x04"):
        if _OPEN_DOCUMENT in head and _OPEN_DOCUMENT + b"text" not in head:
            return ""
        return kind_of_members((part for part in _PARTS if part.encode() in head), named=named)
    if head[257:262] == b"ustar":
        return ".tar"
    text = head.removeprefix(_MARK).lstrip()
    if text.startswith(b"<") and any(mark in text for mark in _FEEDS):
        return ".xml"
    kinds = (
        *(name for mark, name in _KINDS.items() if head.startswith(mark)),
        *(name for mark, name in _TEXTS.items() if text.startswith(mark)),
    )
    return next(iter(kinds), "") or ("" if named else kind_of_text(head))


def kind_of_members(names: Iterable[str], *, named: bool = False) -> str:
    """Return the format of a zip archive that has files of these names.

    Examples
    --------
    >>> kind_of_members(["[Content_Types].xml", "word/document.xml"]), kind_of_members(["a.txt"])
    ('.docx', '.zip')
    """
    return next((_PARTS[name] for name in names if name in _PARTS), "" if named else ".zip")


def kind_of_text(head: bytes) -> str:
    """Tell plain text from a table, as suffixes; empty where it is neither, or holds no texts."""
    encoding = encoding_of(head)
    text = head.decode(encoding, "replace")
    if not text.strip() or "\0" in text:
        return ""
    dialect = dialect_of(head, encoding)
    lines = records(io.StringIO(text, newline="").readline, dialect.delimiter, dialect.skipped)
    seen = islice(lines, dialect.skipped, dialect.skipped + _LOOKED_AT)
    header, *rows = [record.cells for record in seen]
    if len(header) < 2 or not any(len(row) == len(header) for row in rows):
        return "" if len(header) > 1 and "text" in _fields(header) else ".txt"
    if "text" in _fields(header):
        return ".csv"
    even = all(len(row) == len(header) for row in rows[:-1] if row)
    return "" if even and len(rows) > 1 else ".txt"


def _fields(header: list[str]) -> dict[str, str]:
    return columns_of(dict.fromkeys(header), Fields())
