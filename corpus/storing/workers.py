"""Do jobs in several processes, and give their results in the order of the jobs."""

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

from ...errors import TaskError
from ...worker_process import end_with_parent

__all__ = ["in_order"]

_REMEDY = "run the same command again, or with --processes 1"

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Job], Result], jobs: Iterable[Job], n_workers: int
) -> Iterator[Result]:
    """Yield the result of each job, in the order of the jobs.

    Parameters
    ----------
    work
        What is done; a function of a module, because other processes import it.
    jobs
        Taken one at a time, and no more than two ahead of what the workers can do.
    n_workers
        Number of processes; with one, or when there is only one job, it is done in this process.

    Raises
    ------
    TaskError
        A worker was killed, most often because memory ran out.

    Examples
    --------
    >>> list(in_order(abs, [-2, -1], n_workers=1))
    [2, 1]
    """
    todo = iter(jobs)
    ahead = list(islice(todo, 2))
    if n_workers == 1 or len(ahead) < 2:
        yield from map(work, chain(ahead, todo))
        return
    # Processes that start afresh share no locks and no threads with this one.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_workers, mp_context=context, initializer=_quiet)
    running: deque[Future[Result]] = deque()
    try:
        for job in chain(ahead, todo):
            with _without_main():
                running.append(pool.submit(work, job))
            if len(running) > n_workers + 1:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    except BrokenProcessPool as error:
        where = f"one of {n_workers} worker processes"
        problem = "was killed, perhaps because memory ran out"
        raise TaskError(where, problem, _REMEDY) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep workers from importing the script that runs, which may do its work when imported.

    They need nothing of it. A worker is started when a job is handed in.
    """
    main = sys.modules["__main__"]
    hidden = {name: vars(main).get(name) for name in ("__spec__", "__file__")}
    vars(main).update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        vars(main).update(hidden)


def _quiet() -> None:
    """Leave Ctrl-C to the first process, and end when that one does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
