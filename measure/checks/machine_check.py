"""A check of a language model by people's gold, as it is handed out; see `machine`."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ...intervals import Estimate
from .coder_comparison import DimensionComparison
from .quality import DimensionQuality
from .stability import Stability

__all__ = ["Lean", "MachineCheck", "MachineDimension"]


@dataclass(frozen=True, slots=True)
class Lean:
    """By how much a model gives a label too often, or too rarely."""

    label: str
    """Id of the label."""
    outlet: str
    """The outlet; empty for all units."""
    n_units: int
    """Units with gold."""
    gold: float
    """Share of units to which people gave it."""
    difference: Estimate
    """The model's share less people's."""


@dataclass(frozen=True, slots=True)
class MachineDimension:
    """A model on one dimension."""

    dimension: str
    """Its id."""
    n_unusable: int
    """Units with gold on which its answer is of no use."""
    n_unasked: int
    """Units with gold that it was not asked about."""
    quality: DimensionQuality | None
    """Scores against gold, by label and outlet; None where there is too little gold."""
    constant_f1: float
    """Macro-F1 of the best that gives one answer to every unit."""
    with_people: Estimate
    """Krippendorff's alpha of the model with each person."""
    among_people: Estimate
    """That of people with each other, on the same units."""
    leans: tuple[Lean, ...]
    """By label, over all units and by outlet."""
    test: DimensionComparison | None
    """The alternative annotator test; None where there are too few people."""
    no_test: str
    """Why there is none."""
    stability: tuple[Stability, ...]
    """How often it answered the same when asked again and in other words; empty if it was not."""
    refused: tuple[str, ...]
    """Why it may not be used; empty if it may be a tagger whose shares gold corrects."""

    @property
    def may_tag(self) -> bool:
        """Whether it may be a tagger whose shares gold corrects."""
        return not self.refused

    def lines(self) -> Iterator[str]:
        """Give the figures as lines."""
        if self.may_tag:
            yield f"{self.dimension}: may be used as a tagger, corrected by gold; not alone"
        else:
            yield f"{self.dimension}: may not be used: {'; '.join(self.refused)}"
        if self.quality is None:
            return
        made = self.quality
        yield (
            f"  against blind gold: macro-F1 {made.macro_f1} on {made.n} units of "
            f"{made.n_articles} articles; one answer to everything {Estimate(self.constant_f1)}"
        )
        yield (
            f"  Krippendorff's alpha: with people {self.with_people}, people with each other "
            f"{self.among_people}"
        )
        if self.test is None:
            yield f"  alternative annotator test: not made ({self.no_test})"
        else:
            curve = ", ".join(f"{one.omega:.2f} at {one.epsilon:g}" for one in self.test.omega)
            yield f"  alternative annotator test: omega by epsilon {curve}"
        for steady in self.stability:
            yield f"  {steady}"
        for one in self.leans:
            if not one.outlet or one.difference.excludes_zero:
                where = f" in {one.outlet}" if one.outlet else ""
                yield f"  {one.label}{where}: {100 * one.gold:.1f} % by gold, {_points(one)}"
        for part in made.slices:
            yield f"  {part.by} {part.name}: right on {part.right} of {part.n} units"


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """A model on all dimensions."""

    coder: str
    """Its name."""
    dimensions: tuple[MachineDimension, ...]
    """One for each that was checked."""
    notes: tuple[str, ...] = ()
    """What should be known when it is read."""

    @property
    def may_tag(self) -> bool:
        """Whether it may be a tagger on all dimensions."""
        return all(one.may_tag for one in self.dimensions)

    @property
    def verdict(self) -> str:
        """One sentence."""
        good = ", ".join(one.dimension for one in self.dimensions if one.may_tag)
        bad = ", ".join(one.dimension for one in self.dimensions if not one.may_tag)
        if not bad:
            return f"{self.coder} may be used as a tagger with correction; it may not be used alone"
        if not good:
            return f"{self.coder} may not be used"
        return (
            f"{self.coder} may be used as a tagger with correction on {good}, not alone; it may "
            f"not be used on {bad}"
        )

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        told = {one.dimension: asdict(one) | {"may_tag": one.may_tag} for one in self.dimensions}
        return {
            "coder": self.coder,
            "may_tag": self.may_tag,
            "verdict": self.verdict,
            "dimensions": told,
            "notes": list(self.notes),
        }


def _points(one: Lean) -> str:
    value, low, high = one.difference.value, one.difference.low, one.difference.high
    ends = "" if low is None or high is None else f" [{100 * low:+.1f}, {100 * high:+.1f}]"
    return f"the model {100 * (value or 0):+.1f} points{ends}"
