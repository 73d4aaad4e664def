"""Shares of a design and their intervals, held against the formulas written out unit by unit."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.design.shares import Share, deviations, share, spread, weights, wilson
from standfirst.errors import InputError


def design(seed: int) -> tuple[list[Drawn], dict[str, float]]:
    """Make two rounds with strata and unequal chances, not all of them answered."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(30):
        stratum = "abcd"[min(i // 9, 3)] if i < 28 else f"alone {i}"
        chance = 0.1 + 0.8 * rng.random()
        rows.append(Drawn(f"u{i}", "", "coding", "1", "rare", stratum, chance, 200, 0))
    rows += [
        Drawn(f"v{i}", "", "coding", "2", "random", "", 0.1 + 0.01 * i, 170, 0) for i in range(20)
    ]
    holds = {row.unit_id: float(rng.random() < 0.4) for row in rows if rng.random() < 0.8}
    return rows, holds


def answered_share(rows: list[Drawn], holds: dict[str, float], row: Drawn) -> float:
    """Give the share of answers in a unit's round and stratum."""
    like = [x for x in rows if (x.round, x.stratum) == (row.round, row.stratum)]
    return sum(x.unit_id in holds for x in like) / len(like)


@pytest.mark.parametrize("seed", range(4))
def test_the_average_of_the_rounds_totals(seed: int) -> None:
    """Each round's total: what came before, each once, and its own units by their chance."""
    rows, holds = design(seed)
    done = [row for row in rows if row.unit_id in holds]
    rate = {row.unit_id: answered_share(rows, holds, row) for row in done}
    own = [[row for row in done if row.round == name] for name in "12"]
    totals = [
        sum(holds[r.unit_id] / (r.probability * rate[r.unit_id]) for r in own[0]),
        sum(holds[r.unit_id] / rate[r.unit_id] for r in own[0])
        + sum(holds[r.unit_id] / (r.probability * rate[r.unit_id]) for r in own[1]),
    ]
    average = sum(t * len(of) for t, of in zip(totals, own, strict=True)) / len(done)
    found = weights(rows, holds)

    assert sum(found[unit] * y for unit, y in holds.items()) == pytest.approx(average)
    assert found.keys() == holds.keys()


def by_strata(of: list[tuple[str, float, float]]) -> list[float]:
    """Give Hájek's variance of a total, part by part: (stratum, residual, chance) of each unit.

    Strata with one unit are taken together. Särndal et al. (1992), section 11.8, by Hájek (1964).
    """
    parts = []
    strata: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for name, residual, chance in of:
        alone = sum(other == name for other, _, _ in of) == 1
        strata["" if alone else name].append((residual / chance, 1 - chance))
    for units in strata.values():
        n, left = len(units), sum(c for _, c in units)
        middle = sum(c * e for e, c in units) / left if n > 1 and left else 0
        factor = n / (n - 1) if n > 1 and left else 1
        parts += [factor * c * (e - middle) ** 2 for e, c in units]
    return sorted(parts)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_of_two_rounds(seed: int) -> None:
    """Rounds are uncorrelated: their variances add up, by the squares of their parts."""
    rows, holds = design(seed)
    weight = weights(rows, holds)
    total = sum(weight.values())
    value = sum(weight[unit] * y for unit, y in holds.items()) / total
    variances = []
    for name in "12":
        mine = [row for row in rows if row.round == name and row.unit_id in holds]
        of = [
            (r.stratum, holds[r.unit_id] - value, r.probability * answered_share(rows, holds, r))
            for r in mine
        ]
        variances += [(len(mine) / len(holds) / total) ** 2 * part for part in by_strata(of)]
    kish = total**2 / sum(w**2 for w in weight.values())
    low, high, size = wilson(value, np.array(variances), kish, 0.9)
    found = share(rows, holds, level=0.9)

    assert (found.value, found.low, found.high) == pytest.approx((value, low, high))
    assert (found.n_units, found.n_pool) == (len(holds), round(total))
    assert found.n_effective == pytest.approx(size)


def test_clusters_that_were_drawn_first() -> None:
    """Of a draw in two stages the totals of clusters vary, with replacement."""
    rows = [
        Drawn(f"u{i}", "", "test", "test", "two-stage", f"c{i % 5}", 0.05, 400, 0)
        for i in range(20)
    ]
    holds = {row.unit_id: float(i % 5 < 2 or i < 4) for i, row in enumerate(rows)}
    value = sum(holds.values()) / 20
    sums = [sum(holds[f"u{i}"] - value for i in range(k, 20, 5)) / 0.05 for k in range(5)]
    parts = np.array([5 / 4 * (one - np.mean(sums)) ** 2 for one in sums]) / 400**2
    found = share(rows, holds)

    assert (found.value, found.low, found.high) == pytest.approx(
        (value, *wilson(value, parts, 20, 0.95)[:2])
    )


def test_products_of_deviations_add_up_to_covariances() -> None:
    """Two labels in a simple random sample: (1 - n / N) / n times their covariance."""
    rng = np.random.default_rng(5)
    y = rng.random((12, 2))
    made = deviations(y - y.mean(axis=0), np.full(12, 12 / 60), np.zeros(12, int), two_stage=False)

    assert made.T @ made == pytest.approx(60**2 * (1 - 12 / 60) / 12 * np.cov(y.T))


def test_units_alone_in_their_strata() -> None:
    """One is as uncertain as its residual; several are taken together; the certain vary nothing."""
    alone = spread(np.array([0.5]), np.array([0.5]), ["a"], two_stage=False)
    apart = spread(np.array([0.5, -0.3]), np.array([0.5, 0.4]), ["a", "b"], two_stage=False)
    sure = spread(np.array([0.5, -0.3]), np.ones(2), ["a", "a"], two_stage=False)
    cluster = spread(np.array([0.5, -0.3]), np.full(2, 0.5), ["a", "a"], two_stage=True)

    assert alone == pytest.approx([0.5 * 1.0**2])
    assert sorted(apart) == pytest.approx(by_strata([("a", 0.5, 0.5), ("b", -0.3, 0.4)]))
    assert sure == pytest.approx([0, 0])
    assert cluster == pytest.approx([0.4**2])


@pytest.mark.parametrize("value", [0.02, 0.3, 0.5, 0.97])
@pytest.mark.parametrize(
    ("parts", "freedom"),
    [
        ([1.0] * 20, 19),
        # Two of ten parts carry most: their squares by the square of the sum, less an even tenth.
        ([16.0, 16.0, *[0.5] * 8], 2 / ((2 * 256 + 8 / 4) / 36**2 - 1 / 10)),
        # One part carries all but nothing.
        ([1.0, *[0.0] * 39], 2 / (1 - 1 / 40)),
        ([1.0, 2.0], 1),
        ([1.0], 1),
    ],
)
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_wilsons_ends(value: float, parts: list[float], freedom: float, level: float) -> None:
    """The ends are the shares that would lie z standard errors off, in the effective sample."""
    variances = np.array(parts) / sum(parts) * 0.002
    z = stats.norm.ppf((1 + level) / 2)
    t = stats.t.ppf((1 + level) / 2, freedom)
    size = value * (1 - value) / 0.002 * (z / t) ** 2
    # (value - x)^2 = z^2 x (1 - x) / size
    ends = np.roots([1 + z**2 / size, -2 * value - z**2 / size, value**2])

    assert wilson(value, variances, 1e9, level) == pytest.approx((ends.min(), ends.max(), size))


def test_wilson_where_nothing_varies() -> None:
    """At 0 and 1, and where no variance was seen, the size is that of the weights."""
    z = stats.norm.ppf(0.975)
    none, all_ = (wilson(value, np.full(9, 0.1), 40, 0.95) for value in (0.0, 1.0))
    half = wilson(0.5, np.zeros(9), 40, 0.95)

    assert none == pytest.approx((0, z**2 / (40 + z**2), 40))
    assert all_ == pytest.approx((40 / (40 + z**2), 1, 40))
    assert (none[0], all_[1]) == (0, 1)
    assert half == pytest.approx((1 - half[1], 0.5 + z / (2 * (40 + z**2) ** 0.5), 40))


def test_a_share_in_words() -> None:
    """A census stands for itself; a share is printed in percent."""
    rows = [Drawn(f"u{i}", "", "coding", "1", "random", "", 1.0, 4, 0) for i in range(4)]
    found = share(rows, {"u0": 1, "u1": 0, "u2": 0.5, "u3": 0.5})

    assert found == Share(0.5, 0.5, 0.5, 4, 4, 4.0)
    assert str(Share(0.25, 0.125, 0.5)) == "25.0% [12.5%, 50.0%]"


def test_a_round_has_one_pool() -> None:
    """A round whose lines say two sizes of its pool is refused; two rounds may differ."""
    rows, holds = design(0)
    with pytest.raises(InputError, match="a round with two pools"):
        share([replace(rows[0], n_pool=199), *rows[1:]], holds)
    one = weights(rows[:30], holds)

    assert sum(one.values()) != pytest.approx(sum(weights(rows, holds).values()), abs=1e-3)
