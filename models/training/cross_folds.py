"""Fitting a head for each fold of units, beside the one that is kept; see `heads.fold_heads`."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ..heads.calibration import calibrate
from ..heads.decision import Rule
from ..heads.fold_heads import FoldHeads, rounded
from ..heads.head import Head
from ..heads.linear import LinearFit
from ..labelled.same_text import hash_texts
from ..matrix import Matrix, States
from ..threads import side_by_side
from .question import Job

__all__ = ["N_FOLDS", "fit_folds"]

N_FOLDS = 10
"""Folds of units. With five, intervals of shares from rounds that follow a model are too narrow."""


def fit_folds(
    texts: Sequence[str],
    vectors: Matrix,
    jobs: Sequence[Job],
    final: Mapping[str, Head],
    *,
    kind: str,
    states: Sequence[States],
) -> FoldHeads | None:
    """Fit the heads of all folds.

    A fold's head is the mean of what the final one is the mean of, as much as it counts there,
    fitted without the fold's rows. It is calibrated by what the heads of the other folds score on
    the rows that they left out. Rows with the same text share a fold. A dimension of which some
    fold would leave one answer only has no heads.

    Parameters
    ----------
    texts
        Of all rows.
    vectors
        Their vectors, by the encoder that is kept.
    jobs
        The dimensions.
    final
        Id of each dimension to the head that is kept.
    kind, states
        As in `Job.fit`.
    """
    hashes, row_of = np.unique(hash_texts(texts), return_inverse=True)
    if len(hashes) < 2 * N_FOLDS:
        return None
    order = np.random.default_rng([jobs[0].seed, 10]).permutation(len(hashes))
    fold_of = np.empty(len(hashes), np.uint8)
    fold_of[order] = np.arange(len(hashes)) % N_FOLDS
    heads = {}
    for job in jobs:
        fold = fold_of[row_of[job.rows]]
        if all(_varied(job.truth[fold != number]) for number in range(N_FOLDS)):
            heads[job.name] = _fit(job, vectors, fold, final[job.name], kind=kind, states=states)
    return FoldHeads(heads, hashes, fold_of) if heads else None


def _varied(truth: npt.NDArray[np.bool_]) -> bool:
    return bool((truth.any(axis=0) & ~truth.all(axis=0)).any())


def _fit(
    job: Job,
    vectors: Matrix,
    fold: npt.NDArray[np.uint8],
    final: Head,
    *,
    kind: str,
    states: Sequence[States],
) -> tuple[Head, ...]:
    def fit(number: int) -> LinearFit:
        again = job.fit_again(final, vectors, np.flatnonzero(fold != number), kind, states)
        # As it will be stored, so that a model answers the same before and after.
        return LinearFit(rounded(again.weights), again.intercept)

    fits = list(side_by_side(fit, range(N_FOLDS)))
    target = job.truth[:, final.seen]
    scores = np.zeros(target.shape)
    for number, fitted in enumerate(fits):
        left = fold == number
        scores[left] = fitted.scores(vectors[job.rows[left]])

    def head(number: int) -> Head:
        others = fold != number
        calibration = calibrate(scores[others], target[others], multiple=final.multiple)
        rule = Rule.none(target.shape[1], final.rule.alone)
        return Head(final.multiple, final.seen, fits[number], calibration, rule, final.strength)

    return tuple(map(head, range(N_FOLDS)))
