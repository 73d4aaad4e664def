"""Keep a corpus on disk: Parquet parts that are appended whole or not at all.

::

    corpus/
    |-- articles/00000.parquet   cleaned articles, with what was taken out of them
    |-- units/00000.parquet      their units
    |-- clusters.parquet         near-duplicates: article_id, cluster, first
    |-- corpus.json              how the articles were made ready
    `-- rejects.jsonl            what could not be used: file, record, reason, raw

A part counts from the moment its articles file has its name, and that one is named last. Here is
what reads a corpus; `ingest` adds to it and `recut` cuts it again.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ...errors import InputError, StudyError
from ...files import dump_json, write_text
from ..preparation import Preparation
from ..units.unit import UNIT_SCHEMA
from .part import ARTICLE_SCHEMA

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = [
    "articles_table",
    "load_articles",
    "load_units",
    "part_path",
    "parts",
    "publish_part",
    "read_preparation",
    "sweep",
    "units_table",
    "write_preparation",
]

_PREPARATION = "corpus.json"
_AS_WRITTEN: Mapping[str, str] = {}
_ORDER = [name for name in UNIT_SCHEMA.names if name != "cluster"]


def parts(folder: Path) -> list[Path]:
    """Give the articles files of the parts that count."""
    return sorted((folder / "articles").glob("[0-9]*.parquet"))


def read_preparation(folder: Path) -> Preparation | None:
    """Read how the articles of a corpus were made ready; None before anything was added.

    Raises
    ------
    InputError
        The file is damaged.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, read_preparation
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(Path(folder), [Article("a1", "Talks", "Talks resume.")])
    ...     read_preparation(Path(folder)).unit
    'sentence'
    """
    path = folder / _PREPARATION
    if not path.exists():
        return None
    try:
        return Preparation.from_json(json.loads(path.read_bytes()))
    except (ValueError, TypeError, LookupError) as error:
        raise InputError(path, f"is damaged ({error})", "restore it from a copy") from error


def write_preparation(folder: Path, preparation: Preparation) -> None:
    """Write how the articles of a corpus are made ready."""
    write_text(folder / _PREPARATION, dump_json(preparation.as_json()) + "\n")


def part_path(folder: Path, kind: str, name: str) -> Path:
    """Give the path at which a table is written before it gets its name."""
    unfinished = folder / kind / f".{name}.part"
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    return unfinished


def publish_part(units: Path, articles: Path) -> None:
    """Give a part its names; the articles last, because they make it count."""
    for unfinished in (units, articles):
        with unfinished.open("rb+") as written:
            os.fsync(written.fileno())
        unfinished.replace(
            unfinished.with_name(unfinished.name.removeprefix(".").removesuffix(".part"))
        )


def sweep(folder: Path) -> None:
    """Remove what a killed run left aside."""
    for kind in ("articles", "units"):
        for left in (folder / kind).glob(".*.part"):
            left.unlink()


def load_articles(
    folder: Path, columns: Sequence[str] = (), *, outlets: Mapping[str, str] = _AS_WRITTEN
) -> "Dataset":
    """Load the articles of a corpus, in the order in which they were added.

    Parameters
    ----------
    folder
        The corpus folder.
    columns
        Which columns; all if empty. Some are much smaller than all.
    outlets
        Other names of outlets, to be replaced.

    Raises
    ------
    StudyError
        The corpus is empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, load_articles
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder), [Article("a1", "Talks", "Talks resume. The minister left.")]
    ...     )
    ...     load_articles(Path(folder))["title"][:]
    ['Talks']
    """
    wanted = [name for name in ARTICLE_SCHEMA.names if not columns or name in columns]
    return _dataset(articles_table(folder, wanted, outlets))


def load_units(
    folder: Path,
    columns: Sequence[str] = (),
    *,
    article: str = "",
    outlets: Mapping[str, str] = _AS_WRITTEN,
) -> "Dataset":
    """Load the units of a corpus, by article in the order in which they were added.

    Parameters
    ----------
    folder
        The corpus folder.
    columns
        Which columns; all if empty.
    article
        Only the units of the article with this id.
    outlets
        Other names of outlets, to be replaced.

    Raises
    ------
    StudyError
        The corpus is empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, load_units
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder), [Article("a1", "Talks", "Talks resume. The minister left.")]
    ...     )
    ...     load_units(Path(folder))["text"][:]
    ['Talks resume.', 'The minister left.']
    """
    return _dataset(units_table(folder, columns, article=article, outlets=outlets))


def units_table(
    folder: Path,
    columns: Sequence[str] = (),
    *,
    article: str = "",
    outlets: Mapping[str, str] = _AS_WRITTEN,
) -> pa.Table:
    """Read the units of a corpus as an Arrow table; parameters and errors as `load_units`."""
    wanted = [name for name in UNIT_SCHEMA.names if not columns or name in columns]
    read = [name for name in _ORDER if name in wanted or name == "article_id"]
    condition = pc.field("article_id") == article if article else None
    table = _table(folder, "units", read, condition)
    owners = table["article_id"]
    cluster = owners
    if (folder / "clusters.parquet").exists():
        named = parquet.read_table(folder / "clusters.parquet").combine_chunks()
        preparation = read_preparation(folder)
        if preparation is not None and preparation.keep == "first":
            later = named.filter(pc.invert(named["first"]))["article_id"].combine_chunks()
            table = table.filter(pc.invert(pc.is_in(owners, later)))
            owners = table["article_id"]
        at = pc.index_in(owners, named["article_id"].combine_chunks())
        cluster = pc.coalesce(pc.take(named["cluster"].combine_chunks(), at), owners)
    return _renamed(table.append_column("cluster", cluster).select(wanted), outlets)


def articles_table(
    folder: Path, columns: list[str], outlets: Mapping[str, str] = _AS_WRITTEN
) -> pa.Table:
    """Read some columns of all articles, with other names of outlets replaced.

    Raises
    ------
    StudyError
        The corpus is empty.
    """
    return _renamed(_table(folder, "articles", columns), outlets)


def _renamed(table: pa.Table, outlets: Mapping[str, str]) -> pa.Table:
    if not outlets or "outlet" not in table.column_names:
        return table
    coded = table["outlet"].combine_chunks().dictionary_encode()
    names = pa.array(
        [outlets.get(name, name) for name in coded.dictionary.to_pylist()], pa.string()
    )
    return table.set_column(table.column_names.index("outlet"), "outlet", names.take(coded.indices))


def _table(folder: Path, name: str, columns: list[str], condition: Any = None) -> pa.Table:
    if not parts(folder):
        raise StudyError(folder, "the corpus is empty", "add articles with: standfirst corpus add")
    return pa.concat_tables(_read(folder, name, columns, condition))


def _read(folder: Path, name: str, columns: list[str], condition: Any) -> Iterator[pa.Table]:
    for part in parts(folder):
        path = folder / name / part.name
        if condition is None:
            yield parquet.ParquetFile(path).read(columns=columns)
        else:
            yield parquet.read_table(path, columns=columns, filters=condition)


def _dataset(table: pa.Table) -> "Dataset":
    # Imported where it is needed: it takes a second and a hundred megabytes.
    from datasets import Dataset, DatasetInfo, Features
    from datasets.table import InMemoryTable

    features = Features.from_arrow_schema(table.schema)
    return Dataset(InMemoryTable(table), info=DatasetInfo(features=features))
