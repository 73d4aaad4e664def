"""Scores of tags on coded units: weighted by the design, over articles, and by kind of unit."""

import numpy as np
import pytest

from standfirst.measure.checks.quality import CodedUnits, quality


def coded(
    truth: list[int], answer: list[int], weight: list[float], groups: list[str]
) -> CodedUnits:
    """Make coded units of a single choice with two labels."""
    one_hot = np.eye(2, dtype=bool)
    return CodedUnits(
        dimension="tone",
        labels=("warm", "cold"),
        multiple=False,
        truth=one_hot[truth],
        answer=one_hot[answer],
        probability=np.where(one_hot[answer], 0.75, 0.25),
        weight=np.array(weight) / sum(weight),
        groups=tuple(groups),
    )


def test_each_unit_counts_for_what_it_stands_for() -> None:
    """A unit that stands for three counts three times; numbers by hand."""
    made = quality(coded([0, 0, 1, 1], [0, 1, 1, 0], [3, 1, 1, 1], ["a", "b", "c", "d"]))
    warm, cold = made.labels

    assert warm.precision.value == pytest.approx(3 / 4)
    assert warm.recall.value == pytest.approx(3 / 4)
    assert cold.f1.value == pytest.approx(1 / 2)
    assert made.macro_f1.value == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert made.right.value == pytest.approx(4 / 6)
    assert made.confusion == ((1, 1), (1, 1))
    assert (warm.n_gold, warm.n_tagged, made.n_articles) == (2, 2, 4)


def test_a_label_that_nobody_gave_has_no_recall() -> None:
    """What is not defined is None, and it does not enter the mean of F1."""
    made = quality(coded([0, 0, 0], [0, 0, 0], [1, 1, 1], ["a", "b", "c"]))

    assert made.labels[1].recall.value is None
    assert made.labels[1].precision.value is None
    assert made.macro_f1.value == 1.0


def test_reliability_and_slices() -> None:
    """Bins hold every pair of unit and label; slices of fewer than five units are left out."""
    n = 40
    truth = [0] * 30 + [1] * 10
    made = quality(
        coded(truth, [0] * n, [1] * n, [f"a{i % 8}" for i in range(n)]),
        {"outlet": ["Post"] * 36 + ["News"] * 4},
    )

    assert sum(one.n for one in made.bins) == 2 * n
    assert [one.right.value for one in made.bins] == pytest.approx([0.25, 0.75])
    assert made.calibration_error == pytest.approx(0)
    assert [(one.name, one.n) for one in made.slices] == [("Post", 36)]
    assert made.slices[0].right.value == pytest.approx(30 / 36)
