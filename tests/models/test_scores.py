import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from standfirst.models.scores import (
    average_precision,
    calibration_error,
    chance_macro_f1,
    macro_f1,
    paired,
    score,
)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_macro_f1_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Single choice: the number is scikit-learn's, labels that never occur included."""
    truth, answer = (np.array(side) for side in zip(*pairs, strict=True))
    one = np.eye(3, dtype=bool)

    assert macro_f1(one[truth], one[answer]) == pytest.approx(
        f1_score(truth, answer, average="macro", zero_division=0.0)
    )


def test_interval_is_wider_over_groups() -> None:
    """Rows that come in copies carry no more information than one of them."""
    rng = np.random.default_rng(1)
    truth = np.eye(2, dtype=bool)[np.repeat(rng.integers(0, 2, 50), 10)]
    answer = np.where(np.repeat(rng.random(50) < 0.8, 10)[:, None], truth, ~truth)
    names = ("no", "yes")
    alone = score(truth, answer, names, np.arange(500), multiple=False)
    tied = score(truth, answer, names, np.repeat(np.arange(50), 10), multiple=False)

    assert alone.macro_f1 == tied.macro_f1
    assert tied.low < alone.low < alone.macro_f1 < alone.high < tied.high
    assert (tied.high - tied.low) / (alone.high - alone.low) == pytest.approx(10**0.5, rel=0.2)


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)),
        min_size=1,
        max_size=25,
    )
)
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[int, ...]]) -> None:
    """With ties, with weights; labels that nobody or everybody has tell nothing."""
    label, chance, *weights = (np.array(side) for side in zip(*rows, strict=True))
    truth = np.eye(3, dtype=bool)[label]
    probability = np.column_stack([chance, 4 - chance, chance % 2]) / 4
    found = average_precision(truth, probability, np.array(weights))
    for value, weight in zip(found, weights, strict=True):
        known = [
            average_precision_score(side, p, sample_weight=weight)
            for side, p in zip(truth.T, probability.T, strict=True)
            if 0 < side.sum() < len(side) and (side * weight).sum()
        ]
        assert value == pytest.approx(np.mean(known) if known else 0)


def test_confusion_has_the_truth_in_rows() -> None:
    """One row of truth `a` that was answered `b`."""
    truth = np.array([[1, 0], [1, 0], [0, 1]], bool)
    answer = np.array([[1, 0], [0, 1], [0, 1]], bool)
    found = score(truth, answer, ("a", "b"), np.arange(3), multiple=False)

    assert found.confusion == ((1, 1), (0, 1))
    assert found.labels["a"].recall == 0.5
    assert found.accuracy == pytest.approx(2 / 3)


def test_calibration_error_of_honest_forecasts() -> None:
    """Forecasts of 0.75 that come true in three of four cases are perfect."""
    truth = np.array([[1], [1], [1], [0]], bool)

    assert calibration_error(truth, np.full((4, 1), 0.75)) == 0


def test_a_rare_label_that_is_never_found_bounds_the_interval() -> None:
    """Half of two labels' F1 is out of reach, so that no resample reaches it either."""
    truth = np.zeros((60, 2), bool)
    truth[:, 0], truth[0] = True, (False, True)
    answer = np.zeros((60, 2), bool)
    answer[:, 0] = True
    found = score(truth, answer, ("usual", "rare"), np.arange(60), multiple=False)
    difference = paired([(truth, truth, answer, np.arange(60))])

    assert found.macro_f1 == pytest.approx((118 / 119 + 0) / 2)
    assert found.high <= 0.5
    assert difference.value == pytest.approx(1 - found.macro_f1)


@pytest.mark.slow
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_chance_is_what_drawing_labels_by_their_shares_gives(labels: list[int]) -> None:
    """Single choice: one over the number of labels that occur."""
    truth = np.eye(4, dtype=bool)[labels]

    assert chance_macro_f1(truth) == pytest.approx(1 / len(set(labels)))


def test_a_score_without_an_error_is_not_certain() -> None:
    """Of thirty articles without an error one in nine may have some; of one, all may."""
    truth = np.eye(2, dtype=bool)[np.arange(30) % 2]
    found = score(truth, truth, ("a", "b"), np.arange(30), multiple=False)
    wrong = score(truth, ~truth, ("a", "b"), np.arange(30), multiple=False)
    alone = score(truth, ~truth, ("a", "b"), np.zeros(30, np.int64), multiple=False)

    assert (found.macro_f1, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 30))
    assert wrong.low == 0
    assert wrong.high == pytest.approx(1 - 0.025 ** (1 / 30))
    assert (alone.low, alone.high) == (0, 1)


def test_scores_by_folds_vary_by_more_than_their_rows() -> None:
    """Half the variance is added: the interval is wider by the root of 1.5."""
    rng = np.random.default_rng(0)
    truth = np.eye(2, dtype=bool)[rng.integers(0, 2, 1_000)]
    answer = np.where((rng.random(1_000) < 0.8)[:, None], truth, ~truth)
    groups, other = np.arange(1_000), ~answer
    fixed, folds = (
        score(truth, answer, ("a", "b"), groups, multiple=False, by_folds=by_folds)
        for by_folds in (False, True)
    )
    pairs = [paired([(truth, answer, other, groups)], by_folds=b).numbers() for b in (False, True)]
    widths = [high - low for _, low, high in pairs]

    assert folds.macro_f1 == fixed.macro_f1
    assert (folds.high - folds.low) / (fixed.high - fixed.low) == pytest.approx(1.5**0.5, rel=0.1)
    assert widths[1] / widths[0] == pytest.approx(1.5**0.5, rel=0.1)
