"""Drawings as SVG text: a few shapes, escaped, that look the same on a page and in a paper.

Colours are attributes and no styles, since the page's policy allows no inline style, and text takes
the colour of what it stands in, so that a drawing follows a dark page and is black by itself.
"""

from collections.abc import Iterable
from html import escape

__all__ = ["COLOURS", "Drawing", "spread"]

COLOURS = {
    "count": "#999999",
    "gold": "#e69f00",
    "predictive": "#56b4e9",
    "corrected": "#0072b2",
    "rogan_gladen": "#cc79a7",
    "good": "#009e73",
    "bad": "#d55e00",
}
"""Of the estimators, by name; they stay apart for the colour-blind (Okabe & Ito 2008)."""


class Drawing:
    """A drawing that grows shape by shape; the origin is at the top left, units are pixels."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._parts: list[str] = []

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        colour: str = "currentColor",
        width: float = 1,
        opacity: float = 1,
        dashed: bool = False,
    ) -> None:
        """Draw a straight line."""
        dash = ' stroke-dasharray="3 3"' if dashed else ""
        self._parts.append(
            f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
            f'stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"{dash}/>'
        )

    def dot(
        self, x: float, y: float, *, colour: str, radius: float = 4, hollow: bool = False
    ) -> None:
        """Draw a dot, or a ring."""
        fill = "none" if hollow else colour
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="1.5"/>'
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        colour: str,
        opacity: float = 1,
    ) -> None:
        """Draw a filled rectangle."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
            f'height="{max(height, 0):.1f}" fill="{colour}" fill-opacity="{opacity}"/>'
        )

    def hatched(self, x: float, y: float, width: float, height: float) -> None:
        """Hatch a rectangle, for what is not known."""
        step = 5
        for offset in range(0, int(width + height), step):
            left, right = max(offset - height, 0), min(offset, width)
            if left < right:
                self.line(
                    (x + left, y + offset - left),
                    (x + right, y + offset - right),
                    opacity=0.35,
                )

    def curve(self, points: Iterable[tuple[float, float]], *, colour: str) -> None:
        """Join points by straight lines."""
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(
            f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )

    def band(self, points: Iterable[tuple[float, float]], *, colour: str) -> None:
        """Fill the area within points."""
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polygon points="{way}" fill="{colour}" fill-opacity="0.2"/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "start",
        size: int = 13,
        bold: bool = False,
        faint: bool = False,
    ) -> None:
        """Write one line of text, its baseline at y."""
        weight = ' font-weight="600"' if bold else ""
        opacity = ' fill-opacity="0.75"' if faint else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="currentColor"{weight}{opacity}>{escape(words)}</text>'
        )

    def open(self, name: str, hint: str = "") -> None:
        """Begin a group that the page can hide by its name, with a hint for the pointer."""
        title = f"<title>{escape(hint)}</title>" if hint else ""
        self._parts.append(f'<g class="{escape(name)}">{title}')

    def close(self) -> None:
        """End the group."""
        self._parts.append("</g>")

    def svg(self, title: str) -> str:
        """Give the drawing; the title is what a screen reader reads."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img" '
            f'aria-label="{escape(title)}" font-family="system-ui, sans-serif">'
            f"<title>{escape(title)}</title>{''.join(self._parts)}</svg>"
        )


def spread(low: float, high: float, most: int = 6) -> list[float]:
    """Choose round numbers for an axis from low to high, both ends within them.

    Examples
    --------
    >>> spread(0, 0.37)
    [0.0, 0.1, 0.2, 0.3, 0.4]
    >>> spread(0, 0)
    [0.0, 1.0]
    """
    if high <= low:
        return [float(low), low + 1.0]
    for step in (10.0**power * lead for power in range(-4, 5) for lead in (1, 2, 5)):
        first, last = int(low // step), -int(-high // step)
        if last - first <= most - 1:
            return [round(number * step, 6) for number in range(first, last + 1)]
    return [low, high]
