"""Classifiers of several penalties and layers, averaged by what held-out rows say of them.

The folds of 50 rows are a coin, and a choice by them pays for it. So each trial counts by the
likelihood of the held-out rows: with many rows this comes to a choice, without a step on the way.
Labels count alike in it, because else three rows of a rare label would have no say. Strict
penalties and all layers start with more, as they are better on average.

References
----------
Yao, Y., Vehtari, A., Simpson, D. & Gelman, A. (2018). Using Stacking to Average Bayesian Predictive
Distributions. Bayesian Analysis 13, section 2.2 (pseudo-BMA: weights from held-out likelihoods).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..labelled.folds import Fold
from ..matrix import Matrix, scaled
from .calibration import calibrate
from .linear import LinearFit, Space, fit_path, rotate

__all__ = [
    "CODEBOOK_WEIGHT",
    "LAST_ALONE",
    "Fitting",
    "Reading",
    "Rows",
    "Trial",
    "even_slopes",
    "mean_fit",
    "try_out",
    "weigh",
]

CODEBOOK_WEIGHT = 0.5
"""What a row out of the codebook weighs beside a labelled one."""

LAST_ALONE = 0.3
"""Weight of the last layer alone before any row is seen; that of all layers is 1."""

_LEAST = 0.01
"""Weight below which a trial does not count, as a share of the largest."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitting:
    """How classifiers are fitted."""

    strengths: Sequence[float]
    """Inverse penalties, ascending."""
    kind: str
    """A name in `linear.KINDS`."""
    multiple: bool
    """Whether a unit takes any number of labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One way to weigh the columns."""

    scale: npt.NDArray[np.float32]
    """What each column is multiplied with."""
    space: Space
    """All rows so scaled, where fits are made."""
    prior: float
    """Its weight before any row is seen."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The labelled rows, and those out of the codebook."""

    vectors: Matrix
    """Of the labelled rows and those out of the codebook below, shape (n_rows + n_said, dim)."""
    target: Bools
    """Labels of the labelled rows that were seen, shape (n_rows, n_seen)."""
    weight: Floats | None
    """Their weights; all alike if None."""
    said: Bools
    """Labels of the rows out of the codebook, shape (n_said, n_seen)."""

    @classmethod
    def of(
        cls,
        vectors: Matrix,
        target: Bools,
        weight: Floats | None,
        codebook: tuple[Matrix, Bools] | None,
        seen: Bools,
    ) -> "Rows":
        """Set what the codebook says of labels that were seen below the labelled rows."""
        if codebook is None:
            return cls(vectors, target, weight, np.zeros((0, target.shape[1]), bool))
        below, truth = codebook[0], codebook[1][:, seen]
        speaks = truth.any(axis=1)
        rows = (vectors, below[speaks])
        both = sparse.vstack(rows, format="csr") if sparse.issparse(vectors) else np.vstack(rows)
        return cls(both, target, weight, truth[speaks])

    def read(self, scale: npt.NDArray[np.float32], prior: float) -> Reading:
        """Scale the columns of all rows."""
        return Reading(scale, rotate(scaled(self.vectors, scale)), prior)

    def fit(
        self,
        reading: Reading,
        part: npt.NDArray[np.int64],
        strengths: Sequence[float],
        fitting: Fitting,
        *,
        with_codebook: bool,
    ) -> list[LinearFit]:
        """Fit on a part of the labelled rows, one classifier a penalty."""
        target = self.target[part]
        weight = None if self.weight is None else self.weight[part]
        if with_codebook:
            own = np.ones(len(part)) if weight is None else weight
            weight = np.concatenate([own, np.full(len(self.said), CODEBOOK_WEIGHT * own.mean())])
            part = np.concatenate([part, len(self.target) + np.arange(len(self.said))])
            target = np.concatenate([target, self.said])
        rows = reading.space.rows[part]
        return fit_path(rows, target, strengths, fitting.multiple, weight, fitting.kind)


@dataclass(frozen=True, slots=True)
class Trial:
    """A reading and a penalty, as held-out rows saw them."""

    reading: Reading
    strength: float
    """The inverse penalty."""
    slope: Floats
    """What brings its scores to log-odds, shape (n_labels,)."""
    scores: Any
    """Held-out scores times the slope, shape (n_rows, n_labels); None without inner folds."""
    loss: float
    """Log loss of the held-out rows, calibrated and balanced."""
    with_codebook: bool = False
    """Whether it learned from the codebook, too."""


