"""How far long work has come: a line that renews itself on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Any, Self

from ...progress import Clock
from .options import say

__all__ = ["ProgressLine"]

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class ProgressLine:
    """Shows the reports of a `progress.Progress`, with the time that is left.

    Parameters
    ----------
    bar
        Show a bar, too, where there is a terminal.
    quiet
        Show nothing.
    """

    def __init__(self, *, bar: bool = False, quiet: bool = False) -> None:
        self._quiet, self._has_bar = quiet, bar
        self._clock = Clock()
        self._last = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._quiet:
            self._live = _live(bar=self._has_bar)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, what: str, done: int, total: int | None, unit: str, /) -> None:
        """Show a report."""
        left = None if total is None else self._clock.left(done, total)
        line = _line(what, done, total, unit, left)
        if self._live is not None:
            if not self._live.tasks:
                self._live.add_task("", line="")
            self._live.update(self._live.tasks[0].id, total=total, completed=done, line=line)
        elif not self._quiet and time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            say(line)


def _live(*, bar: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = [BarColumn(bar_width=24), TaskProgressColumn()] if bar else []
    line = TextColumn("{task.fields[line]}", markup=False)
    return Progress(*columns, line, console=Console(stderr=True), transient=True)


def _line(what: str, done: int, total: int | None, unit: str, left: float | None) -> str:
    if unit:
        what += f": {done}" if total is None else f": {done} of {total}"
        what += f" {unit}"
    return what if left is None else f"{what}, about {left:.0f} s left"
