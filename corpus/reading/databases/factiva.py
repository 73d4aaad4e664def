"""Split a download of Factiva, many articles in one file, into its articles with their fields.

Two forms are known, each as text (of a document, too) and as HTML: the one with a code before each
field (HD, PD, SN, LP, TD ...), and the one for display, in which each article ends with its number
("Document GRDN000020230502ej5200001").
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["factiva_page", "factiva_records"]

_HEAD = ("SE", "CLM", "HD", "BY", "CR", "WC", "PD", "ET", "SN", "SC", "ED", "PG", "VOL", "LA", "CY")
_BODY = ("LP", "TD")
_TAIL = ("CT", "RF", "CO", "IN", "NS", "RE", "IPC", "IPD", "PUB", "ART", "AN")
_CODE = re.compile(rf"({'|'.join((*_HEAD, *_BODY, *_TAIL))})(?:(\t+|\|| {{1,}})(.*))?")
_INDEX = re.compile(r"[a-z0-9]{2,9} ?: |Document [A-Z]|\|")
_NAMES = {
    "HD": "title", "SN": "outlet", "PD": "published", "LA": "language", "BY": "byline",
    "SE": "section", "CY": "copyright", "AN": "an",
}  # fmt: skip

_NUMBER = re.compile(r"^[ \t]*Document ([A-Z][A-Z0-9]{2,9}\d{8}[a-z0-9]{9})[ \t]*$", re.MULTILINE)
_WORDS = re.compile(r"[\d.,]+ (?:words|mots|palabras|Wörter|parole|palavras|woorden)")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?: [A-Z]{3,4})?")
_SOURCE = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_RIGHTS = re.compile(r"\(?(?:Copyright|©|\(c\))", re.IGNORECASE)
_LINES_OF_HEAD = 14

_PAGE = re.compile(rb"articleParagraph|<td[^>]*>\s*(?:<b>)?\s*HD\s*(?:</b>)?(?:&nbsp;|\s)*</td>")
_IS_ARTICLE = '//div[contains(concat(" ", normalize-space(@class), " "), " article ")]'


def factiva_records(text: str) -> list[dict[str, Any]]:
    r"""Return a record for each article; an empty list when the text is no such download.

    Examples
    --------
    >>> text = "HD\nTalks resume\nPD\n2 May 2023\nSN\nThe Post\nLP\nThey talk.\nTD\nNobody left.\n"
    >>> factiva_records(text)[0]["outlet"], factiva_records(text)[0]["text"]
    ('The Post', 'They talk.\n\nNobody left.')
    """
    records = [_of_fields(fields) for fields in _coded(text.split("\n"))]
    if records and all("text" in one and {"published", "outlet"} & one.keys() for one in records):
        return records
    # The pattern has a group, so that texts and numbers take turns; behind the last is no article.
    parts = _NUMBER.split(text)
    pairs = zip(parts[::2], parts[1::2], strict=False)
    records = [_of_display(_filled(part.split("\n")), part) | {"an": an} for part, an in pairs]
    if records and (rest := parts[-1].strip()):
        records[-1]["footer"] = rest
    return records


def factiva_page(page: bytes) -> list[dict[str, Any]]:
    """Return a record for each article of a web page; an empty list when it is no such download."""
    if _PAGE.search(page) is None:
        return []
    from lxml import etree, html

    try:
        tree = html.fromstring(page)
    except (etree.ParserError, ValueError):
        return []
    nodes = tree.xpath(_IS_ARTICLE)
    inner = [node for node in nodes if not node.xpath(f".{_IS_ARTICLE}")]
    records = [_of_node(node) for node in inner]
    return records if any("an" in one for one in records) else []


def _coded(lines: Iterable[str]) -> Iterator[dict[str, list[str]]]:
    """Collect the lines under each code, article by article."""
    fields: dict[str, list[str]] = {}
    code = ""
    for line in lines:
        found = _code_of(line.strip(), fields)
        if found is None:
            if code:
                fields[code].append(line.strip())
            continue
        new, value = found
        if new in fields or ("AN" in fields and new in _HEAD):
            yield fields
            fields = {}
        code = new
        fields[code] = [value] if value else []
    if "HD" in fields:
        yield fields


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
        if code not in _BODY:
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
    at = next((k for k, line in enumerate(head[:_LINES_OF_HEAD]) if _WORDS.fullmatch(line)), 0)
    if not at or at + 2 >= len(head):
        return {"title": "", "text": text.strip()}
    record = {"title": head[0], "words": head[at], "published": head[at + 1]}
    if at > 1:
        record["byline"] = " ".join(head[1:at])
    rest = head[at + 2 : at + _LINES_OF_HEAD]
    end = next((k for k, line in enumerate(rest) if _RIGHTS.match(line)), None)
    if end is None:
        codes = (k for k, line in enumerate(rest[:4]) if _SOURCE.fullmatch(line))
        end = next(codes, 0)
        end += end + 1 < len(rest) and len(rest[end + 1].split()) == 1
    else:
        record["copyright"] = rest[end]
    told = [line for line in rest[: end + 1] if not _CLOCK.fullmatch(line)]
    record["outlet"] = told[0] if told else ""
    for line in told[1:]:
        if len(line.split()) == 1 and line.istitle():
            record["language"] = line
    record["text"] = _behind(text, head[: at + 2 + end + 1])
    return record


def _behind(text: str, lines: list[str]) -> str:
    """Return what of a text stands behind some lines of it, which follow each other."""
    at = 0
    for line in lines:
        at = text.index(line, at) + len(line)
    return text[at:].strip()


def _of_node(node: Any) -> dict[str, Any]:
    """Read an article of a page."""
    rows = [[cell for cell in row if cell.tag == "td"] for row in node.iter("tr")]
    fields: dict[str, list[str]] = {}
    for cells in rows:
        code = _plain(cells[0]) if len(cells) > 1 else ""
        if _CODE.fullmatch(code):
            paragraphs = [_plain(one) for one in cells[1].iter("p")] or [_plain(cells[1])]
            fields[code] = "\n\n".join(paragraphs).split("\n")
    if "HD" in fields:
        return _of_fields(fields)
    head = [
        line
        for one in node.iter("div")
        if one.find(".//div") is None and one.find(".//p") is None and (line := _plain(one))
    ]
    written = (line for one in node.iter("p") if (line := _plain(one)))
    body = "\n\n".join(line for line in written if not _NUMBER.fullmatch(line))
    record = _of_display([*head, *body.split("\n\n")], "\n".join([*head, body]))
    if number := _NUMBER.search("\n".join(_plain(one) for one in node.iter("p", "div"))):
        record["an"] = number[1]
    return record


def _plain(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())
