"""Find what the user named: files, folders, globs, standard input, URLs of any fsspec store.

Compressed files are opened through their decompressor; nothing is unpacked to disk, and nothing is
read whole.
"""

import bz2
import glob
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import zstandard

from ...errors import InputError, MissingExtraError, MissingFileError
from ...tables.reading import warn
from .fields import printable
from .file_type import HEAD, ZIPPED, compressed, kind, kind_of_members
from .own_files import holds_tags, holds_units, own_files

__all__ = ["COMPRESSIONS", "Source", "find", "member"]


T = TypeVar("T")

_SHOWN = 5
_BLOCK = 4 * 2**20
# Bytes fetched at once from a store; larger blocks fetch far beyond the end of a range.


@dataclass(frozen=True, slots=True)
class Source:
    """One input, not yet opened."""

    name: str
    """The path or URL, as shown to the user; ``-`` for standard input."""
    suffix: str
    """Lower-case suffix without compression, such as ``.jsonl``."""
    raw: Callable[[], AbstractContextManager[BinaryIO]]
    """Opens it for reading bytes as they are stored."""
    compression: str = ""
    """Suffix of its compression; empty when only its first bytes can tell."""
    form: str = ""
    """Suffix of the reader that reads it, once that is decided."""
    listed: bool = False
    """Whether it was not named but stands in a folder that was."""

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it for reading bytes, decompressed."""
        with self.raw() as stored:
            if compression := self.compression or compressed(_head(stored)):
                with COMPRESSIONS[compression](stored) as stream:
                    # These say that they can go back, whatever they read from.
                    yield stream if stored.seekable() else _forwards(stream)
            else:
                yield stored

    def packing(self) -> str:
        """Return the suffix of its compression, from its name or its first bytes."""
        if self.compression:
            return self.compression
        with self.raw() as stored:
            return compressed(_head(stored))

    def kind(self) -> str:
        """Guess its format from its first bytes, as a suffix; empty when they do not say."""
        named = bool(self.suffix)
        with self.raw() as stored:
            guess = kind(_head(stored), named=named)
            if guess in ZIPPED and stored.seekable():
                try:
                    with zipfile.ZipFile(stored) as archive:
                        return kind_of_members(archive.namelist(), named=named)
                except (zipfile.BadZipFile, OSError, ValueError):
                    return guess
            return guess


def _head(stream: BinaryIO) -> bytes:
    """Return the first bytes of a stream without consuming them."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(HEAD)[:HEAD]
    if not stream.seekable():
        return b""
    head = stream.read(HEAD)
    stream.seek(0)
    return head


