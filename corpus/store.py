"""Keep a corpus on disk: Parquet parts that are appended whole or not at all.

::

    corpus/
    |-- articles/00000.parquet   cleaned articles, with what was taken out of them
    |-- units/00000.parquet      their units
    |-- clusters.parquet         near-duplicates: article_id, cluster
    `-- rejects.jsonl            what could not be used: file, record, reason, raw

Articles are added in parts of a fixed number of new articles. A part counts from the moment its
articles file has its name, and that one is written last; so a run that was killed and is started
again with the same inputs finds its parts, skips their articles and goes on, and ends with the same
bytes as a run that was left alone. Adding the same files again adds nothing.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from datasets import Dataset, DatasetInfo, Features, Value
from datasets.table import InMemoryTable
from pyarrow import parquet

from ..errors import StudyError
from ..files import locked, publish
from .article import Article, content_id
from .boilerplate import without_boilerplate
from .clean import Cleaned, clean
from .cut import cut
from .dedupe import clusters, fingerprint, signature
from .fields import Reject
from .language import detect
from .rejects import keep_rejects
from .unit import UNIT_FEATURES, Unit

__all__ = [
    "ARTICLE_FEATURES",
    "Added",
    "Options",
    "add",
    "load_articles",
    "load_units",
    "units_table",
]

PART = 2_000
"""Number of articles in a part."""

ARTICLE_FEATURES = Features(
    {
        "id": Value("string"),
        "title": Value("string"),
        "text": Value("string"),
        "outlet": Value("string"),
        "published": Value("string"),
        "url": Value("string"),
        "language": Value("string"),
        "byline": Value("string"),
        "dateline": Value("string"),
        "meta": Value("string"),
        "removed": Value("string"),
        "aside": Value("string"),
        "hash": Value("string"),
        "signature": Value("binary"),
        "fingerprint": Value("binary"),
    }
)
"""Columns of a table of articles. `meta` and `removed` are JSON; `aside` tells why an article has
no units."""

_UNIT_COLUMNS = [name for name in UNIT_FEATURES if name != "cluster"]


@dataclass(slots=True)
class Added:
    """What became of the records of one run."""

    read: int = 0
    """Records that were read; the sum of the next four."""
    added: int = 0
    """New articles."""
    known: int = 0
    """Articles that were there already."""
    aside: int = 0
    """New articles in a language that the study does not keep; stored without units."""
    rejected: int = 0
    """Records that could not be used."""
    units: int = 0
    """New units."""
    removed: dict[str, int] = field(default_factory=dict)
    """Reason to number of pieces of debris taken out of new articles."""
    copies: int = 0
    """Articles of the whole corpus that are near-duplicates of another one, beyond the first."""
    repaired: int = 0
    """New articles whose encoding was repaired, at the user's wish."""


@dataclass(frozen=True, slots=True)
class Options:
    """How articles are made ready."""

    kind: str = "sentence"
    """Kind of unit."""
    context: int = 1
    """Number of units before and after that come along."""
    size: int = 3
    """Sentences in a window."""
    stride: int = 3
    """Sentences from the start of a window to the start of the next."""
    languages: tuple[str, ...] = ("en",)
    """ISO 639-1 codes that are kept; an article in another one is stored without units. Empty keeps
    all."""
    keep_debris: bool = False
    """Leave the texts as they are."""
    fix_encoding: bool = False
    """Repair text that was decoded with the wrong alphabet ("cafÃ©")."""


def add(
    folder: Path,
    records: Iterable[Article | Reject],
    options: Options = Options(),
    *,
    progress: Callable[[Added], None] | None = None,
) -> Added:
    """Add articles to a corpus: clean, tell the language, cut, store, find near-duplicates.

    Parameters
    ----------
    folder
        The corpus folder; made when missing.
    records
        What a reader yields.
    options
        How articles are made ready.
    progress
        Called after each part with the counts so far.

    Returns
    -------
    The counts. Every record that was read is in exactly one of `added`, `known`, `aside` and
    `rejected`.
    """
    with locked(folder):
        return _add(folder, records, options, progress)


