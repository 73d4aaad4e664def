"""Split a download of LexisNexis, many articles in one text, into its articles with their fields.

Two forms are known: the older one begins each article with "3 of 20 DOCUMENTS", the newer ends it
with "End of Document" and has "Body" on a line of its own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from .download import Damaged, Download, head_within, joined, mark_that_repeats

__all__ = ["nexis_articles"]

_BEGIN = re.compile(r"^[ \t]*(\d+) of (\d+) DOCUMENTS?[ \t]*$", re.MULTILINE)
_END = re.compile(r"^[ \t]*End of Document[ \t]*$", re.MULTILINE)
_BODY = re.compile(r"^[ \t]*Body[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"([A-Z][A-Za-z]*(?:[ -][A-Z][A-Za-z]*)?): ?(.*)")
_DATE = re.compile(r"(?=.*\b(?:19|20)\d{2}\b)(?=.*[^\W\d_]{3})(?!.*Copyright).{8,60}")
_COPYRIGHT = re.compile(r"(?:\A|\n[ \t]*\n)[ \t]*Copyright\b")
_BEFORE = ("BYLINE", "SECTION", "LENGTH", "HEADLINE", "DATELINE")
_AFTER = ("LOAD-DATE", "LANGUAGE", "PUBLICATION-TYPE", "GRAPHIC", "SUBJECT", "JOURNAL-CODE")
_ONCE = {
    name: re.compile(rf"^[ \t]*{line}", re.MULTILINE)
    for name, line in {
        "LENGTH": r"(?:LENGTH|Length):[ \t]*\d",
        "LOAD-DATE": r"(?:LOAD-DATE|Load-Date):[ \t]*\w",
        "BYLINE": r"(?:BYLINE|Byline):[ \t]*\w",
        "SECTION": r"SECTION:[ \t]*\w",
        "HEADLINE": r"HEADLINE:[ \t]*\w",
    }.items()
}
_LINES = ('"3 of 20 DOCUMENTS" before each', '"End of Document" behind each')


def nexis_articles(text: str) -> Download | None:
    r"""Return the articles of a text; None when it is no such download.

    Examples
    --------
    >>> head = "1 of 1 DOCUMENTS\n\nThe Post\n\nMay 2, 2023\n\nTalks\n\nLENGTH: 3 words"
    >>> (record,) = nexis_articles(f"{head}\n\nThey talk.").parts
    >>> record["outlet"], record["text"]
    ('The Post', 'They talk.')
    """
    if _BEGIN.search(text):
        # The pattern has two groups: number and total stand between the texts.
        before, *rest = _BEGIN.split(text)
        parts = [_read(part, 0) for part in rest[2::3]]
        numbers = [(int(n), int(total)) for n, total in zip(rest[::3], rest[1::3], strict=True)]
        if any(mark.search(before) for mark in _ONCE.values()):
            parts.insert(0, Damaged(f"no line begins this article ({_LINES[0]})", before))
        elif before.strip() and isinstance(parts[0], dict):
            parts[0]["preamble"] = before.strip()
        return Download(parts, _gaps(numbers))
    if _END.search(text) and _BODY.search(text):
        return Download([_read(part, 1) for part in _END.split(text) if part.strip()])
    if mark := mark_that_repeats(text, _ONCE):
        return Download([joined(text, f"{mark} stands in it twice", " or ".join(_LINES))])
    return None


def _gaps(numbers: Sequence[tuple[int, int]]) -> list[str]:
    """Name the numbers of articles that do not follow each other."""
    notes = []
    for (number, total), (following, _) in pairwise([*numbers, (1, 0)]):
        if number < total and following != number + 1:
            until = following - 1 if following > number else total
            missing = f"{number + 1}" + (f" to {until}" if until > number + 1 else "")
            notes.append(
                f"number {missing} of {total} is not there: if nobody took it out, its first line"
                f" ({_LINES[0]}) is damaged, and it stands in number {number}"
            )
    return notes


def _read(part: str, title_first: int) -> dict[str, Any] | Damaged:
    """Read the record of a part, which must hold one article."""
    what = mark_that_repeats(part, _ONCE)
    if what or (what := (_head_behind_text, _second_body)[title_first](part)):
        return joined(part, f"{what} stands in it twice", _LINES[title_first])
    if title_first and _BODY.search(part) is None:
        return Damaged("no line 'Body' stands before its text", part)
    return _record(part, title_first)


def _second_body(part: str) -> str:
    """Name what shows that a second article stands in a part of the newer form, if one does."""
    head, *bodies = _BODY.split(part)
    # A headline may have a year in it; a second copyright makes it a second head.
    if len(_COPYRIGHT.findall(head)) > 1 and sum(_dates_in(head.split("\n"))) > 1:
        return "a head"
    load_date = _ONCE["LOAD-DATE"].search(part)
    behind = part[load_date.end() :].split("\n")[1:] if load_date else []
    between = "\n".join(bodies[:-1]).split("\n")
    within = head_within("\n".join(bodies))
    return "a head" if within or _date_in(between + behind) else ""


def _head_behind_text(part: str) -> str:
    """Name what shows that a second article stands in a part of the older form, if one does."""
    headed = written = ended = False
    for block in re.split(r"\n[ \t]*\n", part):
        lines = block.strip().split("\n")
        field = _FIELD.fullmatch(lines[0].strip())
        name = field[1] if field else ""
        if written and name in _BEFORE:
            return name
        if ended and not name and _date_in(lines):
            return "a head"
        headed |= name in _BEFORE
        ended |= name == "LOAD-DATE" or (written and lines[0].strip().startswith("Copyright"))
        written |= headed and not name
    return ""


def _date_in(lines: Iterable[str]) -> bool:
    return any(_dates_in(lines))


def _dates_in(lines: Iterable[str]) -> Iterator[bool]:
    for line in map(str.strip, lines):
        yield _DATE.fullmatch(line) is not None and not _FIELD.match(line)


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
            prose += _add_fields(lines, record)
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


def _add_fields(lines: Sequence[str], record: dict[str, Any]) -> list[str]:
    """Add the fields of a block to a record, and return the text that stands in it all the same."""
    key = ""
    for number, line in enumerate(lines):
        if field := _FIELD.fullmatch(line):
            key = field[1].lower()
            record[key] = field[2].strip()
        elif key == "length":
            # The blank line before the text is gone: no length goes on.
            return [" ".join(lines[number:])]
        else:
            record[key] = f"{record[key]} {line}".strip()
    return []


def _split_at_body(part: str) -> tuple[str, str, str]:
    head, *rest = _BODY.split(part, maxsplit=1)
    body, _, after = "".join(rest).partition("\nLoad-Date:")
    if after:
        head += f"\n\nLoad-Date:{after}"
    return head, "Body", "\n\n".join(filter(None, map(str.strip, body.split("\n\n"))))
