"""The figures of the report, each drawn for a wide page and for a phone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from .drawing import COLOURS, Drawing, spread

__all__ = [
    "NARROW",
    "WIDE",
    "Mark",
    "Panel",
    "Point",
    "Row",
    "curves",
    "dots",
    "multiples",
    "reliability",
]

WIDE, NARROW = 720, 340
"""Widths in pixels."""

_TEXT = 7.4
"""Width of a letter at 13 pixels, in a wide font."""
_SMALL = 6.9


@dataclass(frozen=True, slots=True)
class Mark:
    """A number on a scale, with its interval where it has one."""

    series: str
    """Name of its series, a key of `COLOURS`."""
    value: float
    low: float | None = None
    high: float | None = None
    hint: str = ""
    """What the pointer shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a dot plot."""

    name: str
    marks: tuple[Mark, ...]
    hatched: bool = False
    """Whether nothing corrects its number."""


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a curve; the ends of its band are missing where nothing corrects it."""

    name: str
    value: float
    low: float | None
    high: float | None
    hint: str = ""
    beside: Mark | None = None
    """Another number for the same step, which `multiples` draws below it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One small plot among several on the same scale."""

    name: str
    points: tuple[Point, ...]


def percent(value: float) -> str:
    """Write a share as a tick of an axis.

    Examples
    --------
    >>> percent(0.125), percent(0.1)
    ('12.5 %', '10 %')
    """
    return f"{100 * value:.4g} %"


def dots(
    rows: Sequence[Row],
    title: str,
    width: int = WIDE,
    *,
    bounds: tuple[float, float] | None = None,
    lines: Sequence[float] = (),
    tick: Callable[[float], str] = percent,
) -> str:
    """Draw dots and intervals, one row a name.

    Parameters
    ----------
    rows
        What is drawn.
    title
        What is read aloud.
    width
        In pixels; a narrow plot has each name above its row.
    bounds
        Ends of the scale; from 0 to the largest number if None.
    lines
        Where to draw a line across all rows, such as what must be reached.
    tick
        Writes a number of the scale.
    """
    narrow = width < 500
    longest = max((len(row.name) for row in rows), default=0)
    left = 20.0 if narrow else min(longest * _TEXT + 16, width * 0.42)
    most_letters = int(((width - 16) if narrow else (left - 16)) / _TEXT)
    n_marks = max((len(row.marks) for row in rows), default=1)
    high = max(16.0, 11.0 * n_marks) + (22 if narrow else 8)
    ends = [v for r in rows for m in r.marks for v in (m.value, m.low, m.high) if v is not None]
    low_end, high_end = bounds or (min(0.0, *ends, 0.0), max([*ends, *lines], default=1.0))
    ticks = spread(low_end, high_end, 4 if narrow else 7)
    drawing = Drawing(width, high * len(rows) + 30)

    def x(value: float) -> float:
        share = (value - ticks[0]) / (ticks[-1] - ticks[0])
        return left + min(max(share, 0), 1) * (width - left - 24)

    bottom = high * len(rows) + 4
    for value in ticks:
        drawing.line((x(value), 2), (x(value), bottom), opacity=0.15)
        drawing.text(x(value), bottom + 18, tick(value), anchor="middle", size=12, faint=True)
    for value in lines:
        drawing.line((x(value), 2), (x(value), bottom), colour=COLOURS["bad"], dashed=True)
    for number, row in enumerate(rows):
        top = number * high + 2
        words = _cut(row.name, most_letters)
        drawing.text(
            8 if narrow else left - 12,
            top + (14 if narrow else high / 2 + 4),
            words,
            anchor="start" if narrow else "end",
        )
        first, room = top + (20 if narrow else 2), high - (24 if narrow else 8)
        if row.hatched:
            drawing.hatched(x(ticks[0]), first, x(ticks[-1]) - x(ticks[0]), room)
        step = room / max(len(row.marks), 1)
        for index, mark in enumerate(row.marks):
            _mark(drawing, mark, x, first + step * (index + 0.5))
    return drawing.svg(title)


