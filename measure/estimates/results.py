"""Shares as they are handed out: frozen values that print as a table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...look.plots import Mark, Row, dots
from .effects import Difference, Effect, Trend

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ESTIMATORS",
    "NAMES",
    "Cell",
    "DimensionShares",
    "Estimate",
    "LabelShares",
    "Shares",
    "Tidy",
    "columns",
    "p_value",
]

ESTIMATORS = ("count", "gold", "predictive", "corrected", "rogan_gladen")
"""The estimators, in the order in which they are told; `corrected` is the one to use."""


NAMES = {
    "count": "count of tags",
    "gold": "people's answers alone",
    "predictive": "by predictive values",
    "corrected": "corrected",
    "rogan_gladen": "Rogan-Gladen",
}
"""What the estimators are called in figures."""


class Tidy:
    """A result with a tidy table, which notebooks show."""

    __slots__ = ()

    def rows(self) -> Iterable[dict[str, Any]]:
        """Give the tidy table, row by row."""
        raise NotImplementedError

    def to_pandas(self) -> "pd.DataFrame":
        """Give the tidy table as a data frame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows()))

    def _repr_html_(self) -> str:
        made: str = self.to_pandas().to_html(index=False, float_format="{:.3f}".format)
        return made


def columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Give rows as lines, with their cells below each other."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(indent + "  ".join(cells).rstrip())
    return lines


def p_value(p: float) -> str:
    """Give a p-value as it is printed.

    Examples
    --------
    >>> p_value(0.0004), p_value(0.0213)
    ('<.001', '0.021')
    """
    return "<.001" if p < 0.001 else f"{p:.3f}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, and its interval where it has one."""

    share: float
    """Between 0 and 1."""
    low: float | None = None
    """Lower end of the interval."""
    high: float | None = None
    """Upper end of the interval."""

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.share:.1%}"
        return f"{self.share:.1%} [{self.low:.1%}, {self.high:.1%}]"

    def as_json(self) -> dict[str, float]:
        """Give it as JSON values."""
        given = {"share": self.share, "low": self.low, "high": self.high}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LabelShares:
    """The share of one label by all estimators; None where one cannot be made."""

    label: str
    """Id of the label."""
    count: Estimate
    """Share of the tags: off by the model's errors, and without an interval."""
    gold: Estimate | None = None
    """From the coded units alone, weighted by the design."""
    predictive: Estimate | None = None
    """By how often each tag turned out to be which label."""
    corrected: Estimate | None = None
    """From the model's probabilities, corrected by the gold."""
    rogan_gladen: Estimate | None = None
    """By sensitivity and specificity."""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        made = {name: getattr(self, name) for name in ESTIMATORS}
        return {
            name: None if estimate is None else estimate.as_json()
            for name, estimate in made.items()
        }


@dataclass(frozen=True, slots=True)
class DimensionShares:
    """The shares of a dimension's labels, in all units or in a cell."""

    dimension: str
    """Id of the dimension."""
    n_units: int
    """Tagged units."""
    n_gold: int
    """Coded units that the estimates rest on."""
    labels: tuple[LabelShares, ...]
    """The labels, in the codebook's order."""
    worth: float | None = None
    """Number of coded units without a model that would tell as much; None where unknown."""
    lam: float | None = None
    """How far the model was trusted, from 0 to 1."""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "n_units": self.n_units,
            "n_gold": self.n_gold,
            "worth": self.worth,
            "lambda": self.lam,
            "labels": {label.label: label.as_json() for label in self.labels},
        }

    def drawn(self, name_of: Callable[[str], str] = str) -> list[Row]:
        """Give the rows of a dot plot, a mark for each estimator but Rogan-Gladen.

        Parameters
        ----------
        name_of
            Gives the name of a label by its id.
        """
        rows = []
        for label in self.labels:
            marks = []
            for name in ESTIMATORS[:-1]:
                made: Estimate | None = getattr(label, name)
                if made is not None:
                    hint = f"{NAMES[name]}: {made}; {self.n_gold:,} coded of {self.n_units:,}"
                    marks.append(Mark(name, made.share, made.low, made.high, hint))
            rows.append(Row(name_of(label.label), tuple(marks)))
        return rows

    def lines(self) -> list[str]:
        """Give the table, headed by what it rests on."""
        head = f"{self.dimension}: {self.n_units:,} units, {self.n_gold:,} coded"
        if self.worth is not None:
            head += f"; your {self.n_gold:,} labels count as {self.worth:,.0f}"
        rows = [["", "count", "gold only", "predictive", "corrected", "Rogan-Gladen"]]
        for label in self.labels:
            cells = (getattr(label, name) for name in ESTIMATORS)
            rows.append([label.label, *("-" if cell is None else str(cell) for cell in cells)])
        return [head, *columns(rows)]


@dataclass(frozen=True, slots=True)
class Cell:
    """The shares within one group of units."""

    name: str
    """Values of what units are grouped by, joined by ``|``."""
    dimensions: tuple[DimensionShares, ...]
    """One for each dimension."""