def load_articles(folder: Path) -> Dataset:
    """Load the articles of a corpus, in the order in which they were added.

    Raises
    ------
    StudyError
        The corpus is empty.
    """
    return _dataset(_tables(folder, "articles", list(ARTICLE_FEATURES)), ARTICLE_FEATURES)


def load_units(folder: Path) -> Dataset:
    """Load the units of a corpus, by article in the order in which they were added.

    Raises
    ------
    StudyError
        The corpus is empty.
    """
    table = _tables(folder, "units", _UNIT_COLUMNS)
    cluster = table["article_id"]
    if (folder / "clusters.parquet").exists():
        named = parquet.read_table(folder / "clusters.parquet")
        at = pc.index_in(cluster, named["article_id"].combine_chunks())
        cluster = pc.coalesce(pc.take(named["cluster"].combine_chunks(), at), cluster)
    table = table.add_column(list(UNIT_FEATURES).index("cluster"), "cluster", cluster)
    return _dataset(table, UNIT_FEATURES)


def units_table(units: Iterable[Unit]) -> Dataset:
    """Make a table of units."""
    return _dataset(_columns(list(units), UNIT_FEATURES.arrow_schema), UNIT_FEATURES)


def _add(
    folder: Path,
    records: Iterable[Article | Reject],
    options: Options,
    progress: Callable[[Added], None] | None,
) -> Added:
    counts = Added()
    known = _known(folder)
    rejects: list[Reject] = []
    batch: list[_Row] = []
    number = len(_parts(folder))
    for record in records:
        counts.read += 1
        row = _prepare(record, known, options)
        if isinstance(row, Reject):
            rejects.append(row)
        elif row is None:
            counts.known += 1
        else:
            batch.append(row)
        if len(batch) == PART:
            _write(folder, number, batch, options, counts)
            number += 1
            batch = []
            if progress is not None:
                progress(counts)
    if batch:
        _write(folder, number, batch, options, counts)
    counts.rejected = len(rejects)
    keep_rejects(folder / "rejects.jsonl", rejects)
    counts.copies = _cluster(folder)
    return counts


@dataclass(frozen=True, slots=True)
class _Row:
    """A new article on its way to disk."""

    cleaned: Cleaned
    aside: str
    digest: str
    repaired: bool


def _prepare(
    record: Article | Reject, known: dict[str, str], options: Options
) -> _Row | Reject | None:
    """Make a record ready for storing; None when it is there already."""
    if isinstance(record, Reject):
        return record
    digest = content_id(record.title, record.text)
    if record.id in known:
        if known[record.id] == digest:
            return None
        reason = f"the id {record.id!r} is taken by an article with another text"
        return Reject.of(record.file, record.record, reason, record.text)
    read = _repaired(record) if options.fix_encoding else record
    cleaned = Cleaned(read) if options.keep_debris else clean(read)
    if not cleaned.article.text:
        return Reject.of(record.file, record.record, "nothing but debris", record.text)
    known[record.id] = digest
    article = cleaned.article
    if not article.language:
        article = replace(article, language=detect(f"{article.title}\n{article.text}"))
    other = bool(options.languages) and article.language not in options.languages
    aside = f"language is {article.language}" if other else ""
    return _Row(replace(cleaned, article=article), aside, digest, read is not record)


def _repaired(article: Article) -> Article:
    import ftfy

    title, text = ftfy.fix_encoding(article.title), ftfy.fix_encoding(article.text)
    same = (title, text) == (article.title, article.text)
    return article if same else replace(article, title=title, text=text)


def _write(folder: Path, number: int, batch: list[_Row], options: Options, counts: Added) -> None:
    """Write a part, and count what it holds."""
    if not options.keep_debris:
        stripped = without_boilerplate([row.cleaned for row in batch])
        batch = [replace(row, cleaned=one) for row, one in zip(batch, stripped, strict=True)]
    for row in batch:
        counts.aside += bool(row.aside)
        counts.added += not row.aside
        counts.repaired += row.repaired
        for gone in row.cleaned.removed:
            counts.removed[gone.reason] = counts.removed.get(gone.reason, 0) + 1
    units = [
        unit
        for row in batch
        if not row.aside
        for unit in cut(
            row.cleaned.article,
            kind=options.kind,
            context=options.context,
            size=options.size,
            stride=options.stride,
        )
    ]
    counts.units += len(units)
    schema = UNIT_FEATURES.arrow_schema
    schema = schema.remove(schema.get_field_index("cluster"))
    _publish(folder / "units", number, _columns(units, schema))
    rows = [_stored(row) for row in batch]
    table = pa.Table.from_pylist(rows, schema=ARTICLE_FEATURES.arrow_schema)
    _publish(folder / "articles", number, table)


