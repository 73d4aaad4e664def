"""The estimators, held against their formulas written out and against derivatives by numbers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats

from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.design.shares import share as share_of_design
from standfirst.measure.estimates.estimators import (
    Population,
    by_predictive_values,
    corrected,
    from_gold,
    on_simplex,
    plain_lambda,
    rogan_gladen,
    shrunk_lambda,
    wilson_limits,
)
from standfirst.measure.inputs.samples import Sample, from_probabilities

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def corpus(
    seed: int, n: int = 30, n_labels: int = 3, *, even: bool = False
) -> tuple[Floats, Sample, Floats, Bools, Floats]:
    """Make 200 units of which n are coded, with even or uneven chances; the last is the chances."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(n_labels, 0.8), 200)
    index = rng.permutation(200)[:n]
    chance = np.full(n, n / 200) if even else 0.05 + 0.3 * rng.random(n)
    answer = (p[index].cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    sample = from_probabilities(index, None if even else chance, 200)
    return p, sample, p[index], np.eye(n_labels, dtype=bool)[answer], chance


def hajek(residuals: Floats, chance: Floats) -> float:
    """Give the variance of a weighted mean, from first-order probabilities."""
    n, left, expanded = len(chance), 1 - chance, residuals / chance
    middle = (left * expanded).sum() / left.sum()
    total = n / (n - 1) * (left * (expanded - middle) ** 2).sum()
    return float(total / (1 / chance).sum() ** 2)


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("lam", [0.0, 0.6, 1.0])
@pytest.mark.parametrize(("calibrated", "cell"), [(True, False), (False, False), (True, True)])
@pytest.mark.parametrize("multiple", [True, False])
def test_corrected_shares_and_variances(
    lam: float,
    even: bool,  # noqa: FBT001
    calibrated: bool,  # noqa: FBT001
    cell: bool,  # noqa: FBT001
    multiple: bool,  # noqa: FBT001
) -> None:
    """What the model says of all, and what it missed; the variance seen, and the one expected."""
    everything, sample, p, truth, chance = corpus(3, even=even)
    made = corrected(
        Population.of(everything),
        sample,
        p,
        truth,
        multiple=multiple,
        lam=lam,
        calibrated=calibrated,
        cell=cell,
    )
    weight = (1 / chance) / (1 / chance).sum()
    n = 1 / (weight**2).sum()
    for k in range(3):
        mean = everything[:, k].mean()
        share = lam * mean + weight @ (truth[:, k] - lam * p[:, k])
        residuals = truth[:, k] - share - lam * (p[:, k] - mean)
        seen = hajek(residuals, chance)
        doubt = p[:, k] * (1 - p[:, k]) + (1 - lam) ** 2 * (p[:, k] - mean) ** 2
        all_p = everything[:, k]
        mean_doubt = np.mean(all_p * (1 - all_p) + (1 - lam) ** 2 * (all_p - mean) ** 2)
        steady = (n * share + 2) / (n + 4)
        parts = (weight * (weight - 1 / (1 / chance).sum())) * np.array([doubt, np.ones(30)])
        scaled = parts[0].sum() * mean_doubt / (weight @ doubt)
        expected = min(scaled, parts[1].sum() * steady * (1 - steady))
        variance = max(seen, expected) if calibrated else seen
        if cell:
            variance = ((n - 1) * seen + 10 * expected) / (n + 9)
        assert made.share[k] == pytest.approx(share)
        assert made.variance[k] == pytest.approx(variance)
        assert made.steady is not None
        assert made.steady[k] == pytest.approx(steady * (1 - steady))
    assert made.lam == lam
    assert made.freedom == 28 + (10 if cell else 0)
    assert made.steady is not None
    z = float(stats.norm.ppf(0.975))
    low, high = wilson_limits(made.share, made.variance, made.steady, made.freedom, z)
    assert made.low == pytest.approx(low)
    assert made.high == pytest.approx(high)


@pytest.mark.parametrize("freedom", [1, 8, 200])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_ends_are_students_z_off(freedom: int, level: float) -> None:
    """The ends solve (share - x)^2 = z^2 x (1 - x) / size; the variance implies the size."""
    z, t = stats.norm.ppf((1 + level) / 2), stats.t.ppf((1 + level) / 2, freedom)
    share, variance = np.array([0.0, 0.02, 0.3, 0.9, 1.0]), np.array([2, 1, 9, 4, 2]) / 5000
    steady = np.array([0.03, 0.08, 0.2, 0.1, 0.05])
    low, high = wilson_limits(share, variance, steady, freedom, float(z))
    for k, p in enumerate(share):
        size = max(p * (1 - p), steady[k] / 2) / variance[k] * (z / t) ** 2
        ends = np.roots([1 + z**2 / size, -2 * p - z**2 / size, p**2])
        assert (low[k], high[k]) == pytest.approx((ends.min(), ends.max()), abs=1e-12)
    assert low[0] == 0
    assert high[-1] == 1


def test_ends_where_nothing_varies() -> None:
    """Without a variance the interval is the share."""
    share = np.array([0.0, 0.25, 1.0])
    low, high = wilson_limits(share, np.zeros(3), np.full(3, 0.1), 20, 1.96)

    assert low == pytest.approx(share, abs=1e-9)
    assert high == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("even", [True, False])
def test_lambda_makes_the_variance_smallest(seed: int, even: bool) -> None:  # noqa: FBT001
    """With a belief in 1 worth twenty units: found by trying."""
    everything, sample, p, truth, chance = corpus(seed, even=even)
    y = np.roll(truth, seed, axis=1).astype(float)
    tilt = (1 / chance) * (1 / chance - 1)
    tilt = tilt / tilt.mean()
    weight = (1 / chance) / (1 / chance).sum()

    def loss(lam: float) -> float:
        missed = (y - weight @ y) - lam * (p - weight @ p)
        return float(
            tilt @ (missed**2).sum(axis=1) + 20 * (1 - lam) ** 2 * everything.var(axis=0).sum()
        )

    best = optimize.minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9})
    found = shrunk_lambda(Population.of(everything), sample, p, y)
    assert found == pytest.approx(best.x, abs=1e-5)


