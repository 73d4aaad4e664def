"""Shares as they are handed out: as lines, as JSON, as a tidy table, and in notebooks."""

from xml.etree import ElementTree as ET

from standfirst.measure.estimates.effects import Difference, Effect, Trend
from standfirst.measure.estimates.results import (
    Cell,
    DimensionShares,
    Estimate,
    LabelShares,
    Shares,
    columns,
)


def test_shares_are_drawn_above_their_table() -> None:
    """One picture a dimension with a mark for each estimate, and the tidy table below."""
    share = Estimate(0.2, 0.15, 0.26)
    labels = (
        LabelShares("<b>warm", Estimate(0.3), share, share, share, share),
        LabelShares("cold", Estimate(0.7)),
    )
    made = Shares((DimensionShares("tone", 2400, 290, labels, 410.0, 0.9),))
    html = made._repr_html_()
    picture, table = html.split("</svg>")
    root = ET.fromstring(picture + "</svg>")

    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 5
    assert "<table" in table
    assert "<b>" not in html


RATES = "40.0% [10.0%, 90.0%]"
GAP = Effect(0.125, -0.25, 0.5, 0.1, 0.2)
SLOPE = Effect(0.0123, 0.0021, 0.0227, 0.005, 0.0001)
WARM = LabelShares(
    "warm",
    Estimate(0.25),
    Estimate(0.5, 0.25, 0.75),
    None,
    Estimate(0.375, 0.25, 0.5),
    Estimate(0.4, 0.1, 0.9),
)
WHOLE = DimensionShares("tone", 2400, 290, (WARM,), 1410.2, 0.9)
FEW = DimensionShares("tone", 40, 1, (LabelShares("warm", Estimate(0.5)),))
FULL = Shares(
    (WHOLE,),
    (Cell("Post", (FEW,)),),
    (Difference("tone", "warm", "A", "B", 0.2, GAP, SLOPE, 0.03),),
    (Trend("tone", "warm", None, None, SLOPE, 0.014),),
    ("a note",),
    0.9,
)


def test_shares_as_lines() -> None:
    """Headed by what they rest on; then groups, differences, trends and notes."""
    assert repr(FULL).splitlines() == [
        "tone: 2,400 units, 290 coded; your 290 labels count as 1,410",
        "        count  gold only             predictive  corrected             Rogan-Gladen",
        f"  warm  25.0%  50.0% [25.0%, 75.0%]  -           37.5% [25.0%, 50.0%]  {RATES}",
        "",
        "[Post]",
        "tone: 40 units, 1 coded",
        "        count  gold only  predictive  corrected  Rogan-Gladen",
        "  warm  50.0%  -          -           -          -",
        "",
        "differences between groups",
        "               count   gold only                corrected                p      p (Holm)",
        "  warm  A - B  +0.200  +0.125 [-0.250, +0.500]  +0.012 [+0.002, +0.023]  <.001  0.030",
        "",
        "rise of the share in a month",
        "        count  gold only  corrected                   p      detectable",
        "  warm  -      -          +0.0123 [+0.0021, +0.0227]  <.001  0.0140",
        "note: a note",
    ]
    assert repr(Shares((FEW,))).splitlines() == [
        "tone: 40 units, 1 coded",
        "        count  gold only  predictive  corrected  Rogan-Gladen",
        "  warm  50.0%  -          -           -          -",
    ]


def test_shares_as_json() -> None:
    """What was not asked for is not there; ends of an interval only where there is one."""
    whole = {
        "n_units": 2400, "n_gold": 290, "worth": 1410.2, "lambda": 0.9,
        "labels": {
            "warm": {
                "count": {"share": 0.25},
                "gold": {"share": 0.5, "low": 0.25, "high": 0.75},
                "predictive": None,
                "corrected": {"share": 0.375, "low": 0.25, "high": 0.5},
                "rogan_gladen": {"share": 0.4, "low": 0.1, "high": 0.9},
            }
        },
    }  # fmt: skip
    made = FULL.as_json()

    assert made["dimensions"] == {"tone": whole}
    assert made["groups"]["Post"]["dimensions"]["tone"]["n_gold"] == 1
    assert made["differences"][0]["group"] == "A"
    assert made["differences"][0]["corrected"]["p"] == 0.0001
    assert made["trends"][0]["detectable"] == 0.014
    assert (made["level"], made["notes"]) == (0.9, ["a note"])
    assert Shares((WHOLE,)).as_json() == {
        "dimensions": {"tone": whole},
        "level": 0.95,
        "notes": [],
    }


def test_shares_as_a_tidy_table() -> None:
    """A row for each estimator, difference and slope; a trend of nothing has no row."""
    rows = list(FULL.rows())
    empty = dict.fromkeys(rows[0])

    assert len(rows) == 5 + 5 + 3 + 1
    assert rows[3] == {
        "kind": "share", "group": "", "dimension": "tone", "label": "warm",
        "estimator": "corrected", "share": 0.375, "low": 0.25, "high": 0.5,
        "n_units": 2400, "n_gold": 290, "worth": 1410.2, "p": None, "p_holm": None,
    }  # fmt: skip
    assert [row["estimator"] for row in rows[:5]] == [
        "count",
        "gold",
        "predictive",
        "corrected",
        "rogan_gladen",
    ]
    assert (rows[2]["share"], rows[2]["low"], rows[2]["high"]) == (None, None, None)
    assert (rows[5]["group"], rows[5]["share"], rows[5]["n_units"]) == ("Post", 0.5, 40)
    known = {"dimension": "tone", "label": "warm"}
    assert rows[10:] == [
        {
            **empty, **known, "kind": "difference", "group": "A - B",
            "estimator": "count", "share": 0.2,
        },
        {
            **empty, **known, "kind": "difference", "group": "A - B",
            "estimator": "gold", "share": 0.125, "low": -0.25, "high": 0.5, "p": 0.2,
        },
        {
            **empty, **known, "kind": "difference", "group": "A - B",
            "estimator": "corrected", "share": 0.0123, "low": 0.0021, "high": 0.0227,
            "p": 0.0001, "p_holm": 0.03,
        },
        {
            **empty, **known, "kind": "trend", "group": "by month",
            "estimator": "corrected", "share": 0.0123, "low": 0.0021, "high": 0.0227,
            "p": 0.0001,
        },
    ]  # fmt: skip
    assert FULL.to_pandas().shape == (14, 13)


def test_marks_of_a_figure() -> None:
    """A mark for each estimate but Rogan-Gladen, with its hint; labels by their names."""
    (row,) = WHOLE.drawn({"warm": "Warm"}.__getitem__)

    assert row.name == "Warm"
    assert [mark.series for mark in row.marks] == ["count", "gold", "corrected"]
    assert (row.marks[1].value, row.marks[1].low, row.marks[1].high) == (0.5, 0.25, 0.75)
    assert row.marks[1].hint == ("people's answers alone: 50.0% [25.0%, 75.0%]; 290 coded of 2,400")


def test_cells_stand_below_each_other() -> None:
    """Each column is as wide as its widest cell, and no line ends in blanks."""
    assert columns([["a", "bb", ""], ["ccc", "d", "e"]]) == ["  a    bb", "  ccc  d   e"]
    assert columns([["a", ""]], indent="") == ["a"]
    assert FULL["tone"] is WHOLE
