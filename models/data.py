"""The training set: texts, the answers of people, and which rows must stay together.

It is built from a labelled file (users arrive with one) or from a study's units and gold.
Dimensions may have gaps: a row without an answer is left out of that dimension only. All checks on
the data of strangers stand here; behind it, labels are known to the codebook and groups are sound.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import InputError, UnknownLabelError, UnknownNameError
from ..labels.codebook import Codebook, Dimension
from .folds import join_groups
from .rows import read_rows

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Answer", "Gold", "TrainingSet", "from_file", "from_study"]

Answer = tuple[str, ...] | None
"""The labels that a row has on one dimension; None where nobody answered."""

_GROUP_COLUMNS = ("group", "article_id")
_CONTEXT_COLUMNS = ("before", "after", "title", "target")


class Gold(Protocol):
    """What is needed of a resolved answer."""

    @property
    def unit_id(self) -> str:
        """The unit."""

    @property
    def dimension(self) -> str:
        """Id of the dimension."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Ids of its labels."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Texts with answers, in rows."""

    source: str
    """Where it came from, as told to the user."""
    codebook: Codebook
    """The dimensions that are answered, and their labels."""
    texts: tuple[str, ...]
    """The units themselves."""
    answers: Mapping[str, tuple[Answer, ...]]
    """Id of the dimension to one answer a row."""
    groups: npt.NDArray[np.int64]
    """Number of the group of each row; rows of one group never stand on both sides of a fold."""
    grouped_by: str = "row"
    """What makes a group: the name of the column, or `row`."""
    context: Mapping[str, tuple[str, ...]] | None = None
    """Further texts of each row: before, after, title, target, where the source has them."""
    weights: npt.NDArray[np.float64] | None = None
    """Weight of each row in training; all alike if None."""

    def __len__(self) -> int:
        return len(self.texts)

    def truth(self, dimension: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Give the answered rows of a dimension and their labels.

        Returns
        -------
        The numbers of the rows, and which labels they have, shape (n_answered, n_labels), in the
        codebook's order.
        """
        ids = {
            label: k for k, label in enumerate(find_dimension(self.codebook, dimension).label_ids)
        }
        answers = self.answers[dimension]
        rows = np.array([row for row, answer in enumerate(answers) if answer is not None], np.int64)
        truth = np.zeros((len(rows), len(ids)), bool)
        for place, row in enumerate(rows):
            for label in answers[row] or ():
                truth[place, ids[label]] = True
        return rows, truth

    @property
    def fingerprint(self) -> str:
        """SHA-256 over texts, answers and groups, whatever the file is called."""
        digest = hashlib.sha256()
        for row, text in enumerate(self.texts):
            told = [
                text,
                str(self.groups[row]),
                *(repr(self.answers[d][row]) for d in self.answers),
            ]
            digest.update("\x1f".join(told).encode("utf-8", "surrogatepass") + b"\x1e")
        return digest.hexdigest()


def from_file(
    path: Path,
    dimensions: Sequence[str],
    *,
    text: str = "text",
    group: str | None = None,
    codebook: Codebook | None = None,
) -> TrainingSet:
    """Read a labelled file.

    Parameters
    ----------
    path
        JSON Lines, CSV, TSV or Parquet.
    dimensions
        Names of the columns that hold the answers: a value, a list, or ``a|b``. A column may also
        stand inside an object `labels`, as ``{"labels": {"stance": "critique"}}``. One list or
        ``a|b`` makes the dimension multiple choice.
    text
        The column of the text.
    group
        The column that ties rows; by default `group` or `article_id`, and the row alone when there
        is neither.
    codebook
        Dimensions and labels; inferred from the columns when None.

    Raises
    ------
    InputError, UnknownNameError, UnknownLabelError
        A column, row or label that cannot be used; told with file and line.
    """
    texts: list[str] = []
    numbers: list[int] = []
    keys: list[str | None] = []
    raw: dict[str, list[Answer]] = {dimension: [] for dimension in dimensions}
    listed: set[str] = set()
    context: dict[str, list[str]] = {column: [] for column in _CONTEXT_COLUMNS}
    columns: set[str] = set()
    used_group = group
    for number, row in read_rows(path):
        flat = _flatten(row)
        if not columns or not columns.issuperset(flat):
            columns.update(flat)
        if used_group is None:
            used_group = next((name for name in _GROUP_COLUMNS if name in flat), None)
        if text not in flat and number == 1 and path.suffix.lower() == ".parquet":
            break
        texts.append(_text(flat, text, columns, f"{path}:{number}"))
        numbers.append(number)
        key = flat.get(used_group) if used_group is not None else None
        keys.append(None if _missing(key) else str(key))
        for dimension in dimensions:
            answer, is_list = _answer(flat.get(dimension), f"{path}:{number}", dimension)
            raw[dimension].append(answer)
            if is_list:
                listed.add(dimension)
        for column, values in context.items():
            value = flat.get(column)
            values.append("" if value is None else str(value))
    for name in (text, *dimensions, *([group] if group else [])):
        if name not in columns:
            raise UnknownNameError(f"column of {path}:", name, sorted(columns))
    if codebook is None:
        codebook = _infer(raw, listed)
    answers = {
        dimension: tuple(
            _known(answer, found, f"{path}:{number}")
            for answer, number in zip(raw[dimension], numbers, strict=True)
        )
        for dimension in dimensions
        for found in [find_dimension(codebook, dimension)]
    }
    return TrainingSet(
        str(path),
        codebook,
        tuple(texts),
        answers,
        join_groups(texts, keys),
        used_group or "row",
        {column: tuple(values) for column, values in context.items() if any(values)},
    )


