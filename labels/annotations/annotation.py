"""Annotations: one coder's answer on one unit and dimension, as JSON Lines that suit git.

An annotation is never overwritten. A later answer of the same coder supersedes the earlier one,
which stays in the file. Later is what has a later time: of two answers with the same time, or none,
neither is known to correct the other, and the one that came first counts. Rows are sorted by unit,
dimension, coder and time, so that two people's work merges line by line, and what nobody touched
does not move.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from ...errors import (
    InputError,
    MissingFileError,
    RevisionError,
    UnknownLabelError,
    UnknownNameError,
)
from ...files import write_jsonl
from ..codebook.codebook import Codebook

__all__ = [
    "ADJUDICATION",
    "MACHINE",
    "Annotation",
    "Status",
    "check_annotations",
    "check_revision",
    "current",
    "is_decision",
    "is_machine",
    "merge_annotations",
    "read_annotations",
    "read_rows",
    "readings",
    "write_annotations",
]

ADJUDICATION = "adjudication"
"""Name of the round of adjudication; every round whose name begins so holds decisions."""

MACHINE = "llm:"
"""How the name of a coder begins that is a language model, as in ``llm:qwen2.5@0d1f5ea2c3b4``."""

Status = Literal["answered", "open", "not asked", "skipped"]
"""What became of a question."""

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One coder's answer on one unit and dimension.

    Examples
    --------
    >>> from standfirst.labels import Annotation
    >>> row = Annotation("u1", "ann@desk.example", "stance", ("against",), article_id="a1")
    >>> row.labels, row.status
    (('against',), 'answered')
    """

    unit_id: str
    """The unit."""
    coder: str
    """Who answered: an e-mail address, or the name that the team uses."""
    dimension: str
    """Id of the dimension."""
    labels: tuple[str, ...]
    """Ids of the labels chosen, in the codebook's order. An answer without labels says that none
    applies."""
    status: Status = "answered"
    """`open`: submitted without an answer on this dimension; `not asked`: its condition did not
    hold; `skipped`: the coder skipped the unit."""
    article_id: str = ""
    """The unit's article; intervals resample articles."""
    created: str = ""
    """ISO time in UTC at which the answer was given; empty when unknown."""
    seconds: float | None = None
    """Time spent on the unit (over all dimensions)."""
    suggestion: Literal["none", "kept", "changed", "ignored"] = "none"
    """Whether the coder was shown a model's answer, and what became of it."""
    round: str = ""
    """The coding round; drawn units of a design carry one."""
    revision: str = ""
    """Revision of the codebook that was in force."""
    source: str = ""
    """Where it came from, such as ``label-studio:3/120/77`` (project, task, annotation)."""
    comment: str = ""
    """What the coder noted on the unit."""
    speaker_name: str = ""
    """Who speaks in the unit, as the coder wrote it down."""


def read_annotations(path: Path) -> list[Annotation]:
    """Read annotations, in the order of the file.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A line is not an annotation; the message names file, line and field.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Annotation, read_annotations, write_annotations
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "annotations.jsonl"
    ...     write_annotations(path, [Annotation("u1", "ann", "tone", ("warm",))])
    ...     [row.labels for row in read_annotations(path)]
    [('warm',)]
    """
    return read_rows(path, Annotation)


