from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.progress import progress
from standfirst.annotate.sample import (
    RULES,
    Pool,
    assign,
    draw,
    read_design,
    set_test_aside,
    write_design,
)
from standfirst.annotate.strata import strata_of
from standfirst.errors import InputError, StudyError, UnknownNameError
from standfirst.labels import Annotation


def units(n: int = 40) -> list[dict[str, Any]]:
    """Make units of outlets of unequal size: 1 in 8 is of the small one."""
    return [
        {
            "unit_id": f"u{i:03}",
            "article_id": f"a{i // 4}",
            "cluster": f"c{i // 8}",
            "text": "a court" if i % 10 == 0 else "a minister",
            "outlet": "Small" if i % 8 == 0 else "Large",
            "published": f"2026-0{1 + i % 3}-05",
        }
        for i in range(n)
    ]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_probabilities_are_true(rule: str) -> None:
    """Over many draws each unit comes as often as its probability says."""
    rows = units()
    by = ["cluster"] if rule == "one-per-cluster" else ["outlet"]
    strata = strata_of(rows, by) if rule != "random" else {}
    ids = [row["unit_id"] for row in rows]
    pool = Pool(ids, [strata.get(unit_id, "") for unit_id in ids])
    n, n_draws = 5 if rule == "one-per-cluster" else 12, 2000
    drawn: Counter[int] = Counter()
    told: dict[int, float] = {}
    for seed in range(n_draws):
        chosen, probabilities = RULES[rule].draw(pool, n, np.random.default_rng(seed))
        assert len(set(chosen)) == n
        drawn.update(chosen)
        told.update(zip(chosen, probabilities, strict=True))

    assert sum(told.values()) == pytest.approx(n)
    for place, probability in told.items():
        # Four standard errors of a share over the draws.
        error = 4 * (probability * (1 - probability) / n_draws) ** 0.5
        assert drawn[place] / n_draws == pytest.approx(probability, abs=error + 1e-9)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.integers(0, 30),
    st.sampled_from(["stratified", "equal"]),
)
def test_strata_add_up(sizes: list[int], more: int, rule: str) -> None:
    """Every stratum gets a unit, none more than it has, and all add up to what was asked."""
    strata = [f"s{i}" for i, size in enumerate(sizes) for _ in range(size)]
    pool = Pool([f"u{i}" for i in range(len(strata))], strata)
    n = min(len(sizes) + more, len(strata))
    chosen, probabilities = RULES[rule].draw(pool, n, np.random.default_rng(0))

    assert len(set(chosen)) == n
    assert {strata[i] for i in chosen} == set(strata)
    assert all(0 < p <= 1 for p in probabilities)


def test_rounds_do_not_overlap_and_order_does_not_matter(tmp_path: Path) -> None:
    """The test part comes first, later rounds draw from the rest, and the same seed repeats it."""
    test = set_test_aside(units(), 10, seed=3)
    first = draw(units(), 12, design=test, rule="equal", strata=strata_of(units(), ["outlet"]))
    second = draw(reversed(units()), 18, design=[*test, *first], coding_round="2")
    same = draw(units(), 18, design=[*test, *first], coding_round="2")
    write_design(tmp_path / "design.jsonl", [*test, *first, *second])

    assert second == same
    assert len({row.unit_id for row in [*test, *first, *second]}) == 40
    assert {row.probability for row in test} == {0.25}
    assert {row.part for row in test} == {"test"}
    assert read_design(tmp_path / "design.jsonl") == [*test, *first, *second]


def test_impossible_draws_are_refused() -> None:
    """Too many units, a second test part, a round's name twice, unknown names: one line each."""
    drawn = draw(units(), 4)
    with pytest.raises(StudyError, match="37 units wanted, 36 left of 40"):
        draw(units(), 37, design=drawn, coding_round="2")
    with pytest.raises(StudyError, match="round '1' is drawn already"):
        draw(units(), 1, design=drawn)
    with pytest.raises(StudyError, match="a test part would miss them"):
        set_test_aside(units(), 4, design=drawn)
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        draw(units(), 1, rule="randon")
    with pytest.raises(UnknownNameError, match="did you mean 'outlet'"):
        strata_of(units(), ["outlets"])
    with pytest.raises(InputError, match="at least 2"):
        draw(units(), 1, rule="stratified", strata=strata_of(units(), ["outlet"]))
    with pytest.raises(InputError, match="there are 5 clusters"):
        draw(units(), 6, rule="one-per-cluster", strata=strata_of(units(), ["cluster"]))


def test_work_is_dealt_out_evenly() -> None:
    """A fifth goes to two coders, never the same one twice, and all have about as much to do."""
    rows = assign(draw(units(), 40), ["ann", "bo", "cy"], overlap=0.2)
    load = Counter(coder for row in rows for coder in row.coders)

    assert sum(row.n_coders == 2 for row in rows) == 8
    assert all(len(set(row.coders)) == row.n_coders for row in rows)
    assert max(load.values()) - min(load.values()) <= 1
    with pytest.raises(InputError, match="one coder cannot overlap"):
        assign(rows, ["ann"], overlap=0.2)


def test_progress_counts_what_is_left() -> None:
    """Done, skipped and left per coder, and the time that the rest will take."""
    design = assign(draw(units(), 10), ["ann", "bo"], overlap=0.2)
    mine = [row.unit_id for row in design if "ann" in row.coders]
    rows = [
        Annotation(unit_id, "ann", "stance", (), "skipped" if i == 0 else "open", seconds=4.0 + i)
        for i, unit_id in enumerate(mine[:3])
    ]
    ann, bo = progress(design, rows)

    assert (ann.n_units, ann.n_done, ann.n_skipped, ann.n_open) == (len(mine), 3, 1, 2)
    assert (ann.seconds, ann.seconds_left) == (5.0, 5.0 * (len(mine) - 3))
    assert (bo.n_done, bo.seconds_left) == (0, None)


def test_progress_of_an_open_pool() -> None:
    """Where nobody was named, each reading uses up one that anybody may do."""
    design = assign(draw(units(), 4), [], overlap=0.5)
    rows = [Annotation(row.unit_id, "ann", "stance", ("x",)) for row in design[:3]]
    anybody, ann = progress(design, rows)

    assert (anybody.coder, anybody.n_left) == ("", 3)
    assert (ann.n_done, ann.n_left) == (3, 0)
