"""Tag files as one run: plan, run the tasks that are not done, finish.

::

    OUT/
    |-- tags/00000.parquet   one shard a task
    |-- articles.parquet     one row an article: shares, first and strongest unit
    |-- rejects.jsonl        what could not be used; not there when there is nothing
    |-- _manifest.json       inputs, model and options, which must be the same to go on
    |-- _parts/              what is needed until the run ends
    `-- _SUCCESS             the counts; there when everything is

The manifest is written first. A folder that was made from other inputs, with another model or other
options is refused. With a single file as output, the folder is next to it until the file is whole.
"""

import time
from typing import Any

import msgspec

from ...errors import TooManyRejectsError
from ...files import dump_json
from ...progress import Progress
from ..cascade.promise import unlike_held_out
from ..tagging.coded_shares import far_from_coded
from ..tagging.other_languages import other_languages
from .ending.finish import Summary, finish
from .ending.leftovers import collect, write_rejects
from .engines.engine import Engine
from .manifest import MANIFEST, SUCCESS, Options
from .output import Folder, open_folder
from .prepare import PLAN, Prepared, prepare
from .task import PARTS

__all__ = ["Options", "Prepared", "Summary", "prepare", "run"]

_LEAST_READ = 1_000


def run(
    prepared: Prepared,
    engine: Engine,
    *,
    max_rejects: float = 1.0,
    progress: Progress | None = None,
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
        Receives how many bytes of input are done.

    Returns
    -------
    The counts.

    Raises
    ------
    TooManyRejectsError
        More was rejected; what is done stays, and the same command with a larger share continues.
    """
    if prepared.finished is not None:
        prepared.folder.remove(PARTS)
        return prepared.finished
    begun = time.monotonic()
    with prepared.folder.locked():
        prepared.folder.sweep()
        _write_json(prepared.folder, PLAN, msgspec.to_builtins(prepared.plan.tasks))
        _write_json(prepared.folder, MANIFEST, prepared.manifest)
        try:
            _run_tasks(prepared, engine, max_rejects, progress)
            summary = _finish(prepared, max_rejects)
        except TooManyRejectsError:
            # What was rejected so far is there to be looked at.
            write_rejects(collect(prepared.folder, prepared.job, prepared.plan))
            raise
        # A process that was killed and replaced has left something, too.
        prepared.folder.sweep()
        summary.notes = far_from_coded(
            summary.labels, summary.answered, summary.articles, prepared.metrics
        )
        summary.notes += other_languages(summary.languages, prepared.languages, prepared.encoder)
        summary.notes += _unlike(prepared, summary)
        summary.seconds = round(time.monotonic() - begun, 3)
        if prepared.single is None:
            _write_json(prepared.folder, SUCCESS, msgspec.to_builtins(summary))
        prepared.folder.remove(PARTS if prepared.single is None else "")
    return summary


def _run_tasks(
    prepared: Prepared, engine: Engine, max_rejects: float, progress: Progress | None
) -> None:
    sizes = {task.number: task.size for task in prepared.plan.tasks}
    size_done = sum(sizes[number] for number in prepared.done)
    state = prepared.state
    state.shards, state.begun = len(prepared.done), time.monotonic()

    def report() -> None:
        if progress is not None:
            progress(state.line(len(sizes)), size_done, prepared.plan.size, "")

    def count(read: int, units: int, rejects: int) -> None:
        state.read += read
        state.units += units
        state.rejects += rejects
        report()

    report()
    running = engine.run(prepared.job, prepared.left, count)
    n_read = n_rejects = 0
    try:
        for done in running:
            state.shards += 1
            size_done += sizes[done.number]
            report()
            n_read += done.read
            n_rejects += done.rejects
            # A few bad records at the very beginning are no sign of a wrong column.
            if n_read >= _LEAST_READ and n_rejects > max_rejects * n_read:
                raise TooManyRejectsError(prepared.where, n_rejects, n_read, max_rejects)
    finally:
        # Its processes end now, not when the generator is collected.
        running.close()  # type: ignore[attr-defined]


def _finish(prepared: Prepared, max_rejects: float) -> Summary:
    left = collect(prepared.folder, prepared.job, prepared.plan)
    records = sum(task.read for task in left.done.values())
    rejects = sum(task.rejects for task in left.done.values())
    if rejects > max_rejects * records:
        raise TooManyRejectsError(prepared.where, rejects, records, max_rejects)
    if prepared.single is None:
        return finish(left, prepared.dimensions, None)
    parent, _, name = prepared.single.rpartition("/")
    outside = open_folder(parent or ".")
    with outside.publish(name) as path:
        summary = finish(left, prepared.dimensions, path)
    rejects_name = f"{name}.rejects.jsonl"
    if summary.rejects:
        with (
            outside.publish(rejects_name) as path,
            prepared.folder.open("rejects.jsonl") as rejected,
        ):
            path.write_bytes(rejected.read())
    else:
        outside.remove(rejects_name)
    return summary


def _unlike(prepared: Prepared, summary: Summary) -> list[str]:
    """Say where texts are unlike those on which the promise of a cascade was tested."""
    total = sum(summary.stages.values())
    if prepared.cascade is None or not total:
        return []
    sent_on = summary.stages.get(prepared.cascade.stages[-1], 0) / total
    n_articles = summary.articles or summary.units
    note = unlike_held_out(prepared.cascade.promise, sent_on, n_articles)
    return [] if note is None else [note]


def _write_json(folder: Folder, name: str, value: Any) -> None:
    with folder.publish(name) as path:
        path.write_text(dump_json(value) + "\n", encoding="utf-8")
