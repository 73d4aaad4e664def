"""Where coders differ, and what each clash costs."""

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations

import pytest

from standfirst.labels import Annotation, Codebook, Dimension, Label, agreement, disagreements
from standfirst.labels.reliability.disagreements import Clash, Reading
from standfirst.tests.labels.reliability.test_alpha import LABELS, answers, book

Answer = tuple[str, ...]


def units_of(rows: list[Annotation]) -> dict[str, list[Annotation]]:
    """Give the answers on each unit that has several."""
    units: dict[str, list[Annotation]] = defaultdict(list)
    for row in rows:
        units[row.unit_id].append(row)
    return {unit: of for unit, of in sorted(units.items()) if len(of) > 1}


def distance(kind: str, one: Answer, other: Answer, n_of: Counter[str]) -> float:
    """Give the squared distance as Krippendorff and Passonneau write it."""
    if kind == "ordinal":
        low, high = sorted((LABELS.index(one[0]), LABELS.index(other[0])))
        between = sum(n_of[label] for label in LABELS[low : high + 1])
        return (between - (n_of[LABELS[low]] + n_of[LABELS[high]]) / 2) ** 2
    if kind == "multiple":
        a, b = set(one), set(other)
        times = 2 / 3 if a < b or b < a else 1 / 3
        return 1 - len(a & b) / len(a | b) * times
    return 1


@pytest.mark.parametrize("kind", ["nominal", "ordinal", "multiple"])
def test_costs_are_shares_in_the_observed_disagreement(kind: str) -> None:
    """Each clash has its part of what alpha lacks of 1, by its distance; together all of it."""
    rows = answers(10, multiple=kind == "multiple")
    alpha = agreement(rows, book(kind), draws=0)[0].alpha.value
    assert alpha is not None
    units = units_of(rows)
    n_of = Counter(row.labels[0] for of in units.values() for row in of if row.labels)
    observed: dict[frozenset[Answer], float] = defaultdict(float)
    where: dict[frozenset[Answer], set[str]] = defaultdict(set)
    for unit, of in units.items():
        for one, other in combinations(of, 2):
            if one.labels != other.labels:
                key = frozenset((one.labels, other.labels))
                observed[key] += distance(kind, one.labels, other.labels, n_of) / (len(of) - 1)
                where[key].add(unit)
    whole = sum(observed.values())
    found = disagreements(rows, book(kind), most=1000, examples=2)

    assert len(found) == len(observed)
    assert {frozenset(clash.answers): clash.cost for clash in found} == pytest.approx(
        {key: (1 - alpha) * part / whole for key, part in observed.items()}
    )
    assert [clash.cost for clash in found] == sorted((c.cost for c in found), reverse=True)
    for clash in found:
        apart = where[frozenset(clash.answers)]
        assert clash.n_units == len(apart)
        assert len(clash.readings) >= min(2, len(apart))
        for reading in clash.readings:
            said = {row.coder: row.labels for row in rows if row.unit_id == reading.unit_id}
            assert reading.unit_id in apart
            assert reading.labels == tuple(said[coder] for coder in reading.coders)
            assert set(reading.labels) == set(clash.answers)
    assert disagreements(rows, book(kind), most=2, examples=2) == found[:2]


def test_a_clash_as_it_is_told() -> None:
    """Both answers, the cost, some units, and what the codebook says on the labels that differ."""
    labels = (
        Label("law", "Law", definition="Courts and rights.", exclude=("police: see order",)),
        Label("cost", "Cost", definition="Money."),
        Label("order", "Order", exclude=("courts: see law", "war: see army")),
    )
    frame = Dimension("frame", "?", labels, "multiple", required=False)
    said = {
        "u1": (("law", "cost"), ("cost", "order")),
        "u2": (("cost", "order"), ("law", "cost")),
        "u3": (("cost",), ("cost",)),
        "u4": (("law",), ()),
        "u5": (("law", "cost"), ("cost", "order")),
    }
    rows = [
        Annotation(unit, coder, "frame", chosen)
        for unit, both in said.items()
        for coder, chosen in zip(("ann", "bo"), both, strict=True)
    ]
    first, second = disagreements(rows, Codebook("b", "t", "1", (frame,)), examples=2)

    assert first.n_units == 3
    assert [reading.unit_id for reading in first.readings] == ["u1", "u2"]
    assert first.readings[1].coders == ("ann", "bo")
    assert str(replace(first, cost=0.5)).splitlines() == [
        "frame: law + cost / cost + order: costs 0.500, 3 units (u1, u2)",
        "    law: Courts and rights.",
        "    law, not: police: see order",
        "    order, not: courts: see law",
        "    order, not: war: see army",
    ]
    assert str(replace(second, cost=0.25)).splitlines() == [
        "frame: (none) / law: costs 0.250, 1 units (u4)",
        "    law: Courts and rights.",
        "    law, not: police: see order",
    ]


def test_nothing_to_rank() -> None:
    """Where all agree, where one label rules, and where nobody overlaps there are no clashes."""
    rows = answers(11)
    agreed = [replace(row, labels=(LABELS[int(row.unit_id[1:]) % 5],)) for row in rows]

    assert disagreements(agreed, book("nominal")) == []
    assert disagreements([replace(row, labels=("a",)) for row in rows], book("nominal")) == []
    assert disagreements([row for row in rows if row.coder == "bo"], book("nominal")) == []


def test_decisions_are_no_side_of_a_clash() -> None:
    """An adjudicator's answers are set aside, and so are those of another dimension."""
    rows = [
        Annotation("u1", "ann", "d", ("a",)),
        Annotation("u1", "bo", "d", ("b",)),
        Annotation("u1", "chair", "d", ("c",)),
        Annotation("u2", "ann", "d", ("a",)),
        Annotation("u2", "bo", "d", ("a",)),
    ]

    (clash,) = disagreements(rows, book("nominal"), adjudicators=["chair"])
    reading = Reading("u1", ("ann", "bo"), (("a",), ("b",)))

    assert clash.cost == pytest.approx(1)
    assert replace(clash, cost=1.0) == Clash("d", (("a",), ("b",)), 1.0, 1, (reading,), ())
