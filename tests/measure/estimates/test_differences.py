"""Differences between groups: their intervals, tests, and what hangs together."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from standfirst.errors import InputError, UnknownNameError
from standfirst.labels.gold.gold import Gold
from standfirst.measure import Shares, Tags, shares
from standfirst.measure.estimates.differences import MeasuredCell, differences, holm
from standfirst.measure.estimates.effects import Difference, Effect
from standfirst.measure.estimates.estimators import (
    Estimates,
    Population,
    corrected,
    normal_quantile,
    wilson_limits,
)
from standfirst.measure.inputs.samples import Sample, SampledRound
from standfirst.measure.inputs.tagged import TaggedDimension
from standfirst.measure.regressions.trends import trends

Floats = NDArray[np.float64]

N_UNITS = 4000
OUTLETS = ("Courier", "Herald", "Post", "Times")
SHIFT = np.array([-3.0, -2.5, -0.5, -0.5])


def corpus(seed: int) -> tuple[Tags, NDArray[np.bool_], NDArray[np.int64]]:
    """Make units of four outlets, and a model that sees less in the Times than there is."""
    rng = np.random.default_rng(seed)
    outlet = rng.integers(0, 4, N_UNITS)
    truth = rng.random(N_UNITS) < 1 / (1 + np.exp(-SHIFT[outlet]))
    p = 1 / (1 + np.exp(-(2.5 * truth - 2 - (outlet == 3) + rng.normal(size=N_UNITS))))
    both = np.column_stack([1 - p, p]).astype(np.float32)
    given = np.column_stack([p <= 0.5, p > 0.5])
    one = TaggedDimension("stance", ("neutral", "critique"), False, both, given, True, 0)  # noqa: FBT003
    ids = pa.array([f"u{i}" for i in range(N_UNITS)])
    return Tags("tags", ids, {"stance": one}, pa.table({"unit_id": ids}), ()), truth, outlet


def coded(truth: NDArray[np.bool_], n: int, seed: int) -> list[Gold]:
    """Draw units at random, and say what is true of them."""
    rows = np.random.default_rng(seed).permutation(len(truth))[:n].tolist()
    return [
        Gold(f"u{i}", "stance", ("critique" if truth[i] else "neutral",), "single") for i in rows
    ]


def by_pair(made: Shares) -> dict[tuple[str, str], Difference]:
    """Give the differences of the second label."""
    found = [one for one in made.differences if one.label == "critique"]
    return {(one.group, one.against): one for one in found}


@pytest.mark.slow
def test_intervals_of_differences_cover() -> None:
    """Of 60 draws some 95 % cover each true difference, of rare labels too; the count does not."""
    tags, truth, outlet = corpus(1)
    by = pa.array([OUTLETS[k] for k in outlet])
    true = {name: truth[outlet == k].mean() for k, name in enumerate(OUTLETS)}
    hits, alone, narrower, wrong = 0, 0, 0, 0
    for seed in range(60):
        made = shares(tags, coded(truth, 300, seed), None, by=by, compare=True, learned=())
        pairs = by_pair(made)
        for (a, b), one in pairs.items():
            hits += one.corrected.low <= true[a] - true[b] <= one.corrected.high
            alone += one.gold.low <= true[a] - true[b] <= one.gold.high
            narrower += one.corrected.error < one.gold.error
        wrong += pairs["Post", "Times"].p_holm < 0.05

    assert 0.92 <= hits / 360 <= 0.99
    assert 0.92 <= alone / 360 <= 0.99
    assert narrower > 0.9 * 360
    assert wrong / 60 < 0.12
    assert pairs["Post", "Times"].count > 0.1
    assert abs(true["Post"] - true["Times"]) < 0.05
    assert pairs["Courier", "Post"].p_holm < 0.05


def test_the_test_inverts_the_interval() -> None:
    """An interval with the coverage 1 - p just reaches 0."""
    tags, truth, outlet = corpus(2)
    by = pa.array([OUTLETS[k] for k in outlet])
    gold = coded(truth, 250, 3)
    one = by_pair(shares(tags, gold, None, by=by, against="Herald", learned=()))["Post", "Herald"]
    level = 1 - one.corrected.p
    again = by_pair(shares(tags, gold, None, by=by, against="Herald", learned=(), level=level))

    assert again["Post", "Herald"].corrected.low == pytest.approx(0, abs=1e-6)
    assert set(again) == {(name, "Herald") for name in OUTLETS if name != "Herald"}


def test_shares_that_hang_together() -> None:
    """Where each cluster has units of both groups that agree, the difference is known better."""
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(30), 10)
    y = (rng.random(30) < 0.5)[clusters]
    truth = np.column_stack([~y, y])
    p = np.full((300, 2), 0.5)
    rows, chance = np.arange(300), np.full(300, 0.01)
    sample = Sample(
        rows,
        np.full(300, 1 / 300),
        (SampledRound(rows, chance, clusters, True, 1 / 30_000),),  # noqa: FBT003
    )
    first = rows % 2 == 0
    cells = []
    for name, chosen in (("a", first), ("b", ~first)):
        gold, share = (
            corrected(
                Population.of(p),
                sample.within(chosen),
                p[chosen],
                truth[chosen],
                multiple=False,
                lam=lam,
            )
            for lam in (0.0, 1.0)
        )
        cells.append(MeasuredCell(name, gold, share, np.zeros(2), chosen))
    made = differences(
        "d", ["no", "yes"], cells, sample, truth - p, truth=truth.astype(np.float64), multiple=False
    )
    best, alone = made[1].corrected, made[1].gold
    apart = np.sqrt(sum(cell.best.variance[1] for cell in cells))

    assert best.value == pytest.approx(0, abs=1e-9)
    assert best.error < 0.05 * apart
    assert best.high - best.low < 0.5 * apart
    # A model that knows nothing changes nothing.
    assert alone.value == pytest.approx(best.value, abs=1e-9)
    assert alone.error == pytest.approx(best.error, abs=1e-9)


def measured_cells(
    seed: int, *, shares_of: list[list[float]]
) -> tuple[list[MeasuredCell], Sample, Floats, Floats]:
    """Make groups with given shares, and coded units in strata that reach across groups."""
    rng = np.random.default_rng(seed)
    n_cells = len(shares_of)
    group, strata = rng.integers(0, n_cells, 120), rng.integers(0, 3, 120)
    chance = 0.1 + 0.3 * rng.random(120)
    total = (1 / chance).sum()
    rows = np.arange(120)
    drawn = SampledRound(rows, chance, strata, False, 1 / total)  # noqa: FBT003
    sample = Sample(rows, 1 / chance / total, (drawn,))
    y = rng.random((120, len(shares_of[0]))) + strata[:, None]
    z = normal_quantile(0.95)
    cells = []
    for k, row in enumerate(shares_of):
        made = []
        for freedom in (12, 30):
            share = np.array(row) + 0.01 * freedom / 12
            variance, steady = 0.002 + 0.003 * rng.random(len(row)), share * (1 - share) + 0.02
            low, high = wilson_limits(share, variance, steady, freedom, z)
            made.append(Estimates(share, low, high, variance, 0.5, steady, freedom))
        cells.append(MeasuredCell(f"g{k}", made[0], made[1], rng.random(len(row)), group == k))
    return cells, sample, y, y**2


def hang_together(
    sample: Sample, cells: list[MeasuredCell], values: Floats, a: int, b: int
) -> float:
    """Give the correlation of two groups' means over draws, stratum by stratum (Hájek)."""
    (drawn,) = sample.rounds
    parts = []
    for k in (a, b):
        chosen = cells[k].chosen
        weight = np.where(chosen, sample.weight, 0) / sample.weight[chosen].sum()
        parts.append(np.where(chosen, values - weight @ values, 0) * weight / sample.weight)
    sums = np.zeros((2, 2))
    for name in range(3):
        rows = np.flatnonzero(drawn.strata == name)
        left = 1 - drawn.chance[rows]
        expanded = np.array([part[rows] / drawn.chance[rows] for part in parts])
        apart = expanded - (expanded @ left / left.sum())[:, None]
        sums += len(rows) / (len(rows) - 1) * (apart * left) @ apart.T
    return float(sums[0, 1] / np.sqrt(sums[0, 0] * sums[1, 1]))


