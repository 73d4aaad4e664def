"""How many units each stratum gets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.design.allocation import allocate, draw_within, members_of
from standfirst.annotate.design.model_rules import draw_regions, regions_of
from standfirst.errors import InputError

SIZES = st.lists(st.integers(1, 30), min_size=1, max_size=6)


@given(SIZES, st.lists(st.integers(1, 20), min_size=6, max_size=6), st.integers(0, 60))
def test_webster(sizes: list[int], weights: list[int], more: int) -> None:
    """One for each; then each unit goes where the weight by twice what is there and one is largest.

    Balinski, M. & Young, H. (1982). Fair Representation (the method of major fractions).
    """
    of = {f"s{i}": size for i, size in enumerate(sizes)}
    by = {f"s{i}": float(weights[i]) for i in range(len(sizes))}
    n = min(len(of) + more, sum(sizes))
    given_to = dict.fromkeys(of, 1)
    while sum(given_to.values()) < n:
        open_ = [name for name in of if given_to[name] < of[name]]
        given_to[max(open_, key=lambda name: by[name] / (2 * given_to[name] + 1))] += 1

    assert allocate(of, n, by) == given_to


def test_more_strata_than_units() -> None:
    """Two units for three strata are refused; three are enough."""
    sizes = {"a": 1, "b": 5, "c": 5}
    with pytest.raises(InputError, match="2 units wanted from 3 strata; draw at least 3"):
        allocate(sizes, 2, sizes)

    assert allocate(sizes, 3, sizes) == {"a": 1, "b": 1, "c": 1}


def test_a_draw_within_strata() -> None:
    """Strata are sorted by name; each unit drawn has n by N of its stratum."""
    members = members_of(["b", "a", "b", "b", "a"])
    chosen, chances, strata = draw_within(members, {"a": 1, "b": 2}, np.random.default_rng(0))

    assert members == {"a": [1, 4], "b": [0, 2, 3]}
    assert list(members) == ["a", "b"]
    assert chances == pytest.approx([1 / 2, 2 / 3, 2 / 3])
    assert strata == ["a", "b", "b"]
    assert chosen[0] in members["a"]
    assert set(chosen[1:]) < set(members["b"])


@pytest.mark.parametrize(("mix", "n_of"), [(1.0, [6, 3, 1]), (0.0, [3, 3, 4]), (0.5, [5, 3, 2])])
def test_regions_get_units_by_size_and_evenly(mix: float, n_of: list[int]) -> None:
    """Of 60, 30 and 10: by size, evenly, or weights of .467, .317 and .217 in between."""
    regions = ["c"] * 60 + ["b"] * 30 + ["a"] * 10
    _, chances, strata = draw_regions(regions, 10, mix, np.random.default_rng(0))
    counts = [strata.count(name) for name in "cba"]

    assert counts == n_of
    assert chances == pytest.approx([strata.count(name) / regions.count(name) for name in strata])


@pytest.mark.parametrize(
    ("n_units", "n", "n_regions"),
    [(200, 3, 1), (200, 8, 2), (200, 50, 12), (200, 190, 40), (2, 9, 2)],
)
def test_how_many_regions(n_units: int, n: int, n_regions: int) -> None:
    """One for four units drawn, at most forty, and no more than there are units."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(n_units, 3)).astype(np.float32)
    found = regions_of(vectors, n, rng)

    assert len(found) == n_units
    assert set(found) == {f"region {i:02}" for i in range(n_regions)}
