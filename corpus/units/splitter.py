"""What the sentences of all languages share: lines, bullets, numbered lists, exact spans.

A line break ends a sentence: newsrooms end paragraphs, headings and list items with one, and
honouring it is worth more than the choice of library. Text that is wrapped at a fixed width must be
unwrapped first (`line_breaks.unwrap`), or each line would be a sentence.
"""

import re
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Span", "Splitter", "language_table", "lines", "parted_by_newlines"]

Span = tuple[int, int]
"""Start and end offset, in Unicode code points, the end exclusive."""

_LINE = re.compile(r"\S(?:[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*\S)?")
_OTHER_SEPARATORS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# So much of a piece decides whether the next goes on: one that never ends is not read over again.
_LOOK_BACK = 1000
_BULLETS = "•⁃▪◦●‣"
_BULLET = re.compile(rf" +(?=[{_BULLETS}]\s*\S)")
_ITEM = re.compile(r"\s*(?P<open>\(?)(?P<n>1|[aA])(?P<close>\.\)|\.|\))\s*(?=\S)")


def lines(text: str) -> Iterator[Span]:
    r"""Return the spans of a text's lines that hold more than blanks, without blanks at their ends.

    Examples
    --------
    >>> list(lines("Talks resume\n\n  The minister left. \n"))
    [(0, 12), (16, 34)]
    """
    if not parted_by_newlines(text):
        yield from (match.span() for match in _LINE.finditer(text))
        return
    at = 0
    for line in text.split("\n"):
        if stripped := line.strip():
            begin = at if line[0] == stripped[0] else at + len(line) - len(line.lstrip())
            yield begin, begin + len(stripped)
        at += len(line) + 1


def parted_by_newlines(text: str) -> bool:
    r"""Whether no line ends but with a newline.

    Examples
    --------
    >>> parted_by_newlines("Talks\n\nresume"), parted_by_newlines("Talks\r\nresume")
    (True, False)
    """
    # A loop, since `any` takes thrice as long.
    for separator in _OTHER_SEPARATORS:  # noqa: SIM110
        if separator in text:
            return False
    return True


@cache
def language_table() -> dict[str, dict[str, Any]]:
    """Return what `languages.toml` says of each language."""
    return tomllib.loads((files(__package__) / "languages.toml").read_text(encoding="utf-8"))


class Splitter(ABC):
    """Split a text, line by line, where a language breaks it and does not go on."""

    hints: tuple[str, ...] = ()
    """Texts without any of these need no look at `cuts`, bullets apart."""
    cuts: tuple[re.Pattern[str], ...] = (_BULLET,)
    """Where a line parts, whatever stands before."""

    @abstractmethod
    def breaks(self, text: str, lines: Sequence[Span]) -> list[int]:
        """Return the offsets, ascending, at which a sentence may begin; those of lines may lack."""

    @abstractmethod
    def goes_on(self, text: str, before: str, at: int) -> bool:
        """Whether the piece that starts at an offset belongs to the one before.

        `before` is the end of that one, without blanks.
        """

    def segment(self, text: str) -> list[Span]:
        """Return the sentences' spans, in order; no character but blanks is outside of them."""
        spans: list[Span] = []
        spans_of_lines = list(lines(text))
        breaks = self.breaks(text, spans_of_lines)
        # A last entry that no line reaches ends the list.
        breaks.append(len(text) + 1)
        goes_on = self.goes_on
        special = not text.isascii() and any(bullet in text for bullet in _BULLETS)
        for hint in self.hints:
            special = special or hint in text
        at = 0
        for first, end in spans_of_lines:
            begin = first
            while breaks[at] <= begin:
                at += 1
            inside = at
            while breaks[at] < end:
                at += 1
            parts = breaks[inside:at]
            listed = text[begin] in "(1aA" and _ITEM.match(text, begin, end)
            cuts = self._extra_cuts(text[begin:end], begin) if special or listed else []
            for cut in sorted({*parts, *cuts}) if cuts else parts:
                start = begin if cut - begin < _LOOK_BACK else cut - _LOOK_BACK
                before = text[start:cut].rstrip()
                if not before:
                    start, before = begin, text[begin:cut].rstrip()
                if before and (cut in cuts or not goes_on(text, before, cut)):
                    spans.append((begin, start + len(before)))
                    begin = cut
            spans.append(_trimmed(text, begin, end) if text[begin].isspace() else (begin, end))
        return spans

    def _extra_cuts(self, line: str, start: int) -> list[int]:
        """Find where a line parts that is left whole: bullets, lists that run on, "I. Did"."""
        cuts = [match.end() for rule in self.cuts for match in rule.finditer(line)]
        if (first := _ITEM.match(line)) is not None:
            cuts += _items(line, first)
        return [start + cut for cut in cuts]


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _items(line: str, first: re.Match[str]) -> list[int]:
    """Follow a list whose items count up ("1. ... 2. ... 3. ...") from its first one."""
    cuts = [first.start("open")]
    mark = first.group("n")
    at = first.end()
    while True:
        mark = str(int(mark) + 1) if mark.isdigit() else chr(ord(mark) + 1)
        marker = rf"(?<=\s){re.escape(first.group('open') + mark + first.group('close'))}\s*(?=\S)"
        match = re.compile(marker).search(line, at)
        if match is None:
            return cuts if len(cuts) > 1 else []
        cuts.append(match.start())
        at = match.end()
