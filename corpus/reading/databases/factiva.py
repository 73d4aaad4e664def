"""Split a download of Factiva, many articles in one file, into its articles with their fields.

Two forms are known, each as text (of a document, too) and as HTML: the one with a code before each
field (HD, PD, SN, LP, TD ...), and the one for display, in which each article ends with its number
("Document GRDN000020230502ej5200001").
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .download import RIGHTS, WORDS, Damaged, Download, head_within, joined, mark_that_repeats

__all__ = ["factiva_articles", "factiva_page"]

_HEAD = ("SE", "CLM", "HD", "BY", "CR", "WC", "PD", "ET", "SN", "SC", "ED", "PG", "VOL", "LA", "CY")
_BODY = ("LP", "TD")
_TAIL = ("CT", "RF", "CO", "IN", "NS", "RE", "IPC", "IPD", "PUB", "ART", "AN")
_CODE = re.compile(rf"({'|'.join((*_HEAD, *_BODY, *_TAIL))})(?:(\t+|\|| {{1,}})(.*))?")
_INDEX = re.compile(r"[a-z0-9]{2,9} ?: |Document [A-Z]|\|")
_PREAMBLE, _NO_CODE = "", "?"
_NAMES = {
    "HD": "title", "SN": "outlet", "PD": "published", "LA": "language", "BY": "byline",
    "SE": "section", "CY": "copyright", "AN": "an", _PREAMBLE: "preamble",
}  # fmt: skip

_NUMBER = re.compile(r"^[ \t]*Document ([A-Z][A-Z0-9]{2,9}\d{8}[a-z0-9]{9})[ \t]*$", re.MULTILINE)
_GLUED = re.compile(r"(.*\breserved\.)[^\s\d\W]", re.IGNORECASE)
"""Rights behind which the text begins on the same line, without so much as a space."""
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?: [A-Z]{3,4})?")
_SOURCE = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_LINES_OF_HEAD = 14

_PAGE = re.compile(rb"articleParagraph|<td[^>]*>\s*(?:<b>)?\s*HD\s*(?:</b>)?(?:&nbsp;|\s)*</td>")
_IS_ARTICLE = '//div[contains(concat(" ", normalize-space(@class), " "), " article ")]'
_ONCE = {
    code: re.compile(rf"^[ \t]*{code}{rest}", re.MULTILINE)
    for code, rest in {
        "WC": r"(?:[ \t|]+|[ \t]*\n[ \t]*)[\d.,]+ \w+[ \t]*$",
        "PD": r"(?:[ \t|]+|[ \t]*\n[ \t]*).{0,20}\b(?:19|20)\d\d[ \t]*$",
        "AN": r"(?:[ \t|]+|[ \t]*\n[ \t]*)Document [A-Z]",
        "SN": r"(?:\t|\||  |[ \t]*$)",
        "LP": r"(?:\t|\||  |[ \t]*$)",
    }.items()
} | {
    "its number of words": re.compile(
        rf"^[ \t]*{WORDS.pattern}[ \t]*\n+.*\b(?:19|20)\d\d\b", re.MULTILINE
    ),
    "its number": _NUMBER,
}
_BEGINS = "the code HD or SE"
_ENDS = '"Document POST000020230502ej5200001"'


def factiva_articles(text: str) -> Download | None:
    r"""Return the articles of a text; None when it is no such download.

    Examples
    --------
    >>> text = "HD\nTalks resume\nPD\n2 May 2023\nSN\nThe Post\nLP\nThey talk.\nTD\nNobody left.\n"
    >>> (record,) = factiva_articles(text).parts
    >>> record["outlet"], record["text"]
    ('The Post', 'They talk.\n\nNobody left.')
    """
    coded = [*_coded(text.split("\n"))]
    if any(
        {"HD"} < fields.keys() and fields.keys() & {"PD", "SN"} and fields.keys() & {*_BODY}
        for fields, _ in coded
    ):
        return Download([_of_codes(fields, raw) for fields, raw in coded])
    # The pattern has a group, so that texts and numbers take turns.
    *parts, rest = _NUMBER.split(text)
    shown = [
        _one_article(_of_display(_filled(part.split("\n")), part) | {"an": an}, part)
        for part, an in zip(parts[::2], parts[1::2], strict=True)
    ]
    if shown and (head_within(rest) or any(mark.search(rest) for mark in _ONCE.values())):
        shown.append(Damaged(f"no line ends this article ({_ENDS})", rest))
    elif rest.strip() and shown and isinstance(shown[-1], dict):
        shown[-1]["footer"] = rest.strip()
    if shown:
        return Download(shown)
    if mark := mark_that_repeats(text, _ONCE):
        return Download([joined(text, f"{mark} stands in it twice", f"{_BEGINS}, or {_ENDS}")])
    return None


def factiva_page(page: bytes) -> Download | None:
    """Return the articles of a web page; None when it is no such download."""
    if _PAGE.search(page) is None:
        return None
    from lxml import etree, html

    try:
        tree = html.fromstring(page)
    except (etree.ParserError, ValueError):
        return None
    nodes = tree.xpath(_IS_ARTICLE)
    inner = [node for node in nodes if not node.xpath(f".{_IS_ARTICLE}")]
    texts = [_lines_of(node) for node in inner]
    parts = [_of_node(node, text) for node, text in zip(inner, texts, strict=True)]
    whole = _lines_of(tree)
    if not any(isinstance(part, Damaged) or "an" in part for part in parts):
        if mark := mark_that_repeats(whole, _ONCE):
            return Download([joined(whole, f"{mark} stands in it twice", _ENDS)])
        return None
    for pattern in _ONCE.values():
        if len(pattern.findall(whole)) > sum(len(pattern.findall(text)) for text in texts):
            reason = "an article stands outside of the elements that hold one (class 'article')"
            return Download([*parts, Damaged(reason, whole)])
    return Download(parts)


def _of_codes(fields: dict[str, list[str]], raw: str) -> dict[str, Any] | Damaged:
    """Read the fields of an article, unless its text begins under a code of its head."""
    codes = list(fields)
    body = min((codes.index(code) for code in _BODY if code in fields), default=len(codes))
    before = codes[:body]
    more = [line for code in before[-1:] for line in fields[code] if line][1:]
    unknown = {*fields} - {*_HEAD, *_BODY, *_TAIL, _PREAMBLE}
    lost = "LP" not in fields and (more or unknown or "LP" in raw.split("\n"))
    article = _one_article(_of_fields(fields), raw)
    if isinstance(article, dict) and (lost or {*before} & {*_TAIL}):
        return Damaged("its text does not begin with the code LP: mend that line", raw)
    return article


def _one_article(record: dict[str, Any], raw: str) -> dict[str, Any] | Damaged:
    """Refuse a record whose text holds more than one article, or none that begins."""
    if mark := mark_that_repeats(raw, _ONCE):
        return joined(raw, f"{mark} stands in it twice", f"{_BEGINS}, or {_ENDS}")
    if head_within(str(record.get("text", ""))):
        return joined(raw, "a second head stands in it", f"{_BEGINS}, or {_ENDS}")
    if "title" not in record:
        return Damaged(f"no line begins this article ({_BEGINS})", raw)
    return record


def _coded(lines: Iterable[str]) -> Iterator[tuple[dict[str, list[str]], str]]:
    """Collect the lines under each code, and all of them, article by article."""
    fields: dict[str, list[str]] = {}
    raw: list[str] = []
    code = _PREAMBLE
    for line in lines:
        match = _code_of(line.strip(), fields)
        if match is None:
            fields.setdefault(code, []).append(line.strip())
        else:
            new, value = match
            if new in fields or ("AN" in fields and new in _HEAD):
                yield fields, "\n".join(raw)
                fields, raw = {}, []
            code = new
            fields[code] = [value] if value else []
        raw.append(line)
    yield fields, "\n".join(raw)


def _code_of(line: str, fields: dict[str, list[str]]) -> tuple[str, str] | None:
    """Tell the code with which a line begins, and what stands behind it; None when there is none.

    A word of the text may look like a code (IN, RE); where its field cannot be, it is none.
    """
    match = _CODE.fullmatch(line)
    if match is None:
        return None
    code, space, value = match[1], match[2] or "", (match[3] or "").strip(" |")
    inside = fields.keys() & set(_BODY) and "AN" not in fields
    if inside and (code in _HEAD or code in fields):
        return (code, value) if code == "HD" and (space != " " or not value) else None
    if inside and code in _TAIL and space == " " and not _INDEX.match(value):
        return None
    if code not in ("SE", "CLM", "HD") and "HD" not in fields:
        return None
    return code, value


def _of_fields(fields: dict[str, list[str]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for code, lines in fields.items():
        if code not in _BODY and (any(lines) or code != _PREAMBLE):
            record[_NAMES.get(code, code.lower())] = " ".join(filter(None, lines))
    text = "\n\n".join("\n".join(fields[code]).strip() for code in _BODY if code in fields)
    if text.strip():
        record["text"] = text.strip()
    if "an" in record:
        number, _, footer = record["an"].removeprefix("Document ").strip().partition(" ")
        record |= {"an": number} | ({"footer": footer} if footer else {})
    return record


def _filled(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _of_display(head: list[str], text: str) -> dict[str, Any]:
    """Read the lines of an article without codes, of which the first ones are its fields.

    Parameters
    ----------
    head
        Its lines, without blank ones.
    text
        All of it, in which the body begins behind the last line of the head.
    """
    at = next((k for k, line in enumerate(head[:_LINES_OF_HEAD]) if WORDS.fullmatch(line)), 0)
    if not at or at + 2 >= len(head):
        return {"title": "", "text": text.strip()}
    record = {"title": head[0], "words": head[at], "published": head[at + 1]}
    if at > 1:
        record["byline"] = " ".join(head[1:at])
    rest = head[at + 2 : at + _LINES_OF_HEAD]
    end = next((k for k, line in enumerate(rest) if RIGHTS.match(line)), None)
    if end is None:
        codes = (k for k, line in enumerate(rest[:4]) if _SOURCE.fullmatch(line))
        end = next(codes, 0)
        end += end + 1 < len(rest) and len(rest[end + 1].split()) == 1
    else:
        if glued := _GLUED.match(rest[end]):
            rest[end] = glued[1]
        record["copyright"] = rest[end]
    shown = [line for line in rest[: end + 1] if not _CLOCK.fullmatch(line)]
    record["outlet"] = shown[0] if shown else ""
    for line in shown[1:]:
        if len(line.split()) == 1 and line.istitle():
            record["language"] = line
    record["text"] = _behind(text, [*head[: at + 2], *rest[: end + 1]])
    return record


def _behind(text: str, lines: list[str]) -> str:
    """Return what of a text stands behind some lines of it, which follow each other."""
    at = 0
    for line in lines:
        at = text.index(line, at) + len(line)
    return text[at:].strip()


def _of_node(node: Any, raw: str) -> dict[str, Any] | Damaged:
    """Read an article of a page."""
    fields: dict[str, list[str]] = {}
    for row in node.iter("tr"):
        cells = [cell for cell in row if cell.tag == "td"]
        if cells:
            value = cells[min(1, len(cells) - 1)]
            paragraphs = [_plain(p) for p in value.iter("p")] or [_plain(value)]
            code = (_plain(cells[0]) if len(cells) > 1 else "") or _NO_CODE
            fields[code] = [*fields.get(code, ()), *"\n\n".join(paragraphs).split("\n")]
    if fields.keys() & {"HD", *_BODY}:
        return _of_codes(fields, raw)
    head = [
        line
        for part in node.iter("div")
        if part.find(".//div") is None and part.find(".//p") is None and (line := _plain(part))
    ]
    written = (line for part in node.iter("p") if (line := _plain(part)))
    body = "\n\n".join(line for line in written if not _NUMBER.fullmatch(line))
    record = _of_display([*head, *body.split("\n\n")], "\n".join([*head, body]))
    if number := _NUMBER.search("\n".join(_plain(part) for part in node.iter("p", "div"))):
        record["an"] = number[1]
    return _one_article(record, raw)


def _lines_of(node: Any) -> str:
    return "\n".join(line for piece in node.itertext() if (line := piece.strip()))


def _plain(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())
