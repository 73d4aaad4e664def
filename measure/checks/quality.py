"""How good the tags are where people's gold says what is right: scores, confusions, calibration.

Only gold that the model did not learn from counts, the same that `estimation` corrects shares by,
and each unit counts as often as it stands for units of the corpus. Intervals draw whole articles.

References
----------
Guo, C. et al. (2017). On Calibration of Modern Neural Networks. ICML (reliability in bins).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...intervals import Estimate, draw_groups, interval

__all__ = ["Bin", "CodedUnits", "DimensionQuality", "LabelQuality", "Slice", "quality"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_DRAWS = 1000
_BINS = 10
_LEAST_IN_SLICE = 5


@dataclass(frozen=True, slots=True)
class CodedUnits:
    """Coded units of one dimension, with what the model said of them."""

    dimension: str
    """Id of the dimension."""
    labels: tuple[str, ...]
    """Ids of its labels."""
    multiple: bool
    """Whether a unit takes any number of labels."""
    truth: Bools
    """What people said, shape (n, n_labels)."""
    answer: Bools
    """What the model said without having learned from the unit, same shape."""
    probability: Floats
    """Its probabilities, same shape."""
    weight: Floats
    """What part of the corpus each unit stands for, shape (n,); they sum to 1."""
    groups: tuple[str, ...]
    """The article of each unit."""


@dataclass(frozen=True, slots=True)
class LabelQuality:
    """How well one label is tagged."""

    label: str
    """Its id."""
    precision: Estimate
    """Of the units with this tag, the share that people gave it to."""
    recall: Estimate
    """Of the units that people gave it to, the share that is tagged with it."""
    f1: Estimate
    """Harmonic mean of both."""
    n_gold: int
    """Coded units that have it."""
    n_tagged: int
    """Coded units that are tagged with it."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose probability lies in one range."""

    low: float
    """Its lower end; the upper one is a tenth above."""
    n: int
    """Pairs of a unit and a label that lie in it."""
    mean: float
    """Mean probability."""
    right: Estimate
    """Share of the pairs in which the label holds."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Coded units of one kind."""

    by: str
    """What kinds they are sorted by, such as ``outlet``."""
    name: str
    """Its value."""
    n: int
    """Coded units."""
    right: Estimate
    """Share of the units on which the model gives just the answer of people."""


@dataclass(frozen=True, slots=True)
class DimensionQuality:
    """How good the tags of one dimension are."""

    dimension: str
    """Its id."""
    n: int
    """Coded units that the model did not learn from."""
    n_articles: int
    """Articles they lie in."""
    macro_f1: Estimate
    """Mean of F1 over the labels that occur."""
    right: Estimate
    """Share of the units with just the right answer."""
    labels: tuple[LabelQuality, ...]
    """By label, in the codebook's order."""
    confusion: tuple[tuple[int, ...], ...] | None
    """Number of units by people's label (rows) and the model's; None for multiple choice."""
    bins: tuple[Bin, ...]
    """Reliability; empty ranges are left out."""
    calibration_error: float
    """Mean distance of probability and share over the bins, weighted by their size."""
    slices: tuple[Slice, ...]
    """By outlet, month and the like; those with fewer than five coded units are left out."""