def test_lambda_of_probabilities_that_hardly_differ() -> None:
    """However small their spread: units with .49 and .51 that answer the other way round."""
    p = np.tile([[0.49], [0.51]], (50, 1))
    y = np.tile([[1.0], [0.0]], (20, 1))
    sample = from_probabilities(np.arange(40), None, 100)

    # The slope is -50; with 40 units against 20 that say 1 it stays below 0, and is cut.
    assert shrunk_lambda(Population.of(p), sample, p[:40], y) == 0
    # Answers that follow p by half: (40 / 2 + 20) / 60.
    half = 0.5 * p[:40]
    assert shrunk_lambda(Population.of(p), sample, p[:40], half) == pytest.approx(2 / 3)


def test_lambda_of_probabilities_that_never_differ() -> None:
    """Nothing can be learned: belief stays 1, and PPI++'s is 0; both stay in 0 to 1."""
    _, sample, _, truth, _ = corpus(0)
    flat, y = np.full((30, 3), 1 / 3), truth.astype(float)

    assert shrunk_lambda(Population.of(np.full((200, 3), 0.5)), sample, flat, y) == 1
    assert plain_lambda(np.full((200, 3), 0.5), np.full((30, 3), 0.5), y) == 0
    assert plain_lambda(y[:20], y, 1 - y) == 0
    assert plain_lambda(y[:20], y, 100 * y) == 1


def test_a_population_is_its_means_and_variances() -> None:
    """As numpy has them, of probabilities with 32 bits, too."""
    p = np.random.default_rng(1).random((500, 4)).astype(np.float32)
    made = Population.of(p)

    assert made.n_units == 500
    assert made.mean == pytest.approx(p.mean(axis=0), abs=1e-6)
    assert made.variance == pytest.approx(p.var(axis=0), abs=1e-6)
    assert made.doubt == pytest.approx((p * (1 - p)).mean(axis=0), abs=1e-6)


