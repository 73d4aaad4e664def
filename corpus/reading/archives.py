"""The files inside an archive, zip or tar, as sources of their own.

Nothing is unpacked to disk under its own name, so that no path inside an archive can lead anywhere.
A tar that was cut between two of its files looks whole to the `tarfile` module; its end mark tells.
"""

import io
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from ...tables.rewinding import rewindable
from .fields import Reject
from .source import Source, member

__all__ = ["tar_members", "zip_members"]

_IN_MEMORY = 64 * 2**20
_UNPACKED_LIMIT = 2**30
_BLOCK = tarfile.BLOCKSIZE


def zip_members(stream: BinaryIO, name: str) -> Iterator[Source | Reject]:
    """List the files of a zip archive, sorted by name; hidden ones are passed over."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        try:
            seekable = rewindable(stream, cast("BinaryIO", spool), _UNPACKED_LIMIT)
            with zipfile.ZipFile(seekable) as archive:
                for info in sorted(archive.infolist(), key=lambda info: info.filename):
                    if not info.filename.endswith("/") and not _hidden(info.filename):
                        yield member(f"{name}/{info.filename}", partial(_of_zip, archive, info))
        except Exception as error:  # noqa: BLE001 - a broken archive makes `zipfile` raise anything
            yield Reject.of(name, None, f"broken archive: {error}")


def tar_members(stream: BinaryIO, name: str) -> Iterator[Source | Reject]:
    """List the files of a tar archive, in its order; hidden ones are passed over."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        try:
            if not stream.seekable():
                stream = rewindable(stream, cast("BinaryIO", spool), _UNPACKED_LIMIT)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                for info in archive:
                    if info.isdir() or _hidden(info.name):
                        continue
                    where = f"{name}/{info.name}"
                    content = archive.extractfile(info) if info.isreg() else None
                    if content is None:
                        yield Reject.of(where, None, "a link or a device, and no file")
                    elif info.size <= _IN_MEMORY:
                        # Going back in a compressed archive would unpack it again from its start.
                        yield member(where, partial(io.BytesIO, content.read()))
                    else:
                        yield member(where, partial(_of_tar, archive, info))
                stream.seek(archive.offset)
                if stream.read(_BLOCK).strip(b"\0") or stream.tell() < archive.offset + _BLOCK:
                    reason = "broken archive: it has no end mark, so that files may be missing"
                    yield Reject.of(name, None, reason)
        except Exception as error:  # noqa: BLE001 - as above
            yield Reject.of(name, None, f"broken archive: {error}")


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", archive.open(info))


def _of_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    return cast("BinaryIO", archive.extractfile(info))


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "__")) for part in PurePosixPath(path).parts if part != ".")
