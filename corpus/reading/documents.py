"""The readers of documents: Word, OpenDocument, RTF and PDF, an article from each, or several.

Paragraphs of the two zipped formats are taken straight from their XML, without entities, styles or
macros (python-docx and odfpy load the whole package for it). RTF is read by striprtf, the text of
a PDF by pypdf (BSD, pure Python; pdfminer.six needs a library of cryptography).
"""

import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ...tables.encodings import encoding_of
from ...tables.rows import RECORD_LIMIT, TOO_LONG
from ..article import Article
from .fields import Fields, Reject
from .formats import articles_of_text
from .not_read import why_not_read

__all__ = ["read_docx", "read_odt", "read_pdf", "read_rtf", "refuse"]

_MOST_STORED = 256 * 2**20
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OPEN = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def read_docx(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of a Word document."""
    return _read(stream, name, lambda raw: _xml_text(raw, "word/document.xml", _word_piece))


def read_odt(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of an OpenDocument text."""
    return _read(stream, name, lambda raw: _xml_text(raw, "content.xml", _open_piece))


def read_rtf(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of a file in Rich Text Format."""
    from striprtf import striprtf

    convert: Any = striprtf.rtf_to_text

    def text_of(raw: bytes) -> str:
        if not raw.lstrip().startswith(b"{\\rtf"):
            raise ValueError("it does not begin as RTF does")
        return str(convert(raw.decode(encoding_of(raw), "replace"), errors="replace"))

    return _read(stream, name, text_of)


def read_pdf(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of a PDF; pictures of text hold none."""

    def text_of(raw: bytes) -> str:
        from pypdf import PdfReader

        logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
        return "\n\n".join(page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages)

    return _read(stream, name, text_of)


def refuse(_stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Say why a file is not read."""
    unknown = "no reader for this kind of file: name it with --format"
    yield Reject.of(name, None, why_not_read(name) or unknown)


def _read(
    stream: BinaryIO, name: str, text_of: Callable[[bytes], str]
) -> Iterator[Article | Reject]:
    raw = stream.read(_MOST_STORED + 1)
    if len(raw) > _MOST_STORED:
        yield Reject.of(name, None, TOO_LONG)
        return
    try:
        text = text_of(raw)
    except Exception as error:  # noqa: BLE001 - a broken document makes its parsers raise anything
        line = (str(error).splitlines() or [type(error).__name__])[0]
        yield Reject.of(name, None, f"broken document: {line}")
        return
    if text.strip():
        yield from articles_of_text(text, name)
    else:
        yield Reject.of(name, None, "no text in this document")


def _xml_text(raw: bytes, part: str, piece: Callable[[Any], str]) -> str:
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if archive.getinfo(part).file_size > 4 * RECORD_LIMIT:
            raise ValueError(f"{part} is too long")
        source = archive.read(part)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    return "".join(map(piece, etree.fromstring(source, parser).iter(etree.Element)))


def _word_piece(node: Any) -> str:
    if node.tag == f"{_WORD}p":
        return "\n\n"
    if node.tag in (f"{_WORD}br", f"{_WORD}cr"):
        return "\n"
    if node.tag == f"{_WORD}tab":
        return "\t"
    return node.text or "" if node.tag == f"{_WORD}t" else ""


def _open_piece(node: Any) -> str:
    start = "\n\n" if node.tag in (f"{_OPEN}p", f"{_OPEN}h") else ""
    if node.tag == f"{_OPEN}line-break":
        start = "\n"
    if node.tag in (f"{_OPEN}s", f"{_OPEN}tab"):
        start = " "
    inner = (node.text or "") if node.tag.startswith(_OPEN) else ""
    within = node.getparent() is not None and node.getparent().tag.startswith(_OPEN)
    return start + inner + ((node.tail or "") if within else "")