def alphas(rows: Sequence[Row], title: str, width: int = WIDE) -> str:
    """Draw coefficients of agreement, with lines at .667 and .8."""
    low = min((m.value if m.low is None else m.low for row in rows for m in row.marks), default=0.0)
    bounds = (min(0.0, low), 1.0)
    return dots(rows, title, width, bounds=bounds, lines=(0.667, 0.8), tick="{:.1f}".format)


def _mark(drawing: Drawing, mark: Mark, x: Callable[[float], float], y: float) -> None:
    colour = COLOURS[mark.series]
    drawing.open(f"series {mark.series}", mark.hint)
    if mark.low is not None and mark.high is not None:
        drawing.line((x(mark.low), y), (x(mark.high), y), colour=colour, width=2.5)
    drawing.dot(x(mark.value), y, colour=colour, hollow=mark.series == "count")
    drawing.close()


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: max(most - 1, 1)] + "…"


def curves(panels: Sequence[Panel], title: str, width: int = WIDE) -> str:
    """Draw small multiples over time: a line with its band, hatched where nothing corrects it."""
    columns = 1 if width < 500 else 3
    each = (width - 8) / columns
    high = 150.0
    n_rows = -(-len(panels) // columns)
    drawing = Drawing(width, high * n_rows + 4)
    tops = [p.high if p.high is not None else p.value for panel in panels for p in panel.points]
    ticks = spread(0.0, max(tops, default=1.0) or 1.0, 4)
    for number, panel in enumerate(panels):
        left = (number % columns) * each + 46
        top = (number // columns) * high + 22
        room, down = each - 62, high - 56
        drawing.text(left - 38, top - 8, _cut(panel.name, int(each / _TEXT) - 1), bold=True)
        for value in ticks:
            y = top + down * (1 - value / ticks[-1])
            drawing.line((left, y), (left + room, y), opacity=0.15)
            drawing.text(left - 6, y + 4, percent(value), anchor="end", size=11, faint=True)
        _curve(drawing, panel, (left, top, room, down), ticks[-1])
    return drawing.svg(title)


def _curve(
    drawing: Drawing, panel: Panel, area: tuple[float, float, float, float], most: float
) -> None:
    left, top, room, down = area
    n = len(panel.points)
    step = room / max(n, 1)

    def at(number: int, value: float) -> tuple[float, float]:
        return left + step * (number + 0.5), top + down * (1 - min(value, most) / most)

    runs: list[list[int]] = [[]]
    for number, point in enumerate(panel.points):
        if point.low is None:
            drawing.hatched(left + step * number, top, step, down)
            runs.append([])
        else:
            runs[-1].append(number)
    for run in filter(None, runs):
        known = [(number, panel.points[number]) for number in run]
        up = [at(number, point.high or 0) for number, point in known]
        back = [at(number, point.low or 0) for number, point in reversed(known)]
        drawing.band([*up, *back], colour=COLOURS["corrected"])
        drawing.curve((at(i, p.value) for i, p in known), colour=COLOURS["corrected"])
    for number, point in enumerate(panel.points):
        series = "count" if point.low is None else "corrected"
        drawing.open(f"series {series}", point.hint)
        x, y = at(number, point.value)
        if point.low is not None and point.high is not None:
            bottom, high = at(number, point.low)[1], at(number, point.high)[1]
            drawing.line((x, bottom), (x, high), colour=COLOURS[series])
        drawing.dot(x, y, colour=COLOURS[series], radius=3, hollow=series == "count")
        drawing.close()
    shown = {0, n - 1} if n > 3 else set(range(n))
    for number in shown:
        anchor = "middle" if n == 1 else "start" if number == 0 else "end"
        x = left + (room / 2 if n == 1 else 0 if number == 0 else room)
        if n == 3 and number == 1:
            x, anchor = left + room / 2, "middle"
        name = panel.points[number].name
        drawing.text(x, top + down + 16, _cut(name, 12), anchor=anchor, size=11, faint=True)


def _scale(start: float, room: float, ticks: Sequence[float]) -> Callable[[float], float]:
    low, high = ticks[0], ticks[-1]
    return lambda value: start + room * min(max((value - low) / (high - low), 0), 1)


def _ticks(panels: Sequence[Panel], *, from_zero: bool) -> list[float]:
    marks = [m for one in panels for p in one.points for m in (p, p.beside) if m is not None]
    ends = [v for m in marks for v in (m.value, m.low, m.high) if v is not None]
    return spread(0.0 if from_zero else min(ends, default=0.0), max(ends, default=1.0) or 1.0, 4)


def multiples(
    panels: Sequence[Panel],
    title: str,
    width: int = WIDE,
    *,
    scale: Literal["from 0", "common", "own"] = "from 0",
    tick: Callable[[float], str] = percent,
) -> str:
    """Draw small multiples of dots and intervals, a row for each step of a panel.

    Parameters
    ----------
    panels
        What is drawn.
    title
        What is read aloud.
    width
        In pixels.
    scale
        One for all panels that begins at 0; one for all that reaches as far as the numbers do; or
        one for each panel, which shows small differences.
    tick
        Writes a number of the scale.
    """
    narrow = width < 500
    columns = 1 if narrow else 2
    each = (width - 8) / columns
    n_rows = max((len(panel.points) for panel in panels), default=0)
    step = 26.0 if any(p.beside for panel in panels for p in panel.points) else 18.0
    bottom = step * n_rows
    high = bottom + 52
    drawing = Drawing(width, high * -(-len(panels) // columns) + 4)
    longest = max((len(p.name) for panel in panels for p in panel.points), default=0)
    left = min(longest * _SMALL + 12, each * 0.45)
    for number, panel in enumerate(panels):
        corner = (number % columns) * each, (number // columns) * high
        start, top, room = corner[0] + left, corner[1] + 26, each - left - 30
        drawing.text(corner[0] + 4, top - 9, _cut(panel.name, int(each / _TEXT) - 2), bold=True)
        ticks = _ticks([panel] if scale == "own" else panels, from_zero=scale == "from 0")
        x_of = _scale(start, room, ticks)
        for value in ticks:
            x = x_of(value)
            opacity = 0.6 if value == 0 and ticks[0] < 0 else 0.15
            drawing.line((x, top), (x, top + bottom), opacity=opacity)
            drawing.text(x, top + bottom + 14, tick(value), anchor="middle", size=11, faint=True)
        for row, point in enumerate(panel.points):
            y = top + step * row + 9
            words = _cut(point.name, int((left - 10) / _SMALL))
            drawing.text(start - 8, y + 4, words, anchor="end", size=12)
            series = "count" if point.low is None else "corrected"
            if point.low is None:
                drawing.hatched(start, y - 7, room, 14)
            mark = Mark(series, point.value, point.low, point.high, point.hint)
            _mark(drawing, mark, x_of, y)
            if point.beside is not None:
                _mark(drawing, point.beside, x_of, y + 9)
    return drawing.svg(title)


def reliability(points: Sequence[tuple[float, Mark]], title: str, width: int = 340) -> str:
    """Draw how often labels hold against their probability; on the diagonal both are the same.

    Parameters
    ----------
    points
        Mean probability of each range, and the share in which the label holds.
    title
        What is read aloud.
    width
        In pixels.
    """
    left, top, room = 52.0, 8.0, width - 70.0
    drawing = Drawing(width, width - 8)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + room * x, top + room * (1 - y)

    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.line(at(0, value), at(1, value), opacity=0.12)
        drawing.line(at(value, 0), at(value, 1), opacity=0.12)
        x, y = at(value, 0)
        drawing.text(x, y + 16, percent(value), anchor="middle", size=11, faint=True)
        x, y = at(0, value)
        drawing.text(x - 6, y + 4, percent(value), anchor="end", size=11, faint=True)
    drawing.text(left + room / 2, top + room + 34, "probability", anchor="middle", size=12)
    drawing.line(at(0, 0), at(1, 1), dashed=True, opacity=0.5)
    drawing.curve((at(x, mark.value) for x, mark in points), colour=COLOURS["corrected"])
    for x, mark in points:
        drawing.open("series corrected", mark.hint)
        if mark.low is not None and mark.high is not None:
            drawing.line(at(x, mark.low), at(x, mark.high), colour=COLOURS["corrected"])
        drawing.dot(*at(x, mark.value), colour=COLOURS["corrected"])
        drawing.close()
    return drawing.svg(title)
