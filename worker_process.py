"""A process apart, which the command can end at any moment.

It is spawned, not forked, because threads of numeric libraries do not survive a fork. It never
hears Ctrl-C, which goes to all processes of a terminal: the parent ends it. When the parent is
killed, it ends itself.
"""

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children, get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from .errors import StandfirstError

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

__all__ = ["end", "end_all", "end_with_parent", "start", "with_offspring"]

_starting = threading.Lock()
_PATIENCE = 0.5


def start(work: Callable[..., None], *given: Any) -> tuple["SpawnProcess", Connection]:
    """Start a process, and give it with the line to speak with it.

    Parameters
    ----------
    work
        A function of a module; called there with its end of the line, and with what is given. What
        it raises is sent as ``("refused", error)``, or ``("bug", traceback)``.
    """
    context = get_context("spawn")
    line, far = context.Pipe()
    process = context.Process(target=_live, args=(work, far, *given), daemon=True)
    with _starting, _deaf():
        process.start()
    far.close()
    return process, line


def end(process: "SpawnProcess", line: Connection) -> None:
    """End a process at once; what it wrote aside is swept by the next run."""
    _kill(process)
    process.join()
    line.close()


def end_all() -> None:
    """End all processes that were started here, from any thread, before this one ends itself."""
    # One that is half started would tell of its parent's death.
    _starting.acquire(timeout=_PATIENCE)
    for process in active_children():
        _kill(process)


def end_with_parent() -> None:
    """Let this process end when the one that started it does, however that ends."""
    threading.Thread(target=_watch, daemon=True).start()


def with_offspring() -> None:
    """Let all that this process starts from now on end with it; called in a process apart."""
    os.setpgid(0, 0)


def _kill(process: Any) -> None:
    """End a process, and its offspring where it wished so."""
    with suppress(ProcessLookupError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that are started inside never hear Ctrl-C, not even while they start."""
    # What it starts by itself would open this process's ears again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _live(work: Callable[..., None], line: Connection, *given: Any) -> None:
    end_with_parent()
    try:
        work(line, *given)
    except (EOFError, BrokenPipeError):
        return
    except StandfirstError as error:
        line.send(("refused", error))
    except BaseException:  # noqa: BLE001 - told by the parent, with its traceback
        line.send(("bug", traceback.format_exc()))


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)
