"""Push units to Label Studio and pull answers back, so that nothing doubles and nothing is lost.

A push asks which units a project has, by the unit's id in the task's data, and sends only the
others; so it can be killed at any moment and started again. An import is one
transaction on the server, but its answer can get lost; before anything is sent a second time, the
server is asked again. At the end tasks are counted, and a task that was doubled nevertheless, by
a push that died while the server was still storing its last batch, is removed if nobody has
answered it.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ...errors import ServerError
from ...labels import Codebook
from ...progress import Progress
from ..answers.earlier import Earlier, by_revision, in_force, read_by_revision
from ..answers.from_label_studio import Read
from ..page.config import MARK
from .connection import TRIES, Server, passing, pause, server_errors
from .task_list import ANSWERS, answered, item, n_tasks, newest_change, tasks_of

__all__ = ["Pushed", "pull", "push"]

_BATCH = 500
# The names hold at every level: a task's and those of the answers in it.
_WHOLE = (
    "id,data,project,updated_at,created_at,total_predictions,annotations,result,completed_by,"
    "was_cancelled,lead_time,parent_prediction,prediction"
)
# Only where marks were shown are they needed to tell what was suggested on which.
_WITH_SHOWN = f"{_WHOLE},predictions"


@dataclass(frozen=True, slots=True)
class Pushed:
    """The outcome of a push.

    Examples
    --------
    >>> from standfirst.annotate import push
    >>> done = push(server, 3, tasks)  # doctest: +SKIP
    >>> done.n_sent, done.n_known  # doctest: +SKIP
    (300, 0)
    """

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
    n_cleaned: int = 0
    """Units with characters that no database takes (NUL), which were left out of their tasks."""


def push(
    server: Server,
    project: int,
    tasks: Sequence[dict[str, Any]],
    *,
    batch: int = _BATCH,
    wait: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
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
        Receives how many tasks are dealt with.

    Raises
    ------
    ServerError
        The server refused, or could not be reached for most of a minute.

    Examples
    --------
    >>> from standfirst.annotate import push
    >>> push(server, 3, tasks).n_sent  # doctest: +SKIP
    300
    >>> push(server, 3, tasks).n_sent  # doctest: +SKIP
    0
    """
    n_sent = 0
    empty = n_tasks(server, project) == 0
    for begin in range(0, len(tasks), batch):
        n_sent += _push_batch(server, project, tasks[begin : begin + batch], wait, ask=not empty)
        if progress is not None:
            progress("pushing", min(begin + batch, len(tasks)), len(tasks), "tasks")
    # Each unit is there by now; as many tasks as units leave no room for a double.
    alone = n_tasks(server, project) == len({task["data"]["unit_id"] for task in tasks})
    n_doubles = 0 if alone else _remove_doubles(server, project)
    url = f"{server.url}/projects/{project}"
    return Pushed(project, url, n_sent, len(tasks) - n_sent, n_doubles)


def pull(
    server: Server,
    project: int,
    codebook: Codebook,
    *,
    since: str = "",
    blind: Collection[str] = (),
    earlier: Mapping[str, Earlier] | None = None,
) -> Read:
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
        `Read.newest` of an earlier pull; only tasks that changed since are read. If empty, all that
        have an answer.
    blind
        Units that must have been coded without a suggestion.
    earlier
        Earlier revisions of the codebook whose answers are carried over.

    Returns
    -------
    Answers of every coder, skipped ones included, and what does not fit the codebook.

    Examples
    --------
    >>> from standfirst.annotate import pull
    >>> read = pull(server, 3, codebook)  # doctest: +SKIP
    >>> read.n_answers, len(read.rejects)  # doctest: +SKIP
    (300, 0)
    """
    # First, so that the next pull reads again what changes meanwhile.
    newest = newest_change(server, project) or since
    from_ = _earlier(since) if since else ""
    changed = [item("tasks:updated_at", "greater_or_equal", "Datetime", from_)]
    about = server.raw("GET", f"/api/projects/{project}/")
    include = _WITH_SHOWN if f'name="{MARK}"' in str(about.get("label_config")) else _WHOLE
    changes = in_force(str(about.get("description") or ""))
    filters = changed if since else _ANSWERED
    parts = (
        part
        for row in _answered(server, project, filters, include)
        for part in by_revision(row, changes)
    )
    coders, where = server.coders(), f"{server.url}/projects/{project}/data"
    read = read_by_revision(parts, codebook, earlier or {}, where=where, coders=coders, blind=blind)
    read.n_drafts = n_tasks(server, project, [_DRAFT])
    read.newest = newest
    return read


def _answered(
    server: Server, project: int, filters: Sequence[dict[str, Any]], include: str
) -> Iterator[Any]:
    conjunction: Literal["and", "or"] = "or" if filters is _ANSWERED else "and"
    for row in tasks_of(
        server, project, include=include, filters=filters, conjunction=conjunction, fields="all"
    ):
        answers = row.get("annotations") or []
        if not answers:
            continue
        # Whatever the server's version: an answer that comes without its content is requested
        # alone, so that none is lost silently.
        if any("result" not in given or "completed_by" not in given for given in answers):
            yield server.raw("GET", f"/api/tasks/{row['id']}/")
        else:
            yield row


def _earlier(since: str) -> str:
    # A change that was being stored while the last pull looked may bear an earlier time.
    moment = datetime.fromisoformat(since) - timedelta(minutes=1)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _push_batch(
    server: Server,
    project: int,
    tasks: Sequence[dict[str, Any]],
    wait: Callable[[float], None],
    *,
    ask: bool,
) -> int:
    n_sent = 0
    for attempt in range(TRIES):
        try:
            # In a project that was empty a moment ago nothing needs to be looked for at first.
            unit_ids = [task["data"]["unit_id"] for task in tasks]
            there = _present(server, project, unit_ids) if ask or attempt else set()
            missing = [task for task in tasks if task["data"]["unit_id"] not in there]
            if not missing:
                # After a lost answer the server may have stored them all the same.
                return n_sent
            n_sent = len(missing)
            with server_errors(f"{server.url}/projects/{project}"):
                server.client.projects.import_tasks(project, request=missing)
        except ServerError as error:
            if attempt == TRIES - 1 or not passing(error):
                raise
            wait(pause(attempt))
        else:
            return n_sent
    return n_sent


def _present(server: Server, project: int, unit_ids: Sequence[str]) -> set[str]:
    wanted = item("tasks:data.unit_id", "in_list", "List", list(unit_ids))
    rows = tasks_of(server, project, filters=[wanted])
    return {row["data"]["unit_id"] for row in rows}


def _remove_doubles(server: Server, project: int) -> int:
    seen: dict[str, list[dict[str, Any]]] = {}
    for row in tasks_of(server, project, include=f"id,data,{ANSWERS}"):
        seen.setdefault(row["data"].get("unit_id", ""), []).append(row)
    n_doubles = 0
    for unit_id, rows in seen.items():
        if not unit_id or len(rows) == 1:
            continue
        blank = [row for row in rows if not answered(row)]
        n_kept = 0 if len(blank) < len(rows) else 1
        for row in blank[n_kept:]:
            with server_errors(server.url):
                server.client.tasks.delete(id=str(row["id"]))
            n_doubles += 1
    return n_doubles


_DRAFT = item("tasks:draft_exists", "equal", "Boolean", value=True)
_ANSWERED = [
    item("tasks:total_annotations", "greater", "Number", 0),
    item("tasks:cancelled_annotations", "greater", "Number", 0),
]
