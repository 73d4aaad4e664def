"""Where a run writes: a folder on this machine or in a store, where each file appears whole.

On a disk a file is written aside and renamed. In a store (``s3://``) it is written to this machine
first and put there in one piece, which appears when it is complete.
"""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from ...errors import InputError, MissingExtraError
from ...files import locked, publish

__all__ = ["Folder", "LocalFolder", "RemoteFolder", "open_folder"]


class Folder(Protocol):
    """A folder of output, files in it named by relative paths."""

    @property
    def where(self) -> str:
        """The folder, for messages."""

    def names(self, below: str = "") -> list[str]:
        """List the files in a folder below (not deeper), sorted, without that folder's name."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; it can be sought in."""

    def local(self, name: str) -> Path | None:
        """Return the path of a file, where it is on this machine."""

    def publish(self, name: str) -> AbstractContextManager[Path]:
        """Return a local path to write to; the file appears when the block ends well."""

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it; none is no error."""

    def sweep(self) -> None:
        """Remove what a run that was killed left half written."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep other runs out, as far as the place can."""


class LocalFolder:
    """A folder on this machine, or on a disk that machines share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def where(self) -> str:
        """The folder, for messages."""
        return str(self.root)

    def names(self, below: str = "") -> list[str]:
        """List the files in a folder below."""
        folder = self.root / below
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return (self.root / name).open("rb")

    def local(self, name: str) -> Path | None:
        """Return the path of a file."""
        return self.root / name

    def publish(self, name: str) -> AbstractContextManager[Path]:
        """Write aside, and rename."""
        return publish(self.root / name)

    def remove(self, name: str) -> None:
        """Remove a file or folder."""
        import shutil

        path = self.root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a run that was killed left half written."""
        for path in self.root.rglob(".*.part"):
            if path.name != ".lock.part":
                path.unlink(missing_ok=True)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other runs out."""
        return locked(self.root)


class RemoteFolder:
    """A folder in a store that fsspec knows."""

    def __init__(self, url: str) -> None:
        import fsspec

        self.where = url.rstrip("/")
        try:
            filesystem, root = fsspec.core.url_to_fs(self.where)
        except ImportError as error:
            raise MissingExtraError(f"writing to {url}", "s3") from error
        except (ValueError, OSError) as error:
            raise InputError(url, str(error), "check the URL and its access rights") from error
        # A listing that is remembered would not see what other machines wrote.
        self._filesystem: Any = type(filesystem)(
            **{**filesystem.storage_options, "use_listings_cache": False}
        )
        self._root = root.rstrip("/")

    def names(self, below: str = "") -> list[str]:
        """List the files in a folder below."""
        folder = f"{self._root}/{below}".rstrip("/")
        try:
            paths = self._filesystem.ls(folder, detail=False)
        except FileNotFoundError:
            return []
        except Exception as error:
            # Each store raises what it likes, such as botocore where no credentials are known.
            raise InputError(self.where, str(error), "check the access rights") from error
        names = (str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths if path != folder)
        return sorted(name for name in names if name and not name.startswith("."))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return cast("BinaryIO", self._filesystem.open(f"{self._root}/{name}", "rb"))

    def local(self, name: str) -> Path | None:
        """Return no path: the files are elsewhere."""
        del name
        return None

    @contextmanager
    def publish(self, name: str) -> Iterator[Path]:
        """Write to this machine, and put it there in one piece."""
        with tempfile.TemporaryDirectory(prefix="standfirst-") as scratch:
            path = Path(scratch) / Path(name).name
            yield path
            try:
                self._filesystem.put_file(str(path), f"{self._root}/{name}")
            except OSError as error:
                problem = f"cannot be written: {error}"
                raise InputError(f"{self.where}/{name}", problem, "check the rights") from error

    def remove(self, name: str) -> None:
        """Remove a file or folder."""
        path = f"{self._root}/{name}"
        if self._filesystem.exists(path):
            self._filesystem.rm(path, recursive=True)

    def sweep(self) -> None:
        """Do nothing: what is half written never reaches the store."""

    def locked(self) -> AbstractContextManager[None]:
        """Do nothing: a store has no locks."""
        return nullcontext()


def open_folder(path: str) -> Folder:
    """Return the folder that a path or URL names; it need not be there yet."""
    return RemoteFolder(path) if "://" in path else LocalFolder(Path(path))