def by_weights(estimate: Callable[[Floats], Floats], weight: Floats) -> Floats:
    """Give how much an estimate changes with the weight of each unit, (n, n_labels), by numbers."""
    step = 1e-6
    rows = []
    for i in range(len(weight)):
        more, less = weight.copy(), weight.copy()
        more[i] += step
        less[i] -= step
        rows.append((estimate(more) - estimate(less)) / (2 * step))
    return np.array(rows)


def rates(tags: Bools, truth: Bools, all_tags: Floats, weight: Floats) -> Floats:
    """Give Rogan and Gladen's shares from sensitivity and specificity."""
    sensitivity = (weight @ (tags & truth)) / (weight @ truth)
    specificity = (weight @ ~(tags | truth)) / (weight @ ~truth)
    return np.asarray((all_tags + specificity - 1) / (sensitivity + specificity - 1))


def by_tags(tags: Bools, truth: Bools, all_tags: Floats, weight: Floats) -> Floats:
    """Give Tenenbein's shares: how often each tag is which label."""
    return np.asarray(
        sum(
            all_tags[k] * (weight[tags[:, k]] @ truth[tags[:, k]]) / weight[tags[:, k]].sum()
            for k in range(len(all_tags))
        )
    )


def tagged(seed: int) -> tuple[Sample, Bools, Floats, Bools, Floats]:
    """Make coded units with tags that are right on most of them."""
    everything, sample, _, truth, chance = corpus(seed, n=60)
    rng = np.random.default_rng(seed)
    right = rng.random(60) < 0.75
    tags = np.where(right[:, None], truth, np.roll(truth, 1, axis=1))
    return sample, tags, everything.mean(axis=0), truth, chance