@pytest.mark.parametrize("against", [None, "g1"])
@pytest.mark.parametrize("multiple", [False, True])
def test_differences_by_hand(against: str | None, multiple: bool) -> None:  # noqa: FBT001
    """Values, errors and ends from both groups', joined by how far these hang together."""
    cells, sample, residuals, truth = measured_cells(
        1, shares_of=[[0.3, 0.6], [0.2, 0.75], [0.5, 0.5]]
    )
    made = differences(
        "d", ["no", "yes"], cells, sample, residuals, truth=truth, multiple=multiple,
        against=against,
    )  # fmt: skip
    pairs = [(0, 1), (2, 1)] if against else [(0, 1), (0, 2), (1, 2)]

    assert [(one.label, one.group, one.against) for one in made] == [
        (label, f"g{a}", f"g{b}") for label in ("no", "yes") for a, b in pairs
    ]
    for one, (k, a, b) in zip(made, [(k, a, b) for k in (0, 1) for a, b in pairs], strict=True):
        assert one.dimension == "d"
        assert one.count == pytest.approx(cells[a].count[k] - cells[b].count[k])
        for effect, first, second, values in (
            (one.corrected, cells[a].best, cells[b].best, residuals),
            (one.gold, cells[a].gold, cells[b].gold, truth),
        ):
            r = hang_together(sample, cells, values[:, k], a, b)
            p, q, d = first.share[k], second.share[k], first.share[k] - second.share[k]
            below, above = p - first.low[k], first.high[k] - p
            under, over = q - second.low[k], second.high[k] - q
            squared = first.variance[k] + second.variance[k]
            squared -= 2 * r * np.sqrt(first.variance[k] * second.variance[k])
            assert abs(r) > 1e-3
            assert effect.value == pytest.approx(d)
            assert effect.error == pytest.approx(squared**0.5)
            assert effect.low == pytest.approx(
                d - (below**2 + over**2 - 2 * r * below * over) ** 0.5
            )
            assert effect.high == pytest.approx(
                d + (above**2 + under**2 - 2 * r * above * under) ** 0.5
            )
    for one in made:
        level = 1 - one.corrected.p
        again = differences(
            "d", ["no", "yes"], cells, sample, residuals, truth=truth, multiple=multiple,
            against=against, level=level,
        )  # fmt: skip
        (at,) = [x.corrected for x in again if (x.label, x.name) == (one.label, one.name)]
        assert (at.low if at.value > 0 else at.high) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]])
