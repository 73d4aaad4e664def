"""What frozen and tuned models say of rows that they have not seen, and whether tuning pays.

In each outer fold the network is tuned twice: on the rows of the other folds without a third of
their groups, to calibrate on that third; and on all of them, to answer the fold.

References
----------
Tibshirani, R. J. & Tibshirani, R. (2009). A bias correction for the minimum error rate in
cross-validation. Annals of Applied Statistics 3, 822-829 (a fold's choice by the other folds).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...intervals import Estimate
from ...progress import Progress
from ..heads.decision import MARGIN
from ..labelled.folds import Fold
from ..scores import NOISE, first_best, macro_f1, paired
from ..training.question import Job
from ..training.ranking import Answers
from ..training.selection import Compared
from .ensemble import Ensemble, ScorePair, Unseen, make_head
from .fits import Fitter
from .recipe import Recipe

__all__ = ["CALIBRATION_PARTS", "HeldOut", "Rounds", "ask", "n_texts", "seen"]

CALIBRATION_PARTS = 3
"""One part in this many is held back to calibrate."""

_SURE = 0.8
"""Both tails of this interval hold a tenth: its lower end is passed in nine of ten resamplings."""

Ints = npt.NDArray[np.int64]
Given = Sequence[Answers]
"""Held-out answers, one entry a dimension."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What the models of the outer folds said of the rows that they had not seen."""

    jobs: Sequence[Job]
    """The dimensions."""
    folds: Sequence[Fold]
    """The outer folds, in rows of the whole set."""
    frozen: Given
    """Answers of the frozen model."""
    tuned: Mapping[str, Given]
    """Method to the answers of the model tuned by it."""
    scores: Mapping[str, Sequence[ScorePair]]
    """Method to the scores behind these answers, one entry a dimension."""
    seed: int
    """Of the resampling."""

    def f1(self, answers: Given, rows: Sequence[Ints] | None = None) -> float:
        """Measure macro-F1 on some rows of each dimension (None: on all), as a mean over them."""
        pairs = self._pairs(answers, answers, rows)
        return float(np.mean([macro_f1(truth, answer) for truth, answer, *_ in pairs]))

    def best(self, rows: Sequence[Ints] | None = None) -> str:
        """Name the better method."""
        scores = np.array([self.f1(answers, rows) for answers in self.tuned.values()])
        return list(self.tuned)[first_best(scores)]

    def difference(self, method: str) -> Estimate:
        """Return macro-F1 of a method minus that of the frozen model, and its 95 % interval."""
        return paired(self._pairs(self.tuned[method], self.frozen), by_folds=True, seed=self.seed)

    def pays(self, method: str, rows: Sequence[Ints] | None = None) -> bool:
        """Return whether a method is better by enough, and with enough certainty."""
        pairs = self._pairs(self.tuned[method], self.frozen, rows)
        difference, low, _ = paired(pairs, level=_SURE, seed=self.seed).numbers()
        return difference >= MARGIN - NOISE and low > NOISE

    def chosen_by_others(self) -> list[Answers]:
        """Return for each fold the answers of what the other folds would have kept."""
        nested = [job.nothing() for job in self.jobs]
        for fold in self.folds:
            others = [job.cut(fold)[0] for job in self.jobs]
            best = self.best(others)
            taken = self.tuned[best] if self.pays(best, others) else self.frozen
            for job, nested_answers, given in zip(self.jobs, nested, taken, strict=True):
                test = job.cut(fold)[1]
                nested_answers.probability[test] = given.probability[test]
                nested_answers.chosen[test] = given.chosen[test]
        return nested

    def _pairs(
        self, one: Given, other: Given, rows: Sequence[Ints] | None = None
    ) -> list[tuple[Any, Any, Any, Any]]:
        if rows is None:
            rows = [np.arange(len(job.rows)) for job in self.jobs]
        return [
            (job.truth[some], a.chosen[some], b.chosen[some], job.groups[some])
            for job, a, b, some in zip(self.jobs, one, other, rows, strict=True)
        ]


