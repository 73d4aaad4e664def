"""Which gold may correct a model, and how it was drawn.

Two rules hold throughout. Gold may only correct a model that did not learn from it: the test part,
or any gold where the tags come from cross-prediction. And gold only speaks for units that it could
have been drawn from.

References
----------
Zrnic, T. & Candès, E. J. (2024). Cross-prediction-powered inference. PNAS 121.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...annotate.design.plan import Drawn
from ...errors import InputError, LeakError, UnknownLabelError
from .samples import Sample, from_design, from_probabilities
from .tagged import TaggedDimension, Tags

__all__ = ["LEAST_CLUSTERS", "Coded", "Design", "usable_gold"]

LEAST_CLUSTERS = 10
"""Clusters of the test part from which on its variance can be estimated."""

_MISSING = 0.05
_ROUNDED = 0.01

Bools = NDArray[np.bool_]
Design = Sequence[Drawn] | Mapping[str, float] | None
"""The design of a study, or each unit's probability, or None for a simple random sample."""


@dataclass(frozen=True, slots=True)
class Coded:
    """The gold of a dimension that may be used."""

    sample: Sample
    truth: Bools
    notes: tuple[str, ...]


def usable_gold(
    tags: Tags,
    dimension: TaggedDimension,
    answers: Mapping[str, tuple[str, ...]],
    design: Design,
    learned: Collection[str] | None,
) -> Coded:
    """Choose the gold that may be used, and find it among the tags."""
    if dimension.n_not_asked:
        n, name = dimension.n_not_asked, dimension.name
        problem = f"{n} units were not asked about {name!r} (it has a condition)"
        remedy = "measure it in its study, which knows the condition; or leave it out: --dimension"
        raise InputError(tags.where, problem, remedy)
    ids = list(answers)
    rows = tags.rows_of(ids)
    row_of = {unit: int(row) for unit, row in zip(ids, rows, strict=True) if row >= 0}
    notes: list[str] = []
    if isinstance(design, Sequence):
        row_of = {u: row_of[u] for u in (row.unit_id for row in design) if u in row_of}
        _same_frame(tags, design, {unit for unit in ids if unit not in row_of})
        sample, notes = _of_study(tags.where, dimension, design, row_of, learned)
    else:
        if lost := len(ids) - len(row_of):
            problem = f"{lost} of {len(ids)} coded units are not among the tags"
            raise InputError(tags.where, problem, "tag the corpus that the gold was drawn from")
        taught = set(row_of) & set(learned or ())
        if taught and not dimension.crossed:
            problem = f"the model learned from {len(taught)} of the {len(ids)} coded units"
            remedy = "train it again, so that tags hold NAME_cross; or take gold that it never saw"
            raise LeakError(f"{tags.where}: {dimension.name}", problem, remedy)
        if learned is None and not dimension.crossed:
            notes.append(
                "whether the model learned from this gold is not known, and if so the intervals "
                "are too narrow; name the model with --model"
            )
        sample = _by_probability(tags, row_of, design)
    if len(sample) < 2:
        problem = f"{len(sample)} coded unit"
        raise InputError(f"{tags.where}: {dimension.name}", problem, "code at least two")
    unit_of = {row: unit for unit, row in row_of.items()}
    truth = np.zeros((len(sample), len(dimension.labels)), bool)
    for index, row in enumerate(sample.index.tolist()):
        for label in answers[unit_of[row]]:
            if label not in dimension.labels:
                where = f"gold of unit {unit_of[row]}, {dimension.name}"
                raise UnknownLabelError(label, dimension.labels, where)
            truth[index, dimension.labels.index(label)] = True
    if not dimension.multiple and (strange := int((truth.sum(axis=1) != 1).sum())):
        problem = f"{strange} coded units have none or several labels of a single choice"
        raise InputError(f"{tags.where}: {dimension.name}", problem, "resolve them to one")
    return Coded(sample, truth, tuple(notes))


def _same_frame(tags: Tags, design: Sequence[Drawn], untagged: Collection[str]) -> None:
    """Refuse tags of other units than those that were drawn from."""
    drawn = {row.unit_id for row in design}
    if lost := len(drawn & set(untagged)):
        problem = f"{lost} coded units of the design are not among the tags"
        raise InputError(
            tags.where, problem, "tag the units of the corpus: standfirst corpus units"
        )
    test = [row.n_pool for row in design if row.part == "test"]
    n_frame = test[0] if test else design[0].n_pool
    if len(tags) > n_frame:
        problem = (
            f"{len(tags) - n_frame:,} of {len(tags):,} units came after the draw: "
            "not covered by gold"
        )
        raise InputError(tags.where, problem, "draw and code some of them, and measure them apart")
    if len(tags) < n_frame:
        problem = f"holds {len(tags):,} units, and {n_frame:,} were drawn from"
        raise InputError(tags.where, problem, "tag all units of the corpus")


def _of_study(
    where: str,
    dimension: TaggedDimension,
    design: Sequence[Drawn],
    row_of: Mapping[str, int],
    learned: Collection[str] | None,
) -> tuple[Sample, list[str]]:
    notes = []
    clusters = {row.stratum for row in design if row.part == "test" and row.unit_id in row_of}
    coding = {row.unit_id for row in design if row.part == "coding" and row.unit_id in row_of}
    fresh = learned is not None and not coding & set(learned)
    parts = [
        *(["test"] if len(clusters) >= LEAST_CLUSTERS else []),
        *(["coding"] if coding and (dimension.crossed or fresh) else []),
    ]
    if not parts:
        if clusters:
            problem = f"the test part lies in {len(clusters)} clusters, too few for an interval"
            remedy = f"it takes {LEAST_CLUSTERS}: code more of it, or tag with NAME_cross"
            raise InputError(f"{where}: {dimension.name}", problem, remedy)
        problem = "the model may have learned from all gold, and there is no test part"
        remedy = "train and tag again, so that the tags hold NAME_cross"
        raise LeakError(f"{where}: {dimension.name}", problem, remedy)
    if coding and "coding" not in parts:
        notes.append(
            "the tags hold no cross-predictions (NAME_cross), so that the shares rest on the test "
            "part alone; train and tag again to use all gold"
        )
    if clusters and "test" not in parts:
        notes.append(f"the test part lies in {len(clusters)} clusters only and is left out")
    n_drawn = sum(row.part in parts for row in design)
    n_coded = sum(row.part in parts and row.unit_id in row_of for row in design)
    if n_coded < (1 - _MISSING) * n_drawn:
        notes.append(
            f"{dimension.name}: {n_drawn - n_coded} of {n_drawn} drawn units have no gold; they "
            "are taken to be like the others of their round and stratum"
        )
    return from_design(design, row_of, parts=parts), notes


def _by_probability(
    tags: Tags, row_of: Mapping[str, int], design: Mapping[str, float] | None
) -> Sample:
    index = np.array(list(row_of.values()), np.int64)
    n_units = len(tags)
    if design is None:
        return from_probabilities(index, None, n_units)
    chance = np.array([design[unit] for unit in row_of])
    total, spread = float((1 / chance).sum()), float(((1 - chance) / chance**2).sum()) ** 0.5
    even = chance.max() - chance.min() < _ROUNDED * chance.min()
    # With a fixed size and one probability the sum is exact; else it varies.
    off = _ROUNDED * n_units if even else 4 * spread + _ROUNDED * n_units
    if abs(total - n_units) > off:
        problem = f"by its probabilities the gold stands for {total:,.0f} units, not {n_units:,}"
        raise InputError(tags.where, problem, "tag just the units that the gold was drawn from")
    return from_probabilities(index, chance, n_units)
