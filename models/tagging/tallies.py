"""From tagged units to articles: how often each label was given, the first unit and the strongest.

A *tally* is a table with one row an article whose counts can still be added up: ready units of one
article may be in several shards. `shares` turns tallies into what people read.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import InputError
from ...labels.codebook.codebook import Dimension
from .tags import UNIT_COLUMNS
from .units import ABOUT, OF_ARTICLE, Block

__all__ = [
    "Marks",
    "check_columns",
    "label_counts",
    "merge",
    "shares",
    "tally",
    "tally_schema",
    "without_units",
]

Marks = Callable[[str], tuple[int, int]]
"""Gives the hashes of id and content of an article, by its id."""

_OF_ARTICLES = {*ABOUT.names, "id_hash", "digest"}
_STRONGEST = ("", "_confidence", "_unit", "_text")


def tally_schema(dimensions: Sequence[Dimension], *, text: bool) -> pa.Schema:
    """Return the columns of a tally."""
    fields = [("file", pa.string()), ("record", pa.int64())]
    fields += [("id_hash", pa.uint64()), ("digest", pa.uint64()), ("article_id", pa.string())]
    fields += [(name, pa.string()) for name in OF_ARTICLE]
    fields += [("aside", pa.string()), ("n_units", pa.int32()), ("first_unit", pa.string())]
    fields += [("first_text", pa.string())] if text else []
    for dimension in dimensions:
        label = pa.list_(pa.string()) if dimension.choice == "multiple" else pa.string()
        fields += [
            (f"{dimension.id}_n", pa.int32()),
            (f"{dimension.id}_counts", pa.list_(pa.int32())),
            (f"{dimension.id}_first", label),
            (f"{dimension.id}_strongest", label),
            (f"{dimension.id}_strongest_confidence", pa.float32()),
            (f"{dimension.id}_strongest_unit", pa.string()),
        ]
        fields += [(f"{dimension.id}_strongest_text", pa.string())] if text else []
    return pa.schema(fields)


def check_columns(dimensions: Sequence[Dimension], where: str) -> None:
    """Refuse dimensions whose columns of tags, or of their counts, would be called alike.

    Parameters
    ----------
    dimensions
        What a model would answer.
    where
        Where their names come from, for the message.

    Raises
    ------
    InputError
        A name would occur twice, such as `a_prob` with `a`, or is one of a unit's own.
    """
    ends = ("", "_prob", "_confidence", "_abstained")
    tags = [*UNIT_COLUMNS, "model_version", *(f"{d.id}{end}" for d in dimensions for end in ends)]
    for names in (tags, tally_schema(dimensions, text=True).names):
        counts = Counter(names)
        double = next((name for name in names if counts[name] > 1), None)
        if double is not None:
            problem = f"two columns of the tags would be called {double!r}"
            raise InputError(where, problem, "rename the label column, or the dimension")


def tally(
    block: Block,
    tags: pa.Table,
    marks: Marks,
    dimensions: Sequence[Dimension],
    *,
    text: bool,
) -> pa.Table:
    """Count the labels of each article of a block.

    Parameters
    ----------
    block
        The articles and their units; ready units of one article need not be adjacent.
    tags
        The answers on the units, in the same order.
    marks
        Gives the hashes of id and content of an article, by its id.
    dimensions
        What was answered.
    text
        Whether sentences are quoted.

    Returns
    -------
    One row an article, in the order of the block.
    """
    ids = block.about["article_id"].combine_chunks().dictionary_encode()
    group = ids.indices.to_numpy()
    n_groups = len(ids.dictionary)
    owner = group[block.owner]
    heads = _firsts(group, n_groups)
    about = block.about.take(pa.array(heads))
    hashes = [marks(article_id) for article_id in ids.dictionary.to_pylist()]
    first = _firsts(owner, n_groups)
    columns: dict[str, Any] = {
        **{name: about[name].combine_chunks() for name in ABOUT.names},
        "id_hash": pa.array([mark for mark, _ in hashes], pa.uint64()),
        "digest": pa.array([digest for _, digest in hashes], pa.uint64()),
        "n_units": pa.array(np.bincount(owner, minlength=n_groups), pa.int32()),
        "first_unit": _at(tags["unit_id"], first),
        "first_text": _at(block.units["text"], first),
    }
    for dimension in dimensions:
        columns |= _answers(dimension, block.units["text"], tags, owner, first)
    schema = tally_schema(dimensions, text=text)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def merge(tallies: pa.Table, dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """Make one row of the rows of one article, in their order."""
    rows = tallies.to_pylist()
    merged = dict(rows[0])
    merged["n_units"] = sum(row["n_units"] for row in rows)
    for dimension in dimensions:
        merged[f"{dimension.id}_n"] = sum(row[f"{dimension.id}_n"] for row in rows)
        counts = zip(*(row[f"{dimension.id}_counts"] for row in rows), strict=True)
        merged[f"{dimension.id}_counts"] = list(map(sum, counts))
        answered = [row for row in rows if row[f"{dimension.id}_n"]]
        if answered:
            best = max(answered, key=lambda row: row[f"{dimension.id}_strongest_confidence"])
            merged |= {
                name: best[name] for name in best if name.startswith(f"{dimension.id}_strongest")
            }
    return merged


def without_units(tallies: pa.Table, copies: Mapping[int, str]) -> pa.Table:
    """Take the units from some rows, which are copies of the articles named."""
    if not copies:
        return tallies
    rows = tallies.take(sorted(copies)).to_pylist()
    for at, row in zip(sorted(copies), rows, strict=True):
        for name in row:
            if name not in _OF_ARTICLES:
                row[name] = _nothing(row[name], name)
        row["aside"] = f"a copy of {copies[at]}"
    blank = pa.Table.from_pylist(rows, schema=tallies.schema)
    order = np.arange(len(tallies))
    order[sorted(copies)] = len(tallies) + np.arange(len(copies))
    return pa.concat_tables([tallies, blank]).take(order)


def _nothing(value: Any, name: str) -> Any:
    if name == "n_units" or name.endswith("_n"):
        return 0
    return [0] * len(value) if name.endswith("_counts") else None


def label_counts(tallies: pa.Table, dimension: Dimension) -> npt.NDArray[np.int64]:
    """Count the labels over all articles of a tally, in the codebook's order."""
    flat = tallies[f"{dimension.id}_counts"].combine_chunks().flatten().to_numpy()
    return np.asarray(flat.reshape(-1, len(dimension.labels)).sum(axis=0, dtype=np.int64))


