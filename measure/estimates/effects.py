"""Differences and slopes as they are handed out: frozen values with an interval and a test."""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Difference", "Effect", "Trend"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference, slope or coefficient, with its interval."""

    value: float
    """The estimate: of shares, or of log-odds."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""
    error: float
    """Standard error."""
    p: float
    """Of a two-sided test that it is 0."""

    def __str__(self) -> str:
        return f"{self:.3f}"

    def __format__(self, how: str) -> str:
        return f"{self.value:+{how}} [{self.low:+{how}}, {self.high:+{how}}]"


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more often a label holds in one group than in another."""

    dimension: str
    """Id of the dimension."""
    label: str
    """Id of the label."""
    group: str
    """The group."""
    against: str
    """The group that it is compared with."""
    count: float
    """Difference of the shares of tags: off by the model's errors."""
    gold: Effect
    """Difference of the shares by the coded units alone."""
    corrected: Effect
    """Difference of the corrected shares."""
    p_holm: float
    """Its p after Holm, for all comparisons of the dimension together."""

    @property
    def name(self) -> str:
        """What is compared."""
        return f"{self.group} - {self.against}"

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Trend:
    """How much the share of a label rises in a month."""

    dimension: str
    """Id of the dimension."""
    label: str
    """Id of the label."""
    count: Effect | None
    """Slope of the share of tags: off by the model's errors; None where all tags are alike."""
    gold: Effect | None
    """Slope by the coded units alone; None where these are all alike."""
    corrected: Effect
    """Slope of the corrected outcomes."""
    detectable: float
    """The smallest slope that `corrected` would find four times of five."""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return asdict(self)
