"""Folds that keep groups whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.models.labelled.folds import grouped_folds, join_groups

ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=4, max_size=60)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(2, 6), st.integers(0, 3))
def test_no_group_is_split(rows: list[tuple[int, int]], n_folds: int, seed: int) -> None:
    """Whatever groups and labels there are, no group stands on both sides."""
    groups = np.array([group for group, _ in rows])
    truth = np.eye(3, dtype=bool)[[label for _, label in rows]]
    if len(np.unique(groups)) < 2:
        return
    folds = grouped_folds(truth, groups, n_folds, seed)

    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
    tested = np.concatenate([test for _, test in folds])
    assert len(tested) == len(set(tested.tolist()))


def test_a_stock_sentence_does_not_make_one_of_two_outlets() -> None:
    """The rows of the sentence stay together, apart from both; all other rows keep their outlet."""
    texts = [*(f"Left {k}." for k in range(40)), "Is it legal?"]
    texts += [*(f"Right {k}." for k in range(40)), "is it  legal?"]
    groups = join_groups(texts, ["left"] * 41 + ["right"] * 41)

    assert groups[40] == groups[81]
    assert len(set(groups.tolist())) == 3
    assert len(set(groups[:40].tolist())) == len(set(groups[41:81].tolist())) == 1


def test_articles_that_copy_each_other_stay_together() -> None:
    """One row in ten is enough for an article, and a copy joins the outlet that it copies."""
    article = [f"Left {k}." for k in range(9)]
    small = join_groups([*article, "It is.", "It is.", *"abcdefghi"], ["a"] * 10 + ["b"] * 10)
    assert len(set(small.tolist())) == 1

    outlet = [f"Right {k}." for k in range(100)]
    copied = join_groups([*outlet, *outlet[:4], "Own."], ["outlet"] * 100 + ["copy"] * 5)
    # The copied sentences go with the copy; the outlet has too little of it to be one with it.
    assert len(set(copied[100:].tolist())) == 1
    assert set(copied[:4].tolist()) == set(copied[100:].tolist())
    assert len(set(copied[4:100].tolist())) == 1
    assert copied[4] != copied[100]


def test_no_text_is_on_two_sides() -> None:
    """Whatever the groups, rows with the same text share one."""
    rng = np.random.default_rng(0)
    texts = [f"Sentence {k}." for k in rng.integers(0, 300, 600)]
    keys = [None if k == 0 else int(k) for k in rng.integers(0, 9, 600)]
    groups = join_groups(texts, keys)

    for text in set(texts):
        assert len({int(g) for t, g in zip(texts, groups, strict=True) if t == text}) == 1
