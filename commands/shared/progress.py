"""Progress of long work: one line that renews itself on a terminal, plain lines elsewhere."""

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from .options import say

if TYPE_CHECKING:
    from ...models.runs.run import State

__all__ = ["Progress", "TagProgress"]

EVERY = 5.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """One line that renews itself on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = self._begun = time.monotonic()
        self._open = False

    def step(self, what: str, done: int, total: int) -> None:
        """Show how many steps are done, and the time left."""
        spent = time.monotonic() - self._begun
        left = spent / done * (total - done)
        self.tell(f"{done}/{total} {what}, about {left:.0f} s left")

    def tell(self, line: str) -> None:
        """Show a line; without a terminal, at most one every ten seconds."""
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{line}")
            sys.stderr.flush()
            self._open = True
        elif time.monotonic() - self._last > 10:
            self._last = time.monotonic()
            say(line)

    def end(self) -> None:
        """Remove the line."""
        if self._open:
            sys.stderr.write("\r\x1b[2K")
            self._open = False


class TagProgress:
    """Progress of tagging: a live bar on a terminal, a line every few seconds elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._last = time.monotonic()
        self._bar: Any = None
        self._state: State | None = None

    @property
    def shards(self) -> int:
        """Shards that are done."""
        return self._state.shards if self._state is not None else 0

    @property
    def units(self) -> int:
        """Units that were tagged in this run."""
        return self._state.units if self._state is not None else 0

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._quiet:
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def show(self, state: "State") -> None:
        """Show the progress."""
        self._state = state
        now = time.monotonic()
        if self._bar is not None:
            shown = {"total": state.size, "completed": state.size_done, "text": _text(state, now)}
            if not self._bar.tasks:
                self._bar.add_task("tag", **shown)
            self._bar.update(self._bar.tasks[0].id, **shown)
        elif not self._quiet and now - self._last >= EVERY:
            self._last = now
            say(_text(state, now))

    def end(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[text]}"),
        console=Console(stderr=True),
        transient=True,
    )


def _text(state: "State", now: float) -> str:
    spent = max(now - state.begun, 1e-9)
    done = state.size_done - state.size_before
    left = f"{spent / done * (state.size - state.size_done):.0f} s left" if done else "..."
    return (
        f"{state.shards}/{state.n_shards} shards, {state.read / spent:,.0f} articles/s, "
        f"{state.units / spent:,.0f} units/s, {state.rejects:,} rejects, {left}"
    )
