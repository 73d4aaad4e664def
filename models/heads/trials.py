"""Classifiers of several penalties and readings, averaged by what held-out rows say of them.

The folds of 50 rows are a coin, and a choice by them pays for it. So each trial counts by the
likelihood of the held-out rows: with many rows this comes to a choice, without a step on the way.
Labels count alike in it, because else three rows of a rare label would have no say. Strict
penalties start with more, and so do some readings (`readings`), as they are better on average.

Likelihoods find the best trial, and with many rows nothing else counts. A reading that is worse and
errs elsewhere has a say all the same: how much is what makes held-out rows most probable.

References
----------
Yao, Y., Vehtari, A., Simpson, D. & Gelman, A. (2018). Using Stacking to Average Bayesian Predictive
Distributions. Bayesian Analysis 13, sections 2.1 (stacking: weights that make held-out rows most
probable) and 2.2 (pseudo-BMA: weights from held-out likelihoods).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize_scalar

from ..labelled.folds import Fold
from ..matrix import Matrix
from .calibration import calibrate
from .linear import LinearFit, Space, fit_path, rotate
from .readings import Reading

__all__ = [
    "CODEBOOK_WEIGHT",
    "Counted",
    "Fitting",
    "Read",
    "Rows",
    "Trial",
    "even_slopes",
    "mean_fit",
    "tell_counted",
    "try_out",
    "weigh",
]

CODEBOOK_WEIGHT = 2.0
"""What a row out of the codebook weighs beside a labelled one: coders have agreed on it."""

_CODEBOOK_PRIOR = np.exp(2.0)
"""Weight of what learned from the codebook, too, before any row is seen, beside what did not."""

_LEAST = 0.01
"""Weight below which a trial does not count, as a share of the largest."""

_HOPELESS = 10.0
"""How many times (as a logarithm) a trial must be less probable than the best, by a first fold, to
be given up: the others would have to speak for it by half of that."""

_MUST_ADD = 5.0
"""How much more probable (as a logarithm) the rows must become for each unit of weight that a
reading gets by what it adds; with less, it gets none."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Counted(NamedTuple):
    """What a trial counted in a mean, so that the same mean can be fitted on other rows."""

    reading: int
    """Number of the reading."""
    strength: float
    """The inverse penalty."""
    with_codebook: bool
    """Whether it learned from the codebook, too."""
    weight: float
    """How much it counted."""
    slope: Floats
    """What its scores are multiplied with, shape (n_labels,)."""


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
class Read:
    """All rows by one reading."""

    number: int
    """Number of the reading."""
    reading: Reading
    """How they are read."""
    space: Space
    """What was read, where fits are made."""


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

    def read(self, number: int, reading: Reading) -> Read:
        """Read all rows."""
        return Read(number, reading, rotate(reading.of(self.vectors)))

    def fit(
        self,
        read: Read,
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
        rows = read.space.rows[part]
        return fit_path(rows, target, strengths, fitting.multiple, weight, fitting.kind)


@dataclass(frozen=True, slots=True)
class Trial:
    """A reading and a penalty, as held-out rows saw them."""

    read: Read
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


def try_out(
    reads: Sequence[Read], rows: Rows, folds: Sequence[Fold], fitting: Fitting
) -> list[Trial]:
    """Score the held-out rows of each reading with each penalty; without folds, take the middle.

    What one fold shows to be hopeless is not fitted on the others. With the codebook, that is tried
    which counts without it.
    """
    strengths = fitting.strengths
    if not folds:
        middle = strengths[len(strengths) // 2]
        return [Trial(reads[0], middle, np.ones(rows.target.shape[1]), None, 0.0)]
    tried = [_Try(read, strength, rows) for read in reads for strength in strengths]
    without = _held_out(tried, rows, folds, fitting)
    if not len(rows.said):
        return without
    counts = weigh(without, rows.target, rows.target, fitting) > 0
    again = [
        _Try(trial.read, trial.strength, rows, with_codebook=True)
        for trial, count in zip(without, counts, strict=True)
        if count
    ]
    return [*without, *_held_out(again, rows, folds, fitting)]


class _Try:
    """What becomes a trial."""

    def __init__(
        self, read: Read, strength: float, rows: Rows, *, with_codebook: bool = False
    ) -> None:
        self.read, self.strength, self.with_codebook = read, strength, with_codebook
        self.scores = np.zeros(rows.target.shape)

    def trial(self, rows: Rows, part: Ints | slice, fitting: Fitting) -> Trial:
        """Calibrate the scores of some held-out rows, and judge them."""
        scores = self.scores[part]
        loss, slope = _calibrated_loss(scores, rows.target[part], rows.target, fitting)
        return Trial(self.read, self.strength, slope, slope * scores, loss, self.with_codebook)


def _held_out(
    tried: Sequence[_Try], rows: Rows, folds: Sequence[Fold], fitting: Fitting
) -> list[Trial]:
    """Score every row by classifiers that did not see its group."""
    for train, test in folds:
        for (read, said), same in groupby(tried, key=lambda one: (one.read, one.with_codebook)):
            some = list(same)
            strengths = [one.strength for one in some]
            path = rows.fit(read, train, strengths, fitting, with_codebook=said)
            for one, fitted in zip(some, path, strict=True):
                one.scores[test] = fitted.scores(read.space.rows[test])
        if train is folds[0][0]:
            trials = [one.trial(rows, test, fitting) for one in tried]
            hopeful = _hopeful(trials, rows.target[test], rows.target, fitting)
            tried = [one for one, is_one in zip(tried, hopeful, strict=True) if is_one]
    return [one.trial(rows, slice(None), fitting) for one in tried]


def _hopeful(trials: Sequence[Trial], target: Bools, everything: Bools, fitting: Fitting) -> Bools:
    """Say which trials the rows of one fold do not yet speak against."""
    hopeful = np.zeros(len(trials), bool)
    log_weight = _log_likely(trials)
    adds = _adds(trials)
    for kind in (~adds, adds):
        if kind.any():
            hopeful |= kind & (log_weight > log_weight[kind].max() - _HOPELESS)
    if adds.any() and not weigh(trials, target, everything, fitting)[adds].any():
        hopeful &= ~adds
    return hopeful


def weigh(trials: Sequence[Trial], target: Bools, everything: Bools, fitting: Fitting) -> Floats:
    """Weigh trials by how probable they make the held-out rows, and by what is known before.

    A penalty starts with the weight 1 / C. Trials that hardly count get none, so that they need not
    be fitted. Readings that add to the others are weighed among themselves; how much their mean
    counts beside that of the others is what makes the rows most probable.

    Parameters
    ----------
    trials
        What was tried.
    target
        Labels of the rows that were held out, shape (n_rows, n_seen).
    everything
        Those of all rows, for how often labels occur.
    fitting
        How classifiers are fitted.
    """
    log_weight, adds = _log_likely(trials), _adds(trials)
    weight = np.zeros(len(trials))
    for kind in (~adds, adds):
        if kind.any():
            likely = np.exp(log_weight[kind] - log_weight[kind].max())
            likely[likely < _LEAST] = 0
            weight[kind] = likely / likely.sum()
    if adds.any():
        scores = np.array([trial.scores for trial in trials])
        base, further = (np.tensordot(weight * kind, scores, 1) for kind in (~adds, adds))

        def cost(share: float) -> float:
            mixed = (1 - share) * base + share * further
            loss = _calibrated_loss(mixed, target, everything, fitting)[0]
            return len(target) * loss + _MUST_ADD * len(target) / len(everything) * share

        share = 0.0
        if cost(_LEAST) < cost(0.0):
            found = minimize_scalar(cost, bounds=(0, 1), method="bounded", options={"xatol": 0.01})
            share = float(found.x)
        weight *= np.where(adds, share, 1 - share)
    return weight


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


def tell_counted(trials: Sequence[Trial], weight: Floats) -> tuple[Counted, ...]:
    """Tell what counts, and how much."""
    return tuple(
        Counted(trial.read.number, trial.strength, trial.with_codebook, float(share), trial.slope)
        for trial, share in zip(trials, weight, strict=True)
        if share
    )


def mean_fit(
    counted: Sequence[Counted], reads: Sequence[Read], rows: Rows, fitting: Fitting
) -> LinearFit:
    """Fit what counts on all rows, and take the mean: one linear classifier again."""
    weights: npt.NDArray[Any] = np.zeros(1)
    intercept = np.zeros(rows.target.shape[1])
    everything = np.arange(len(rows.target))
    by_number = {read.number: read for read in reads}
    for (number, said), same in groupby(counted, key=lambda one: (one.reading, one.with_codebook)):
        some, read = list(same), by_number[number]
        strengths = [one.strength for one in some]
        path = rows.fit(read, everything, strengths, fitting, with_codebook=said)
        mixed = np.zeros(path[0].weights.shape)
        for one, fitted in zip(some, path, strict=True):
            slope = one.weight * one.slope
            mixed += slope[:, None] * fitted.weights
            intercept += slope * fitted.intercept
        dim = rows.vectors.shape[1]
        weights = weights + read.reading.back(read.space.back(mixed), dim)
    return LinearFit(weights.astype(np.float32), intercept)


def _adds(trials: Sequence[Trial]) -> Bools:
    return np.array([trial.read.reading.adds for trial in trials])


def _log_likely(trials: Sequence[Trial]) -> Floats:
    """Say how probable trials are, before and after the held-out rows are seen, as a logarithm."""
    n_rows = 0 if trials[0].scores is None else len(trials[0].scores)
    return np.asarray(_log_prior(trials) - n_rows * np.array([trial.loss for trial in trials]))


def _log_prior(trials: Sequence[Trial]) -> Floats:
    said = np.array([trial.with_codebook for trial in trials])
    prior = np.array([trial.read.reading.prior / trial.strength for trial in trials])
    return np.asarray(np.log(prior * np.where(said, _CODEBOOK_PRIOR, 1)))


def _calibrated_loss(
    scores: Floats, target: Bools, everything: Bools, fitting: Fitting
) -> tuple[float, Floats]:
    """Calibrate held-out scores; return how surprising the truth is then, and the slope."""
    calibration = calibrate(scores, target, multiple=fitting.multiple)
    probabilities = calibration.probabilities(scores, multiple=fitting.multiple)
    share = everything.mean(axis=0)
    return _balanced_loss(probabilities, target, share, fitting), calibration.slope


def _balanced_loss(probabilities: Floats, target: Bools, share: Floats, fitting: Fitting) -> float:
    """Measure how surprising the truth is where each label is as frequent as the others.

    It is less a matter of chance than F1, on few rows. Unbalanced, three rows of a rare label would
    have no say. Labels of a multiple choice are added up.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if fitting.multiple:
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
