"""The end of a run: copies across shards, articles, rejects, and counts that must add up.

Everything here is made from what the tasks left, in the order of the plan, and can be done again:
a run that is killed in its last step does that step again. What is held in memory of an article is
two hashes; near-duplicates, where the study looks for them, need their signatures too.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ....labels.codebook.codebook import Dimension
from ...labelled.familiar_words import FamiliarWords
from ...tagging.tallies import label_counts, merge, shares, tally_schema, without_units
from ..task import Done, shard
from .copies import find_copies
from .leftovers import Census, Leftovers, take_census, write_rejects
from .shards import copy_shards

__all__ = ["Summary", "finish"]


class Summary(msgspec.Struct):
    """What went in and came out of a run; the content of ``_SUCCESS``."""

    records: int = 0
    """Records that were read; the sum of the next four."""
    articles: int = 0
    """Articles that were tagged."""
    aside: int = 0
    """Articles in languages that the study does not keep."""
    duplicates: int = 0
    """Articles that had been read before, with the same id and text; left out."""
    rejects: int = 0
    """Records that could not be used."""
    units: int = 0
    """Units that were tagged."""
    copies: int = 0
    """Articles that are near-duplicates of another one, beyond the first; tagged all the same."""
    shards: int = 0
    """Output shards."""
    first_reject: str = ""
    """Where the first reject stood, and why."""
    labels: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    """Dimension to label to number of units."""
    answered: dict[str, int] = msgspec.field(default_factory=dict)
    """Dimension to the number of units that were answered: asked, and not abstained on."""
    notes: list[str] = msgspec.field(default_factory=list)
    """What should be known before the tags are counted; see `tagging.coded_shares`."""
    seconds: float = 0.0
    """How long the last run took."""
    words: int = 0
    """Words that were looked at, of the first articles of each shard; 0 where the model cannot
    tell, as it is of before, or learned from too little."""
    new_words: int = 0
    """How many of them the model had not met in training."""
    usual: float = 0.0
    """Share of new words that is usual among the articles of training."""
    unlike: bool = False
    """Whether the articles are unlike those of training; if not, nothing is known for it."""
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    """Language to how many of the first articles of each shard are in it, as detected."""
    stages: dict[str, int] = msgspec.field(default_factory=dict)
    """Stage of a cascade to the units that it answered, those of copies included; the fastest
    first."""


def finish(left: Leftovers, dimensions: Sequence[Dimension], single: Path | None) -> Summary:
    """Make the files of the whole run from those of its tasks.

    Parameters
    ----------
    left
        What the tasks left; all of them are done.
    dimensions
        What was answered.
    single
        Where the shards are joined into one file; None leaves them as they are.

    Raises
    ------
    RuntimeError
        The counts do not add up, which would be a bug.
    """
    done, preparation = left.done.values(), left.job.preparation
    units = preparation.unit == "row"
    census = take_census(left)
    wanted = preparation.near_duplicates and not units
    clusters = find_copies(left.folder, left.n_tasks, census.left_out) if wanted else {}
    summary = Summary(
        records=sum(task.read for task in done),
        duplicates=sum(task.duplicates for task in done),
        shards=len(done),
        copies=len(clusters) - len(set(clusters.values())),
        labels={dimension.id: dict.fromkeys(dimension.label_ids, 0) for dimension in dimensions},
        answered=dict.fromkeys((dimension.id for dimension in dimensions), 0),
    )
    _compare_words(summary, done)
    for task in done:
        for name, n in task.stages.items():
            summary.stages[name] = summary.stages.get(name, 0) + n
        for code, n in task.languages.items():
            summary.languages[code] = summary.languages.get(code, 0) + n
    # The units of an article that is in several shards all stay; an article that was read
    # twice goes.
    dropped = {} if units else {k: _ids(left, k, rows) for k, rows in census.left_out.items()}
    later = _later(left, census, clusters) if preparation.keep == "first" else {}
    for number, rows in later.items():
        dropped.setdefault(number, []).extend(_ids(left, number, list(rows)))
    n_written = _write_shards(left, dropped, single)
    _Articles(left, dimensions, census, clusters, later).write(summary, join=units)
    if units:
        summary.articles = sum(task.articles for task in done)
    else:
        summary.duplicates += census.n_duplicates
    clashes = [] if units else census.clashes
    summary.rejects, summary.first_reject = write_rejects(left, clashes)
    n_records = summary.articles + summary.aside + summary.duplicates + summary.rejects
    if summary.records != n_records or summary.units != n_written:
        raise RuntimeError(f"the counts do not add up: {summary}; {n_written} units written")
    return summary


def _compare_words(summary: Summary, done: Collection[Done]) -> None:
    first = next((task for task in done if task.words), None)
    if first is None:
        return
    summary.words = sum(task.words for task in done)
    summary.new_words = sum(task.new_words for task in done)
    summary.usual = first.usual
    familiar = FamiliarWords(frozenset(), first.usual, first.most)
    summary.unlike = familiar.unlike(summary.words, summary.new_words)


def _ids(left: Leftovers, number: int, rows: list[int]) -> list[str]:
    ids = left.tally(number, ["article_id"])["article_id"]
    return [str(article_id) for article_id in ids.take(rows).to_pylist()]


def _later(
    left: Leftovers, census: Census, clusters: Mapping[str, str]
) -> dict[int, dict[int, str]]:
    """Return the rows of near-duplicates behind the first, by shard, with the first one's id."""
    first: dict[str, str] = {}
    later: dict[int, dict[int, str]] = {}
    for number in range(left.n_tasks):
        gone = set(census.left_out.get(number, ()))
        for row, name in enumerate(left.tally(number, ["article_id"])["article_id"]):
            article_id = name.as_py()
            if article_id in clusters and row not in gone:
                kept = first.setdefault(clusters[article_id], article_id)
                if kept != article_id:
                    later.setdefault(number, {})[row] = kept
    return later


