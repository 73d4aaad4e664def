"""What a reader of tables gives: a row with its line, or what is wrong with a row."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["RECORD_LIMIT", "TOO_LONG", "BadRow", "Row", "doubled"]

RECORD_LIMIT = 16 * 2**20
"""Longest record that is read, in bytes or characters; a longer one is no article."""

TOO_LONG = f"longer than {RECORD_LIMIT // 2**20} MB"
"""What is wrong with a record beyond the limit."""


class Row(NamedTuple):
    """A record of a table."""

    line: int
    """The line on which it begins (in Parquet: its number), from 1."""
    values: dict[str, Any]
    """Column to value."""


class BadRow(NamedTuple):
    """A record that cannot be used, or a file."""

    line: int | None
    """The line on which it begins, from 1; None when the whole file is meant."""
    problem: str
    """What is wrong with it."""
    remedy: str = ""
    """What its owner can do about it."""
    raw: bytes | str = b""
    """The record as it stands in the file."""


def doubled(columns: Iterable[str]) -> str:
    """Say which name two columns have, as one of them would hide the other; empty if none.

    Examples
    --------
    >>> doubled(["id", "text", "text"])
    "2 columns are named 'text'"
    """
    names = Counter(filter(None, columns)).most_common(1)
    return f"{names[0][1]} columns are named {names[0][0]!r}" if names and names[0][1] > 1 else ""
