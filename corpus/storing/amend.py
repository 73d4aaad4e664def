"""Put right what a corpus says of its articles: title, outlet, date and address.

Their ids and texts, and so the ids of their units and all annotations, stay as they are. A value
that is replaced is kept with the further columns of its article (`meta`), under the field's name.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ...errors import UnknownNameError
from ...files import locked
from ..reading.dates import decided, is_open, order_shown, read_date
from ..reading.fields import plain
from .store import articles_table, part_path, parts, publish_part, sweep

__all__ = ["AMENDABLE", "Amended", "amend", "meta_columns", "set_fields"]

AMENDABLE = ("title", "outlet", "published", "url")
"""What can be put right; from the others ids are made, or units cut."""

_STORED = ("id", *AMENDABLE, "meta")


@dataclass(slots=True)
class Amended:
    """What was put right.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, set_fields
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder),
    ...         [Article("a1", "Talks", "Talks resume.", meta={"paper": "Harbour Post"})],
    ...     )
    ...     set_fields(Path(folder), {"outlet": "paper"}).articles
    1
    """

    articles: int = 0
    """Articles that changed."""
    changed: dict[str, int] = field(default_factory=dict)
    """Field to number of articles."""
    without: dict[str, int] = field(default_factory=dict)
    """Column to number of articles that do not have it, and stay as they are."""
    message: str = ""
    """How dates such as 03/04/2024 were read; empty when there are none."""


def meta_columns(folder: Path) -> dict[str, tuple[int, str]]:
    """List the columns that no field holds: in how many articles, and a value.

    Raises
    ------
    StudyError
        The corpus is empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, meta_columns
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder),
    ...         [Article("a1", "Talks", "Talks resume.", meta={"paper": "Harbour Post"})],
    ...     )
    ...     meta_columns(Path(folder))
    {'paper': (1, 'Harbour Post')}
    """
    counts: Counter[str] = Counter()
    samples: dict[str, str] = {}
    for text in articles_table(folder, ["meta"])["meta"].to_pylist():
        for name, value in json.loads(text).items():
            counts[name] += 1
            samples.setdefault(name, plain(value))
    return {name: (n, samples[name]) for name, n in counts.most_common()}


def set_fields(
    folder: Path, columns: Mapping[str, str], *, order: str = "", languages: Sequence[str] = ()
) -> Amended:
    """Take fields from columns that were kept beside.

    Parameters
    ----------
    folder
        The corpus folder.
    columns
        Field, one of `AMENDABLE`, to column.
    order
        What comes first in dates such as 03/04/2024; as the other dates show if empty.
    languages
        Languages whose months are tried first in dates.

    Raises
    ------
    StudyError
        The corpus is empty, or another run is writing to it.
    UnknownNameError
        No article has the column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, load_articles, set_fields
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder),
    ...         [Article("a1", "Talks", "Talks resume.", meta={"paper": "Harbour Post"})],
    ...     )
    ...     set_fields(Path(folder), {"outlet": "paper"}).changed
    ...     load_articles(Path(folder))["outlet"][:]
    {'outlet': 1}
    ['Harbour Post']
    """
    known = meta_columns(folder)
    for column in columns.values():
        if column not in known:
            raise UnknownNameError("column", column, list(known))
    result = Amended()
    if "published" in columns and not order:
        metas = map(json.loads, articles_table(folder, ["meta"])["meta"].to_pylist())
        dates = [plain(meta.get(columns["published"])) for meta in metas]
        if any(map(is_open, dates)):
            order, result.message = decided(filter(None, map(order_shown, dates)))
    n_articles = sum(parquet.read_metadata(part).num_rows for part in parts(folder))
    result.without = {name: n_articles - known[name][0] for name in columns.values()}

    def values(_row: Mapping[str, Any], meta: dict[str, Any]) -> dict[str, str]:
        filled = {
            name: plain(meta.pop(column)).strip()
            for name, column in columns.items()
            if column in meta
        }
        if "published" in filled:
            read = read_date(filled["published"], order, tuple(languages))
            filled["published"] = read or filled["published"]
        return filled

    with locked(folder):
        sweep(folder)
        _rewrite(folder, values, result)
    return result


def amend(folder: Path, changes: Mapping[str, Mapping[str, str]]) -> Amended:
    """Give some articles other values; the corpus is locked by the caller.

    Parameters
    ----------
    folder
        The corpus folder.
    changes
        Id of an article to its fields, of `AMENDABLE`, and their values.
    """
    result = Amended()
    if changes:
        _rewrite(folder, lambda row, _meta: changes.get(row["id"], {}), result)
    return result


def _rewrite(
    folder: Path,
    values: Callable[[Mapping[str, Any], dict[str, Any]], Mapping[str, str]],
    result: Amended,
) -> None:
    for part in parts(folder):
        table = parquet.ParquetFile(part).read()
        rows = table.select(_STORED).to_pylist()
        changed = [row for row in rows if _change(row, values, result)]
        if not changed:
            continue
        for name in (*AMENDABLE, "meta"):
            table = _with(table, name, pa.array([row[name] for row in rows], pa.string()))
        units = parquet.ParquetFile(folder / "units" / part.name).read()
        owners = pc.index_in(units["article_id"], value_set=table["id"].combine_chunks())
        for name in set(AMENDABLE) & set(units.column_names):
            units = _with(units, name, table[name].combine_chunks().take(owners.combine_chunks()))
        paths = [part_path(folder, kind, part.name) for kind in ("units", "articles")]
        for contents, path in zip((units, table), paths, strict=True):
            parquet.write_table(contents, path, compression="zstd")
        publish_part(*paths)


def _change(
    row: dict[str, Any],
    values: Callable[[Mapping[str, Any], dict[str, Any]], Mapping[str, str]],
    result: Amended,
) -> bool:
    """Change a row, and tell whether anything did."""
    meta = json.loads(row["meta"])
    differing = [pair for pair in values(row, meta).items() if row[pair[0]] != pair[1]]
    for name, value in differing:
        if row[name]:
            meta[name if name not in meta else f"{name}_before"] = row[name]
        row[name] = value
        result.changed[name] = result.changed.get(name, 0) + 1
    if differing:
        row["meta"] = json.dumps(meta, ensure_ascii=False)
        result.articles += 1
    return bool(differing)


def _with(table: pa.Table, name: str, values: Any) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), values)
