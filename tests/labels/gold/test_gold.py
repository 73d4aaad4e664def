from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.errors import UnknownNameError
from standfirst.labels import (
    Annotation,
    Codebook,
    Dimension,
    Label,
    competence,
    read_gold,
    resolve,
    ties,
    write_gold,
)
from standfirst.labels.gold.dawid_skene import dawid_skene

LABELS = tuple(Label(x, x) for x in "abc")
BOOK = Codebook("b", "t", "1", (Dimension("d", "?", LABELS),))
MANY = Codebook("b", "t", "1", (Dimension("d", "?", LABELS, "multiple"),))


def votes(*cells: str, round: str = "") -> list[Annotation]:  # noqa: A002
    """Make one answer a coder on one unit."""
    return [Annotation("u", f"c{i}", "d", tuple(x), round=round) for i, x in enumerate(cells)]


@pytest.mark.parametrize(
    ("cells", "rule", "labels"),
    [
        ("a", "single", ("a",)),
        ("aa", "unanimous", ("a",)),
        ("aab", "majority", ("a",)),
        ("aabc", "majority", ("a",)),
    ],
)
def test_rules(cells: str, rule: str, labels: tuple[str, ...]) -> None:
    """One voice, all voices, most voices."""
    gold = resolve(votes(*cells), BOOK)[0]

    assert (gold.rule, gold.labels) == (rule, labels)


@given(st.permutations("aabbc"))
def test_ties_go_to_people_whatever_the_order(cells: list[str]) -> None:
    """No order and no alphabet decides a tie."""
    assert resolve(votes(*cells), BOOK) == []
    assert [(t.labels, t.votes) for t in ties(votes(*cells), BOOK)] == [
        ((), (("a", 2), ("b", 2), ("c", 1)))
    ]


def test_adjudication_stands_above_all() -> None:
    """An adjudicator, or a round of adjudication, overrules unanimity; the votes stay on record."""
    rows = [*votes("a", "a"), Annotation("u", "chair", "d", ("c",))]
    by_name = resolve(rows, BOOK, adjudicators=["chair"])[0]
    by_round = resolve([*votes("a", "a"), *votes("b", round="adjudication-1")], BOOK)[0]

    assert (by_name.labels, by_name.rule, by_name.votes) == (("c",), "adjudicated", (("a", 2),))
    assert by_round.labels == ("b",)


def test_multiple_choice_goes_label_by_label() -> None:
    """A label holds when most chose it; one tied label makes the answer a tie."""
    assert resolve(votes("ab", "ab", "ac"), MANY)[0].labels == ("a", "b")
    assert ties(votes("ab", "a"), MANY)[0].labels == ()
    assert ties(votes("a", "b", "c"), MANY)[0].rule == "tied"


def test_least_share() -> None:
    """A weak majority can be left to people."""
    assert resolve(votes("a", "a", "b"), BOOK, least=0.8) == []


def test_unknown_rule() -> None:
    """A rule that is not there is refused by name."""
    with pytest.raises(UnknownNameError, match="did you mean 'majority'"):
        resolve(votes("a"), BOOK, rule="majorty")


def crowd(seed: int) -> tuple[list[Annotation], dict[str, str]]:
    """Three careful coders and two who toss coins."""
    rng = np.random.default_rng(seed)
    truth = {f"u{i:03}": "abc"[rng.integers(3)] for i in range(300)}
    rows = []
    for unit, label in truth.items():
        for coder, skill in enumerate((0.9, 0.9, 0.85, 0.34, 0.34)):
            said = label if rng.random() < skill else "abc"[rng.integers(3)]
            rows.append(Annotation(unit, f"c{coder}", "d", (said,), article_id=unit[:3]))
    return rows, truth


@pytest.mark.parametrize("rule", ["dawid-skene", "dawid-skene-matrix"])
def test_dawid_skene_finds_who_knows(rule: str) -> None:
    """With bad coders in the crowd the model is right more often than the majority is."""
    rows, truth = crowd(0)

    def right(name: str) -> int:
        return sum(gold.labels == (truth[gold.unit_id],) for gold in resolve(rows, BOOK, rule=name))

    assert right(rule) > right("majority")


def test_the_model_decides_where_votes_are_even() -> None:
    """A clear majority stands; even votes go to the label of the coders who are right elsewhere."""
    rows, _ = crowd(1)
    even = [
        Annotation("even", coder, "d", (label,))
        for coder, label in (("c0", "a"), ("c1", "a"), ("c3", "b"), ("c4", "b"))
    ]

    plain = {one.unit_id: one for one in resolve([*rows, *even], BOOK)}
    both = {one.unit_id: one for one in resolve([*rows, *even], BOOK, rule="majority-dawid-skene")}

    assert "even" not in plain
    assert (both["even"].labels, both["even"].rule) == (("a",), "dawid-skene")
    assert all(both[unit].labels == one.labels for unit, one in plain.items())
    assert {both[unit].rule for unit in plain} <= {"majority", "unanimous"}


def test_nobody_is_measured_by_their_own_vote() -> None:
    """Of two who differ neither is half right, and where the others are even nothing is known."""
    differ = competence(votes("a", "b"), [])
    three = {one.coder: one for one in competence(votes("a", "b", "b"), [])}
    chair = Annotation("u", "chair", "d", ("a",))
    ruled = competence(
        [*votes("a", "b", "b"), chair],
        resolve([*votes("a", "b", "b"), chair], BOOK, adjudicators=["chair"]),
        adjudicators=["chair"],
    )

    assert [one.accuracy.value for one in differ] == [0, 0]
    assert three.keys() == {"c0"}
    assert three["c0"].accuracy.value == 0
    assert {one.coder: one.accuracy.value for one in ruled} == {"c0": 1, "c1": 0, "c2": 0}


def test_competence_has_intervals() -> None:
    """Careful coders and coin tossers are told apart."""
    rows, _ = crowd(1)
    found = {c.coder: c.accuracy for c in competence(rows, resolve(rows, BOOK, rule="dawid-skene"))}

    assert found["c0"].low is not None
    assert found["c3"].high is not None
    assert found["c0"].low > found["c3"].high


def test_dawid_skene_probabilities_add_up() -> None:
    """Each unit's probabilities and each row of the errors are distributions."""
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(50), 3)
    found = dawid_skene(unit, rng.integers(0, 7, 150), rng.integers(0, 4, 150), 4)

    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert np.allclose(found.confusion.sum(axis=2), 1, atol=1e-6)


def test_round_trip(tmp_path: Path) -> None:
    """Gold comes back from its file."""
    rows, _ = crowd(2)
    gold = resolve(rows, BOOK, rule="dawid-skene")
    write_gold(tmp_path / "gold.jsonl", gold)

    assert read_gold(tmp_path / "gold.jsonl") == sorted(gold, key=lambda row: row.unit_id)
