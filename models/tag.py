"""Tagging articles: cleaned and cut as a study does, tagged batch by batch, in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ..corpus import Article, Reject, clean, content_id, cut
from .answers import UNIT_COLUMNS, tag_units
from .model import Model

__all__ = ["UNITS", "Counts", "tag_articles"]

UNITS = ("sentence", "window", "paragraph", "article", "row")
"""What can be tagged; `row`: each record's text as it is."""

BATCH = 2_000
"""Units that are tagged at once."""


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


def _tagged(
    model: Model, rows: list[dict[str, Any]], counts: Counts, abstain_below: float
) -> pa.Table:
    units = pa.Table.from_pylist(rows, schema=pa.schema(list(UNIT_COLUMNS.items())))
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
    return [{name: getattr(unit, name) for name in UNIT_COLUMNS} for unit in cut(kept, kind=kind)]


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
