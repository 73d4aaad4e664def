"""The head: from vectors to labels on one dimension, with calibrated probabilities.

A linear classifier (see `linear.KINDS`) with balanced class weights, because labels that matter are
often rare. Everything that is chosen is chosen inside `fit_head` by grouped folds of the rows it is
given: the strength of the penalty, the calibration, the rule that turns probabilities into labels.
Whoever scores a head on rows that were not given to it gets an honest score.

Probabilities and labels serve two masters. The probabilities are calibrated to how often labels
occur, so that shares can be computed from them. Labels serve the stated goal (`decision`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..labelled.folds import Fold, grouped_folds
from ..matrix import Matrix, States, even_out, only_last, scaled
from .calibration import Calibration, calibrate
from .decision import MARGIN, STEADY_FROM, Goal, Rule, find_rule
from .linear import LinearFit, Space, fit_path, rotate

__all__ = ["MARGIN", "STRENGTHS", "Head", "fit_head"]

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Inverse penalties (scikit-learn's C) that are tried, from strict to loose."""

_INNER_FOLDS = 3

_CLEARLY = 0.97
"""How much of the usual loss is left at most where the last layer alone is preferred."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Head:
    """The classifier of one dimension."""

    multiple: bool
    """Whether a unit takes any number of labels."""
    seen: npt.NDArray[np.bool_]
    """Which labels of the codebook occurred in training; the others are never given."""
    fit: LinearFit
    """The classifier of the labels that occurred."""
    calibration: Calibration
    """What turns its scores into probabilities."""
    rule: Rule
    """What turns these into labels."""
    strength: float
    """The inverse penalty that was chosen."""

    def probabilities(self, vectors: Matrix) -> Floats:
        """Return the probability of each label of the codebook, shape (n_rows, n_labels)."""
        return self.from_scores(self.scores(vectors))

    def scores(self, vectors: Matrix) -> Floats:
        """Score the labels seen, shape (n_rows, n_seen)."""
        return self.fit.scores(vectors)

    def from_scores(self, scores: Floats) -> Floats:
        """Calibrate scores of the labels seen; shape (n_rows, n_labels)."""
        full = np.zeros((len(scores), len(self.seen)))
        full[:, self.seen] = self.calibration.probabilities(scores, multiple=self.multiple)
        return full

    def decide(self, probabilities: Floats) -> Bools:
        """Choose labels by probabilities, shape (n_rows, n_labels).

        A row of a single choice has none where the model abstains for the sake of its goal.
        """
        answer = np.zeros(probabilities.shape, bool)
        answer[:, self.seen] = self.rule.decide(probabilities[:, self.seen], multiple=self.multiple)
        return answer

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what must be stored."""
        alone = {} if self.rule.alone is None else {"alone": self.rule.alone.astype(np.uint8)}
        return alone | {
            "seen": self.seen.astype(np.uint8),
            "weights": self.fit.weights,
            "intercept": self.fit.intercept,
            "slope": self.calibration.slope,
            "shift": self.calibration.shift,
            "bonus": self.rule.bonus,
            "least": self.rule.least,
        }

    @classmethod
    def restore(
        cls, arrays: Mapping[str, npt.NDArray[Any]], *, multiple: bool, strength: float
    ) -> "Head":
        """Make the head again from what was stored."""
        seen = arrays["seen"].astype(bool)
        n_seen = int(seen.sum())
        arrays = {"least": np.zeros(n_seen), **arrays}
        for name in ("intercept", "slope", "shift", "bonus", "least"):
            if arrays[name].shape != (n_seen,):
                raise ValueError(f"{name} has the shape {arrays[name].shape}, not ({n_seen},)")
        alone = arrays["alone"].astype(bool) if "alone" in arrays else None
        if alone is not None and alone.shape != (n_seen,):
            raise ValueError(f"alone has the shape {alone.shape}, not ({n_seen},)")
        weights = arrays["weights"]
        if weights.ndim != 2 or len(weights) != n_seen:
            raise ValueError(f"weights have the shape {weights.shape}")
        return cls(
            multiple,
            seen,
            LinearFit(weights, arrays["intercept"]),
            Calibration(arrays["slope"], arrays["shift"]),
            Rule(arrays["bonus"], arrays["least"], alone=alone),
            strength,
        )


