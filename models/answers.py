"""A model's answers on a table of units: labels, probabilities, confidence and abstentions.

Labels are written as text and not as numbers of a `ClassLabel`: the files are read by people with R
and spreadsheets. Where a dimension has a condition that does not hold (by the model's own answers),
its label is null: it was not asked.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..corpus import content_id
from ..errors import InputError
from .model import Model, Prediction

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


def tag_schema(model: Model) -> pa.Schema:
    """Give the columns of tags."""
    fields = list(UNIT_COLUMNS.items())
    for dimension in model.dimensions:
        label = pa.list_(pa.string()) if dimension.choice == "multiple" else pa.string()
        fields += [
            (dimension.id, label),
            (f"{dimension.id}_prob", pa.list_(pa.float32())),
            (f"{dimension.id}_confidence", pa.float32()),
            (f"{dimension.id}_abstained", pa.bool_()),
        ]
    return pa.schema(fields)


def tag_units(model: Model, units: pa.Table, *, abstain_below: float = 0.0) -> pa.Table:
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
        The table has no column `text`, or a row without one.
    """
    if "text" not in units.column_names:
        told = f"no column 'text' ({', '.join(units.column_names)})"
        raise InputError("the table of units", told, "rename the column")
    texts = units.column("text").to_pylist()
    if any(not isinstance(text, str) for text in texts):
        row = next(n for n, text in enumerate(texts) if not isinstance(text, str))
        raise InputError(f"the table of units, row {row + 1}", "no text", "leave the row out")
    given = {name: units.column(name) for name in UNIT_COLUMNS if name in units.column_names}
    lengths = pa.array([len(text) for text in texts], pa.int32())
    missing: dict[str, Any] = {
        "unit_id": pa.array([content_id("", "row", text) for text in texts], pa.string()),
        "article_id": pa.array([""] * len(texts), pa.string()),
        "start": pa.array([0] * len(texts), pa.int32()),
        "end": lengths,
    }
    schema = tag_schema(model)
    columns: list[Any] = [
        (given[name] if name in given else missing[name]).cast(kind)
        for name, kind in UNIT_COLUMNS.items()
    ]
    context = {n: units.column(n).to_pylist() for n in model.needs if n in units.column_names}
    answers = model.predict(texts, context) if texts else {}
    for dimension in model.dimensions:
        labels = dimension.label_ids
        if not texts:
            columns += [
                pa.array([], schema.field(f"{dimension.id}{end}").type)
                for end in ("", "_prob", "_confidence", "_abstained")
            ]
            continue
        answer = answers[dimension.id]
        multiple = dimension.choice == "multiple"
        columns += _columns(answer, labels, multiple=multiple, abstain_below=abstain_below)
    return pa.table(columns, schema=schema)


def tag_table(
    model: Model, units: "Dataset | pa.Table", *, abstain_below: float = 0.0
) -> "Dataset":
    """Tag a table of units, and give the tags as a dataset."""
    from datasets import Dataset
    from datasets.table import InMemoryTable

    table = units if isinstance(units, pa.Table) else units.with_format("arrow")[:]
    return Dataset(InMemoryTable(tag_units(model, table, abstain_below=abstain_below)))


def _columns(
    answer: Prediction, labels: tuple[str, ...], *, multiple: bool, abstain_below: float
) -> list[Any]:
    confidence = answer.confidence
    abstained = answer.asked & (confidence < abstain_below)
    if not multiple:
        abstained |= answer.asked & ~answer.chosen.any(axis=1)
    told = answer.asked & ~abstained
    values: list[Any] = []
    for row, given in enumerate(told):
        found = [labels[k] for k in np.flatnonzero(answer.chosen[row])] if given else None
        values.append(found if multiple or found is None else found[0])
    n_rows, n_labels = answer.probabilities.shape
    offsets = pa.array(np.arange(n_rows + 1, dtype=np.int32) * n_labels)
    flat = pa.array(answer.probabilities.astype(np.float32).ravel())
    return [
        pa.array(values, pa.list_(pa.string()) if multiple else pa.string()),
        pa.ListArray.from_arrays(offsets, flat),
        pa.array(np.where(answer.asked, confidence, np.nan), pa.float32(), from_pandas=True),
        pa.array(abstained),
    ]
