"""Which processes of a session are alive."""

from pathlib import Path

__all__ = ["members"]


def members(session: int) -> list[int]:
    """Return the ids of a session's processes that are alive."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(of) == session and state not in "ZX":
            alive.append(int(stat.parent.name))
    return alive
