"""The head: from vectors to labels on one dimension, with calibrated probabilities.

A linear classifier (see `linear.KINDS`) with balanced class weights, because labels that matter are
often rare. Everything that is chosen is chosen inside `fit_head` by grouped folds of the rows it is
given: the strength of the penalty, what is read (`readings`), the calibration, the rule that turns
probabilities into labels. Whoever scores a head on rows that were not given to it gets an honest
score.

Penalties and readings are averaged rather than chosen (`trials`).

Probabilities and labels serve two masters. The probabilities are calibrated to how often labels
occur, so that shares can be computed from them. Labels serve the stated goal (`decision`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..labelled.folds import grouped_folds
from ..matrix import Matrix, States
from .calibration import Calibration, calibrate
from .decision import MARGIN, Goal, Rule, find_rule
from .linear import LinearFit
from .readings import readings
from .trials import (
    Counted,
    Fitting,
    Rows,
    even_slopes,
    mean_fit,
    tell_counted,
    try_out,
    weigh,
)

__all__ = ["MARGIN", "STRENGTHS", "Head", "fit_again", "fit_head"]

STRENGTHS = (0.3, 1.0, 3.0, 10.0)
"""Inverse penalties (scikit-learn's C) that are tried, from strict to loose."""

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
    fit: LinearFit
    """The classifier of the labels that occurred."""
    calibration: Calibration
    """What turns its scores into probabilities."""
    rule: Rule
    """What turns these into labels."""
    strength: float
    """The inverse penalty that weighed most."""
    codebook: float = 0.0
    """How much of it learned from the codebook, too, between 0 and 1; not stored with it."""
    counted: tuple[Counted, ...] = ()
    """What it is the mean of; not stored with it."""

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
    codebook: tuple[Matrix, Bools] | None = None,
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
        The columns that hold states of a network, which are read in several ways (`readings`). The
        weights that are kept are those of the vectors as they came.
    seed
        Of the inner folds.
    alone
        Which labels never stand with another, shape (n_labels,); None where there are none.
    codebook
        What the codebook says of the labels: vectors, shape (n_said, dim), and labels, shape
        (n_said, n_labels). Each penalty is tried with these rows, too, which weigh
        `trials.CODEBOOK_WEIGHT`; they are never held out. Without inner folds they are left out.

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
    rows = Rows.of(vectors, target, sample_weight, codebook if folds else None, seen)
    ways = readings(vectors, states)
    reads = [rows.read(n, way) for n, way in enumerate(ways[: None if folds else 1])]
    fitting = Fitting(strengths, kind, multiple)
    trials = try_out(reads, rows, folds, fitting)
    weight = weigh(trials, target, target, fitting)
    trials = even_slopes(trials, weight)
    counted = tell_counted(trials, weight)
    fit = mean_fit(counted, reads, rows, fitting)
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
    share = float(weight[[trial.with_codebook for trial in trials]].sum())
    return Head(multiple, seen, fit, calibration, rule, float(strength), share, counted), held_out


def fit_again(
    head: Head,
    vectors: Matrix,
    truth: Bools,
    *,
    kind: str = "logistic",
    sample_weight: Floats | None = None,
    states: Sequence[States] = (),
    codebook: tuple[Matrix, Bools] | None = None,
) -> LinearFit:
    """Fit on other rows what a head is the mean of, each as much as it counts there.

    Parameters
    ----------
    head
        As `fit_head` made it.
    vectors, truth, kind, sample_weight, states, codebook
        As there. Labels that the head has not seen are left out.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
    >>> truth = np.repeat(np.eye(2, dtype=bool), 20, axis=0)
    >>> head, _ = fit_head(vectors, truth, np.arange(40), multiple=False)
    >>> fit = fit_again(head, vectors, truth)
    >>> bool((fit.weights == head.fit.weights).all())
    True
    """
    rows = Rows.of(vectors, truth[:, head.seen], sample_weight, codebook, head.seen)
    ways = readings(vectors, states)
    reads = [rows.read(n, ways[n]) for n in sorted({one.reading for one in head.counted})]
    return mean_fit(head.counted, reads, rows, Fitting(STRENGTHS, kind, head.multiple))
