"""Annotations in spreadsheets: long CSV in and out, and the wide form that R and SPSS like.

Long: one row an answer, columns ``unit, coder, dimension, label`` and, if known, ``article``,
``created``, ``round``, ``comment``, ``speaker_name`` and ``status``; several labels of one answer
stand as ``a|b``, or on rows of their own when the dimension takes several. An empty label is an
answer, none applies, where the dimension takes several; the status tells the other empty ones
apart (open, not asked, skipped). Wide: one row a unit and dimension, one column a coder. Cells that
a spreadsheet would run as a formula are written with an apostrophe before them, and read back
without it.
"""

import csv
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from ...errors import InputError, UnknownLabelError, UnknownNameError
from ...files import publish
from ...tables import read_strictly
from ..codebook.codebook import Codebook
from ..codebook.starters import infer_codebook
from .annotation import Annotation, Status, current, is_decision, readings

__all__ = ["infer_from_annotations", "read_coded", "write_long", "write_wide"]

_ALIASES = {
    "unit_id": "unit",
    "article_id": "article",
    "annotator": "coder",
    "labels": "label",
    "variable": "dimension",
}
_NEEDED = ("unit", "coder", "dimension", "label")
_FORMULA = ("=", "+", "-", "@")
_LONG = (*_NEEDED, "article", "created", "round", "comment", "speaker_name", "status")
_STATUSES: tuple[Status, ...] = get_args(Status)
_NONE = "(none)"
"""How the wide form writes an answer without labels."""


def read_coded(
    path: Path, *, codebook: Codebook | None = None, created: str = "", source: str = ""
) -> list[Annotation]:
    """Read what a team coded in a spreadsheet.

    Parameters
    ----------
    path
        A CSV or TSV file with a header; commas, semicolons or tabs between the columns.
    codebook
        If given, every dimension and label must be in it, and names of labels are taken for their
        ids.
    created
        Time that rows without one get, in ISO form and UTC.
    source
        Where the rows come from; the file's name if empty.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A column is missing, or a row lacks a unit, coder or dimension.
    UnknownNameError, UnknownLabelError
        A dimension or label is not in the codebook.
    """
    path = Path(path)
    answers: dict[tuple[str, ...], Annotation] = {}
    form = ".tsv" if path.suffix.lower() == ".tsv" else ".csv"
    for line, values in read_strictly(path, form=form):
        cell = {_column(name): _plain(value) for name, value in values.items()}
        for name in _NEEDED:
            if name not in cell:
                remedy = f"name the columns {', '.join(_NEEDED)} in the first line"
                raise InputError(f"{path}:1", f"no column {name!r}", remedy)
        row = _annotation(cell, f"{path}:{line}", codebook, created, source or path.name)
        key: tuple[str, ...] = (row.unit_id, row.coder, row.dimension, row.created)
        if _adds_to(answers.get(key), row, codebook):
            row = _joined(answers[key], row, codebook)
        else:
            key = key if key not in answers else (*key, str(line))
        answers[key] = row
    return list(answers.values())


def infer_from_annotations(annotations: Iterable[Annotation]) -> Codebook:
    """Make a codebook from the answers themselves.

    A dimension is multiple choice if any answer has two labels.

    Examples
    --------
    >>> rows = [Annotation("u1", "ann", "frame", ("cost", "law")),
    ...         Annotation("u2", "ann", "frame", ("law",))]
    >>> infer_from_annotations(rows).dimension("frame").choice
    'multiple'
    """
    columns: dict[str, list[tuple[str, ...]]] = {}
    for row in annotations:
        columns.setdefault(row.dimension, []).append(row.labels)
    multiple = {name for name, answers in columns.items() if any(len(a) > 1 for a in answers)}
    return infer_codebook(columns, multiple, complete=False)


