"""A tuned model on some of the rows: tuned network and frozen encoder, with their classifiers.

The score of a label is the sum of two: that of the tuned network's classifier and that of the
frozen encoder's, each divided by how far such scores spread on rows that were held out. That is
steadier than either alone, unless held-out rows say otherwise; and it is one linear classifier over
both encoders' columns, so that a tuned model is stored and tagged with like any other.

References
----------
Wortsman, M. et al. (2022). Robust fine-tuning of zero-shot models. CVPR (both together).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..encoders.networks.tuned import Tuned
from ..heads.calibration import Calibration, calibrate
from ..heads.decision import MARGIN, Rule, find_rule
from ..heads.head import Head
from ..heads.linear import LinearFit
from ..matrix import Matrix
from ..scores import NOISE
from ..training.question import Job

__all__ = ["NEVER", "Ensemble", "ScorePair", "Unseen", "make_head"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
ScorePair = tuple[Floats, Floats]
"""Scores of the tuned and of the frozen classifier, each of shape (n_rows, n_labels)."""

NEVER = -4.0
"""Score of a label that no row had, as in `linear`."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A tuned network, and two classifiers a dimension."""

    encoder: Tuned
    """The network."""
    frozen_encoder: Any
    """The frozen encoder, fitted on the same rows."""
    vectors: Matrix
    """Columns of the tuned network, then those of the frozen encoder; zeros for rows that nobody
    asked for."""
    tuned: tuple[LinearFit, ...]
    """Classifiers on the tuned network's columns."""
    frozen: tuple[Head, ...]
    """Classifiers on the frozen encoder's columns."""

    def scores(self, k: int, rows: Ints) -> ScorePair:
        """Score some rows on a dimension."""
        tuned, frozen = self.tuned[k], _all_labels(self.frozen[k])
        width, some = tuned.weights.shape[1], self.vectors[rows]
        return tuned.scores(some[:, :width]), frozen.scores(some[:, width:])


@dataclass(frozen=True, slots=True)
class Unseen:
    """Rows that no classifier of an ensemble like this one has seen, to calibrate on."""

    scores: ScorePair
    """What the classifiers say."""
    truth: Bools
    """What is so, shape (n_rows, n_labels)."""
    seen: Bools
    """Which labels occurred in training, shape (n_labels,)."""


def make_head(ensemble: Ensemble, k: int, job: Job, unseen: Unseen) -> Head:
    """Join the two classifiers of a dimension into one that is calibrated.

    Both count alike, unless the tuned one alone is better by `MARGIN`.

    Parameters
    ----------
    ensemble
        Where they are.
    k
        Number of the dimension.
    job
        The dimension.
    unseen
        What calibration and decision rule are found on.
    """
    tuned, frozen, seen = ensemble.tuned[k], _all_labels(ensemble.frozen[k]), unseen.seen
    spread = [max(float(scores[:, seen].std()), 1e-6) for scores in unseen.scores]
    target = unseen.truth[:, seen]
    best: tuple[float, Rule, Calibration] | None = None
    for share in (1.0, 0.0):
        scores = unseen.scores[0] / spread[0] + unseen.scores[1] / spread[1] * share
        scores = scores[:, seen]
        calibration = calibrate(scores, target, multiple=job.multiple)
        probabilities = calibration.probabilities(scores, multiple=job.multiple)
        rule = find_rule(
            probabilities,
            target,
            calibration.shift,
            job.goal,
            multiple=job.multiple,
            alone=None if job.alone is None else job.alone[seen],
        )
        if best is None or rule.f1 >= best[1].f1 + MARGIN - NOISE:
            best = share, rule, calibration
    assert best is not None  # noqa: S101 - for the type checker
    share, rule, calibration = best
    weights = np.hstack([tuned.weights / spread[0], frozen.weights / spread[1] * share])
    intercept = tuned.intercept / spread[0] + frozen.intercept / spread[1] * share
    fit = LinearFit(weights[seen].astype(np.float32), intercept[seen])
    return Head(job.multiple, seen, fit, calibration, rule, ensemble.frozen[k].strength)


def _all_labels(head: Head) -> LinearFit:
    """Return a head's scores of all labels, those that no row had among them."""
    weights = np.zeros((len(head.seen), head.fit.weights.shape[1]))
    intercept = np.full(len(head.seen), NEVER)
    weights[head.seen], intercept[head.seen] = head.fit.weights, head.fit.intercept
    return LinearFit(weights, intercept)
