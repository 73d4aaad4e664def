"""What the downloads of all databases share: parts that hold more than one article are refused.

The line between two articles may be damaged or gone, which joins them without a sign. Each database
writes some lines once an article; a part in which one of them stands twice is not read.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "RIGHTS",
    "WORDS",
    "Damaged",
    "Download",
    "head_within",
    "joined",
    "longer_than_stated",
    "mark_that_repeats",
    "run_of_letters",
]

WORDS = re.compile(r"[\d.,]+ (?:words|mots|palabras|Wörter|parole|palavras|woorden)")
"""A line that tells how many words an article has."""

RIGHTS = re.compile(r"\(?(?:Copyright|©|\(c\))", re.IGNORECASE)
"""How a line begins that tells whose an article is."""

_STATED = ("length", "words", "wc")
_DATED = re.compile(r"(?=.*\b(?:19|20)\d{2}\b)(?=.*[^\W\d_]{3})(?!.*Copyright)[^:.]{8,40}")
_YEAR = re.compile(r"\d{4}")
_LINES_OF_HEAD = 8
_NAME, _PROSE = 3, 8
"""Most words of the name of a source, fewest of a line of text."""
_RUN = re.compile(r"[!-~]{2000,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d{3})*")


@dataclass(frozen=True, slots=True)
class Damaged:
    """A part of a download that is not read."""

    reason: str
    """Why not."""
    raw: str
    """The part as it was."""


@dataclass(frozen=True, slots=True)
class Download:
    """The articles of one text or page."""

    parts: Sequence[dict[str, Any] | Damaged]
    """A record for each article, or why there is none."""
    notes: Sequence[str] = ()
    """What the user should know."""


def mark_that_repeats(text: str, marks: Mapping[str, re.Pattern[str]]) -> str:
    """Return the name of the first mark that a text has twice; empty when it has none twice."""
    return next((name for name, mark in marks.items() if len(mark.findall(text)) > 1), "")


def head_within(text: str) -> bool:
    r"""Tell whether a head stands in a text: a date or length, rights soon after, and a text.

    Examples
    --------
    >>> head_within("They talk.\nDay 2\nMay 2, 2023\nThe Post\nCopyright 2023\nNobody left.")
    True
    >>> head_within("They talk.\nMay 2, 2023\nCopyright 2023 The Post")
    False
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    n_words = [len(line.split()) for line in lines]
    for k, line in enumerate(lines[:-1]):
        if not (RIGHTS.match(line) and _YEAR.search(line)):
            continue
        before = lines[max(0, k - _LINES_OF_HEAD) : k]
        if any(_DATED.fullmatch(head) or WORDS.fullmatch(head) for head in before):
            return True
        # Without its date: the names of source and language, rights, and a text.
        if k > 1 and max(n_words[k - 2 : k]) <= _NAME and max(n_words[k + 1 :]) > _PROSE:
            return True
    return False


def joined(raw: str, what: str, line: str) -> Damaged:
    """Refuse a part that holds more than one article.

    Parameters
    ----------
    raw
        The part.
    what
        What shows it.
    line
        How the line between two articles looks.
    """
    reason = f"two articles in one: {what}; mend the line between them ({line})"
    return Damaged(reason, raw)


def longer_than_stated(records: Iterable[dict[str, Any] | Damaged]) -> list[str]:
    """Name the articles that are far longer than the number of words in their head.

    Examples
    --------
    >>> longer_than_stated([{"length": "3 words", "text": "They talk. " * 99}])
    ['article 1 has 198 words and states 3: look whether it holds another one']
    """
    notes = []
    for number, record in enumerate(records, 1):
        if isinstance(record, Damaged):
            continue
        stated = next((record[key] for key in _STATED if key in record), "")
        match = _NUMBER.search(stated)
        n_words = len(str(record.get("text", "")).split())
        if match and n_words > 1.5 * (n_stated := int(re.sub(r"\D", "", match[0]))) + 100:
            says = f"article {number} has {n_words} words and states {n_stated}"
            notes.append(f"{says}: look whether it holds another one")
    return notes


def run_of_letters(text: str) -> str:
    """Return a run of 2,000 characters that no text has, and no address; empty if there is none.

    Where a disk or a copy has written over a download, the end of one article and the head of the
    next may be gone without a sign. Scripts without spaces have longer runs, and do not count.

    Examples
    --------
    >>> run_of_letters("They talk. " * 999), len(run_of_letters("They " + 5000 * "9"))
    ('', 5000)
    """
    match = _RUN.search(text)
    return match[0] if match else ""
