"""The plan: inputs become shard tasks, the same ones whatever runs them.

A task is one large file's range, or small files together, and gives one output shard with a fixed
name. Whoever runs it any number of times gets the same shard; so an engine need only run each task
at least once, and a run that was killed goes on with the tasks whose shards are missing. Nothing in
a plan depends on the engine, on the number of processes, or on time.

`cuts` says how a large file is cut.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from ....corpus import READERS, Article, Fields
from ....corpus.reading.read import ARCHIVES, BROKEN, form_of, order_of_dates
from ....corpus.reading.source import find
from ....tables import TABLES, Row, read_rows, warn
from .cuts import cut_input
from .pieces import Lines, Piece, open_source, read_piece

__all__ = ["SHARD", "Input", "Plan", "Task", "holds_units", "inputs_of", "plan"]

SHARD = 4 * 2**20
"""Bytes of input in a task, about; some four thousand articles, or thirty thousand sentences."""

_MOST_FILES = 2_000
_TRIED = 100
_CHUNK = 2**20
_LOOKED_AT = 1_000
_BLOCKS = 64
_GUESSED = Fields()
_WITH_DATES = {*TABLES, *ARCHIVES, ".json", ".xls", ".xlsx"}
# Other formats give dates that can be read in one way.


class Input(msgspec.Struct, frozen=True):
    """One input file, as it was when the plan was made."""

    name: str
    """What the user calls it."""
    path: str
    """Where its bytes are."""
    form: str
    """Suffix of its reader."""
    size: int
    """Bytes as stored."""
    fingerprint: str
    """Changes when the content changes: a hash (of samples, beyond 64 MB), or a store's own tag."""


class Task(msgspec.Struct, frozen=True):
    """What gives one output shard."""

    number: int
    """Number of the shard, from 0."""
    pieces: tuple[Piece, ...]
    """What is read, in this order."""
    size: int
    """Bytes of input, about."""

    def moved(self, paths: Mapping[str, str]) -> "Task":
        """Return the task with the paths that the files have now, by their names."""
        pieces = tuple(replace(piece, path=paths[piece.name]) for piece in self.pieces)
        return msgspec.structs.replace(self, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Plan:
    """All tasks of a run."""

    inputs: tuple[Input, ...]
    """The files."""
    tasks: tuple[Task, ...]
    """What gives the shards."""

    @property
    def size(self) -> int:
        """Bytes of input, unpacked, about."""
        return sum(task.size for task in self.tasks)


def inputs_of(given: Sequence[str], form: str | None, spool: Path | None = None) -> list[Input]:
    """Find the inputs, their formats, sizes and fingerprints.

    Parameters
    ----------
    given
        Paths, folders, globs, URLs or ``-``, as `corpus.read_articles` takes them.
    form
        Read everything as this format.
    spool
        Where standard input was copied to.

    Raises
    ------
    MissingFileError, InputError, UnknownNameError
        As `corpus.read_articles`.
    """
    inputs = []
    for source in find(given, tuple(READERS)):
        path = str(spool) if source.name == "-" and spool is not None else source.name
        # Standard input is known by its copy, which is read for that.
        seen = source if path == source.name else replace(open_source(path), name=source.name)
        suffix = form_of(seen, form)
        # Workers may run in another folder.
        path = path if "://" in path else str(Path(path).absolute())
        size, mark = _state(path)
        inputs.append(Input(source.name, path, suffix, size, mark))
    return inputs


def plan(inputs: Sequence[Input], fields: Fields = _GUESSED, *, shard: int = SHARD) -> Plan:
    """Cut inputs into tasks, and decide how the dates of each file are read.

    Parameters
    ----------
    inputs
        The files, in order.
    fields
        The columns that the user named.
    shard
        Bytes of input in a task, about.
    """
    tasks: list[Task] = []
    waiting: list[tuple[Piece, int]] = []

    def close() -> None:
        if waiting:
            pieces = tuple(piece for piece, _ in waiting)
            tasks.append(Task(len(tasks), pieces, sum(size for _, size in waiting)))
            waiting.clear()

    for source in inputs:
        order = _order_of_dates(source, fields)
        for cut, size in cut_input(source.path, source.name, source.form, source.size, shard):
            piece = replace(cut, order=order)
            if not piece.whole:
                close()
            waiting.append((piece, size))
            full = sum(size for _, size in waiting) >= shard or len(waiting) >= _MOST_FILES
            if not piece.whole or full:
                close()
    close()
    return Plan(tuple(inputs), tuple(tasks))


def holds_units(inputs: Sequence[Input], fields: Fields) -> bool:
    """Return whether the first table among the inputs holds ready units.

    It does if it has the columns for them, or if its articles have two rows or more on average, as
    in a file that people coded: then each row is a unit of its article.
    """
    for source in inputs:
        if source.form in TABLES and source.size:
            columns = _columns(source)
            if {"unit_id", "text"} <= columns:
                return True
            return "article_id" in columns and _has_rows_of_one_article(source, fields)
    return False


def _has_rows_of_one_article(source: Input, fields: Fields) -> bool:
    piece = Piece(path=source.path, name=source.name, form=source.form)
    records = list(islice(read_piece(piece, fields, Lines()), _LOOKED_AT))
    rows = {(record.id, record.text) for record in records if isinstance(record, Article)}
    # Some articles come in a second version; that is no file of units.
    return len(rows) > 1 and len(rows) >= 2 * len({name for name, _ in rows})


def _columns(source: Input) -> set[str]:
    try:
        with open_source(source.path).open() as stream:
            first = next(
                (
                    row
                    for row in islice(read_rows(stream, source.form), _TRIED)
                    if isinstance(row, Row)
                ),
                None,
            )
    except BROKEN:
        # What cannot be read is reported when it is read.
        return set()
    return set(first.values) if first else set()


def _order_of_dates(file: Input, fields: Fields) -> str:
    """Decide how the dates of a file are read, and say so."""
    if fields.order or file.form not in _WITH_DATES:
        return ""
    source = replace(open_source(file.path), name=file.name, form=file.form)
    order, message = order_of_dates(source, fields, tried=_LOOKED_AT)
    if message:
        warn(file.name)(message)
    return order


def _state(path: str) -> tuple[int, str]:
    """Return size and fingerprint of a file."""
    if "://" in path:
        import fsspec

        filesystem, inside = fsspec.core.url_to_fs(path)
        info = filesystem.info(inside)
        size = int(info["size"])
        tag = next((info[key] for key in ("ETag", "etag", "md5Hash", "mtime") if key in info), None)
        if tag is not None:
            return size, str(tag).strip('"')
        with filesystem.open(inside, "rb") as stream:
            return size, _sampled(stream, size)
    size = os.stat(path).st_size  # noqa: PTH116 - a path may be a pipe
    with Path(path).open("rb") as stream:
        return size, _sampled(stream, size)


def _sampled(stream: BinaryIO, size: int) -> str:
    """Hash a file: all of it up to 64 MB, 64 blocks that lie evenly beyond."""
    digest = blake2b(digest_size=16)
    if size <= _BLOCKS * _CHUNK:
        while block := stream.read(_CHUNK):
            digest.update(block)
    else:
        for number in range(_BLOCKS):
            stream.seek(number * (size - _CHUNK) // (_BLOCKS - 1))
            digest.update(stream.read(_CHUNK))
    return digest.hexdigest()
