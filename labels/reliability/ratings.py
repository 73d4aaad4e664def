"""Ratings: the answers on one dimension as arrays, which is what all agreement is computed from.

Only pairs of answers on the same unit say anything about agreement, so the pairs are laid out once,
here; every coefficient is then a weighted count over them. A multiple-choice answer is one value
too: each distinct set of labels that occurs is a value, and `members` says which labels are in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..annotations.annotation import Annotation, current
from ..codebook.codebook import Dimension

__all__ = ["Ratings", "rate"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ratings:
    """The answers on one dimension; one row an answer, sorted by unit."""

    dimension: Dimension
    """What was asked."""
    units: tuple[str, ...]
    """Ids of the units that have an answer."""
    coders: tuple[str, ...]
    """Who answered."""
    articles: tuple[str, ...]
    """What intervals resample; a unit whose article is not known stands for itself, named ""."""
    unit: Ints
    """Position of each answer's unit, shape (n_answers,), rising."""
    coder: Ints
    """Position of each answer's coder, shape (n_answers,)."""
    value: Ints
    """Each answer's value, shape (n_answers,)."""
    members: NDArray[np.bool_]
    """Which labels a value holds, shape (n_values, n_labels); for single choice the identity."""
    article: Ints
    """Position of each unit's article, shape (n_units,)."""
    by_article: bool
    """Whether any unit's article is known."""

    @property
    def n_per_unit(self) -> Ints:
        """How many answers each unit has, shape (n_units,)."""
        return np.bincount(self.unit, minlength=len(self.units))

    def pairs(self) -> tuple[Ints, Ints]:
        """Return all pairs of answers on the same unit, as two arrays of rows, each pair once."""
        first: list[Ints] = []
        second: list[Ints] = []
        for step in range(1, int(self.n_per_unit.max(initial=0))):
            rows = np.flatnonzero(self.unit[:-step] == self.unit[step:])
            first.append(rows)
            second.append(rows + step)
        none = np.zeros(0, np.int64)
        return np.concatenate([none, *first]), np.concatenate([none, *second])


def rate(annotations: Iterable[Annotation], dimension: Dimension) -> Ratings:
    """Lay out the current answers on one dimension.

    Left out are units that a coder skipped or left open: no answer is not an answer.

    Parameters
    ----------
    annotations
        Annotations of any dimension; superseded ones are set aside.
    dimension
        The dimension; every label must be one of its labels.

    Examples
    --------
    >>> from ..codebook.codebook import Label
    >>> stance = Dimension("stance", "?", (Label("for", "For"), Label("against", "Against")))
    >>> rows = [Annotation("u1", coder, "stance", ("for",)) for coder in ("ann", "bo", "cy")]
    >>> [array.tolist() for array in rate(rows, stance).pairs()]
    [[0, 1, 0], [1, 2, 2]]
    """
    rows = [
        row
        for row in current(row for row in annotations if row.dimension == dimension.id)
        if row.status == "answered" and (row.labels or dimension.choice == "multiple")
    ]
    units = {name: i for i, name in enumerate(dict.fromkeys(row.unit_id for row in rows))}
    coders = {name: i for i, name in enumerate(sorted({row.coder for row in rows}))}
    article_of = {row.unit_id: row.article_id for row in rows if row.article_id}
    groups = [("article", article_of[u]) if u in article_of else ("unit", u) for u in units]
    articles = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    value, members = _values([row.labels for row in rows], dimension)
    return Ratings(
        dimension=dimension,
        units=tuple(units),
        coders=tuple(coders),
        articles=tuple(name if kind == "article" else "" for kind, name in articles),
        unit=np.array([units[row.unit_id] for row in rows], np.int64),
        coder=np.array([coders[row.coder] for row in rows], np.int64),
        value=value,
        members=members,
        article=np.array([articles[group] for group in groups], np.int64),
        by_article=bool(article_of),
    )


def _values(answers: list[tuple[str, ...]], dimension: Dimension) -> tuple[Ints, NDArray[np.bool_]]:
    position = {label: i for i, label in enumerate(dimension.label_ids)}
    if dimension.choice == "single":
        value = np.array([position[labels[0]] for labels in answers], np.int64)
        return value, np.eye(len(position), dtype=bool)
    sets = [tuple(sorted(position[label] for label in labels)) for labels in answers]
    values = {chosen: i for i, chosen in enumerate(sorted(set(sets)))}
    members = np.zeros((len(values), len(position)), bool)
    for chosen, i in values.items():
        members[i, list(chosen)] = True
    return np.array([values[chosen] for chosen in sets], np.int64), members
