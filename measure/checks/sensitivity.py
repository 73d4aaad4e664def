"""The same shares under other choices that could have been made as well.

A share that moves with a choice nobody can defend is no finding. Each variant changes one choice
and leaves the rest: labels in place of probabilities, how far the model is trusted, which part of
the gold counts, how coders' answers are resolved, and which model tagged.

References
----------
Steegen, S. et al. (2016). Increasing Transparency Through a Multiverse Analysis. Perspectives on
Psychological Science 11. Baumann, J. et al. (2025). Large language model hacking. arXiv:2509.08825.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...annotate.design.plan import Drawn
from ...errors import StandfirstError
from ...labels.gold.gold import Gold
from ..estimates.estimation import shares
from ..estimates.results import Estimate, Shares
from ..inputs.tagged import Tags

__all__ = ["Variant", "variants"]


@dataclass(frozen=True, slots=True)
class Variant:
    """The shares of one dimension under one set of choices."""

    dimension: str
    """Id of the dimension."""
    name: str
    """What was chosen otherwise."""
    labels: Mapping[str, Estimate]
    """Id of the label to its share."""


def variants(
    tags: Tags,
    gold: Mapping[str, Sequence[Gold]],
    design: Sequence[Drawn],
    *,
    learned: Collection[str] | None = None,
    others: Mapping[str, tuple[Tags, Collection[str] | None]] | None = None,
    level: float = 0.95,
) -> list[Variant]:
    """Estimate the shares under each choice; what cannot be estimated is left out.

    Parameters
    ----------
    tags
        The tags of all units.
    gold
        Name of a way to resolve the coders' answers to what it gives. The first is the reported
        one, and the others are variants.
    design
        How units were drawn.
    learned
        Ids of the units that the model has learned from; None where nobody knows.
    others
        Name of another model to its tags of the same units, and the ids of those that it has
        learned from.
    level
        Coverage of the intervals.
    """
    (first, reported), *resolved = gold.items()
    whole = _tried(tags, reported, design, learned, level)
    made = _from(first, whole)
    if whole is not None:
        made += [
            Variant(
                measured.dimension,
                "people alone",
                {x.label: x.gold for x in measured.labels if x.gold is not None},
            )
            for measured in whole.dimensions
        ]
    hard = _tried(_hard(tags), reported, design, learned, level)
    made += _from("labels, not chances", hard)
    rounds = list(dict.fromkeys(row.round for row in design if row.part == "coding"))
    parts = {row.part for row in design}
    for part, name in (("test", "test part alone"), ("coding", "coding part alone")):
        if len(parts) > 1:
            units = {row.unit_id for row in design if row.part == part}
            kept = [row for row in reported if row.unit_id in units]
            made += _from(name, _tried(tags, kept, design, learned, level))
    if len(rounds) > 1:
        kept_rows = [row for row in design if row.part == "test" or row.round != rounds[-1]]
        units = {row.unit_id for row in kept_rows}
        kept = [row for row in reported if row.unit_id in units]
        name = f"without round {rounds[-1]}"
        made += _from(name, _tried(tags, kept, kept_rows, learned, level))
    for name, answers in resolved:
        made += _from(name, _tried(tags, answers, design, learned, level))
    for name, (tagged, taught) in (others or {}).items():
        made += _from(name, _tried(tagged, reported, design, taught, level))
    return made


def _hard(tags: Tags) -> Tags:
    """Make tags whose labels have a probability of 1."""
    changed = {
        name: replace(dimension, probabilities=dimension.judged.astype(np.float32))
        for name, dimension in tags.dimensions.items()
    }
    return replace(tags, dimensions=changed)


def _tried(
    tags: Tags,
    gold: Sequence[Gold],
    design: Sequence[Drawn],
    learned: Collection[str] | None,
    level: float,
) -> Shares | None:
    try:
        return shares(tags, gold, design, learned=learned, level=level)
    except StandfirstError:
        return None


def _from(name: str, made: Shares | None) -> list[Variant]:
    if made is None:
        return []
    return [
        Variant(
            measured.dimension,
            name,
            {x.label: x.corrected for x in measured.labels if x.corrected is not None},
        )
        for measured in made.dimensions
    ]
