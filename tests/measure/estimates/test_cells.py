"""Shares by group: which are corrected, by how much the model is trusted, and what is said."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy import optimize

from standfirst.errors import InputError
from standfirst.labels.gold.gold import Gold
from standfirst.measure import Tags, shares
from standfirst.measure.estimates.cells import Cells
from standfirst.measure.estimates.estimators import (
    Estimates,
    Population,
    by_predictive_values,
    corrected,
    from_gold,
    rogan_gladen,
)
from standfirst.measure.estimates.results import Estimate
from standfirst.measure.inputs.samples import from_probabilities
from standfirst.measure.inputs.tagged import TaggedDimension

SIZES = {"Courier": 300, "Herald": 60, "Post": 30, "Times": 10}
CODED = {"Courier": 40, "Herald": 5, "Post": 4, "Times": 1}
N_UNITS = sum(SIZES.values())
OUTLETS = np.repeat(list(SIZES), list(SIZES.values()))
LABELS = ("a", "b", "c")


def corpus() -> tuple[Tags, NDArray[np.bool_], list[int]]:
    """Make 400 units of four outlets, of which fewer and fewer are coded."""
    rng = np.random.default_rng(4)
    p = rng.dirichlet((1, 1, 1), N_UNITS).astype(np.float32)
    truth = np.eye(3, dtype=bool)[(p.cumsum(axis=1) > rng.random((N_UNITS, 1))).argmax(axis=1)]
    given = np.eye(3, dtype=bool)[p.argmax(axis=1)]
    one = TaggedDimension("d", LABELS, False, p, given, True, 0)  # noqa: FBT003
    ids = pa.array([f"u{i}" for i in range(N_UNITS)])
    rows = [i for name, n in CODED.items() for i in np.flatnonzero(name == OUTLETS)[:n].tolist()]
    return Tags("tags", ids, {"d": one}, pa.table({"unit_id": ids}), ()), truth, rows


def gold_of(truth: NDArray[np.bool_], rows: list[int]) -> list[Gold]:
    """Say what is true of some units."""
    return [Gold(f"u{i}", "d", (LABELS[int(truth[i].argmax())],), "single") for i in rows]


def same(found: Estimate | None, made: Estimates, k: int) -> None:
    """Hold an estimate against an estimator's."""
    assert found is not None
    assert (found.share, found.low, found.high) == pytest.approx(
        (made.share[k], made.low[k], made.high[k])
    )


def test_the_whole_is_told_by_all_estimators() -> None:
    """Each number is its estimator's, and the gold is worth what the variances say."""
    tags, truth, rows = corpus()
    made = shares(tags, gold_of(truth, rows), None, learned=(), level=0.9)["d"]
    one, index = tags.dimensions["d"], np.array(rows)
    sample, p = from_probabilities(index, None, N_UNITS), one.probabilities.astype(float)
    given, y = one.given[index], truth[index]
    count = one.given.mean(axis=0)
    gold = from_gold(sample, y, level=0.9)
    best = corrected(
        Population.of(one.probabilities), sample, p[index], y, multiple=False, level=0.9
    )
    predictive = by_predictive_values(sample, given, count, y, multiple=False, level=0.9)
    rates = rogan_gladen(sample, given, count, y, level=0.9)

    assert (made.n_units, made.n_gold) == (N_UNITS, len(rows))
    assert made.lam == pytest.approx(best.lam)
    assert made.worth == pytest.approx(len(rows) * gold.variance.sum() / best.variance.sum())
    for k, label in enumerate(made.labels):
        assert label.count.share == pytest.approx(count[k])
        assert (label.count.low, label.count.high) == (None, None)
        for found, of in (
            (label.gold, gold),
            (label.predictive, predictive),
            (label.corrected, best),
            (label.rogan_gladen, rates),
        ):
            same(found, of, k)


