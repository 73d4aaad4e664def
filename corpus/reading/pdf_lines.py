"""From the lines of a PDF to its paragraphs, by where the lines stand.

A PDF has no paragraphs, only lines with a place and a size. pypdf gives them in the order in which
they were written, which follows columns (pdfminer.six, which groups them itself, mixes the words of
justified lines). Lines are joined where they follow each other in the same size and at the usual
distance; a word that was divided at a line's end is made whole, and what stands on each page at its
head or foot is left out.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Any

from ..line_breaks import ended, joined

__all__ = ["Line", "paragraphs", "text_and_lines"]

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": ""}
)
_FAR, _VERY_FAR = 1.25, 1.7
"""Distances of lines, by the usual one, that part paragraphs: after an end, and always."""
_SAME_SIZE = 0.1
_FEWEST_PAGES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a page."""

    text: str
    x: float
    """Where it begins, in points from the left."""
    y: float
    """Where it stands, in points from below."""
    size: float
    """Size of its letters, in points."""


def text_and_lines(page: Any) -> tuple[str, list[Line]]:
    """Give the plain text of a page of pypdf, and its lines in the order of writing."""
    lines: list[Line] = []
    pieces: list[str] = []
    start: tuple[float, float, float] | None = None

    def end() -> None:
        nonlocal start
        text = re.sub(r"\s+", " ", "".join(pieces)).strip().translate(_LIGATURES)
        if text and start is not None:
            lines.append(Line(text, *start))
        pieces.clear()
        start = None

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], _: Any, size: float) -> None:
        nonlocal start
        for number, piece in enumerate(text.split("\n")):
            if number:
                end()
            if piece.strip() and start is None:
                x, y = tm[4], tm[5]
                scale = abs(tm[3] * cm[3]) or 1.0
                start = (
                    x * cm[0] + y * cm[2] + cm[4],
                    x * cm[1] + y * cm[3] + cm[5],
                    float(size) * scale,
                )
            pieces.append(piece)

    text = page.extract_text(visitor_text=visit)
    end()
    return text, lines


def paragraphs(
    pages: Iterable[Sequence[Line]], *, report: Callable[[str], object] = str
) -> list[str]:
    """Join the lines of pages to paragraphs.

    Parameters
    ----------
    pages
        The lines of each page, in reading order.
    report
        Takes what was left out.

    Examples
    --------
    >>> lines = [("Talks re-", 700), ("sume now.", 688), ("Nobody left.", 660), ("All stay.", 648)]
    >>> paragraphs([[Line(text, 72, y, 10) for text, y in lines]])
    ['Talks resume now.', 'Nobody left. All stay.']
    """
    given = [list(page) for page in pages]
    furniture = _furniture(given)
    kept = [[line for line in page if _shape(line) not in furniture] for page in given]
    if n_left := sum(map(len, given)) - sum(map(len, kept)):
        report(f"{n_left} lines at the head or foot of pages are left out")
    written = " ".join(line.text for page in kept for line in page)
    made: list[list[str]] = []
    for page in kept:
        usual = _leading(page)
        before: Line | None = None
        for line in page:
            if before is None:
                # A sentence that is not at its end goes on over the page.
                parted = not made or ended(made[-1][-1]) or not line.text[0].islower()
            else:
                parted = _parted(before, line, usual)
            if parted:
                made.append([])
            made[-1].append(line.text)
            before = line
    return [joined(texts, written) for texts in made]


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _furniture(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """Find what stands at the head or foot of pages again and again, whatever its numbers."""
    edges = Counter(
        shape for page in pages for shape in {_shape(line) for line in (*page[:1], *page[-1:])}
    )
    least = max(_FEWEST_PAGES, len(pages) // 2)
    return frozenset(shape for shape, n in edges.items() if n >= least)


def _leading(page: Sequence[Line]) -> float:
    """Give the usual distance between the lines of a page, by the size of their letters."""
    gaps = [
        (above.y - below.y) / max(above.size, 1.0)
        for above, below in pairwise(page)
        if above.y > below.y and _same_size(above, below)
    ]
    return median_low(gaps) if gaps else 1.2


def _same_size(above: Line, below: Line) -> bool:
    return abs(above.size - below.size) <= _SAME_SIZE * max(above.size, below.size)


def _parted(above: Line, below: Line, usual: float) -> bool:
    """Tell whether a new paragraph begins with a line."""
    if not _same_size(above, below):
        return True
    gap = (above.y - below.y) / max(above.size, 1.0)
    if gap > _VERY_FAR * usual:
        return True
    indented = below.x - above.x > 0.8 * above.size
    # In the middle of a sentence nothing but a heading or a wide gap ends a paragraph; a line
    # further up stands in the next column.
    return ended(above.text) and (gap > _FAR * usual or gap < 0 or indented)
