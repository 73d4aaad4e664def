"""How far long work has come: one line that renews itself on a terminal, plain lines elsewhere."""

import sys
import time

from .common import say

__all__ = ["Progress"]


class Progress:
    """One line that renews itself on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = self._begun = time.monotonic()
        self._open = False

    def step(self, what: str, done: int, total: int) -> None:
        """Tell that so many of so many steps are done."""
        spent = time.monotonic() - self._begun
        left = spent / done * (total - done)
        self.tell(f"{done}/{total} {what}, about {left:.0f} s left")

    def tell(self, told: str) -> None:
        """Show a line; not a terminal sees one every ten seconds."""
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{told}")
            sys.stderr.flush()
            self._open = True
        elif time.monotonic() - self._last > 10:
            self._last = time.monotonic()
            say(told)

    def end(self) -> None:
        """Take the line away."""
        if self._open:
            sys.stderr.write("\r\x1b[2K")
            self._open = False
