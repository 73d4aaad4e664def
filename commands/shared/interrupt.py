"""Ctrl-C in long work: it ends at once, whatever it was doing, and says how to go on.

Python would raise `KeyboardInterrupt` between two of its own steps. A call into a library may last
longer than a second, a cluster's farewell, too, and where the exception hits a destructor it is
lost. So a thread is told of the signal at the moment at which it comes, and ends the process.
Nothing is lost by that, as everything that is written appears whole or not at all.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["INTERRUPTED", "stoppable"]

INTERRUPTED = 130
"""The exit code."""

_CURSOR = "\r\x1b[2K\x1b[?25h"
"""Takes a live bar away, and shows the cursor again."""


@contextmanager
def stoppable(told: Callable[[], str], leave: Callable[[], None]) -> Iterator[None]:
    """End the process on Ctrl-C, for as long as the block lasts.

    Parameters
    ----------
    told
        Gives what the user is told then.
    leave
        Ends what must not go on, and takes away what must not stay.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hears, tells = os.pipe()
    os.set_blocking(tells, False)

    def listen() -> None:
        while heard := os.read(hears, 1):
            if heard[0] != signal.SIGINT:
                continue
            with suppress(Exception):
                leave()
            with suppress(Exception):
                # Not by way of sys.stderr, which a live bar may hold.
                bar = _CURSOR if sys.stderr.isatty() else ""
                os.write(2, f"{bar}{told()}\n".encode())
            os._exit(INTERRUPTED)
        os.close(hears)

    handler = signal.signal(signal.SIGINT, lambda *_: None)
    before = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    threading.Thread(target=listen, daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGINT, handler)
        os.close(tells)
