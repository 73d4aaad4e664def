"""Rewriting annotations for a changed codebook, by an explicit mapping and with a log.

Every annotation that changes has one line in the log, with the row as it was and as it became, so
that a migration can be undone (`undo_migration`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from ...errors import RevisionError
from ...files import write_jsonl
from ..annotations.annotation import Annotation, read_rows
from ..annotations.empty_answers import settle
from ..codebook.codebook import Codebook
from .mapping import Rules

__all__ = [
    "LogLine",
    "migrate_annotations",
    "read_log",
    "undo_migration",
    "write_log",
]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One annotation that a migration changed."""

    action: Literal["changed", "dropped", "to recode"]
    """What happened to it."""
    was: Annotation
    """The row before."""
    became: Annotation | None
    """The row after; None when there is none."""
    position: int = 0
    """Where the row stood."""


def migrate_annotations(
    annotations: Sequence[Annotation], old: Codebook, new: Codebook, rules: Mapping[str, Rules]
) -> tuple[list[Annotation], list[LogLine]]:
    """Rewrite annotations for the new codebook.

    Parameters
    ----------
    annotations
        Rows made with the old codebook, or with the new one already, which stay as they are.
    old, new
        The codebooks.
    rules
        From `mapping.parse_mapping`, by old dimension.

    Returns
    -------
    The rows, and one line for every row whose answer changed. Rows that only take on the new
    revision are not in the log.

    Raises
    ------
    RevisionError
        A row was made with a third codebook.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     Codebook,
    ...     Dimension,
    ...     Label,
    ...     migrate_annotations,
    ...     parse_mapping,
    ... )
    >>> old, new = (
    ...     Codebook(
    ...         "b",
    ...         "Tone",
    ...         "1",
    ...         (Dimension("tone", "Which?", (Label(name, name), Label("cold", "Cold"))),),
    ...     )
    ...     for name in ("warm", "kind")
    ... )
    >>> rules = parse_mapping("tone: {rename: {warm: kind}}", old, new, "changes.yaml")
    >>> rows = [Annotation("u1", "ann", "tone", ("warm",), revision=old.revision)]
    >>> after, log = migrate_annotations(rows, old, new, rules)
    >>> after[0].labels, len(log)
    (('kind',), 1)
    """
    rows: list[Annotation] = []
    log: list[LogLine] = []
    empty = _stating_none(annotations, old, new)
    for position, row in enumerate(annotations):
        if row.revision not in ("", old.revision, new.revision):
            raise RevisionError(
                f"unit {row.unit_id}, coder {row.coder}",
                f"coded with revision {row.revision}, not {old.revision}",
                "compare the codebooks first: standfirst labels diff OLD NEW",
            )
        if row.revision == new.revision != old.revision:
            rows.append(row)
            continue
        became = _migrated(row, new, rules.get(row.dimension, Rules()))
        if position in empty and became is not None:
            became = replace(became, status="answered")
        if became is None:
            log.append(LogLine("dropped", row, None, position))
            continue
        rows.append(became)
        if (became.labels, became.status) != (row.labels, row.status):
            action: Literal["changed", "to recode"] = "changed"
            if became.status == "open" != row.status:
                action = "to recode"
            log.append(LogLine(action, row, became, position))
    return rows, log


def undo_migration(
    annotations: Sequence[Annotation], log: Iterable[LogLine], old: Codebook, new: Codebook
) -> list[Annotation]:
    """Restore the rows as they were before a migration, in their old order.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     Annotation,
    ...     Codebook,
    ...     Dimension,
    ...     Label,
    ...     migrate_annotations,
    ...     parse_mapping,
    ...     undo_migration,
    ... )
    >>> old, new = (
    ...     Codebook(
    ...         "b",
    ...         "Tone",
    ...         "1",
    ...         (Dimension("tone", "Which?", (Label(name, name), Label("cold", "Cold"))),),
    ...     )
    ...     for name in ("warm", "kind")
    ... )
    >>> rules = parse_mapping("tone: {rename: {warm: kind}}", old, new, "changes.yaml")
    >>> rows = [Annotation("u1", "ann", "tone", ("warm",), revision=old.revision)]
    >>> undo_migration(*migrate_annotations(rows, old, new, rules), old, new) == rows
    True
    """
    lines = {line.position: line for line in log}
    rest = iter(annotations)
    rows: list[Annotation] = []
    for position in range(len(annotations) + sum(line.became is None for line in lines.values())):
        line = lines.get(position)
        row = None if line and line.became is None else next(rest)
        if line is not None:
            rows.append(line.was)
        elif row is not None:
            back = old.revision if row.revision == new.revision else row.revision
            rows.append(replace(row, revision=back))
    return rows


def write_log(path: Path, log: Iterable[LogLine]) -> None:
    """Write the log, one JSON object a line, whole or not at all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import read_log, write_log
    >>> with TemporaryDirectory() as folder:
    ...     write_log(Path(folder) / "log.jsonl", [])
    ...     read_log(Path(folder) / "log.jsonl")
    []
    """
    write_jsonl(path, (asdict(line) for line in log))


def read_log(path: Path) -> list[LogLine]:
    """Read the log of a migration.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import read_log, write_log
    >>> with TemporaryDirectory() as folder:
    ...     write_log(Path(folder) / "log.jsonl", [])
    ...     read_log(Path(folder) / "log.jsonl")
    []
    """
    return read_rows(path, LogLine)


def _stating_none(annotations: Sequence[Annotation], old: Codebook, new: Codebook) -> set[int]:
    """Return positions of empty answers that meant none by a page without that choice.

    By the new codebook, whose page has it, they would count as left open.
    """
    before = {dimension.id for dimension in old.dimensions if not dimension.none}
    gained = before & {dimension.id for dimension in new.dimensions if dimension.none}
    if not gained:
        return set()
    settled = settle(annotations, old).annotations
    return {
        position
        for position, row in enumerate(settled)
        if row.dimension in gained and row.status == "answered" and not row.labels
    }


def _migrated(row: Annotation, new: Codebook, rule: Rules) -> Annotation | None:
    if rule.drop_dimension:
        return None
    order = new.dimension(row.dimension).label_ids
    if not set(row.labels).isdisjoint(rule.recode):
        return replace(row, labels=(), status="open", revision=new.revision)
    moved = {**rule.rename, **rule.merge}
    labels = {moved.get(label, label) for label in row.labels if label not in rule.drop}
    if row.labels and not labels:
        return None
    kept = tuple(sorted(labels, key=order.index))
    return replace(row, labels=kept, revision=new.revision)
