from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.design.sampling import draw
from standfirst.annotate.design.shares import share
from standfirst.annotate.design.test_part import _build, closed_units, open_units, set_test_aside
from standfirst.errors import InputError, StudyError


def corpus(sizes: list[int]) -> list[dict[str, Any]]:
    """Make clusters of two articles each, with so many units in all."""
    return [
        {"unit_id": f"u{c}_{i}", "article_id": f"a{c}_{i % 2}", "cluster": f"c{c}"}
        for c, size in enumerate(sizes)
        for i in range(size)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "n"),
    [([16] * 48, 100), ([1, 2, 3, 5, 8, 40, 12, 7, 3, 1, 1, 1], 20), ([100, 1, 1, 1], 6)],
)
def test_every_unit_has_the_same_chance(sizes: list[int], n: int) -> None:
    """Whatever the sizes of clusters, over many draws each unit comes n / N of the time."""
    units, n_draws = corpus(sizes), 400
    drawn: Counter[str] = Counter()
    for seed in range(n_draws):
        rows = set_test_aside(units, n, seed=seed)
        assert len({row.unit_id for row in rows}) == n
        drawn.update(row.unit_id for row in rows)
    chance = n / len(units)
    found = np.array([drawn[unit["unit_id"]] / n_draws for unit in units])

    assert {row.probability for row in rows} == {chance}
    assert found.mean() == pytest.approx(chance)
    # Five standard errors, as there are hundreds of units.
    assert np.abs(found - chance).max() < 5 * (chance * (1 - chance) / n_draws) ** 0.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(1, 60), st.integers(0, 9))
def test_no_cluster_stands_on_both_sides(sizes: list[int], n: int, seed: int) -> None:
    """Units of a test unit's cluster are closed to every later draw; all others are open."""
    units = corpus(sizes)
    test = set_test_aside(units, min(n, len(units)), seed=seed)
    clusters = {unit["unit_id"]: unit["cluster"] for unit in units}
    touched = {clusters[row.unit_id] for row in test}
    left = open_units(units, test)

    assert len(test) == min(n, len(units))
    assert {unit["cluster"] for unit in left}.isdisjoint(touched)
    assert len(left) + len(closed_units(units, test)) == len(units)
    if left:
        coding = draw(units, len(left), design=test)
        assert {clusters[row.unit_id] for row in coding}.isdisjoint(touched)


def test_about_a_fifth_is_closed() -> None:
    """Few large articles: few clusters are taken; many: as many clusters as units."""
    small, large = corpus([16] * 48), corpus([16] * 2000)
    few, many = set_test_aside(small, 100), set_test_aside(large, 100)

    assert len(closed_units(small, few)) <= 0.2 * len(small)
    assert len({row.stratum for row in few}) == 9
    assert len({row.stratum for row in many}) == 100


def test_an_article_that_came_in_later_is_closed_too() -> None:
    """A near-duplicate of a test article that joins its cluster later is closed to coding."""
    units = corpus([4] * 20)
    test = set_test_aside(units, 4)
    cluster = test[0].stratum
    new = {"unit_id": "new", "article_id": "copy", "cluster": cluster}

    assert "new" in closed_units([*units, new], test)
    with pytest.raises(StudyError, match="belong to the test part or to its clusters"):
        draw([*units, new], 80, design=test)


@pytest.mark.slow
def test_the_share_of_the_test_part_has_an_interval_over_clusters() -> None:
    """Where clusters are all of one kind, the interval is as wide as that of so few clusters."""
    units = corpus([10] * 200)
    of_a_kind = {unit["unit_id"]: int(unit["cluster"][1:]) % 2 for unit in units}
    covered, widths = 0, []
    for seed in range(200):
        test = set_test_aside(units, 80, seed=seed, most=0.1)
        found = share(test, {row.unit_id: of_a_kind[row.unit_id] for row in test})
        _, low, high = found.numbers()
        covered += low <= 0.5 <= high
        widths.append(high - low)

    assert len({row.stratum for row in test}) == 20
    assert 0.9 <= covered / 200 <= 0.99
    # 20 clusters, not 80 units: 2 x 1.96 x (0.25 / 20)^0.5 = 0.44, and Student's t for 19.
    assert np.mean(widths) == pytest.approx(0.44, abs=0.05)


