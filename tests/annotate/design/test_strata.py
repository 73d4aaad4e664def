"""What a draw can be stratified by, what it is to tell, and what scores its units."""

from typing import Any

import numpy as np
import pytest

from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.design.pool import Floats
from standfirst.annotate.design.scorers import score_units
from standfirst.annotate.design.strata import STRATA, strata_of
from standfirst.annotate.design.targets import Target, parse_target, targets_of
from standfirst.errors import InputError

UNIT = {
    "unit_id": "u1",
    "article_id": "a1",
    "cluster": "c1",
    "outlet": "Post",
    "published": "2026-03-05T10:00:00Z",
    "language": "en",
    "text": "A Court ruled.",
}


@pytest.mark.parametrize(
    ("name", "stratum"),
    [("outlet", "Post"), ("month", "2026-03"), ("article", "a1"), ("cluster", "c1")],
)
def test_each_stratum(name: str, stratum: str) -> None:
    """What the unit's columns say."""
    assert strata_of([UNIT], [name]) == {"u1": stratum}


def test_what_is_not_known_is_a_stratum_too() -> None:
    """Units without outlet, date or language are unknown; without a cluster the article counts."""
    bare = {"unit_id": 7, "article_id": "a1", "text": "x"}

    assert {name: strata_of([bare], [name])["7"] for name in sorted(STRATA)} == {
        "article": "a1",
        "cluster": "a1",
        "language": "unknown",
        "month": "unknown",
        "outlet": "unknown",
    }


def test_several_strata_are_combined() -> None:
    """In the order asked for, with the keyword last; case does not matter."""
    other = {**UNIT, "unit_id": "u2", "text": "Talks resume."}

    assert strata_of([UNIT, other], ["language", "outlet"], keyword="court") == {
        "u1": "en | Post | keyword",
        "u2": "en | Post | no keyword",
    }
    assert strata_of([UNIT]) == {"u1": ""}
    with pytest.raises(InputError, match=r"--keyword: '\(': .*mend the expression"):
        strata_of([UNIT], keyword="(")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("stance=for", Target("stance", "for")),
        ("stance=for:0.02", Target("stance", "for", 0.02)),
        (" stance = for :0.49", Target("stance", "for", 0.49)),
    ],
)
def test_targets(text: str, target: Target) -> None:
    """A dimension, a label, and how near it is to be known."""
    assert parse_target(text) == target
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stance", "write it as DIMENSION=LABEL:0.01"),
        ("=for", "write it as DIMENSION=LABEL:0.01"),
        ("stance=", "write it as DIMENSION=LABEL:0.01"),
        ("stance=for:", "half-width ''"),
        ("stance=for:wide", "half-width 'wide'"),
        ("stance=for:0", "half-width '0'"),
        ("stance=for:-0.1", "half-width '-0.1'"),
        ("stance=for:0.5", "half-width '0.5'"),
        ("stance=for:2", "half-width '2'"),
    ],
)
def test_what_is_no_target(text: str, said: str) -> None:
    """A half-width lies between 0 and .5."""
    with pytest.raises(InputError, match=said):
        parse_target(text)


def test_the_last_half_width_counts() -> None:
    """Of a label that several rounds are to tell; one without a width changes nothing."""
    asked = ["stance=for:0.03", "tone=cold:0.1", "", "stance=for:0.02", "stance=for", "tone=warm"]
    design = [
        Drawn(f"u{i}", "a", "coding", str(i), "precise", "", 0.5, 9, 0, target=target)
        for i, target in enumerate(asked)
    ]

    assert targets_of(design) == [Target("stance", "for", 0.02), Target("tone", "cold", 0.1)]


def test_units_are_scored_some_thousands_at_a_time() -> None:
    """Each scorer answers all units in order; what it has answered is told."""
    sizes: list[int] = []
    told: list[tuple[str, int, int, str]] = []

    def scorer(units: Any) -> dict[str, Floats]:
        sizes.append(len(units))
        p = np.array([[unit["n"], -unit["n"]] for unit in units])
        return {"stance": p, "tone": 2 * p}

    def other(units: Any) -> dict[str, Floats]:
        return {"tone": np.ones((len(units), 2)), "frame": np.ones((len(units), 1))}

    units = [{"n": i} for i in range(4500)]
    alone = score_units(units, [scorer], multiple=["tone", "frame"])
    both = score_units(units, [scorer, other], progress=lambda *row: told.append(row))
    (named,) = score_units(units, [scorer], dimension="stance").answers

    assert sizes == [2000, 2000, 500] * 3
    assert alone.answers[0]["tone"][:, 0].tolist() == [2 * i for i in range(4500)]
    assert alone.answers[0]["stance"][:, 1].tolist() == [-i for i in range(4500)]
    assert alone.multiple == {"tone"}
    assert [list(given) for given in both.answers] == [["tone"], ["tone"]]
    assert list(named) == ["stance"]
    assert told == [
        (f"model {k} scores", done, 4500, "units") for k in (1, 2) for done in (0, 2000, 4000, 4500)
    ]


def test_scorers_without_anything_in_common() -> None:
    """They are refused; no scorer at all gives no answers."""

    def of(name: str) -> Any:
        return lambda units: {name: np.ones((len(units), 2))}

    with pytest.raises(InputError, match="no dimension in common"):
        score_units([{}], [of("stance"), of("tone")])
    assert score_units([{}], []).answers == []
