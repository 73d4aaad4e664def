"""What tasks left for the end of a run: counts, tallies, rejects; and what they show together.

Of an article, two hashes are held in memory: of its id and of its content.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain

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
from ..task import Done, Job, done_tasks, part

__all__ = ["Census", "Leftovers", "collect", "take_census", "write_rejects"]


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What the tasks of a run left in its folder."""

    folder: Folder
    """The output."""
    job: Job
    """What the tasks have in common."""
    plan: Plan
    """The tasks."""
    done: Mapping[int, Done]
    """Number of each task that is done to its counts."""

    @property
    def n_tasks(self) -> int:
        """All tasks."""
        return len(self.plan.tasks)

    def tally(self, number: int, columns: list[str] | None = None) -> pa.Table:
        """Read the tally of a task, or some columns of it."""
        with self.folder.open(part(number, "tally.parquet")) as stream:
            return parquet.read_table(stream, columns=columns)


@dataclass(slots=True)
class Census:
    """Which articles are in several shards."""

    left_out: dict[int, list[int]] = field(default_factory=dict)
    """Shard to the rows of its tally that are not written again."""
    clashes: list[tuple[int, int]] = field(default_factory=list)
    """Shard and row of articles whose id belongs to another text."""
    places: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)
    """The first place of an article, and all of its places."""
    n_duplicates: int = 0
    """Articles that are left out as read before."""


def collect(folder: Folder, job: Job, plan: Plan) -> Leftovers:
    """Read the counts of the tasks that are done."""
    decoder = msgspec.json.Decoder(Done)
    done = {}
    for number in sorted(done_tasks(folder)):
        with folder.open(part(number, "json")) as stream:
            done[number] = decoder.decode(stream.read())
    return Leftovers(folder, job, plan, done)


def take_census(left: Leftovers) -> Census:
    """Find the articles that are in more than one row."""
    ids: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    digests: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    for number in range(left.n_tasks):
        table = left.tally(number, ["id_hash", "digest"])
        ids.append(table["id_hash"].to_numpy())
        digests.append(table["digest"].to_numpy())
    ends = np.cumsum([len(part) for part in ids[1:]])
    every, digest = np.concatenate(ids), np.concatenate(digests)
    order = np.argsort(every, kind="stable")
    equal = every[order][1:] == every[order][:-1]
    census = Census()

    def position(at: int) -> tuple[int, int]:
        number = int(np.searchsorted(ends, at, side="right"))
        return number, at - int(ends[number - 1] if number else 0)

    first = -1
    for k in np.flatnonzero(equal).tolist():
        if k == 0 or not equal[k - 1]:
            first = int(order[k])
        at = int(order[k + 1])
        number, row = position(at)
        census.left_out.setdefault(number, []).append(row)
        census.places.setdefault(position(first), [position(first)]).append((number, row))
        if digest[at] == digest[first]:
            census.n_duplicates += 1
        else:
            census.clashes.append((number, row))
    return census


def write_rejects(left: Leftovers, clashes: Sequence[tuple[int, int]] = ()) -> tuple[int, str]:
    """Write all rejects in the order of the plan, numbered as in their files.

    A run that was stopped has those of its first tasks, up to the first that was not done.

    Returns
    -------
    Their number, and where the first stood and why.
    """
    lines: dict[int, int] = {}
    n_rejects, first = 0, ""
    with (
        left.folder.publish("rejects.jsonl") as path,
        path.open("w", encoding="utf-8", newline="\n") as out,
    ):
        for reject in chain(_rejects(left, lines), _clashes(left, clashes, lines)):
            where = f"{reject.file}:{reject.record}" if reject.record else reject.file
            first = first or f"{where}: {reject.reason}"
            n_rejects += 1
            out.write(dump_json(asdict(reject), indent=None) + "\n")
    if not n_rejects:
        left.folder.remove("rejects.jsonl")
    return n_rejects, first


def _rejects(left: Leftovers, lines: dict[int, int]) -> Iterator[Reject]:
    """Yield what the tasks rejected, and note the number of lines before each task's range."""
    decoder = msgspec.json.Decoder(Reject)
    passed: dict[str, int] = {}
    for task in left.plan.tasks:
        if task.number not in left.done:
            return
        piece = task.pieces[0]
        shift = passed.get(piece.path, 0) if piece.shift is None else 0
        lines[task.number] = shift
        with left.folder.open(part(task.number, "rejects.jsonl")) as stream:
            for line in stream:
                yield _moved(decoder.decode(line), shift)
        if piece.shift is None:
            passed[piece.path] = shift + left.done[task.number].lines


def _clashes(
    left: Leftovers, clashes: Sequence[tuple[int, int]], lines: Mapping[int, int]
) -> Iterator[Reject]:
    """Yield the articles whose id belongs to another text in an earlier shard."""
    for number, row in clashes:
        tally = left.tally(number).slice(row, 1).to_pylist()[0]
        text = tally.get("first_text") or ""
        article = Article(tally["article_id"], "", text, file=tally["file"], record=tally["record"])
        yield _moved(taken(article), lines[left.plan.tasks[number].number])


def _moved(reject: Reject, shift: int) -> Reject:
    if not shift or reject.record is None:
        return reject
    return replace(reject, record=reject.record + shift)
