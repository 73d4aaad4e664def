"""What a head reads: every reading is linear in the columns, and what tells counts."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from standfirst.models.heads.head import fit_head
from standfirst.models.heads.readings import OTHER_TASKS, readings
from standfirst.models.matrix import States, dense_product

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 20)).astype(np.float32)
WORDS = sparse.random_array((60, 50), density=0.1, random_state=0, dtype=np.float32)
DIRECTIONS = RNG.normal(size=(3, 20)).astype(np.float32)


def spread(rows: Any) -> float:
    dense = rows.toarray() if sparse.issparse(rows) else rows
    return float(dense.var(axis=0).sum())


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_weights_come_back_to_the_columns(*, words: bool, known: bool) -> None:
    """Whatever is read, weights on the columns as they came give the same scores."""
    vectors: Any = sparse.hstack([sparse.csr_array(ROWS), WORDS], format="csr") if words else ROWS
    states = [States(0, 10, 20, DIRECTIONS if known else None)]
    ways = readings(vectors, states)

    assert len(ways) == 2 + (words or known) + words
    assert [way.adds for way in ways] == [False] * (len(ways) - words) + [True] * words
    for way in ways:
        read = way.of(vectors)
        weights = RNG.normal(size=(2, read.shape[1]))
        back = way.back(weights, vectors.shape[1])
        assert back.shape == (2, vectors.shape[1])
        assert dense_product(read, weights) == pytest.approx(
            dense_product(vectors, back), rel=1e-3, abs=1e-3
        )


def test_how_far_readings_spread() -> None:
    """The last layer alone spreads as far as all layers do; other tasks' directions as stated."""
    states = [States(0, 10, 20, DIRECTIONS)]
    every, both, last = readings(ROWS, states)

    assert spread(last.of(ROWS)) == pytest.approx(spread(every.of(ROWS)), rel=1e-3)
    assert last.of(ROWS).shape == (60, 10)
    further = both.of(ROWS)[:, 20:]
    assert further.shape == (60, 3)
    assert spread(further) == pytest.approx(OTHER_TASKS**2 * spread(every.of(ROWS)), rel=1e-3)


def test_views_have_directions_of_their_own() -> None:
    """With two views, what other tasks turn on is read in each of them, and not across."""
    states = [States(0, 5, 10, DIRECTIONS[:, :10]), States(10, 15, 20, DIRECTIONS[:, 10:])]
    turned = readings(ROWS, states)[1].turned
    assert turned is not None

    assert turned.shape == (6, 20)
    assert not turned[:3, 10:].any()
    assert not turned[3:, :10].any()
    assert turned[:3, :10].any(axis=1).all()


def test_nothing_breaks_on_columns_that_never_vary() -> None:
    """Constant states, and directions along which nothing varies, give finite readings."""
    flat = np.ones((8, 6), np.float32)
    for way in readings(flat, [States(0, 3, 6, np.zeros((2, 6), np.float32))]):
        assert np.isfinite(way.of(flat)).all()


def test_a_task_like_others_is_learned_from_fewer_rows() -> None:
    """Where labels turn on a direction that is known, a head with it is right more often."""
    rng = np.random.default_rng(3)
    direction = np.zeros((1, 200), np.float32)
    direction[0, 100:120] = 1
    vectors = rng.normal(size=(1_030, 200)).astype(np.float32)
    event = vectors @ direction[0] > 0
    truth = np.column_stack([~event, event])

    def right(other_tasks: Any) -> float:
        states = [States(0, 100, 200, other_tasks)]
        head, _ = fit_head(vectors[:30], truth[:30], np.arange(30), multiple=False, states=states)
        answer = head.decide(head.probabilities(vectors[30:]))
        return float((answer == truth[30:]).all(axis=1).mean())

    elsewhere = np.roll(direction, -60, axis=1)
    assert right(direction) > right(None) + 0.05
    assert right(elsewhere) > right(None) - 0.1
