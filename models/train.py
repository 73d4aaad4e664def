"""Training: one classifier a dimension, and a held-out score that means what it says.

The score is nested. The rows are cut into grouped folds; for each, everything is chosen and fitted
on the other folds (rareness of n-grams, penalty, calibration, decision rule), and only then is the
fold scored. The model that is kept is fitted the same way on all rows. Beside the score stands the
*leak gap*: how much better the same classifier would have looked had the folds been drawn at
random, so that sentences of one article stood on both sides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .classifier import Head, fit_head
from .data import TrainingSet
from .encoders import Encoder, default_encoder, make_encoder
from .folds import Fold, grouped_folds, random_folds
from .matrix import Matrix
from .model import Model
from .scores import Score, calibration_error, macro_f1, score
from .texts import hash_texts

if TYPE_CHECKING:
    from ..labels.codebook import Dimension

__all__ = ["DimensionReport", "Report", "train"]

N_FOLDS = 5

_MOSTLY_ALONE = 0.95

Progress = Callable[[str, int, int], None]
"""Takes what is being done, how many steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class DimensionReport:
    """What training found out about one dimension."""

    dimension: str
    """Its id."""
    score: Score
    """Held-out score over all folds together."""
    n_folds: int
    """Number of outer folds."""
    baseline: float
    """Macro-F1 of always giving the most frequent label (multiple choice: every label)."""
    leak_gap: float | None
    """Macro-F1 of random folds minus that of grouped folds; None where each row is a group."""
    calibration_error: float
    """Expected calibration error of the held-out probabilities."""
    strength: float
    """The inverse penalty of the final fit."""
    weighted: bool
    """Whether the decision helps rare labels beyond their probability."""
    warnings: tuple[str, ...] = ()
    """What the user should know."""

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values, as in metrics.json."""
        return {
            **self.score.as_json(),
            "n_groups": self.score.n_groups,
            "n_folds": self.n_folds,
            "accuracy": round(self.score.accuracy, 6),
            "baseline_macro_f1": round(self.baseline, 6),
            "leak_gap": None if self.leak_gap is None else round(self.leak_gap, 6),
            "calibration_error": round(self.calibration_error, 6),
            "inverse_penalty": self.strength,
            "weighted_decision": self.weighted,
            "confusion": self.score.confusion,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The result of training."""

    model: Model
    """The model, fitted on all rows."""
    dimensions: tuple[DimensionReport, ...]
    """One report a dimension."""
    n_rows: int
    """Number of rows in the training set."""
    grouped_by: str
    """What made a group."""


