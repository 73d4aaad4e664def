"""The head: from vectors to labels on one dimension, with calibrated probabilities.

A linear classifier (see `linear.KINDS`) with balanced class weights, because labels that matter are
often rare. Everything that is chosen is chosen inside `fit_head` by grouped folds of the rows it is
given: the strength of the penalty, the calibration, the rule that turns probabilities into labels.
Whoever scores a head on rows that were not given to it gets an honest score.

Probabilities and labels serve two masters. The probabilities are calibrated to how often labels
occur, so that shares can be computed from them. Labels serve the stated goal (`goals`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..labelled.folds import Fold, grouped_folds
from ..matrix import Matrix, States, dense_product, even_out, only_last, scaled
from .calibration import calibrate_multiple, calibrate_single, sigmoid, softmax
from .decision import MARGIN, STEADY_FROM, Goal, Rule, decide, find_rule
from .linear import LinearFit, Space, fit_path, rotate

__all__ = ["MARGIN", "STRENGTHS", "Head", "fit_head", "fit_scored"]

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
    weights: npt.NDArray[np.float32]
    """Shape (n_seen, dim)."""
    intercept: npt.NDArray[np.float64]
    """Shape (n_seen,)."""
    slope: npt.NDArray[np.float64]
    """Calibration: what scores are multiplied with, shape (n_seen,)."""
    shift: npt.NDArray[np.float64]
    """Calibration: what is added then, shape (n_seen,)."""
    bonus: npt.NDArray[np.float64]
    """What is added for the decision only, in log-odds, shape (n_seen,).

    Where it is zero, the most probable label wins.
    """
    least: npt.NDArray[np.float64]
    """The probability below which a label of a single choice is not given, shape (n_seen,)."""
    strength: float
    """The inverse penalty that was chosen."""

    def probabilities(self, vectors: Matrix) -> Floats:
        """Give the probability of each label of the codebook, shape (n_rows, n_labels)."""
        return self.from_scores(self.scores(vectors))

    def scores(self, vectors: Matrix) -> Floats:
        """Score the labels seen, shape (n_rows, n_seen)."""
        return dense_product(vectors, self.weights) + self.intercept

    def from_scores(self, scores: Floats) -> Floats:
        """Calibrate scores of the labels seen."""
        calibrated = scores * self.slope + self.shift
        seen = sigmoid(calibrated) if self.multiple else softmax(calibrated)
        full = np.zeros((len(scores), len(self.seen)))
        full[:, self.seen] = seen
        return full

    def decide(self, probabilities: Floats) -> Bools:
        """Choose labels by probabilities, shape (n_rows, n_labels).

        A row of a single choice has none where the model abstains for the sake of its goal.
        """
        answer = np.zeros(probabilities.shape, bool)
        seen = probabilities[:, self.seen]
        answer[:, self.seen] = decide(seen, self.bonus, self.least, multiple=self.multiple)
        return answer

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give what must be stored."""
        return {
            "seen": self.seen.astype(np.uint8),
            "weights": self.weights,
            "intercept": self.intercept,
            "slope": self.slope,
            "shift": self.shift,
            "bonus": self.bonus,
            "least": self.least,
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
        weights = arrays["weights"]
        if weights.ndim != 2 or len(weights) != n_seen:
            raise ValueError(f"weights have the shape {weights.shape}")
        return cls(
            multiple,
            seen,
            weights,
            arrays["intercept"],
            arrays["slope"],
            arrays["shift"],
            arrays["bonus"],
            arrays["least"],
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
) -> Head:
    """Fit the classifier of one dimension; see `fit_scored`.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
    >>> truth = np.repeat(np.eye(2, dtype=bool), 20, axis=0)
    >>> head = fit_head(vectors, truth, np.arange(40), multiple=False)
    >>> head.decide(head.probabilities(np.eye(2, dtype=np.float32))).tolist()
    [[True, False], [False, True]]
    """
    return fit_scored(
        vectors,
        truth,
        groups,
        multiple=multiple,
        kind=kind,
        goal=goal,
        sample_weight=sample_weight,
        strengths=strengths,
        states=states,
        seed=seed,
    )[0]


def fit_scored(
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
        columns that tell of tone. The weights that are kept are those of the vectors as they came.
    seed
        Of the inner folds.

    Returns
    -------
    The head, and the probabilities that the inner folds gave to the rows, shape (n_rows, n_labels):
    fit to compare heads on the same rows, but not to tell how good one is, because penalty and rule
    were chosen on them. None without inner folds.
    """
    seen: Bools = np.asarray(truth.any(axis=0))
    target = truth[:, seen]
    nothing_to_choose = len(strengths) == 1 or len(np.unique(groups)) == 1
    folds = [] if nothing_to_choose else grouped_folds(target, groups, _INNER_FOLDS, seed)
    scale = even_out(vectors, states)
    space = rotate(scaled(vectors, scale))

    def tune(space: Space) -> _Tuned:
        scores = _held_out_scores(
            space.rows, target, folds, sample_weight, strengths, kind=kind, multiple=multiple
        )
        return _best(scores, target, multiple=multiple)

    none = np.zeros(target.shape[1])
    tuned = _Tuned(np.inf, len(strengths) // 2, none + 1, none, None)
    if folds:
        tuned = tune(space)
        last = only_last(scale, states) if len(target) < STEADY_FROM else None
        if last is not None:
            narrow = rotate(scaled(vectors, last))
            other = tune(narrow)
            if other.loss < _CLEARLY * tuned.loss:
                tuned, scale, space = other, last, narrow
    rule, held_out = Rule(none, none, np.nan), None
    if tuned.probabilities is not None:
        rule = find_rule(tuned.probabilities, target, tuned.shift, goal, multiple=multiple)
        held_out = np.zeros(truth.shape)
        held_out[:, seen] = tuned.probabilities
    strength = strengths[tuned.place]
    fitted = fit_path(space.rows, target, [strength], multiple, sample_weight, kind)[0]
    head = Head(
        multiple,
        seen,
        (space.back(fitted.weights) * scale).astype(np.float32),
        fitted.intercept,
        tuned.slope,
        tuned.shift,
        rule.bonus,
        rule.least,
        float(strength),
    )
    return head, held_out


@dataclass(frozen=True, slots=True)
class _Tuned:
    """The penalty with the lowest loss on held-out rows, and what belongs to it."""

    loss: float
    place: int
    """Of the penalty among those that were tried."""
    slope: Floats
    shift: Floats
    probabilities: Floats | None
    """Of the held-out rows, calibrated; None without inner folds."""


def _best(held_out: Sequence[Floats], target: Bools, *, multiple: bool) -> _Tuned:
    """Calibrate the scores of each penalty, and choose by the log loss."""
    found = []
    for place, scores in enumerate(held_out):
        slope, shift = _calibrate(scores, target, multiple)
        calibrated = scores * slope + shift
        probabilities = sigmoid(calibrated) if multiple else softmax(calibrated)
        loss = _log_loss(probabilities, target, multiple=multiple)
        found.append(_Tuned(loss, place, slope, shift, probabilities))
    least = min(one.loss for one in found)
    # Ties go to the stricter penalty, which comes first.
    return next(one for one in found if one.loss < least + 1e-9)


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
        path: list[LinearFit] = fit_path(
            rows[train], target[train], strengths, multiple, weight, kind
        )
        for place, fitted in enumerate(path):
            scores[place][test] = dense_product(rows[test], fitted.weights) + fitted.intercept
    return scores


def _log_loss(probabilities: Floats, target: Bools, *, multiple: bool) -> float:
    """Measure how surprising the truth is: less a matter of chance than F1, on few rows."""
    right = (
        np.where(target, probabilities, 1 - probabilities) if multiple else probabilities[target]
    )
    return float(-np.log(np.maximum(right, 1e-12)).mean())


def _calibrate(
    scores: Floats,
    target: Bools,
    multiple: bool,  # noqa: FBT001
) -> tuple[Floats, Floats]:
    return calibrate_multiple(scores, target) if multiple else calibrate_single(scores, target)
