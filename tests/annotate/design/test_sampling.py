from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.answers.status import workloads
from standfirst.annotate.design.sampling import (
    MODEL_RULES,
    RULES,
    Aim,
    Pool,
    Scores,
    assign,
    assist,
    closed_units,
    draw,
    read_design,
    set_test_aside,
    write_design,
)
from standfirst.annotate.design.strata import strata_of
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


@pytest.mark.parametrize("rule", sorted(set(RULES) - set(MODEL_RULES)))
def test_probabilities_are_true(rule: str) -> None:
    """Over many draws each unit comes as often as its probability says."""
    rows = units()
    by = ["cluster"] if rule == "one-per-cluster" else ["outlet"]
    strata = strata_of(rows, by) if rule != "random" else {}
    ids = [row["unit_id"] for row in rows]
    pool = Pool(ids, [strata.get(unit_id, "") for unit_id in ids])
    n, n_draws = 5 if rule == "one-per-cluster" else 12, 2000
    drawn: Counter[int] = Counter()
    stated: dict[int, float] = {}
    for seed in range(n_draws):
        chosen, probabilities, _ = RULES[rule].draw(pool, n, np.random.default_rng(seed))
        assert len(set(chosen)) == n
        drawn.update(chosen)
        stated.update(zip(chosen, probabilities, strict=True))

    assert sum(stated.values()) == pytest.approx(n)
    for place, probability in stated.items():
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
    chosen, probabilities, _ = RULES[rule].draw(pool, n, np.random.default_rng(0))

    assert len(set(chosen)) == n
    assert {strata[i] for i in chosen} == set(strata)
    assert all(0 < p <= 1 for p in probabilities)


def test_rounds_do_not_overlap_and_order_does_not_matter(tmp_path: Path) -> None:
    """The test part comes first, later rounds draw from the rest, and the same seed repeats it."""
    test = set_test_aside(units(), 10, seed=3)
    first = draw(units(), 12, design=test, rule="equal", strata=strata_of(units(), ["outlet"]))
    second = draw(reversed(units()), 9, design=[*test, *first], coding_round="2")
    same = draw(units(), 9, design=[*test, *first], coding_round="2")
    write_design(tmp_path / "design.jsonl", [*test, *first, *second])

    assert second == same
    assert len({row.unit_id for row in [*test, *first, *second]}) == 31
    assert {row.n_pool for row in second} == {first[0].n_pool - 12}
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


def test_a_line_says_all_that_is_known_of_the_draw() -> None:
    """Round, rule, stratum, chance, pool, seed; mix, models and target where a model is asked."""
    distance = np.ones(40).cumsum()
    plain = draw(
        units(), 6, rule="equal", strata=strata_of(units(), ["outlet"]), coding_round="x", seed=9
    )
    asked = draw(
        units(),
        6,
        rule="coreset",
        scores=Scores(distance=distance),
        aim=Aim(mix=0.5),
        models=["minilm"],
        target="stance=for",
    )

    for row in plain:
        n_stratum = 5 if row.stratum == "Small" else 35
        assert row == replace(
            row, part="coding", round="x", rule="equal", seed=9, n_pool=40, mix=None, models=()
        )
        assert row.probability == pytest.approx(3 / n_stratum)
        assert row.article_id == f"a{int(row.unit_id[1:]) // 4}"
        assert row.stratum == ("Small" if int(row.unit_id[1:]) % 8 == 0 else "Large")
    assert {(row.mix, row.models, row.target) for row in asked} == {
        (0.5, ("minilm",), "stance=for")
    }
    assert {row.seed for row in asked} == {0}
    assert draw(units(), 6, seed=1) != draw(units(), 6, seed=2)
    assert {row.models for row in draw(units(), 2, models=["minilm"])} == {()}


def test_strata_are_mixed_for_coders() -> None:
    """What was drawn stratum by stratum does not stand so, in hardly any of twenty draws."""
    sorted_ = 0
    for seed in range(20):
        rows = draw(units(), 12, rule="equal", strata=strata_of(units(), ["outlet"]), seed=seed)
        strata = [row.stratum for row in rows]
        sorted_ += strata == sorted(strata)

    assert sorted_ < 3


def test_rounds_of_one_seed_are_drawn_independently() -> None:
    """A second round with the first one's seed does not draw the same positions again."""
    first = draw(units(), 10, seed=5)
    position = {row["unit_id"]: i for i, row in enumerate(units())}
    rest = [row["unit_id"] for row in units() if row["unit_id"] not in {r.unit_id for r in first}]
    second = draw(units(), 10, design=first, coding_round="2", seed=5)

    assert [rest.index(row.unit_id) for row in second] != [position[row.unit_id] for row in first]


def test_all_that_is_left_can_be_drawn() -> None:
    """The last unit can be drawn, and none cannot; what the test part closes is said."""
    test = set_test_aside(units(), 4)
    n_left = 40 - len(closed_units(units(), test))

    assert len(draw(units(), n_left, design=test)) == n_left
    assert len(draw(units(), 1)) == 1
    with pytest.raises(InputError, match="0 units wanted; draw at least one"):
        draw(units(), 0)
    closed = rf"{n_left + 1} units wanted, {n_left} left of 40 \({40 - n_left} belong to the test"
    with pytest.raises(StudyError, match=closed):
        draw(units(), n_left + 1, design=test)


