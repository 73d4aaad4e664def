"""How many threads a process may use, so that processes side by side do not fight for the cores.

Every numeric library reads a variable of its own when it is imported, so they are set before a
process starts; onnxruntime reads none; whoever makes its session sets it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["n_cores", "side_by_side", "thread_settings", "threads_here", "with_threads"]

_OURS = "STANDFIRST_THREADS"
_THEIRS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "ARROW_IO_THREADS",
)

_MOST = 4
"""Pieces of work that are done side by side, at most."""

Given = TypeVar("Given")
Found = TypeVar("Found")


def n_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_here() -> int:
    """Return how many threads a session of onnxruntime may use; 0 leaves it to the library."""
    value = os.environ.get(_OURS, "")
    return int(value) if value.isdigit() else 0


def side_by_side(work: Callable[[Given], Found], given: Sequence[Given]) -> Iterator[Found]:
    """Do some work on each thing, several at a time, and give the results in the things' order.

    For work that spends its time in numeric libraries, which let other threads run. At most four at
    a time, because each needs memory of its own. The threads do not keep the process alive: one
    that is interrupted ends at once.
    """
    from multiprocessing.pool import ThreadPool

    n_threads = min(threads_here() or n_cores(), len(given), _MOST)
    if n_threads <= 1:
        yield from map(work, given)
        return
    with ThreadPool(n_threads) as pool:
        yield from pool.imap(work, given)


def thread_settings(n_threads: int) -> dict[str, str]:
    """Return the environment of a process that may use a number of threads."""
    tokenizers = "false" if n_threads == 1 else "true"
    counts = dict.fromkeys((_OURS, *_THEIRS), str(n_threads))
    return {**counts, "TOKENIZERS_PARALLELISM": tokenizers}


@contextmanager
def with_threads(n_threads: int) -> Iterator[None]:
    """Set the environment for processes that are started inside, and put it back."""
    before = {name: os.environ.get(name) for name in thread_settings(n_threads)}
    os.environ.update(thread_settings(n_threads))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