def quality(
    coded: CodedUnits, kinds: Mapping[str, Sequence[str]] | None = None
) -> DimensionQuality:
    """Score tags on coded units.

    Parameters
    ----------
    coded
        The units.
    kinds
        What units are sliced by, to the value of each unit, in the order of the units.

    Examples
    --------
    >>> truth = np.eye(2, dtype=bool)[[0, 1, 1, 0]]
    >>> answer = np.eye(2, dtype=bool)[[0, 1, 0, 0]]
    >>> units = CodedUnits("tone", ("warm", "cold"), False, truth, answer, answer.astype(float),
    ...               np.full(4, 0.25), ("a", "a", "b", "c"))
    >>> scored = quality(units)
    >>> scored.right.value, scored.confusion
    (0.75, ((2, 0), (1, 1)))
    """
    names, group = np.unique(coded.groups, return_inverse=True)
    drawn = draw_groups(len(names), _DRAWS, 0)
    sums = _Sums(drawn, group, len(names), coded.weight)
    hits, tagged = sums(coded.truth & coded.answer), sums(coded.answer)
    true = sums(coded.truth)
    f1 = _ratio(2 * hits, tagged + true)
    occurs = (coded.truth | coded.answer).any(axis=0)
    exact = (coded.truth == coded.answer).all(axis=1)
    total = sums(np.ones((len(exact), 1), bool))
    labels = tuple(
        LabelQuality(
            label,
            _interval(_ratio(hits[:, k], tagged[:, k]), names),
            _interval(_ratio(hits[:, k], true[:, k]), names),
            _interval(f1[:, k], names),
            int(coded.truth[:, k].sum()),
            int(coded.answer[:, k].sum()),
        )
        for k, label in enumerate(coded.labels)
    )
    bins = tuple(_bins(coded, sums, names))
    n_pairs = sum(row.n for row in bins)
    return DimensionQuality(
        dimension=coded.dimension,
        n=len(exact),
        n_articles=len(names),
        macro_f1=_interval(np.nan_to_num(f1[:, occurs]).mean(axis=1), names),
        right=_interval(_ratio(sums(exact[:, None])[:, 0], total[:, 0]), names),
        labels=labels,
        confusion=None if coded.multiple else _confusion(coded),
        bins=bins,
        calibration_error=sum(abs(row.mean - (row.right.value or 0)) * row.n for row in bins)
        / max(n_pairs, 1),
        slices=tuple(_slices(coded, exact, kinds or {})),
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Weighted sums of columns over articles, for each bootstrap draw."""

    drawn: NDArray[np.int64]
    group: NDArray[np.intp]
    n_groups: int
    weight: Floats

    def __call__(self, values: Bools) -> Floats:
        weighted = values.astype(np.float64) * self.weight[:, None]
        by_group = np.column_stack(
            [np.bincount(self.group, column, minlength=self.n_groups) for column in weighted.T]
        )
        return np.asarray(self.drawn @ by_group)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(bottom > 0, top / bottom, np.nan))


def _interval(values: Floats, groups: NDArray[np.str_]) -> Estimate:
    if np.isnan(values[0]):
        return Estimate(None)
    return interval(values, n_groups=len(groups)) if len(groups) > 1 else Estimate(float(values[0]))


def _confusion(coded: CodedUnits) -> tuple[tuple[int, ...], ...]:
    counts = coded.truth.astype(np.int64).T @ coded.answer.astype(np.int64)
    return tuple(tuple(row) for row in counts.tolist())


def _bins(coded: CodedUnits, sums: _Sums, names: NDArray[np.str_]) -> "list[Bin]":
    tenth = np.minimum((coded.probability * _BINS).astype(int), _BINS - 1)
    made = []
    for number in range(_BINS):
        inside = tenth == number
        if not inside.any():
            continue
        n_inside = sums(inside).sum(axis=1)
        right = _ratio(sums(inside & coded.truth).sum(axis=1), n_inside)
        weights = inside * coded.weight[:, None]
        mean = float((weights * coded.probability).sum() / weights.sum())
        made.append(Bin(number / _BINS, int(inside.sum()), mean, _interval(right, names)))
    return made


def _slices(coded: CodedUnits, exact: Bools, kinds: Mapping[str, Sequence[str]]) -> "list[Slice]":
    made = []
    for by, values in kinds.items():
        column = np.asarray(values)
        for name in np.unique(column):
            rows = np.flatnonzero(column == name)
            if len(rows) < _LEAST_IN_SLICE:
                continue
            articles, group = np.unique(np.asarray(coded.groups)[rows], return_inverse=True)
            drawn = draw_groups(len(articles), _DRAWS, 0)
            sums = _Sums(drawn, group, len(articles), coded.weight[rows])
            right = sums(exact[rows, None])[:, 0]
            total = sums(np.ones((len(rows), 1), bool))[:, 0]
            made.append(Slice(by, str(name), len(rows), _interval(_ratio(right, total), articles)))
    return made
