"""The head: from vectors to labels on one dimension, with calibrated probabilities.

A logistic regression with balanced class weights, because labels that matter are often rare.
Everything that is chosen is chosen inside `fit_head` by grouped folds of the rows it is given: the
strength of the penalty, the calibration, the rule that turns probabilities into labels. Whoever
scores a head on rows that were not given to it gets an honest score.

Probabilities and labels serve two masters. The probabilities are calibrated to how often labels
occur, so that shares can be computed from them. The label is the most probable one, unless
weighting rare labels more was clearly better on the inner folds (by `MARGIN` of macro-F1): then a
label can win with less than the largest probability, and the model says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .calibrate import calibrate_multiple, calibrate_single, sigmoid, softmax
from .folds import Fold, grouped_folds
from .linear import LinearFit, fit_path, rotate
from .matrix import Matrix, dense_product
from .scores import macro_f1

__all__ = ["MARGIN", "STRENGTHS", "Head", "fit_head"]

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Inverse penalties (scikit-learn's C) that are tried, from strict to loose."""

MARGIN = 0.01
"""How much better in macro-F1 a rule must be that does not simply take the most probable label."""

_INNER_FOLDS = 3

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
        """Choose labels by probabilities, shape (n_rows, n_labels)."""
        return _decide(probabilities, self.seen, self.bonus, multiple=self.multiple)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give what must be stored."""
        return {
            "seen": self.seen.astype(np.uint8),
            "weights": self.weights,
            "intercept": self.intercept,
            "slope": self.slope,
            "shift": self.shift,
            "bonus": self.bonus,
        }

    @classmethod
    def restore(
        cls, arrays: Mapping[str, npt.NDArray[Any]], *, multiple: bool, strength: float
    ) -> "Head":
        """Make the head again from what was stored."""
        seen = arrays["seen"].astype(bool)
        n_seen = int(seen.sum())
        for name in ("intercept", "slope", "shift", "bonus"):
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
            strength,
        )


def fit_head(
    vectors: Matrix,
    truth: Bools,
    groups: npt.NDArray[np.int64],
    *,
    multiple: bool,
    sample_weight: Floats | None = None,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = 0,
) -> Head:
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
    sample_weight
        Weight of each row; all alike if None.
    strengths
        Inverse penalties to try. Where there is only one, there are no inner folds, and so no
        calibration.
    seed
        Of the inner folds.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
    >>> truth = np.repeat(np.eye(2, dtype=bool), 20, axis=0)
    >>> head = fit_head(vectors, truth, np.arange(40), multiple=False)
    >>> head.decide(head.probabilities(np.eye(2, dtype=np.float32))).tolist()
    [[True, False], [False, True]]
    """
    seen: Bools = np.asarray(truth.any(axis=0))
    target = truth[:, seen]
    space = rotate(vectors)
    nothing_to_choose = len(strengths) == 1 or len(np.unique(groups)) == 1
    folds = [] if nothing_to_choose else grouped_folds(target, groups, _INNER_FOLDS, seed)
    held_out = _held_out_scores(
        space.rows, target, folds, sample_weight, strengths, multiple=multiple
    )
    everything = np.ones(target.shape[1], bool)
    best: tuple[float, int, Floats, Floats, Floats] | None = None
    for place, scores in enumerate(held_out):
        slope, shift = _calibrate(scores, target, multiple)
        calibrated = scores * slope + shift
        probabilities = sigmoid(calibrated) if multiple else softmax(calibrated)
        plain: Floats = np.zeros(target.shape[1])
        f1 = macro_f1(target, _decide(probabilities, everything, plain, multiple=multiple))
        bonus: Floats = plain
        for other in _bonuses(probabilities, target, shift, multiple):
            answer = _decide(probabilities, everything, other, multiple=multiple)
            if (better := macro_f1(target, answer)) >= f1 + MARGIN:
                f1, bonus = better, other
        # Ties go to the stricter penalty, which comes first.
        if best is None or f1 > best[0] + 1e-9:
            best = (f1, place, slope, shift, bonus)
    if best is None:
        n_seen = target.shape[1]
        best = (0.0, len(strengths) // 2, np.ones(n_seen), np.zeros(n_seen), np.zeros(n_seen))
    _, place, slope, shift, bonus = best
    fitted = fit_path(space.rows, target, [strengths[place]], multiple, sample_weight)[0]
    weights = space.back(fitted.weights).astype(np.float32)
    return Head(
        multiple, seen, weights, fitted.intercept, slope, shift, bonus, float(strengths[place])
    )


def _held_out_scores(
    rows: Matrix,
    target: Bools,
    folds: Sequence[Fold],
    sample_weight: Floats | None,
    strengths: Sequence[float],
    *,
    multiple: bool,
) -> list[Floats]:
    """Score every row by models that did not see its group, once for each strength."""
    if not folds:
        return []
    scores = [np.zeros(target.shape) for _ in strengths]
    for train, test in folds:
        weight = None if sample_weight is None else sample_weight[train]
        path: list[LinearFit] = fit_path(rows[train], target[train], strengths, multiple, weight)
        for place, fitted in enumerate(path):
            scores[place][test] = dense_product(rows[test], fitted.weights) + fitted.intercept
    return scores


def _calibrate(
    scores: Floats,
    target: Bools,
    multiple: bool,  # noqa: FBT001
) -> tuple[Floats, Floats]:
    return calibrate_multiple(scores, target) if multiple else calibrate_single(scores, target)


def _bonuses(
    probabilities: Floats,
    target: Bools,
    shift: Floats,
    multiple: bool,  # noqa: FBT001
) -> list[Floats]:
    """Propose rules that help rare labels."""
    if not multiple:
        return [-shift / 2, -shift]
    best = np.zeros(target.shape[1])
    for k in range(target.shape[1]):
        order = np.argsort(-probabilities[:, k], kind="stable")
        hits = np.cumsum(target[order, k])
        f1 = 2 * hits / (np.arange(1, len(order) + 1) + max(hits[-1], 1))
        # Averaged over its neighbours, because the single best threshold of few rows is chance.
        width = max(1, int(hits[-1]) // 4)
        smooth = np.convolve(f1, np.ones(width) / width, mode="same")
        cut = np.clip(probabilities[order[int(smooth.argmax())], k], 0.02, 0.98)
        best[k] = -np.log(cut / (1 - cut))
    return [-shift, best]


def _decide(probabilities: Floats, seen: Bools, bonus: Floats, *, multiple: bool) -> Bools:
    answer = np.zeros(probabilities.shape, bool)
    with np.errstate(divide="ignore"):
        log_odds = np.log(probabilities[:, seen])
        if multiple:
            log_odds = log_odds - np.log1p(-probabilities[:, seen])
    value = log_odds + bonus
    if multiple:
        answer[:, seen] = value >= 0
    else:
        places = np.flatnonzero(seen)[value.argmax(axis=1)]
        answer[np.arange(len(answer)), places] = True
    return answer
