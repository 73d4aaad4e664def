"""Split a download of ProQuest, many articles in one text, into its articles with their fields.

Lines of underscores part the articles; each field is "Name: value" in a paragraph of its own, and
the body is the field "Full text", up to the next field that ProQuest is known to write.
"""

import re
from typing import Any

__all__ = ["proquest_records"]

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


def proquest_records(text: str) -> list[dict[str, Any]]:
    r"""Return a record for each article; an empty list when the text is no such download.

    Examples
    --------
    >>> text = "_" * 60 + "\n\nTitle: Talks\n\nFull text: They talk.\n\nNobody left.\n\n"
    >>> text += "ProQuest document ID: 28\n"
    >>> proquest_records(text)[0]["title"], proquest_records(text)[0]["text"]
    ('Talks', 'They talk.\n\nNobody left.')
    """
    parts = _LINE.split(text)
    if len(parts) == 1 or f"\n{_TEXT}:" not in text or f"\n{_NUMBER}:" not in text:
        return []
    records = [_record(part) for part in parts]
    rest = "\n\n".join(
        part.strip() for part, record in zip(parts, records, strict=True) if not _is_one(record)
    )
    found = [record for record in records if _is_one(record)]
    if found and rest.strip():
        found[-1]["footer"] = rest.strip()
    return found


def _is_one(record: dict[str, Any]) -> bool:
    return "title" in record and ("text" in record or "id" in record)


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