def test_groups_are_corrected_from_five_coded_units_on() -> None:
    """With two to four their gold is told, with fewer the count alone; and it is said."""
    tags, truth, rows = corpus()
    by = pa.array(OUTLETS.tolist())
    made = shares(tags, gold_of(truth, rows), None, by=by, learned=())
    given = tags.dimensions["d"].given

    assert [cell.name for cell in made.groups] == list(SIZES)
    for cell in made.groups:
        (inside,) = cell.dimensions
        assert (inside.n_units, inside.n_gold) == (SIZES[cell.name], CODED[cell.name])
        here = [i for i in rows if OUTLETS[i] == cell.name]
        for k, label in enumerate(inside.labels):
            assert label.count.share == pytest.approx(given[cell.name == OUTLETS, k].mean())
            assert (label.corrected is None) == (inside.n_gold < 5)
            assert (label.gold is None) == (inside.n_gold < 2)
            if label.gold is not None:
                assert label.gold.share == pytest.approx(truth[here, k].mean())
    assert (
        "2 of 4 groups have fewer than 5 coded units and are not corrected; draw for them: "
        "standfirst annotate sample 100 --rule equal --by outlet"
    ) in made.notes
    compared = shares(tags, gold_of(truth, rows), None, by=by, compare=True, learned=())
    assert any("are not corrected or compared; draw for them" in note for note in compared.notes)
    assert {gap.name for gap in compared.differences} == {"Courier - Herald"}
    assert any(note.startswith("3 comparisons, of which chance") for note in compared.notes)
    assert made.differences == ()
    assert not any("comparisons" in note for note in made.notes)


def test_within_groups_one_lambda_is_used() -> None:
    """It makes the variance around the groups' means smallest, with the belief in 1 as prior."""
    tags, truth, rows = corpus()
    made = shares(
        tags, gold_of(truth, rows), None, by=pa.array(OUTLETS.tolist()), learned=(), level=0.9
    )
    p, index = tags.dimensions["d"].probabilities.astype(float), np.array(rows)
    y, own, cell = truth[index].astype(float), p[index].copy(), OUTLETS[index]
    spread = sum(SIZES[name] / N_UNITS * p[name == OUTLETS].var(axis=0).sum() for name in SIZES)
    for name in SIZES:
        y[cell == name] -= y[cell == name].mean(axis=0)
        own[cell == name] -= own[cell == name].mean(axis=0)

    def loss(lam: float) -> float:
        return float(((y - lam * own) ** 2).sum() + 20 * (1 - lam) ** 2 * spread)

    best = optimize.minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9})
    for group in made.groups[:2]:
        (inside,) = group.dimensions
        assert inside.lam == pytest.approx(best.x, abs=1e-5)
        here = index[cell == group.name]
        of_cell = corrected(
            Population.of(p[group.name == OUTLETS]),
            from_probabilities(here, np.full(len(here), len(rows) / N_UNITS), N_UNITS),
            p[here],
            truth[here],
            multiple=False,
            level=0.9,
            lam=inside.lam,
            cell=True,
        )
        for k, label in enumerate(inside.labels):
            same(label.corrected, of_cell, k)


def test_what_is_said_beside_the_shares() -> None:
    """Units on which the model abstained, dimensions without gold, and none at all."""
    tags, truth, rows = corpus()
    one = tags.dimensions["d"]
    both = replace(
        tags, dimensions={"d": replace(one, n_abstained=1234), "e": replace(one, name="e")}
    )
    made = shares(both, gold_of(truth, rows), None, learned=())

    assert made.notes == (
        "d: 1,234 units on which the model abstained are counted by their most probable label",
        "no gold on e: not measured",
    )
    assert [shares.dimension for shares in made.dimensions] == ["d"]
    assert shares(tags, gold_of(truth, rows), None, learned=()).notes == ()
    with pytest.raises(InputError, match=r"no gold on any of its dimensions \(d, e\)"):
        shares(both, [], None, learned=())


@pytest.mark.parametrize("kind", ["plain", "dictionary", "chunked"])
def test_cells_stand_in_the_order_of_their_names(kind: str) -> None:
    """Whatever kind of column names them."""
    column = pa.array(["c", "a", "b", "a"])
    if kind == "dictionary":
        column = column.dictionary_encode()
    if kind == "chunked":
        column = pa.chunked_array([column[:1], column[1:]])
    made = Cells.of(column)

    assert made.names == ("a", "b", "c")
    assert made.codes.tolist() == [2, 0, 1, 0]
    assert made.means(np.array([[1.0, 5], [2, 6], [3, 7], [4, 9]])).tolist() == [
        [3, 7.5],
        [3, 7],
        [1, 5],
    ]
    assert made.near_equal("outlet") == []
    assert len(Cells.of(pa.array(["Post", "post", "Times"])).near_equal("outlet")) == 1
