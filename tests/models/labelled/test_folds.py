"""Folds that keep groups whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.models.labelled.folds import grouped_folds

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