@pytest.mark.parametrize(("n_test", "n_blocks"), [(48, 2), (24, 4)])
def test_the_interval_of_few_blocks_is_honest(n_test: int, n_blocks: int) -> None:
    """Where 240 units allow few blocks only, the interval still holds the share."""
    rng = np.random.default_rng(n_blocks)
    units = corpus([10] * 24)
    covered = []
    for seed in range(200):
        chance = dict(enumerate(rng.beta(0.8, 1.2, 24)))
        holds = {u["unit_id"]: rng.random() < chance[int(u["cluster"][1:])] for u in units}
        test = set_test_aside(units, n_test, seed=seed)
        _, low, high = share(test, {row.unit_id: holds[row.unit_id] for row in test}).numbers()
        covered.append(low <= np.mean(list(holds.values())) <= high)

    assert len({row.stratum for row in test}) == n_blocks
    assert np.mean(covered) >= 0.92


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.integers(1, 8), st.integers(0, 20))
def test_small_clusters_are_put_together(sizes: list[int], least: int, seed: int) -> None:
    """Blocks are whole clusters, each once, with enough units; no more are joined than it takes."""
    ends = np.cumsum(sizes).tolist()
    clusters = {
        f"c{i}": list(range(end - size, end))
        for i, (size, end) in enumerate(zip(sizes, ends, strict=True))
    }
    blocks = _build(clusters, least, seed)
    of = {unit: name for name, units in clusters.items() for unit in units}
    joined = [{of[unit] for unit in units} for _, units in blocks]

    assert sorted(unit for _, units in blocks for unit in units) == list(range(sum(sizes)))
    assert sum(map(len, joined)) == len(clusters)
    assert all(len(units) >= least for _, units in blocks) or len(blocks) == 1
    assert all(name in names for (name, _), names in zip(blocks, joined, strict=True))
    # Every block but the one with what was left over was full only by its last cluster.
    more = [
        names
        for (_, units), names in zip(blocks, joined, strict=True)
        if len(units) - max(len(clusters[name]) for name in names) >= least
    ]
    assert len(more) <= 1


@pytest.mark.parametrize("most", [0.1, 0.2, 0.5])
def test_as_many_blocks_as_the_closed_share_allows(most: float) -> None:
    """Of forty clusters of ten, a tenth, a fifth or half is closed, and no unit more."""
    units = corpus([10] * 40)
    test = set_test_aside(units, 20, most=most)

    assert len(closed_units(units, test)) == min(most * 400, 200)
    assert len({row.stratum for row in test}) == min(most * 40, 20)


def test_a_line_of_the_test_part() -> None:
    """It says its article, part, rule, block, chance, pool and seed, and that it is coded blind."""
    units = corpus([10] * 40)
    article = {unit["unit_id"]: unit["article_id"] for unit in units}
    cluster = {unit["unit_id"]: unit["cluster"] for unit in units}
    for row in set_test_aside(units, 20, seed=3):
        assert row == Drawn(
            row.unit_id,
            article[row.unit_id],
            "test",
            "test",
            "two-stage",
            cluster[row.unit_id],
            20 / 400,
            400,
            3,
            assisted=False,
        )
    assert set_test_aside(units, 20, seed=3) == set_test_aside(units[::-1], 20, seed=3)
    assert set_test_aside(units, 20, seed=3) != set_test_aside(units, 20, seed=4)


def test_at_least_two_clusters_are_drawn() -> None:
    """Two, though they close more than was asked for; one unit is of one cluster."""
    units = corpus([10] * 4)

    assert len({row.stratum for row in set_test_aside(units, 8, most=0.01)}) == 2
    assert len(set_test_aside(units, 1, most=0.01)) == 1
    assert len(set_test_aside(units, 40)) == 40


def test_what_is_open_stands_by_id() -> None:
    """Units drawn before are left out, and so are those of test clusters; articles without one."""
    units = [{"unit_id": f"u{i}", "article_id": f"a{i // 2}"} for i in (5, 3, 1, 0, 2, 4)]
    test = Drawn("u0", "a0", "test", "test", "two-stage", "a0", 0.1, 6, 0)
    coding = Drawn("u2", "a1", "coding", "1", "random", "", 0.5, 4, 0)

    assert [unit["unit_id"] for unit in open_units(units, [test, coding])] == ["u3", "u4", "u5"]
    assert closed_units(units, [coding]) == set()


def test_what_cannot_be_set_aside_is_refused() -> None:
    """More units than there are, none, a second time, too late: one line each."""
    units = corpus([3, 4])
    with pytest.raises(StudyError, match="9 test units wanted, 7 there"):
        set_test_aside(units, 9)
    with pytest.raises(InputError, match="0 test units wanted"):
        set_test_aside(units, 0)
    assert len(set_test_aside(units, 7)) == 7
    with pytest.raises(StudyError, match="the test part is drawn already"):
        set_test_aside(units, 1, design=set_test_aside(units, 2))
    with pytest.raises(StudyError, match="a test part would miss them"):
        set_test_aside(units, 1, design=draw(units, 2))
