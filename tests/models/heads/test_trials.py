"""Trials that one fold shows to be hopeless are given up, and nothing else changes."""

from typing import Any

import numpy as np
import pytest

from standfirst.models.heads import trials
from standfirst.models.heads.head import fit_head
from standfirst.models.heads.linear import fit_path
from standfirst.models.matrix import States


def learned(n_rows: int, monkeypatch: pytest.MonkeyPatch, patience: float) -> tuple[Any, int]:
    """Fit a head on states of which only the first layer tells; count the fits."""
    rng = np.random.default_rng(0)
    event = np.arange(n_rows) % 3 == 0
    vectors = rng.normal(size=(n_rows, 24)).astype(np.float32)
    vectors[event, :6] += 1.2
    truth = np.column_stack([~event, event])
    fits = []

    def counted(rows: Any, target: Any, strengths: Any, *more: Any) -> Any:
        fits.extend(strengths)
        return fit_path(rows, target, strengths, *more)

    with monkeypatch.context() as patched:
        patched.setattr(trials, "fit_path", counted)
        patched.setattr(trials, "_HOPELESS", patience)
        head, _ = fit_head(
            vectors, truth, np.arange(n_rows), multiple=False, states=[States(0, 12, 24)]
        )
    return head, len(fits)


def test_many_rows_give_up_what_is_hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many rows a third fewer fits make the same classifier."""
    patient, all_fits = learned(3_000, monkeypatch, np.inf)
    hasty, fits = learned(3_000, monkeypatch, 10.0)

    assert fits < 0.7 * all_fits
    assert hasty.fit.weights == pytest.approx(patient.fit.weights, abs=0.01)


def test_few_rows_give_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fold of thirty rows speaks against nothing."""
    patient, all_fits = learned(30, monkeypatch, np.inf)
    hasty, fits = learned(30, monkeypatch, 10.0)

    assert fits == all_fits
    assert (hasty.fit.weights == patient.fit.weights).all()
