"""What the cells of people's answers mean: labels, several labels, no answer, or none that applies.

The rules, for every format:

- A list, ``a|b`` (a bar or backslash within a label has a backslash before it), ``['a', 'b']`` and
  Label Studio's ``{"choices": ["a", "b"]}`` hold several labels; ``[]`` says that none applies.
- A null, NaN, and the spellings in `MISSING` are no answer.
- An empty cell is no answer to a question that takes one label; to one that takes several it says
  that none of them applies.
- Numbers are labels as integers are written: ``1.0`` is ``1``.
"""

import ast
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "FORMULA",
    "MISSING",
    "AnswerCells",
    "Cell",
    "is_empty",
    "join_labels",
    "near_equal",
    "parse_missing",
    "spelled_alike",
    "split_labels",
]

FORMULA = ("=", "+", "-", "@")
"""With what a cell begins that a spreadsheet would run."""

MISSING = ("NA", "N/A", "NaN", "nan", "None", "null", "NULL", "#N/A")
"""Spellings of no answer, as R, pandas, SQL and spreadsheets write it."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_PARTS = re.compile(r"(?:\\[\\|]|[^|])+")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says."""

    labels: tuple[str, ...]
    """Its labels."""
    kind: str
    """``one`` label, ``several`` (a list, even of one), ``empty``, or ``missing``."""


def parse_missing(text: str | None) -> tuple[str, ...]:
    """Read the option --missing: spellings with commas between them, or ``none``.

    Examples
    --------
    >>> parse_missing("NA, -9"), parse_missing("none"), parse_missing(None) == MISSING
    (('NA', '-9'), (), True)
    """
    if text is None:
        return MISSING
    return () if text == "none" else tuple(part.strip() for part in text.split(","))


def without_apostrophe(text: str) -> str:
    """Take away what `inert` put before a cell that a spreadsheet would run as a formula.

    Examples
    --------
    >>> without_apostrophe("'-1"), without_apostrophe("'quoted'")
    ('-1', "'quoted'")
    """
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(FORMULA) else text


def is_empty(value: Any) -> bool:
    """Tell whether a cell holds nothing: null, NaN, or blank text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and not value.strip()


def join_labels(labels: Iterable[str]) -> str:
    r"""Write several labels in one cell.

    Examples
    --------
    >>> print(join_labels(["law", "on|off"]))
    law|on\|off
    """
    return "|".join(re.sub(r"([\\|])", r"\\\1", label) for label in labels)


def split_labels(text: str) -> tuple[str, ...]:
    r"""Read the labels of one cell, each once; the opposite of `join_labels`.

    Examples
    --------
    >>> split_labels(r"law | on\|off|law")
    ('law', 'on|off')
    """
    parts = (re.sub(r"\\([\\|])", r"\1", part).strip() for part in _PARTS.findall(text))
    return tuple(dict.fromkeys(part for part in parts if part))


@dataclass
class AnswerCells:
    """Reads cells, and remembers what the user should know of them.

    Examples
    --------
    >>> cells = AnswerCells()
    >>> cells.read("NA", "frame").kind, cells.read("law|cost", "frame").labels
    ('missing', ('law', 'cost'))
    >>> cells.messages()
    ['NA taken as missing: 1 cell of column frame; --missing none keeps them']
    """

    missing: Collection[str] = MISSING
    """Spellings of no answer."""
    known: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Labels by column, where they are known; these are labels, however they are spelled."""
    _taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    _absent: Counter[str] = field(default_factory=Counter)

    def is_missing(self, value: Any, column: str) -> bool:
        """Tell whether a cell is a spelling of no answer, and count it."""
        if not isinstance(value, str) or not value.strip():
            return False
        text = value.strip()
        if text not in self.missing or text in self.known.get(column, ()):
            return False
        self._taken[text, column] += 1
        return True

    def absent(self, column: str) -> Cell:
        """Count a record that lacks the column, which means that nobody answered."""
        self._absent[column] += 1
        return Cell((), "missing")

    def read(self, value: Any, column: str) -> Cell:
        """Read a cell.

        Raises
        ------
        ValueError
            It is no label.
        """
        if isinstance(value, str):
            text = without_apostrophe(value.strip())
            if text in self.known.get(column, ()):
                return Cell((text,), "one")
            value = _unpacked(text)
        if isinstance(value, Mapping) and "choices" in value:
            value = value["choices"]
            # Label Studio writes a list for a single choice, too.
            value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(value, list | tuple):
            return Cell(tuple(dict.fromkeys(map(_label, value))), "several")
        if is_empty(value):
            return Cell((), "empty" if isinstance(value, str) else "missing")
        if self.is_missing(value, column):
            return Cell((), "missing")
        if isinstance(value, str) and ("|" in value or "\\" in value):
            several = "|" in re.sub(r"\\[\\|]", "", value)
            return Cell(split_labels(value), "several" if several else "one")
        return Cell((_label(value),), "one")

    def messages(self) -> list[str]:
        """Say which spellings, and how many absent cells, were taken as missing, a line each."""
        taken = [
            f"{text} taken as missing: {n} {'cell' if n == 1 else 'cells'} of column {column}; "
            "--missing none keeps them"
            for (text, column), n in sorted(self._taken.items())
        ]
        return taken + [
            f"{n} {'record has' if n == 1 else 'records have'} no {column!r}: taken as missing"
            for column, n in sorted(self._absent.items())
        ]


