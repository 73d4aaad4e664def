"""doccano's JSON Lines: one line a unit, its labels as ``dimension:label``.

A project of doccano has one set of labels; the dimension stands before the label, so that one
project asks them all. doccano tells whose labels they are by the name of the file that it exports
(one a coder), and keeps neither times nor that somebody skipped; a line without any label is one
that nobody has worked on.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ...labels import Annotation, Codebook, Dimension, Label, assign_hotkeys
from ...labels.codebook.codebook import NONE
from ..answers.from_label_studio import Read
from ..page.checks import labels_of
from .json_lines import read_lines

__all__ = ["doccano_labels", "doccano_rows", "read_doccano"]

_COLOURS = ("#2f6db3", "#b3552f", "#2f8f5b", "#7a4fa3", "#9a7d0a", "#a3324f", "#3f7f7f")
_DATA = ("unit_id", "article_id", "title", "outlet", "published", "before", "after")


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    unit_id: str
    id: str = "-"
    article_id: str = ""
    codebook: str = ""
    round: str = ""
    label: list[str] | str | None = None
    comments: list[str] = []
    speaker_name: str = ""


def doccano_rows(
    units: Iterable[Mapping[str, Any]],
    codebook: Codebook,
    *,
    annotations: Iterable[Annotation] = (),
    rounds: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Write units as doccano imports them.

    Parameters
    ----------
    units
        Rows of a table of units.
    codebook
        What is to be coded.
    annotations
        Answers of one coder that go along.
    rounds
        Coding round by unit.

    Examples
    --------
    >>> row = Annotation("u1", "ann", "tone", ("warm",))
    >>> book = Codebook("b", "t", "1", (Dimension("tone", "?", ()),))
    >>> [made] = doccano_rows([{"unit_id": "u1", "text": "Hi."}], book, annotations=[row])
    >>> made["text"], made["label"]
    ('Hi.', ['tone:warm'])
    """
    given: dict[str, list[Annotation]] = {}
    for answer in annotations:
        given.setdefault(answer.unit_id, []).append(answer)
    states_none = {dimension.id for dimension in codebook.dimensions if dimension.none}
    for unit in units:
        answers = given.get(unit["unit_id"], [])
        row: dict[str, Any] = {"text": str(unit.get("text") or "")}
        row["label"] = [
            f"{answer.dimension}:{label}"
            for answer in answers
            for label in answer.labels or _none_of(answer, states_none)
        ]
        row |= {name: str(unit.get(name) or "") for name in _DATA}
        row["codebook"] = codebook.revision
        row["round"] = (rounds or {}).get(unit["unit_id"], "")
        if remarks := list(dict.fromkeys(row.comment for row in answers if row.comment)):
            row["Comments"] = remarks
        if speakers := list(dict.fromkeys(row.speaker_name for row in answers if row.speaker_name)):
            row["speaker_name"] = "\n".join(speakers)
        yield row


def doccano_labels(codebook: Codebook) -> list[dict[str, str]]:
    """Return the label types as doccano imports them, with the codebook's hotkeys."""
    return [
        {
            "text": f"{dimension.id}:{label.id}",
            "suffix_key": label.hotkey or "",
            "background_color": label.colour or _COLOURS[number % len(_COLOURS)],
            "text_color": "#ffffff",
        }
        for number, dimension in enumerate(assign_hotkeys(codebook).dimensions)
        for label in (*dimension.labels, *([Label(NONE, dimension.none)] if dimension.none else []))
    ]


def _none_of(answer: Annotation, states_none: Collection[str]) -> list[str]:
    stated = answer.dimension in states_none and answer.status == "answered"
    return [NONE] if stated else []


def read_doccano(
    lines: Iterable[tuple[int, Any]], codebook: Codebook, *, where: str, coder: str
) -> Read:
    """Read the answers that doccano exported as JSONL.

    Parameters
    ----------
    lines
        Numbers of lines, and what they hold. A label may stand without its dimension where only one
        dimension has it.
    codebook
        What was coded.
    where
        The file, as rejects name it.
    coder
        Whose answers they are.

    Returns
    -------
    The annotations in the order of the lines, and what was set aside.
    """

    def parse(raw: Any) -> list[Annotation]:
        return _rows(_Line.model_validate(_folded(raw)), codebook, coder)

    return read_lines(lines, parse, where=where)


def _folded(raw: Any) -> Any:
    # doccano writes "Comments" with a capital; older versions called labels "labels".
    if not isinstance(raw, dict):
        return raw
    known = {"Comments": "comments", "labels": "label", "category": "label"}
    return {known.get(key, key): value for key, value in raw.items()}


def _rows(line: _Line, codebook: Codebook, coder: str) -> list[Annotation]:
    if "label" not in line.model_fields_set:
        raise ValueError("the line has no 'label', as doccano writes it also where nobody answered")
    marks = [line.label] if isinstance(line.label, str) else line.label or []
    if not marks:
        return []
    chosen: dict[str, list[str]] = {}
    for mark in marks:
        owner, label = _split(mark, codebook)
        chosen.setdefault(owner, []).append(label)
    rows = []
    for dimension in codebook.dimensions:
        labels = labels_of({"choices": chosen.get(dimension.id, [])}, dimension)
        status: Literal["answered", "open"] = "open" if labels is None else "answered"
        rows.append(
            Annotation(
                unit_id=line.unit_id,
                coder=coder,
                dimension=dimension.id,
                labels=labels or (),
                status=status,
                article_id=line.article_id,
                round=line.round,
                revision=line.codebook,
                source=f"doccano:{line.id}",
                comment="\n".join(line.comments),
                speaker_name=line.speaker_name,
            )
        )
    return rows


def _split(mark: str, codebook: Codebook) -> tuple[str, str]:
    for dimension in codebook.dimensions:
        if mark.startswith(f"{dimension.id}:"):
            return dimension.id, mark.removeprefix(f"{dimension.id}:")
    owners = [d.id for d in codebook.dimensions if mark in _names(d)]
    if len(owners) == 1:
        return owners[0], mark
    problem = "is in several dimensions" if owners else "is not a label of the codebook"
    raise ValueError(f"{mark!r} {problem}; write it as dimension:label")


def _names(dimension: Dimension) -> set[str]:
    return {*dimension.label_ids, *(label.name for label in dimension.labels)}
