import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from standfirst.measure.estimates.estimators import (
    Population,
    by_predictive_values,
    corrected,
    from_gold,
    on_simplex,
    plain_lambda,
    rogan_gladen,
    shrunk_lambda,
)
from standfirst.measure.inputs.samples import Sample, SampledRound, from_probabilities

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def waves() -> tuple[Floats, Floats]:
    """Give probabilities and answers of 200 units, without any chance: 40 of them are coded."""
    i = np.arange(200)
    p = 1 / (1 + np.exp(-2 * (np.sin(i * 1.7) + 0.5 * np.cos(i * 0.37))))
    y = ((np.sin(i * 12.9898) * 43758.5453) % 1 < p).astype(float)
    return np.column_stack([1 - p, p]), np.column_stack([1 - y, y])


def corpus(seed: int, n_units: int, shift: float) -> tuple[Floats, Bools]:
    """Make units with calibrated probabilities of two labels; a negative shift makes one rare."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-(2 * rng.normal(size=n_units) + shift)))
    y = rng.random(n_units) < p
    return np.column_stack([1 - p, p]), np.column_stack([~y, y])


def test_plain_lambda_gives_the_estimate_of_ppi_python() -> None:
    """With PPI++'s lambda the estimate is that of ppi-python 0.2.3, which printed these numbers."""
    p, y = waves()
    lam = plain_lambda(p[40:], p[:40], y[:40])
    sample = from_probabilities(np.arange(40), np.full(40, 1e-9), 40_000_000_000)
    made = corrected(
        Population.of(p[40:]), sample, p[:40], y[:40] > 0, multiple=False, lam=lam
    ).share
    whole = corrected(
        Population.of(p[40:]), sample, p[:40], y[:40] > 0, multiple=False, lam=1
    ).share

    assert y[:40, 1].sum() == 21
    assert made == pytest.approx([0.5005559881315215, 0.49944401186847825], abs=1e-12)
    assert whole[1] == pytest.approx(0.4993194624252254, abs=1e-12)


@pytest.mark.skipif(importlib.util.find_spec("ppi_py") is None, reason="ppi-python is not here")
def test_ppi_python_itself() -> None:
    """Where ppi-python is installed, it agrees to 1e-9 on other units."""
    from ppi_py import ppi_mean_pointestimate

    p, y = corpus(5, 900, -1)
    lam = plain_lambda(p[80:], p[:80], y[:80].astype(float))
    sample = from_probabilities(np.arange(80), None, 900)
    made = corrected(Population.of(p[80:]), sample, p[:80], y[:80], multiple=False, lam=lam)

    expected = ppi_mean_pointestimate(y[:80].astype(float), p[:80], p[80:])
    assert made.share == pytest.approx(np.ravel(expected), abs=1e-9)


def test_a_worked_example() -> None:
    """Ten units, four coded: the mean of the probabilities, plus what they missed.

    The second label's probabilities have the mean .4. On the coded units they say .9, .6, .2, .3
    where the truth is 1, 1, 0, 1: missed by .25 on average, so that the share is .65.
    """
    second = np.array([0.9, 0.6, 0.2, 0.3, 0.5, 0.5, 0.4, 0.2, 0.2, 0.2])
    p = np.column_stack([1 - second, second])
    y = np.array([1, 1, 0, 1], bool)
    sample = from_probabilities(np.arange(4), None, 10)
    made = corrected(
        Population.of(p), sample, p[:4], np.column_stack([~y, y]), multiple=False, lam=1.0
    )

    assert made.share == pytest.approx([0.35, 0.65])
    # (1 - 4/10) / 4 times the mean of p (1 - p), which is .4 - .208: the four errors .1, .4, -.2
    # and .7 vary less, by .15.
    assert made.variance[1] == pytest.approx(0.6 / 4 * 0.192)


def test_tenenbein_by_hand() -> None:
    """Of 100 units 30 are tagged; 8 of 10 such coded units are right, 3 of 30 others were missed.

    The share is .3 x .8 + .7 x .1 = .31; the variance by residuals is that of the double sample.
    """
    tagged = np.repeat([True, False], [10, 30])
    truth = np.concatenate([np.arange(10) < 8, np.arange(30) < 3])
    sample = from_probabilities(np.arange(40), np.full(40, 1e-6), 40_000_000)
    made = by_predictive_values(
        sample,
        np.column_stack([~tagged, tagged]),
        np.array([0.7, 0.3]),
        np.column_stack([~truth, truth]),
        multiple=False,
    )
    by_hand = 0.3**2 * 0.8 * 0.2 / 10 + 0.7**2 * 0.1 * 0.9 / 30

    assert made.share == pytest.approx([0.69, 0.31])
    assert made.variance[1] == pytest.approx(by_hand, rel=0.2)
    assert made.low[1] < 0.31 < made.high[1]


def test_rogan_and_gladen_by_hand() -> None:
    """Sensitivity .8 and specificity .9 turn 31 % of tags into (.31 - .1) / .7 = 30 %."""
    truth = np.repeat([True, False], [20, 30])
    tags = np.concatenate([np.arange(20) < 16, np.arange(30) < 3])
    sample = from_probabilities(np.arange(50), None, 1000)
    made = rogan_gladen(sample, tags[:, None], np.array([0.31]), truth[:, None])

    assert made.share[0] == pytest.approx(0.3)
    assert made.low[0] < 0.2
    assert made.high[0] > 0.4


def test_a_label_that_no_coded_unit_has_keeps_an_interval() -> None:
    """Gold without a positive is no proof of absence: the interval reaches beyond the model's."""
    p, y = corpus(3, 4000, -6)
    none = np.flatnonzero(~y[:, 1])[:50]
    sample = from_probabilities(none, None, 4000)
    made = corrected(Population.of(p), sample, p[none], y[none], multiple=False)

    assert made.low[1] == 0 or made.low[1] < p[:, 1].mean()
    assert p[:, 1].mean() < made.high[1] < 0.2
    assert made.variance[1] > 0