@pytest.mark.parametrize(("n_clusters", "n"), [(5, 5), (5, 2), (1, 1)])
def test_one_of_each_cluster(n_clusters: int, n: int) -> None:
    """Each unit drawn has n by the clusters times the units of its own; no cluster comes twice."""
    strata = [f"c{i % n_clusters}" for i in range(17)]
    made = Pool([f"u{i}" for i in range(17)], strata)
    chosen, chances, names = RULES["one-per-cluster"].draw(made, n, np.random.default_rng(0))

    assert list(names) == [strata[i] for i in chosen]
    assert len(set(names)) == n
    assert list(chances) == pytest.approx([n / (n_clusters * strata.count(c)) for c in names])


def test_scores_must_be_those_of_the_pool() -> None:
    """Arrays of another length, a draw without a random part, a wrong power: refused."""
    with pytest.raises(InputError, match="scores of 7 units for a pool of 40"):
        draw(units(), 4, rule="coreset", scores=Scores(distance=np.ones(7)))
    with pytest.raises(InputError, match="--mix: 0; use a share above 0"):
        draw(units(), 4, rule="coreset", scores=Scores(distance=np.ones(40)), aim=Aim(mix=0))
    with pytest.raises(InputError, match=r"--mix: 1\.5; use a share above 0"):
        draw(units(), 4, rule="coreset", scores=Scores(distance=np.ones(40)), aim=Aim(mix=1.5))
    with pytest.raises(InputError, match="scores of 9 units for a pool of 40"):
        draw(units(), 4, scores=Scores([{"stance": np.ones((40, 2)), "tone": np.ones((9, 2))}]))
    with pytest.raises(InputError, match="scores of 41 units for a pool of 40"):
        draw(units(), 4, scores=Scores(vectors=np.ones((41, 2))))
    for aim in (Aim(mix=1), Aim(power=0)):
        scores = Scores(distance=np.ones(40).cumsum())
        assert len(draw(units(), 4, rule="coreset", scores=scores, aim=aim)) == 4
    with pytest.raises(InputError, match="--power: -1"):
        draw(units(), 4, rule="coreset", scores=Scores(distance=np.ones(40)), aim=Aim(power=-1))


def test_suggestions_are_allowed_by_chance_and_never_where_it_is_blind() -> None:
    """Each coder has half of the own units assisted; test units and double readings have none."""
    test = set_test_aside(units(), 8, seed=1)
    rows = assign([*test, *draw(units(), 20, design=test)], ["ann", "bo"], overlap=0.25, seed=1)
    rows = assist(rows, 0.5, seed=4)
    single = [row for row in rows if row.part == "coding" and row.n_coders == 1]

    assert not any(row.assisted for row in rows if row not in single)
    for coder in ("ann", "bo"):
        mine = [row for row in single if row.coders == (coder,)]
        assert sum(row.assisted for row in mine) == round(len(mine) / 2)
    assert assist(rows, 0.5, seed=4) == rows
    assert assist(rows, 0.5, seed=5) != rows
    assert all(row.assisted for row in assist(single, 1.0))


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
    ann, bo = workloads(design, rows)

    assert (ann.n_units, ann.n_done, ann.n_skipped, ann.n_open) == (len(mine), 3, 1, 2)
    assert (ann.seconds, ann.seconds_left) == (5.0, 5.0 * (len(mine) - 3))
    # Nothing is known of bo's pace but that of the others.
    assert (bo.n_done, bo.seconds, bo.seconds_left) == (0, None, 5.0 * bo.n_left)


def test_progress_is_not_misled_by_a_page_left_open() -> None:
    """An hour on one page moves neither the typical time nor the time left."""
    design = assign(draw(units(), 40), ["ann"])
    rows = [
        Annotation(row.unit_id, "ann", "stance", ("x",), seconds=3600.0 if i == 0 else 4.0 + i % 3)
        for i, row in enumerate(design[:20])
    ]
    (ann,) = workloads(design, rows)

    assert ann.seconds == 5.0
    assert ann.seconds_left == pytest.approx(20 * 5.0, rel=0.05)


def test_progress_of_units_that_were_somebody_elses() -> None:
    """A coder who answers the units of another has still all of the own ones to do."""
    design = assign(draw(units(), 10), ["ann", "bo"])
    others = [row.unit_id for row in design if row.coders == ("bo",)]
    ann, bo = workloads(design, [Annotation(u, "ann", "stance", ("x",)) for u in others[:3]])

    assert (ann.n_done, ann.n_left, ann.n_units) == (3, 5, 8)
    assert (bo.n_done, bo.n_left) == (0, 5)


def test_progress_keeps_decisions_apart() -> None:
    """What an adjudicator decides uses up no reading of the round, and replaces none."""
    design = assign(draw(units(), 4), [])
    first = design[0].unit_id
    rows = [Annotation(first, "cy", "stance", ("x",), round="adjudication")]
    anybody, decided = workloads(design, rows)
    own = Annotation(first, "cy", "stance", ("y",), round="1")
    _, coder, decided_too = workloads(design, [own, replace(rows[0], created="2026-03-09")])

    assert (anybody.n_left, decided.round, decided.n_done, decided.n_left) == (
        4,
        "adjudication",
        1,
        0,
    )
    assert (coder.round, coder.n_done, decided_too.n_done) == ("1", 1, 1)


def test_progress_of_an_open_pool() -> None:
    """Where nobody was named, each reading uses up one that anybody may do."""
    design = assign(draw(units(), 4), [], overlap=0.5)
    rows = [Annotation(row.unit_id, "ann", "stance", ("x",)) for row in design[:3]]
    anybody, ann = workloads(design, rows)

    assert (anybody.coder, anybody.n_left) == ("", 3)
    assert (ann.n_done, ann.n_left) == (3, 0)
