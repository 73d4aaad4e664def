"""The mapping that says what becomes of old answers when a codebook changes.

It is a YAML file, written by people and checked as a whole. Each old dimension that changed has an
entry that says what becomes of its labels; whatever changed and is not named there is refused, so
that nothing is carried over unseen::

    framing:
      rename: {law: legality}          # another id, the same meaning
      merge: {costs: economy}          # into another label
      drop: [weather]                  # the label is taken out of the answers
      recode: [other]                  # the answer is taken back; the unit must be coded again
      keep: [security]                 # redefined, and old answers still hold
      accept: true                     # asked differently, and old answers still hold
    tone:
      drop_dimension: true
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from ...errors import CodebookError, MissingFileError
from ..codebook.codebook import Codebook, Dimension
from ..codebook.yaml_with_lines import Document, read_yaml
from .diff import diff_codebooks

__all__ = ["Rules", "load_mapping", "parse_mapping"]

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


def load_mapping(path: Path, old: Codebook, new: Codebook) -> dict[str, Rules]:
    """Read a mapping's file and check it against both codebooks.

    Raises
    ------
    MissingFileError
        There is no such file.
    CodebookError
        The mapping is not complete, or names what is not there; all problems are listed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Codebook, Dimension, Label, load_mapping
    >>> old, new = (
    ...     Codebook(
    ...         "b",
    ...         "Tone",
    ...         "1",
    ...         (Dimension("tone", "Which?", (Label(name, name), Label("cold", "Cold"))),),
    ...     )
    ...     for name in ("warm", "kind")
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "changes.yaml"
    ...     _ = path.write_text("tone: {rename: {warm: kind}}")
    ...     load_mapping(path, old, new)["tone"].rename
    {'warm': 'kind'}
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
        The mapping is not complete, or names what is not there; all problems are listed.

    Examples
    --------
    >>> from standfirst.labels import Codebook, Dimension, Label, parse_mapping
    >>> old, new = (
    ...     Codebook(
    ...         "b",
    ...         "Tone",
    ...         "1",
    ...         (Dimension("tone", "Which?", (Label(name, name), Label("cold", "Cold"))),),
    ...     )
    ...     for name in ("warm", "kind")
    ... )
    >>> parse_mapping("tone: {rename: {warm: kind}}", old, new, "changes.yaml")[
    ...     "tone"
    ... ].rename
    {'warm': 'kind'}
    """
    document = read_yaml(text)
    problems = [
        f"{where}:{line}: {problem}; {remedy}" for line, problem, remedy in document.problems
    ]
    if problems:
        raise CodebookError(problems)
    try:
        rules = TypeAdapter(dict[str, Rules]).validate_python(document.value or {})
    except ValidationError as error:
        problems = [_message(e["loc"], e["msg"], document, where) for e in error.errors()]
        raise CodebookError(problems) from error
    known = {dimension.id for dimension in old.dimensions}
    for name in rules:
        if name not in known:
            line = document.line((name,))
            problems.append(
                f"{where}:{line}: {name}: is not a dimension of the old codebook; remove it"
            )
    for dimension in old.dimensions:
        rule = rules.get(dimension.id, Rules())
        problems += [
            f"{where}:{document.line((dimension.id,))}: {problem}"
            for problem in _problems(dimension, rule, old, new)
        ]
    if problems:
        raise CodebookError(problems)
    return rules


def _message(path: tuple[str | int, ...], problem: str, document: Document, where: str) -> str:
    field = ".".join(map(str, path)) or "mapping"
    known = ", ".join(Rules.model_fields)
    return f"{where}:{document.line(path)}: {field}: {problem}; known: {known}"


def _problems(dimension: Dimension, rule: Rules, old: Codebook, new: Codebook) -> list[str]:
    """List what the rule leaves open or names wrongly."""
    name = dimension.id
    after = next((d for d in new.dimensions if d.id == name), None)
    if after is None:
        remedy = "use drop_dimension: true, or keep the dimension"
        return [] if rule.drop_dimension else [f"{name}: is not in the new codebook; {remedy}"]
    moved = {**rule.rename, **rule.merge}
    named = [*rule.rename, *rule.merge, *rule.drop, *rule.recode, *rule.keep]
    problems = [
        f"{name}.{x}: is not a label of the old codebook"
        for x in named
        if x not in dimension.label_ids
    ]
    problems += [
        f"{name}.{x}: is named twice; keep one" for x in dict.fromkeys(named) if named.count(x) > 1
    ]
    problems += [
        f"{name}.{a}: becomes {b!r}, which the new codebook lacks; "
        f"known: {', '.join(after.label_ids)}"
        for a, b in moved.items()
        if b not in after.label_ids
    ]
    taken = [b for b in rule.rename.values() if b in dimension.label_ids]
    taken += [
        b for b in moved.values() if b in rule.rename.values() and [*moved.values()].count(b) > 1
    ]
    problems += [
        f"{name}.{b}: two labels would become one; use merge" for b in dict.fromkeys(taken)
    ]
    problems += [
        f"{name}.{x}: is not in the new codebook; use rename, merge, drop or recode"
        for x in dimension.label_ids
        if x not in after.label_ids and x not in named
    ]
    problems += [
        f"{name}.{x}: cannot be kept, the new codebook lacks it; use rename, merge, drop or recode"
        for x in rule.keep
        if x not in after.label_ids
    ]
    for change in diff_codebooks(old, new):
        if change.dimension != name:
            continue
        if change.kind == "redefined" and change.labels[0] not in named:
            problems.append(f"{name}.{change.labels[0]}: was redefined; use keep or recode")
        if change.kind == "asked differently" and not rule.accept:
            problems.append(
                f"{name}: is asked differently ({change.what}); use accept: true, or recode"
            )
    if dimension.choice == "multiple" and after.choice == "single":
        problems.append(
            f"{name}: answers with several labels do not fit a single choice; "
            "code the dimension again"
        )
    return problems
