"""The readers of documents: Word, OpenDocument, RTF and PDF, an article from each, or several.

Paragraphs of the two zipped formats are taken straight from their XML, without entities, styles or
macros (python-docx and odfpy load the whole package for it). RTF is read by striprtf, the lines of
a PDF by pypdf (BSD, pure Python).
"""

import io
import logging
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from ...tables.encodings import encoding_of
from ...tables.rows import RECORD_LIMIT, TOO_LONG
from ..article import Article
from .fields import Fields, Reject
from .formats import articles_of_text, download_of_text, report_once
from .not_read import why_not_read
from .pdf_lines import paragraphs, text_and_lines

__all__ = ["read_docx", "read_odt", "read_pdf", "read_rtf", "refuse"]

_MOST_STORED = 256 * 2**20
_RTF_GROUP = re.compile(r"\{((?:\\[a-z]+(?:-?\d+)? ?)+)(?:[^{}\\]|\\.)*\}", re.DOTALL)
_UNSEEN = re.compile(r"\\(?:v|deleted)1?(?![a-z0-9])")
"""What says of a group of an RTF file that it is hidden or deleted."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OPEN = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def read_docx(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of a Word document."""
    return _read(stream, name, lambda raw: _xml_text(raw, "word/document.xml", _WORD_STYLE))


def read_odt(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of an OpenDocument text."""
    return _read(stream, name, lambda raw: _xml_text(raw, "content.xml", _OPEN_STYLE))


def read_rtf(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of a file in Rich Text Format."""
    from striprtf import striprtf

    convert: Any = striprtf.rtf_to_text

    def text_of(raw: bytes) -> str:
        if not raw.lstrip().startswith(b"{\\rtf"):
            raise ValueError("it does not begin as RTF does")
        source = raw.decode(encoding_of(raw), "replace")
        shown = _RTF_GROUP.sub(lambda group: "" if _UNSEEN.search(group[1]) else group[0], source)
        return str(convert(shown, errors="replace"))

    return _read(stream, name, text_of)


def read_pdf(stream: BinaryIO, name: str, _fields: Fields) -> Iterator[Article | Reject]:
    """Read the articles of a PDF; pictures of text hold none."""

    def text_of(raw: bytes) -> str:
        from pypdf import PdfReader

        logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
        pages = list(PdfReader(io.BytesIO(raw)).pages)
        read = [text_and_lines(page) for page in pages]
        bare = [page for page, (text, _) in zip(pages, read, strict=True) if not text.strip()]
        if n := sum(map(_has_picture, bare)):
            report_once(name, f"{n} of {len(pages)} pages are pictures, whose text is not read")
        plain = "\n\n".join(text for text, _ in read)
        # The headers of a database's articles are known by their lines.
        if not plain.strip() or download_of_text(plain):
            return plain
        lines = [of_page for _, of_page in read]
        return "\n\n".join(paragraphs(lines, report=partial(report_once, name)))

    return _read(stream, name, text_of)


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    return resources is not None and "/XObject" in resources.get_object()


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


def _xml_text(raw: bytes, part: str, style: "_Style") -> str:
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if archive.getinfo(part).file_size > 4 * RECORD_LIMIT:
            raise ValueError(f"{part} is too long")
        source = archive.read(part)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    walk = etree.iterwalk(etree.fromstring(source, parser), ("start", "end"))
    pieces = []
    for event, node in walk:
        if not isinstance(node.tag, str):
            continue
        if event == "end":
            pieces.append(style.after(node))
        elif node.tag in style.skipped:
            walk.skip_subtree()
        else:
            pieces.append(style.signs.get(node.tag, "") + style.text(node))
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class _Style:
    """Where a kind of document keeps its text."""

    signs: Mapping[str, str]
    """What an element stands for by itself."""
    skipped: frozenset[str]
    """What is not in the text: deleted and moved parts, remarks, notes, and second copies."""
    text: Callable[[Any], str]
    """What an element has before its children."""
    after: Callable[[Any], str]
    """What stands behind an element."""


def _word_text(node: Any) -> str:
    return node.text or "" if node.tag == f"{_WORD}t" else ""


def _open_text(node: Any) -> str:
    return node.text or "" if node.tag.startswith(_OPEN) else ""


def _open_tail(node: Any) -> str:
    parent, end = node.getparent(), "\n\n" if node.tag == f"{_DRAW}text-box" else ""
    return end + (node.tail or "" if parent is not None and parent.tag.startswith(_OPEN) else "")


_WORD_STYLE = _Style(
    {f"{_WORD}p": "\n\n", f"{_WORD}tab": "\t"}
    | dict.fromkeys((f"{_WORD}br", f"{_WORD}cr"), "\n")
    | {f"{_WORD}noBreakHyphen": "-"},
    frozenset(
        (
            *(f"{_WORD}{name}" for name in ("del", "moveFrom", "pPr", "rPr")),
            f"{_COMPATIBLE}Fallback",
        )
    ),
    _word_text,
    lambda node: "\n\n" if node.tag == f"{_WORD}txbxContent" else "",
)
_OPEN_STYLE = _Style(
    dict.fromkeys((f"{_OPEN}p", f"{_OPEN}h"), "\n\n")
    | dict.fromkeys((f"{_OPEN}s", f"{_OPEN}tab"), " ")
    | {f"{_OPEN}line-break": "\n"},
    frozenset(
        (*(f"{_OPEN}{name}" for name in ("tracked-changes", "note")), f"{_OFFICE}annotation")
    ),
    _open_text,
    _open_tail,
)
