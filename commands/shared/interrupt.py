"""Ctrl-C in long work: it ends at once, whatever it was doing, and says how to continue.

Python would raise `KeyboardInterrupt` between two of its own steps. A call into a library may last
longer than a second, as may leaving a cluster, and an exception in a destructor is lost. So a
thread learns of the signal at once, and ends the process. No work is lost, as every output appears
whole or not at all.
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
"""Removes a live bar, and shows the cursor again."""


@contextmanager
def stoppable(message: Callable[[], str], leave: Callable[[], None]) -> Iterator[None]:
    """End the process on Ctrl-C, for as long as the block lasts.

    Parameters
    ----------
    message
        Returns what the user is to read then.
    leave
        Ends what must not go on, and removes what must not stay.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def listen() -> None:
        while number := os.read(reader, 1):
            if number[0] != signal.SIGINT:
                continue
            with suppress(Exception):
                leave()
            with suppress(Exception):
                # Not by way of sys.stderr, which a live bar may hold.
                bar = _CURSOR if sys.stderr.isatty() else ""
                os.write(2, f"{bar}{message()}\n".encode())
            os._exit(INTERRUPTED)
        os.close(reader)

    handler = signal.signal(signal.SIGINT, lambda *_: None)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=listen, daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGINT, handler)
        os.close(writer)
