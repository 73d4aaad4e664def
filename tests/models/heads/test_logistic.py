"""Logistic regression is that of scikit-learn, on rows of all kinds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from standfirst.models.heads.linear import fit_path
from standfirst.models.heads.logistic import Centred, fit_logistic
from standfirst.models.matrix import Parted

STRENGTHS = (0.3, 10.0)


def mixed_rows(n_rows: int = 300) -> Any:
    """Make rows of dense columns, a column that is always empty, and rare words."""
    rng = np.random.default_rng(0)
    dense = sparse.csr_array(rng.normal(size=(n_rows, 20)).astype(np.float32))
    empty = sparse.csr_array((n_rows, 1), dtype=np.float32)
    words = sparse.random_array((n_rows, 90), density=0.05, random_state=1, dtype=np.float32)
    return sparse.csr_array(sparse.hstack([words[:, :40], dense, empty, words[:, 40:]]))


def best(rows: Any, target: Any, strengths: Sequence[float], weight: Any) -> list[Any]:
    """Fit by scikit-learn, in double precision and to the end."""
    found = []
    for strength in strengths:
        model = LogisticRegression(C=strength, class_weight="balanced", tol=1e-8, max_iter=9_999)
        model.fit(rows.toarray().astype(np.float64), target, weight)
        found.append((model.coef_, model.intercept_))
    return found


@pytest.mark.parametrize("n_labels", [2, 3, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_scikit_learns(n_labels: int, weighted: bool) -> None:  # noqa: FBT001
    """Rare labels, weights, and columns of all kinds: the same fit at every penalty."""
    rows, rng = mixed_rows(), np.random.default_rng(2)
    share = 1 / np.arange(1, n_labels + 1)
    target = rng.choice(n_labels, 300, p=share / share.sum()) + 3
    weight = rng.uniform(0.1, 3, 300) if weighted else None
    ours = fit_logistic(Centred.of(rows), target, STRENGTHS, weight)

    for (weights, intercept), (coef, other) in zip(
        ours, best(rows, target, STRENGTHS, weight), strict=True
    ):
        scores, expected = rows @ weights.T + intercept, rows @ coef.T + other
        assert weights.shape == coef.shape
        assert np.abs(scores - expected).max() < 0.02 * np.abs(expected).max()


def test_a_path_is_parted_for_every_label_of_a_multiple_choice() -> None:
    """Labels that all or no rows have need no fit; the others are fitted alone."""
    rows, rng = mixed_rows(), np.random.default_rng(3)
    truth = np.column_stack([rng.random(300) < 0.2, np.ones(300, bool), np.zeros(300, bool)])
    first, last = fit_path(rows, truth, STRENGTHS, multiple=True)
    expected = best(rows, truth[:, 0], STRENGTHS, None)

    for fit, (coef, intercept) in zip((first, last), expected, strict=True):
        apart = fit.scores(rows)[:, 0] - (rows @ coef[0] + intercept)
        assert np.abs(apart).max() < 0.02 * np.abs(rows @ coef[0]).max()
        assert not fit.weights[1:].any()
        assert fit.intercept[1:].tolist() == [4.0, -4.0]


@pytest.mark.parametrize("middle", [0.0, 20.0])
def test_sparse_and_dense_rows_get_the_same_classifier(middle: float) -> None:
    """It is scikit-learn's, also of rows whose mean is far longer than their differences."""
    rng = np.random.default_rng(4)
    words = sparse.csr_array(
        sparse.random_array((200, 60), density=0.1, random_state=4, dtype=np.float32)
    )
    states = sparse.csr_array((rng.normal(size=(200, 8)) + middle).astype(np.float32))
    target = rng.integers(0, 3, 200)
    for rows in (words, states):
        ((coef, intercept),) = best(rows, target, [1.0], None)
        expected = rows @ coef.T + intercept
        scores = []
        for form in (rows, rows.toarray()):
            (fit,) = fit_path(form, np.eye(3, dtype=bool)[target], [1.0], multiple=False)
            scores.append(fit.scores(form))
            apart = scores[-1] - expected

            # Whoever adds the same to all labels gives the same answers.
            assert np.abs(apart - apart.mean(axis=1, keepdims=True)).max() < 0.02
        assert np.allclose(scores[0], scores[1], atol=0.05)


def test_parted_rows_multiply_as_they_came() -> None:
    """Both products are those of the rows, once columns stand as they came; dense ones, too."""
    mixed = mixed_rows(50)
    for rows, n_full in ((mixed, 20), (mixed.toarray(), mixed.shape[1])):
        parted = Parted.of(rows)
        rng = np.random.default_rng(5)
        weights, values = rng.normal(size=(rows.shape[1], 2)), rng.normal(size=(50, 2))

        assert parted.dense.shape[1] == n_full
        assert np.allclose(parted.times(weights[parted.columns]), rows @ weights)
        assert np.allclose(parted.back_times(values), (rows.T @ values)[parted.columns])
