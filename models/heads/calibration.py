"""Calibration: from held-out scores of a classifier to probabilities that keep their word.

Single choice gets one common slope and one shift a label (temperature and priors); multiple choice
a slope and a shift for each label (Platt's way). Both are pulled towards the plain correction of
balanced class weights by the labels' shares, so that few rows give that correction and many rows
speak for themselves.

References
----------
Guo, C., Pleiss, G., Sun, Y. & Weinberger, K. (2017). On Calibration of Modern Neural Networks,
section 4.2. Platt, J. (1999). Probabilistic outputs for support vector machines.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Calibration", "calibrate", "sigmoid", "softmax"]

_PULL = 2.0
"""Weight of the pull, in rows."""

Floats = npt.NDArray[np.float64]


def sigmoid(scores: Floats) -> Floats:
    """Turn log-odds into probabilities."""
    from scipy.special import expit

    return np.asarray(expit(scores))


def softmax(scores: Floats) -> Floats:
    """Turn scores into probabilities that sum to 1 in each row.

    Examples
    --------
    >>> softmax(np.log([[1.0, 3.0]])).tolist()
    [[0.25, 0.75]]
    """
    from scipy.special import softmax as soft

    return np.asarray(soft(scores, axis=1))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns scores into probabilities."""

    slope: Floats
    """What scores are multiplied with, shape (n_labels,)."""
    shift: Floats
    """What is added then, shape (n_labels,)."""

    @classmethod
    def none(cls, n_labels: int) -> "Calibration":
        """Take scores as they are."""
        return cls(np.ones(n_labels), np.zeros(n_labels))

    def probabilities(self, scores: Floats, *, multiple: bool) -> Floats:
        """Calibrate scores, shape (n_rows, n_labels).

        Examples
        --------
        >>> Calibration.none(2).probabilities(np.log([[1.0, 3.0]]), multiple=False).tolist()
        [[0.25, 0.75]]
        """
        calibrated = scores * self.slope + self.shift
        return sigmoid(calibrated) if multiple else softmax(calibrated)


def calibrate(scores: Floats, truth: npt.NDArray[np.bool_], *, multiple: bool) -> Calibration:
    """Find the calibration of held-out scores.

    Parameters
    ----------
    scores
        Held-out scores (multiple choice: log-odds), shape (n_rows, n_labels).
    truth
        Which labels each row has, same shape.
    multiple
        Whether a row can have any number of labels.
    """
    return Calibration(*(_each_label if multiple else _all_labels)(scores, truth))


def _all_labels(scores: Floats, truth: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Find one slope for all labels, and the shift of each, for one label of several."""
    n_rows, n_labels = truth.shape
    prior = np.log((truth.sum(axis=0) + 0.5) / (n_rows + 0.5 * n_labels) * n_labels)
    prior -= prior.mean()

    def loss(parameters: Floats) -> tuple[float, Floats]:
        log_slope, shift = parameters[0], parameters[1:]
        scaled = np.exp(log_slope) * scores
        logits = scaled + shift
        peak = logits.max(axis=1, keepdims=True)
        norm = peak[:, 0] + np.log(np.exp(logits - peak).sum(axis=1))
        miss = np.exp(logits - norm[:, None]) - truth
        pull = np.concatenate([[log_slope], shift - prior])
        value = (norm - logits[truth]).sum() + _PULL * (pull**2).sum()
        slope_part = (miss * scaled).sum()
        gradient = np.concatenate([[slope_part], miss.sum(axis=0)]) + 2 * _PULL * pull
        return float(value), gradient

    best = _minimise(loss, np.concatenate([[0.0], prior]))
    shift = best[1:] - best[1:].mean()
    return np.full(n_labels, np.exp(best[0])), shift


def _each_label(scores: Floats, truth: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Find slope and shift of each of several independent labels."""
    slope, shift = np.ones(scores.shape[1]), np.zeros(scores.shape[1])
    for k in range(scores.shape[1]):
        score, event = scores[:, k], truth[:, k].astype(float)
        prior = float(np.log((event.sum() + 0.5) / (len(event) - event.sum() + 0.5)))

        def loss(
            parameters: Floats,
            score: Floats = score,
            event: Floats = event,
            prior: float = prior,
        ) -> tuple[float, Floats]:
            scaled = np.exp(parameters[0]) * score
            logit = scaled + parameters[1]
            miss = sigmoid(logit) - event
            pull = np.array([parameters[0], parameters[1] - prior])
            value = np.logaddexp(0, logit).sum() - (event * logit).sum()
            gradient = np.array([(miss * scaled).sum(), miss.sum()]) + 2 * _PULL * pull
            return float(value + _PULL * (pull**2).sum()), gradient

        best = _minimise(loss, np.array([0.0, prior]))
        slope[k], shift[k] = np.exp(best[0]), best[1]
    return slope, shift


def _minimise(loss: Any, start: Floats) -> Floats:
    from scipy.optimize import minimize

    bounds = [(-3.0, 3.0), *[(-15.0, 15.0)] * (len(start) - 1)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)
