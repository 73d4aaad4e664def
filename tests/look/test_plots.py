"""Figures: every mark is where its number is, and no text becomes markup."""

import re
from xml.etree import ElementTree as ET

import pytest

from standfirst.look.drawing import spread
from standfirst.look.plots import (
    Mark,
    Panel,
    Point,
    Row,
    curves,
    dots,
    multiples,
    reliability,
)

SVG = "{http://www.w3.org/2000/svg}"


def test_dots_stand_on_their_scale() -> None:
    """Half of the scale is halfway between its ends, on a wide page and on a phone."""
    marks = tuple(Mark("corrected", value, value, value) for value in (0.0, 0.2, 0.4))
    for width in (720, 340):
        root = ET.fromstring(dots([Row("one", marks)], "Shares", width, bounds=(0.0, 0.4)))
        x = [float(dot.get("cx", "")) for dot in root.iter(f"{SVG}circle")]

        assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
        assert 0 < x[0] < x[2] < width


def test_text_is_no_markup() -> None:
    """Names and hints with signs of XML stay what they are; long names are cut."""
    name = "<b>&\"'" + "long " * 40
    drawn = dots([Row(name, (Mark("gold", 0.1, hint="<i>hint</i>"),))], "A <title>")
    root = ET.fromstring(drawn)

    assert root.get("aria-label") == "A <title>"
    assert any((one.text or "").startswith("<b>&") for one in root.iter(f"{SVG}text"))
    assert "<i>" in "".join(one.text or "" for one in root.iter(f"{SVG}title"))
    assert not list(root.iter(f"{SVG}b"))


def test_what_is_not_corrected_is_hatched_and_has_no_band() -> None:
    """A step without an interval interrupts the band."""
    points = [Point("1", 0.1, 0.05, 0.2), Point("2", 0.9, None, None), Point("3", 0.1, 0.05, 0.2)]
    with_gap = curves([Panel("warm", tuple(points))], "Months")
    whole = curves([Panel("warm", (points[0], points[2]))], "Months")

    assert with_gap.count("<polygon") == 2
    assert whole.count("<polygon") == 1
    assert with_gap.count("<line") > whole.count("<line") + 5
    assert re.search(r'class="series count"', with_gap)


def test_panels_and_reliability_hold_all_points() -> None:
    """One dot a point."""
    point = Point("as reported", 0.3, 0.2, 0.4)
    panels = [Panel(name, (point, point)) for name in ("warm", "cold", "flat")]

    assert multiples(panels, "Choices").count("<circle") == 6
    assert multiples(panels, "Choices", scale="own").count("<circle") == 6
    assert reliability([(0.1, Mark("corrected", 0.2))], "Reliability").count("<circle") == 1


@pytest.mark.parametrize("ends", [(0, 0.003), (0, 1), (-0.2, 0.9), (0.31, 0.33), (0, 1234)])
def test_axes_hold_their_ends(ends: tuple[float, float]) -> None:
    """Ticks are few, rise, and reach over both ends."""
    ticks = spread(*ends)

    assert ticks[0] <= ends[0]
    assert ticks[-1] >= ends[1]
    assert 2 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