def write_annotations(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write annotations, sorted, one JSON object a line, whole or not at all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Annotation, write_annotations
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "annotations.jsonl"
    ...     write_annotations(
    ...         path, [Annotation(unit, "ann", "tone", ("warm",)) for unit in ("u2", "u1")]
    ...     )
    ...     [line[:15] for line in path.read_text().splitlines()]
    ['{"unit_id": "u1', '{"unit_id": "u2']
    """
    write_jsonl(path, (asdict(row) for row in sorted(annotations, key=_sort_key)))


def merge_annotations(old: Iterable[Annotation], new: Iterable[Annotation]) -> list[Annotation]:
    """Merge annotations, without duplicates and without loss.

    An answer is identified by unit, dimension, coder, time, source, labels and status. When it
    comes a second time, the new row replaces the old one, since it may hold more (the article, a
    comment).

    Examples
    --------
    >>> first = Annotation("u1", "ann", "stance", ("against",), created="2026-03-01T09:00:00Z")
    >>> second = Annotation("u1", "ann", "stance", ("favour",), created="2026-03-02T09:00:00Z")
    >>> len(merge_annotations([first], [second, first]))
    2
    """
    merged = {_identity(row): row for row in old}
    merged.update((_identity(row), row) for row in new)
    return sorted(merged.values(), key=_sort_key)


def current(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return the latest answer of each coder on each unit and dimension.

    Examples
    --------
    >>> first = Annotation("u1", "ann", "stance", ("against",), created="2026-03-01T09:00:00Z")
    >>> second = Annotation("u1", "ann", "stance", ("favour",), created="2026-03-02T09:00:00Z")
    >>> [row.labels for row in current([second, first])]
    [('favour',)]
    """
    latest: dict[tuple[str, str, str], Annotation] = {}
    for row in annotations:
        key = (row.unit_id, row.dimension, row.coder)
        if key not in latest or row.created > latest[key].created:
            latest[key] = row
    return sorted(latest.values(), key=_sort_key)


def is_decision(row: Annotation, adjudicators: Collection[str] = ()) -> bool:
    """Return whether an answer is an adjudicator's decision, and not a reading of the unit.

    A machine never decides, whatever the round and whoever names it as adjudicator.

    Examples
    --------
    >>> from standfirst.labels import ADJUDICATION, Annotation, is_decision
    >>> is_decision(Annotation("u1", "ann", "tone", ("cold",), round=ADJUDICATION))
    True
    >>> is_decision(Annotation("u1", "ann", "tone", ("cold",), round="1"))
    False
    """
    decides = row.coder in adjudicators or row.round.startswith(ADJUDICATION)
    return decides and not is_machine(row.coder)


def is_machine(coder: str) -> bool:
    """Return whether a coder is a language model, whose answers are never mixed into people's.

    Examples
    --------
    >>> from standfirst.labels import is_machine
    >>> is_machine("llm:qwen2.5@0d1f5ea2c3b4"), is_machine("ann@example.org")
    (True, False)
    """
    return coder.startswith(MACHINE)


def readings(
    annotations: Iterable[Annotation], adjudicators: Collection[str] = ()
) -> list[Annotation]:
    """Return what people answered by themselves: all but decisions and a machine's answers.

    An adjudicator has seen the others' answers, so a decision is not an independent one; and a
    decision by somebody who had coded the unit must not replace that reading. A language model is
    measured against people and never counted among them. Gold, agreement, adjudication and
    measures of coders all take answers from here.

    Parameters
    ----------
    annotations
        All annotations.
    adjudicators
        Coders whose every answer decides; answers of a round of adjudication do anyway.

    Examples
    --------
    >>> first = Annotation("u1", "ann", "tone", ("warm",), round="1")
    >>> decision = Annotation("u1", "ann", "tone", ("cold",), round=ADJUDICATION)
    >>> [row.round for row in readings([first, decision])]
    ['1']
    """
    return [
        row
        for row in annotations
        if not is_decision(row, adjudicators) and not is_machine(row.coder)
    ]


def check_annotations(
    annotations: Sequence[Annotation], codebook: Codebook, where: str = "annotations"
) -> None:
    """Refuse annotations that the codebook does not allow.

    Raises
    ------
    UnknownNameError
        A dimension is not in the codebook.
    UnknownLabelError
        A label is not in its dimension.
    InputError
        A single-choice dimension has several answers.

    Examples
    --------
    >>> from standfirst.errors import UnknownLabelError
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     check_annotations,
    ...     load_codebook,
    ...     ready_codebooks,
    ... )
    >>> codebook = load_codebook(ready_codebooks()["transfer-deals"])
    >>> try:
    ...     check_annotations([Annotation("u1", "ann", "position", ("suports",))], codebook)
    ... except UnknownLabelError as error:
    ...     print(error)
    annotations: unit u1, coder ann, position: unknown label 'suports'; did you mean 'supports'?
    """
    known = {dimension.id: dimension for dimension in codebook.dimensions}
    for row in annotations:
        answer = f"{where}: unit {row.unit_id}, coder {row.coder}, {row.dimension}"
        dimension = known.get(row.dimension)
        if dimension is None:
            raise UnknownNameError("dimension", row.dimension, list(known))
        for label in row.labels:
            if label not in dimension.label_ids:
                raise UnknownLabelError(label, dimension.label_ids, answer)
        if dimension.choice == "single" and len(row.labels) > 1:
            problem = f"{len(row.labels)} labels ({', '.join(row.labels)}) on a single choice"
            raise InputError(answer, problem, "keep one, or make the dimension multiple choice")


def check_revision(annotations: Iterable[Annotation], codebook: Codebook, where: str) -> None:
    """Refuse answers that were given by another revision of the codebook.

    Answers without a revision pass, and so do those that a later one of the same coder supersedes.

    Raises
    ------
    RevisionError
        An answer was given by another revision.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     check_revision,
    ...     load_codebook,
    ...     ready_codebooks,
    ... )
    >>> codebook = load_codebook(ready_codebooks()["transfer-deals"])
    >>> row = Annotation("u1", "ann", "position", ("supports",), revision=codebook.revision)
    >>> check_revision([row], codebook, "annotations.jsonl") is None
    True
    """
    rows = [row for row in current(annotations) if row.status == "answered"]
    others = Counter(row.revision for row in rows if row.revision not in ("", codebook.revision))
    if others:
        counts = ", ".join(f"{n} of {len(rows)} with {name}" for name, n in sorted(others.items()))
        problem = f"coded by another codebook than revision {codebook.revision}: {counts}"
        remedy = (
            "see what changed with: standfirst labels diff OLD NEW, "
            "and carry the answers over with: standfirst labels migrate OLD NEW --map FILE"
        )
        raise RevisionError(where, problem, remedy)


def read_rows(path: Path, row_type: type[_Row]) -> list[_Row]:
    """Read JSON Lines into dataclasses, checked against their fields.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A line is not such a row.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().splitlines()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise MissingFileError(path) from error
    decoder = msgspec.json.Decoder(row_type)
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            problem = str(error).replace("$.", "").replace("`", "")
            raise InputError(f"{path}:{number}", problem, "correct or remove the line") from error
    return rows


def _sort_key(row: Annotation) -> tuple[str, str, str, str]:
    return (row.unit_id, row.dimension, row.coder, row.created)


def _identity(row: Annotation) -> tuple[str | tuple[str, ...], ...]:
    return (*_sort_key(row), row.source, row.labels, row.status)
