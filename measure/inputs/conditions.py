"""Dimensions that are asked under a condition: shares of all units, of which some were not asked.

Whether a unit is asked hangs on another dimension, on which the model errs as well. So "not asked"
becomes a label of its own: its probability is that of the condition, and the probabilities of the
others are multiplied by it. Then gold corrects both errors together, by the same estimators.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ...labels.codebook.codebook import Condition
from ...labels.gold.gold import Gold
from .tagged import TaggedDimension

__all__ = ["NOT_ASKED", "answers_under", "tags_under"]

NOT_ASKED = "(not asked)"
"""The label of units on which the condition does not hold."""


def tags_under(
    tagged: TaggedDimension, parent: TaggedDimension, condition: Condition
) -> TaggedDimension:
    """Add the label of what is not asked.

    Parameters
    ----------
    tagged
        The dimension as it was tagged, as if it had been asked of every unit.
    parent
        The dimension that decides whether it is asked.
    condition
        With which labels of that it is.
    """
    among = [k for k, label in enumerate(parent.labels) if label in condition.labels]
    holds = np.asarray(parent.given[:, among].any(axis=1))
    if parent.multiple:
        chance = 1 - np.prod(1 - parent.probabilities[:, among], axis=1)
    else:
        chance = np.minimum(parent.probabilities[:, among].sum(axis=1), 1)
    given = np.column_stack([tagged.given & holds[:, None], ~holds])
    joint = np.column_stack([tagged.probabilities * chance[:, None], 1 - chance])
    return replace(
        tagged,
        labels=(*tagged.labels, NOT_ASKED),
        probabilities=joint.astype(np.float32),
        given=given,
        crossed=tagged.crossed and parent.crossed,
        n_not_asked=0,
        abstained=None if tagged.abstained is None else tagged.abstained & holds,
    )


def answers_under(gold: Iterable[Gold], conditions: Mapping[str, Condition]) -> list[Gold]:
    """Add to gold what was not asked: the units whose answer to the other question says so.

    Parameters
    ----------
    gold
        Resolved answers.
    conditions
        Id of each dimension with a condition to it, in the codebook's order.
    """
    made = list(gold)
    for name, condition in conditions.items():
        parent = {row.unit_id: row for row in made if row.dimension == condition.dimension}
        not_asked = {
            unit for unit, row in parent.items() if not set(row.labels) & set(condition.labels)
        }
        asked = set(parent) - not_asked
        made = [row for row in made if row.dimension != name or row.unit_id in asked]
        made += [
            replace(parent[unit], dimension=name, labels=(NOT_ASKED,), votes=())
            for unit in sorted(not_asked)
        ]
    return made
