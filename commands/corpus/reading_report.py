"""What the user sees of how files are read: which column is taken for what, and what is odd."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..shared.options import say

__all__ = ["ReadingReport"]

_MOST_SHOWN = 10
_SAMPLE = 40


class ReadingReport:
    """Says once how the columns of files are taken, and counts what was odd in their articles."""

    def __init__(self) -> None:
        self._seen: set[tuple[tuple[str, str], ...]] = set()
        self._notes: Counter[tuple[str, str]] = Counter()

    def columns(self, file: str, record: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """Show which column holds what, with a sample; the same choice is shown once."""
        choice = tuple(columns.items())
        if "text" not in columns or choice in self._seen:
            return
        self._seen.add(choice)
        if len(self._seen) > _MOST_SHOWN:
            return
        taken = (f"{name} = {column} ({_sample(record[column])})" for name, column in choice)
        used = set(columns.values())
        rest = [str(name) for name in record if name not in used]
        kept = f"; kept beside: {', '.join(rest[:_MOST_SHOWN])}" if rest else ""
        say(_clean(f"{file}: {', '.join(taken)}{kept}"))

    def note(self, file: str, what: str) -> None:
        """Count what the user should know; a note that begins with ``!`` is of the whole file."""
        self._notes[file, what] += 1

    def end(self) -> None:
        """Say what was counted."""
        for (file, what), n in self._notes.items():
            say(_clean(f"{file}: {what[2:] if what.startswith('! ') else f'{n} articles {what}'}"))


def _sample(value: Any) -> str:
    from ...corpus.reading.fields import plain

    text = " ".join(plain(value).split())
    return f"{text[:_SAMPLE]}…" if len(text) > _SAMPLE else text or "empty"


def _clean(line: str) -> str:
    """Leave out what would move the cursor of a terminal."""
    return "".join(character if character.isprintable() else "?" for character in line)