@dataclass(frozen=True, slots=True, repr=False)
class Shares(Tidy):
    """The shares of all labels of all dimensions, side by side by all estimators.

    Examples
    --------
    >>> from standfirst.measure import Shares
    >>> Shares(
    ...     (), notes=("the test part lies in 9 clusters only and is left out",)
    ... ).as_json()["notes"]
    ['the test part lies in 9 clusters only and is left out']
    """

    dimensions: tuple[DimensionShares, ...]
    """One for each dimension."""
    groups: tuple[Cell, ...] = ()
    """The same within groups of units, where they were asked for."""
    differences: tuple[Difference, ...] = ()
    """Between groups, where they were asked for."""
    trends: tuple[Trend, ...] = ()
    """By month, where they were asked for."""
    notes: tuple[str, ...] = ()
    """What should be known when the shares are read."""
    level: float = 0.95
    """Coverage of the intervals."""

    def __getitem__(self, dimension: str) -> DimensionShares:
        return next(shares for shares in self.dimensions if shares.dimension == dimension)

    def __repr__(self) -> str:
        lines = [line for shares in self.dimensions for line in (*shares.lines(), "")]
        for cell in self.groups:
            lines += [f"[{cell.name}]"]
            lines += [line for shares in cell.dimensions for line in (*shares.lines(), "")]
        lines += [*self._of_differences(), *self._of_trends()]
        return "\n".join([*lines[:-1], *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        pictures = (
            dots(shares.drawn(), f"Shares of {shares.dimension}") for shares in self.dimensions
        )
        return "".join(pictures) + Tidy._repr_html_(self)

    def _of_differences(self) -> list[str]:
        if not self.differences:
            return []
        rows = [["", "", "count", "gold only", "corrected", "p", "p (Holm)"]]
        for gap in self.differences:
            fits = (f"{gap.count:+.3f}", str(gap.gold), str(gap.corrected))
            rows.append([gap.label, gap.name, *fits, p_value(gap.corrected.p), p_value(gap.p_holm)])
        return ["differences between groups", *columns(rows), ""]

    def _of_trends(self) -> list[str]:
        if not self.trends:
            return []
        rows = [["", "count", "gold only", "corrected", "p", "detectable"]]
        for trend in self.trends:
            fits = (
                "-" if fit is None else f"{fit:.4f}"
                for fit in (trend.count, trend.gold, trend.corrected)
            )
            rows.append([trend.label, *fits, p_value(trend.corrected.p), f"{trend.detectable:.4f}"])
        return ["rise of the share in a month", *columns(rows), ""]

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        made: dict[str, Any] = {
            "dimensions": {shares.dimension: shares.as_json() for shares in self.dimensions}
        }
        if self.groups:
            made["groups"] = {
                cell.name: {
                    "dimensions": {shares.dimension: shares.as_json() for shares in cell.dimensions}
                }
                for cell in self.groups
            }
        if self.differences:
            made["differences"] = [gap.as_json() for gap in self.differences]
        if self.trends:
            made["trends"] = [trend.as_json() for trend in self.trends]
        return {**made, "level": self.level, "notes": list(self.notes)}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give a tidy table: one row for each group, dimension, label and estimator.

        The whole corpus has an empty group. Differences and trends follow, where there are some.
        """
        cells = [Cell("", self.dimensions), *self.groups]
        for cell in cells:
            for shares in cell.dimensions:
                for label in shares.labels:
                    for name in ESTIMATORS:
                        made: Estimate | None = getattr(label, name)
                        yield {
                            "kind": "share",
                            "group": cell.name,
                            "dimension": shares.dimension,
                            "label": label.label,
                            "estimator": name,
                            "share": None if made is None else made.share,
                            "low": None if made is None else made.low,
                            "high": None if made is None else made.high,
                            "n_units": shares.n_units,
                            "n_gold": shares.n_gold,
                            "worth": shares.worth,
                            "p": None,
                            "p_holm": None,
                        }
        for gap in self.differences:
            known = {"kind": "difference", "group": gap.name}
            yield {**known, **_row(gap, "count", gap.count)}
            yield {**known, **_row(gap, "gold", gap.gold)}
            yield {**known, **_row(gap, "corrected", gap.corrected), "p_holm": gap.p_holm}
        for trend in self.trends:
            for name in ("count", "gold", "corrected"):
                slope: Effect | None = getattr(trend, name)
                if slope is not None:
                    yield {"kind": "trend", "group": "by month", **_row(trend, name, slope)}


def _row(measured: Difference | Trend, estimator: str, made: Effect | float) -> dict[str, Any]:
    """Give what a row of the tidy table says of a difference or trend."""
    effect = made if isinstance(made, Effect) else None
    return {
        "dimension": measured.dimension,
        "label": measured.label,
        "estimator": estimator,
        "share": made.value if isinstance(made, Effect) else made,
        "low": effect and effect.low,
        "high": effect and effect.high,
        "n_units": None,
        "n_gold": None,
        "worth": None,
        "p": effect and effect.p,
        "p_holm": None,
    }
