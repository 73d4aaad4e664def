"""Ready units, as `corpus units` gives them: each record is one unit, and is tagged as it is.

They come record by record, or (from Parquet, see `unit_columns`) many at once; here they are
collected into blocks of the size of all blocks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...corpus import Article, Reject, content_id
from .tags import UNIT_COLUMNS
from .units import ABOUT, OF_ARTICLE, Block

__all__ = ["Rows", "about_of", "tell_apart", "unit_blocks"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some ready units."""

    units: pa.Table
    """The columns of `UNIT_COLUMNS`, and of the context that the model needs."""
    about: pa.Table
    """What is known of each unit's article, the columns of `ABOUT`."""

    def slice(self, start: int, n: int) -> "Rows":
        """Return some of them."""
        return Rows(self.units.slice(start, n), self.about.slice(start, n))


def unit_blocks(
    records: Iterable[Rows | Article | Reject],
    needs: Sequence[str],
    rejected: Callable[[Reject], None],
    read: Callable[[int], None],
    *,
    most: int,
    longest: int,
) -> Iterator[Block]:
    """Collect ready units into blocks.

    Parameters
    ----------
    records
        What `read_units` or `corpus.read_articles` yields.
    needs
        The columns of context that the model wants.
    rejected
        Takes the records of no use.
    read
        Called with how many records were read since the last call.
    most, longest
        Units in a block, and characters in its texts together; the unit that reaches them is its
        last.
    """
    block = _Filling(needs, most, longest)
    for record in records:
        if isinstance(record, Reject):
            read(1)
            rejected(record)
            continue
        rest: Rows | Article | None = record
        while rest is not None:
            before = block.n_units
            rest = block.take(rest)
            read(block.n_units - before)
            if block.full:
                yield block.empty()
    if block.n_units:
        yield block.empty()


def tell_apart(block: Block, seen: set[str]) -> Block:
    """Give equal texts of one article an id each, where their ids were made of them.

    The first keeps its id; an id that the user gave is never changed.

    Parameters
    ----------
    block
        Some units.
    seen
        Ids of the units before them; those of the block are added.
    """
    ids: list[str] = block.units["unit_id"].to_pylist()
    different = set(ids)
    if len(different) < len(ids) or not seen.isdisjoint(different):
        columns = (block.units["article_id"], block.about["title"], block.units["text"])
        rows = zip(ids, *(column.to_pylist() for column in columns), strict=True)
        for at, (name, article, title, text) in enumerate([*rows]):
            made = (content_id(article, "row", text), content_id(title, text))
            if name in seen and name in made:
                others = (content_id(article, "row", text, str(nth)) for nth in count(1))
                ids[at] = next(other for other in others if other not in seen)
            seen.add(ids[at])
        place = block.units.schema.get_field_index("unit_id")
        units = block.units.set_column(place, "unit_id", pa.array(ids, pa.string()))
        return replace(block, units=units)
    seen |= different
    return block


@dataclass(slots=True)
class _Filling:
    """A block that is being filled."""

    needs: Sequence[str]
    most: int
    longest: int
    n_units: int = 0
    size: int = 0
    _parts: list[Rows] = field(default_factory=list)
    _articles: list[Article] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Return whether nothing more may be taken."""
        return self.n_units >= self.most or self.size >= self.longest

    def take(self, record: Rows | Article) -> Rows | None:
        """Take what there is room for, and give the rest."""
        if isinstance(record, Article):
            self._articles.append(record)
            self.n_units += 1
            self.size += len(record.text)
            return None
        sizes = np.cumsum(pc.utf8_length(record.units["text"]).to_numpy())
        fits = int(np.searchsorted(sizes, self.longest - self.size)) + 1
        n = min(len(sizes), self.most - self.n_units, fits)
        self._close()
        self._parts.append(record.slice(0, n))
        self.n_units += n
        self.size += int(sizes[n - 1])
        return record.slice(n, len(sizes) - n) if n < len(sizes) else None

    def empty(self) -> Block:
        """Return the block, and begin another."""
        self._close()
        units = pa.concat_tables([rows.units for rows in self._parts]).combine_chunks()
        about = pa.concat_tables([rows.about for rows in self._parts]).combine_chunks()
        self._parts, self.n_units, self.size = [], 0, 0
        return Block(about, units, np.arange(len(units)))

    def _close(self) -> None:
        if self._articles:
            self._parts.append(_of_records(self._articles, self.needs))
            self._articles = []


def _of_records(articles: Sequence[Article], needs: Sequence[str]) -> Rows:
    """Take each record as one unit, with the ids, offsets and context that it brings."""
    columns = dict(zip(UNIT_COLUMNS, zip(*map(_unit, articles), strict=True), strict=True))
    for name in needs:
        columns[name] = tuple(
            article.title if name == "title" else str(article.meta.get(name) or "")
            for article in articles
        )
    units = pa.table(
        [pa.array(values, UNIT_COLUMNS.get(name, pa.string())) for name, values in columns.items()],
        names=list(columns),
    )
    known = {name: [getattr(article, name) for article in articles] for name in OF_ARTICLE}
    known |= {
        "file": [article.file for article in articles],
        "record": [article.record for article in articles],
    }
    return Rows(units, about_of(units["article_id"].combine_chunks(), known))


def about_of(article_ids: pa.Array, known: Mapping[str, Any]) -> pa.Table:
    """Return the columns of `ABOUT`."""
    columns = {**known, "article_id": article_ids, "aside": pa.repeat("", len(article_ids))}
    return pa.table([pa.array(columns[column.name], column.type) for column in ABOUT], schema=ABOUT)


def _unit(article: Article) -> tuple[str, str, int, int, str]:
    meta = article.meta
    unit_id = meta.get("unit_id") or (article.id if meta.get("article_id") else "")
    start, end = _offset(meta.get("start")), _offset(meta.get("end"))
    if start is None or end is None:
        start, end = 0, len(article.text)
    return (
        str(unit_id) or content_id(article.id, "row", article.text),
        str(meta.get("article_id") or article.id),
        start,
        end,
        article.text,
    )


def _offset(value: Any) -> int | None:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 2**31 else None
