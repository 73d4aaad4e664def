"""Choosing among candidates by grouped folds, with a score that the choice does not flatter.

The choice is nested. In each outer fold every candidate is fitted on the other folds, with inner
folds of its own; the one that is best *on the inner folds* answers the outer fold, and these
answers make the printed score. So what is scored is the whole procedure, choosing included.
Beside it, every candidate has answered every outer fold: from these answers the final candidate is
chosen, and the difference to the runner-up gets an interval by resampling groups, the same ones for
both.

References
----------
Varma, S. & Simon, R. (2006). Bias in error estimation when using cross-validation for model
selection. BMC Bioinformatics 7:91. (Nested folds.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from ...intervals import Estimate
from ...progress import Progress
from ..labelled.folds import Fold, grouped_folds
from ..matrix import Matrix, States
from ..metrics import ChoiceMetrics
from ..scores import paired
from ..threads import side_by_side
from .candidates import Candidate
from .features import Features
from .question import Job
from .ranking import Answers, Ranked, rank

__all__ = ["Choice", "Compared", "Standing", "compare"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one candidate did."""

    name: str
    """The candidate, in words."""
    average_precision: float
    """Its held-out average precision, as a mean over dimensions."""
    macro_f1: float
    """Its held-out macro-F1, as a mean over dimensions."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was compared, and what came of it."""

    standings: tuple[Standing, ...]
    """All candidates, the chosen one first, the others by average precision."""
    error: float
    """Standard error of the distance between the average precision of the choice and that of the
    runner-up, paired over groups; 0 without a runner-up."""
    difference: Estimate | None
    """Macro-F1 of the choice minus that of the runner-up, and its 95 % interval, paired over
    groups."""

    def as_json(self) -> ChoiceMetrics:
        """Return it as JSON values, as in metrics.json."""
        made: ChoiceMetrics = {
            "candidates": [
                {
                    "name": standing.name,
                    "average_precision": round(standing.average_precision, 6),
                    "macro_f1": round(standing.macro_f1, 6),
                }
                for standing in self.standings
            ]
        }
        if self.difference is not None:
            mean, low, high = (round(value, 6) for value in self.difference.numbers())
            made["difference_to_runner_up"] = {
                "macro_f1": mean,
                "low": low,
                "high": high,
                "average_precision_error": round(self.error, 6),
            }
        return made


@dataclass(frozen=True, slots=True)
class Compared:
    """The result of a comparison."""

    best: Candidate
    """The candidate to keep."""
    choice: Choice
    """How it was found."""
    nested: Mapping[str, Answers]
    """Dimension to the held-out answers of the whole procedure, choosing included."""
    answers: Mapping[str, Answers]
    """Dimension to the held-out answers of the candidate to keep."""
    folds: Sequence[Fold]
    """The outer folds, in rows of the whole set."""


def compare(
    features: Features,
    candidates: Sequence[Candidate],
    jobs: Sequence[Job],
    groups: npt.NDArray[np.int64],
    *,
    n_folds: int,
    seed: int,
    progress: Progress | None = None,
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
    progress
        Receives a report after each fit.
    """
    together = np.zeros((len(groups), sum(job.truth.shape[1] for job in jobs)), bool)
    start = 0
    for job in jobs:
        together[job.rows, start : start + job.truth.shape[1]] = job.truth
        start += job.truth.shape[1]
    folds = grouped_folds(together, groups, n_folds, seed)
    nested = {job.name: job.nothing() for job in jobs}
    answers = {candidate: {job.name: job.nothing() for job in jobs} for candidate in candidates}
    n_fits, n_done = len(folds) * len(candidates), 0
    if progress is not None:
        progress("comparing candidates", 0, n_fits, "")
    cuts = [[job.cut(fold) for job in jobs] for fold in folds]

    def answer(unit: tuple[int, Candidate, int]) -> tuple[Answers, Answers]:
        number, candidate, k = unit
        # Fitted for each job anew, in a hundredth of the time that a head takes.
        encoder, vectors = features.fit(candidate, folds[number][0])
        states = features.states(encoder)
        return _answer(jobs[k], cuts[number][k], vectors, candidate.head, states)

    units = product(range(len(folds)), candidates, range(len(jobs)))
    answered = side_by_side(answer, list(units))
    for number, sides in enumerate(cuts, 1):
        inner = []
        for candidate in candidates:
            of_parts = []
            for job, (part, test) in zip(jobs, sides, strict=True):
                on_part, on_test = next(answered)
                answers[candidate][job.name].probability[test] = on_test.probability
                answers[candidate][job.name].chosen[test] = on_test.chosen
                of_parts.append(on_part.of(job.counted(part)))
            inner.append(of_parts)
            n_done += 1
            if progress is not None:
                progress(f"fold {number} of {len(folds)}: {candidate}", n_done, n_fits, "")
        asked = [job.asked(part) for job, (part, _) in zip(jobs, sides, strict=True)]
        winner = candidates[rank(asked, inner, seed=seed).order[0]]
        for job, (_, test) in zip(jobs, sides, strict=True):
            nested[job.name].probability[test] = answers[winner][job.name].probability[test]
            nested[job.name].chosen[test] = answers[winner][job.name].chosen[test]
    given = [
        [answers[candidate][job.name].of(job.counted()) for job in jobs] for candidate in candidates
    ]
    ranked = rank([job.asked() for job in jobs], given, seed=seed)
    choice = _tell_choice(candidates, ranked, jobs, given, seed)
    best = candidates[ranked.order[0]]
    return Compared(best, choice, nested, answers[best], folds)


def _tell_choice(
    candidates: Sequence[Candidate],
    ranked: Ranked,
    jobs: Sequence[Job],
    given: Sequence[Sequence[Answers]],
    seed: int,
) -> Choice:
    """Set the choice beside the others, and measure how far it is from the runner-up."""
    standings = tuple(
        Standing(
            str(candidates[ours]),
            float(ranked.average_precision[ours]),
            float(ranked.macro_f1[ours]),
        )
        for ours in ranked.order
    )
    best, *others = ranked.order
    error, difference = 0.0, None
    if others:
        # The error is that of the distance to the best, which is one of these two.
        error = float(max(ranked.error[best], ranked.error[others[0]]))
        questions = [job.asked() for job in jobs]
        pairs = zip(questions, given[best], given[others[0]], strict=True)
        difference = paired(
            [(one.truth, ours.chosen, other.chosen, one.groups) for one, ours, other in pairs],
            by_folds=True,
            seed=seed,
        )
    return Choice(standings, error, difference)


def _answer(
    job: Job, sides: Fold, vectors: Matrix, kind: str, states: Sequence[States]
) -> tuple[Answers, Answers]:
    """Fit on one side of a fold; give what the inner folds answered there, and the other side."""
    part, test = sides
    on_part, on_test = (Answers.empty(job.truth[rows].shape) for rows in sides)
    if len(part) and len(test):
        head, held_out = job.fit(vectors, part, kind, states)
        if held_out is not None:
            on_part = Answers(held_out, head.decide(held_out))
        probability = head.probabilities(vectors[job.rows[test]])
        on_test = Answers(probability, head.decide(probability))
    return on_part, on_test