def ask(
    fitter: Fitter,
    compared: Compared,
    recipes: Mapping[str, Recipe],
    groups: Ints,
    rounds: "Rounds",
) -> HeldOut:
    """Fit tuned models on one side of every fold; answer the other, as the frozen one has done."""
    frozen, folds = [compared.answers[job.name] for job in fitter.jobs], compared.folds
    tuned = {method: [job.nothing() for job in fitter.jobs] for method in recipes}
    held: dict[str, list[ScorePair]] = {
        method: [(np.zeros(job.truth.shape), np.zeros(job.truth.shape)) for job in fitter.jobs]
        for method in recipes
    }
    for number, fold in enumerate(folds, 1):
        for method, recipe in recipes.items():
            progress = rounds.begin(f"fine-tuning {method}, fold {number} of {len(folds)}")
            apart = _set_aside(fold[0], groups, recipe.seed)
            first = fitter.tuned(*apart, recipe, progress)
            whole = fitter.tuned(*fold, recipe, progress)
            _answer_tuned(fitter.jobs, fold, (first, whole), apart[1], tuned[method])
            for k, job in enumerate(fitter.jobs):
                test = job.cut(fold)[1]
                new = whole.scores(k, job.rows[test])
                for kept, some in zip(held[method][k], new, strict=True):
                    kept[test] = some
    seed = next(iter(recipes.values())).seed
    return HeldOut(fitter.jobs, folds, frozen, tuned, held, seed)


class Rounds:
    """Joins the reports of all rounds of tuning, so that they read as one piece of work.

    Parameters
    ----------
    n_texts
        How many texts all rounds learn from.
    progress
        Receives the reports.
    """

    def __init__(self, n_texts: int, progress: Progress | None) -> None:
        self._n_texts, self._progress = n_texts, progress
        self._before = 0

    def begin(self, what: str) -> Progress:
        """Begin a round, and return what takes its reports."""

        def report(_: str, done: int, total: int | None, __: str, /) -> None:
            if self._progress is not None:
                self._progress(what, self._before + done, self._n_texts, "")
            if done == total:
                self._before += done

        report(what, 0, None, "")
        return report


def n_texts(folds: Sequence[Fold], recipes: Mapping[str, Recipe], groups: Ints) -> int:
    """Count the texts that will be learned from, each as often as it is."""
    total = 0
    for recipe in recipes.values():
        for part, _ in folds:
            learn, _ = _set_aside(part, groups, recipe.seed)
            total += recipe.epochs * (len(learn) + len(part))
    return total + max(recipe.epochs for recipe in recipes.values()) * len(groups)


def _answer_tuned(
    jobs: Sequence[Job],
    fold: Fold,
    ensembles: tuple[Ensemble, Ensemble],
    held_back: Ints,
    answers: Given,
) -> None:
    """Calibrate on the rows set aside, unseen by the first ensemble; answer with the second."""
    first, whole = ensembles
    for k, job in enumerate(jobs):
        part, test = job.cut(fold)
        apart = job.cut((held_back, held_back))[0]
        if len(test) and len(apart):
            held = first.scores(k, job.rows[apart])
            unseen = Unseen(held, job.truth[apart], seen(job.truth[part]))
            head = make_head(whole, k, job, unseen)
            answer = answers[k]
            answer.probability[test] = head.probabilities(whole.vectors[job.rows[test]])
            answer.chosen[test] = head.decide(answer.probability[test])


def _set_aside(rows: Ints, groups: Ints, seed: int) -> tuple[Ints, Ints]:
    """Split rows into those to learn from and those to calibrate on, in whole groups."""
    names = np.unique(groups[rows])
    names = np.random.default_rng(seed).permutation(names)
    apart = np.isin(groups[rows], names[: max(1, len(names) // CALIBRATION_PARTS)])
    return rows[~apart], rows[apart]


def seen(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which labels occur."""
    return np.asarray(truth.any(axis=0))
