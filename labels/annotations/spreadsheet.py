"""Annotations in spreadsheets: long CSV in and out, and the wide form for R and SPSS.

Long: one row an answer, columns ``unit, coder, dimension, label`` and, if known, ``article``,
``created``, ``round``, ``comment``, ``speaker_name`` and ``status``; several labels of one answer
stand as ``a|b``, or on rows of their own when the dimension takes several. Cells of labels mean
what `tables.answers` says; where they are empty, the status tells open, not asked and skipped from
the answer that none applies. Wide: one row a unit and dimension, one column a coder. Both are read
back. Cells that a spreadsheet would run as a formula are written with an apostrophe before them,
and read back without it.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from ...errors import InputError, UnknownLabelError, UnknownNameError
from ...files import publish
from ...tables import read_strictly, warn
from ...tables.answers import (
    FORMULA,
    MISSING,
    AnswerCells,
    Cell,
    join_labels,
    near_equal,
    spelled_alike,
    without_apostrophe,
)
from ..codebook.codebook import NONE, Codebook, Dimension
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
_LONG = (*_NEEDED, "article", "created", "round", "comment", "speaker_name", "status")
_STATUSES: tuple[Status, ...] = get_args(Status)
_NONE = "(none)"
"""How the wide form writes an answer without labels."""
_CODER, _SPEAKER = "coder_", "speaker_name_"
"""How columns of the wide form begin, before the name of a coder."""


def read_coded(
    path: Path,
    *,
    codebook: Codebook | None = None,
    created: str = "",
    source: str = "",
    missing: Collection[str] = MISSING,
) -> list[Annotation]:
    r"""Read what a team coded in a spreadsheet.

    Parameters
    ----------
    path
        A CSV or TSV file with a header, long or wide; commas, semicolons or tabs between the
        columns. What an adjudicator decided is not read from the wide form, which does not say who
        they were.
    codebook
        If given, every dimension and label must be in it, and names of labels are taken for their
        ids.
    created
        Time that rows without one get, in ISO form and UTC.
    source
        Where the rows come from; the file's name if empty.
    missing
        Spellings of no answer; what was taken so is logged.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A column is missing, a row lacks a unit, coder or dimension, or a coder has two answers on a
        unit where one label is to be chosen.
    UnknownNameError, UnknownLabelError
        A dimension or label is not in the codebook.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import read_coded
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "coded.csv"
    ...     _ = path.write_text("unit,coder,dimension,label\nu1,ann,frames,law|cost\n")
    ...     [row.labels for row in read_coded(path)]
    [('law', 'cost')]
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in ("", ".csv", ".tsv", ".txt") and path.is_file():
        remedy = (
            "use CSV or TSV; an export of a labelling tool goes into a study by annotate import"
        )
        raise InputError(path, f"unknown format {suffix!r}", remedy)
    form = ".tsv" if suffix == ".tsv" else ".csv"
    known = {} if codebook is None else _spellings(codebook)
    reader = AnswerCells(missing, known)
    rows: list[tuple[str, dict[str, str], Cell]] = []
    for line, raw in _long_rows(read_strictly(path, form=form, report=warn(path)), path):
        cell = {name: without_apostrophe(value) for name, value in raw.items()}
        where = f"{path}:{line}"
        for name in ("unit", "coder", "dimension"):
            if not cell[name] or reader.is_missing(cell[name], name):
                raise InputError(where, f"no {name}", f"fill the column {name!r}")
        try:
            rows.append((where, cell, reader.read(raw["label"], _labels_of(cell["dimension"]))))
        except ValueError as error:
            raise InputError(where, str(error), "write a name, or a|b") from error
    spelling, multiple, messages = _columns(rows, codebook)
    answers: dict[tuple[str, ...], Annotation] = {}
    n_joined = 0
    for where, cell, given in rows:
        name = cell["dimension"]
        spelled = (spelling[name].get(label, label) for label in given.labels)
        row = Annotation(
            unit_id=cell["unit"],
            coder=cell["coder"],
            dimension=name,
            labels=_known(tuple(dict.fromkeys(spelled)), name, codebook, where),
            status=_status(cell.get("status", ""), given, where, multiple=name in multiple),
            article_id=cell.get("article", ""),
            created=cell.get("created") or created,
            round=cell.get("round", ""),
            revision=codebook.revision if codebook else "",
            source=source or path.name,
            comment=cell.get("comment", ""),
            speaker_name=cell.get("speaker_name", ""),
        )
        key = (row.unit_id, row.coder, row.dimension, row.created)
        before = answers.get(key, row)
        if (before.labels, before.status) != (row.labels, row.status):
            if name not in multiple:
                problem = f"a second answer of {row.coder} to {name} on {row.unit_id}"
                raise InputError(where, problem, "write several labels in one row, as a|b")
            row = _joined(before, row, codebook)
            n_joined += 1
        answers[key] = row
    if n_joined:
        messages.append(f"{n_joined} rows add labels to the answer of a row before them")
    for message in (*reader.messages(), *messages):
        warn(path)(message)
    return list(answers.values())


