"""The last line of a command: what comes next."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from .options import say

if TYPE_CHECKING:
    from ...study.folder import StudyFolder

__all__ = ["say_next", "say_next_with_files", "without_next"]

_is_held: ContextVar[bool] = ContextVar("is_held", default=False)


@contextmanager
def without_next() -> Iterator[None]:
    """Let commands that are called within say nothing about the next step."""
    token = _is_held.set(True)
    try:
        yield
    finally:
        _is_held.reset(token)


def say_next(study: "StudyFolder", after: str, *, quiet: bool = False) -> None:
    """Say which command comes next in a study; nothing where the result is read by a program."""
    if quiet or _is_held.get():
        return
    from ...study.inventory import Inventory
    from ...study.next_step import next_step

    # The work is done; what cannot be read now is no reason to fail.
    with suppress(OSError):
        say(f"next: {next_step(Inventory(study), after=after)}")


def say_next_with_files(
    after: str, path: Path | str, *, names: Sequence[str] = (), quiet: bool = False
) -> None:
    """Say which command comes next for files of one's own; see `study.next_step`."""
    if quiet:
        return
    from ...study.next_step import next_with_files

    say(f"next: {next_with_files(after, str(path), names=names)}")
