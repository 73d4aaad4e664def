"""Split a download of ProQuest, many articles in one text, into its articles with their fields.

Lines of underscores part the articles; each field is "Name: value" in a paragraph of its own, and
the body is the field "Full text", up to the next field that ProQuest is known to write.
"""

import re
from typing import Any

from .download import Damaged, Download, joined, mark_that_repeats

__all__ = ["proquest_articles"]

_LINE = re.compile(r"^[ \t]*_{20,}[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"([A-Z][A-Za-z/-]*(?: [A-Za-z/-]+){0,4}):(?: (.*))?", re.DOTALL)
_TEXT, _NUMBER = "Full text", "ProQuest document ID"
_BEHIND = {
    *("Subject", "Location", "People", "Company / organization", "Company", "Title", "Author"),
    *("Publication title", "Publication date", "Publication year", "First page", "Pages", "Volume"),
    *("Issue", "Publisher", "Place of publication", "Country of publication", "ISSN", "Section"),
    *("Publication subject", "Source type", "Language of publication", "Document type", _NUMBER),
    *("Document URL", "Copyright", "Last updated", "Database", "Credit", "Dateline", "Links"),
    *("Business indexing term", "Identifier / keyword", "Classification", "Number of pages"),
}
_NAMES = {
    "publication title": "outlet", "publication date": "published", "document url": "url",
    "language of publication": "language", "full text": "text", "proquest document id": "id",
}  # fmt: skip
_ONCE = {
    name: re.compile(rf"^[ \t]*{name}:[ \t]*\w", re.MULTILINE)
    for name in (_NUMBER, "Document URL", "Publication title", "Publication date")
}
_BETWEEN = "a line of 20 underscores or more"


def proquest_articles(text: str) -> Download | None:
    r"""Return the articles of a text; None when it is no such download.

    Examples
    --------
    >>> text = "_" * 60 + "\n\nTitle: Talks\n\nFull text: They talk.\n\nNobody left.\n\n"
    >>> (record,) = proquest_articles(text + "ProQuest document ID: 28\n").parts
    >>> record["title"], record["text"]
    ('Talks', 'They talk.\n\nNobody left.')
    """
    parts = _LINE.split(text)
    if len(parts) == 1 or f"\n{_TEXT}:" not in text or f"\n{_NUMBER}:" not in text:
        if _ONCE[_NUMBER].search(text) and (mark := mark_that_repeats(text, _ONCE)):
            return Download([joined(text, f"{mark} stands in it twice", _BETWEEN)])
        return None
    articles: list[dict[str, Any] | Damaged] = []
    rest = []
    for part in parts:
        if mark := mark_that_repeats(part, _ONCE) or _text_behind_fields(part):
            articles.append(joined(part, f"{mark} stands in it twice", _BETWEEN))
        elif (record := _record(part)).keys() & {"text", "id"}:
            articles.append({"title": ""} | record)
        elif len(record) > 1 and any(mark.search(part) for mark in _ONCE.values()):
            articles.append(Damaged(f"no line '{_TEXT}:' begins its text", part))
        elif part.strip():
            rest.append(part.strip())
    read = [article for article in articles if isinstance(article, dict)]
    if rest and read:
        read[-1]["footer"] = "\n\n".join(rest)
    return Download(articles)


def _text_behind_fields(part: str) -> str:
    """Name the text where it begins again behind the fields that end it."""
    names = [match[1] for match in re.finditer(r"^[ \t]*([A-Z][\w /-]*):", part, re.MULTILINE)]
    if _TEXT not in names:
        return ""
    behind = names[names.index(_TEXT) + 1 :]
    ended = next((k for k, name in enumerate(behind) if name in _BEHIND), len(behind))
    return _TEXT if _TEXT in behind[ended:] else ""


def _record(part: str) -> dict[str, Any]:
    record: dict[str, Any] = {}
    key = ""
    for block in re.split(r"\n[ \t]*\n", part):
        paragraph = "\n".join(line.strip() for line in block.strip().split("\n"))
        if not paragraph:
            continue
        field = _FIELD.fullmatch(paragraph)
        # Within the body, only names that are known end it.
        if field and (key != "text" or field[1] in _BEHIND):
            name = field[1].lower()
            key = _NAMES.get(name, name.replace(" ", "_"))
            value = field[2] or ""
            record[key] = f"{record[key]}\n\n{value}" if key in record else value
        elif key:
            record[key] = f"{record[key]}\n\n{paragraph}".strip()
    return record
