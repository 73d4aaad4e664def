"""Tag files as one run: plan, run the tasks that are not done, finish; again with the same words.

::

    OUT/
    |-- tags/00000.parquet   one shard a task
    |-- articles.parquet     one row an article: shares, first and strongest unit
    |-- rejects.jsonl        what could not be used; not there when there is nothing
    |-- _manifest.json       inputs, model and options, which must be the same to go on
    |-- _parts/              what is needed until the run ends
    `-- _SUCCESS             the counts; there when everything is

The manifest is written first. A folder that was made from other inputs, with another model or other
options is refused. With a single file as output, the folder stands beside it until it is whole.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ..errors import (
    ExistsError,
    TooManyRejectsError,
    UnknownNameError,
)
from ..files import dump_json
from ..labels.codebook import Dimension
from ..tables import FORMATS
from .engines import Engine
from .finish import Summary, finish
from .leftovers import collect, write_rejects
from .manifest import MANIFEST, SUCCESS, Options, bound, describe, manifest_of, steps_for
from .output import Folder, open_folder
from .plan import Input, Plan, Task, inputs_of, plan
from .task import PARTS, Job, done_tasks

__all__ = ["Options", "Prepared", "State", "Summary", "prepare", "run"]

_PLAN = f"{PARTS}/plan.json"
_LEAST_READ = 1_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that can begin."""

    job: Job
    """What the tasks have in common."""
    plan: Plan
    """The tasks."""
    dimensions: tuple[Dimension, ...]
    """What is answered."""
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

    @property
    def where(self) -> str:
        """The output as told to the user."""
        return self.single or self.folder.where

    @property
    def left(self) -> list[Task]:
        """The tasks that are not done."""
        return [task for task in self.plan.tasks if task.number not in self.done]


@dataclass(slots=True)
class State:
    """How far a run has come."""

    n_shards: int
    """All shards."""
    shards: int = 0
    """Shards done, before and now."""
    size: int = 0
    """Bytes of all tasks."""
    size_before: int = 0
    """Bytes of the tasks that were done before."""
    size_done: int = 0
    """Bytes of the tasks done, before and now."""
    read: int = 0
    """Records read, now."""
    units: int = 0
    """Units tagged, now."""
    rejects: int = 0
    """Rejects, before and now."""
    records: int = 0
    """Records read, before and now."""
    begun: float = field(default_factory=time.monotonic)
    """When it began."""


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
    described = describe(model)
    form, single = _target(out, options)
    place = _absolute(f"{out}.part" if single else out)
    inputs = inputs_of(given, options.form, spool)
    steps = steps_for(described.steps, options, inputs)
    job = Job(
        str(model.absolute()),
        described.version,
        place,
        form,
        steps,
        options.fields,
        options.abstain_below,
        options.text,
    )
    manifest = manifest_of(job, described, inputs, options)
    folder = open_folder(f"{out}.part" if single else out)
    finished = bound(folder, manifest)
    planned = _planned(folder, inputs, options)
    done = frozenset(done_tasks(folder))
    return Prepared(job, planned, described.dimensions, folder, single, done, finished, manifest)


def run(
    prepared: Prepared,
    engine: Engine,
    *,
    max_rejects: float = 1.0,
    progress: Callable[[State], None] | None = None,
) -> Summary:
    """Run what is left, and finish.

    Parameters
    ----------
    prepared
        What `prepare` gave.
    engine
        What runs the tasks.
    max_rejects
        The largest share of records that may be rejected, between 0 and 1.
    progress
        Told how far it has come.

    Returns
    -------
    The counts.

    Raises
    ------
    TooManyRejectsError
        More was rejected; what is done stays, and the same words with a larger share go on.
    """
    if prepared.finished is not None:
        prepared.folder.remove(PARTS)
        return prepared.finished
    begun = time.monotonic()
    with prepared.folder.locked():
        prepared.folder.sweep()
        _write_json(prepared.folder, _PLAN, msgspec.to_builtins(prepared.plan.tasks))
        _write_json(prepared.folder, MANIFEST, prepared.manifest)
        try:
            _run_tasks(prepared, engine, max_rejects, progress or (lambda _: None))
            summary = _finish(prepared, max_rejects)
        except TooManyRejectsError:
            # What was rejected so far is there to be looked at.
            write_rejects(prepared.folder, prepared.plan)
            raise
        # A process that was killed and replaced has left something, too.
        prepared.folder.sweep()
        summary.seconds = round(time.monotonic() - begun, 3)
        if prepared.single is None:
            _write_json(prepared.folder, SUCCESS, msgspec.to_builtins(summary))
        prepared.folder.remove(PARTS if prepared.single is None else "")
    return summary


