"""The local engine: processes of this machine, each with the model loaded once.

Each process may use its share of the cores and no more. One that is killed (by the kernel when
memory is short, say) is replaced and its task run again. With one process, the task runs in this
one.

`multiprocessing.Pool` waits for ever for a task whose process was killed, and
`concurrent.futures` gives up the whole pool; both learn only that, and not which task it was.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .... import worker_process as apart
from ....errors import StandfirstError, TaskError
from ...encoders.networks.devices import device_here, is_gpu
from ...threads import n_cores, with_threads
from ..inputs.plan import Task
from ..task import Count, Done, Job, load_model, run_task

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

__all__ = ["ATTEMPTS", "REMEDY", "Local", "describe", "usual_processes"]

ATTEMPTS = 3
"""How often a task is tried before the run stops."""

REMEDY = "mend it, and run the same command again to continue"
"""What to do where a task cannot read or write."""

_LOADING = -1
_MOST_ON_GPU = 4


def usual_processes() -> int:
    """Return how many processes work where nobody says: each holds its model, on a GPU as well."""
    return min(n_cores(), _MOST_ON_GPU) if is_gpu(device_here()) else n_cores()


class Local:
    """Runs tasks on this machine.

    Parameters
    ----------
    processes
        How many; as many as cores when None, and on a GPU no more than four.
    """

    def __init__(self, processes: int | None = None) -> None:
        self.processes = processes or usual_processes()

    def run(self, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        """Run tasks, and give the counts of each when it is done."""
        n_workers = min(self.processes, len(tasks))
        with with_threads(max(self.processes // max(n_workers, 1), 1)):
            if n_workers > 1:
                yield from self._side_by_side(job, tasks, count, n_workers)
            elif tasks:
                yield from self._here(job, tasks, count)

    def _here(self, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(self.processes):
            model = load_model(Path(job.model), job.cascade)
            for task in tasks:
                yield _tried(lambda task=task: run_task(job, model, task, count), task)  # type: ignore[misc]

    def _side_by_side(
        self, job: Job, tasks: Sequence[Task], count: Count, n_workers: int
    ) -> Iterator[Done]:
        waiting = deque(tasks)
        tries: dict[int, int] = {}
        workers: list[_Worker] = []
        try:
            workers.extend(_Worker.start(job) for _ in range(n_workers))
            n_left = len(tasks)
            while n_left:
                for worker in workers:
                    if worker.task is None and worker.ready and waiting:
                        worker.give(waiting.popleft())
                woken = wait([sign for worker in workers for sign in worker.signs])
                for worker in list(workers):
                    if not any(sign in woken for sign in worker.signs):
                        continue
                    for done in worker.heard(count):
                        yield done
                        n_left -= 1
                    if worker.ready:
                        tries.pop(_LOADING, None)
                    if worker.failed is not None or not worker.process.is_alive():
                        _again(worker, waiting, tries)
                        if worker.failed is None:
                            workers[workers.index(worker)] = _Worker.start(job)
                        worker.failed = None
        finally:
            for worker in workers:
                worker.end()


@dataclass(slots=True)
class _Worker:
    """A process, and how to speak with it."""

    process: "SpawnProcess"
    line: Connection
    task: Task | None = None
    ready: bool = False
    failed: str | None = None
    _open: bool = field(default=True)

    @classmethod
    def start(cls, job: Job) -> "_Worker":
        return cls(*apart.start(_serve, job))

    @property
    def signs(self) -> list[Any]:
        """What `wait` waits for."""
        return [self.process.sentinel, *([self.line] if self._open else [])]

    def give(self, task: Task) -> None:
        """Hand over a task; a process that is gone is noticed when it is listened to."""
        self.task = task
        try:
            self.line.send(task)
        except OSError:
            self._open = False

    def heard(self, count: Count) -> Iterator[Done]:
        """Take what the process says; it gives a task's counts when it is done."""
        try:
            while self._open and self.line.poll():
                what, value = self.line.recv()
                if what == "ready":
                    self.ready = True
                elif what == "counts":
                    count(*value)
                elif what == "done":
                    self.task = None
                    yield value
                elif what == "refused":
                    raise value
                elif what == "failed":
                    self.failed = value
                else:
                    raise RuntimeError(f"a task failed:\n{value}")
        except (EOFError, ConnectionError):
            self._open = False

    def end(self) -> None:
        """End the process at once; what it wrote aside is swept by the next run."""
        apart.end(self.process, self.line)


def _again(worker: _Worker, waiting: deque[Task], tries: dict[int, int]) -> None:
    """Put the task of a worker back, unless it was tried often enough."""
    task, worker.task = worker.task, None
    if task is None and worker.ready:
        return
    number = _LOADING if task is None else task.number
    tries[number] = tries.get(number, 0) + 1
    if tries[number] >= ATTEMPTS:
        where = "loading the model" if task is None else describe(task)
        if worker.failed is not None:
            raise TaskError(where, worker.failed, REMEDY)
        code = worker.process.exitcode
        problem = f"ended its process {ATTEMPTS} times (exit code {code}; memory may be short)"
        raise TaskError(where, problem, "run it again to continue, with fewer --processes")
    if task is not None:
        waiting.appendleft(task)


def describe(task: Task) -> str:
    """Name a task by what it reads."""
    names = [piece.name for piece in task.pieces]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"shard {task.number} ({names[0]}{more})"


def _tried(run: Callable[[], Done], task: Task) -> Done:
    """Run a task, again where reading or writing fails."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return run()
        except StandfirstError:
            raise
        except OSError as error:
            if attempt == ATTEMPTS:
                raise TaskError(describe(task), str(error), REMEDY) from error
    raise AssertionError


def _serve(line: Connection, job: Job) -> None:
    """Live as a worker: load the model, run what is handed over."""
    model = load_model(Path(job.model), job.cascade)
    line.send(("ready", None))
    while True:
        task = line.recv()
        try:
            done = run_task(job, model, task, lambda *now: line.send(("counts", now)))
        except StandfirstError:
            raise
        except OSError as error:
            line.send(("failed", str(error)))
        else:
            line.send(("done", done))
