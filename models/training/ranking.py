"""Which candidate is kept, by held-out answers on a few hundred rows.

Average precision reads a candidate's whole ranking of the rows, macro-F1 one cut through it, and
where that cut falls is chance on few rows. So average precision decides, as far as it can: those
whose average precision is within one standard error of the best are even by it, and of these
macro-F1, which is what labels are made for, takes the best.

References
----------
Breiman, L., Friedman, J., Olshen, R. & Stone, C. (1984). Classification and Regression Trees,
section 3.4.3 (the rule of one standard error).
Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap, chapter 6 (standard errors;
200 resamples are enough for one).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...intervals import draw_groups
from ..scores import NOISE, average_precision, first_best, macro_f1

__all__ = ["Answers", "Asked", "Ranked", "rank"]

_RESAMPLES = 200

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Answers:
    """Held-out answers on one dimension; rows that no fold tested stay empty."""

    probability: Floats
    """Shape (n_answered, n_labels)."""
    chosen: Bools
    """Same shape."""

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> "Answers":
        """Return answers that are still to be filled in."""
        return cls(np.zeros(shape), np.zeros(shape, bool))

    def of(self, rows: Bools) -> "Answers":
        """Return the answers on some rows."""
        return Answers(self.probability[rows], self.chosen[rows])


@dataclass(frozen=True, slots=True)
class Asked:
    """The rows of one dimension that candidates have answered."""

    truth: Bools
    """Which labels they have, shape (n_answered, n_labels)."""
    groups: npt.NDArray[np.int64]
    """Numbers of their groups."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates, by their places among those that were given."""

    order: tuple[int, ...]
    """The one to keep, then the others by average precision."""
    average_precision: Floats
    """Of each candidate, as a mean over dimensions."""
    macro_f1: Floats
    """Likewise."""
    error: Floats
    """Standard error of each average precision's distance to the best one, paired over groups."""


def rank(asked: Sequence[Asked], answers: Sequence[Sequence[Answers]], *, seed: int) -> Ranked:
    """Rank candidates.

    Parameters
    ----------
    asked
        What was asked, one entry a dimension.
    answers
        For each candidate its answers, one entry a dimension. The usual candidate comes first: it
        wins ties.
    seed
        Of the resampling of groups.

    Examples
    --------
    >>> truth = np.eye(2, dtype=bool)[[0, 1, 0, 1]]
    >>> right, wrong = (Answers(one.astype(float), one) for one in (truth, ~truth))
    >>> rank([Asked(truth, np.arange(4))], [[wrong], [right]], seed=0).order
    (1, 0)
    """
    n_resamples = _RESAMPLES if len(answers) > 1 else 0
    names = np.unique(np.concatenate([question.groups for question in asked]))
    drawn = draw_groups(len(names), n_resamples, seed)
    copies = [drawn[:, np.searchsorted(names, question.groups)] for question in asked]
    precision = np.zeros((len(answers), 1 + n_resamples))
    f1 = np.zeros(len(answers))
    for number, answered in enumerate(answers):
        for question, given, weights in zip(asked, answered, copies, strict=True):
            precision[number] += average_precision(question.truth, given.probability, weights)
            f1[number] += macro_f1(question.truth, given.chosen)
    precision /= len(asked)
    f1 /= len(asked)
    whole = precision[:, 0]
    best = first_best(whole)
    error = (precision[best, 1:] - precision[:, 1:]).std(axis=1) if n_resamples else 0 * whole
    even = whole >= whole[best] - error - NOISE
    kept = first_best(np.where(even, f1, -1))
    others = sorted(
        set(range(len(answers))) - {kept},
        key=lambda number: (-round(float(whole[number]), 9), number),
    )
    return Ranked((kept, *others), whole, f1, error)
