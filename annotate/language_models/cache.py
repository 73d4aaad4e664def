"""Answers that were paid for, in SQLite: nothing is asked twice, however a run ended.

An answer is written before anything is made of it. Its key is a hash of endpoint, model, prompt and
text; the text itself and the endpoint's key are not in the file.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from ...errors import InputError
from .endpoint import Reply

__all__ = ["Cache", "Cached"]

_TABLE = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, coder TEXT NOT NULL, answered TEXT NOT NULL, reply TEXT NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Cached:
    """An answer and when it came."""

    key: str
    """Hash of what was asked, and where."""
    answered: str
    """ISO time in UTC."""
    reply: Reply
    """The answer."""


class Cache:
    """The answers of all models to a study; several threads may write to one.

    Parameters
    ----------
    path
        The file; made when missing.

    Raises
    ------
    InputError
        The file is no cache, or it is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> reply = Reply('{"tone": "warm"}', False, "small", "", 90, 8, 0.5)
    >>> with TemporaryDirectory() as folder, Cache(Path(folder) / "cache.sqlite") as cache:
    ...     cache.add("k1", "llm:small@0", reply)
    ...     [row.reply.content for row in cache.get(["k1", "k2"]).values()]
    ['{"tone": "warm"}']
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False, timeout=60)
        try:
            with self._guarded() as database:
                database.execute(_TABLE)
        except InputError:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, key: str, coder: str, reply: Reply, answered: str = "") -> None:
        """Write an answer, for good; a key that is there already keeps its answer.

        Parameters
        ----------
        key
            Hash of what was asked, and where.
        coder
            Name of the coder.
        reply
            The answer.
        answered
            ISO time in UTC; now when empty.
        """
        when = answered or datetime.now(UTC).isoformat(timespec="microseconds")
        row = (key, coder, when, json.dumps(asdict(reply), ensure_ascii=True))
        with self._guarded() as database:
            database.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?)", row)

    def get(self, keys: Collection[str]) -> dict[str, Cached]:
        """Return the answers to these keys that are there."""
        rows = self._rows("key", keys)
        return {row.key: row for row in rows}

    def of(self, coder: str) -> list[Cached]:
        """Return all answers of a coder."""
        return self._rows("coder", [coder])

    def _rows(self, column: Literal["key", "coder"], values: Collection[str]) -> list[Cached]:
        query = f"SELECT key, answered, reply FROM replies WHERE {column} = ?"  # noqa: S608
        with self._guarded() as database:
            rows = [row for value in values for row in database.execute(query, (value,))]
        try:
            return [Cached(k, when, Reply(**json.loads(text))) for k, when, text in rows]
        except (ValueError, TypeError) as error:
            raise self._damaged(error) from error

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._database:
                yield self._database
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> InputError:
        problem = f"is damaged, or no cache of answers ({error})"
        remedy = "remove it: what stands in annotations/language_models is taken from there"
        return InputError(self._path, problem, remedy)
