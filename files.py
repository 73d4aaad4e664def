"""Outputs appear whole or not at all: write aside, flush to disk, rename.

Everything that Standfirst writes goes through here. A name that ends in ``.part`` is never read by
any stage, so a process that was killed leaves nothing that could be mistaken for a result.
"""

import errno
import fcntl
import itertools
import json
import os
import re
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import StudyError

__all__ = [
    "WAIT",
    "dump_json",
    "locked",
    "publish",
    "read_regular",
    "write_bytes",
    "write_jsonl",
    "write_text",
]

WAIT = 10.0
"""Seconds for which a command waits for another that writes to the study."""

_HALF = re.compile("[\ud800-\udfff]")


@contextmanager
def publish(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Give a path to write to, and rename it to its final name when the block ends well.

    Parameters
    ----------
    path
        The final name. Its parent folder is made when it is missing.
    mode
        Permission bits of the new file, set before anything is written; the process's default when
        None.

    Yields
    ------
    A path beside the final one that ends in ``.part``. If the block raises, it is removed and the
    final path stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.unlink(missing_ok=True)
        if mode is not None:
            os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode))
        yield aside
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Keep other runs from writing to a folder; the lock ends with the process, however it ends.

    Parameters
    ----------
    folder
        The folder; made when missing.
    wait
        Seconds to wait for another run to end.

    Raises
    ------
    StudyError
        Another run holds the lock; the message names it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Not emptied at once: until the lock is ours, it names whoever holds it. No link is followed.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    with os.fdopen(os.open(folder / ".lock.part", flags, 0o666), "r+") as lock:
        give_up = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= give_up:
                    holder = " ".join(lock.read(200).split())
                    remedy = f"wait for it to end{holder and f' ({holder})'}"
                    raise StudyError(folder, "another run is writing here", remedy) from error
                time.sleep(0.05)
        lock.truncate()
        # Options are left out: they can be long, and a lock is no log.
        words = [Path(sys.argv[0]).name, *itertools.takewhile(str.isalpha, sys.argv[1:3])]
        lock.write(f"{' '.join(words)}, process {os.getpid()}")
        lock.flush()
        yield


def read_regular(path: Path) -> bytes:
    """Read a file, but never a pipe or a device, which would not end.

    Raises
    ------
    OSError
        It cannot be read, or is not a regular file.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return path.read_bytes()


def write_bytes(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write bytes to a file, whole or not at all."""
    with publish(path, mode=mode) as aside:
        aside.write_bytes(content)


def write_text(path: Path, content: str, *, mode: int | None = None) -> None:
    """Write UTF-8 text to a file, whole or not at all."""
    write_bytes(path, content.encode("utf-8"), mode=mode)


def dump_json(value: Any, *, indent: int | None = 2) -> str:
    """Write a value as JSON in one stable form: keys as they come, Unicode as it is.

    Half of a surrogate pair is no character, and cannot be written as UTF-8: it becomes U+FFFD.

    Examples
    --------
    >>> dump_json({"outlet": "Élan", "n": 2}, indent=None)
    '{"outlet": "Élan", "n": 2}'
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return _HALF.sub("\ufffd", text)


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, whole or not at all."""
    with publish(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(dump_json(row, indent=None) + "\n" for row in rows)