@pytest.mark.parametrize("multiple", [False, True])
def test_p_allows_for_all_comparisons(labels: list[str], multiple: bool) -> None:  # noqa: FBT001
    """Holm's as statsmodels has it, over all labels; of a choice of two over one of them."""
    multipletests = pytest.importorskip("statsmodels.stats.multitest").multipletests
    rows = [[0.3, 0.5, 0.2], [0.25, 0.6, 0.1], [0.45, 0.3, 0.25]]
    cells, sample, residuals, truth = measured_cells(
        2, shares_of=[row[: len(labels)] for row in rows]
    )
    made = differences("d", labels, cells, sample, residuals, truth=truth, multiple=multiple)
    p = np.array([one.corrected.p for one in made]).reshape(len(labels), 3)
    if multiple or len(labels) > 2:
        expected = multipletests(p.ravel(), method="holm")[1].reshape(p.shape)
    else:
        expected = np.tile(multipletests(p[1], method="holm")[1], (2, 1))

    assert [one.p_holm for one in made] == pytest.approx(expected.ravel().tolist())


def test_equal_shares_do_not_differ() -> None:
    """The p-value of no difference is 1, and limits end at -1 and 1."""
    cells, sample, residuals, truth = measured_cells(3, shares_of=[[0.3, 0.7]] * 2)
    (no, _) = differences("d", ["no", "yes"], cells, sample, residuals, truth=truth, multiple=False)
    wide = [
        replace(cell, best=replace(cell.best, share=share, variance=np.full(2, 50.0)))
        for cell, share in zip(cells, (np.array([1.0, 0]), np.array([0.0, 1])), strict=True)
    ]
    far = differences("d", ["no", "yes"], wide, sample, residuals, truth=truth, multiple=False)

    assert (no.corrected.value, no.corrected.p) == (0, 1)
    assert far[0].corrected.high == 1
    assert far[1].corrected.low == -1


def test_too_many_groups() -> None:
    """A hundred groups make 4,950 pairs; one more makes too many, unless compared with one."""
    cells, sample, residuals, truth = measured_cells(4, shares_of=[[0.3, 0.7]] * 2)
    many = [replace(cells[i % 2], name=f"g{i}") for i in range(101)]
    with pytest.raises(InputError, match="101 groups make 5,050 pairs"):
        differences("d", ["no", "yes"], many, sample, residuals, truth=truth, multiple=False)
    made = differences(
        "d", ["no", "yes"], many, sample, residuals, truth=truth, multiple=False, against="g7"
    )

    assert len(made) == 200


