"""How far long work has come, and how much longer it will take.

Whatever takes long accepts a `progress` callback of one shape, and calls it now and then. What
becomes of these reports is up to the caller; the command line shows them as a line or a bar.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Progress"]


class Progress(Protocol):
    """Receives reports on how far long work has come."""

    def __call__(self, what: str, done: int, total: int | None, unit: str, /) -> None:
        """Receive a report.

        Parameters
        ----------
        what
            What is being done, in words for the user.
        done
            How much of it is done. A first report with what was done at the start lets a clock
            measure the first step, too.
        total
            How much there is to do; None where that is not known.
        unit
            What `done` and `total` count, in the plural; empty where they only serve to estimate
            the time.
        """


class Clock:
    """Estimates how much longer work will take, from its reports.

    The pace is that of the later half of the time so far: first steps are often slow, and where
    texts are sorted by length, the last ones are. Another total, or less done than before, means
    that other work has begun.

    Parameters
    ----------
    now
        Gives the time in seconds.

    Examples
    --------
    >>> times = iter([0.0, 10.0, 20.0])
    >>> clock = Clock(lambda: next(times))
    >>> clock.left(0, 6), clock.left(1, 6), clock.left(3, 6)  # the last two took 10 seconds
    (None, 50.0, 15.0)
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._total = 0
        self._begun = (0.0, 0)
        self._recent: deque[tuple[float, int]] = deque()

    def left(self, done: int, total: int) -> float | None:
        """Take a report, and estimate the seconds that are left; None while nothing is known."""
        report = (self._now(), done)
        if not self._recent or total != self._total or done < self._recent[-1][1]:
            self._total, self._begun = total, report
            self._recent.clear()
        self._recent.append(report)
        half = (self._begun[0] + report[0]) / 2
        while len(self._recent) > 1 and self._recent[1][0] <= half:
            self._recent.popleft()
        for time_then, done_then in (self._recent[0], self._begun):
            if done > done_then:
                return (report[0] - time_then) / (done - done_then) * (total - done)
        return None
