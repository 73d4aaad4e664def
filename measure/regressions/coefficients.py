"""Regressions as they are handed out: frozen values that print as a table."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..estimates.effects import Effect
from ..estimates.results import Tidy, columns, p_value

__all__ = ["Coefficient", "Regression"]

_FITS = ("naive", "gold", "corrected")


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient by all fits."""

    name: str
    """Its column: ``outlet[Post]`` for the difference of a group from the first one."""
    naive: Effect | None
    """From tags, as if they were the truth; None where a logit has no solution."""
    gold: Effect | None
    """From the coded units alone, weighted by the design."""
    corrected: Effect
    """From corrected outcomes: the one to use."""
    detectable: float
    """The smallest effect that `corrected` would find four times of five."""


@dataclass(frozen=True, slots=True, repr=False)
class Regression(Tidy):
    """A regression of a label on columns.

    Examples
    --------
    >>> from standfirst.measure import Regression
    >>> Regression("for ~ outlet", "stance", "for", "ols", (), 40, 20, 10, 8).formula
    'for ~ outlet'
    """

    formula: str
    """What is explained, and by what."""
    dimension: str
    """Id of the dimension."""
    label: str
    """Id of the label."""
    model: Literal["ols", "logit"]
    """Whether coefficients are differences of shares or of log-odds."""
    coefficients: tuple[Coefficient, ...]
    """The intercept first."""
    n_units: int
    """Units that have a value in every column."""
    n_gold: int
    """The coded ones among them."""
    n_clusters: int
    """Clusters of the units: articles, joined where they are near-duplicates."""
    n_gold_clusters: int
    """Clusters with coded units."""
    notes: tuple[str, ...] = ()
    """What should be known when it is read."""
    level: float = 0.95
    """Coverage of the intervals."""

    def __getitem__(self, name: str) -> Coefficient:
        return next(coefficient for coefficient in self.coefficients if coefficient.name == name)

    def __repr__(self) -> str:
        unit = "log-odds" if self.model == "logit" else "share"
        head = (
            f"{self.formula} ({unit} of {self.dimension}={self.label}): {self.n_units:,} units in "
            f"{self.n_clusters:,} clusters, {self.n_gold:,} coded in {self.n_gold_clusters:,}"
        )
        rows = [["", "tags", "gold only", "corrected", "p", "detectable"]]
        for coefficient in self.coefficients:
            fits = (
                "-" if fit is None else str(fit) for fit in (coefficient.naive, coefficient.gold)
            )
            detectable = (
                "" if coefficient.name == "(intercept)" else f"{coefficient.detectable:.3f}"
            )
            rows.append(
                [
                    coefficient.name,
                    *fits,
                    str(coefficient.corrected),
                    p_value(coefficient.corrected.p),
                    detectable,
                ]
            )
        return "\n".join([head, *columns(rows), *(f"note: {note}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        made = asdict(self)
        made["coefficients"] = {row.pop("name"): row for row in made["coefficients"]}
        made["notes"] = list(self.notes)
        return made

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give a tidy table: one row for each coefficient and fit."""
        for coefficient in self.coefficients:
            for name in _FITS:
                fit: Effect | None = getattr(coefficient, name)
                numbers = dict.fromkeys(("value", "low", "high", "error", "p"))
                yield {
                    "coefficient": coefficient.name,
                    "fit": name,
                    **(numbers if fit is None else asdict(fit)),
                    "detectable": coefficient.detectable if name == "corrected" else None,
                }