def spelled_alike(labels: Iterable[str], known: Collection[str] = ()) -> dict[str, str]:
    """Map the labels of a column that are one number in two spellings to one of them.

    Parameters
    ----------
    labels
        All labels of the column.
    known
        Those of the codebook, if there is one; then its spelling is taken.

    Examples
    --------
    >>> spelled_alike(["1", "1.0", "2.0"])
    {'1.0': '1', '2.0': '2'}
    >>> spelled_alike(["1.0", "v1"]), spelled_alike(["1"], known=["1.0", "2.0"])
    ({}, {'1': '1.0'})
    """
    given = set(labels)
    if not all(map(_NUMBER.fullmatch, given)):
        return {}
    if known:
        by_value = {_whole(label): label for label in known}
        pairs = {label: by_value.get(_whole(label), label) for label in given - set(known)}
    else:
        pairs = {label: _whole(label) for label in given}
    return {label: pairs[label] for label in sorted(pairs) if pairs[label] != label}


def near_equal(labels: Mapping[str, int], column: str, what: str = "labels") -> list[str]:
    r"""Say which labels of a column differ only in case, accents' encoding or kinds of space.

    Parameters
    ----------
    labels
        How often each occurs.
    column
        Where they stand.
    what
        What they are, in the plural.

    Examples
    --------
    >>> print(*near_equal({"yes": 9, "Yes": 1, "no": 3}, "vote"))
    vote: 'yes' (9) and 'Yes' (1) differ only in case, spaces or encoding, and count as 2 labels
    """
    alike: dict[str, list[str]] = {}
    for label in sorted(labels, key=lambda label: -labels[label]):
        plain = unicodedata.normalize("NFKC", label).casefold()
        visible = "".join(
            " " if c.isspace() else c for c in plain if unicodedata.category(c) != "Cf"
        )
        alike.setdefault(" ".join(visible.split()), []).append(label)
    return [
        f"{column}: {' and '.join(f'{label!a} ({labels[label]})' for label in group)} differ only "
        f"in case, spaces or encoding, and count as {len(group)} {what}"
        for group in alike.values()
        if len(group) > 1
    ]


def _unpacked(text: str) -> Any:
    """Take a list or Label Studio's object out of the text that a spreadsheet made of it."""
    if text[:1] not in ("[", "{") or text[-1:] not in ("]", "}"):
        return text
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list) or (isinstance(value, dict) and "choices" in value):
            return value
    return text


def _label(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float) and not is_empty(value):
        return str(value).strip()
    raise ValueError(f"{value!r:.60} is not a label")


def _whole(label: str) -> str:
    found = _WHOLE.fullmatch(label)
    return found[1] if found else label
