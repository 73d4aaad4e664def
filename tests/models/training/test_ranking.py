"""Which candidate is kept: average precision first, macro-F1 among those that are even."""

import numpy as np
import numpy.typing as npt
import pytest

from standfirst.models.training.ranking import Answers, Asked, rank

N = 300


def asked(seed: int = 0) -> Asked:
    """Make rows of two labels, in articles of three."""
    truth = np.eye(2, dtype=bool)[np.random.default_rng(seed).integers(0, 2, N)]
    return Asked(truth, np.arange(N) // 3)


def answered(
    truth: npt.NDArray[np.bool_], *, noise: float, cut: float = 0.5, seed: int = 1
) -> Answers:
    """Answer with the truth under noise; the second label is given from a cut on."""
    chance = truth[:, 1] * 0.4 + 0.3
    chance = np.clip(chance + np.random.default_rng(seed).normal(0, noise, len(truth)), 0, 1)
    second = chance >= cut
    return Answers(np.column_stack([1 - chance, chance]), np.column_stack([~second, second]))


def test_a_better_ranking_wins_over_a_luckier_cut() -> None:
    """The first ranks clearly better and is cut badly; by macro-F1 the second would be taken."""
    rows = asked()
    good = answered(rows.truth, noise=0.1, cut=0.75)
    poor = answered(rows.truth, noise=0.5)
    found = rank([rows], [[poor], [good]], seed=0)

    assert found.macro_f1[0] > found.macro_f1[1]
    assert found.average_precision[1] > found.average_precision[0] + found.error[0]
    assert found.order == (1, 0)


def test_macro_f1_decides_among_even_ones() -> None:
    """A ranking that is better by chance only: the better cut is taken, wherever it stands."""
    rows = asked()
    bad = answered(rows.truth, noise=0.2, cut=0.75, seed=3)
    good = answered(rows.truth, noise=0.2, seed=2)
    for place, pair in enumerate(([good, bad], [bad, good])):
        found = rank([rows], [[one] for one in pair], seed=0)

        assert found.average_precision.argmax() != place
        assert 0 < np.ptp(found.average_precision) <= found.error.max()
        assert found.order[0] == place


def test_the_usual_one_wins_ties_and_one_alone_needs_no_resampling() -> None:
    """Equal answers: the first; the error of one alone is nothing."""
    rows, other = asked(), asked(5)
    same = [[answered(one.truth, noise=0.2) for one in (rows, other)] for _ in range(3)]

    assert rank([rows, other], same, seed=0).order == (0, 1, 2)
    assert rank([rows], [same[0][:1]], seed=0).error.tolist() == [0]


def test_the_error_is_that_of_resampled_articles() -> None:
    """It is about the spread of the difference over new rows from the same source."""
    differences, errors = [], []
    for seed in range(60):
        rows = asked(seed)
        pair = [[answered(rows.truth, noise=noise, seed=seed + 100)] for noise in (0.25, 0.35)]
        found = rank([rows], pair, seed=0)
        differences.append(found.average_precision[0] - found.average_precision[1])
        errors.append(found.error.max())

    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.3)
