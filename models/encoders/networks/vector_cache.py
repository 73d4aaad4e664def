"""A cache of vectors on disk, so that training again on the same texts does not encode them again.

It is a convenience and never a source of errors: a file that is damaged or cannot be written is
passed over. Only training uses it; tagging sees each text once, and would fill the disk.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ....progress import Progress

__all__ = ["cached"]

Vectors = npt.NDArray[np.float32]

_AT_ONCE = 256


def cached(
    path: Path,
    texts: Sequence[str],
    width: int,
    encode: Callable[[Sequence[str]], Vectors],
    *,
    progress: Progress | None = None,
) -> Vectors:
    """Return the vectors of texts, from the cache where it has them.

    New ones are kept as they are made, so that a training that was stopped goes on where it was.

    Parameters
    ----------
    path
        The cache; its name must identify everything that the vectors depend on except the text.
    texts
        The texts.
    width
        Number of values of a vector.
    encode
        Makes the vectors of texts that the cache does not have.
    progress
        Receives how many of the new texts are encoded.

    Returns
    -------
    Shape (n_texts, width).
    """
    keys = [blake2b(t.encode("utf-8", "surrogatepass"), digest_size=16).digest() for t in texts]
    known: dict[bytes, Vectors] = {}
    with contextlib.suppress(sqlite3.Error, OSError):
        known = _read(path, keys, width)
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    # Texts of a length together, as their batches will be.
    order = sorted(new, key=lambda key: len(new[key]))
    if progress is not None and order:
        progress("encoding", 0, len(order), "texts")
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        made = dict(zip(some, encode([new[key] for key in some]), strict=True))
        known.update(made)
        with contextlib.suppress(sqlite3.Error, OSError):
            _write(path, made)
        if progress is not None:
            progress("encoding", start + len(some), len(order), "texts")
    if not keys:
        return np.zeros((0, width), np.float32)
    return np.stack([known[key] for key in keys])


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10)
    connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB)")
    return connection


def _read(path: Path, keys: Sequence[bytes], width: int) -> dict[bytes, Vectors]:
    if not path.is_file():
        return {}
    known = {}
    with contextlib.closing(_open(path)) as connection:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = connection.execute(
                f"SELECT key, value FROM vectors WHERE key IN ({marks})",  # noqa: S608
                some,
            )
            for key, value in rows:
                if len(value) == 4 * width:
                    known[bytes(key)] = np.frombuffer(value, np.float32)
    return known


def _write(path: Path, made: dict[bytes, Vectors]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.closing(_open(path)) as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                [(key, vector.tobytes()) for key, vector in made.items()],
            )
    except sqlite3.DatabaseError:
        # Not a database any more: the next training starts a new one.
        path.unlink(missing_ok=True)