def _long_rows(
    table: Iterable[tuple[int, dict[str, str]]], path: Path
) -> Iterator[tuple[int, dict[str, str]]]:
    """Give a row an answer, by names of columns that are known."""
    coders: dict[str, str] | None = None
    for line, values in table:
        if coders is None:
            columns = [_column(name) for name in values]
            coders = _coders_in(values) if not {"coder", "label"} & {*columns} else {}
            _check_header([*columns, *(("coder", "label") if coders else ())], path)
            if coders and "decision" in columns:
                warn(path)("the column decision is left out: it does not say who decided")
        row = {_column(name): value.strip() for name, value in values.items()}
        if not coders:
            yield line, row
        for column, coder in coders.items():
            # An empty cell of the wide form is no answer, whatever the dimension takes.
            if label := values[column].strip():
                speaker = values.get(f"{_SPEAKER}{coder}", "").strip()
                given = {"coder": coder, "label": "[]" if label == _NONE else label}
                yield line, row | given | {"speaker_name": speaker}


def _coders_in(columns: Iterable[str]) -> dict[str, str]:
    """Give the columns of the wide form, and whose they are."""
    names = ((column, column.strip()) for column in columns)
    return {
        column: name[len(_CODER) :]
        for column, name in names
        if name.lower().startswith(_CODER) and len(name) > len(_CODER)
    }


def infer_from_annotations(annotations: Iterable[Annotation]) -> Codebook:
    """Make a codebook from the answers themselves.

    A dimension is multiple choice if any answer has two labels, or says that none applies.

    Examples
    --------
    >>> rows = [Annotation("u1", "ann", "frame", ("cost", "law")),
    ...         Annotation("u2", "ann", "frame", ("law",))]
    >>> infer_from_annotations(rows).dimension("frame").choice
    'multiple'
    """
    columns: dict[str, list[tuple[str, ...]]] = {}
    multiple: set[str] = set()
    for row in annotations:
        columns.setdefault(row.dimension, []).append(row.labels)
        if len(row.labels) > 1 or (row.status == "answered" and not row.labels):
            multiple.add(row.dimension)
    return infer_codebook(columns, multiple, complete=False)