def _write_shards(left: Leftovers, dropped: Mapping[int, list[str]], single: Path | None) -> int:
    """Leave copies out of shards, or join all shards; return the number of units written."""
    form = left.job.form

    def opened(numbers: Sequence[int]) -> Iterator[tuple[Any, list[str]]]:
        for number in numbers:
            with left.folder.open(shard(number, form)) as stream:
                yield stream, dropped.get(number, [])

    if single is not None:
        return copy_shards(form, opened(range(left.n_tasks)), single)
    n_written = sum(_n_units(left, number) for number in left.done if number not in dropped)
    for number in sorted(dropped):
        with left.folder.publish(shard(number, form)) as path:
            n_written += copy_shards(form, opened([number]), path)
    return n_written


def _n_units(left: Leftovers, number: int) -> int:
    """Count the units of a shard, in the shard itself where that is cheap."""
    if left.job.form != ".parquet":
        return left.done[number].units
    with left.folder.open(shard(number, left.job.form)) as stream:
        return int(parquet.read_metadata(stream).num_rows)


@dataclass(frozen=True, slots=True)
class _Articles:
    """The table of articles, made shard by shard."""

    left: Leftovers
    dimensions: Sequence[Dimension]
    census: Census
    clusters: Mapping[str, str]
    later: Mapping[int, dict[int, str]]

    def write(self, summary: Summary, *, join: bool) -> None:
        """Write it, and count what it holds."""
        schema = tally_schema(self.dimensions, text=self.left.job.text)
        empty = shares(schema.empty_table(), pa.array([], pa.string()), self.dimensions)
        with (
            self.left.folder.publish("articles.parquet") as path,
            parquet.ParquetWriter(path, empty.schema, compression="zstd") as writer,
        ):
            for number in range(self.left.n_tasks):
                table = self._kept(number, self.left.tally(number), schema, join=join)
                n_aside = int(np.count_nonzero(table["aside"].to_numpy() != ""))
                summary.aside += n_aside
                summary.articles += len(table) - n_aside
                summary.units += int(table["n_units"].to_numpy().sum())
                for dimension in self.dimensions:
                    totals = summary.labels[dimension.id]
                    counts = label_counts(table, dimension).tolist()
                    for label, n in zip(dimension.label_ids, counts, strict=True):
                        totals[label] += n
                    n_answered = int(table[f"{dimension.id}_n"].to_numpy().sum())
                    summary.answered[dimension.id] += n_answered
                ids = table["article_id"].to_pylist()
                named = pa.array(
                    [self.clusters.get(article_id, article_id) for article_id in ids], pa.string()
                )
                writer.write_table(shares(table, named, self.dimensions))

    def _kept(self, number: int, table: pa.Table, schema: pa.Schema, *, join: bool) -> pa.Table:
        """Leave out the rows that are written elsewhere, and join those that come here first."""
        if join:
            firsts = [first for first in self.census.places if first[0] == number]
            for first in firsts:
                rows = pa.concat_tables([self._row(at) for at in self.census.places[first]])
                joined = pa.Table.from_pylist([merge(rows, self.dimensions)], schema=schema)
                table = pa.concat_tables(
                    [table.slice(0, first[1]), joined, table.slice(first[1] + 1)]
                )
        table = without_units(table, self.later.get(number, {}))
        if number not in self.census.left_out:
            return table
        kept = np.ones(len(table), bool)
        kept[self.census.left_out[number]] = False
        return table.filter(pa.array(kept))

    def _row(self, row: tuple[int, int]) -> pa.Table:
        return self.left.tally(row[0]).slice(row[1], 1)
