"""The head: from vectors to labels on one dimension, with calibrated probabilities.

A linear classifier (see `linear.KINDS`) with balanced class weights, because labels that matter are
often rare. Everything that is chosen is chosen inside `fit_head` by grouped folds of the rows it is
given: the strength of the penalty, the layers, the calibration, the rule that turns probabilities
into labels. Whoever scores a head on rows that were not given to it gets an honest score.

Penalties and layers are averaged rather than chosen, because the folds of 50 rows are a coin: each
counts by the likelihood of the held-out rows (many rows make that a choice), and loose penalties
start with less. The mean of linear classifiers is a linear classifier again.

Probabilities and labels serve two masters. The probabilities are calibrated to how often labels
occur, so that shares can be computed from them. Labels serve the stated goal (`decision`).

References
----------
Yao, Y., Vehtari, A., Simpson, D. & Gelman, A. (2018). Using Stacking to Average Bayesian Predictive
Distributions. Bayesian Analysis 13, section 2.2 (pseudo-BMA: weights from held-out likelihoods).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from ..labelled.folds import Fold, grouped_folds
from ..matrix import Matrix, States, even_out, only_last, scaled
from .calibration import Calibration, calibrate
from .decision import MARGIN, Goal, Rule, find_rule
from .linear import LinearFit, Space, fit_path, rotate

__all__ = ["MARGIN", "STRENGTHS", "Head", "fit_head"]

STRENGTHS = (0.3, 1.0, 3.0, 10.0)
"""Inverse penalties (scikit-learn's C) that are tried, from strict to loose."""

_INNER_FOLDS = 3

_LAST_ALONE = 0.3
"""Weight of the last layer alone before any row is seen; that of all layers is 1."""

_LEAST = 0.01
"""Weight below which a trial does not count, as a share of the largest."""

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
    """The inverse penalty that weighed most."""

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
        Inverse penalties to try, ascending. Where there is only one, there are no inner folds, and
        so no calibration.
    states
        The columns that hold states of a network. They are evened out (see `even_out`), and the
        last layer alone is tried, too: few rows of a topic do not pay for columns that carry tone.
        The weights that are kept are those of the vectors as they came.
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
    last = only_last(scale, states) if folds else None
    readings = [_Reading(scale, rotate(scaled(vectors, scale)), 1.0)]
    if last is not None:
        readings.append(_Reading(last, rotate(scaled(vectors, last)), _LAST_ALONE))
    trials = [
        trial
        for reading in readings
        for trial in _try_out(
            reading,
            target,
            folds,
            sample_weight,
            strengths,
            kind=kind,
            multiple=multiple,
        )
    ]
    weight = _weigh(trials, len(target))
    fit = _mean_fit(trials, weight, target, sample_weight, kind=kind, multiple=multiple)
    n_seen = target.shape[1]
    calibration, rule = Calibration.none(n_seen), Rule.none(n_seen, single)
    held_out = None
    if folds:
        scores = sum(w * trial.scores for w, trial in zip(weight, trials, strict=True))
        calibration = calibrate(scores, target, multiple=multiple)
        probabilities = calibration.probabilities(scores, multiple=multiple)
        shift = calibration.shift
        rule = find_rule(probabilities, target, shift, goal, multiple=multiple, alone=single)
        held_out = np.zeros(truth.shape)
        held_out[:, seen] = probabilities
    by_strength = np.array([[trial.strength == one for trial in trials] for one in strengths])
    strength = strengths[int((by_strength @ weight).round(9).argmax())]
    return Head(multiple, seen, fit, calibration, rule, float(strength)), held_out


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """One way to weigh the columns."""

    scale: npt.NDArray[np.float32]
    """What each column is multiplied with."""
    space: Space
    """The rows so scaled, where fits are made."""
    prior: float
    """Its weight before any row is seen."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A reading and a penalty, as held-out rows saw them."""

    reading: _Reading
    strength: float
    """The inverse penalty."""
    slope: Floats
    """What brings its scores to log-odds, shape (n_labels,)."""
    scores: Any
    """Held-out scores times the slope, shape (n_rows, n_labels); None without inner folds."""
    loss: float
    """Log loss of the held-out rows, calibrated and balanced."""


def _try_out(
    reading: _Reading,
    target: Bools,
    folds: Sequence[Fold],
    sample_weight: Floats | None,
    strengths: Sequence[float],
    *,
    kind: str,
    multiple: bool,
) -> Iterator[_Trial]:
    """Score the held-out rows of a reading with each penalty; without folds, take the middle."""
    if not folds:
        yield _Trial(reading, strengths[len(strengths) // 2], np.ones(target.shape[1]), None, 0.0)
        return
    held_out = _held_out_scores(
        reading.space.rows, target, folds, sample_weight, strengths, kind=kind, multiple=multiple
    )
    for strength, scores in zip(strengths, held_out, strict=True):
        calibration = calibrate(scores, target, multiple=multiple)
        probabilities = calibration.probabilities(scores, multiple=multiple)
        loss = _balanced_loss(probabilities, target, multiple=multiple)
        yield _Trial(reading, strength, calibration.slope, calibration.slope * scores, loss)


def _weigh(trials: Sequence[_Trial], n_rows: int) -> Floats:
    """Weigh trials by how probable they make the held-out rows, and by what is known before.

    A penalty starts with the weight 1 / C. Trials that hardly count get none, so that they need not
    be fitted.
    """
    prior = np.array([trial.reading.prior / trial.strength for trial in trials])
    log_weight = np.log(prior) - n_rows * np.array([trial.loss for trial in trials])
    weight = np.exp(log_weight - log_weight.max())
    weight[weight < _LEAST] = 0
    return np.asarray(weight / weight.sum())


def _mean_fit(
    trials: Sequence[_Trial],
    weight: Floats,
    target: Bools,
    sample_weight: Floats | None,
    *,
    kind: str,
    multiple: bool,
) -> LinearFit:
    """Fit what the trials tried on all rows, and take the mean: one linear classifier again."""
    weights: npt.NDArray[Any] = np.zeros(1)
    intercept = np.zeros(target.shape[1])
    counted = [(trial, share) for trial, share in zip(trials, weight, strict=True) if share]
    for reading, pairs in groupby(counted, key=lambda pair: pair[0].reading):
        some = list(pairs)
        path = fit_path(
            reading.space.rows,
            target,
            [trial.strength for trial, _ in some],
            multiple,
            sample_weight,
            kind,
        )
        mixed = np.zeros(path[0].weights.shape)
        for (trial, share), fitted in zip(some, path, strict=True):
            slope = share * trial.slope
            mixed += slope[:, None] * fitted.weights
            intercept += slope * fitted.intercept
        weights = weights + reading.space.back(mixed) * reading.scale
    return LinearFit(weights.astype(np.float32), intercept)


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


def _balanced_loss(probabilities: Floats, target: Bools, *, multiple: bool) -> float:
    """Measure how surprising the truth is where each label is as frequent as the others.

    It is less a matter of chance than F1, on few rows. Unbalanced, three rows of a rare label would
    have no say. Labels of a multiple choice are added up.
    """
    share = target.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if multiple:
            odds = probabilities / (1 - probabilities) * (1 - share) / share
            right = np.where(target, odds, 1) / (1 + odds)
            weight = np.where(target, 0.5 / share, 0.5 / (1 - share))
            surprise = -np.log(np.maximum(right, 1e-9)) * weight
            return float(surprise[:, (share > 0) & (share < 1)].mean(axis=0).sum())
        even = probabilities / share
    right = even[target] / even.sum(axis=1)
    return float(
        -(np.log(np.maximum(right, 1e-9)) / share[target.argmax(axis=1)]).mean() / len(share)
    )
