"""What holds where coders differ, and what is recorded beside it."""

from dataclasses import replace
from pathlib import Path

import pytest

from standfirst.labels import (
    Annotation,
    Codebook,
    Dimension,
    Gold,
    Label,
    gold_dataset,
    read_gold,
    resolve,
    ties,
    write_gold,
)

OTHER = Label("x", "Other", alone=True)
SINGLE = Dimension("d", "?", tuple(Label(x, x) for x in "abc"))
MANY = Dimension("m", "?", (*(Label(x, x) for x in "abc"), OTHER), "multiple")
ANY = replace(MANY, required=False)


def book(*dimensions: Dimension) -> Codebook:
    """Make a codebook."""
    return Codebook("b", "t", "1", dimensions)


def said(dimension: Dimension, *answers: str, unit: str = "u") -> list[Annotation]:
    """Let each coder give an answer; each letter is a label."""
    return [
        Annotation(unit, f"c{i}", dimension.id, tuple(x), article_id=f"of {unit}")
        for i, x in enumerate(answers)
    ]


@pytest.mark.parametrize(
    ("dimension", "answers", "rule", "labels", "probability"),
    [
        (SINGLE, "a", "single", "a", None),
        (SINGLE, "a a", "unanimous", "a", 1),
        (SINGLE, "a a b b b", "majority", "b", 3 / 5),
        (SINGLE, "a b c c", "majority", "c", 1 / 2),
        (SINGLE, "a b", "tied", "", None),
        (SINGLE, "a b c", "tied", "", None),
        (MANY, "ab", "single", "ab", None),
        (MANY, "ab ab", "unanimous", "ab", 1),
        # a in 3 of 4, b in 1 of 4, c in none.
        (MANY, "a a ab b", "tied", "", None),
        (MANY, "a a a b", "majority", "a", 3 / 4),
        (MANY, "ab ab a bc", "majority", "ab", 3 / 4),
        (MANY, "a b c", "tied", "", None),
        (ANY, "a b c", "majority", "", 2 / 3),
        # Most chose "other", which does not stand beside what most chose as well.
        (ANY, "a a b ax", "majority", "a", 3 / 4),
        (ANY, "x x x a", "majority", "x", 3 / 4),
    ],
)
def test_each_rule(
    dimension: Dimension, answers: str, rule: str, labels: str, probability: float | None
) -> None:
    """The answer, how it came about, and the share of those who gave it."""
    rows = said(dimension, *answers.split())
    (found,) = [*resolve(rows, book(dimension)), *ties(rows, book(dimension))]

    assert (found.rule, "".join(found.labels)) == (rule, labels)
    assert found.probability == (None if probability is None else pytest.approx(probability))
    assert found.n_coders == len(rows)
    assert found.article_id == "of u"
    assert found.revision == book(dimension).revision


def test_votes_are_counted_by_label() -> None:
    """Each label has the number of coders who chose it; those without a vote are left out."""
    (found,) = resolve(said(MANY, "ab", "ab", "a", "c", "ab"), book(MANY))

    assert found.votes == (("a", 4), ("b", 3), ("c", 1))


@pytest.mark.parametrize(("least", "resolved"), [(0.7, True), (0.75, True), (0.8, False)])
def test_the_least_share_itself_is_enough(least: float, resolved: bool) -> None:  # noqa: FBT001
    """Three of four resolve with .75 as the least share; a tie keeps its share on record."""
    rows = said(SINGLE, "a", "a", "a", "b")
    left = ties(rows, book(SINGLE), least=least)

    assert bool(resolve(rows, book(SINGLE), least=least)) == resolved
    assert [(row.labels, row.probability) for row in left] == ([] if resolved else [((), 0.75)])


def test_unanimous_answers_need_no_least_share() -> None:
    """What all said, or the only coder, holds whatever the least share."""
    rows = [*said(SINGLE, "a", "a"), *said(SINGLE, "b", unit="v")]

    assert len(resolve(rows, book(SINGLE), least=1.0)) == 2


