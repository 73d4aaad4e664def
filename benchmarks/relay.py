"""A relay in front of a server that counts requests, and does something in the middle of one.

Moments that are drawn by the clock miss: a command starts slower one time, and is through before
the moment comes another time. Here a moment is the number of a request and a time after it, so that
it falls into the command's work however fast the machine is just then.
"""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable

__all__ = ["Relay"]

_REQUEST = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) \S+ HTTP/1\.1\r\n")


class Relay:
    """Pass bytes on to a port of this machine, and note when each request begins."""

    def __init__(self, target: int) -> None:
        self._target, self._lock = target, threading.Lock()
        self._due: tuple[int, float, Callable[[], None]] | None = None
        self.times: list[float] = []
        """When each request began, by `time.perf_counter`, since `watch`."""
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        """Where it listens."""
        threading.Thread(target=self._accept, daemon=True).start()

    def watch(
        self, request: int = 0, seconds: float = 0.0, do: Callable[[], None] = lambda: None
    ) -> None:
        """Count anew; so many seconds after the start of a request, from 1, do something, once."""
        with self._lock:
            self.times, self._due = [], (request, seconds, do)

    def _accept(self) -> None:
        while True:
            client, _ = self._door.accept()
            try:
                upstream = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            for pair in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(1 << 16):
                # A client begins a request when the last one is answered: at the start of a block.
                # Answers do not begin so.
                if _REQUEST.match(block):
                    self._note()
                target.sendall(block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _note(self) -> None:
        with self._lock:
            self.times.append(time.perf_counter())
            if self._due is None or len(self.times) != self._due[0]:
                return
            (_, seconds, do), self._due = self._due, None
        threading.Timer(seconds, do).start()