def _columns(units: list[Unit], schema: pa.Schema) -> pa.Table:
    columns = [pa.array([getattr(unit, one.name) for unit in units], one.type) for one in schema]
    return pa.table(columns, schema=schema)


def _publish(folder: Path, number: int, table: pa.Table) -> None:
    with publish(folder / f"{number:05}.parquet") as aside:
        parquet.write_table(table, aside, compression="zstd")


def _stored(row: _Row) -> dict[str, Any]:
    article = row.cleaned.article
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "published": article.published,
        "url": article.url,
        "language": article.language,
        "byline": row.cleaned.byline,
        "dateline": row.cleaned.dateline,
        "meta": json.dumps(article.meta, ensure_ascii=False, default=str),
        "removed": json.dumps([asdict(gone) for gone in row.cleaned.removed], ensure_ascii=False),
        "aside": row.aside,
        "hash": row.digest,
        "signature": signature(article.text),
        "fingerprint": fingerprint(article.text),
    }


def _parts(folder: Path) -> list[Path]:
    """Give the parts that count: those whose articles file is there."""
    return sorted((folder / "articles").glob("[0-9]*.parquet"))


def _tables(folder: Path, name: str, columns: list[str]) -> pa.Table:
    parts = _parts(folder)
    if not parts:
        raise StudyError(folder, "the corpus is empty", "add articles with: standfirst corpus add")
    paths = [folder / name / part.name for part in parts]
    return pa.concat_tables(parquet.read_table(path, columns=columns) for path in paths)


def _known(folder: Path) -> dict[str, str]:
    known: dict[str, str] = {}
    for part in _parts(folder):
        table = parquet.read_table(part, columns=["id", "hash"])
        known.update(zip(table["id"].to_pylist(), table["hash"].to_pylist(), strict=True))
    return known


def _cluster(folder: Path) -> int:
    """Find the near-duplicates of the whole corpus, and tell how many copies there are."""
    parts = _parts(folder)
    if not parts:
        return 0
    columns = ["id", "signature", "fingerprint"]
    table = pa.concat_tables(parquet.read_table(part, columns=columns) for part in parts)
    ids = table["id"].to_pylist()
    found = clusters(
        ids,
        table["signature"].to_pylist(),
        _Texts(parts, ids),
        fingerprints=table["fingerprint"].to_pylist(),
    )
    names = sorted(found)
    rows = {"article_id": names, "cluster": [found[name] for name in names]}
    schema = pa.schema([("article_id", pa.string()), ("cluster", pa.string())])
    with publish(folder / "clusters.parquet") as aside:
        parquet.write_table(pa.table(rows, schema=schema), aside, compression="zstd")
    return len(found) - len(set(found.values()))


class _Texts:
    """Texts by id, with the parts that were asked for last kept in memory."""

    def __init__(self, parts: list[Path], ids: list[str]) -> None:
        self._parts = parts
        self._at = {name: index for index, name in enumerate(ids)}
        self._sizes = [parquet.read_metadata(part).num_rows for part in parts]
        self._firsts = list(accumulate(self._sizes, initial=0))
        self._read = lru_cache(maxsize=8)(self._part)

    def __call__(self, name: str) -> str:
        at = self._at[name]
        part = bisect_right(self._firsts, at) - 1
        return str(self._read(part)[at - self._firsts[part]])

    def _part(self, number: int) -> pa.ChunkedArray:
        return parquet.read_table(self._parts[number], columns=["text"])["text"]


def _dataset(table: pa.Table, features: Features) -> Dataset:
    return Dataset(
        InMemoryTable(table.cast(features.arrow_schema)), info=DatasetInfo(features=features)
    )
