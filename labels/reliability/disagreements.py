"""Where coders differ, ranked by what it costs, with both readings and the codebook's own words.

The cost of a confusion is what alpha would gain if it never happened and all else stayed: its share
in the observed disagreement over the expected one. Ten confusions of two near labels may cost less
than three of distant ones, where distances differ.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from ..annotations.annotation import Annotation, readings
from ..annotations.empty_answers import settle
from ..codebook.codebook import Codebook, Dimension
from .alpha import alpha, collect
from .ratings import Ratings, rate

__all__ = ["Clash", "Reading", "disagreements"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Two coders' answers on one unit, side by side."""

    unit_id: str
    """The unit."""
    coders: tuple[str, str]
    """Who."""
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    """What each chose."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two answers that coders give on the same units."""

    dimension: str
    """Id of the dimension."""
    answers: tuple[tuple[str, ...], tuple[str, ...]]
    """The two answers."""
    cost: float
    """What alpha would gain without this clash."""
    n_units: int
    """Units on which it happened."""
    readings: tuple[Reading, ...]
    """A few of them."""
    clauses: tuple[str, ...]
    """What the codebook says on the labels that only one of the two answers has."""

    def __str__(self) -> str:
        first, second = (" + ".join(labels) or "(none)" for labels in self.answers)
        units = ", ".join(reading.unit_id for reading in self.readings)
        head = f"{self.dimension}: {first} / {second}: costs {self.cost:.3f}, {self.n_units} units"
        return "\n".join([f"{head} ({units})", *(f"    {clause}" for clause in self.clauses)])


def disagreements(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    most: int = 10,
    examples: int = 3,
    adjudicators: Collection[str] = (),
) -> list[Clash]:
    """Rank the clashes of each dimension by cost, the costliest first.

    Parameters
    ----------
    annotations
        All annotations; superseded, skipped and open ones and decisions are set aside.
    codebook
        What was coded.
    most
        Maximum number of clashes of each dimension.
    examples
        Number of units to show for each.
    adjudicators
        Coders whose answer decides.

    Examples
    --------
    >>> from standfirst.labels import Annotation, disagreements, infer_from_annotations
    >>> coded = {"ann": ["for", "for", "no", "no"], "bo": ["for", "no", "no", "no"]}
    >>> rows = [
    ...     Annotation(f"u{i}", who, "stance", (label,))
    ...     for who, all in coded.items()
    ...     for i, label in enumerate(all)
    ... ]
    >>> [
    ...     (clash.dimension, clash.n_units)
    ...     for clash in disagreements(rows, infer_from_annotations(rows))
    ... ]
    [('stance', 1)]
    """
    rows = settle(readings(annotations, adjudicators), codebook).annotations
    clashes: list[Clash] = []
    for dimension in codebook.dimensions:
        clashes += _clashes(rate(rows, dimension), dimension, most, examples)
    return clashes


def _clashes(ratings: Ratings, dimension: Dimension, most: int, examples: int) -> list[Clash]:
    first, second = ratings.pairs()
    a, b = ratings.value[first], ratings.value[second]
    differ = np.flatnonzero(a != b)
    sums = collect(ratings)
    whole = alpha(sums, np.ones((1, len(ratings.articles)), np.int64)).value
    if whole is None or not len(differ):
        return []
    low, high = np.minimum(a, b)[differ], np.maximum(a, b)[differ]
    unit = ratings.unit[first[differ]]
    weight = _distance(ratings, low, high) / (ratings.n_per_unit[unit] - 1)
    share = weight / weight.sum() * (1 - whole)
    n_values = len(ratings.members)
    cost = np.bincount(low * n_values + high, share)
    clashes = []
    for cell in np.argsort(-cost, kind="stable")[:most]:
        rows = np.flatnonzero(low * n_values + high == cell)
        if not len(rows):
            break
        shown = [
            _reading(ratings, int(first[differ[i]]), int(second[differ[i]]))
            for i in rows[:examples]
        ]
        answers = _labels(ratings, int(cell) // n_values), _labels(ratings, int(cell) % n_values)
        n_units = len(np.unique(unit[rows]))
        clauses = _clauses(dimension, answers)
        clashes.append(
            Clash(dimension.id, answers, float(cost[cell]), n_units, tuple(shown), clauses)
        )
    return clashes


def _distance(
    ratings: Ratings,
    low: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    high: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    sums = collect(ratings)
    if sums.distance is not None:
        return sums.distance[low, high]
    totals = sums.totals.sum(axis=0)
    ranks = np.cumsum(totals) - totals / 2
    return np.asarray((ranks[low] - ranks[high]) ** 2)


def _labels(ratings: Ratings, value: int) -> tuple[str, ...]:
    return tuple(ratings.dimension.label_ids[i] for i in np.flatnonzero(ratings.members[value]))


def _reading(ratings: Ratings, first: int, second: int) -> Reading:
    return Reading(
        ratings.units[ratings.unit[first]],
        (ratings.coders[ratings.coder[first]], ratings.coders[ratings.coder[second]]),
        (
            _labels(ratings, int(ratings.value[first])),
            _labels(ratings, int(ratings.value[second])),
        ),
    )


def _clauses(
    dimension: Dimension, answers: tuple[tuple[str, ...], tuple[str, ...]]
) -> tuple[str, ...]:
    clauses = []
    for label_id in sorted({*answers[0]} ^ {*answers[1]}, key=dimension.label_ids.index):
        label = dimension.label(label_id)
        clauses += [f"{label_id}: {label.definition}"] if label.definition else []
        clauses += [f"{label_id}, not: {line}" for line in label.exclude]
    return tuple(clauses)
