"""A model's answers on a table of units: labels, probabilities, confidence and abstentions.

Labels are written as text and not as numbers of a `ClassLabel`: the files are read by people with R
and spreadsheets. Where a dimension has a condition that does not hold (by the model's own answers),
its label is null: it was not asked.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...corpus import content_id
from ...errors import InputError
from ...tables.in_memory import as_arrow
from ..predictor import Prediction, Predictor, refuse_prototype

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["UNIT_COLUMNS", "tag_schema", "tag_table", "tag_units"]

UNIT_COLUMNS = {
    "unit_id": pa.string(),
    "article_id": pa.string(),
    "start": pa.int32(),
    "end": pa.int32(),
    "text": pa.string(),
}
"""What a tag says of its unit."""


def tag_schema(model: Predictor) -> pa.Schema:
    """Return the columns of tags."""
    fields = list(UNIT_COLUMNS.items())
    for dimension in model.dimensions:
        label = pa.list_(pa.string()) if dimension.choice == "multiple" else pa.string()
        fields += [
            (dimension.id, label),
            (f"{dimension.id}_prob", pa.list_(pa.float32())),
            (f"{dimension.id}_confidence", pa.float32()),
            (f"{dimension.id}_abstained", pa.bool_()),
        ]
        if _crosses(model, dimension.id):
            fields.append((f"{dimension.id}_cross", pa.list_(pa.float32())))
    if model.stages:
        fields.append(("stage", pa.string()))
    return pa.schema(fields)


def tag_units(model: Predictor, units: pa.Table, *, abstain_below: float = 0.0) -> pa.Table:
    """Tag a table of units.

    Parameters
    ----------
    model
        The model.
    units
        At least the column `text`; what else is missing of unit_id, article_id, start and end is
        filled in.
    abstain_below
        Answers with less confidence are left out: the label is null and `NAME_abstained` true.

    Raises
    ------
    InputError
        The table has no column `text`, or a row without one; or the model has seen no label.
    """
    refuse_prototype(model.about)
    texts = _texts(units)
    given = {name: units.column(name) for name in UNIT_COLUMNS if name in units.column_names}
    schema = tag_schema(model)
    columns: list[Any] = [
        (given[name] if name in given else _missing(name, texts)).cast(kind)
        for name, kind in UNIT_COLUMNS.items()
    ]
    context = {n: units.column(n).to_pylist() for n in model.needs if n in units.column_names}
    answers = model.predict(texts, context) if len(texts) else {}
    for dimension in model.dimensions:
        if not len(texts):
            columns += [
                pa.array([], schema.field(f"{dimension.id}{end}").type)
                for end in ("", "_prob", "_confidence", "_abstained", "_cross")
                if f"{dimension.id}{end}" in schema.names
            ]
            continue
        answer = answers[dimension.id]
        multiple = dimension.choice == "multiple"
        columns += _columns(
            answer, dimension.label_ids, multiple=multiple, abstain_below=abstain_below
        )
    if model.stages:
        columns.append(_stages(model, answers))
    return pa.table(columns, schema=schema)


def tag_table(model: Predictor, units: Any, *, abstain_below: float = 0.0) -> "Dataset":
    """Tag a table of units, and give the tags as a dataset."""
    from datasets import Dataset
    from datasets.table import InMemoryTable

    table = as_arrow(units)
    if not isinstance(table, pa.Table):
        remedy = "give a data frame, a Dataset or an Arrow table with a column `text`"
        raise InputError("the units", f"are a {type(units).__name__}", remedy)
    return Dataset(InMemoryTable(tag_units(model, table, abstain_below=abstain_below)))


def _texts(units: pa.Table) -> pa.Array:
    if "text" not in units.column_names:
        problem = f"no column 'text' ({', '.join(units.column_names)})"
        raise InputError("the table of units", problem, "rename the column")
    column = units.column("text")
    if isinstance(column.type, pa.DictionaryType):
        column = column.cast(column.type.value_type)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    row = 0 if len(column) and not is_text else None
    if column.null_count and row is None:
        row = pc.index(column.is_null(), True).as_py()
    if row is not None:
        raise InputError(f"the table of units, row {row + 1}", "no text", "leave the row out")
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.array([], pa.string())


def _missing(name: str, texts: pa.Array) -> pa.Array:
    """Fill in what a table does not say of its units."""
    if name == "unit_id":
        # Row by row, because no other way gives the ids that the corpus gives.
        return pa.array([content_id("", "row", text) for text in texts.to_pylist()], pa.string())
    if name == "end":
        return pc.utf8_length(texts)
    return pa.repeat("" if name == "article_id" else 0, len(texts))


def _columns(
    answer: Prediction, labels: tuple[str, ...], *, multiple: bool, abstain_below: float
) -> list[Any]:
    confidence = answer.confidence
    abstained = answer.asked & (confidence < abstain_below)
    if not multiple:
        abstained |= answer.asked & ~answer.chosen.any(axis=1)
    untold = ~answer.asked | abstained
    names = pa.array(labels, pa.string())
    if multiple:
        rows, columns = np.nonzero(answer.chosen & ~untold[:, None])
        ends = np.searchsorted(rows, np.arange(len(untold) + 1))
        values = _lists(ends, names.take(pa.array(columns)), mask=pa.array(untold))
    else:
        values = names.take(pa.array(answer.chosen.argmax(axis=1), mask=untold))
    crossed = [] if answer.cross is None else [_rows(answer.cross)]
    return [
        values,
        _rows(answer.probabilities),
        pa.array(confidence, pa.float32(), mask=~answer.asked),
        pa.array(abstained),
        *crossed,
    ]


def _stages(model: Predictor, answers: Mapping[str, Prediction]) -> pa.Array:
    """Name the encoder that answered each text."""
    stage = next((answer.stage for answer in answers.values()), None)
    if stage is None:
        return pa.array([], pa.string())
    return pa.array(model.stages, pa.string()).take(pa.array(stage))


def _crosses(model: Predictor, dimension: str) -> bool:
    """Return whether a model has heads that left out the units of training."""
    return model.folds is not None and dimension in model.folds.heads


def _rows(probabilities: npt.NDArray[np.float64]) -> pa.Array:
    """Make a column of lists, one a row."""
    n_rows, n_labels = probabilities.shape
    flat = pa.array(probabilities.astype(np.float32).ravel())
    return _lists(np.arange(n_rows + 1) * n_labels, flat)


def _lists(ends: npt.NDArray[np.int64], flat: pa.Array, **options: Any) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), flat, **options)