def write_long(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write one row an answer, superseded ones included."""
    rows = (
        {
            "unit": row.unit_id,
            "coder": row.coder,
            "dimension": row.dimension,
            "label": "|".join(row.labels),
            "article": row.article_id,
            "created": row.created,
            "round": row.round,
            "comment": row.comment,
            "speaker_name": row.speaker_name,
            "status": row.status,
        }
        for row in annotations
    )
    _write(path, _LONG, rows)


def write_wide(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write one row a unit and dimension, and one column a coder, with the current answers.

    An empty cell is no answer, and "(none)" the answer that no label applies. What an adjudicator
    decided stands in a column of its own, ``decision``, and the names of speakers in one for each
    coder, where there are any. R: ``irr::kripp.alpha`` wants coders in rows, so transpose the
    columns that begin with ``coder_``.
    """
    given = list(annotations)
    decisions = current(filter(is_decision, given))
    answers = [row for row in current(readings(given)) if row.status == "answered"]
    coders = sorted({row.coder for row in answers})
    table: dict[tuple[str, str], dict[str, str]] = {}
    for row in answers:
        start = {"unit": row.unit_id, "article": row.article_id, "dimension": row.dimension}
        line = table.setdefault((row.dimension, row.unit_id), start)
        line[f"coder_{row.coder}"] = "|".join(row.labels) or _NONE
        if row.speaker_name:
            line[f"speaker_name_{row.coder}"] = row.speaker_name
    for row in sorted(decisions, key=lambda row: row.created):
        if row.status == "answered" and (row.dimension, row.unit_id) in table:
            table[row.dimension, row.unit_id]["decision"] = "|".join(row.labels) or _NONE
    names = ("decision", *(f"speaker_name_{name}" for name in coders))
    last = [name for name in names if any(name in line for line in table.values())]
    columns = ("unit", "article", "dimension", *(f"coder_{name}" for name in coders), *last)
    _write(path, columns, (table[key] for key in sorted(table)))


def _column(name: str) -> str:
    name = name.strip().lower()
    return _ALIASES.get(name, name)


def _annotation(
    cell: Mapping[str, str], where: str, codebook: Codebook | None, created: str, source: str
) -> Annotation:
    for name in ("unit", "coder", "dimension"):
        if not cell.get(name):
            raise InputError(where, f"no {name}", f"fill the column {name!r}")
    given = [part.strip() for part in cell.get("label", "").split("|") if part.strip()]
    labels = tuple(dict.fromkeys(given))
    several = False
    if codebook is not None:
        labels = _known(labels, cell["dimension"], codebook, where)
        several = codebook.dimension(cell["dimension"]).choice == "multiple"
    return Annotation(
        unit_id=cell["unit"],
        coder=cell["coder"],
        dimension=cell["dimension"],
        labels=labels,
        status=_status(cell.get("status", ""), where, answered=bool(labels) or several),
        article_id=cell.get("article", ""),
        created=cell.get("created") or created,
        round=cell.get("round", ""),
        revision=codebook.revision if codebook else "",
        source=source,
        comment=cell.get("comment", ""),
        speaker_name=cell.get("speaker_name", ""),
    )


def _status(cell: str, where: str, *, answered: bool) -> Status:
    if not cell:
        return "answered" if answered else "open"
    status = next((known for known in _STATUSES if known == cell), None)
    if status is None:
        remedy = f"use {', '.join(_STATUSES)}, or leave the cell empty"
        raise InputError(where, f"the status {cell!r} is not known", remedy)
    return status


def _known(
    labels: Collection[str], dimension_id: str, codebook: Codebook, where: str
) -> tuple[str, ...]:
    known = {dimension.id: dimension for dimension in codebook.dimensions}
    if dimension_id not in known:
        raise UnknownNameError(f"dimension ({where})", dimension_id, list(known))
    dimension = known[dimension_id]
    by_name = {label.name: label.id for label in dimension.labels}
    ids = [label if label in dimension.label_ids else by_name.get(label, label) for label in labels]
    for label in ids:
        if label not in dimension.label_ids:
            raise UnknownLabelError(label, dimension.label_ids, where)
    if dimension.choice == "single" and len(ids) > 1:
        raise InputError(
            where, f"{len(ids)} labels on the single choice {dimension_id}", "keep one"
        )
    return tuple(sorted(ids, key=dimension.label_ids.index))


def _adds_to(before: Annotation | None, row: Annotation, codebook: Codebook | None) -> bool:
    """Say whether a row adds a label to the same answer: only where several are declared."""
    if before is None or codebook is None or not row.labels:
        return False
    return codebook.dimension(row.dimension).choice == "multiple"


def _joined(before: Annotation, row: Annotation, codebook: Codebook | None) -> Annotation:
    order = codebook.dimension(row.dimension).label_ids if codebook else ()
    labels = sorted({*before.labels, *row.labels}, key=order.index)
    return replace(before, labels=tuple(labels), status="answered")


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _safe(cell: str) -> str:
    # An apostrophe that was there before a formula is doubled, so that it comes back.
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _write(path: Path, columns: Collection[str], rows: Iterable[Mapping[str, str]]) -> None:
    with publish(path) as aside, aside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(columns), restval="")
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