@pytest.mark.parametrize("seed", range(3))
def test_shares_by_rates_and_their_variance(seed: int) -> None:
    """Rogan and Gladen's, and the variance of its linear part by numbers."""
    sample, tags, all_tags, truth, chance = tagged(seed)
    made = rogan_gladen(sample, tags, all_tags, truth)
    expected = rates(tags, truth, all_tags, sample.weight)
    parts = by_weights(lambda weight: rates(tags, truth, all_tags, weight), sample.weight)

    assert ((expected > 0) & (expected < 1)).all()
    assert made.share == pytest.approx(expected)
    assert made.variance == pytest.approx(
        np.array([hajek(parts[:, k], chance) for k in range(3)]), rel=1e-3
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("multiple", [True, False])
def test_shares_by_tags_and_their_variance(seed: int, multiple: bool) -> None:  # noqa: FBT001
    """Tenenbein's, of all labels at once or each by itself, and the variance by numbers."""
    sample, tags, all_tags, truth, chance = tagged(seed)

    def estimate(weight: Floats) -> Floats:
        if not multiple:
            return by_tags(tags, truth, all_tags, weight)
        each = [
            by_tags(
                np.column_stack([~tags[:, k], tags[:, k]]),
                truth[:, [k]],
                np.array([1 - all_tags[k], all_tags[k]]),
                weight,
            )
            for k in range(3)
        ]
        return np.concatenate(each)

    made = by_predictive_values(sample, tags, all_tags, truth, multiple=multiple)
    parts = by_weights(estimate, sample.weight)

    assert made.share == pytest.approx(estimate(sample.weight))
    assert made.variance == pytest.approx(
        np.array([hajek(parts[:, k], chance) for k in range(3)]), rel=1e-3
    )


@pytest.mark.parametrize(
    ("n_of", "sizes", "joined"),
    [
        ((4, 3, 2), (0.5, 0.3, 0.2), [[0], [1], [2]]),
        ((4, 3, 1), (0.5, 0.3, 0.2), [[0], [1, 2]]),
        ((3, 4, 1), (0.5, 0.3, 0.2), [[1], [0, 2]]),
        ((6, 1, 1), (0.5, 0.3, 0.2), [[0], [1, 2]]),
        ((4, 3, 0), (0.5, 0.3, 0.2), [[0], [1, 2]]),
        ((4, 3, 0), (0.6, 0.4, 0.0), [[0], [1], [2]]),
        ((4, 3, 1), (0.6, 0.4, 0.0), [[0], [1, 2]]),
        ((4, 1, 0), (0.5, 0.3, 0.2), [[0, 1, 2]]),
        ((5, 0, 0), (1.0, 0.0, 0.0), [[0], [1], [2]]),
        ((1, 1, 1), (0.5, 0.3, 0.2), [[0, 1, 2]]),
        ((5, 1, 1, 1), (0.4, 0.3, 0.2, 0.1), [[0], [1, 2, 3]]),
    ],
)
def test_tags_with_little_gold_are_taken_together(
    n_of: tuple[int, ...], sizes: tuple[float, ...], joined: list[list[int]]
) -> None:
    """Tags with fewer than two coded units join; where that makes fewer than two, the least too."""
    rng = np.random.default_rng(sum(n_of))
    each = np.eye(len(n_of), dtype=bool)
    tag = np.repeat(np.arange(len(n_of)), n_of)
    truth = each[rng.integers(0, len(n_of), len(tag))]
    sample = from_probabilities(np.arange(len(tag)), np.full(len(tag), 0.1), 100)
    made = by_predictive_values(sample, each[tag], np.array(sizes), truth, multiple=False)
    expected = sum(
        sum(sizes[k] for k in block) * truth[np.isin(tag, block)].mean(axis=0)
        for block in joined
        if np.isin(tag, block).any()
    )

    assert made.share == pytest.approx(expected)


def test_gold_alone_is_the_share_of_the_design() -> None:
    """The same numbers as `share` gives for the lines of a design, with strata taken as one."""
    _, sample, _, truth, chance = corpus(8)
    rows = [
        Drawn(f"u{i}", "", "coding", "1", "rare", "", float(p), 200, 0)
        for i, p in enumerate(chance)
    ]
    made = from_gold(sample, truth, level=0.9)
    for k in range(3):
        holds = {f"u{i}": float(y) for i, y in enumerate(truth[:, k])}
        assert (made.share[k], made.low[k], made.high[k]) == pytest.approx(
            share_of_design(rows, holds, level=0.9).numbers()
        )


def test_rates_that_cannot_be_known() -> None:
    """Where no coded unit has the label, all have it, or tags are no better than chance: NaN."""
    sample = from_probabilities(np.arange(8), None, 100)
    truth = np.column_stack([np.arange(8) < k for k in (0, 8, 4, 4, 4)])
    tags = np.column_stack([np.arange(8) % 2 == 0] * 3 + [np.arange(8) >= 4, np.arange(8) < 4])
    made = rogan_gladen(sample, tags, np.full(5, 0.3), truth)

    assert np.isnan(made.share).tolist() == [True, True, True, True, False]
    assert np.isnan(made.low).tolist() == np.isnan(made.high).tolist() == [True] * 4 + [False]
    assert made.share[4] == pytest.approx(0.3)


def test_shares_by_rates_are_cut() -> None:
    """More tags than false alarms allow make a share of 1 at most; fewer, 0 at least."""
    sample = from_probabilities(np.arange(20), None, 100)
    truth = np.column_stack([np.arange(20) < 10] * 2)
    tags = np.column_stack([np.arange(20) % 10 < 1 + 7 * (np.arange(20) < 10)] * 2)
    made = rogan_gladen(sample, tags, np.array([0.95, 0.05]), truth)

    assert made.share.tolist() == [1, 0]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6))
def test_the_nearest_point_by_bisection(values: list[float]) -> None:
    """The nearest shares are all less one number, cut at 0, that makes them add up to 1."""
    raw = np.array(values)
    raw = raw + (1 - raw.sum()) / len(raw)
    less = optimize.brentq(
        lambda x: np.maximum(raw - x, 0).sum() - 1, raw.min() - 2, raw.max(), xtol=1e-14
    )

    assert on_simplex(raw) == pytest.approx(np.maximum(raw - less, 0), abs=1e-9)