def try_out(reading: Reading, rows: Rows, folds: Sequence[Fold], fitting: Fitting) -> list[Trial]:
    """Score the held-out rows of a reading with each penalty; without folds, take the middle.

    With the codebook, those penalties are tried that count without it.
    """
    strengths = fitting.strengths
    if not folds:
        middle = strengths[len(strengths) // 2]
        flat = np.ones(rows.target.shape[1])
        return [Trial(reading, middle, flat, None, 0.0)]
    without = list(_held_out(reading, rows, folds, strengths, fitting, with_codebook=False))
    if not len(rows.said):
        return without
    counts = weigh(without, len(rows.target)) > 0
    some = [trial.strength for trial, count in zip(without, counts, strict=True) if count]
    return [*without, *_held_out(reading, rows, folds, some, fitting, with_codebook=True)]


def _held_out(
    reading: Reading,
    rows: Rows,
    folds: Sequence[Fold],
    strengths: Sequence[float],
    fitting: Fitting,
    *,
    with_codebook: bool,
) -> Iterator[Trial]:
    """Score every row by classifiers that did not see its group, once for each penalty."""
    held_out = [np.zeros(rows.target.shape) for _ in strengths]
    for train, test in folds:
        path = rows.fit(reading, train, strengths, fitting, with_codebook=with_codebook)
        for scores, fitted in zip(held_out, path, strict=True):
            scores[test] = fitted.scores(reading.space.rows[test])
    for strength, scores in zip(strengths, held_out, strict=True):
        calibration = calibrate(scores, rows.target, multiple=fitting.multiple)
        probabilities = calibration.probabilities(scores, multiple=fitting.multiple)
        loss = _balanced_loss(probabilities, rows.target, multiple=fitting.multiple)
        slope = calibration.slope
        yield Trial(reading, strength, slope, slope * scores, loss, with_codebook)


def weigh(trials: Sequence[Trial], n_rows: int) -> Floats:
    """Weigh trials by how probable they make the held-out rows, and by what is known before.

    A penalty starts with the weight 1 / C. Trials that hardly count get none, so that they need not
    be fitted.
    """
    prior = np.array([trial.reading.prior / trial.strength for trial in trials])
    log_weight = np.log(prior) - n_rows * np.array([trial.loss for trial in trials])
    weight = np.exp(log_weight - log_weight.max())
    weight[weight < _LEAST] = 0
    return np.asarray(weight / weight.sum())


def even_slopes(trials: Sequence[Trial], weight: Floats) -> list[Trial]:
    """Divide scores and slopes by the usual slope, so that the mean is as sure as a trial was.

    Whoever calibrates the mean would otherwise calibrate twice, and be too sure of few rows that
    fall apart without an error.
    """
    usual = np.exp(sum(w * np.log(trial.slope) for w, trial in zip(weight, trials, strict=True)))
    return [
        replace(
            trial,
            slope=trial.slope / usual,
            scores=None if trial.scores is None else trial.scores / usual,
        )
        for trial in trials
    ]


def mean_fit(trials: Sequence[Trial], weight: Floats, rows: Rows, fitting: Fitting) -> LinearFit:
    """Fit what the trials tried on all rows, and take the mean: one linear classifier again."""
    weights: npt.NDArray[Any] = np.zeros(1)
    intercept = np.zeros(rows.target.shape[1])
    everything = np.arange(len(rows.target))
    counted = [(trial, share) for trial, share in zip(trials, weight, strict=True) if share]
    for (reading, said), pairs in groupby(
        counted, key=lambda pair: (pair[0].reading, pair[0].with_codebook)
    ):
        some = list(pairs)
        strengths = [trial.strength for trial, _ in some]
        path = rows.fit(reading, everything, strengths, fitting, with_codebook=said)
        mixed = np.zeros(path[0].weights.shape)
        for (trial, share), fitted in zip(some, path, strict=True):
            slope = share * trial.slope
            mixed += slope[:, None] * fitted.weights
            intercept += slope * fitted.intercept
        weights = weights + reading.space.back(mixed) * reading.scale
    return LinearFit(weights.astype(np.float32), intercept)


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