def _run_tasks(
    prepared: Prepared, engine: Engine, max_rejects: float, progress: Callable[[State], None]
) -> None:
    sizes = {task.number: task.size for task in prepared.plan.tasks}
    before = sum(sizes[number] for number in prepared.done)
    state = State(len(sizes), len(prepared.done), prepared.plan.size, before, before)

    def tell(read: int, units: int, rejects: int) -> None:
        state.read += read
        state.records += read
        state.units += units
        state.rejects += rejects
        progress(state)

    progress(state)
    running = engine.run(prepared.job, prepared.left, tell)
    n_read = n_rejects = 0
    try:
        for done in running:
            state.shards += 1
            state.size_done += sizes[done.number]
            progress(state)
            n_read += done.read
            n_rejects += done.rejects
            # A few bad records at the very beginning are no sign of a wrong column.
            if n_read >= _LEAST_READ and n_rejects > max_rejects * n_read:
                raise TooManyRejectsError(prepared.where, n_rejects, n_read, max_rejects)
    finally:
        # Its processes end now, not when the generator is collected.
        running.close()  # type: ignore[attr-defined]


def _finish(prepared: Prepared, max_rejects: float) -> Summary:
    tasks = prepared.plan.tasks
    done = collect(prepared.folder, len(tasks))
    records, rejects = sum(one.read for one in done), sum(one.rejects for one in done)
    if rejects > max_rejects * records:
        raise TooManyRejectsError(prepared.where, rejects, records, max_rejects)
    if prepared.single is None:
        return finish(prepared.folder, prepared.job, prepared.plan, prepared.dimensions, None)
    parent, _, name = prepared.single.rpartition("/")
    outside = open_folder(parent or ".")
    with outside.publish(name) as aside:
        summary = finish(prepared.folder, prepared.job, prepared.plan, prepared.dimensions, aside)
    beside = f"{name}.rejects.jsonl"
    if summary.rejects:
        with outside.publish(beside) as aside, prepared.folder.open("rejects.jsonl") as told:
            aside.write_bytes(told.read())
    else:
        outside.remove(beside)
    return summary


def _target(out: str, options: Options) -> tuple[str, str | None]:
    """Tell the format of the shards, and the single file that is wanted."""
    chosen = f".{options.form_out.lstrip('.')}" if options.form_out else None
    if chosen is not None and chosen not in FORMATS:
        raise UnknownNameError("format", chosen, sorted(FORMATS))
    path = Path(out)
    if not path.suffix or (("://" not in out) and path.is_dir()):
        if "://" not in out and path.is_file():
            raise ExistsError(out, "is a file without a suffix", "name a folder, or a .csv")
        return chosen or ".parquet", None
    if path.suffix not in FORMATS:
        raise UnknownNameError(f"format of {out}:", path.suffix, sorted(FORMATS))
    return chosen or path.suffix, out


def _planned(folder: Folder, inputs: Sequence[Input], options: Options) -> Plan:
    """Give the plan that a run began with, or make one."""
    if "plan.json" in folder.names(PARTS) and MANIFEST in folder.names():
        with folder.open(_PLAN) as stream:
            tasks = msgspec.json.decode(stream.read(), type=tuple[Task, ...])
        # Standard input was copied to another place then.
        paths = {one.name: one.path for one in inputs}
        return Plan(tuple(inputs), tuple(task.moved(paths) for task in tasks))
    return plan(inputs, shard=options.shard)


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).absolute())


def _write_json(folder: Folder, name: str, value: Any) -> None:
    with folder.publish(name) as aside:
        aside.write_text(dump_json(value) + "\n", encoding="utf-8")
