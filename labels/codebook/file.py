"""Codebook files: YAML is read, checked as a whole, and frozen.

All problems are listed at once, each with file, line, field and remedy, so that an author need not
correct them one at a time. Shapes are checked by pydantic;
what spans several fields (duplicate ids, conflicting hotkeys, circular parents,
conditions on answers that do not exist) is checked after it, and only where the shapes hold.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ...errors import CodebookError, InputError, MissingFileError, hint
from .codebook import NONE, Codebook, Condition, Dimension, Label
from .consistency import check_consistency
from .hotkeys import assign_hotkeys
from .yaml_with_lines import Document, read_yaml

__all__ = ["dump_codebook", "load_codebook", "parse_codebook"]

_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""Characters that show nothing, end a line, or turn the direction of what follows."""

# The ids of a codebook and its dimensions become names of folders, columns and controls; those of
# labels stand in data only, and data that people have hold labels such as "economy/budget".
_Name = Annotated[str, StringConstraints(pattern=r"^\w[\w .:+&()#'?!%-]{0,99}$")]
_Id = Annotated[str, StringConstraints(pattern=rf"^[^\s|,./\\{_CONTROL}][^|,{_CONTROL}]{{0,99}}$")]
_Line = Annotated[
    str,
    StringConstraints(min_length=1, strip_whitespace=True, pattern=rf"^(?:[^{_CONTROL}]|[\t\n])*$"),
]
_Prose = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$")]
_Text = Annotated[_Prose, StringConstraints(min_length=1, strip_whitespace=True)]
_Key = Annotated[str, StringConstraints(pattern=r"^.$")]
_Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]


_NONE_APPLIES = "None of these"

_LARGEST = 4_000_000
"""Bytes that a codebook's file may have."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Label(_Entry):
    id: _Id
    name: _Line | None = None
    definition: _Prose = ""
    include: tuple[_Text, ...] = ()
    exclude: tuple[_Text, ...] = ()
    examples: tuple[_Text, ...] = ()
    counterexamples: tuple[_Text, ...] = ()
    hotkey: _Key | None = None
    parent: _Id | None = None
    colour: _Colour | None = None
    alone: bool = False


class _Condition(_Entry):
    dimension: _Name
    labels: Annotated[tuple[_Id, ...], Field(min_length=1)]


class _Dimension(_Entry):
    id: _Name
    question: _Line
    labels: Annotated[tuple[_Label, ...], Field(min_length=1)]
    choice: Literal["single", "multiple"] = "single"
    required: bool = True
    help: _Prose = ""
    when: _Condition | None = None
    target: _Text | None = None
    scale: Literal["nominal", "ordinal"] = "nominal"
    none: _Line | None = None


class _Codebook(_Entry):
    id: _Name
    title: _Line
    version: _Text
    dimensions: Annotated[tuple[_Dimension, ...], Field(min_length=1)]
    language: _Language = "en"
    unit: Literal["sentence", "window", "paragraph", "article"] = "sentence"
    sources: tuple[_Text, ...] = ()
    speaker_name: bool = False


def load_codebook(path: Path) -> Codebook:
    """Read a codebook's file.

    Raises
    ------
    MissingFileError
        There is no such file.
    CodebookError
        The file has problems; all of them are listed.

    Examples
    --------
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> load_codebook(ready_codebooks()["policy-frames"]).title
    'Fifteen frames of policy news'
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST or not (path.is_file() or path.is_dir()):
            problem = f"is no text file of up to {_LARGEST // 1_000_000} MB"
            raise InputError(path, problem, "name a codebook's YAML file")
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        remedy = "name a codebook's YAML file, or copy one with: standfirst init STUDY"
        raise MissingFileError(path, remedy=remedy) from error
    except UnicodeDecodeError as error:
        raise CodebookError([f"{path}:1: not UTF-8 text; save the file as UTF-8"]) from error
    return parse_codebook(text, str(path))


def parse_codebook(text: str, where: str) -> Codebook:
    r"""Read a codebook from YAML text, check it, and give each label a hotkey.

    Parameters
    ----------
    text
        The YAML text.
    where
        What error messages call it, such as the file's name.

    Raises
    ------
    CodebookError
        The text has problems; all of them are listed, in the order of their lines.

    Examples
    --------
    >>> book = parse_codebook(
    ...     "id: tone\ntitle: Tone\nversion: 1\ndimensions:\n- id: tone\n  question: Which?\n"
    ...     "  labels: [{id: warm}, {id: cold, hotkey: c}]", "-"
    ... )
    >>> [(label.id, label.name, label.hotkey) for label in book.dimensions[0].labels]
    [('warm', 'warm', '1'), ('cold', 'cold', 'c')]
    """
    document = read_yaml(text)
    problems = list(document.problems)
    checked = None
    if isinstance(document.value, dict):
        try:
            checked = _Codebook.model_validate(_dropped_nulls(document.value))
        except ValidationError as error:
            problems += _problems_of(error, document)
    elif not problems:
        problems.append(
            (1, "not a codebook", "start with the fields id, title, version, dimensions")
        )
    if checked is not None:
        codebook = _frozen(checked)
        inconsistent = check_consistency(codebook)
        problems += [
            (document.line(path), f"{_field(path)}: {problem}", remedy)
            for path, problem, remedy in inconsistent
        ]
        if not problems:
            return assign_hotkeys(codebook)
    raise CodebookError(
        [f"{where}:{line}: {problem}; {remedy}" for line, problem, remedy in sorted(problems)]
    )


