"""What agreement figures allow one to say, and what limits them."""

from typing import Any

import pytest

from standfirst.intervals import Estimate
from standfirst.labels.reliability.cautions import verdict, warnings_on

CHANCE = "no better than chance: these annotations say nothing"
UNDECIDED = "undecided: from chance to reliable, too few units to tell"


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ((None,), "undefined"),
        ((0.0,), CHANCE),
        ((-0.25,), CHANCE),
        ((0.5, -0.1, 0.66), CHANCE),
        ((0.5, 0.0, 0.66), CHANCE),
        ((0.5, 0.0, 0.667), UNDECIDED),
        ((0.5, -0.1, 0.9), UNDECIDED),
        ((0.01,), "not reliable"),
        ((0.666,), "not reliable"),
        ((0.667,), "tentative conclusions"),
        ((0.799,), "tentative conclusions"),
        ((0.8,), "reliable"),
        ((0.5, 0.4, 0.6), "not reliable"),
        ((0.9, 0.8, 1.0), "reliable"),
        ((0.8, 0.7, 0.9), "reliable at best; tentative conclusions at worst"),
        ((0.7, 0.3, 0.75), "tentative conclusions at best; not reliable at worst"),
        ((0.7, 0.3, 0.9), "reliable at best; not reliable at worst"),
    ],
)
def test_krippendorffs_marks(figures: tuple[float, ...], said: str) -> None:
    """.667 and .800 divide what may be said, at both ends of the interval."""
    assert verdict(Estimate(*figures)) == said


def limits(alpha: Estimate | None = None, **changed: Any) -> tuple[str, ...]:
    """Ask what limits figures that nothing else limits."""
    usual = {
        "alpha": alpha or Estimate(0.85, 0.8, 0.9),
        "n_units": 50,
        "n_articles": 20,
        "by_article": True,
        "labels": [("for", 20), ("no", 30)],
        "repeated": 0,
    }
    return warnings_on(**{**usual, **changed})


def test_firm_figures_have_no_cautions() -> None:
    """A narrow interval over twenty articles with twenty answers a label has no note."""
    assert limits() == ()
    assert limits(Estimate(0.85, 0.75, 1.0)) == ()
    assert limits(Estimate(1.0, 0.9, 1.0)) == ()


@pytest.mark.parametrize(
    ("changed", "begins"),
    [
        ({"alpha": Estimate(None)}, ["only one label was ever used, so alpha is 0/0"]),
        ({"alpha": Estimate(0.9)}, ["no interval: too few units vary for one"]),
        (
            {"alpha": Estimate(1.0, 1.0, 1.0)},
            ["no two answers differ, so that the interval has no width; in other units up to 3 in"],
        ),
        ({"alpha": Estimate(0.9, 0.9, 0.9)}, []),
        ({"alpha": Estimate(0.5, 0.25, 0.75)}, ["the interval is 0.50 wide, too wide to say much"]),
        ({"alpha": Estimate(0.0, -0.1, 0.1)}, ["coders agree no better than chance"]),
        (
            {"alpha": Estimate(0.0)},
            ["coders agree no better than chance", "no interval: too few units vary"],
        ),
        ({"n_articles": 19}, ["the interval rests on 19 articles; take it as rough"]),
        ({"by_article": False}, ["articles are not known"]),
        ({"by_article": False, "n_articles": 3}, ["articles are not known"]),
        (
            {"labels": [("for", 0), ("no", 1), ("both", 19), ("so", 20), ("nor", 0)]},
            [
                "never used: for, nor",
                "hardly used, so their figures mean little: no (1), both (19)",
            ],
        ),
        ({"repeated": 1}, ["1 answers repeat a coder's answer on the same unit"]),
        (
            {"n_units": 0, "repeated": 2, "labels": [("for", 0)], "by_article": False},
            ["no unit has two answers", "2 answers repeat"],
        ),
        ({"n_units": 1, "n_articles": 1}, ["the interval rests on 1 articles"]),
    ],
)
def test_each_limit_is_said(changed: dict[str, Any], begins: list[str]) -> None:
    """One note for each limit, and none for what does not limit."""
    notes = limits(**changed)

    assert len(notes) == len(begins)
    assert all(note.startswith(said) for note, said in zip(notes, begins, strict=True))
