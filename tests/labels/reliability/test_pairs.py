"""Each pair of coders, held against these two alone."""

from dataclasses import replace

import pytest

from standfirst.labels import Agreement, Annotation, agreement
from standfirst.labels.reliability import pairs as pairs_module
from standfirst.tests.labels.reliability.test_alpha import answers, book, same


def of_two(rows: list[Annotation], kind: str, coders: tuple[str, str]) -> Agreement:
    """Measure the units that two coders share, without anybody else's answers."""
    both = [{row.unit_id: row for row in rows if row.coder == coder} for coder in coders]
    shared = [row for mine in both for unit, row in mine.items() if all(unit in x for x in both)]
    return agreement(shared, book(kind), draws=40)[0]


@pytest.mark.parametrize("block", [1, 4_000_000])
@pytest.mark.parametrize("kind", ["nominal", "ordinal", "multiple"])
def test_a_pair_is_measured_as_if_it_were_alone(
    kind: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alpha of two coders, its interval included, is that of their answers; one by one, or all."""
    monkeypatch.setattr(pairs_module, "_BLOCK", block)
    rows = answers(6, multiple=kind == "multiple")
    found = agreement(rows, book(kind), draws=40)[0]

    assert [pair.coders for pair in found.pairs] == [("ann", "bo"), ("ann", "cy"), ("bo", "cy")]
    for pair in found.pairs:
        alone = of_two(rows, kind, pair.coders)
        same(pair.alpha, alone.alpha)
        assert pair.n_units == alone.n_units
        assert pair.percent == pytest.approx(alone.other.percent)


def test_kappa_of_a_pair_is_scikit_learns() -> None:
    """Cohen's kappa of each pair; None where both gave one and the same answer throughout."""
    from sklearn.metrics import cohen_kappa_score

    rows = answers(7)
    for pair in agreement(rows, book("nominal"), draws=0)[0].pairs:
        one, other = ({r.unit_id: r.labels[0] for r in rows if r.coder == c} for c in pair.coders)
        shared = sorted(one.keys() & other.keys())
        expected = cohen_kappa_score([one[u] for u in shared], [other[u] for u in shared])
        assert pair.kappa == pytest.approx(expected)
    (alike,) = agreement(
        [replace(row, labels=("a",)) for row in rows if row.coder != "cy"], book("nominal"), draws=0
    )[0].pairs
    assert alike.kappa is None
    assert alike.percent == 1


def test_machines_are_compared_with_each_person_and_nothing_else() -> None:
    """They come last, no pair is of two machines, and no other figure changes."""
    rows = answers(8)
    machines = [
        replace(row, coder=f"llm:{name}")
        for name, coder in (("one", "ann"), ("two", "bo"))
        for row in answers(9)
        if row.coder == coder
    ]
    without = agreement(rows, book("nominal"), draws=20)[0]
    found = agreement(rows, book("nominal"), machines=machines, draws=20)[0]
    added = found.pairs[len(without.pairs) :]

    assert replace(found, pairs=without.pairs) == without
    assert [pair.coders for pair in added] == [
        (person, machine) for person in ("ann", "bo", "cy") for machine in ("llm:one", "llm:two")
    ]
    assert all(pair.has_machine for pair in added)
    assert not any(pair.has_machine for pair in without.pairs)
