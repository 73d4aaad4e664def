import numpy as np
import pytest

from standfirst.annotate.design.inclusion import inclusion_probabilities, systematic
from standfirst.errors import InputError
from standfirst.measure.estimates.results import Estimate
from standfirst.measure.plans.planning import (
    agreement_units,
    curve_range,
    curve_units,
    further_labels,
    labels_at_random,
    labels_by_score,
    width_reached,
)

RNG = np.random.default_rng(3)
RARE = RNG.beta(0.05, 1.5, 4000)
"""Probabilities of a label that holds on 3 % of the units."""


def test_published_sizes() -> None:
    """The textbook's 385 for half a share within 5 points, and 357 of a town of 5,000."""
    assert labels_at_random(0.25, 0.05) == 385
    assert labels_at_random(0.25, 0.05, 5000) == 357


def test_a_precise_draw_has_the_width_that_was_planned() -> None:
    """Over many draws of the planned size the estimates spread as the half-width says."""
    doubt = RARE * (1 - RARE)
    n = labels_by_score(doubt, 0.01)
    chance = inclusion_probabilities(np.sqrt(doubt), n, mix=0.2)
    errors = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        missed = (rng.random(len(RARE)) < RARE) - RARE
        drawn = systematic(chance, rng)
        errors.append((missed[drawn] / chance[drawn]).sum() / len(RARE) - missed.mean())

    assert 1.96 * np.std(errors) == pytest.approx(0.01, rel=0.12)
    assert n < 0.5 * labels_at_random(float(doubt.mean()), 0.01, len(RARE))


def test_further_labels_by_the_same_draw_add_up() -> None:
    """More of the same draw: what is there and what is missing are what the whole takes."""
    z, n, n_units = 1.959964, 100, 100_000
    half = z * (0.2 * (1 / n - 1 / n_units)) ** 0.5
    now = Estimate(0.5, 0.5 - half, 0.5 + half)
    more, precise = further_labels(now, half / 2, n_coded=n, n_units=n_units)

    assert more is not None
    assert n + more == pytest.approx(labels_at_random(0.2, half / 2, n_units), abs=3)
    assert precise is None


def test_what_cannot_be_reached_is_none() -> None:
    """A width for which even all units would not do has no number, and says so."""
    made = width_reached(Estimate(0.5, 0.1, 0.9), "s=for:0.0001", 1e-4, n_coded=6, n_units=8)

    assert labels_by_score(np.full(50, 0.25), 1e-9) == 50
    assert made.at_random is None
    assert "more than the corpus has units" in str(made)


def test_rare_labels_are_promised_at_best() -> None:
    """Below a tenth, with fewer than thirty coded units of the label, a number is "at best"."""
    rare = width_reached(Estimate(0.04, 0.02, 0.08), "s=x:0.01", 0.01, n_coded=200, n_units=9000)
    known = width_reached(Estimate(0.04, 0.03, 0.05), "s=x:0.001", 1e-3, n_coded=900, n_units=9000)
    done = width_reached(Estimate(0.4, 0.38, 0.42), "s=x:0.03", 0.03, n_coded=900, n_units=9000)

    assert "at best" in str(rare)
    assert "at best" not in str(known)
    assert (done.reached, done.at_random) == (True, None)
    assert "reached, coding may stop" in str(done)


def test_agreement_has_the_variance_that_was_planned() -> None:
    """Two simulated coders: alpha spreads as the number of units says."""
    alpha, share, lower = 0.6, 0.3, 0.5
    n = agreement_units(alpha, lower, share)
    found = []
    for seed in range(600):
        rng = np.random.default_rng(seed)
        first = rng.random(n) < share
        second = np.where(rng.random(n) < alpha, first, rng.random(n) < share)
        p = (first.mean() + second.mean()) / 2
        expected = 2 * p * (1 - p) * 2 * n / (2 * n - 1)
        found.append(1 - (first ^ second).mean() / expected)

    assert 1.96 * np.std(found) == pytest.approx(alpha - lower, rel=0.12)


@pytest.mark.parametrize(
    ("alpha", "lower", "share"), [(0.6, 0.7, 0.5), (1.0, 0.7, 0.5), (0.8, 0.6, 0)]
)
def test_impossible_agreement_is_refused(alpha: float, lower: float, share: float) -> None:
    """A bound above the agreement, perfect agreement, and a label that never holds."""
    with pytest.raises(InputError):
        agreement_units(alpha, lower, share)


def curve(shape: object, sizes: tuple[int, ...] = (50, 100, 200, 400)) -> list[tuple[int, float]]:
    """Make a learning curve, five repetitions a size, with a spread of one point."""
    rng = np.random.default_rng(1)
    return [(n, float(shape(n) + rng.normal(0, 0.01))) for n in sizes for _ in range(5)]  # type: ignore[operator]


@pytest.mark.parametrize(
    "shape",
    [lambda n: 0.3 + 0.06 * np.log(n), lambda n: 0.8 - 1.5 * n**-0.5],
    ids=["logarithm", "power law"],
)
def test_a_curve_holds_what_comes_later(shape: object) -> None:
    """Twice as far, the true score of either shape lies in the hull."""
    points = curve(shape)
    low, high = curve_range(points, 800)
    early, late = curve_units(points, float(shape(700)))  # type: ignore[operator]

    assert low <= shape(800) <= high  # type: ignore[operator]
    assert high - low < 0.12
    assert early is not None
    assert early <= 700
    assert late is None or late >= early


def test_a_curve_is_not_read_farther_than_twice() -> None:
    """Four times as many labels, or fewer than 200 in all, are refused."""
    points = curve(lambda n: 0.3 + 0.06 * np.log(n))
    with pytest.raises(InputError, match="at most twice as many"):
        curve_range(points, 1600)
    with pytest.raises(InputError, match="code 200 units"):
        curve_range(curve(lambda n: 0.5, (20, 40, 80)), 100)
    assert curve_units(points, 0.99) == (None, None)