def test_units_stand_in_order_within_dimensions() -> None:
    """The codebook's dimensions one after the other, and units within them."""
    rows = [
        *said(ANY, "a", unit="u2"),
        *said(SINGLE, "a", unit="u2"),
        *said(SINGLE, "a", unit="u1"),
    ]
    found = resolve(rows, book(SINGLE, ANY))

    assert [(row.dimension, row.unit_id) for row in found] == [
        ("d", "u1"),
        ("d", "u2"),
        ("m", "u2"),
    ]


def decision(labels: str, when: str, coder: str = "chair", **changed: object) -> Annotation:
    """Make an adjudicator's decision."""
    made = Annotation("u", coder, "d", tuple(labels), round="adjudication", created=when)
    return replace(made, **changed)  # type: ignore[arg-type]


def test_the_latest_decision_counts() -> None:
    """Whoever took it; an open one decides nothing, and the coders' votes stay beside it."""
    rows = [
        decision("a", "2026-03-05", "vice"),
        decision("b", "2026-03-04"),
        decision("", "2026-03-06", "third", status="open"),
        *said(SINGLE, "c", "c", "b"),
    ]
    (found,) = resolve(rows, book(SINGLE))

    assert (found.labels, found.rule, found.probability) == (("a",), "adjudicated", None)
    assert (found.votes, found.n_coders, found.article_id) == ((("b", 1), ("c", 2)), 3, "of u")
    assert found.revision == book(SINGLE).revision


def test_a_decision_on_what_nobody_coded() -> None:
    """It stands alone, behind what was coded, with the article that it names."""
    rows = [
        decision("a", "2026-03-05", article_id="x"),
        *said(SINGLE, "c", unit="v"),
        decision("b", "2026-03-05", unit_id="v"),
    ]
    first, second = resolve(rows, book(SINGLE))

    assert (first.unit_id, first.labels, first.n_coders) == ("v", ("b",), 1)
    assert (second.unit_id, second.votes, second.n_coders, second.article_id) == ("u", (), 0, "x")


def test_a_decision_that_no_label_applies() -> None:
    """Of several labels none may be decided; of a single choice that is no decision."""
    none = Annotation("u", "chair", "m", (), round="adjudication")
    rows = [*said(ANY, "a", "b"), none, *said(SINGLE, "a", "a"), decision("", "2026-03-05")]
    found = {row.dimension: row for row in resolve(rows, book(SINGLE, ANY))}

    assert (found["m"].labels, found["m"].rule) == ((), "adjudicated")
    assert (found["d"].labels, found["d"].rule) == (("a",), "unanimous")


def test_gold_is_written_by_unit_and_dimension(tmp_path: Path) -> None:
    """Files stand in one order whatever was resolved first."""
    rows = [Gold("u2", "d", ("a",), "single"), Gold("u1", "m", (), "single")]
    write_gold(tmp_path / "gold.jsonl", [*rows, Gold("u1", "d", ("b",), "single")])

    assert [(row.unit_id, row.dimension) for row in read_gold(tmp_path / "gold.jsonl")] == [
        ("u1", "d"),
        ("u1", "m"),
        ("u2", "d"),
    ]


def test_gold_as_a_table() -> None:
    """One row a unit, with positions of labels, the rule and the probability by dimension."""
    gold = [
        Gold("u2", "m", ("b", "c"), "majority", 0.75, article_id="of u2"),
        Gold("u1", "d", ("c",), "single", article_id="of u1"),
        Gold("u2", "d", ("a",), "unanimous", 1.0, article_id="of u2"),
        Gold("u3", "m", (), "unanimous", 1.0, article_id="of u3"),
    ]
    table = gold_dataset(gold, book(SINGLE, MANY))

    assert table.features["m"].feature.names == ["a", "b", "c", "x"]
    assert table.to_list() == [
        {
            "unit_id": "u2", "article_id": "of u2",
            "d": 0, "d_rule": "unanimous", "d_probability": 1.0,
            "m": [1, 2], "m_rule": "majority", "m_probability": 0.75,
        },
        {
            "unit_id": "u1", "article_id": "of u1",
            "d": 2, "d_rule": "single", "d_probability": None,
            "m": None, "m_rule": None, "m_probability": None,
        },
        {
            "unit_id": "u3", "article_id": "of u3",
            "d": None, "d_rule": None, "d_probability": None,
            "m": [], "m_rule": "unanimous", "m_probability": 1.0,
        },
    ]  # fmt: skip
