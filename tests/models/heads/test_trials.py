"""What trials count: the hopeless are given up, and what adds to the others has a say."""

from typing import Any

import numpy as np
import pytest

from standfirst.models.heads import trials
from standfirst.models.heads.head import fit_again, fit_head
from standfirst.models.heads.linear import fit_path, rotate
from standfirst.models.heads.readings import Reading
from standfirst.models.heads.trials import Fitting, Read, Trial, weigh
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


def test_what_counts_is_fitted_again() -> None:
    """On the same rows the same mean comes out; on others, one that answers like it."""
    rng = np.random.default_rng(0)
    event = np.arange(900) % 3 == 0
    vectors = rng.normal(size=(900, 24)).astype(np.float32)
    vectors[event, :6] += 1.2
    truth = np.column_stack([~event, event, np.zeros(900, bool)])
    states, codebook = [States(0, 12, 24)], (vectors[:6], truth[:6])
    head, _ = fit_head(
        vectors, truth, np.arange(900), multiple=False, states=states, codebook=codebook
    )
    same = fit_again(head, vectors, truth, states=states, codebook=codebook)
    half = fit_again(head, vectors[::2], truth[::2], states=states, codebook=codebook)

    assert {one.with_codebook for one in head.counted} == {False, True}
    assert sum(one.weight for one in head.counted) == pytest.approx(1)
    assert (same.weights == head.fit.weights).all()
    assert (same.intercept == head.fit.intercept).all()
    assert not (half.weights == head.fit.weights).any()
    answers = [one.scores(vectors).argmax(axis=1) for one in (head.fit, half)]
    assert (answers[0] == answers[1]).mean() > 0.9


def share_of_further(n_rows: int, base: float, further: float, common: float = 0.0) -> float:
    """Weigh a reading that adds beside a usual one, both as good as said and partly alike."""
    rng = np.random.default_rng(1)
    event = np.arange(n_rows) % 2 == 0
    target = np.column_stack([~event, event])
    noise = rng.normal(size=(2, n_rows))
    noise[1] = common * noise[0] + (1 - common**2) ** 0.5 * noise[1]
    made = []
    for adds, signal, off in ((False, base, noise[0]), (True, further, noise[1])):
        # Log-odds of a normal variable whose means are 2 * signal apart.
        log_odds = 2 * signal * (np.where(event, signal, -signal) + off)
        scores = np.column_stack([-log_odds, log_odds]) / 2
        right = 1 / (1 + np.exp(-np.where(event, log_odds, -log_odds)))
        reading = Reading(None, np.ones(1, np.float32), adds=adds)
        read = Read(int(adds), reading, rotate(np.ones((1, 1))))
        made.append(Trial(read, 1.0, np.ones(2), scores, float(-np.log(right).mean())))
    fitting = Fitting((1.0,), "logistic", multiple=False)
    weight = weigh(made, target, target, fitting)
    assert weight.sum() == pytest.approx(1)
    return float(weight[1])


def test_what_errs_elsewhere_counts_by_what_it_adds() -> None:
    """The log-odds of independent sources add up, whether or not one of them is the weaker."""
    assert share_of_further(2_000, 0.5, 0.5) == pytest.approx(0.5, abs=0.1)
    assert share_of_further(2_000, 0.7, 0.35) == pytest.approx(0.5, abs=0.1)


def test_what_adds_nothing_gets_no_weight() -> None:
    """Neither noise nor a worse copy counts; few rows do not tell."""
    assert share_of_further(2_000, 0.5, 0.0) < 0.05
    assert share_of_further(2_000, 0.5, 0.3, common=0.95) < 0.1
    assert share_of_further(20, 0.7, 0.3) == 0.0


def test_words_are_given_up_after_a_fold_that_they_add_nothing_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their columns are noise here: one path of penalties is fitted on them, and no more."""
    rng = np.random.default_rng(0)
    event = np.arange(300) % 3 == 0
    vectors = rng.normal(size=(300, 16)).astype(np.float32)
    vectors[event, :6] += 1
    fitted = []

    def counted(rows: Any, *more: Any) -> Any:
        fitted.append(rows.shape[1])
        return fit_path(rows, *more)

    monkeypatch.setattr(trials, "fit_path", counted)
    truth = np.column_stack([~event, event])
    fit_head(vectors, truth, np.arange(300), multiple=False, states=[States(0, 6, 12)])

    assert fitted.count(4) == 1
    assert fitted.count(12) > 1
