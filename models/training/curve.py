"""The learning curve: how the held-out score grows with the number of labels.

Each repetition sets a fifth of the articles aside, learns from more and more of the others, whole
articles at random, and scores what was set aside. One encoder is taken, nothing is compared, and
all else is chosen as `train` does.
"""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from ...progress import Progress
from ..heads.decision import Goal
from ..labelled.folds import grouped_folds
from ..labelled.training_set import TrainingSet
from ..scores import macro_f1
from ..threads import side_by_side
from ..views import VIEWS, Inputs
from .candidates import propose
from .features import Features
from .question import Job, make_jobs

__all__ = ["learning_curve"]

_LEAST = 25
_HALVINGS = 4


def learning_curve(
    data: TrainingSet,
    *,
    encoder: str | None = None,
    repeats: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, list[tuple[int, float]]]:
    """Measure macro-F1 for a growing number of labels.

    Parameters
    ----------
    data
        Texts with answers.
    encoder
        What makes vectors; the usual one if None.
    repeats
        How often articles are set aside and drawn anew.
    seed
        Of these draws.
    progress
        Receives a report after each fit.

    Returns
    -------
    Id of each dimension to pairs of a number of labels and the macro-F1 that they reach, from 0 to
    1: `repeats` pairs for each size.
    """
    from threadpoolctl import threadpool_limits

    present = {name for name in VIEWS if name in (data.context or {})}
    named = [encoder] if encoder else []
    candidate = propose(len(data), present, encoders=named, context="none", effort="fast")[0]
    features = Features(Inputs(data.texts, data.context or {}), [candidate])
    curves: dict[str, list[tuple[int, float]]] = {}
    # One thread a fit, as in training.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for job in make_jobs(data, Goal(), seed):
            cuts = [cut for number in range(repeats) for cut in _cuts(job, [seed, number])]

            def scored(cut: tuple[Sequence[int], Sequence[int]], job: Job = job) -> float | None:
                part, test = np.array(cut[0]), np.array(cut[1])
                if (job.truth[part].any(axis=0).sum()) < 2:
                    return None
                fitted, vectors = features.fit(candidate, job.rows[part])
                head = job.fit(vectors, part, candidate.head, features.states(fitted))[0]
                answer = head.decide(head.probabilities(vectors[job.rows[test]]))
                return macro_f1(job.truth[test], answer)

            points = []
            for number, (cut, value) in enumerate(
                zip(cuts, side_by_side(scored, cuts), strict=True), 1
            ):
                if progress is not None:
                    progress(f"{job.name}: learning curve", number, len(cuts), "fits")
                if value is not None:
                    points.append((len(cut[0]), value))
            curves[job.name] = _same_sizes(points)
    return curves


def _cuts(job: Job, seed: list[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the rows to learn from, fewest first, and those that are set aside."""
    rng = np.random.default_rng([*seed, 15])
    train, test = grouped_folds(job.truth, job.groups, 5, int(rng.integers(2**31)))[0]
    names = np.unique(job.groups[train])
    rank = np.empty(int(names.max()) + 1, np.int64)
    rank[names] = rng.permutation(len(names))
    order = train[np.argsort(rank[job.groups[train]], kind="stable")]
    # The same sizes in all repetitions: folds of whole articles differ by some rows.
    most = int(0.75 * len(job.truth))
    for halving in reversed(range(_HALVINGS)):
        n = min(most >> halving, len(order))
        if n >= _LEAST:
            yield order[:n].tolist(), test.tolist()


def _same_sizes(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Sort by size, and leave sizes out that only one repetition has."""
    counts: dict[int, int] = {}
    for n, _ in points:
        counts[n] = counts.get(n, 0) + 1
    return sorted((n, value) for n, value in points if counts[n] > 1)
