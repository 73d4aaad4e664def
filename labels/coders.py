"""Coders over time: how steady each is, who drifts, and how often they match the others.

All shares come with intervals that resample articles. They show when to talk with somebody, but are
too coarse to rank people.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..intervals import Estimate, mean_over_groups
from .annotations.annotation import Annotation, current, readings
from .annotations.empty_answers import settle
from .codebook.codebook import Codebook
from .gold.gold import Gold

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
        text = f"{self.coder}, {self.dimension}: the same answer later on {self.same}"
        return f"{text} of {self.n_units} units"


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
        text = f"{self.coder}, {self.dimension}, {self.week}: as others on {self.agreement}"
        return f"{text} of {self.n_units} units"


@dataclass(frozen=True, slots=True)
class Competence:
    """How often a coder gives the answer that holds without their vote."""

    coder: str
    """Who."""
    dimension: str
    """Id of the dimension."""
    accuracy: Estimate
    """Share of answers that are as the adjudicator's, or as most of the other coders'."""
    n_answers: int
    """Answers that could be compared."""


def stability(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    apart: timedelta = timedelta(days=1),
    adjudicators: Collection[str] = (),
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
    adjudicators
        Coders whose answer decides. Decisions are no second reading either.

    Examples
    --------
    >>> from standfirst.labels import Annotation, infer_from_annotations, stability
    >>> rows = [
    ...     Annotation("u1", "ann", "stance", (label,), created=f"2026-03-0{day}T09:00:00Z")
    ...     for day, label in ((2, "for"), (5, "no"))
    ... ]
    >>> [
    ...     (row.coder, row.n_units, row.same.value)
    ...     for row in stability(rows, infer_from_annotations(rows))
    ... ]
    [('ann', 1, 0.0)]
    """
    answers: dict[tuple[str, str, str], list[Annotation]] = {}
    for row in settle(readings(annotations, adjudicators), codebook).annotations:
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
        Stability(coder, dimension, _share(same), len(same))
        for (dimension, coder), same in sorted(cases.items())
        if dimension in order
    ]


def drift(
    annotations: Iterable[Annotation], codebook: Codebook, *, adjudicators: Collection[str] = ()
) -> list[Week]:
    """Follow each coder's agreement with the others, week by week; decisions are left out.

    Examples
    --------
    >>> from standfirst.labels import Annotation, drift, infer_from_annotations
    >>> rows = [
    ...     Annotation(unit, who, "stance", (label,), created=f"2026-03-0{day}T09:00:00Z")
    ...     for day, (unit, label) in enumerate((("u1", "for"), ("u2", "no")), start=2)
    ...     for who in ("ann", "bo")
    ... ]
    >>> [
    ...     (week.coder, week.week, week.n_units)
    ...     for week in drift(rows, infer_from_annotations(rows))
    ... ]
    [('ann', '2026-W10', 2), ('bo', '2026-W10', 2)]
    """
    known = {dimension.id for dimension in codebook.dimensions}
    answers = current(settle(readings(annotations, adjudicators), codebook).annotations)
    rows = [row for row in answers if row.status == "answered" and row.dimension in known]
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
        Week(coder, dimension, week, _share(same), len(same))
        for (dimension, coder, week), same in sorted(cases.items())
    ]


def competence(
    annotations: Iterable[Annotation], gold: Iterable[Gold], *, adjudicators: Collection[str] = ()
) -> list[Competence]:
    """Compare each coder with an answer that they had no part in.

    That is the adjudicated answer where there is one, else what most of the other coders said; a
    unit on which the others are even tells nothing. So nobody is measured by their own vote.

    Parameters
    ----------
    annotations
        All annotations.
    gold
        The resolved answers.
    adjudicators
        Coders whose answer decided; they are not compared. Nor are answers of a round whose name
        begins with ``adjudication``.

    Examples
    --------
    >>> answers = {"ann": "warm", "bo": "cold", "cy": "cold"}
    >>> rows = [Annotation("u", coder, "tone", (label,)) for coder, label in answers.items()]
    >>> [(coder.coder, coder.accuracy.value) for coder in competence(rows, [])][0]
    ('ann', 0.0)
    """
    decided = {
        (row.unit_id, row.dimension): frozenset(row.labels)
        for row in gold
        if row.rule == "adjudicated"
    }
    answers: dict[tuple[str, str], list[Annotation]] = {}
    for row in current(readings(annotations, adjudicators)):
        if row.status == "answered":
            answers.setdefault((row.unit_id, row.dimension), []).append(row)
    cases: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for question, rows in answers.items():
        for row in rows:
            right = decided.get(question)
            if right is None:
                right = _most(
                    [frozenset(other.labels) for other in rows if other.coder != row.coder]
                )
            if right is not None:
                same = float(frozenset(row.labels) == right)
                case = (same, row.article_id or row.unit_id)
                cases.setdefault((row.dimension, row.coder), []).append(case)
    return [
        Competence(coder, dimension, _share(same), len(same))
        for (dimension, coder), same in sorted(cases.items())
    ]


def _most(answers: Sequence[frozenset[str]]) -> frozenset[str] | None:
    """Return the most frequent answer; None where several are even, or nobody answered."""
    ranked = Counter(answers).most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _share(cases: Sequence[tuple[float, str]]) -> Estimate:
    return mean_over_groups([same for same, _ in cases], [article for _, article in cases])


def _time(row: Annotation) -> datetime | None:
    try:
        time = datetime.fromisoformat(row.created)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
