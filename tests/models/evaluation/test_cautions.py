import numpy as np
import pytest

from standfirst.models.evaluation.cautions import find_cautions
from standfirst.models.heads.decision import Goal
from standfirst.models.scores import Score, score


def answered(hits: int, alarms: int, misses: int, others: int = 100) -> Score:
    """Score one label of several choices, by counts."""
    truth = np.repeat([1, 0, 1, 0], [hits, alarms, misses, others])[:, None].astype(bool)
    answer = np.repeat([1, 1, 0, 0], [hits, alarms, misses, others])[:, None].astype(bool)
    return score(truth, answer, ("law",), np.arange(len(truth)), multiple=True)


@pytest.mark.parametrize(
    ("counts", "goal", "note"),
    [
        ((17, 3, 0), Goal("precision", 0.9), "precision=0.9 is not kept on these rows: law 0.85"),
        ((18, 2, 0), Goal("precision", 0.9), "too few rows to tell whether precision=0.9 is kept"),
        ((20, 0, 0), Goal("precision", 0.9), "is kept: law (20 of 20)"),
        ((0, 0, 20), Goal("precision", 0.9), "never given, for the sake of precision=0.9: law"),
        ((0, 5, 20), Goal("precision", 0.9), "not kept on these rows: law 0.00"),
        ((17, 0, 3), Goal("recall", 0.9), "recall=0.9 is not kept on these rows: law 0.85"),
        ((20, 0, 0), Goal("recall", 0.9), "too few rows to tell whether recall=0.9 is kept"),
    ],
)
def test_a_promise_is_judged_by_the_rows(
    counts: tuple[int, int, int], goal: Goal, note: str
) -> None:
    """It is missed, uncertain on so few rows, or tied to never giving the label."""
    assert note in "; ".join(find_cautions(answered(*counts), goal))


def test_a_promise_that_is_kept_needs_no_word() -> None:
    """Sixty answers of which all are right assure nine in ten; without a goal nothing is said."""
    assert find_cautions(answered(60, 0, 0), Goal("precision", 0.9)) == ()
    assert all("few rows" in note for note in find_cautions(answered(18, 2, 0), Goal()))


def test_few_rows_are_reported() -> None:
    """Of a label, of all rows, and of groups."""
    few = find_cautions(answered(10, 0, 0, others=30), Goal())
    truth = np.tile([True, False], (200, 1))
    truth[::2] = ~truth[::2]
    tied = score(truth, truth, ("a", "b"), np.arange(200) // 20, multiple=False)

    assert "few rows have law (10)" in few[0]
    assert few[1] == "40 rows are few; take the scores as rough"
    assert find_cautions(tied, Goal()) == ("the interval rests on 10 groups; take it as rough",)


def test_rows_of_one_label_show_no_skill() -> None:
    """Where every row has the same label, always giving it is right, too."""
    truth = np.tile([True, False], (50, 1))
    found = score(truth, truth, ("a", "b"), np.arange(50), multiple=False)

    assert "no better than chance" in find_cautions(found, Goal())[0]
