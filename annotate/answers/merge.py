"""Merge answers into the annotations file; what cannot be used is set aside with its reason.

The same answers twice change nothing, to the byte. What an earlier pull has seen and the server no
longer has stays in the file: an annotation is never overwritten and never deleted.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...corpus import keep_rejects
from ...files import WAIT, dump_json, locked
from ...labels import (
    Annotation,
    merge_annotations,
    read_annotations,
    write_annotations,
)
from .from_label_studio import Read
from .identities import Identities, read_identities

__all__ = ["Merged", "merge_answers"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of merging a set of answers.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.annotate import Read, merge_answers
    >>> from standfirst.labels import Annotation
    >>> read = Read([Annotation("u1", "ann", "tone", ("warm",))], n_tasks=1, n_answers=1)
    >>> with TemporaryDirectory() as folder:
    ...     for _ in range(2):
    ...         merged = merge_answers(Path(folder) / "annotations.jsonl", read)
    ...     merged.n_new, merged.n_annotations
    (0, 1)
    """

    n_tasks: int
    """Tasks that were looked at."""
    n_answers: int
    """Answers in them: one coder, one unit, all dimensions."""
    n_skipped: int
    """How many of them were skipped."""
    n_drafts: int
    """Tasks with an answer that is begun and not submitted."""
    n_new: int
    """Annotations that were not in the file before."""
    n_annotations: int
    """Annotations in the file now."""
    n_rejected: int
    """Answers that were set aside this time."""
    n_leaked: int
    """How many of them because a suggestion was shown on a unit to be coded blind."""
    n_exposed: int
    """Tasks of such units on which the server holds a suggestion."""
    coders: tuple[str, ...]
    """Who answered."""
    rejects: Path
    """Where the rejects are."""
    notes: tuple[str, ...] = ()
    """Names that were taken as one person's."""

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for other programs."""
        return asdict(self) | {
            "rejects": str(self.rejects),
            "coders": list(self.coders),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return (
            f"{self.n_answers} answers of {len(self.coders)} coders on {self.n_tasks} tasks "
            f"({self.n_skipped} skipped, {self.n_drafts} drafts): "
            f"{self.n_new} new annotations, {self.n_annotations} in all"
        )


def merge_answers(path: Path, read: Read) -> Merged:
    """Add answers to the annotations file.

    Parameters
    ----------
    path
        The annotations file; the rejects lie beside it in ``rejects.jsonl``.
    read
        What tasks held.

    Raises
    ------
    StudyError
        Another command was writing to the folder for longer than `WAIT`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.annotate import Read, merge_answers
    >>> from standfirst.labels import Annotation
    >>> read = Read([Annotation("u1", "ann", "tone", ("warm",))], n_tasks=1, n_answers=1)
    >>> with TemporaryDirectory() as folder:
    ...     merge_answers(Path(folder) / "annotations.jsonl", read).n_new
    1
    """
    rejects = path.with_name("rejects.jsonl")
    with locked(path.parent, wait=WAIT):
        stored = read_annotations(path) if path.exists() else []
        identities = _known(path.with_name("coders.json"), read)
        old, incoming = identities.apply(stored), identities.apply(read.annotations)
        merged = merge_annotations(old, _settled(old, incoming))
        if merged != stored or not path.exists():
            write_annotations(path, merged)
        keep_rejects(rejects, read.rejects)
    return Merged(
        n_tasks=read.n_tasks,
        n_answers=read.n_answers,
        n_skipped=read.n_skipped,
        n_drafts=read.n_drafts,
        n_new=len(merged) - len(merge_annotations(old, [])),
        n_annotations=len(merged),
        n_rejected=len(read.rejects),
        n_leaked=read.n_leaked,
        n_exposed=read.n_exposed,
        coders=tuple(sorted({row.coder for row in incoming})),
        rejects=rejects,
        notes=(*read.notes, *_joined([*stored, *read.annotations], identities, read.same)),
    )


def _known(path: Path, read: Read) -> Identities:
    identities = read_identities(path)
    before = dump_json([identities.numbers, identities.same])
    identities.learn(read.people, read.same)
    if dump_json([identities.numbers, identities.same]) != before:
        identities.write(path)
    return identities


def _joined(
    rows: Iterable[Annotation], identities: Identities, reported: Collection[str]
) -> list[str]:
    names = {(row.coder, identities.name(row.coder, row.source)) for row in rows}
    return [
        f"{other} is {name}"
        for other, name in sorted(names)
        if other.lower() != name.lower() and other not in reported
    ]


def _settled(old: Iterable[Annotation], new: Iterable[Annotation]) -> Iterable[Annotation]:
    # Label Studio moves `updated_at` also when the answer stays as it was (a flag, a batch action).
    # The time at which this answer was first seen is the one that counts.
    latest: dict[tuple[str, str, str, str], Annotation] = {}
    for row in old:
        key = (row.source, row.unit_id, row.coder, row.dimension)
        if key not in latest or row.created >= latest[key].created:
            latest[key] = row
    for row in new:
        before = latest.get((row.source, row.unit_id, row.coder, row.dimension))
        same = before is not None and (
            (_content(before) == _content(row) and not _is_stated(before, row))
            or (row.status == "not asked" and row.created == before.created)
        )
        yield before if same and before is not None else row


def _is_stated(before: Annotation, row: Annotation) -> bool:
    # What was left open at first, and later answered by the choice that none applies.
    now_none = row.status == "answered" and not row.labels
    return now_none and before.status != "answered" and row.created != before.created


def _content(row: Annotation) -> tuple[object, ...]:
    # Files from before "none applies" was an answer hold `open` for every empty answer.
    status = "answered" if row.labels else "skipped" if row.status == "skipped" else "empty"
    return row.labels, status, row.comment, row.speaker_name
