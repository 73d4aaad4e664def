"""What an answer means: none of the labels applies, not asked, left open, or more than can be.

A submitted unit says more than the labels that were chosen. Where any number of labels may be
chosen and none must be, choosing nothing says that none applies, which is an answer like any other;
unless the page has a choice that says so, which makes choosing nothing no answer.
Where the condition of a question does not hold, it was not asked, and a label that stands there
all the same (an imported file, a condition that was added later) is no answer. Everything else that
is empty was left open.

A label that never stands with another ("other or none") does not count where it does.

Files from before this distinction hold ``open`` for all three; so the meaning is worked out from
the codebook whenever answers are used, and not only when they are imported.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..codebook.codebook import Codebook, Dimension
from .annotation import Annotation, is_decision

__all__ = ["Settled", "settle"]

_Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Settled:
    """Annotations with the meaning of empty answers worked out."""

    annotations: tuple[Annotation, ...]
    """The same rows in the same order, some with another status."""
    n_none: dict[str, int]
    """By dimension, answers that were left open and count as "none applies"."""
    n_not_asked: dict[str, int]
    """By dimension, answers with labels that do not count because the condition did not hold."""
    n_not_alone: dict[str, int]
    """By dimension, answers from which a label was left out that never stands with another."""


def settle(annotations: Iterable[Annotation], codebook: Codebook) -> Settled:
    """Work out what empty answers mean, and which answers were given to a question not asked.

    Decisions of adjudicators are left as they are where they are empty: what an adjudicator leaves
    open stays as the coders answered it.

    Parameters
    ----------
    annotations
        Answers of any units; a condition is looked up among the same coder's answers on the unit.
        Where there is none on the question that it names, it is taken to hold.
    codebook
        What was coded.

    Examples
    --------
    >>> from ..codebook.codebook import Condition, Label
    >>> tone = Dimension("tone", "?", (Label("warm", "Warm"), Label("cold", "Cold")))
    >>> frame = Dimension("frame", "?", (Label("law", "Law"),), "multiple", required=False)
    >>> why = Dimension("why", "?", (Label("a", "A"), Label("b", "B")),
    ...                 when=Condition("tone", ("cold",)))
    >>> rows = [Annotation("u", "ann", "tone", ("warm",)),
    ...         Annotation("u", "ann", "frame", (), status="open"),
    ...         Annotation("u", "ann", "why", ("a",))]
    >>> done = settle(rows, Codebook("b", "t", "1", (tone, frame, why)))
    >>> [row.status for row in done.annotations], done.n_not_asked
    (['answered', 'answered', 'not asked'], {'why': 1})
    """
    rows = list(annotations)
    dimensions = {dimension.id: dimension for dimension in codebook.dimensions}
    units: dict[_Person, list[Annotation]] = {}
    for row in rows:
        if not is_decision(row):
            units.setdefault((row.unit_id, row.coder), []).append(row)
    needs_an_answer = any(d.required and d.when is None for d in codebook.dimensions)
    n_none: dict[str, int] = {}
    n_not_asked: dict[str, int] = {}
    n_not_alone: dict[str, int] = {}
    settled = []
    for row in rows:
        dimension = dimensions.get(row.dimension)
        if dimension is not None and (rest := dimension.compatible(row.labels)) != row.labels:
            n_not_alone[dimension.id] = n_not_alone.get(dimension.id, 0) + 1
            row = replace(row, labels=rest)  # noqa: PLW2901
        if dimension is None or row.status == "skipped" or is_decision(row):
            settled.append(row)
            continue
        unit = units[row.unit_id, row.coder]
        if not _is_asked(dimension, row, unit, dimensions):
            if row.labels:
                n_not_asked[dimension.id] = n_not_asked.get(dimension.id, 0) + 1
            settled.append(replace(row, labels=(), status="not asked"))
        elif (
            row.status == "open"
            and dimension.choice == "multiple"
            and not dimension.required
            and not dimension.none
            and (not needs_an_answer or any(other.labels for other in unit))
        ):
            n_none[dimension.id] = n_none.get(dimension.id, 0) + 1
            settled.append(replace(row, status="answered"))
        else:
            settled.append(row)
    return Settled(tuple(settled), n_none, n_not_asked, n_not_alone)


def _is_asked(
    dimension: Dimension,
    row: Annotation,
    unit: list[Annotation],
    dimensions: dict[str, Dimension],
) -> bool:
    if dimension.when is None:
        return True
    above = [other for other in unit if other.dimension == dimension.when.dimension]
    if not above:
        return True
    # A corrected answer may have opened or closed the question: the one that stood then counts.
    before = [other for other in above if other.created <= row.created] or above[:1]
    latest = before[0]
    for other in before[1:]:
        if other.created > latest.created:
            latest = other
    parent = dimensions.get(latest.dimension)
    if parent is not None and not _is_asked(parent, latest, unit, dimensions):
        return False
    return not set(latest.labels).isdisjoint(dimension.when.labels)
