"""Kills that hit a running command, in all parts of its run.

A command is run undisturbed first, behind a relay that notes its requests. Each blow then has a
moment of its own: a request, and a time within it. A blow that comes after the command's end is no
blow, and is dealt again.
"""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from relay import Relay  # type: ignore[import-not-found]

__all__ = ["Course", "Process", "blows", "course", "run", "slay"]

Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Course:
    """How a command ran that nobody disturbed."""

    seconds: float
    """How long it took."""
    gaps: tuple[float, ...]
    """Seconds from each request to the next one, or to the end."""

    def moment(self, part: int, n_parts: int, dice: random.Random) -> tuple[int, float]:
        """Draw a moment from one of n equal parts of the requests: which, and seconds into it."""
        place = (part + dice.random()) / n_parts * len(self.gaps)
        return int(place) + 1, (place - int(place)) * self.gaps[int(place)]


class Blow:
    """A kill that waits for its moment, and notes whether the command still ran."""

    def __init__(self, words: tuple[str, ...], kill: Callable[[Process], None]) -> None:
        self.words, self.kill, self.hit, self.over = words, kill, False, threading.Event()
        self.running: Process | None = None

    def strike(self) -> None:
        """Kill, if there is still something to kill."""
        if self.running is not None and self.running.poll() is None:
            self.hit = True
            self.kill(self.running)
        self.over.set()

    def deal(self, study: Path, relay: Relay, request: int, seconds: float) -> tuple[int, str]:
        """Run the command until the blow, or its end; give its exit code and its last words."""
        relay.watch(request, seconds, self.strike)
        self.running = begin(study, *self.words)
        _, said = self.running.communicate()
        if len(relay.times) >= request:
            self.over.wait()
        return self.running.returncode, said.decode()[-90:]


def run(study: Path, *words: str) -> str:
    """Run a command to its end, and give what it printed."""
    told = subprocess.run(
        [*_command(words)], cwd=study, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return told.stdout.decode()


def begin(study: Path, *words: str) -> Process:
    """Start a command."""
    return subprocess.Popen(
        [*_command(words)], cwd=study, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-c", "from standfirst.cli import main; main()", *words)


def course(study: Path, words: tuple[str, ...], relay: Relay) -> Course:
    """Run a command undisturbed, and note when it asked the server for something."""
    relay.watch()
    begun = time.perf_counter()
    run(study, *words)
    ended = time.perf_counter()
    times = [*relay.times, ended]
    ran = Course(ended - begun, tuple(b - a for a, b in itertools.pairwise(times)))
    what = " ".join(words[:2])
    print(f"{what}, undisturbed: {ran.seconds:.1f} s, {len(ran.gaps)} requests", flush=True)
    return ran


def blows(
    study: Path,
    words: tuple[str, ...],
    relay: Relay,
    ran: Course,
    n: int,
    *,
    fresh: Callable[[], None],
    kill: Callable[[Process], None],
) -> Iterator[tuple[int, int, str]]:
    """Strike n running commands, each anew and in another part of its run.

    Gives the request that was hit, and the command's exit code and last words. What came too late
    is drawn again.
    """
    dice, n_late = random.Random(3), 0
    for part in range(n):
        for again in itertools.count():
            fresh()
            request, seconds = ran.moment(part, n, dice)
            blow = Blow(words, kill)
            # The machine may be quicker now than it was when nobody disturbed the command.
            code, said = blow.deal(study, relay, request, seconds * 0.7**again)
            if blow.hit:
                break
            n_late += 1
            assert again < 20, "the command always ends before its moment"
        yield request, code, said
    print(f"  {n} hit a running command ({n_late} more came after its end and do not count)")


def slay(running: Process) -> None:
    """Kill a command without a word."""
    os.kill(running.pid, signal.SIGKILL)