class _Forwards(io.RawIOBase):
    """A stream that cannot go back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _forwards(stream: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Forwards(stream)))


def _zst(raw: BinaryIO) -> BinaryIO:
    reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False)
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", reader)))


def _gz(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw))


def _bz2(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", bz2.BZ2File(raw))


def _xz(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", lzma.LZMAFile(raw))


COMPRESSIONS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    ".bz2": _bz2,
    ".gz": _gz,
    ".xz": _xz,
    ".zst": _zst,
}
"""Suffix to what opens it."""


def find(inputs: Sequence[str], known: Sequence[str], *, units: bool = True) -> Iterator[Source]:
    """Find the files that inputs stand for, in a stable order, each once.

    Files in a folder that Standfirst wrote (tags, models, what a study holds) are left out, which
    is said.

    Parameters
    ----------
    inputs
        Paths, folders, globs, URLs (``s3://...``) or ``-``.
    known
        Suffixes that a reader knows; a folder must hold a file with one of them.
    units
        Whether tables of units in a folder are wanted.

    Raises
    ------
    MissingFileError
        A path that is not there, or a glob that matches nothing.
    InputError
        A folder that holds no file of a known kind.
    """
    seen: set[str] = set()
    for given in inputs:
        for source in _expand(given, known, units=units):
            if source.name not in seen:
                seen.add(source.name)
                yield source


def _expand(given: str, known: Sequence[str], *, units: bool) -> Iterator[Source]:
    if given == "-":
        yield Source("-", "", lambda: nullcontext(cast("BinaryIO", sys.stdin.buffer)))
    elif "://" in given:
        yield from _remote(given, known)
    elif Path(given).is_dir():
        paths = sorted(path for path in Path(given).rglob("*") if path.is_file())
        there = {path.relative_to(given).as_posix(): path for path in paths}
        own = own_files(there)
        own |= {
            name
            for name, path in there.items()
            if name not in own and (holds_tags(path) or (not units and holds_units(path)))
        }
        taken = [path for path in _others(given, there, own) if not _hidden(path, given)]
        _refuse_unreadable(given, [path.name for path in taken], known)
        yield from (replace(_local(path), listed=True) for path in taken)
    elif Path(given).exists():
        yield _local(Path(given))
    elif glob.has_magic(given):
        matches = sorted(
            path for path in map(Path, glob.iglob(given, recursive=True)) if path.is_file()
        )
        if not matches:
            raise MissingFileError(given, "no file matches")
        yield from map(_local, matches)
    else:
        raise MissingFileError(given)


def member(name: str, opened: Callable[[], AbstractContextManager[BinaryIO]]) -> Source:
    """Give the source that a file inside an archive is."""
    last = name.rpartition("/")[2]
    return Source(name, _suffix(last), opened, _compression(last), listed=True)


def _others(given: str, there: Mapping[str, T], own: Collection[str]) -> list[T]:
    """Return the files of a folder that are not our own, and say which those are."""
    shown = sorted(name for name in own if not any(part[0] == "." for part in name.split("/")))
    if shown:
        more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
        names = f"{', '.join(shown[:_SHOWN])}{more}"
        warn(given)(printable(f"left out, since Standfirst wrote it: {names}"))
    return [path for name, path in there.items() if name not in own]


def _refuse_unreadable(given: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a folder in which no file has a suffix that a reader knows."""
    suffixes = {_suffix(name) for name in names}
    if suffixes.isdisjoint(("", *known)):
        problem = "no readable file in this folder"
        if suffixes:
            problem += f", which holds {', '.join(sorted(suffixes))}"
        raise InputError(given, problem, f"known: {' '.join(known)}")


def _hidden(path: Path, root: str) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _local(path: Path) -> Source:
    def opened() -> BinaryIO:
        return path.open("rb")

    return Source(str(path), _suffix(path.name), opened, _compression(path.name))


def _remote(url: str, known: Sequence[str]) -> Iterator[Source]:
    import fsspec

    listed = False
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        if glob.has_magic(path):
            paths = sorted(filesystem.glob(path))
        elif filesystem.isdir(path):
            inside = {name[len(path) :].strip("/"): name for name in sorted(filesystem.find(path))}
            paths = [
                name
                for name in _others(url, inside, own_files(inside))
                if not _hidden(Path(name), path)
            ]
            listed = True
        else:
            paths = [path] if filesystem.exists(path) else []
    except ImportError as error:
        raise MissingExtraError(f"reading {url}", "s3") from error
    except Exception as error:
        # Each store raises what it likes, such as botocore where no credentials are known.
        raise InputError(url, str(error), "check the URL and its access rights") from error
    if not paths:
        raise MissingFileError(url, "no such file or folder", "check the URL")
    if listed:
        _refuse_unreadable(url, paths, known)
    for stored in paths:
        opened = partial(filesystem.open, stored, "rb", block_size=_BLOCK)
        name = filesystem.unstrip_protocol(stored)
        yield Source(name, _suffix(stored), opened, _compression(stored), listed=listed)


def _compression(name: str) -> str:
    suffix = Path(name.lower()).suffix
    return suffix if suffix in COMPRESSIONS else ""


def _suffix(name: str) -> str:
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in COMPRESSIONS else path.suffix
