"""The pool: the units that can be drawn, and all that a rule may know about them.

No model is imported here. Scores come in as arrays, so that a rule works with any model, and with
other scorers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Aim", "Pool", "Rule", "Scores"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What models say about the units of a pool, one row a unit, in the order of the pool.

    Examples
    --------
    >>> import numpy as np
    >>> from standfirst.annotate import Scores
    >>> Scores([{"stance": np.array([[0.9, 0.1], [0.5, 0.5]])}]).answers[0]["stance"].shape
    (2, 2)
    """

    answers: Sequence[Mapping[str, Floats]] = ()
    """One mapping a model: dimension to probabilities, shape (n_units, n_labels)."""
    multiple: frozenset[str] = frozenset()
    """The dimensions on which a unit takes any number of labels: rows need not add up to 1."""
    vectors: NDArray[Any] | None = None
    """An encoder's vectors, shape (n_units, dim)."""
    distance: Floats | None = None
    """How far each unit is from the nearest one that was drawn before, shape (n_units,)."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a model's rule looks for, and how hard it leans that way.

    Examples
    --------
    >>> from standfirst.annotate import Aim
    >>> Aim("stance", label=0, mix=0.5).power
    0.5
    """

    dimension: str = ""
    """The dimension whose answers count; all of them, averaged, when empty."""
    label: int | None = None
    """Position of the label that is looked for."""
    power: float = 0.5
    """Probabilities follow the score to this power: 0 ignores it, 0.5 leans, 1 follows."""
    mix: float = 0.2
    """Share of the draw that is simple random, above 0: no unit can be left without a chance."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The units that a rule can draw from, in the order of their ids."""

    unit_ids: Sequence[str]
    """Ids, sorted."""
    strata: Sequence[str]
    """Stratum of each unit; all the same when there are none."""
    scores: Scores = field(default_factory=Scores)
    """What models say about each unit."""
    aim: Aim = field(default_factory=Aim)
    """What a model's rule looks for."""


class Rule(Protocol):
    """A way of drawing units with known probabilities."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float], Sequence[str]]:
        """Return the positions of n units in the pool, their probabilities and their strata."""
