"""The answers of a study as they count, and the gold that is made of them."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import StudyError
from ..files import WAIT, locked
from .contents import codebook_of

if TYPE_CHECKING:
    from ..labels import Annotation, Codebook, Gold
    from ..labels.coders import Competence
    from .folder import StudyFolder

__all__ = ["Coded", "Resolved", "coded_of", "resolve_gold"]


@dataclass(frozen=True, slots=True)
class Coded:
    """What coders answered, checked against the codebook."""

    annotations: "list[Annotation]"
    """The answers, each with what it means."""
    codebook: "Codebook"
    """What was coded."""
    notes: tuple[str, ...]
    """Which answers do not count, and why."""


@dataclass(frozen=True, slots=True, repr=False)
class Resolved:
    """What became of the answers.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst import Annotation, Study
    >>> from standfirst.labels import write_annotations
    >>> with TemporaryDirectory() as folder:
    ...     study = Study.create(Path(folder) / "deals")
    ...     rows = [
    ...         Annotation(unit, who, "position", (label,))
    ...         for unit, who, label in (
    ...             ("u1", "ann", "opposes"),
    ...             ("u1", "bo", "opposes"),
    ...             ("u2", "ann", "opposes"),
    ...             ("u2", "bo", "neither"),
    ...         )
    ...     ]
    ...     write_annotations(study.folder.annotations, rows)
    ...     made = study.resolve()
    >>> print(made)
    stance: nothing; 0 left to adjudication
    position: 1 unanimous; 1 left to adjudication
    speaker: nothing; 0 left to adjudication
    framing: nothing; 0 left to adjudication
      ann, position: .500 [.000, 1.000] of 2 as the adjudicator or the other coders
      bo, position: .500 [.000, 1.000] of 2 as the adjudicator or the other coders
    """

    gold: "list[Gold]"
    """What is resolved."""
    ties: "list[Gold]"
    """What is left to adjudication."""
    coders: "list[Competence]"
    """How often each coder answered as the adjudicator, or as the others."""
    codebook: "Codebook"
    """What was coded."""
    notes: tuple[str, ...]
    """Which answers do not count, and why."""

    def counts(self) -> dict[str, dict[str, int]]:
        """Count by dimension how its answers were resolved; dimensions without any are empty."""
        made: dict[str, dict[str, int]] = {}
        for dimension in self.codebook.dimensions:
            rules = Counter(str(row.rule) for row in self.gold if row.dimension == dimension.id)
            made[dimension.id] = dict(sorted(rules.items()))
        return made

    def lines(self) -> list[str]:
        """Say in lines how the dimensions were resolved, and how each coder answered."""
        tied = Counter(row.dimension for row in self.ties)
        parts = []
        for name, rules in self.counts().items():
            what = ", ".join(f"{n} {how}" for how, n in rules.items()) or "nothing"
            parts.append(f"{name}: {what}; {tied[name]} left to adjudication")
        for one in self.coders:
            what = f"{one.accuracy} of {one.n_answers} as the adjudicator or the other coders"
            parts.append(f"  {one.coder}, {one.dimension}: {what}")
        return parts

    def __repr__(self) -> str:
        return "\n".join([*self.lines(), *(f"note: {note}" for note in self.notes)])


def coded_of(study: "StudyFolder") -> Coded:
    """Read the annotations of a study, and check them.

    Raises
    ------
    StudyError
        Nothing was coded yet.
    RevisionError
        They are of another revision of the codebook.
    """
    from ..labels import check_annotations, check_revision, read_annotations, settle

    path = study.annotations
    if not path.exists():
        raise StudyError(
            study.root, "has no annotations yet", "pull them: standfirst annotate pull"
        )
    book = codebook_of(study)
    rows = read_annotations(path)
    check_annotations(rows, book, str(path))
    check_revision(rows, book, str(path))
    settled = settle(rows, book)
    notes = [
        f"{name}: {n} answers left out, because the condition of the question did not hold"
        for name, n in settled.n_not_asked.items()
    ]
    notes += [
        f"{name}: {n} answers hold a label that stands alone beside others; it was left out"
        for name, n in settled.n_not_alone.items()
    ]
    return Coded(list(settled.annotations), book, tuple(notes))


def resolve_gold(
    study: "StudyFolder",
    *,
    rule: str = "majority",
    adjudicators: Collection[str] = (),
    least: float = 0.0,
) -> Resolved:
    """Resolve the answers of a study, and write them as its gold; see `labels.resolve`.

    Raises
    ------
    StudyError, RevisionError
        As `coded_of`.
    UnknownNameError
        There is no such rule.
    """
    from ..labels import competence, resolve, ties, write_gold

    options: dict[str, Any] = {"rule": rule, "adjudicators": adjudicators, "least": least}
    # No answers may be added between reading them and writing gold.
    with locked(study.annotations.parent, wait=WAIT):
        coded = coded_of(study)
        rows, book = coded.annotations, coded.codebook
        resolved = resolve(rows, book, **options)
        write_gold(study.gold, resolved)
    above = competence(rows, resolved, adjudicators=adjudicators)
    return Resolved(resolved, ties(rows, book, **options), above, book, coded.notes)
