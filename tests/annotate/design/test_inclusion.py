"""Probabilities from scores, and draws that have exactly these."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.design.inclusion import inclusion_probabilities, systematic


@given(
    st.lists(st.floats(0.01, 100), min_size=2, max_size=20),
    st.data(),
    st.sampled_from([0.0, 0.25, 0.6]),
)
def test_who_is_not_certain_shares_the_rest(
    scores: list[float], data: st.DataObject, mix: float
) -> None:
    """A part of what the certain leave is spread evenly, the rest in proportion to the scores."""
    n = data.draw(st.integers(1, len(scores) - 1))
    found = inclusion_probabilities(np.array(scores), n, mix=mix)
    free = [i for i, p in enumerate(found) if p < 1]
    left = n - (len(scores) - len(free))
    total = sum(scores[i] for i in free)

    assert free
    for i in free:
        by_hand = left * (mix / len(free) + (1 - mix) * scores[i] / total)
        assert found[i] == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize(
    ("scores", "n", "mix", "expected"),
    [
        ([1, 1, 2], 1, 0.0, [0.25, 0.25, 0.5]),
        ([1, 1, 2], 2, 0.0, [0.5, 0.5, 1]),
        ([1, 1, 2], 3, 0.5, [1, 1, 1]),
        ([0, 0, 0, 0], 2, 0.2, [0.5, 0.5, 0.5, 0.5]),
        ([3, 1], 1, 1.0, [0.5, 0.5]),
        ([3, 1], 1, 0.5, [0.625, 0.375]),
        # The two large ones are certain; of the third the small ones get 5 parts in 10 each.
        ([100, 50, 5, 5], 3, 0.0, [1, 1, 0.5, 0.5]),
    ],
)
def test_probabilities_by_hand(
    scores: list[float], n: int, mix: float, expected: list[float]
) -> None:
    """As can be reckoned in the head."""
    assert inclusion_probabilities(np.array(scores, float), n, mix=mix) == pytest.approx(expected)


def test_a_score_of_nothing_keeps_a_chance() -> None:
    """Without a random part it is next to none, and above 0."""
    found = inclusion_probabilities(np.array([0.0, 1.0, 1.0]), 1)

    assert 0 < found[0] < 1e-9
    assert found[1:] == pytest.approx([0.5, 0.5])


@given(
    st.lists(st.floats(0.05, 4), min_size=2, max_size=15),
    st.integers(0, 1000),
    st.data(),
)
def test_equal_steps_along_the_list(scores: list[float], seed: int, data: st.DataObject) -> None:
    """The certain come first; then whoever covers each step from a random start in the list."""
    n = data.draw(st.integers(1, len(scores)))
    chances = inclusion_probabilities(np.array(scores), n)
    order = np.random.default_rng(seed).permutation(len(scores))
    found = systematic(chances, np.random.default_rng(seed), order=order).tolist()
    certain = [i for i in order.tolist() if chances[i] > 1 - 1e-9]
    rest = [i for i in order.tolist() if chances[i] <= 1 - 1e-9]
    start = np.random.default_rng(seed).random()
    expected = []
    covered = 0.0
    for i in rest:
        # Unit i covers one stretch of the line on which a step is taken at start, start + 1, ...
        steps = np.arange(n) + start
        margin = np.abs(np.concatenate([steps - covered, steps - covered - chances[i]])).min()
        if margin < 1e-9:
            return
        expected += [i] * int(((steps >= covered) & (steps < covered + chances[i])).sum())
        covered += chances[i]

    assert found == certain + expected[: n - len(certain)]


def test_nothing_but_certain_units() -> None:
    """Where all are certain there is nothing to draw, and they stand in the order of the list."""
    rng = np.random.default_rng(0)

    assert systematic(np.ones(3), rng, order=np.array([2, 0, 1])).tolist() == [2, 0, 1]
    assert sorted(systematic(np.ones(3), rng).tolist()) == [0, 1, 2]
