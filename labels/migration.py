"""Rewriting annotations for a changed codebook: by an explicit mapping, with a log, no guesses.

The mapping is a YAML file. Each old dimension that changed has an entry that says what becomes of
its labels; whatever changed and is not named there is refused, so that nothing is carried over
unseen::

    framing:
      rename: {law: legality}          # another id, the same meaning
      merge: {costs: economy}          # into another label
      drop: [weather]                  # the label is taken out of the answers
      recode: [other]                  # the answer is taken back; the unit must be coded again
      keep: [security]                 # redefined, and old answers still hold
      accept: true                     # asked differently, and old answers still hold
    tone:
      drop_dimension: true

Every annotation that changes has one line in the log, with the row as it was and as it became, so
that a migration can be undone (`undo_migration`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from ..errors import CodebookError, MissingFileError, RevisionError
from ..files import write_jsonl
from .annotation import Annotation, read_rows
from .changes import diff_codebooks
from .codebook import Codebook, Dimension
from .yaml_lines import Document, read_yaml

__all__ = [
    "LogLine",
    "Rules",
    "load_mapping",
    "migrate_annotations",
    "parse_mapping",
    "read_log",
    "undo_migration",
    "write_log",
]

_Id = Annotated[str, StringConstraints(min_length=1)]


class Rules(BaseModel):
    """What becomes of the labels of one dimension."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rename: dict[_Id, _Id] = {}
    merge: dict[_Id, _Id] = {}
    drop: tuple[_Id, ...] = ()
    recode: tuple[_Id, ...] = ()
    keep: tuple[_Id, ...] = ()
    accept: bool = False
    drop_dimension: bool = False


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


def load_mapping(path: Path, old: Codebook, new: Codebook) -> dict[str, Rules]:
    """Read a mapping's file and check it against both codebooks.

    Raises
    ------
    MissingFileError
        There is no such file.
    CodebookError
        The mapping is not complete, or names what is not there; all problems are told.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingFileError(path, remedy="write one; see: standfirst labels diff") from error
    return parse_mapping(text, old, new, str(path))


def parse_mapping(text: str, old: Codebook, new: Codebook, where: str) -> dict[str, Rules]:
    """Read a mapping and check that it says what becomes of everything that changed.

    Raises
    ------
    CodebookError
        The mapping is not complete, or names what is not there; all problems are told.
    """
    document = read_yaml(text)
    problems = [f"{where}:{line}: {said}; {to}" for line, said, to in document.problems]
    if problems:
        raise CodebookError(problems)
    try:
        rules = TypeAdapter(dict[str, Rules]).validate_python(document.value or {})
    except ValidationError as error:
        problems = [_told(e["loc"], e["msg"], document, where) for e in error.errors()]
        raise CodebookError(problems) from error
    known = {dimension.id for dimension in old.dimensions}
    for name in rules:
        if name not in known:
            line = document.line((name,))
            problems.append(
                f"{where}:{line}: {name}: is no dimension of the old codebook; remove it"
            )
    for dimension in old.dimensions:
        rule = rules.get(dimension.id, Rules())
        problems += [
            f"{where}:{document.line((dimension.id,))}: {said}"
            for said in _missing(dimension, rule, old, new)
        ]
    if problems:
        raise CodebookError(problems)
    return rules


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
        From `parse_mapping`, by old dimension.

    Returns
    -------
    The rows, and one line for every row whose answer changed. Rows that only take on the new
    revision are not in the log.

    Raises
    ------
    RevisionError
        A row was made with a third codebook.
    """
    rows: list[Annotation] = []
    log: list[LogLine] = []
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
    """Give back the rows as they were before a migration, in their old order."""
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
    """Write the log, one JSON object a line, whole or not at all."""
    write_jsonl(path, (asdict(line) for line in log))


def read_log(path: Path) -> list[LogLine]:
    """Read the log of a migration."""
    return read_rows(path, LogLine)


def _told(path: tuple[str | int, ...], problem: str, document: Document, where: str) -> str:
    field = ".".join(map(str, path)) or "mapping"
    known = ", ".join(Rules.model_fields)
    return f"{where}:{document.line(path)}: {field}: {problem}; known: {known}"


def _missing(dimension: Dimension, rule: Rules, old: Codebook, new: Codebook) -> list[str]:
    """Say what the rule leaves open or names wrongly."""
    name = dimension.id
    after = next((d for d in new.dimensions if d.id == name), None)
    if after is None:
        remedy = "say drop_dimension: true, or keep the dimension"
        return [] if rule.drop_dimension else [f"{name}: is not in the new codebook; {remedy}"]
    moved = {**rule.rename, **rule.merge}
    named = [*rule.rename, *rule.merge, *rule.drop, *rule.recode, *rule.keep]
    told = [
        f"{name}.{x}: is no label of the old codebook"
        for x in named
        if x not in dimension.label_ids
    ]
    told += [
        f"{name}.{x}: is named twice; keep one" for x in dict.fromkeys(named) if named.count(x) > 1
    ]
    told += [
        f"{name}.{a}: becomes {b!r}, which is not there; known: {', '.join(after.label_ids)}"
        for a, b in moved.items()
        if b not in after.label_ids
    ]
    taken = [b for b in rule.rename.values() if b in dimension.label_ids]
    taken += [
        b for b in moved.values() if b in rule.rename.values() and [*moved.values()].count(b) > 1
    ]
    told += [f"{name}.{b}: two labels would become one; say merge" for b in dict.fromkeys(taken)]
    told += [
        f"{name}.{x}: is not in the new codebook; say rename, merge, drop or recode"
        for x in dimension.label_ids
        if x not in after.label_ids and x not in named
    ]
    told += [
        f"{name}.{x}: cannot be kept, the new codebook lacks it; say rename, merge, drop or recode"
        for x in rule.keep
        if x not in after.label_ids
    ]
    for change in diff_codebooks(old, new):
        if change.dimension != name:
            continue
        if change.kind == "redefined" and change.labels[0] not in named:
            told.append(f"{name}.{change.labels[0]}: was redefined; say keep or recode")
        if change.kind == "asked differently" and not rule.accept:
            told.append(
                f"{name}: is asked differently ({change.what}); say accept: true, or recode"
            )
    if dimension.choice == "multiple" and after.choice == "single":
        told.append(
            f"{name}: answers with several labels fit no single choice; code the dimension anew"
        )
    return told


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