def train(
    data: TrainingSet,
    *,
    encoder: str | None = None,
    n_folds: int = N_FOLDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Train one classifier for each dimension, and score it by grouped folds.

    Parameters
    ----------
    data
        Texts with answers.
    encoder
        A name in `ENCODERS`, or several joined by ``+``; by default `default_encoder` chooses.
    n_folds
        Number of outer folds; fewer where there are fewer groups.
    seed
        Of the folds and of the bootstrap.
    progress
        Told after each step.

    Raises
    ------
    InputError
        A dimension cannot be learned: one label only, or one group only.
    """
    from threadpoolctl import threadpool_limits

    for dimension in data.answers:
        _check(data, dimension)
    # One thread: sums in a fixed order make the same bundle to the byte, and fits this small are
    # quicker so.
    with threadpool_limits(1):
        return _train(data, encoder, n_folds, seed, progress)


def _train(
    data: TrainingSet, encoder: str | None, n_folds: int, seed: int, progress: Progress | None
) -> Report:
    name = encoder or default_encoder(len(data))
    steps = _Steps(progress, 1 + len(data.answers) * (n_folds + 2))
    empty, prepared = make_encoder(name).begin(data.texts)
    steps.done("reading texts")
    final = empty.fit(prepared)
    vectors = final.transform(prepared)
    heads: dict[str, Head] = {}
    reports = []
    for dimension in data.answers:
        job = _Job(data, dimension, empty, prepared, seed)
        heads[dimension] = job.fit(vectors, np.arange(len(job.rows)))
        steps.done(f"fitting {dimension}")
        reports.append(job.report(heads[dimension], n_folds, steps))
    about = {
        "data": data.fingerprint,
        "n_rows": len(data),
        "n_groups": len(np.unique(data.groups)),
        "grouped_by": data.grouped_by,
        "n_folds": n_folds,
        "seed": seed,
    }
    metrics = {"dimensions": {one.dimension: one.as_json() for one in reports}}
    trained_on = np.unique(hash_texts(data.texts))
    model = Model(data.codebook, name, final, heads, about, metrics, trained_on)
    return Report(model, tuple(reports), len(data), data.grouped_by)


class _Steps:
    """Counts steps for whoever shows them."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._n = progress, total, 0

    def done(self, what: str) -> None:
        self._n = min(self._n + 1, self._total)
        if self._progress is not None:
            self._progress(what, self._n, self._total)


class _Job:
    """The fits of one dimension."""

    def __init__(
        self, data: TrainingSet, dimension: str, empty: Encoder, prepared: Matrix, seed: int
    ) -> None:
        self.dimension: Dimension = data.codebook.dimension(dimension)
        self.rows, self.truth = data.truth(dimension)
        self.groups = data.groups[self.rows]
        self.weight = None if data.weights is None else data.weights[self.rows]
        self.multiple = self.dimension.choice == "multiple"
        self.empty, self.prepared, self.seed = empty, prepared, seed

    def fit(
        self, vectors: Matrix, part: npt.NDArray[np.int64], strengths: Sequence[float] | None = None
    ) -> Head:
        """Fit a head on a part of the answered rows; vectors are those of all rows of the data."""
        options: dict[str, Any] = {} if strengths is None else {"strengths": strengths}
        return fit_head(
            vectors[self.rows[part]],
            self.truth[part],
            self.groups[part],
            multiple=self.multiple,
            sample_weight=None if self.weight is None else self.weight[part],
            seed=self.seed,
            **options,
        )

    def report(self, final: Head, n_folds: int, steps: _Steps) -> DimensionReport:
        folds = grouped_folds(self.truth, self.groups, n_folds, self.seed)
        name = self.dimension.id
        probability, answer = np.zeros(self.truth.shape), np.zeros(self.truth.shape, bool)
        plain = np.zeros(self.truth.shape, bool)
        for number, fold in enumerate(folds, 1):
            tuned, untuned = self._held_out(fold, [None, [final.strength]])
            probability[fold[1]], answer[fold[1]] = tuned
            plain[fold[1]] = untuned[1]
            steps.done(f"scoring {name}: fold {number} of {len(folds)}")
        gap = self._leak_gap(plain, len(folds), final.strength)
        steps.done(f"scoring {name}: leak gap")
        found = score(
            self.truth,
            answer,
            self.dimension.label_ids,
            self.groups,
            multiple=self.multiple,
            seed=self.seed,
        )
        usual = np.zeros_like(self.truth)
        usual[:, slice(None) if self.multiple else self.truth.sum(axis=0).argmax()] = True
        return DimensionReport(
            name,
            found,
            len(folds),
            macro_f1(self.truth, usual),
            gap,
            calibration_error(self.truth, probability),
            final.strength,
            bool(final.bonus.any()),
            self._warnings(len(folds)),
        )

    def _held_out(
        self, fold: Fold, choices: Sequence[Sequence[float] | None]
    ) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
        """Fit all on one side of a fold, once for each choice of penalties; answer the other."""
        part, test = fold
        encoder = self.empty.fit(self.prepared[self.rows[part]])
        vectors = encoder.transform(self.prepared)
        found = []
        for strengths in choices:
            head = self.fit(vectors, part, strengths)
            probability = head.probabilities(vectors[self.rows[test]])
            found.append((probability, head.decide(probability)))
        return found

    def _leak_gap(
        self, grouped: npt.NDArray[np.bool_], n_folds: int, strength: float
    ) -> float | None:
        """Compare random with grouped folds, both with the final penalty and no tuning."""
        # With hardly a row that shares its group, the difference would be chance.
        if len(np.unique(self.groups)) > _MOSTLY_ALONE * len(self.groups):
            return None
        answer = np.zeros(self.truth.shape, bool)
        for fold in random_folds(self.truth, n_folds, self.seed):
            answer[fold[1]] = self._held_out(fold, [[strength]])[0][1]
        return macro_f1(self.truth, answer) - macro_f1(self.truth, grouped)

    def _warnings(self, n_folds: int) -> tuple[str, ...]:
        told = []
        for k, label in enumerate(self.dimension.label_ids):
            n_groups = len(np.unique(self.groups[self.truth[:, k]]))
            if n_groups == 0:
                told.append(f"no row has the label {label!r}; it will never be given")
            elif n_groups == 1:
                told.append(f"{label!r} stands in one group only and cannot be scored; code more")
            elif n_groups < n_folds:
                told.append(f"{label!r} stands in {n_groups} groups only; its score is uncertain")
        return tuple(told)


def _check(data: TrainingSet, dimension: str) -> None:
    rows, truth = data.truth(dimension)
    where = f"{data.source}: {dimension}"
    if len(rows) == 0:
        raise InputError(where, "no row is labelled", "fill in the column, or name another")
    multiple = data.codebook.dimension(dimension).choice == "multiple"
    varied = np.asarray(truth.any(axis=0) & ~truth.all(axis=0))
    if not varied.any():
        names = data.codebook.dimension(dimension).label_ids
        only = [name for k, name in enumerate(names) if truth[:, k].any()]
        told = f"all {len(rows)} rows have the same answer ({', '.join(only) or 'no label'})"
        raise InputError(where, told, "a classifier needs two; code rows that differ")
    n_groups = len(np.unique(data.groups[rows]))
    if n_groups < 2:
        told = f"all {len(rows)} rows belong to one group, so that nothing can be held out"
        raise InputError(where, told, "label a second article, or name the right --group")
    by_label = [len(np.unique(data.groups[rows[truth[:, k]]])) for k in np.flatnonzero(varied)]
    if not multiple and max(by_label) < 2:
        told = "every label stands in one group only, so that none can be held out"
        raise InputError(where, told, "label more articles")
