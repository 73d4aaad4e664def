"""Which projects of a server are the study's.

The study's id stands in a project's description, together with the part of the work that it holds.
So a copy of the study on another machine knows its projects, too, and a project of another study is
never taken for ours, whatever its title. Only a project without any id can be adopted by its title,
and only if it holds nothing but units of this study.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ...errors import InputError, ServerError
from ..page.config import MARK, READINGS, View
from ..page.tasks import unit_ids
from .batches import Batch
from .connection import Server, server_errors
from .task_list import tasks_of

__all__ = [
    "coding_projects",
    "find_project",
    "known_projects",
    "owner_mark",
    "owner_of",
    "read_state",
    "same_part",
    "units_in",
]

_OWNER = re.compile(r"Standfirst study ([0-9a-f]{12}) \((.*)\)")


def known_projects(state: Path, server: Server, study_id: str = "") -> dict[str, int]:
    """Return the numbers of the study's projects on this server, by title.

    These are the projects that bear the study's id, and those that the file remembers from before
    there were ids. A number that has become another study's project is left out.
    """
    known: dict[str, int] = dict(read_state(state).get(server.url, {}))
    if not study_id:
        return known
    with server_errors(server.url):
        owners = {int(p.id): (p.title, owner_of(p)[0]) for p in server.client.projects.list()}
    known = {
        title: number
        for title, number in known.items()
        if owners.get(number, ("", ""))[1] in ("", study_id)
    }
    for number, (title, owner) in sorted(owners.items()):
        if owner == study_id and number not in known.values():
            known[title if title not in known else f"{title} ({number})"] = number
    return known


def coding_projects(state: Path, server: Server, study_id: str = "") -> dict[str, int]:
    """Return those of `known_projects` in which units are coded one by one."""
    return {
        title: number
        for title, number in known_projects(state, server, study_id).items()
        if _view(server, number) == "unit"
    }


def find_project(
    server: Server, batch: Batch, state: Path, study_id: str, units: Collection[str] | None
) -> Any:
    """Return the project of a batch as the server describes it, or None where there is none yet.

    Parameters
    ----------
    server
        Where.
    batch
        Which project.
    state
        The file that remembers projects.
    study_id
        The study's id; empty where it has none.
    units
        Ids of the study's units: what a project without any id may hold to be adopted.

    Raises
    ------
    ServerError
        The title belongs to several projects, or to one that holds other tasks.
    """
    number = read_state(state).get(server.url, {}).get(batch.title)
    if number is not None:
        try:
            with server_errors(server.url):
                known = server.client.projects.get(number)
            if owner_of(known)[0] in ("", study_id):
                return known
        except ServerError as error:
            # Deleted in Label Studio; a project of that title may have been made since.
            if getattr(error.__cause__, "status_code", None) != 404:
                raise
    # The server's filter finds parts of titles, in any case.
    with server_errors(server.url):
        same = [p for p in server.client.projects.list(title=batch.title) if p.title == batch.title]
    # A title may be given twice: what bears another study's id is not looked at.
    mine = [p for p in same if study_id and owner_of(p)[0] == study_id]
    mine = mine or [p for p in same if not owner_of(p)[0]]
    if len(mine) > 1:
        problem = f"{len(mine)} projects are called {batch.title!r}"
        raise ServerError(server.url, problem, "rename or delete the others in Label Studio")
    unmarked = mine and not owner_of(mine[0])[0] and units is not None
    if unmarked and not units_in(server, int(mine[0].id)) <= set(units or ()):
        problem = f"a project called {batch.title!r} holds tasks that are not of this study"
        remedy = "rename it in Label Studio, or choose another title with --title"
        raise ServerError(server.url, problem, remedy)
    return mine[0] if mine else None


def same_part(server: Server, batch: Batch, state: Path, study_id: str) -> list[int]:
    """Return the study's other projects for the same part of the work, under other titles."""
    if not study_id:
        return []
    known = known_projects(state, server, study_id)
    numbers = set(known.values())
    with server_errors(server.url):
        listed = [p for p in server.client.projects.list() if int(p.id) in numbers]
    return [
        int(p.id)
        for p in listed
        if known.get(batch.title) != int(p.id)
        and (owner_of(p)[1] if owner_of(p)[0] else _part_of(p.title)) == batch.part
    ]


def units_in(server: Server, number: int) -> set[str]:
    """Return the ids of the units in a project."""
    return {unit_id for row in tasks_of(server, number) for unit_id in unit_ids(row["data"])}


def owner_mark(study_id: str, part: str) -> str:
    """Return the line of a project's description that says whose it is; empty without an id."""
    return f"Standfirst study {study_id} ({part})" if study_id else ""


def owner_of(project: Any) -> tuple[str, str]:
    """Return the study's id and the part of the work from a project's description; else empty."""
    match = _OWNER.search(str(project.description or ""))
    return (match[1], match[2]) if match else ("", "")


def read_state(state: Path) -> dict[str, Any]:
    """Read what is remembered, by server; nothing where there is no such file."""
    if not state.exists():
        return {}
    try:
        content = json.loads(state.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(state, "is damaged", "remove it; projects are found by title") from error
    return content if isinstance(content, dict) else {}


def _view(server: Server, number: int) -> View:
    with server_errors(server.url):
        config = str(server.client.projects.get(number).label_config or "")
    if f'name="{READINGS}' in config:
        return "adjudication"
    return "article" if f'name="{MARK}"' in config else "unit"


def _part_of(title: str) -> str:
    # Projects from before there were ids say their part in their titles only.
    return title.partition(" - ")[2]
