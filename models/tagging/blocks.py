"""Tagging articles: made ready as a study does, cut, tagged block by block, in bounded memory.

Nothing here knows of shards or engines: `tag_blocks` takes records and gives tagged blocks. A text
that breaks a stage, the model included, is set aside, and the others go on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TypeVar, cast

import numpy as np
import pyarrow as pa

from ...corpus import Article, Reject, content_id
from ...corpus.preparation import UNITS, Preparation
from ..about import About
from ..predictor import Predictor
from .ready_units import Rows, tell_apart, unit_blocks
from .tags import tag_schema, tag_units
from .tallies import Marks, label_counts, tally
from .units import Block, make_units

P = TypeVar("P", bound=Predictor)

__all__ = ["Counts", "Tagged", "preparation_of", "tag_blocks", "with_preparation"]

ARTICLES = 2_000
"""Articles that are made ready at once; boilerplate is looked for among them."""

CHARACTERS = 8_000_000
"""Or fewer, when their texts are longer than this together."""

BATCH = 4_096
"""Units that are tagged at once, about."""


@dataclass(slots=True)
class Counts:
    """What went in and came out; it grows while tagging runs.

    Each record that was read is in exactly one of `articles`, `aside`, `duplicates` and `rejects`.
    """

    read: int = 0
    """Records that were read."""
    articles: int = 0
    """Articles that were tagged."""
    aside: int = 0
    """Articles in a language that the study does not keep."""
    duplicates: int = 0
    """Articles that had been read before, with the same id and text."""
    units: int = 0
    """Units that were tagged."""
    rejects: list[Reject] = field(default_factory=list)
    """Records that could not be used."""
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    """Dimension to label to number of units."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A block of articles with their answers."""

    block: Block
    """The articles and their units."""
    tags: pa.Table
    """The answers, one row a unit; the columns of `tags.tag_schema`."""
    tallies: pa.Table
    """The counts, one row an article; see `tallies`."""


def preparation_of(about: About, unit: str) -> Preparation:
    """Return how a model's study made articles ready; without a study, cut as its codebook says.

    Raises
    ------
    TypeError, ValueError, UnknownNameError
        What the model's manifest says is damaged.
    """
    usual = unit if unit in UNITS else "sentence"
    known = about.preparation or {}
    return Preparation.from_json(known, unit=usual, languages=(), near_duplicates=False)


def with_preparation(model: P, preparation: Preparation | None) -> P:
    """Note in a model how its study made articles ready, for `preparation_of`."""
    if preparation is None:
        return model
    return replace(model, about=replace(model.about, preparation=preparation.as_json()))


def tag_blocks(
    model: Predictor,
    records: Iterable[Article | Reject | Rows],
    counts: Counts,
    preparation: Preparation,
    *,
    abstain_below: float = 0.0,
    text: bool = True,
) -> Iterator[Tagged]:
    """Make records ready and tag them, block by block.

    Parameters
    ----------
    model
        The model.
    records
        What `corpus.read_articles` yields, or of ready units (where the unit is a row) also what
        `read_units` does.
    counts
        Is filled as the blocks are taken.
    preparation
        How articles are made ready.
    abstain_below
        Answers with less confidence are left out.
    text
        Whether sentences are quoted in the tallies.
    """
    blocks: Iterator[tuple[Block, Marks]]
    if preparation.unit == "row":
        blocks = _ready(model, records, counts)
    else:
        blocks = _made(model, cast("Iterable[Article | Reject]", records), counts, preparation)
    for made, marks in blocks:
        block, tags, rejects = _answered(model, made, abstain_below)
        counts.rejects += rejects
        tallies = tally(block, tags, marks, model.dimensions, text=text)
        _count(counts, model, block, tallies)
        yield Tagged(block, tags, tallies)


def _made(
    model: Predictor, records: Iterable[Article | Reject], counts: Counts, preparation: Preparation
) -> Iterator[tuple[Block, Marks]]:
    """Make articles ready, block by block."""
    for articles, marks in _blocks(records, counts):
        block, rejects = make_units(articles, preparation, model.needs)
        counts.rejects += rejects
        yield block, marks.__getitem__


def _ready(
    model: Predictor, records: Iterable[Article | Reject | Rows], counts: Counts
) -> Iterator[tuple[Block, Marks]]:
    """Collect ready units; the same article may come again, in this shard or another."""
    seen: set[str] = set()

    def read(n_records: int) -> None:
        counts.read += n_records

    for block in unit_blocks(
        records, model.needs, counts.rejects.append, read, most=ARTICLES, longest=CHARACTERS
    ):
        yield tell_apart(block, seen), lambda name: (_hash(name), 0)


def _blocks(
    records: Iterable[Article | Reject], counts: Counts
) -> Iterator[tuple[list[Article], dict[str, tuple[int, int]]]]:
    """Collect articles, and leave out those that were read before."""
    seen: dict[int, int] = {}
    articles: list[Article] = []
    marks: dict[str, tuple[int, int]] = {}
    size = 0
    for record in records:
        counts.read += 1
        if isinstance(record, Reject):
            counts.rejects.append(record)
            continue
        mark, digest = _hash(record.id), int(content_id(record.title, record.text), 16)
        if mark in seen:
            if seen[mark] == digest:
                counts.duplicates += 1
            else:
                counts.rejects.append(taken(record))
            continue
        seen[mark] = digest
        marks[record.id] = mark, digest
        articles.append(record)
        size += len(record.text)
        if len(articles) >= ARTICLES or size >= CHARACTERS:
            yield articles, marks
            articles, marks, size = [], {}, 0
    if articles:
        yield articles, marks


def taken(article: Article) -> Reject:
    """Make the reject of an article whose id belongs to another text."""
    reason = f"the id is taken by an article with another text: {article.id!r}"
    return Reject.of(article.file, article.record, reason, article.text)


def _count(counts: Counts, model: Predictor, block: Block, tallies: pa.Table) -> None:
    for dimension in model.dimensions:
        totals = counts.labels.setdefault(dimension.id, dict.fromkeys(dimension.label_ids, 0))
        label_totals = label_counts(tallies, dimension).tolist()
        for label, n in zip(dimension.label_ids, label_totals, strict=True):
            totals[label] += n
    n_aside = int(np.count_nonzero(block.about["aside"].to_numpy() != ""))
    counts.aside += n_aside
    counts.articles += len(block.about) - n_aside
    counts.units += len(block.units)


def _answered(
    model: Predictor, block: Block, abstain_below: float
) -> tuple[Block, pa.Table, list[Reject]]:
    """Tag the units of a block, and set aside the articles that the model breaks on."""
    rejects: list[Reject] = []
    n_units = np.bincount(block.owner, minlength=len(block.about))
    ends = np.cumsum(n_units)
    tables, lost = [], []
    first = 0
    while first < len(ends):
        begin = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, begin + BATCH, side="right")), first + 1)
        part = block.units.slice(begin, int(ends[last - 1]) - begin)
        try:
            tables.append(tag_units(model, part, abstain_below=abstain_below))
        except Exception:  # noqa: BLE001 - the article that breaks it is looked for
            for at in range(first, last):
                begin = int(ends[at - 1]) if at else 0
                part = block.units.slice(begin, int(n_units[at]))
                try:
                    tables.append(tag_units(model, part, abstain_below=abstain_below))
                except Exception as error:  # noqa: BLE001 - and set aside
                    rejects.append(block.reject(at, "the model", error))
                    lost.append(at)
        first = last
    tags = pa.concat_tables(tables) if tables else tag_schema(model).empty_table()
    return (block.without(lost) if lost else block), tags, rejects


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
