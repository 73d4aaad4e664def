"""Choosing among candidates by grouped folds, with a score that the choice does not flatter.

The choice is nested. In each outer fold every candidate is fitted on the other folds, with inner
folds of its own; the one that is best *on the inner folds* answers the outer fold, and these
answers make the printed score. So what is scored is the whole procedure, choosing included.
Beside it, every candidate has answered every outer fold: from these answers the final candidate is
chosen, and the difference to the runner-up gets an interval by resampling groups, the same ones for
both.

Candidates are ranked by average precision, on inner and outer folds: it reads all of a ranking,
where macro-F1 reads one cut through it, and of a few hundred rows it chose better candidates.

References
----------
Varma, S. & Simon, R. (2006). Bias in error estimation when using cross-validation for model
selection. BMC Bioinformatics 7:91. (Nested folds.)
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .candidates import Candidate
from .classifier import STRENGTHS, Head, fit_scored
from .data import TrainingSet
from .features import Features, states_of
from .folds import Fold, grouped_folds
from .goals import Goal
from .matrix import Matrix, States
from .scores import average_precision, macro_f1, paired

__all__ = ["Answers", "Choice", "Compared", "Job", "Standing", "compare", "make_jobs"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Tell = Callable[[str, float], None]
"""Takes what is being done, and the seconds that are left."""


@dataclass(slots=True)
class Answers:
    """Held-out answers on one dimension; rows that no fold tested stay empty."""

    probability: Floats
    """Shape (n_answered, n_labels)."""
    chosen: Bools
    """Same shape."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one candidate did."""

    name: str
    """The candidate, in words."""
    average_precision: float
    """Its held-out average precision, as a mean over dimensions: by this it is ranked."""
    macro_f1: float
    """Its held-out macro-F1, as a mean over dimensions."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was compared, and what came of it."""

    standings: tuple[Standing, ...]
    """All candidates, the chosen one first, the others from best to worst."""
    difference: tuple[float, float, float] | None
    """Macro-F1 of the choice minus that of the runner-up, and its 95 % interval, paired over
    groups."""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values, as in metrics.json."""
        told: dict[str, Any] = {
            "candidates": [
                {
                    "name": one.name,
                    "average_precision": round(one.average_precision, 6),
                    "macro_f1": round(one.macro_f1, 6),
                }
                for one in self.standings
            ]
        }
        if self.difference is not None:
            mean, low, high = (round(value, 6) for value in self.difference)
            told["difference_to_runner_up"] = {"macro_f1": mean, "low": low, "high": high}
        return told


@dataclass(frozen=True, slots=True)
class Job:
    """What has to be fitted for one dimension."""

    name: str
    """Id of the dimension."""
    rows: npt.NDArray[np.int64]
    """The answered rows, in numbers of the whole set."""
    truth: Bools
    """Their labels, shape (n_answered, n_labels)."""
    groups: npt.NDArray[np.int64]
    """Their groups."""
    weight: Floats | None
    """Their weights."""
    multiple: bool
    """Whether a row can have any number of labels."""
    goal: Goal
    """What labels should be good at."""
    seed: int
    """Of the inner folds."""

    def fit(
        self,
        vectors: Matrix,
        part: npt.NDArray[np.int64],
        kind: str,
        states: Sequence[States] = (),
    ) -> tuple[Head, float]:
        """Fit a head on a part of the answered rows; vectors are those of all rows of the data."""
        return self.fit_rows(vectors[self.rows[part]], part, kind, states=states)

    def fit_rows(
        self,
        vectors: Matrix,
        part: npt.NDArray[np.int64],
        kind: str,
        strengths: Sequence[float] = STRENGTHS,
        states: Sequence[States] = (),
    ) -> tuple[Head, float]:
        """Fit a head on a part of the answered rows; vectors are those of the part."""
        return fit_scored(
            vectors,
            self.truth[part],
            self.groups[part],
            multiple=self.multiple,
            kind=kind,
            goal=self.goal,
            sample_weight=None if self.weight is None else self.weight[part],
            strengths=strengths,
            states=states,
            seed=self.seed,
        )

    def cut(self, fold: Fold) -> Fold:
        """Give a fold of the whole set in numbers of the answered rows."""
        return tuple(np.flatnonzero(np.isin(self.rows, side)) for side in fold)  # type: ignore[return-value]

    def nothing(self) -> Answers:
        """Give answers that are still empty."""
        return Answers(np.zeros(self.truth.shape), np.zeros(self.truth.shape, bool))


@dataclass(frozen=True, slots=True)
class Compared:
    """The result of a comparison."""

    best: Candidate
    """The candidate to keep."""
    choice: Choice
    """How it was found."""
    nested: Mapping[str, Answers]
    """Dimension to the held-out answers of the whole procedure, choosing included."""
    folds: Sequence[Fold]
    """The outer folds, in rows of the whole set."""


def make_jobs(data: TrainingSet, goal: Goal, seed: int) -> list[Job]:
    """Give what has to be fitted, one job a dimension."""
    jobs = []
    for name in data.answers:
        rows, truth = data.truth(name)
        weight = None if data.weights is None else data.weights[name][rows]
        multiple = data.codebook.dimension(name).choice == "multiple"
        jobs.append(Job(name, rows, truth, data.groups[rows], weight, multiple, goal, seed))
    return jobs


def compare(
    features: Features,
    candidates: Sequence[Candidate],
    jobs: Sequence[Job],
    groups: npt.NDArray[np.int64],
    *,
    n_folds: int,
    seed: int,
    tell: Tell | None = None,
) -> Compared:
    """Compare candidates by grouped folds.

    Parameters
    ----------
    features
        What the candidates read.
    candidates
        What is compared, the usual one first: it wins ties.
    jobs
        The dimensions; all of them share the candidate that is kept.
    groups
        Number of the group of each row of the whole set.
    n_folds
        Number of outer folds; fewer where there are fewer groups.
    seed
        Of folds and bootstrap.
    tell
        Told after each fit.
    """
    together = np.zeros((len(groups), sum(job.truth.shape[1] for job in jobs)), bool)
    start = 0
    for job in jobs:
        together[job.rows, start : start + job.truth.shape[1]] = job.truth
        start += job.truth.shape[1]
    folds = grouped_folds(together, groups, n_folds, seed)
    nested = {job.name: job.nothing() for job in jobs}
    answers = {one: {job.name: job.nothing() for job in jobs} for one in candidates}
    clock = _Clock(len(folds), len(candidates), tell)
    for number, fold in enumerate(folds, 1):
        inner = {}
        for candidate in candidates:
            encoder, vectors = features.fit(candidate, fold[0])
            states = states_of(encoder)
            found = [_answer(job, fold, vectors, candidate.head, states) for job in jobs]
            for job, (test, probability, chosen, _) in zip(jobs, found, strict=True):
                answers[candidate][job.name].probability[test] = probability
                answers[candidate][job.name].chosen[test] = chosen
            inner[candidate] = float(np.mean([ranked for *_, ranked in found]))
            clock.done(f"fold {number} of {len(folds)}: {candidate}")
        winner = _first_best(inner)
        for job in jobs:
            test = job.cut(fold)[1]
            nested[job.name].probability[test] = answers[winner][job.name].probability[test]
            nested[job.name].chosen[test] = answers[winner][job.name].chosen[test]
    standings = {one: _standing(one, jobs, answers[one]) for one in candidates}
    ranked = {one: standing.average_precision for one, standing in standings.items()}
    best = _first_best(ranked)
    others = sorted((one for one in candidates if one != best), key=lambda one: -ranked[one])
    difference = None
    if others:
        difference = paired(
            [
                (j.truth, answers[best][j.name].chosen, answers[others[0]][j.name].chosen, j.groups)
                for j in jobs
            ],
            seed=seed,
        )
    in_order = tuple(standings[one] for one in (best, *others))
    return Compared(best, Choice(in_order, difference), nested, folds)


def _standing(
    candidate: Candidate, jobs: Sequence[Job], answers: Mapping[str, Answers]
) -> Standing:
    ranked = [average_precision(job.truth, answers[job.name].probability) for job in jobs]
    f1 = [macro_f1(job.truth, answers[job.name].chosen) for job in jobs]
    return Standing(str(candidate), float(np.mean(ranked)), float(np.mean(f1)))


def _answer(
    job: Job, fold: Fold, vectors: Matrix, kind: str, states: Sequence[States]
) -> tuple[npt.NDArray[np.int64], Floats, Bools, float]:
    """Fit on one side of a fold and answer the other; also tell how well the inner folds ranked."""
    part, test = job.cut(fold)
    if not len(part) or not len(test):
        empty = np.zeros((len(test), job.truth.shape[1]))
        return test, empty, empty.astype(bool), 0.0
    head, inner = job.fit(vectors, part, kind, states)
    probability = head.probabilities(vectors[job.rows[test]])
    return test, probability, head.decide(probability), 0.0 if np.isnan(inner) else inner


def _first_best(scores: Mapping[Candidate, float]) -> Candidate:
    """Give the candidate with the highest score, the first of those that hardly differ."""
    top = max(scores.values())
    return next(one for one, score in scores.items() if score >= top - 1e-9)


class _Clock:
    """Estimates what is left from what each candidate took so far."""

    def __init__(self, n_folds: int, n_candidates: int, tell: Tell | None) -> None:
        self._n_folds, self._n_candidates, self._tell = n_folds, n_candidates, tell
        self._taken: list[float] = []
        self._last = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        self._taken.append(now - self._last)
        self._last = now
        if self._tell is not None:
            left = self._n_folds * self._n_candidates - len(self._taken)
            self._tell(what, left * sum(self._taken) / len(self._taken))
