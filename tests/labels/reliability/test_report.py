"""What agreement looks like: as lines, as plain values, as gates, in a notebook."""

from html import escape
from typing import Any

import pytest

from standfirst.intervals import Estimate
from standfirst.labels import (
    Agreement,
    Annotation,
    Codebook,
    Dimension,
    Label,
    agreement,
    agreement_as_json,
    agreement_as_text,
    missed_gate,
)
from standfirst.labels.reliability.agreement import LabelAgreement, RoundAgreement
from standfirst.labels.reliability.coefficients import Coefficients
from standfirst.labels.reliability.pairs import Pair


def test_notebooks_show_alpha_and_what_limits_it() -> None:
    """A picture of alpha, a row for each label, and the cautions; no markup of a name."""
    labels = (Label("<i>for", "For"), Label("no", "No"))
    book = Codebook("b", "t", "1", (Dimension("stance", "?", labels),))
    rows = [
        Annotation(f"u{i}", coder, "stance", (labels[(i + (coder == "bo" and i == 3)) % 2].id,))
        for i in range(8)
        for coder in ("ann", "bo")
    ]
    (made,) = agreement(rows, book)
    html = made._repr_html_()

    assert html.startswith("<svg")
    assert "<circle" in html
    assert html.count("<tr>") == 3
    assert "<i>" not in html
    assert all(escape(warning) in html for warning in made.warnings)


LABELS = (
    LabelAgreement("for", Estimate(0.5, 0.25, 0.75), 0.25, 6),
    LabelAgreement("against", Estimate(None), 0.125, 3),
)
ROUNDS = (
    RoundAgreement("", Estimate(None), 0, 1),
    RoundAgreement("two", Estimate(0.75, 0.5, 0.875), 12, 3),
)


RESTS = "3 units coded once; intervals over 24 articles"


def pair(one: str, other: str, n_units: int) -> Pair:
    """Make the figures of two coders."""
    return Pair((one, other), n_units, 0.75, None, Estimate(0.5))


def made(**changed: Any) -> Agreement:
    """Make figures by hand, with nothing but labels and coefficients."""
    usual: dict[str, Any] = {
        "dimension": "stance",
        "metric": "nominal",
        "alpha": Estimate(0.75, 0.5, 0.875),
        "other": Coefficients(0.9, 0.625, None, 0.7),
        "n_units": 1200,
        "n_answers": 2500,
        "n_single": 3,
        "n_coders": 4,
        "n_articles": 24,
        "by_article": True,
        "labels": LABELS,
        "pairs": (),
        "rounds": (),
        "warnings": (),
    }
    return Agreement(**{**usual, **changed})


def test_figures_as_lines() -> None:
    """Alpha with what it allows, what it rests on, coefficients, labels, pairs, rounds, notes."""
    people = (pair("ann", "bo", 10), pair("ann", "cy", 12), pair("bo", "cy", 10))
    found = made(pairs=(*people, pair("ann", "llm:q", 7)), rounds=ROUNDS, warnings=("few", "old"))

    assert list(agreement_as_text([found])) == [
        "stance: alpha .750 [.500, .875] (nominal) - reliable at best; not reliable at worst",
        f"  1200 units with two or more answers, 4 coders, 2500 answers, {RESTS}",
        "  percent 0.900   Cohen 0.625   Fleiss undefined   AC1 0.700",
        "    for      .500 [.250, .750]     25.0 %",
        "    against  undefined             12.5 %",
        "    ann / cy: .500, 12 units",
        "    ann / bo: .500, 10 units",
        "    bo / cy: .500, 10 units",
        "    ann / llm:q (a machine): .500, 7 units",
        "    round (no round): undefined, 0 units",
        "    round two: .750 [.500, .875], 12 units",
        "  note: few",
        "  note: old",
    ]


