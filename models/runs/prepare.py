"""What can be known of a run before it begins: what is refused, what is left, how long it takes.

A run is prepared from the command line and what lies in its folder; nothing is written.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ...corpus import Article, Reject
from ...errors import ExistsError, UnknownNameError
from ...labels.codebook.codebook import Dimension
from ...tables import FORMATS
from ...tables.foreign import holds_names, refuse_foreign
from ..cascade.folder import Cascaded
from ..tagging.blocks import Counts, tag_blocks
from .ending.finish import Summary
from .inputs.pieces import Lines, read_piece
from .inputs.plan import Input, Plan, Task, inputs_of, plan
from .manifest import MANIFEST, Options, bound, describe, manifest_of, preparation_for
from .output import Folder, open_folder
from .task import PARTS, Job, done_tasks, load_model

__all__ = ["PLAN", "Pace", "Prepared", "State", "pace_of", "prepare"]

_OURS = ("unit_id", "model_version")
"""Columns of all tags."""

_ARTICLES = 40
_LONGEST = 3.0
_OVERHEAD = 1.15

PLAN = f"{PARTS}/plan.json"
"""The tasks, as they were when the run began."""


@dataclass(slots=True)
class State:
    """How far a run has come."""

    shards: int = 0
    """Shards that are done, in this run or before."""
    read: int = 0
    """Records that were read in this run."""
    units: int = 0
    """Units that were tagged in this run."""
    rejects: int = 0
    """Records that were rejected in this run."""
    begun: float = 0.0
    """When it began, by `time.monotonic`."""

    def line(self, n_shards: int) -> str:
        """Say it in words."""
        spent = max(time.monotonic() - self.begun, 1e-9)
        return (
            f"{self.shards}/{n_shards} shards, {self.read / spent:,.0f} articles/s, "
            f"{self.units / spent:,.0f} units/s, {self.rejects:,} rejects"
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that can begin."""

    job: Job
    """What the tasks have in common."""
    plan: Plan
    """The tasks."""
    dimensions: tuple[Dimension, ...]
    """What is answered."""
    metrics: Mapping[str, Any]
    """The model's held-out scores."""
    folder: Folder
    """Where the tasks write."""
    single: str | None
    """The single file that is wanted; None for a folder."""
    done: frozenset[int]
    """Tasks that were done before."""
    finished: Summary | None
    """The counts, when nothing is left to do."""
    manifest: dict[str, Any]
    """What the folder is bound to."""
    encoder: str = ""
    """The model's."""
    languages: tuple[str, ...] = ()
    """Languages of the texts that it learned from."""
    cascade: Cascaded | None = None
    """What the model's students are worth; None where they are not asked."""
    state: State = field(default_factory=State, compare=False)
    """How far it has come, for whoever interrupts it."""

    @property
    def where(self) -> str:
        """The output, for messages."""
        return self.single or self.folder.where

    @property
    def left(self) -> list[Task]:
        """The tasks that are not done."""
        return [task for task in self.plan.tasks if task.number not in self.done]


def prepare(
    model: Path, given: Sequence[str], out: str, options: Options, *, spool: Path | None = None
) -> Prepared:
    """Look at everything that can be refused, and plan.

    Parameters
    ----------
    model
        Folder of the model.
    given
        Inputs, as the user named them.
    out
        A folder or a file, on this machine or in a store.
    options
        What the user chose.
    spool
        Where standard input was copied to.

    Raises
    ------
    StandfirstError
        Something is not there, not known, or made of something else.
    """
    model = Path(model)
    form, single = _target(out, options)
    is_local = "://" not in out
    if single and is_local:
        if Path(single).exists() and any(_is_file(name, single) for name in given):
            raise ExistsError(out, "is one of the inputs", "name another file")
        _refuse_foreign(single, force=options.force)
    described = describe(model, options.cascade)
    target = _absolute(f"{out}.part" if single else out)
    inputs = _apart(inputs_of(given, options.form, spool), out, single)
    if single and not is_local:
        _refuse_foreign(single, force=options.force)
    job = Job(
        str(model.absolute()),
        described.version,
        target,
        form,
        preparation_for(described.preparation, options, inputs),
        options.fields,
        options.abstain_below,
        options.text,
        options.cascade,
    )
    manifest = manifest_of(job, described, inputs, options)
    folder = open_folder(f"{out}.part" if single else out)
    finished = bound(folder, manifest)
    planned = _planned(folder, inputs, options)
    done = frozenset(done_tasks(folder))
    return Prepared(
        job,
        planned,
        described.dimensions,
        described.metrics,
        folder,
        single,
        done,
        finished,
        manifest,
        described.encoder,
        described.languages,
        described.cascade,
    )