def dump_codebook(codebook: Codebook) -> str:
    """Write a codebook as YAML that `parse_codebook` reads back as the same codebook.

    Examples
    --------
    >>> from standfirst.labels import (
    ...     dump_codebook,
    ...     load_codebook,
    ...     parse_codebook,
    ...     ready_codebooks,
    ... )
    >>> codebook = load_codebook(ready_codebooks()["stance"])
    >>> parse_codebook(dump_codebook(codebook), "again").revision == codebook.revision
    True
    """
    body = _plain(codebook)
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=96)


def _plain(value: Any) -> Any:
    if isinstance(value, (Codebook, Dimension, Label, Condition)):
        pairs = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
        return {
            name: _plain(part)
            for name, part in pairs
            if part not in (None, (), "") and (name, part) != ("alone", False)
        }
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _dropped_nulls(value: Any) -> Any:
    """Leave out fields without a value: an empty ``help:`` is no help, not a wrong one."""
    if isinstance(value, dict):
        return {key: _dropped_nulls(part) for key, part in value.items() if part is not None}
    return [_dropped_nulls(part) for part in value] if isinstance(value, list) else value


def _frozen(book: _Codebook) -> Codebook:
    return Codebook(
        id=book.id,
        title=book.title,
        version=book.version,
        dimensions=tuple(_frozen_dimension(dimension) for dimension in book.dimensions),
        language=book.language,
        unit=book.unit,
        sources=book.sources,
        speaker_name=book.speaker_name,
    )


def _frozen_dimension(dimension: _Dimension) -> Dimension:
    when = dimension.when
    labels = [
        Label(**{**label.model_dump(), "name": label.name or label.id})
        for label in dimension.labels
    ]
    # All scalars of a codebook are texts, true and false too.
    none = {"true": _NONE_APPLIES, "false": ""}.get(dimension.none or "", dimension.none or "")
    if none and dimension.choice == "single":
        labels.append(Label(NONE, none))
    return Dimension(
        id=dimension.id,
        question=dimension.question,
        labels=tuple(labels),
        choice=dimension.choice,
        required=dimension.required,
        help=dimension.help.strip(),
        when=None if when is None else Condition(when.dimension, when.labels),
        target=dimension.target,
        scale=dimension.scale,
        none=none if dimension.choice == "multiple" else "",
    )


def _problems_of(error: ValidationError, document: Document) -> Iterator[tuple[int, str, str]]:
    for detail in error.errors():
        path = tuple(detail["loc"])
        if detail["type"] == "too_short" and detail["input"]:
            continue  # pydantic counts only the sound items; the others are listed one by one
        problem, remedy = _explain(detail["type"], detail.get("ctx", {}), path, detail["input"])
        yield document.line(path), f"{_field(path)}: {problem}", remedy


_REMEDIES = {
    "id": "use lower-case letters, digits and underscores",
    "name": "remove characters that do not print",
    "question": "remove characters that do not print",
    "title": "remove characters that do not print",
    "hotkey": "use one digit or lower-case letter",
    "colour": 'use six hex digits in quotes, such as "#2f6db3"',
    "language": "use an ISO 639-1 code such as en",
}

_EXPECTED = {
    "tuple_type": "a list",
    "string_type": "a text",
    "model_type": "fields with values",
    "model_attributes_type": "fields with values",
}


def _explain(
    kind: str, context: dict[str, Any], path: tuple[str | int, ...], value: Any
) -> tuple[str, str]:
    name = str(next((part for part in reversed(path) if isinstance(part, str)), ""))
    message = f"{value!r} is not allowed", _REMEDIES.get(name, "correct it")
    if kind == "missing":
        message = "is missing", "add it"
    elif kind == "extra_forbidden":
        message = "is not a field of a codebook", hint(name, _known(path))
    elif kind in _EXPECTED:
        message = f"is {_shape(value)}", f"write {_EXPECTED[kind]}"
    elif kind == "literal_error":
        message = f"{value!r} is not known", f"use {context['expected']}"
    elif kind == "bool_parsing":
        message = f"{value!r} is neither true nor false", "use true or false"
    elif kind in {"too_short", "string_too_short"}:
        message = "is empty", "write at least one"
    return message


def _known(path: tuple[str | int, ...]) -> list[str]:
    around = [str(part) for part in path[:-1] if isinstance(part, str)]
    models: dict[str, type[BaseModel]] = {
        "labels": _Label,
        "dimensions": _Dimension,
        "when": _Condition,
    }
    model = models.get(around[-1], _Codebook) if around else _Codebook
    return list(model.model_fields)


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "a set of fields"
    return "a list" if isinstance(value, list) else f"the text {value!r}"


def _field(path: tuple[str | int, ...]) -> str:
    """Write a path as people do: dimensions[0].labels[2].hotkey."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return re.sub(r"^\.", "", text) or "codebook"