def shares(tallies: pa.Table, clusters: pa.Array, dimensions: Sequence[Dimension]) -> pa.Table:
    """Turn tallies into the table that people read.

    Returns
    -------
    One row an article: what it is, its cluster, how many units it has, and for each dimension NAME
    the units answered (`NAME_n`), the share of them with each label (`NAME_share_LABEL`), the label
    of the first unit, and the unit that was answered with the most confidence.
    """
    columns: dict[str, Any] = {
        "article_id": tallies["article_id"],
        "cluster": clusters,
        **{name: tallies[name] for name in OF_ARTICLE},
    }
    for name in ("aside", "n_units", "first_unit", "first_text"):
        if name in tallies.column_names:
            columns[name] = tallies[name]
    for dimension in dimensions:
        n = tallies[f"{dimension.id}_n"].to_numpy()
        flat = tallies[f"{dimension.id}_counts"].combine_chunks().flatten().to_numpy()
        counts = flat.reshape(len(tallies), len(dimension.labels))
        columns[f"{dimension.id}_n"] = tallies[f"{dimension.id}_n"]
        for k, label in enumerate(dimension.label_ids):
            column = pa.array(counts[:, k] / np.maximum(n, 1), pa.float32(), mask=n == 0)
            columns[f"{dimension.id}_share_{label}"] = column
        for end in ("first", *(f"strongest{more}" for more in _STRONGEST)):
            if f"{dimension.id}_{end}" in tallies.column_names:
                columns[f"{dimension.id}_{end}"] = tallies[f"{dimension.id}_{end}"]
    return pa.table(columns)


def _answers(
    dimension: Dimension,
    texts: pa.ChunkedArray,
    tags: pa.Table,
    owner: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
) -> dict[str, Any]:
    name, n_labels, n_groups = dimension.id, len(dimension.labels), len(first)
    labels = tags[name].combine_chunks()
    answered = np.asarray(labels.is_valid().to_numpy(zero_copy_only=False))
    known = pa.array(dimension.label_ids, pa.string())
    if dimension.choice == "multiple":
        which = pc.index_in(labels.flatten(), known).to_numpy()
        units = pc.list_parent_indices(labels).to_numpy()
    else:
        units = np.flatnonzero(answered)
        which = pc.index_in(labels.drop_null(), known).to_numpy()
    size = n_groups * n_labels
    counts = np.bincount(owner[units] * n_labels + which, minlength=size).astype(np.int32)
    confidence = tags[f"{name}_confidence"].combine_chunks().to_numpy(zero_copy_only=False)
    strongest = _strongest(owner, confidence, answered, n_groups)
    offsets = pa.array(np.arange(n_groups + 1, dtype=np.int32) * n_labels)
    return {
        f"{name}_n": pa.array(np.bincount(owner[answered], minlength=n_groups), pa.int32()),
        f"{name}_counts": pa.ListArray.from_arrays(offsets, pa.array(counts)),
        f"{name}_first": _at(labels, first),
        f"{name}_strongest": _at(labels, strongest),
        f"{name}_strongest_confidence": _at(tags[f"{name}_confidence"], strongest),
        f"{name}_strongest_unit": _at(tags["unit_id"], strongest),
        f"{name}_strongest_text": _at(texts, strongest),
    }


def _firsts(group: npt.NDArray[np.int64], n_groups: int) -> npt.NDArray[np.int64]:
    """Return the first place of each group; -1 for an empty one."""
    firsts = np.full(n_groups, -1, np.int64)
    firsts[group[::-1]] = np.arange(len(group))[::-1]
    return firsts


def _strongest(
    owner: npt.NDArray[np.int64],
    confidence: npt.NDArray[np.float32],
    answered: npt.NDArray[np.bool_],
    n_groups: int,
) -> npt.NDArray[np.int64]:
    """Return the place of the most confident answer of each group, the first of equals."""
    rows = np.flatnonzero(answered)
    order = rows[np.lexsort((rows, -confidence[rows], owner[rows]))]
    return np.where(
        (firsts := _firsts(owner[order], n_groups)) < 0, -1, order[firsts] if len(order) else -1
    )


def _at(column: Any, rows: npt.NDArray[np.int64]) -> Any:
    """Take values by place; null where the place is -1."""
    values = column.take(pa.array(rows, mask=rows < 0))
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