def test_what_the_lines_leave_out() -> None:
    """One pair of people says what alpha says; of many pairs those who share most are told."""
    two = list(agreement_as_text([made(pairs=(pair("ann", "bo", 9),), by_article=False)]))
    crowd = tuple(pair("ann", f"c{i:02}", i) for i in range(17))
    many = list(agreement_as_text([made(pairs=crowd, labels=())]))
    fifteen = list(agreement_as_text([made(pairs=crowd[:15], labels=())]))

    assert not any(" / " in line for line in two)
    assert two[1].endswith("; intervals over 24 units")
    assert many[3:] == [
        *(f"    ann / c{i:02}: .500, {i} units" for i in range(16, 1, -1)),
        "    ... and 2 more pairs (--json has all)",
    ]
    assert len(fifteen) == 18
    assert list(agreement_as_text([made(n_coders=0), made()]))[:2] == [
        "stance: no answers yet",
        "stance: alpha .750 [.500, .875] (nominal) - reliable at best; not reliable at worst",
    ]


def test_figures_as_plain_values() -> None:
    """Programs get every figure, undefined ones as None."""
    found = made(pairs=(pair("ann", "llm:q", 7),), rounds=ROUNDS, warnings=("few",))

    assert agreement_as_json([found]) == {
        "dimensions": {
            "stance": {
                "alpha": 0.75, "low": 0.5, "high": 0.875, "metric": "nominal",
                "percent": 0.9, "cohen": 0.625, "fleiss": None, "ac1": 0.7,
                "n_units": 1200, "n_answers": 2500, "n_single": 3, "n_coders": 4,
                "n_articles": 24, "resampled": "articles",
                "labels": {
                    "for": {
                        "alpha": 0.5, "low": 0.25, "high": 0.75,
                        "prevalence": 0.25, "n_answers": 6,
                    },
                    "against": {
                        "alpha": None, "low": None, "high": None,
                        "prevalence": 0.125, "n_answers": 3,
                    },
                },
                "pairs": [
                    {
                        "coders": ["ann", "llm:q"], "machine": True, "n_units": 7,
                        "percent": 0.75, "kappa": None, "alpha": 0.5, "low": None, "high": None,
                    }
                ],
                "rounds": [
                    {
                        "alpha": None, "low": None, "high": None,
                        "round": "", "n_units": 0, "n_coders": 1,
                    },
                    {
                        "alpha": 0.75, "low": 0.5, "high": 0.875,
                        "round": "two", "n_units": 12, "n_coders": 3,
                    },
                ],
                "warnings": ["few"],
            }
        }
    }  # fmt: skip
    assert (
        agreement_as_json([made(by_article=False)])["dimensions"]["stance"]["resampled"] == "units"
    )


@pytest.mark.parametrize(
    ("gate", "lower", "said"),
    [
        (None, None, None),
        (0.75, 0.5, None),
        (0.76, None, "stance: alpha 0.750 is below 0.76"),
        (0.76, 0.6, "stance: alpha 0.750 is below 0.76"),
        (0.5, 0.6, "stance: the interval begins at 0.500, below 0.6"),
        (None, 0.6, "stance: the interval begins at 0.500, below 0.6"),
    ],
)
def test_gates(gate: float | None, lower: float | None, said: str | None) -> None:
    """What reaches a gate passes; alpha is told before its interval."""
    assert missed_gate([made()], gate, lower) == ([] if said is None else [said])


def test_what_is_undefined_reaches_no_gate() -> None:
    """Neither an undefined alpha nor one without an interval."""
    undefined, alone = made(alpha=Estimate(None)), made(alpha=Estimate(0.9))

    assert missed_gate([undefined], 0.0, None) == ["stance: alpha undefined is below 0"]
    assert missed_gate([alone], 0.8, None) == []
    assert missed_gate([alone], 0.8, 0.5) == ["stance: the interval begins at undefined, below 0.5"]


def test_rounds_are_drawn_where_there_are_several() -> None:
    """One mark for all, and one for each round that has an alpha."""
    alone, several = made(rounds=ROUNDS[1:]).drawn(), made(rounds=ROUNDS).drawn()

    assert [row.name for row in alone] == ["stance, all"]
    assert [row.name for row in several] == ["stance, all", "stance, round two"]
    assert [(mark.value, mark.low, mark.high) for mark in several[1].marks] == [(0.75, 0.5, 0.875)]
    assert several[0].marks[0].hint == "alpha .750 [.500, .875], 1,200 units"
    assert made(alpha=Estimate(None)).drawn() == []
    assert repr(made()) == (
        "Agreement on stance: alpha .750 [.500, .875] (nominal), "
        "1,200 units with two or more answers, 4 coders"
    )
