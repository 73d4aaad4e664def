"""A comparison of a model with coders, as it is handed out; see `coders`."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ...intervals import Estimate
from ..estimates.results import Tidy, columns

__all__ = ["CoderComparison", "CoderRow", "DimensionComparison", "LabelRow", "Omega"]

_FIGURES = (
    "n_units",
    "model_f1",
    "coder_f1",
    "model_advantage",
    "coder_advantage",
    "rho",
    "coder_rho",
)


@dataclass(frozen=True, slots=True)
class Omega:
    """How many coders the model could stand in for, at one epsilon."""

    epsilon: float
    """How much better a coder may be before that counts, between 0 and 1."""
    omega: float
    """Share of coders for whom the model falls short by less than that; 0.5 passes."""


@dataclass(frozen=True, slots=True)
class CoderRow:
    """The model and one coder against the others."""

    coder: str
    """Who."""
    n_units: int
    """Units that two or more others coded, too."""
    model_f1: float
    """Macro-F1 of the model against what most others said."""
    coder_f1: float
    """That of the coder."""
    model_advantage: float
    """Share of units on which the model agrees with the others as often as the coder, or more."""
    coder_advantage: float
    """Share of units on which the coder agrees with them as often as the model, or more."""
    tested: bool
    """Whether there are units enough for the test."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """The model and the coders on whether one label applies."""

    label: str
    """Its id."""
    model_f1: float
    """F1 of the model against what most others said."""
    coder_f1: float
    """That of the coders."""
    difference: Estimate
    """Model less coders, paired on the same units."""
    omega: tuple[Omega, ...]
    """The test on this label alone."""


@dataclass(frozen=True, slots=True)
class DimensionComparison:
    """The model and the coders on one dimension."""

    dimension: str
    """Its id."""
    n_units: int
    """Units that three or more coded."""
    model_f1: float
    """Macro-F1 of the model against what most of the others said, over all coders left out."""
    coder_f1: float
    """That of the coders."""
    difference: Estimate
    """Model less coders, paired on the same units; the interval resamples articles."""
    omega: tuple[Omega, ...]
    """The alternative annotator test over epsilon."""
    rho: float
    """Mean of the coders' `model_advantage`."""
    coder_rho: float
    """Mean of their `coder_advantage`."""
    coders: tuple[CoderRow, ...]
    """By coder."""
    labels: tuple[LabelRow, ...]
    """By label, those that occur."""

    def lines(self) -> list[str]:
        """Give the table, headed by the difference."""
        curve = ", ".join(f"{point.omega:.2f} at {point.epsilon:g}" for point in self.omega)
        n_coders = f"{len(self.coders)} coders, each left out in turn"
        rho = "agrees with the others as often, or more (rho): "
        rho += f"model {self.rho:.3f}, coders {self.coder_rho:.3f}"
        made = [
            f"{self.dimension}: {self.n_units:,} units, {n_coders}",
            f"  macro-F1 against the others: model {self.model_f1:.3f}, coders {self.coder_f1:.3f}",
            f"  difference {_signed(self.difference)}",
            f"  the model could stand in for this share of coders (omega, by epsilon): {curve}",
            f"  {rho}",
        ]
        rows = [["", "units", "model", "coder", "model's rho", "coder's rho"]]
        rows += [
            [
                coder.coder + ("" if coder.tested else " (too few units)"),
                f"{coder.n_units:,}",
                f"{coder.model_f1:.3f}",
                f"{coder.coder_f1:.3f}",
                f"{coder.model_advantage:.3f}",
                f"{coder.coder_advantage:.3f}",
            ]
            for coder in self.coders
        ]
        rows.append(["label", "", "model", "coders", "difference", "omega"])
        for label in self.labels:
            omega = " ".join(f"{point.omega:.2f}" for point in label.omega)
            scores = [f"{label.model_f1:.3f}", f"{label.coder_f1:.3f}"]
            rows.append([label.label, "", *scores, _signed(label.difference), omega])
        return [*made, *columns(rows)]


@dataclass(frozen=True, slots=True, repr=False)
class CoderComparison(Tidy):
    """The model and the coders on all dimensions.

    Examples
    --------
    >>> from standfirst.measure import CoderComparison
    >>> CoderComparison((), notes=("nobody coded the same units",))
    note: nobody coded the same units
    """

    dimensions: tuple[DimensionComparison, ...]
    """One for each dimension that could be compared."""
    notes: tuple[str, ...] = ()
    """What should be known when it is read."""

    def __getitem__(self, dimension: str) -> DimensionComparison:
        return next(compared for compared in self.dimensions if compared.dimension == dimension)

    def __repr__(self) -> str:
        lines = [line for compared in self.dimensions for line in (*compared.lines(), "")]
        return "\n".join([*lines[:-1], *(f"note: {note}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        dimensions = {compared.dimension: asdict(compared) for compared in self.dimensions}
        for figures in dimensions.values():
            del figures["dimension"]
        return {"dimensions": dimensions, "notes": list(self.notes)}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give a tidy table: dimension, what (all, a coder, a label), figure and value."""
        for compared in self.dimensions:
            yield from _figures(compared.dimension, "all", "", compared)
            for coder in compared.coders:
                yield from _figures(compared.dimension, "coder", coder.coder, coder)
            for label in compared.labels:
                yield from _figures(compared.dimension, "label", label.label, label)


def _signed(difference: Estimate) -> str:
    value, low, high = difference.value, difference.low, difference.high
    if value is None:
        return "undefined"
    return f"{value:+.3f}" + ("" if low is None or high is None else f" [{low:+.3f}, {high:+.3f}]")


def _figures(dimension: str, kind: str, name: str, row: Any) -> Iterator[dict[str, Any]]:
    base = {"dimension": dimension, "kind": kind, "name": name}
    for figure in _FIGURES:
        if hasattr(row, figure):
            yield {**base, "figure": figure, "value": float(getattr(row, figure))}
    if hasattr(row, "difference"):
        yield {**base, "figure": "difference", **asdict(row.difference)}
    for point in getattr(row, "omega", ()):
        yield {**base, "figure": f"omega at {point.epsilon:g}", "value": point.omega}
