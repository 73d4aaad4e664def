"""Split a download of LexisNexis, many articles in one text, into its articles with their fields.

Two forms are known: the older one begins each article with "3 of 20 DOCUMENTS", the newer ends it
with "End of Document" and has "Body" on a line of its own.
"""

import re
from typing import Any

__all__ = ["nexis_records"]

_BEGIN = re.compile(r"^[ \t]*\d+ of \d+ DOCUMENTS?[ \t]*$", re.MULTILINE)
_END = re.compile(r"^[ \t]*End of Document[ \t]*$", re.MULTILINE)
_BODY = re.compile(r"^[ \t]*Body[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"([A-Z][A-Za-z]*(?:[ -][A-Z][A-Za-z]*)?): ?(.*)")
_DATE = re.compile(r"(?=.*\b(?:19|20)\d{2}\b)(?=.*[^\W\d_]{3})(?!.*Copyright).{8,60}")
_AFTER = ("LOAD-DATE", "LANGUAGE", "PUBLICATION-TYPE", "GRAPHIC", "SUBJECT", "JOURNAL-CODE")


def nexis_records(text: str) -> list[dict[str, Any]]:
    r"""Return a record for each article; an empty list when the text is no such download.

    Examples
    --------
    >>> head = "1 of 1 DOCUMENTS\n\nThe Post\n\nMay 2, 2023\n\nTalks\n\nLENGTH: 3 words"
    >>> text = f"{head}\n\nThey talk."
    >>> nexis_records(text)[0]["outlet"], nexis_records(text)[0]["text"]
    ('The Post', 'They talk.')
    """
    if _BEGIN.search(text):
        return [_record(part, 0) for part in _BEGIN.split(text)[1:]]
    if _END.search(text) and _BODY.search(text):
        return [_record(part, 1) for part in _END.split(text) if part.strip()]
    return []


def _record(part: str, title_first: int) -> dict[str, Any]:
    head, marked, body = _split_at_body(part) if title_first else (part, "", "")
    record: dict[str, Any] = {}
    top: list[str] = []
    prose: list[str] = []
    for block in re.split(r"\n[ \t]*\n", head):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        if not lines:
            continue
        field = _FIELD.fullmatch(lines[0])
        if field and (not prose or field[1].upper() in _AFTER):
            key = ""
            for line in lines:
                if field := _FIELD.fullmatch(line):
                    key = field[1].lower()
                    record[key] = field[2].strip()
                else:
                    record[key] = f"{record[key]} {line}".strip()
        elif lines[0].startswith("Copyright"):
            record["copyright"] = " ".join(lines)
        elif record.keys() - {"copyright"} and not marked:
            prose.append(" ".join(lines))
        else:
            top += lines
    dated = next((index for index, line in enumerate(top) if _DATE.fullmatch(line)), None)
    if dated is not None:
        record["published"] = top[dated]
        before, after = top[:dated], top[dated + 1 :]
        if title_first:
            record["outlet"] = before[-1] if before else ""
            record["title"] = " ".join(before[:-1])
        else:
            record["outlet"] = " ".join(before)
            titles = [line for line in after if not line.upper().endswith("EDITION")]
            record["title"] = record.pop("headline", "") or " ".join(titles)
    record["text"] = body or "\n\n".join(prose)
    return record


def _split_at_body(part: str) -> tuple[str, str, str]:
    head, *rest = _BODY.split(part, maxsplit=1)
    body, _, after = "".join(rest).partition("\nLoad-Date:")
    if after:
        head += f"\n\nLoad-Date:{after}"
    return head, "Body", "\n\n".join(filter(None, map(str.strip, body.split("\n\n"))))
