"""Tagging: units in, one row each out, with labels, probabilities, confidence and abstentions.

`tag_table` answers one table. `tag_articles` reads articles of strangers, cleans and cuts them as a
study does, and yields tagged tables batch by batch, in bounded memory. Labels are written as text
and not as numbers of a `ClassLabel`: the files are read by people with R and spreadsheets.

Where a dimension has a condition that does not hold (by the model's own answers), its label is
null: it was not asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..corpus import Article, Reject, clean, content_id, cut
from ..errors import InputError
from .model import Model, Prediction

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["UNITS", "Counts", "tag_articles", "tag_schema", "tag_table", "tag_units"]

UNITS = ("sentence", "window", "paragraph", "article", "row")
"""What can be tagged; `row`: each record's text as it is."""

BATCH = 2_000
"""Units that are tagged at once."""

_UNIT_COLUMNS = {
    "unit_id": pa.string(),
    "article_id": pa.string(),
    "start": pa.int32(),
    "end": pa.int32(),
    "text": pa.string(),
}


@dataclass(slots=True)
class Counts:
    """What went in and came out; it grows while `tag_articles` runs."""

    articles: int = 0
    """Articles that were read."""
    units: int = 0
    """Units that were tagged."""
    rejects: list[Reject] = field(default_factory=list)
    """Records that could not be used."""
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    """Dimension to label to number of units."""


def tag_schema(model: Model) -> pa.Schema:
    """Give the columns of tags."""
    fields = list(_UNIT_COLUMNS.items())
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
    given = {name: units.column(name) for name in _UNIT_COLUMNS if name in units.column_names}
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
        for name, kind in _UNIT_COLUMNS.items()
    ]
    answers = model.predict(texts) if texts else {}
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


def tag_articles(
    model: Model,
    records: Iterable[Article | Reject],
    counts: Counts,
    *,
    unit: str = "sentence",
    abstain_below: float = 0.0,
    keep_debris: bool = False,
) -> Iterator[pa.Table]:
    """Clean, cut and tag articles, batch by batch.

    Parameters
    ----------
    model
        The model.
    records
        What `corpus.read_articles` yields.
    counts
        Is filled as the batches are taken.
    unit
        One of `UNITS`.
    abstain_below
        Answers with less confidence are left out.
    keep_debris
        Leave the texts as they are, instead of cleaning them.

    Yields
    ------
    Tables with the columns of `tag_schema`.
    """
    waiting: list[dict[str, Any]] = []
    for record in records:
        if isinstance(record, Reject):
            counts.rejects.append(record)
            continue
        counts.articles += 1
        waiting += _row(record) if unit == "row" else _cut(record, unit, keep_debris)
        while len(waiting) >= BATCH:
            yield _tagged(model, waiting[:BATCH], counts, abstain_below)
            del waiting[:BATCH]
    if waiting:
        yield _tagged(model, waiting, counts, abstain_below)


def _columns(
    answer: Prediction, labels: tuple[str, ...], *, multiple: bool, abstain_below: float
) -> list[Any]:
    confidence = answer.confidence
    abstained = answer.asked & (confidence < abstain_below)
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


def _tagged(
    model: Model, rows: list[dict[str, Any]], counts: Counts, abstain_below: float
) -> pa.Table:
    units = pa.Table.from_pylist(rows, schema=pa.schema(list(_UNIT_COLUMNS.items())))
    tags = tag_units(model, units, abstain_below=abstain_below)
    counts.units += len(tags)
    for dimension in model.dimensions:
        column = tags.column(dimension.id).combine_chunks()
        flat = column.flatten() if dimension.choice == "multiple" else column
        seen = counts.labels.setdefault(dimension.id, dict.fromkeys(dimension.label_ids, 0))
        for found in flat.drop_null().value_counts().to_pylist():
            seen[found["values"]] += found["counts"]
    return tags


def _cut(article: Article, kind: str, keep_debris: bool) -> list[dict[str, Any]]:  # noqa: FBT001
    kept = article if keep_debris else clean(article).article
    return [{name: getattr(unit, name) for name in _UNIT_COLUMNS} for unit in cut(kept, kind=kind)]


def _row(article: Article) -> list[dict[str, Any]]:
    """Take a record as one unit, with the ids and offsets that it brings."""
    meta = article.meta
    unit_id = meta.get("unit_id") or (article.id if meta.get("article_id") else "")
    start, end = _offset(meta.get("start")), _offset(meta.get("end"))
    if start is None or end is None:
        start, end = 0, len(article.text)
    return [
        {
            "unit_id": str(unit_id) or content_id(article.id, "row", article.text),
            "article_id": str(meta.get("article_id") or article.id),
            "start": start,
            "end": end,
            "text": article.text,
        }
    ]


def _offset(value: Any) -> int | None:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 2**31 else None
