"""Push units to Label Studio and pull answers back, so that nothing doubles and nothing is lost.

A push asks which units a project has, by the unit's id in the task's data, and sends only the
others; so it can be killed between or inside any two requests and started again. An import is one
transaction on the server, but its answer can get lost; before anything is sent a second time, the
server is asked again. At the end tasks are counted, and a task that was doubled nevertheless, by
a push that died while the server was still storing its last batch, is removed if nobody has
answered it.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import ServerError
from ..labels import Codebook
from .answers import Read, read_tasks
from .server import Server, told

__all__ = ["Pushed", "pull", "push", "tasks_of"]

_BATCH = 500
_PAGE = 1000
_TRIES = 5
# A task lists only the drafts of whoever asks, so tasks are asked for that have any.
_DRAFT = {
    "filter": "filter:tasks:draft_exists",
    "operator": "equal",
    "type": "Boolean",
    "value": True,
}


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did."""

    project: int
    """The project's number."""
    url: str
    """Where coders find it."""
    n_sent: int
    """Units that were not there before."""
    n_known: int
    """Units that were there already."""
    n_doubles: int
    """Doubled tasks that were removed."""


def push(
    server: Server,
    project: int,
    tasks: Sequence[dict[str, Any]],
    *,
    batch: int = _BATCH,
    wait: Callable[[float], None] = time.sleep,
    progress: Callable[[int, int], None] | None = None,
) -> Pushed:
    """Bring tasks into a project, each once.

    Parameters
    ----------
    server
        Where.
    project
        The project's number.
    tasks
        What `tasks.task` makes; their order is the order in which they are coded.
    batch
        Tasks in one request.
    wait
        How to wait before a request is tried again.
    progress
        Called with the number of tasks dealt with and their total.

    Raises
    ------
    ServerError
        The server refused, or could not be reached five times in a row.
    """
    n_sent = 0
    for begin in range(0, len(tasks), batch):
        n_sent += _push_batch(server, project, tasks[begin : begin + batch], wait)
        if progress is not None:
            progress(min(begin + batch, len(tasks)), len(tasks))
    n_doubles = _remove_doubles(server, project)
    url = f"{server.url}/projects/{project}"
    return Pushed(project, url, n_sent, len(tasks) - n_sent, n_doubles)


def pull(server: Server, project: int, codebook: Codebook, *, since: str = "") -> Read:
    """Read the answers of a project.

    Parameters
    ----------
    server
        Where.
    project
        The project's number.
    codebook
        What was coded.
    since
        What an earlier pull gave as `Read.newest`; only tasks that changed since are read. All, if
        empty.

    Returns
    -------
    Answers of every coder, skipped ones included, and what does not fit the codebook.
    """
    rows = list(tasks_of(server, project, include="id,updated_at"))
    from_ = _earlier(since) if since else ""
    changed = [row["id"] for row in rows if row["updated_at"] >= from_]
    where = f"{server.url}/projects/{project}/data"
    read = read_tasks(
        _export(server, project, None if len(changed) == len(rows) else changed),
        codebook,
        where=where,
        coders=server.coders(),
    )
    read.n_drafts = sum(1 for _ in tasks_of(server, project, include="id", filters=[_DRAFT]))
    read.newest = max((row["updated_at"] for row in rows), default=since)
    return read


def _export(server: Server, project: int, ids: list[int] | None) -> Iterator[Any]:
    # The JSON export is the one form that keeps skipped answers, lists and who answered. The SDK
    # misspells the ids, so that it would export everything.
    path, kind = f"/api/projects/{project}/export", ("exportType", "JSON")
    if ids is None:
        yield from server.raw("GET", path, params=[kind])
        return
    for begin in range(0, len(ids), _PAGE):
        chosen = [("ids[]", str(number)) for number in ids[begin : begin + _PAGE]]
        yield from server.raw("GET", path, params=[kind, *chosen])


def _earlier(since: str) -> str:
    # A change that was being stored while the last pull looked may bear an earlier time.
    moment = datetime.fromisoformat(since) - timedelta(minutes=1)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def tasks_of(
    server: Server, project: int, *, include: str = "id,data", filters: Any = None
) -> Iterator[dict[str, Any]]:
    """Walk through the tasks of a project, page by page.

    The SDK's pager takes any error 404 for the end; here the count that the server gives decides.

    Parameters
    ----------
    server
        Where.
    project
        The project's number.
    include
        Fields to ask for, separated by commas.
    filters
        Items of a Data Manager filter that must all hold.
    """
    query = {"filters": {"conjunction": "and", "items": filters or []}, "ordering": ["tasks:id"]}
    seen, total, page = 0, 1, 1
    while seen < total:
        params = {
            "project": project,
            "fields": "task_only",
            "include": include,
            "page_size": _PAGE,
            "page": page,
            "query": json.dumps(query),
        }
        try:
            answer = server.raw("GET", "/api/tasks/", params=params)
        except ServerError as error:
            response = getattr(error.__cause__, "response", None)
            # Tasks were deleted while we walked, so that the last page is gone.
            if page > 1 and getattr(response, "status_code", None) == 404:
                return
            raise
        total = int(answer["total"])
        if not answer["tasks"]:
            return
        yield from answer["tasks"]
        seen, page = seen + len(answer["tasks"]), page + 1


def _push_batch(
    server: Server,
    project: int,
    tasks: Sequence[dict[str, Any]],
    wait: Callable[[float], None],
) -> int:
    n_sent = 0
    for attempt in range(_TRIES):
        try:
            there = _present(server, project, [one["data"]["unit_id"] for one in tasks])
            missing = [one for one in tasks if one["data"]["unit_id"] not in there]
            if not missing:
                # After a lost answer the server may have stored them all the same.
                return n_sent
            n_sent = len(missing)
            with told(f"{server.url}/projects/{project}"):
                server.client.projects.import_tasks(project, request=missing)
        except ServerError as error:
            if attempt == _TRIES - 1 or not _passing(error):
                raise
            wait(2.0**attempt)
        else:
            return n_sent
    return n_sent


def _present(server: Server, project: int, unit_ids: Sequence[str]) -> set[str]:
    asked = {
        "filter": "filter:tasks:data.unit_id",
        "operator": "in_list",
        "type": "List",
        "value": list(unit_ids),
    }
    rows = tasks_of(server, project, filters=[asked])
    return {row["data"]["unit_id"] for row in rows}


def _remove_doubles(server: Server, project: int) -> int:
    seen: dict[str, list[dict[str, Any]]] = {}
    for row in tasks_of(server, project, include="id,data,total_annotations,cancelled_annotations"):
        seen.setdefault(row["data"].get("unit_id", ""), []).append(row)
    n_doubles = 0
    for unit_id, rows in seen.items():
        if not unit_id or len(rows) == 1:
            continue
        blank = [
            row
            for row in rows
            if not row.get("total_annotations") and not row.get("cancelled_annotations")
        ]
        keep = 0 if len(blank) < len(rows) else 1
        for row in blank[keep:]:
            with told(server.url):
                server.client.tasks.delete(id=str(row["id"]))
            n_doubles += 1
    return n_doubles


def _passing(error: ServerError) -> bool:
    cause = error.__cause__
    response = getattr(cause, "response", None)
    status = getattr(cause, "status_code", None) or getattr(response, "status_code", None)
    return status is None or status >= 500 or status in (408, 409, 429)
