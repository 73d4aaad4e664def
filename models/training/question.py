"""What has to be fitted for one dimension: its rows, their labels and groups, and to what end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...labels.codebook.codebook import Dimension
from ..heads.decision import Goal
from ..heads.head import STRENGTHS, Head, fit_again, fit_head
from ..heads.linear import LinearFit
from ..labelled.folds import Fold
from ..labelled.training_set import TrainingSet
from ..matrix import Matrix, States
from .codebook_rows import CodebookRows
from .ranking import Answers, Asked

__all__ = ["Job", "labels_alone", "make_jobs"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


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
    alone: Bools | None = None
    """Which labels never stand with another, shape (n_labels,); None where there are none."""
    scored: Bools | None = None
    """Which of its rows people have coded: only these are scored; all if None."""
    said: npt.NDArray[np.int64] | None = None
    """The rows out of the codebook, in numbers of the whole set with these below; None without."""
    said_truth: Bools | None = None
    """Their labels, shape (n_said, n_labels)."""

    def fit(
        self,
        vectors: Matrix,
        part: npt.NDArray[np.int64],
        kind: str,
        states: Sequence[States] = (),
    ) -> tuple[Head, Floats | None]:
        """Fit a head on a part of the answered rows; vectors are those of all rows of the data."""
        return self.fit_rows(
            vectors[self.rows[part]], part, kind, states=states, codebook=self.codebook(vectors)
        )

    def codebook(self, vectors: Matrix) -> tuple[Matrix, Bools] | None:
        """Return the vectors and labels of the rows out of the codebook, if there are any."""
        if self.said is None or self.said_truth is None:
            return None
        return vectors[self.said], self.said_truth

    def fit_rows(
        self,
        vectors: Matrix,
        part: npt.NDArray[np.int64],
        kind: str,
        strengths: Sequence[float] = STRENGTHS,
        *,
        states: Sequence[States] = (),
        codebook: tuple[Matrix, Bools] | None = None,
    ) -> tuple[Head, Floats | None]:
        """Fit a head on a part of the answered rows; vectors are those of the part."""
        return fit_head(
            vectors,
            self.truth[part],
            self.groups[part],
            multiple=self.multiple,
            kind=kind,
            goal=self.goal,
            sample_weight=self._weights(part),
            strengths=strengths,
            states=states,
            seed=self.seed,
            alone=self.alone,
            codebook=codebook,
        )

    def fit_again(
        self,
        head: Head,
        vectors: Matrix,
        part: npt.NDArray[np.int64],
        kind: str,
        states: Sequence[States],
    ) -> LinearFit:
        """Fit on a part of the answered rows what a head of all of them is the mean of."""
        return fit_again(
            head,
            vectors[self.rows[part]],
            self.truth[part],
            kind=kind,
            sample_weight=self._weights(part),
            states=states,
            codebook=self.codebook(vectors),
        )

    def _weights(self, part: npt.NDArray[np.int64]) -> Floats | None:
        return None if self.weight is None else self.weight[part]

    def cut(self, fold: Fold) -> Fold:
        """Return the answered rows on both sides of a fold, numbered among themselves."""
        return tuple(np.flatnonzero(np.isin(self.rows, side)) for side in fold)  # type: ignore[return-value]

    def nothing(self) -> Answers:
        """Return answers that are still empty."""
        return Answers.empty(self.truth.shape)

    def asked(self, part: npt.NDArray[np.int64] | slice = slice(None)) -> Asked:
        """Return what a part of the answered rows asks."""
        kept = self.counted(part)
        return Asked(self.truth[part][kept], self.groups[part][kept])

    def counted(self, part: npt.NDArray[np.int64] | slice = slice(None)) -> Bools:
        """Return which rows of a part are scored."""
        if self.scored is None:
            return np.ones(len(self.truth[part]), bool)
        return self.scored[part]


def labels_alone(dimension: Dimension) -> Bools | None:
    """Return which labels never stand with another, shape (n_labels,); None where none does."""
    return np.array([label.alone for label in dimension.labels]) if dimension.alone else None


def make_jobs(
    data: TrainingSet, goal: Goal, seed: int, said: CodebookRows | None = None
) -> list[Job]:
    """Return what has to be fitted, one job a dimension.

    Parameters
    ----------
    data
        The labelled rows.
    goal
        What labels should be good at.
    seed
        Of the inner folds.
    said
        Rows out of the codebook, whose vectors stand below those of the labelled ones.
    """
    jobs = []
    for name in data.answers:
        rows, truth = data.truth(name)
        weight = None if data.weights is None else data.weights[name][rows]
        dimension = data.codebook.dimension(name)
        multiple = dimension.choice == "multiple"
        alone = labels_alone(dimension)
        scored = None if data.weak is None else ~data.weak.rows[rows]
        groups = data.groups[rows]
        job = Job(name, rows, truth, groups, weight, multiple, goal, seed, alone, scored=scored)
        if said is not None and name in said.dimensions:
            numbers, of_said = said.of(dimension)
            job = replace(job, said=len(data) + numbers, said_truth=of_said)
        jobs.append(job)
    return jobs