def test_the_slope_is_shrunk_to_one() -> None:
    """Fifty units against the model move lambda some way, five thousand all the way."""
    p, _ = corpus(7, 20_000, 0)
    rng = np.random.default_rng(8)
    y = rng.random(20_000) < 0.5
    truth = np.column_stack([~y, y]).astype(float)
    few, many = (from_probabilities(np.arange(n), None, 20_000) for n in (50, 5000))

    population = Population.of(p)
    assert 0.1 < shrunk_lambda(population, few, p[:50], truth[:50]) < 0.6
    assert shrunk_lambda(population, many, p[:5000], truth[:5000]) < 0.05


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(2, 6))
def test_shares_of_a_single_choice_add_up(seed: int, n: int, n_labels: int) -> None:
    """Whatever the gold says, shares are not negative and add up to 1, and intervals hold them."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(n_labels, 0.3), 300)
    truth = np.eye(n_labels, dtype=bool)[rng.integers(n_labels, size=n)]
    index = rng.permutation(300)[:n]
    chance = np.clip(rng.random(n), 0.05, 1)
    tags = np.eye(n_labels, dtype=bool)[p[index].argmax(axis=1)]
    all_tags = np.bincount(p.argmax(axis=1), minlength=n_labels) / 300
    for sample in (
        from_probabilities(index, None, 300),
        from_probabilities(index, chance, 300),
    ):
        made = corrected(Population.of(p), sample, p[index], truth, multiple=False)
        other = by_predictive_values(sample, tags, all_tags, truth, multiple=False)
        for one in (made, other, from_gold(sample, truth)):
            assert one.share.sum() == pytest.approx(1, abs=1e-12)
            assert (one.share >= 0).all()
            assert (one.low <= one.share + 1e-12).all()
            assert (one.share <= one.high + 1e-12).all()


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6))
def test_the_nearest_shares(values: list[float]) -> None:
    """What is moved stays as near as it can: no other point of the simplex that was tried is."""
    raw = np.array(values)
    raw = raw + (1 - raw.sum()) / len(raw)
    near = on_simplex(raw)
    corners = np.eye(len(raw))

    assert near.sum() == pytest.approx(1)
    assert near.min() >= 0
    for corner in corners:
        between = 0.9 * near + 0.1 * corner
        assert ((raw - near) ** 2).sum() <= ((raw - between) ** 2).sum() + 1e-9


def test_a_census_leaves_no_doubt() -> None:
    """Where every unit is coded the corrected share is the true one, and so is its interval."""
    p, y = corpus(2, 60, 0)
    sample = from_probabilities(np.arange(60), None, 60)
    made = corrected(Population.of(p), sample, p, y, multiple=False)

    assert made.share == pytest.approx(y.mean(axis=0))
    assert made.low == pytest.approx(y.mean(axis=0))
    assert made.high == pytest.approx(y.mean(axis=0))


def test_a_cell_is_a_sample_of_itself() -> None:
    """Within a cell of a random sample all is as if the cell had been drawn from alone."""
    p, y = corpus(4, 400, 0)
    rows = np.arange(0, 400, 4)
    whole = from_probabilities(rows, None, 400)
    cell = rows < 200
    alone = from_probabilities(rows[cell], None, 200)
    here = Population.of(p[:200])
    one, two = (
        corrected(here, sample, p[rows[cell]], y[rows[cell]], multiple=False, lam=1.0)
        for sample in (whole.within(cell), alone)
    )

    assert one.share == pytest.approx(two.share)
    assert one.variance == pytest.approx(two.variance)


def test_clusters_are_what_varies() -> None:
    """Ten clusters of ten equal units tell as much as ten units, not as a hundred."""
    y = np.repeat(np.arange(10) % 2 == 0, 10)
    truth = np.column_stack([~y, y])
    p = np.full((100, 2), 0.5)
    rows, chance = np.arange(100), np.full(100, 0.01)
    clusters = np.repeat(np.arange(10), 10)
    two_stage = Sample(
        rows,
        np.full(100, 0.01),
        (SampledRound(rows, chance, clusters, True, 1 / 10_000),),  # noqa: FBT003
    )
    plain = from_probabilities(rows, None, 10_000)
    population = Population.of(p)
    wide = corrected(population, two_stage, p, truth, multiple=False, lam=1.0)
    narrow = corrected(population, plain, p, truth, multiple=False, lam=1.0)

    assert wide.variance[1] == pytest.approx(0.25 / 9)
    assert wide.variance[1] > 9 * narrow.variance[1]


@pytest.mark.parametrize("shift", [-4.0, 0.0])
def test_intervals_cover(shift: float) -> None:
    """Of 600 samples of 60 units about 95 % cover, narrower than gold alone; the count does not.

    `benchmarks/share_coverage.py` measures it on real data.
    """
    p, y = corpus(11, 3000, shift)
    true, population = y[:, 1].mean(), Population.of(p)
    rng = np.random.default_rng(12)
    covered, widths, alone = 0, 0.0, 0.0
    for _ in range(600):
        index = rng.permutation(3000)[:60]
        sample = from_probabilities(index, None, 3000)
        made = corrected(population, sample, p[index], y[index], multiple=False)
        gold = from_gold(sample, y[index])
        covered += made.low[1] <= true <= made.high[1]
        widths += made.high[1] - made.low[1]
        alone += gold.high[1] - gold.low[1]

    assert 0.92 <= covered / 600 <= 0.99
    assert widths < alone