def fit_head(
    vectors: Matrix,
    truth: Bools,
    groups: npt.NDArray[np.int64],
    *,
    multiple: bool,
    kind: str = "logistic",
    goal: Goal = Goal(),  # noqa: B008 - frozen
    sample_weight: Floats | None = None,
    strengths: Sequence[float] = STRENGTHS,
    states: Sequence[States] = (),
    seed: int = 0,
    alone: Bools | None = None,
) -> tuple[Head, Floats | None]:
    """Fit the classifier of one dimension.

    Parameters
    ----------
    vectors
        Shape (n_rows, dim).
    truth
        Which labels each row has, shape (n_rows, n_labels).
    groups
        Number of each row's group; the inner folds keep groups whole.
    multiple
        Whether a unit takes any number of labels.
    kind
        A name in `linear.KINDS`.
    goal
        What the labels should be good at.
    sample_weight
        Weight of each row; all alike if None.
    strengths
        Inverse penalties to try. Where there is only one, there are no inner folds, and so no
        calibration.
    states
        The columns that hold states of a network. They are evened out (see `even_out`), and below
        `STEADY_FROM` rows the last layer alone is tried, too: few rows of a topic do not pay for
        columns that carry tone. The weights that are kept are those of the vectors as they came.
    seed
        Of the inner folds.
    alone
        Which labels never stand with another, shape (n_labels,); None where there are none.

    Returns
    -------
    The head, and the probabilities that the inner folds gave to the rows, shape (n_rows, n_labels):
    fit to compare heads on the same rows, but not to say how good one is, because penalty and rule
    were chosen on them. None without inner folds.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
    >>> truth = np.repeat(np.eye(2, dtype=bool), 20, axis=0)
    >>> head, _ = fit_head(vectors, truth, np.arange(40), multiple=False)
    >>> head.decide(head.probabilities(np.eye(2, dtype=np.float32))).tolist()
    [[True, False], [False, True]]
    """
    seen: Bools = np.asarray(truth.any(axis=0))
    target = truth[:, seen]
    single = None if alone is None or not alone[seen].any() else alone[seen]
    nothing_to_choose = len(strengths) == 1 or len(np.unique(groups)) == 1
    folds = [] if nothing_to_choose else grouped_folds(target, groups, _INNER_FOLDS, seed)
    scale = even_out(vectors, states)
    space = rotate(scaled(vectors, scale))

    def tune(space: Space) -> _Tuned:
        scores = _held_out_scores(
            space.rows, target, folds, sample_weight, strengths, kind=kind, multiple=multiple
        )
        return _best(scores, target, multiple=multiple)

    n_seen = target.shape[1]
    tuned = _Tuned(np.inf, len(strengths) // 2, Calibration.none(n_seen), None)
    if folds:
        tuned = tune(space)
        last = only_last(scale, states) if len(target) < STEADY_FROM else None
        if last is not None:
            narrow = rotate(scaled(vectors, last))
            other = tune(narrow)
            if other.loss < _CLEARLY * tuned.loss:
                tuned, scale, space = other, last, narrow
    rule, held_out = Rule.none(n_seen, single), None
    if tuned.probabilities is not None:
        shift = tuned.calibration.shift
        rule = find_rule(tuned.probabilities, target, shift, goal, multiple=multiple, alone=single)
        held_out = np.zeros(truth.shape)
        held_out[:, seen] = tuned.probabilities
    strength = strengths[tuned.index]
    fitted = fit_path(space.rows, target, [strength], multiple, sample_weight, kind)[0]
    weights = (space.back(fitted.weights) * scale).astype(np.float32)
    fit = LinearFit(weights, fitted.intercept)
    return Head(multiple, seen, fit, tuned.calibration, rule, float(strength)), held_out


@dataclass(frozen=True, slots=True)
class _Tuned:
    """The penalty with the lowest loss on held-out rows, and what belongs to it."""

    loss: float
    index: int
    """Of the penalty among those that were tried."""
    calibration: Calibration
    probabilities: Floats | None
    """Of the held-out rows, calibrated; None without inner folds."""


def _best(held_out: Sequence[Floats], target: Bools, *, multiple: bool) -> _Tuned:
    """Calibrate the scores of each penalty, and choose by the log loss."""
    tried = []
    for index, scores in enumerate(held_out):
        calibration = calibrate(scores, target, multiple=multiple)
        probabilities = calibration.probabilities(scores, multiple=multiple)
        loss = _log_loss(probabilities, target, multiple=multiple)
        tried.append(_Tuned(loss, index, calibration, probabilities))
    least = min(trial.loss for trial in tried)
    # Ties go to the stricter penalty, which comes first.
    return next(trial for trial in tried if trial.loss < least + 1e-9)


def _held_out_scores(
    rows: Matrix,
    target: Bools,
    folds: Sequence[Fold],
    sample_weight: Floats | None,
    strengths: Sequence[float],
    *,
    kind: str,
    multiple: bool,
) -> list[Floats]:
    """Score every row by models that did not see its group, once for each strength."""
    if not folds:
        return []
    scores = [np.zeros(target.shape) for _ in strengths]
    for train, test in folds:
        weight = None if sample_weight is None else sample_weight[train]
        path = fit_path(rows[train], target[train], strengths, multiple, weight, kind)
        for held_out, fitted in zip(scores, path, strict=True):
            held_out[test] = fitted.scores(rows[test])
    return scores


def _log_loss(probabilities: Floats, target: Bools, *, multiple: bool) -> float:
    """Measure how surprising the truth is: less a matter of chance than F1, on few rows."""
    right = (
        np.where(target, probabilities, 1 - probabilities) if multiple else probabilities[target]
    )
    return float(-np.log(np.maximum(right, 1e-12)).mean())
