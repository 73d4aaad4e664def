"""Run one shard task: read its pieces, tag them, write one shard, whole or not at all.

A task writes the shard itself and, in the folder ``_parts``, what the end of the run needs: the
tally of its articles, its rejects, what copies are recognised by (where they are looked for), and
last its counts. Each file gets its name when it is whole. A task is done when its counts are there.
Whoever runs a task again writes the same; so it does no harm when two engines, or a run and the
remains of one that was killed, run it at once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ...corpus import Article, Fields, Reject
from ...corpus.cleaning.language import detect
from ...corpus.near_duplicates.sketch import sketch
from ...corpus.preparation import Preparation
from ...files import dump_json
from ...tables import FORMATS
from ..cascade.folder import load_cascade
from ..model import Model
from ..predictor import Predictor
from ..tagging.blocks import Counts, Tagged, tag_blocks
from ..tagging.ready_units import Rows
from ..tagging.tags import tag_schema
from ..tagging.tallies import tally_schema
from .inputs.pieces import Lines, Piece, read_piece
from .inputs.plan import Task
from .inputs.unit_columns import read_units
from .output import Folder, open_folder

__all__ = [
    "COPIES",
    "PARTS",
    "Count",
    "Done",
    "Job",
    "done_tasks",
    "load_model",
    "part",
    "run_task",
    "shard",
]

_LOOKED_AT = 50
"""Articles of a task whose words and languages are compared with those of training."""

PARTS = "_parts"
"""The folder of what is needed until the run ends."""

COPIES = pa.schema(
    [
        ("id", pa.string()),
        ("signature", pa.binary()),
        ("fingerprint", pa.binary()),
        ("text", pa.string()),
    ]
)
"""What near-duplicates are recognised by."""

Count = Callable[[int, int, int], None]
"""Takes how many records were read, units tagged and records rejected since the last call."""


class Job(msgspec.Struct, frozen=True):
    """What all tasks of a run have in common."""

    model: str
    """Folder of the model."""
    version: str
    """The model's version, as it is written in every row."""
    out: str
    """Folder or URL of the output."""
    form: str
    """Suffix of the shards, one of `tables.FORMATS`."""
    preparation: Preparation
    """How articles are made ready."""
    fields: Fields
    """The columns that the user named."""
    abstain_below: float
    """Answers with less confidence are left out."""
    text: bool
    """Whether texts are written."""
    cascade: float | None = None
    """The share of units that must get the model's own answer, where its students answer what they
    are sure of; None where the model answers everything."""


class Done(msgspec.Struct, frozen=True):
    """The counts of one task."""

    number: int
    """Number of the shard."""
    read: int
    """Records that were read; the sum of the next four."""
    articles: int
    """Articles that were tagged."""
    aside: int
    """Articles in other languages."""
    duplicates: int
    """Articles that the task had read before."""
    rejects: int
    """Records that could not be used."""
    units: int
    """Units that were tagged."""
    lines: int
    """Lines of the range, where the numbers of later ones rest on them."""
    words: int = 0
    """Words of its first articles."""
    new_words: int = 0
    """How many of them the model had not met in training."""
    usual: float = 0.0
    """Share of such words that is usual among the training articles."""
    most: float = 0.0
    """The largest such share among them."""
    stages: dict[str, int] = {}
    """Stage of a cascade to the units that it answered."""
    languages: dict[str, int] = {}
    """Language to how many of its first articles are in it."""


def load_model(folder: Path, cascade: float | None) -> Predictor:
    """Load what answers: a model, with its students before it where a rate says that they may.

    Parameters
    ----------
    folder
        Where the model is.
    cascade
        As in `Job`.
    """
    return Model.load(folder) if cascade is None else load_cascade(folder, cascade)


def shard(number: int, form: str) -> str:
    """Name a shard."""
    return f"tags/{number:05}{form}"


def part(number: int, name: str) -> str:
    """Name what a task leaves for the end of the run."""
    return f"{PARTS}/{number:05}.{name}"


def run_task(job: Job, model: Predictor, task: Task, count: Count | None = None) -> Done:
    """Run a task.

    Parameters
    ----------
    job
        What all tasks have in common.
    model
        The model, loaded.
    task
        What is read.
    count
        Called after each block of articles.
    """
    folder, counts, lines = open_folder(job.out), Counts(), Lines()
    records = (record for piece in task.pieces for record in _records(job, model, piece, lines))
    n_rejects = 0
    with ExitStack() as stack:
        writes = _Writes(job, model, task.number, folder, stack)
        begun = (0, 0, 0)
        stages: Counter[str] = Counter()
        looked = _Looked(model)
        blocks = tag_blocks(
            model, records, counts, job.preparation, abstain_below=job.abstain_below, text=job.text
        )
        for tagged in blocks:
            writes.block(tagged)
            looked.at(tagged)
            if model.stages:
                stages.update(tagged.tags["stage"].to_pylist())
            n_rejects += writes.rejects(counts)
            now = (counts.read, counts.units, n_rejects)
            if count is not None:
                count(*(after - before for after, before in zip(now, begun, strict=True)))
            begun = now
        n_rejects += writes.rejects(counts)
    done = Done(
        task.number,
        counts.read,
        counts.articles,
        counts.aside,
        counts.duplicates,
        n_rejects,
        counts.units,
        lines.n,
        looked.words,
        looked.new_words,
        model.familiar.usual if model.familiar else 0.0,
        model.familiar.most if model.familiar else 0.0,
        {name: stages[name] for name in model.stages},
        dict(sorted(looked.languages.items())),
    )
    with folder.publish(part(task.number, "json")) as path:
        path.write_bytes(msgspec.json.encode(done))
    return done


