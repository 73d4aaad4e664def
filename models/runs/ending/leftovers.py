"""What tasks left for the end of a run: counts, tallies, rejects; and what they tell together.

Of an article, two hashes are held in memory: of its id and of its content.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from ....corpus import Article, Reject
from ....files import dump_json
from ...tagging.blocks import taken
from ..inputs.plan import Plan
from ..output import Folder
from ..task import Done, done_tasks, part

__all__ = ["Census", "collect", "read_tally", "take_census", "write_rejects"]


@dataclass(slots=True)
class Census:
    """Which articles stand in several shards."""

    left_out: dict[int, list[int]] = field(default_factory=dict)
    """Shard to the rows of its tally that are not written again."""
    clashes: list[tuple[int, int]] = field(default_factory=list)
    """Shard and row of articles whose id stands for another text."""
    places: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)
    """The first place of an article, and all of its places."""
    n_duplicates: int = 0
    """Articles that are left out as read before."""


def collect(folder: Folder, n_tasks: int) -> list[Done]:
    """Read the counts of all tasks."""
    decoder = msgspec.json.Decoder(Done)
    found = []
    for number in range(n_tasks):
        with folder.open(part(number, "json")) as stream:
            found.append(decoder.decode(stream.read()))
    return found


def read_tally(folder: Folder, number: int, columns: list[str] | None = None) -> pa.Table:
    """Read the tally of a task, or some columns of it."""
    with folder.open(part(number, "tally.parquet")) as stream:
        return parquet.read_table(stream, columns=columns)


def take_census(folder: Folder, n_tasks: int) -> Census:
    """Find the articles that stand in more than one place."""
    ids: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    digests: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    for number in range(n_tasks):
        table = read_tally(folder, number, ["id_hash", "digest"])
        ids.append(table["id_hash"].to_numpy())
        digests.append(table["digest"].to_numpy())
    ends = np.cumsum([len(one) for one in ids[1:]])
    every, digest = np.concatenate(ids), np.concatenate(digests)
    order = np.argsort(every, kind="stable")
    equal = every[order][1:] == every[order][:-1]
    found = Census()

    def place(at: int) -> tuple[int, int]:
        number = int(np.searchsorted(ends, at, side="right"))
        return number, at - int(ends[number - 1] if number else 0)

    first = -1
    for k in np.flatnonzero(equal).tolist():
        if k == 0 or not equal[k - 1]:
            first = int(order[k])
        at = int(order[k + 1])
        number, row = place(at)
        found.left_out.setdefault(number, []).append(row)
        found.places.setdefault(place(first), [place(first)]).append((number, row))
        if digest[at] == digest[first]:
            found.n_duplicates += 1
        else:
            found.clashes.append((number, row))
    return found


def write_rejects(
    folder: Folder, plan: Plan, clashes: Sequence[tuple[int, int]] = ()
) -> tuple[int, str]:
    """Write all rejects in the order of the plan, numbered as in their files.

    A run that was stopped has those of its first tasks, up to the first that was not done.

    Returns
    -------
    Their number, and where the first stood and why.
    """
    decoder, lines = msgspec.json.Decoder(Reject), dict[int, int]()
    n_rejects, first = 0, ""
    with (
        folder.publish("rejects.jsonl") as aside,
        aside.open("w", encoding="utf-8", newline="\n") as out,
    ):
        of_tasks = _rejects(folder, plan, decoder, lines)
        for reject in chain(of_tasks, _clashes(folder, plan, clashes, lines)):
            where = f"{reject.file}:{reject.record}" if reject.record else reject.file
            first = first or f"{where}: {reject.reason}"
            n_rejects += 1
            out.write(dump_json(asdict(reject), indent=None) + "\n")
    if not n_rejects:
        folder.remove("rejects.jsonl")
    return n_rejects, first


def _rejects(folder: Folder, plan: Plan, decoder: Any, lines: dict[int, int]) -> Iterator[Reject]:
    """Give what the tasks rejected, and note the number of lines before each task's range."""
    passed: dict[str, int] = {}
    counts = msgspec.json.Decoder(Done)
    done = set(done_tasks(folder))
    for task in plan.tasks:
        if task.number not in done:
            return
        piece = task.pieces[0]
        shift = passed.get(piece.path, 0) if piece.shift is None else 0
        lines[task.number] = shift
        with folder.open(part(task.number, "rejects.jsonl")) as stream:
            for line in stream:
                reject: Reject = decoder.decode(line)
                yield _moved(reject, shift)
        if piece.shift is None:
            with folder.open(part(task.number, "json")) as stream:
                passed[piece.path] = shift + counts.decode(stream.read()).lines


def _clashes(
    folder: Folder, plan: Plan, clashes: Sequence[tuple[int, int]], lines: dict[int, int]
) -> Iterator[Reject]:
    """Give the articles whose id stands for another text in a shard before."""
    for number, row in clashes:
        found = read_tally(folder, number).slice(row, 1).to_pylist()[0]
        begins = found.get("first_text") or ""
        article = Article(
            found["article_id"], "", begins, file=found["file"], record=found["record"]
        )
        yield _moved(taken(article), lines[plan.tasks[number].number])


def _moved(reject: Reject, shift: int) -> Reject:
    if not shift or reject.record is None:
        return reject
    return replace(reject, record=reject.record + shift)