def test_an_effect_in_words() -> None:
    """Three digits with their signs; a pair is named by what is less what."""
    effect = Effect(0.125, -0.25, 0.5, 0.1, 0.2)
    gap = Difference("d", "yes", "Post", "Times", 0.1, effect, effect, 0.4)

    assert str(effect) == "+0.125 [-0.250, +0.500]"
    assert f"{effect:.1f}" == "+0.1 [-0.2, +0.5]"
    assert gap.name == "Post - Times"
    assert gap.as_json()["gold"]["low"] == -0.25


def test_what_is_refused() -> None:
    """One group is no difference, and a group that was not corrected is compared with none."""
    tags, truth, outlet = corpus(5)
    gold = coded(truth, 60, 6)
    alone = pa.array(["rest"] * (N_UNITS - 3) + ["few"] * 3)
    with pytest.raises(InputError, match="1 group is corrected, and a difference takes two"):
        shares(tags, gold, None, by=alone, compare=True, learned=())
    by = pa.array([OUTLETS[k] for k in outlet])
    with pytest.raises(UnknownNameError, match="did you mean 'Times'"):
        shares(tags, gold, None, by=by, against="Tims", learned=())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm(values: list[float]) -> None:
    """Adjusted values keep the order, are at least the plain ones, at most their number times."""
    p = np.array(values)
    made = holm(p)

    assert (made >= p).all()
    assert (made <= np.minimum(p * len(p), 1)).all() or len(p) > 1
    assert (np.diff(made[np.argsort(p, kind="stable")]) >= 0).all()
    assert made.max() <= 1


def test_a_trend() -> None:
    """A share that rises by two points in a month is found, though no month has much gold."""
    rng = np.random.default_rng(7)
    month = rng.integers(0, 12, N_UNITS)
    truth = rng.random(N_UNITS) < 0.2 + 0.02 * month
    p = 1 / (1 + np.exp(-(2 * truth - 1 + rng.normal(size=N_UNITS))))
    tags, _, _ = corpus(1)
    one = tags.dimensions["stance"]
    both = np.column_stack([1 - p, p]).astype(np.float32)
    made = TaggedDimension("stance", one.labels, False, both, both > 0.5, True, 0)  # noqa: FBT003
    tags = Tags("tags", tags.unit_ids, {"stance": made}, tags.columns, ())
    published = pa.array([f"2025-{1 + m:02}-03" for m in month])
    slopes, _ = trends(tags, coded(truth, 300, 8), None, published, learned=())
    true = np.polyfit(month, truth, 1)[0]
    rise = next(one for one in slopes if one.label == "critique")

    assert rise.corrected.low <= true <= rise.corrected.high
    assert rise.corrected.low > 0
    assert rise.gold is not None
    assert rise.corrected.error < rise.gold.error

    without, notes = trends(tags, coded(truth & False, 300, 8), None, published, learned=())
    assert [(slope.label, slope.gold) for slope in without] == [(name, None) for name in one.labels]
    assert all(slope.corrected.error > 0 and slope.count for slope in without)
    assert any("critique by (intercept), trend: all coded units" in note for note in notes)
    flat = np.tile(np.array([[1, 0]], np.float32), (N_UNITS, 1))
    always = TaggedDimension("stance", one.labels, False, flat, flat > 0.5, False, 0)  # noqa: FBT003
    tags = Tags("tags", tags.unit_ids, {"stance": always}, tags.columns, ())
    none, notes = trends(tags, coded(truth & False, 300, 8), None, published, learned=())
    assert none == ()
    assert "critique: its corrected outcome is the same in every unit: no trend" in notes

    # In the first of two months nothing has the label, so that only the slope has an interval.
    later = month > 5
    hard = np.column_stack([~(truth & later), truth & later])
    sure = TaggedDimension("stance", one.labels, False, hard.astype(np.float32), hard, False, 0)  # noqa: FBT003
    tags = Tags("tags", tags.unit_ids, {"stance": sure}, tags.columns, ())
    halves = pa.array(["2025-02-03" if late else "2025-01-03" for late in later])
    risen, notes = trends(tags, coded(truth & later, 300, 8), None, halves, learned=())
    assert all(slope.corrected.error > 0 for slope in risen)
    assert any("critique by (intercept): corrected by gold" in note for note in notes)
    with pytest.raises(InputError, match="of one month"):
        trends(tags, coded(truth, 300, 8), None, pa.array(["2025-01"] * N_UNITS), learned=())
