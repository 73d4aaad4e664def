"""Keep what could not be used: one file of rejects, each in it once however often it is read."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import msgspec

from ..files import write_jsonl
from .fields import Reject

__all__ = ["keep_rejects", "load_rejects"]


def load_rejects(path: Path) -> list[Reject]:
    """Load a file of rejects; an empty list when there is none."""
    if not path.exists():
        return []
    # Bytes, because a text would also part at the line separators that a record may hold.
    decoder = msgspec.json.Decoder(Reject)
    return [decoder.decode(line) for line in path.read_bytes().splitlines() if line.strip()]


def keep_rejects(path: Path, new: Iterable[Reject]) -> None:
    """Add rejects to a file; it is written only when something is new."""
    old = load_rejects(path)
    merged = list(dict.fromkeys([*old, *new]))
    if merged != old:
        write_jsonl(path, map(asdict, merged))
