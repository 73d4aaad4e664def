"""Folds that do not leak: rows of one article, or with the same text, stay on one side.

Sentences of one article share names, topic and style; a classifier that saw some of them knows the
others. The folds are scikit-learn's `StratifiedGroupKFold`, over groups that are joined where they
have texts in common; large ones, such as outlets, by more than a stock sentence.
"""

import warnings
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from .same_text import normal_form

__all__ = ["Fold", "grouped_folds", "join_groups", "random_folds", "strata"]

_IN_COMMON = 0.05
"""Share of its rows that a group must have in common with others to be joined with them."""

Fold = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Rows to train on, and rows to test on."""


def join_groups(texts: Sequence[str], keys: Sequence[Hashable | None]) -> npt.NDArray[np.int64]:
    """Return the groups of rows that must stay together, as numbers.

    Parameters
    ----------
    texts
        The text of each row. Texts with the same `normal_form` are tied.
    keys
        What else ties rows, such as the article; None ties a row to no other. Where a key has fewer
        than one row in twenty in common with others, these rows leave it and stay with the rows of
        their text: one stock sentence ("Is it legal?") does not make one of two outlets.

    Returns
    -------
    One number a row, from 0, in the order of first appearance.

    Examples
    --------
    >>> join_groups(["Talks fail.", "No.", "talks  fail.", "Yes."], ["a", "b", "c", "b"]).tolist()
    [0, 1, 0, 1]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(texts)
    nodes: dict[Hashable, int] = {}
    rows, columns = [], []
    forms = [normal_form(text) for text in texts]
    leaves = _leaving(forms, keys)
    for row, (form, key) in enumerate(zip(forms, keys, strict=True)):
        ties: list[Hashable] = [("text", form)]
        if key is not None and not leaves[row]:
            ties.append(("key", key))
        for tie in ties:
            rows.append(row)
            columns.append(n + nodes.setdefault(tie, len(nodes)))
    size = n + len(nodes)
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    parts = connected_components(graph, directed=False)[1][:n]
    first: dict[int, int] = {}
    return np.array([first.setdefault(part, len(first)) for part in parts.tolist()], np.int64)


def _leaving(forms: Sequence[str], keys: Sequence[Hashable | None]) -> list[bool]:
    """Say which rows leave their key, because it has too little in common with others."""
    holders: dict[str, set[Hashable]] = {}
    for row, (form, key) in enumerate(zip(forms, keys, strict=True)):
        holders.setdefault(form, set()).add(("row", row) if key is None else key)
    common = [len(holders[form]) > 1 for form in forms]
    n_rows = Counter(keys)
    n_common = Counter(key for key, shared in zip(keys, common, strict=True) if shared)
    return [
        shared and key is not None and n_common[key] < _IN_COMMON * n_rows[key]
        for key, shared in zip(keys, common, strict=True)
    ]


def strata(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Assign each row to the stratum that the folds balance: its rarest label.

    For single choice that is the label itself. For multiple choice whole combinations would be too
    many to balance; the rarest label of a row is the one whose place matters.

    Parameters
    ----------
    truth
        Which labels each row has, shape (n_rows, n_labels).
    """
    n_labels = truth.shape[1]
    rarity = np.argsort(truth.sum(axis=0), kind="stable")
    stratum = np.full(len(truth), n_labels, np.int64)
    for label in rarity[::-1]:
        stratum[truth[:, label]] = label
    return stratum


def grouped_folds(
    truth: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64], n_folds: int, seed: int
) -> list[Fold]:
    """Split rows into folds with whole groups on one side and similar shares of labels.

    Parameters
    ----------
    truth
        Which labels each row has, shape (n_rows, n_labels).
    groups
        Number of each row's group.
    n_folds
        How many folds; fewer are made when there are fewer groups, but never fewer than 2.
    seed
        Of the shuffling of groups.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    n_folds = max(2, min(n_folds, len(np.unique(groups))))
    by = strata(truth)
    # Where every stratum is smaller than the number of folds there is nothing to balance.
    if np.bincount(by).max() < n_folds:
        by = np.zeros_like(by)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Strata smaller than the number of folds are reported to the user in our own words.
        warnings.simplefilter("ignore", UserWarning)
        folds = list(splitter.split(by, by, groups))
    return [(train, test) for train, test in folds if len(train) and len(test)]


def random_folds(truth: npt.NDArray[np.bool_], n_folds: int, seed: int) -> list[Fold]:
    """Split rows into folds that ignore the groups: only to measure what that would feign."""
    return grouped_folds(truth, np.arange(len(truth)), n_folds, seed)