def _records(
    job: Job, model: Predictor, piece: Piece, lines: Lines
) -> Iterator[Article | Reject | Rows]:
    order, languages = job.fields.order or piece.order, job.preparation.languages
    fields = replace(job.fields, order=order, languages=languages)
    if job.preparation.unit == "row":
        return read_units(piece, fields, lines, model.needs)
    return read_piece(piece, fields, lines)


class _Looked:
    """A task's first articles: their languages, and the words that the model had not met."""

    def __init__(self, model: Predictor) -> None:
        self._familiar, self._expected = model.familiar, model.about.languages
        self._left = _LOOKED_AT
        self.words = self.new_words = 0
        self.languages: Counter[str] = Counter()

    def at(self, tagged: Tagged) -> None:
        """Look at a block, as far as there is still something to look at."""
        if not self._left:
            return
        n_units = int(np.searchsorted(tagged.block.owner, self._left))
        self._left -= min(self._left, len(tagged.block.about))
        looked = tagged.tags.slice(0, n_units)
        texts = looked["text"].to_pylist()
        # Of ready units each is an article of its own here; a sentence alone tells too little.
        joined: dict[str, list[str]] = {}
        for article, text in zip(looked["article_id"].to_pylist(), texts, strict=True):
            joined.setdefault(article, []).append(text)
        self.languages.update(detect(" ".join(some), self._expected) for some in joined.values())
        if self._familiar is not None:
            n_words, n_new = self._familiar.count(texts)
            self.words += n_words
            self.new_words += n_new


class _Writes:
    """The files of a task, open; they get their names when the stack closes."""

    def __init__(
        self, job: Job, model: Predictor, number: int, folder: Folder, stack: ExitStack
    ) -> None:
        self._job = job
        rejects = stack.enter_context(folder.publish(part(number, "rejects.jsonl")))
        self._rejects = stack.enter_context(rejects.open("w", encoding="utf-8", newline="\n"))
        self._copies: parquet.ParquetWriter | None = None
        if job.preparation.near_duplicates and job.preparation.unit != "row":
            path = stack.enter_context(folder.publish(part(number, "copies.parquet")))
            self._copies = stack.enter_context(_parquet(path, COPIES))
        schema = tally_schema(model.dimensions, text=job.text)
        path = stack.enter_context(folder.publish(part(number, "tally.parquet")))
        self._tallies = stack.enter_context(_parquet(path, schema))
        path = stack.enter_context(folder.publish(shard(number, job.form)))
        self._schema = out_schema(job, model)
        self._tags = stack.enter_context(FORMATS[job.form](path, self._schema))

    def block(self, tagged: Tagged) -> None:
        """Write a block."""
        tags = tagged.tags if self._job.text else tagged.tags.drop_columns(["text"])
        version = pa.repeat(pa.scalar(self._job.version, pa.string()), len(tags))
        self._tags(tags.append_column("model_version", version))
        self._tallies.write_table(tagged.tallies)
        if self._copies is not None:
            texts = tagged.block.texts
            ids = tagged.block.about["article_id"].combine_chunks()
            columns: list[Any] = [ids, *sketch(texts).rows(), texts]
            self._copies.write_table(pa.table(columns, schema=COPIES))

    def rejects(self, counts: Counts) -> int:
        """Write the rejects since the last time, and return their number."""
        n_rejects = len(counts.rejects)
        self._rejects.writelines(
            dump_json(asdict(reject), indent=None) + "\n" for reject in counts.rejects
        )
        counts.rejects.clear()
        return n_rejects


def out_schema(job: Job, model: Predictor) -> pa.Schema:
    """Return the columns of a shard."""
    fields = [field for field in tag_schema(model) if job.text or field.name != "text"]
    return pa.schema([*fields, pa.field("model_version", pa.string())])


def _parquet(path: Path, schema: pa.Schema) -> AbstractContextManager[parquet.ParquetWriter]:
    writer: AbstractContextManager[parquet.ParquetWriter] = parquet.ParquetWriter(
        path, schema, compression="zstd"
    )
    return writer


def done_tasks(folder: Folder) -> Iterator[int]:
    """Yield the numbers of the tasks that are done."""
    for name in folder.names(PARTS):
        number, _, rest = name.partition(".")
        if rest == "json" and number.isdigit():
            yield int(number)
