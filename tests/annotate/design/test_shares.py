import numpy as np
import pytest

from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.design.pool import Aim, Pool, Scores
from standfirst.annotate.design.sampling import RULES
from standfirst.annotate.design.shares import share, weights
from standfirst.errors import InputError


def drawn(rule: str, pool: Pool, n: int, seed: int, name: str = "1") -> list[Drawn]:
    """Draw a round and write it down."""
    made = RULES[rule].draw(pool, n, np.random.default_rng([seed, 9]))
    return [
        Drawn(pool.unit_ids[place], "", "coding", name, rule, stratum, chance, len(pool.strata), 0)
        for place, chance, stratum in zip(*made, strict=True)
    ]


def row(unit: str, chance: float, n_pool: int, *, name: str = "1", stratum: str = "") -> Drawn:
    """Make one line of a design."""
    return Drawn(unit, "", "coding", name, "random", stratum, chance, n_pool, 0)


def test_a_simple_random_sample_is_the_textbook() -> None:
    """Weights are N / n; the variance is (1 - n/N) p (1 - p) / (n - 1), and Wilson's interval."""
    rows = [row(f"u{i}", 0.25, 400) for i in range(100)]
    found = share(rows, {one.unit_id: i < 30 for i, one in enumerate(rows)})
    effective = 99 / 0.75

    assert set(weights(rows, {one.unit_id: 1 for one in rows}).values()) == {4.0}
    assert (found.value, found.n_units, found.n_pool) == (0.3, 100, 400)
    # Student's t for about 100 degrees of freedom makes it a little smaller.
    assert found.n_effective == pytest.approx(effective, rel=0.03)
    assert found.low == pytest.approx(0.228, abs=0.003)
    assert found.high == pytest.approx(0.383, abs=0.003)


def test_strata_count_by_their_size() -> None:
    """Ten of 100 and ten of 900: the large stratum weighs nine times as much."""
    rows = [row(f"a{i}", 0.1, 1000, stratum="small") for i in range(10)]
    rows += [row(f"b{i}", 1 / 90, 1000, stratum="large") for i in range(10)]
    found = share(rows, {one.unit_id: one.stratum == "small" or one.unit_id < "b2" for one in rows})

    assert found.value == pytest.approx((100 + 900 * 0.2) / 1000)


def test_a_census_is_no_estimate() -> None:
    """Where everything was drawn and answered, the interval is the number."""
    rows = [row(f"u{i}", 1.0, 10) for i in range(10)]
    found = share(rows, {one.unit_id: i < 3 for i, one in enumerate(rows)})

    assert (found.value, found.low, found.high) == pytest.approx((0.3, 0.3, 0.3))


def test_none_seen_is_not_none_there() -> None:
    """With no positive among 100 the upper end is about 3.7 %, as Wilson says."""
    rows = [row(f"u{i}", 0.001, 100_000) for i in range(100)]
    found = share(rows, dict.fromkeys((one.unit_id for one in rows), 0))

    assert found.value == found.low == 0
    assert found.high == pytest.approx(0.037, abs=0.001)


def test_units_without_an_answer_are_like_the_others_of_their_stratum() -> None:
    """Half of a stratum is not coded yet: the other half stands for it."""
    rows = [row(f"a{i}", 0.1, 200, stratum="a") for i in range(10)]
    rows += [row(f"b{i}", 0.1, 200, stratum="b") for i in range(10)]
    holds = {
        one.unit_id: one.stratum == "a" for one in rows if one.unit_id < "a5" or one.stratum == "b"
    }
    given = weights(rows, holds)

    assert sum(given.values()) == pytest.approx(200)
    assert share(rows, holds).value == pytest.approx(0.5)


@pytest.mark.slow
def test_rounds_that_follow_what_was_found_stay_unbiased() -> None:
    """Round two goes where round one found positives; the mean over many draws is the truth."""
    truth = np.array([1.0] * 6 + [0.0] * 54)
    ids = [f"u{i:02}" for i in range(60)]
    estimates, plain = [], []
    for seed in range(1500):
        first = drawn("random", Pool(ids, [""] * 60), 12, seed)
        taken = {one.unit_id for one in first}
        found = [int(one.unit_id[1:]) for one in first if truth[int(one.unit_id[1:])]]
        left = [unit for unit in ids if unit not in taken]
        near = np.array([1.0 + 20 * any(abs(int(u[1:]) - f) < 6 for f in found) for u in left])
        pool = Pool(left, [""] * len(left), Scores(distance=near), Aim(power=1.0))
        rows = [*first, *drawn("coreset", pool, 18, seed, "2")]
        holds = {one.unit_id: truth[int(one.unit_id[1:])] for one in rows}
        weight = weights(rows, holds)
        estimates.append(sum(weight[unit] * holds[unit] for unit in holds) / 60)
        plain.append(np.mean(list(holds.values())))
    error = np.std(estimates) / len(estimates) ** 0.5

    assert np.mean(estimates) == pytest.approx(0.1, abs=4 * error)
    assert np.mean(plain) > 0.1 + 4 * error + 0.01


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["rare", "entropy"])
def test_intervals_of_active_draws_cover(rule: str) -> None:
    """On a rare label, 400 draws of 300 units: about 95 % cover, and without weights next to none.

    `benchmarks/design.py` measures it on real data with 2,000 draws.
    """
    rng = np.random.default_rng(3)
    truth = rng.random(4000) < 0.05
    score = 1 / (1 + np.exp(-(rng.normal(size=4000) + np.where(truth, 1.0, -4.0))))
    answers = np.column_stack([1 - score, score])
    ids = [str(i) for i in range(4000)]
    pool = Pool(ids, [""] * 4000, Scores([{"topic": answers}]), Aim("topic", 1))
    covered = plain_covered = 0
    for seed in range(400):
        rows = drawn(rule, pool, 300, seed)
        holds = {one.unit_id: float(truth[int(one.unit_id)]) for one in rows}
        found = share(rows, holds)
        plain = np.mean(list(holds.values()))
        covered += found.low <= truth.mean() <= found.high
        plain_covered += abs(plain - truth.mean()) <= 1.96 * (plain * (1 - plain) / 300) ** 0.5

    assert 0.92 <= covered / 400 <= 0.98
    assert plain_covered / 400 < 0.2


def test_what_cannot_be_estimated_is_refused() -> None:
    """Both parts at once, a corpus that grew between rounds, no answers: one line each."""
    rows = [row("u1", 0.5, 4), row("u2", 0.5, 4)]
    test = [Drawn("u9", "", "test", "test", "two-stage", "c1", 0.1, 10, 0)]
    with pytest.raises(InputError, match="estimate from one part"):
        share([*rows, *test], {"u1": 1})
    with pytest.raises(
        InputError, match="4 units before round '2' and 7 in it: the corpus changed"
    ):
        share([*rows, row("u3", 0.2, 5, name="2")], {"u1": 1})
    with pytest.raises(InputError, match="no drawn unit was answered"):
        share(rows, {})
