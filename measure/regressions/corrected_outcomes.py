"""Corrected outcomes: a column for each label that any regression can take as its outcome.

The probability of a label on each unit, and on the coded ones what the model missed beside it, as
many times as the coded unit stands for others. On average over the draws of gold it is the truth,
whatever the model does, so that a regression on it is corrected for the model's errors: in R, in
Stata, or in `regression`. Single values mean nothing; they lie below 0 and above 1.

References
----------
Egami, N., Hinck, M., Stewart, B. M. & Wei, H. (2024). Using large language model annotations for
the social sciences: a general framework of using predicted variables in downstream analyses
(design-based supervised learning; equation 3).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...errors import InputError, UnknownNameError
from ...labels.gold.gold import Gold
from ..inputs.tagged import TaggedDimension, Tags
from ..inputs.usable_gold import Coded, Design, usable_gold

__all__ = ["Outcome", "corrected_outcomes", "outcome_of", "outcomes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One label as the outcome of a regression."""

    dimension: TaggedDimension
    """The label's dimension."""
    column: int
    """The label's column in it."""
    coded: Coded
    """The gold on the dimension."""

    @property
    def naive(self) -> Floats:
        """Whether each unit was given the label, shape (n_units,)."""
        return self.dimension.given[:, self.column].astype(np.float64)

    @property
    def truth(self) -> Floats:
        """Whether each coded unit has the label, shape (n_coded,)."""
        return self.coded.truth[:, self.column].astype(np.float64)

    @property
    def corrected(self) -> Floats:
        """The corrected outcome of each unit, shape (n_units,)."""
        own = slice(self.column, self.column + 1)
        return corrected_outcomes(self.dimension, self.coded, own)[:, 0]


def corrected_outcomes(
    dimension: TaggedDimension, coded: Coded, columns: slice = slice(None)
) -> Floats:
    """Give the corrected outcome of some labels on each unit, shape (n_units, n_labels).

    Their mean is the corrected share with full trust in the model (lambda = 1).
    """
    made = dimension.probabilities[:, columns].astype(np.float64)
    rows = coded.sample.index
    stands_for = coded.sample.weight * len(made)
    made[rows] += stands_for[:, None] * (coded.truth[:, columns] - made[rows])
    return made


def outcomes(
    tags: Tags,
    gold: Iterable[Gold],
    design: Design,
    *,
    columns: Mapping[str, pa.Array] | None = None,
    learned: Collection[str] | None = None,
) -> tuple[pa.Table, tuple[str, ...]]:
    r"""Make a table of corrected outcomes, for regressions in other programs.

    Parameters
    ----------
    tags, gold, design, learned
        As `shares`.
    columns
        What else the table should hold of each unit, by name.

    Returns
    -------
    `unit_id`, the other columns, and of each dimension `NAME_dsl` with a number for each label, as
    `NAME_prob` has, and a column `LABEL_dsl` for each label (`NAME_LABEL_dsl` where two dimensions
    have labels of the same name). And what should be known when they are used.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Gold
    >>> from standfirst.measure import outcomes, read_tags
    >>> rows = [
    ...     f'{{"unit_id": "u{i}", "stance": "for", "stance_prob": [0.75, 0.25]}}\n'
    ...     for i in range(40)
    ... ]
    >>> gold = [
    ...     Gold(f"u{i}", "stance", ("no" if i % 2 else "for",), "single")
    ...     for i in range(20)
    ... ]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text("".join(rows))
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> table, _ = outcomes(tags, gold, {row.unit_id: 0.5 for row in gold})
    >>> [name for name in table.column_names if name.endswith("_dsl")], table.num_rows
    (['stance_dsl', 'for_dsl', 'no_dsl'], 40)
    """
    answers = list(gold)
    made: dict[str, pa.Array] = {"unit_id": tags.unit_ids, **(columns or {})}
    notes: dict[str, None] = {}
    measured = [dimension for dimension in tags.dimensions.values() if any(_of(dimension, answers))]
    if not measured:
        known = ", ".join(tags.dimensions)
        raise InputError(tags.where, f"no gold on any of its dimensions ({known})", "code some")
    names = [label for dimension in measured for label in dimension.labels]
    for dimension in measured:
        coded = usable_gold(
            tags, dimension, {g.unit_id: g.labels for g in _of(dimension, answers)}, design, learned
        )
        notes.update(dict.fromkeys(coded.notes))
        values = corrected_outcomes(dimension, coded)
        flat, width = pa.array(values.ravel()), values.shape[1]
        offsets = pa.array(np.arange(0, len(flat) + 1, width, dtype=np.int32))
        made[f"{dimension.name}_dsl"] = pa.ListArray.from_arrays(offsets, flat)
        for k, label in enumerate(dimension.labels):
            own = (
                label
                if names.count(label) == 1 and label not in tags.dimensions
                else f"{dimension.name}_{label}"
            )
            made[f"{own}_dsl"] = pa.array(values[:, k])
    return pa.table(made), tuple(notes)


def outcome_of(
    name: str, tags: Tags, gold: Iterable[Gold], design: Design, learned: Collection[str] | None
) -> Outcome:
    """Find the label that a formula names, and the gold on it.

    Parameters
    ----------
    name
        A label, or ``dimension=label``.
    tags, gold, design, learned
        As `shares`.

    Raises
    ------
    UnknownNameError, InputError
        There is no such label, several dimensions have it, or it has no gold that may be used.
    """
    dimension, label = _named(name, tags)
    tagged = tags.dimensions[dimension]
    answers = {g.unit_id: g.labels for g in _of(tagged, gold)}
    if not answers:
        raise InputError(tags.where, f"no gold on {dimension}", "code some of its units")
    coded = usable_gold(tags, tagged, answers, design, learned)
    return Outcome(tagged, tagged.labels.index(label), coded)


def _of(dimension: TaggedDimension, gold: Iterable[Gold]) -> Sequence[Gold]:
    return [row for row in gold if row.dimension == dimension.name]


def _named(name: str, tags: Tags) -> tuple[str, str]:
    every = [
        (dimension.name, label)
        for dimension in tags.dimensions.values()
        for label in dimension.labels
    ]
    written = [f"{dimension}={label}" for dimension, label in every]
    if name in written:
        return every[written.index(name)]
    having = [pair for pair in every if pair[1] == name]
    if len(having) > 1:
        both = " or ".join(f"{dimension}={label}" for dimension, label in having)
        problem = f"{name!r} is a label of {len(having)} dimensions"
        raise InputError("formula", problem, f"write {both}")
    if not having:
        if name in tags.dimensions:
            problem = f"{name!r} is a dimension"
            some = f"{name}={tags.dimensions[name].labels[-1]}"
            raise InputError("formula", problem, f"name one of its labels: {some}")
        raise UnknownNameError("label:", name, [label for _, label in every])
    return having[0]
