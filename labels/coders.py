"""Coders over time: is each steady, does anyone drift, and how often are they as the gold has it.

All shares come with intervals that resample articles. They say when to talk with somebody, and are
too coarse to rank people by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .annotation import Annotation, current
from .bootstrap import Estimate, share_of
from .codebook import Codebook
from .gold import Gold

__all__ = ["Competence", "Stability", "Week", "competence", "drift", "stability"]


@dataclass(frozen=True, slots=True)
class Stability:
    """One coder on the same units, later."""

    coder: str
    """Who."""
    dimension: str
    """Id of the dimension."""
    same: Estimate
    """Share of units with the same answer both times."""
    n_units: int
    """Units answered twice."""

    def __str__(self) -> str:
        told = f"{self.coder}, {self.dimension}: the same answer later on {self.same}"
        return f"{told} of {self.n_units} units"


@dataclass(frozen=True, slots=True)
class Week:
    """One coder in one week, against the others on the same units."""

    coder: str
    """Who."""
    dimension: str
    """Id of the dimension."""
    week: str
    """ISO week, such as 2026-W09."""
    agreement: Estimate
    """Share of the other coders' answers that are the same."""
    n_units: int
    """Units of the week that others answered, too."""

    def __str__(self) -> str:
        told = f"{self.coder}, {self.dimension}, {self.week}: as others on {self.agreement}"
        return f"{told} of {self.n_units} units"


@dataclass(frozen=True, slots=True)
class Competence:
    """How often a coder's answer is the gold one."""

    coder: str
    """Who."""
    dimension: str
    """Id of the dimension."""
    accuracy: Estimate
    """Share of answers that are as gold; the coder's own votes helped to make it."""
    n_answers: int
    """Answers on units that others answered, too."""


def stability(
    annotations: Iterable[Annotation], codebook: Codebook, *, apart: timedelta = timedelta(days=1)
) -> list[Stability]:
    """Compare each coder's first answer with their last on the same unit.

    Parameters
    ----------
    annotations
        All annotations, superseded ones included: they are the first answers.
    codebook
        What was coded.
    apart
        Least time between the two; a correction on the same day is no second reading.
    """
    answers: dict[tuple[str, str, str], list[Annotation]] = {}
    for row in annotations:
        if row.status == "answered" and _time(row) is not None:
            answers.setdefault((row.dimension, row.coder, row.unit_id), []).append(row)
    cases: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for (dimension, coder, unit), rows in answers.items():
        rows.sort(key=lambda row: row.created)
        first, last = _time(rows[0]), _time(rows[-1])
        if first is not None and last is not None and last - first >= apart:
            same = float(set(rows[0].labels) == set(rows[-1].labels))
            cases.setdefault((dimension, coder), []).append((same, rows[0].article_id or unit))
    order = [dimension.id for dimension in codebook.dimensions]
    return [
        Stability(coder, dimension, _share(found), len(found))
        for (dimension, coder), found in sorted(cases.items())
        if dimension in order
    ]


def drift(annotations: Iterable[Annotation], codebook: Codebook) -> list[Week]:
    """Follow each coder's agreement with the others, week by week."""
    known = {dimension.id for dimension in codebook.dimensions}
    rows = [r for r in current(annotations) if r.status == "answered" and r.dimension in known]
    by_unit: dict[tuple[str, str], list[Annotation]] = {}
    for row in rows:
        by_unit.setdefault((row.dimension, row.unit_id), []).append(row)
    cases: dict[tuple[str, str, str], list[tuple[float, str]]] = {}
    for row in rows:
        when = _time(row)
        others = [o for o in by_unit[row.dimension, row.unit_id] if o.coder != row.coder]
        if when is None or not others:
            continue
        year, week, _ = when.isocalendar()
        same = sum(set(o.labels) == set(row.labels) for o in others) / len(others)
        key = (row.dimension, row.coder, f"{year}-W{week:02}")
        cases.setdefault(key, []).append((same, row.article_id or row.unit_id))
    return [
        Week(coder, dimension, week, _share(found), len(found))
        for (dimension, coder, week), found in sorted(cases.items())
    ]


def competence(annotations: Iterable[Annotation], gold: Iterable[Gold]) -> list[Competence]:
    """Compare each coder with gold, on units that more than one coder answered.

    Examples
    --------
    >>> rows = [Annotation(f"u{i}", "ann", "tone", ("warm",)) for i in range(4)]
    >>> gold = [Gold(f"u{i}", "tone", ("warm" if i else "cold",), "majority", n_coders=3)
    ...         for i in range(4)]
    >>> competence(rows, gold)[0].accuracy.value
    0.75
    """
    holds = {(g.unit_id, g.dimension): g for g in gold if g.n_coders > 1}
    cases: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for row in current(annotations):
        found = holds.get((row.unit_id, row.dimension))
        if found is None or row.status != "answered":
            continue
        same = float(set(row.labels) == set(found.labels))
        cases.setdefault((row.dimension, row.coder), []).append(
            (same, row.article_id or row.unit_id)
        )
    return [
        Competence(coder, dimension, _share(found), len(found))
        for (dimension, coder), found in sorted(cases.items())
    ]


def _share(cases: Sequence[tuple[float, str]]) -> Estimate:
    return share_of([same for same, _ in cases], [article for _, article in cases])


def _time(row: Annotation) -> datetime | None:
    try:
        found = datetime.fromisoformat(row.created)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