def from_study(
    units: "Dataset",
    gold: Iterable[Gold],
    codebook: Codebook,
    dimensions: Sequence[str] | None = None,
    *,
    source: str = "",
    leave_out: Collection[str] = (),
) -> TrainingSet:
    """Join a study's units and its gold.

    Parameters
    ----------
    units
        A table with `corpus.UNIT_SCHEMA`.
    gold
        Resolved answers; those on units that are not in the table are left out.
    codebook
        The study's codebook.
    dimensions
        Ids of the dimensions to take; all that have gold if None.
    source
        Where it came from, as told to the user.
    leave_out
        Ids of units that must not be trained on: the study's test part.

    Raises
    ------
    InputError
        No gold answer lies on any of the units.
    UnknownLabelError
        A gold answer has a label that the codebook does not have.
    """
    wanted = tuple(dimensions or (dimension.id for dimension in codebook.dimensions))
    found = {name: find_dimension(codebook, name) for name in wanted}
    answers: dict[str, dict[str, Answer]] = {}
    for row in gold:
        if row.dimension in found and row.unit_id not in leave_out:
            where = f"{source}: unit {row.unit_id}"
            known = _known(tuple(row.labels), found[row.dimension], where)
            answers.setdefault(row.unit_id, {})[row.dimension] = known
    columns = units.with_format("arrow")
    table = columns[:] if len(units) else None
    ids = table.column("unit_id").to_pylist() if table is not None else []
    rows = [place for place, unit_id in enumerate(ids) if unit_id in answers]
    if table is None or not rows:
        raise InputError(source, "no gold answer on any unit", "run: standfirst labels gold")
    taken = table.take(rows).to_pylist()
    texts = tuple(row["text"] for row in taken)
    # Gold of a dimension that nobody was asked about is no reason to refuse the others.
    present = [name for name in wanted if any(name in answers[row["unit_id"]] for row in taken)]
    if dimensions is not None and (absent := sorted(set(wanted) - set(present))):
        raise InputError(source, f"no gold answer on {absent[0]!r}", "code it, or leave it out")
    return TrainingSet(
        source,
        codebook,
        texts,
        {name: tuple(answers[row["unit_id"]].get(name) for row in taken) for name in present},
        join_groups(texts, [row["cluster"] or row["article_id"] for row in taken]),
        "article",
        {name: tuple(row[name] for row in taken) for name in ("before", "after", "title")},
    )


def find_dimension(codebook: Codebook, name: str) -> Dimension:
    """Give the dimension of a codebook by its id."""
    for dimension in codebook.dimensions:
        if dimension.id == name:
            return dimension
    known = [dimension.id for dimension in codebook.dimensions]
    raise UnknownNameError(f"dimension of codebook {codebook.id}:", name, known)


def _infer(raw: Mapping[str, list[Answer]], listed: Collection[str]) -> Codebook:
    from ..labels import infer_codebook

    columns = {
        name: [answer for answer in answers if answer is not None] for name, answers in raw.items()
    }
    return infer_codebook(columns, listed)


def _flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    """Bring what stands inside `labels` beside the other columns."""
    nested = row.get("labels")
    if not isinstance(nested, Mapping):
        return dict(row)
    return {**nested, **{key: value for key, value in row.items() if key != "labels"}}


def _text(row: Mapping[str, Any], column: str, columns: Collection[str], where: str) -> str:
    if column not in row:
        raise UnknownNameError(f"column ({where}) for the text:", column, sorted(columns))
    value = row[column]
    if not isinstance(value, str) or not value.strip():
        problem = f"no text in the column {column!r}"
        raise InputError(where, problem, "fill it in, or remove the row")
    return value


def _missing(value: Any) -> bool:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and not value.strip()


def _answer(value: Any, where: str, dimension: str) -> tuple[Answer, bool]:
    """Read one cell; also tell whether it was a list."""
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(_label(one, where, dimension) for one in value)), True
    if _missing(value):
        return None, False
    if isinstance(value, str) and "|" in value:
        return tuple(dict.fromkeys(one.strip() for one in value.split("|") if one.strip())), True
    return (_label(value, where, dimension),), False


def _label(value: Any, where: str, dimension: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float) and not _missing(value):
        return str(value).strip()
    problem = f"{dimension} = {value!r:.60} is no label"
    raise InputError(where, problem, "write a name, a list of names, or a|b")


def _known(answer: Answer, dimension: Dimension, where: str) -> Answer:
    """Give the ids of labels, which may be told by id or by name, in the codebook's order."""
    if answer is None:
        return None
    ids = dimension.label_ids
    names = {label.name: label.id for label in dimension.labels}
    found = []
    for label in answer:
        if label not in ids and label not in names:
            raise UnknownLabelError(label, ids, where)
        found.append(label if label in ids else names[label])
    if dimension.choice == "single" and len(found) != 1:
        problem = f"{dimension.id} has {len(found)} labels, but is single choice"
        raise InputError(where, problem, "keep one, or make the dimension multiple choice")
    return tuple(label for label in ids if label in found)
