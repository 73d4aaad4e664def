"""Keep what could not be used: one file of rejects, each in it once however often it is read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile

import msgspec

from ...files import dump_json, publish
from ..reading.fields import Reject

__all__ = ["keep_rejects", "load_rejects", "rejects_kept"]


def load_rejects(path: Path) -> list[Reject]:
    """Load a file of rejects; an empty list when there is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from standfirst.corpus import load_rejects
    >>> load_rejects(Path("no-such-file.jsonl"))
    []
    """
    if not path.exists():
        return []
    # Bytes, because a text would also part at the line separators that a record may hold.
    decoder = msgspec.json.Decoder(Reject)
    return [decoder.decode(line) for line in path.read_bytes().splitlines() if line.strip()]


def keep_rejects(path: Path, new: Iterable[Reject]) -> None:
    """Add rejects to a file; it is written only when something is new.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Reject, keep_rejects, load_rejects
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rejects.jsonl"
    ...     for _ in range(2):
    ...         keep_rejects(path, [Reject("news.csv", 7, "has no text")])
    ...     len(load_rejects(path))
    1
    """
    with rejects_kept(path) as keep:
        for reject in new:
            keep(reject)


@contextmanager
def rejects_kept(path: Path) -> Iterator[Callable[[Reject], None]]:
    """Yield a function that keeps a reject; the file is written when the block ends well.

    New ones wait on disk, and only their hashes in memory, so that there may be any number.
    """
    seen: set[bytes] = set()
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=path.parent) as new:

        def keep(reject: Reject) -> None:
            line = dump_json(asdict(reject), indent=None).encode() + b"\n"
            digest = blake2b(line, digest_size=16).digest()
            if digest not in seen:
                seen.add(digest)
                new.write(line)

        if path.exists():
            with path.open("rb") as old:
                seen.update(blake2b(line, digest_size=16).digest() for line in old)
        yield keep
        if new.tell() == 0:
            return
        new.seek(0)
        with publish(path) as unfinished, unfinished.open("wb") as out:
            if path.exists():
                with path.open("rb") as old:
                    copyfileobj(old, out)
            copyfileobj(new, out)