def _target(out: str, options: Options) -> tuple[str, str | None]:
    """Return the format of the shards, and the single file that is wanted."""
    chosen = f".{options.form_out.lstrip('.')}" if options.form_out else None
    if chosen is not None and chosen not in FORMATS:
        raise UnknownNameError("format", chosen, sorted(FORMATS))
    path = Path(out)
    if not path.suffix or (("://" not in out) and path.is_dir()):
        if "://" not in out and path.exists() and not path.is_dir():
            raise ExistsError(out, "is a file without a suffix", "name a folder, or a .csv")
        return chosen or ".parquet", None
    if path.suffix not in FORMATS:
        raise UnknownNameError(f"format of {out}:", path.suffix, sorted(FORMATS))
    return chosen or path.suffix, out


def _is_file(name: str, other: str) -> bool:
    return Path(name).exists() and Path(name).samefile(other)


def _apart(inputs: Sequence[Input], out: str, single: str | None) -> list[Input]:
    """Refuse an input that would be overwritten; leave out what an earlier run wrote among them."""
    if "://" in out:
        if single and any(one.path == out for one in inputs):
            raise ExistsError(out, "is one of the inputs", "name another file")
        inside = tuple(f"{out.rstrip('/')}{end}" for end in ("/", ".part/", ".rejects.jsonl"))
        return [one for one in inputs if not one.path.startswith(inside)]
    target = Path(out).resolve()
    own = [target.with_name(f"{target.name}{end}") for end in (".part", ".rejects.jsonl")]
    apart = []
    for source in inputs:
        path = Path(source.path).resolve()
        local = "://" not in source.path
        if single and local and target.exists() and target.samefile(path):
            raise ExistsError(out, "is one of the inputs", "name another file")
        if not local or not any(path.is_relative_to(where) for where in [target, *own]):
            apart.append(source)
    return apart


def _refuse_foreign(out: str, *, force: bool) -> None:
    """Refuse to replace a file that does not begin as our tags do, here or in a store."""
    if "://" not in out:
        refuse_foreign(Path(out), _OURS, force=force)
        return
    parent, _, name = out.rpartition("/")
    folder = open_folder(parent)
    if force or name not in folder.names():
        return
    with folder.open(name) as stream:
        if not holds_names(stream, Path(name).suffix, _OURS):
            problem = "is a file that this command did not write"
            raise ExistsError(out, problem, "name another file, or use --force")


def _planned(folder: Folder, inputs: Sequence[Input], options: Options) -> Plan:
    """Return the plan that a run began with, or make one."""
    if "plan.json" in folder.names(PARTS) and MANIFEST in folder.names():
        with folder.open(PLAN) as stream:
            tasks = msgspec.json.decode(stream.read(), type=tuple[Task, ...])
        # Standard input was copied to another path then.
        paths = {source.name: source.path for source in inputs}
        return Plan(tuple(inputs), tuple(task.moved(paths) for task in tasks))
    return plan(inputs, options.fields, shard=options.shard)


def _absolute(path: str) -> str:
    return path if "://" in path else str(Path(path).absolute())


@dataclass(frozen=True, slots=True)
class Pace:
    """What the first records of a run took."""

    seconds_per_byte: float
    """Seconds that one process takes for a byte of input; start-up is left out."""
    n_units: int
    """Units that were tagged."""
    stages: Mapping[str, int]
    """Stage of a cascade to the units among them that it answered."""


def pace_of(prepared: Prepared) -> Pace:
    """Tag the first records of what is left, write nothing, and measure.

    It is rough: files that are mostly not text (web pages) go faster.
    """
    model = load_model(Path(prepared.job.model), prepared.job.cascade)
    records = _records(prepared)
    begun = time.monotonic()
    size, spent, counts = 0, 0.0, Counts()
    stages: Counter[str] = Counter()
    while time.monotonic() - begun < _LONGEST and (batch := list(islice(records, _ARTICLES))):
        size += sum(len(record.text.encode()) for record in batch if isinstance(record, Article))
        start = time.perf_counter()
        for tagged in tag_blocks(model, batch, counts, prepared.job.preparation):
            if model.stages:
                stages.update(tagged.tags["stage"].to_pylist())
        spent += time.perf_counter() - start
    return Pace(
        spent / max(size * _OVERHEAD, 1),
        counts.units,
        {name: stages[name] for name in model.stages},
    )


def _records(prepared: Prepared) -> Iterator[Article | Reject]:
    for task in prepared.left:
        for piece in task.pieces:
            yield from read_piece(piece, prepared.job.fields, Lines())
