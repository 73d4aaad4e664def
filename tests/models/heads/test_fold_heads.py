"""Heads of folds: what is stored of them is what answers, and older models can be read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from standfirst.models.heads.calibration import Calibration
from standfirst.models.heads.decision import Rule
from standfirst.models.heads.fold_heads import FoldHeads, rounded
from standfirst.models.heads.head import Head
from standfirst.models.heads.linear import LinearFit

FINITE = st.floats(-100, 100, width=32)


def folds(seed: int) -> FoldHeads:
    """Make two heads with two labels, on three columns."""
    rng = np.random.default_rng(seed)
    flat = np.zeros(2)
    heads = tuple(
        Head(
            False,  # noqa: FBT003
            np.ones(2, bool),
            LinearFit(rounded(rng.normal(size=(2, 3))), flat),
            Calibration(np.ones(2), flat),
            Rule(flat, flat),
            1.0,
        )
        for _ in range(2)
    )
    return FoldHeads(
        {"stance": heads}, np.arange(5, dtype=np.uint64), np.arange(5).astype(np.uint8) % 2
    )


@given(arrays(np.float32, (2, 7), elements=FINITE))
def test_rounding(weights: NDArray[np.float32]) -> None:
    """It moves weights by at most 1/126 of the label's largest; done twice it changes nothing."""
    made = rounded(weights)

    assert (rounded(made) == made).all()
    assert (np.abs(made - weights).max(axis=1) <= np.abs(weights).max(axis=1) / 126 + 1e-30).all()


def test_what_is_stored_is_what_answers() -> None:
    """A byte for each weight comes back as the weight itself."""
    made = folds(1)
    stored = made.arrays()
    again = FoldHeads.restore(stored, {"stance": False})

    assert stored["stance/0/bytes"].dtype == np.int8
    assert again is not None
    for one, other in zip(made.all(), again.all(), strict=True):
        assert (one.fit.weights == other.fit.weights).all()


def test_older_models_are_read() -> None:
    """Those that hold weights as numbers of 16 bits."""
    made = folds(2)
    stored = made.arrays()
    for number, head in enumerate(made.all()):
        del stored[f"stance/{number}/bytes"], stored[f"stance/{number}/steps"]
        stored[f"stance/{number}/weights"] = head.fit.weights.astype(np.float16)
    again = FoldHeads.restore(stored, {"stance": False})

    assert again is not None
    for one, other in zip(made.all(), again.all(), strict=True):
        assert other.fit.weights == pytest.approx(one.fit.weights, abs=1e-3)


def test_damaged_ones_are_refused() -> None:
    """Steps that fit no weights are no head."""
    stored = folds(3).arrays()
    stored["stance/1/steps"] = np.ones(3, np.float32)

    with pytest.raises(ValueError, match="in steps of"):
        FoldHeads.restore(stored, {"stance": False})