def write_long(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write one row an answer, superseded ones included.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Annotation, read_coded, write_long
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "long.csv"
    ...     write_long(path, [Annotation("u1", "ann", "tone", ("warm",))])
    ...     [row.labels for row in read_coded(path)]
    [('warm',)]
    """
    rows = (
        {
            "unit": row.unit_id,
            "coder": row.coder,
            "dimension": row.dimension,
            "label": join_labels(row.labels),
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

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Annotation, write_wide
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "wide.csv"
    ...     write_wide(
    ...         path, [Annotation("u1", who, "tone", ("warm",)) for who in ("ann", "bo")]
    ...     )
    ...     print(path.read_text(encoding="utf-8-sig").strip())
    unit,article,dimension,coder_ann,coder_bo
    u1,,tone,warm,warm
    """
    given = list(annotations)
    decisions = current(filter(is_decision, given))
    answers = [row for row in current(readings(given)) if row.status == "answered"]
    coders = sorted({row.coder for row in answers})
    table: dict[tuple[str, str], dict[str, str]] = {}
    for row in answers:
        start = {"unit": row.unit_id, "article": row.article_id, "dimension": row.dimension}
        line = table.setdefault((row.dimension, row.unit_id), start)
        line[f"{_CODER}{row.coder}"] = join_labels(row.labels) or _NONE
        if row.speaker_name:
            line[f"{_SPEAKER}{row.coder}"] = row.speaker_name
    for row in sorted(decisions, key=lambda row: row.created):
        if row.status == "answered" and (row.dimension, row.unit_id) in table:
            table[row.dimension, row.unit_id]["decision"] = join_labels(row.labels) or _NONE
    names = ("decision", *(f"{_SPEAKER}{name}" for name in coders))
    last = [name for name in names if any(name in line for line in table.values())]
    columns = ("unit", "article", "dimension", *(f"{_CODER}{name}" for name in coders), *last)
    _write(path, columns, (table[key] for key in sorted(table)))


def _column(name: str) -> str:
    name = name.strip().lower()
    return _ALIASES.get(name, name)


def _check_header(columns: Sequence[str], path: Path) -> None:
    for name in _NEEDED:
        if columns.count(name) != 1:
            count = columns.count(name)
            problem = f"{count} columns stand for {name!r}" if count else f"no column {name!r}"
            remedy = (
                f"name the columns {', '.join(_NEEDED)} in the first line, or unit, dimension "
                f"and one column a coder, {_CODER}NAME"
            )
            raise InputError(f"{path}:1", problem, remedy)


def _labels_of(dimension: str) -> str:
    return f"label ({dimension})"


def _spellings(codebook: Codebook) -> dict[str, frozenset[str]]:
    return {
        _labels_of(dimension.id): frozenset(
            (
                *dimension.label_ids,
                *(label.name for label in dimension.labels),
                *_none_of(dimension),
            )
        )
        for dimension in codebook.dimensions
    }


def _none_of(dimension: Dimension) -> tuple[str, ...]:
    """Return how a cell may state that none of several labels applies, besides ``[]``."""
    return (NONE, dimension.none) if dimension.none else ()


def _columns(
    rows: Sequence[tuple[str, Mapping[str, str], Cell]], codebook: Codebook | None
) -> tuple[dict[str, dict[str, str]], set[str], list[str]]:
    """Work out spellings of each dimension, and whether it takes several labels."""
    counts: dict[str, Counter[str]] = {}
    multiple: set[str] = set()
    messages: list[str] = []
    for _, cell, given in rows:
        counts.setdefault(cell["dimension"], Counter()).update(given.labels)
        if codebook is None and given.kind == "several":
            multiple.add(cell["dimension"])
    known: dict[str, tuple[str, ...]] = {}
    if codebook is not None:
        known = {dimension.id: dimension.label_ids for dimension in codebook.dimensions}
        multiple = {d.id for d in codebook.dimensions if d.choice == "multiple"}
    spelling = {name: spelled_alike(labels, known.get(name, ())) for name, labels in counts.items()}
    for name, labels in counts.items():
        messages += [] if codebook else near_equal(labels, _labels_of(name))
        messages += [
            f"{name}: {label!r} ({labels[label]}) read as {other!r}"
            for label, other in spelling[name].items()
        ]
    empty = Counter(cell["dimension"] for _, cell, given in rows if given.kind == "empty")
    messages += [
        f"{n} empty cells of {_labels_of(name)} taken as no answer; where they mean that none of "
        "several labels applies, write [] there, or name a codebook"
        for name, n in sorted(empty.items())
        if name not in multiple and codebook is None
    ]
    return spelling, multiple, messages


def _status(written: str, cell: Cell, where: str, *, multiple: bool) -> Status:
    if not written:
        if cell.kind == "missing":
            return "skipped"
        # An empty cell of a row that a coder wrote says that none of several labels applies.
        return "open" if cell.kind == "empty" and not multiple else "answered"
    status = next((known for known in _STATUSES if known == written), None)
    if status is None:
        remedy = f"use {', '.join(_STATUSES)}, or leave the cell empty"
        raise InputError(where, f"the status {written!r} is not known", remedy)
    return status


def _known(
    labels: tuple[str, ...], dimension_id: str, codebook: Codebook | None, where: str
) -> tuple[str, ...]:
    if codebook is None:
        return labels
    known = {dimension.id: dimension for dimension in codebook.dimensions}
    if dimension_id not in known:
        raise UnknownNameError(f"dimension ({where})", dimension_id, list(known))
    dimension = known[dimension_id]
    if len(labels) == 1 and labels[0] in _none_of(dimension):
        return ()
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


def _joined(before: Annotation, row: Annotation, codebook: Codebook | None) -> Annotation:
    labels = dict.fromkeys((*before.labels, *row.labels))
    if codebook is not None:
        labels = {k: None for k in codebook.dimension(row.dimension).label_ids if k in labels}
    return replace(before, labels=tuple(labels), status="answered")


def _safe(cell: str) -> str:
    # An apostrophe that was there before a formula is doubled, so that it comes back.
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def _write(path: Path, columns: Collection[str], rows: Iterable[Mapping[str, str]]) -> None:
    with publish(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(columns), restval="")
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
