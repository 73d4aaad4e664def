"""The tasks of a project, as Label Studio's Data Manager lists them: by page, filter and field.

Its listing is the only one that can return single fields, which makes it several times as fast as
the others. The SDK's pager takes any error 404 for the end; here the server's count decides.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from ...errors import ServerError
from .connection import Server, strange_answer

__all__ = ["ANSWERS", "answered", "item", "n_tasks", "newest_change", "tasks_of"]

ANSWERS = "total_annotations,cancelled_annotations"
"""The fields that show whether somebody has worked on a task."""

_PAGE = 1000


def tasks_of(
    server: Server,
    project: int,
    *,
    include: str = "id,data",
    filters: Sequence[dict[str, Any]] = (),
    conjunction: Literal["and", "or"] = "and",
    fields: Literal["task_only", "all"] = "task_only",
) -> Iterator[dict[str, Any]]:
    """Walk through the tasks of a project, page by page.

    Parameters
    ----------
    server
        Where.
    project
        The project's number.
    include
        Fields to ask for, separated by commas.
    filters
        Items of a Data Manager filter.
    conjunction
        Whether all of them must hold, or any.
    fields
        `all` includes answers.
    """
    query = _params(project, include, filters, conjunction) | {"fields": fields}
    seen, total, page = 0, 1, 1
    while seen < total:
        params = query | {"page_size": _PAGE, "page": page}
        try:
            answer = _listed(server, params)
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


def n_tasks(server: Server, project: int, filters: Sequence[dict[str, Any]] = ()) -> int:
    """Count the tasks of a project for which all filters hold."""
    params = _params(project, "id", filters) | {"page_size": 1, "page": 1}
    return int(_listed(server, params)["total"])


def newest_change(server: Server, project: int) -> str:
    """Return when a task of a project changed last; empty where there is none."""
    params = _params(project, "id,updated_at") | {"page_size": 1, "page": 1}
    query = json.loads(params["query"]) | {"ordering": ["-tasks:updated_at"]}
    rows = _listed(server, params | {"query": json.dumps(query)})["tasks"]
    return str(rows[0]["updated_at"]) if rows else ""


def answered(row: Mapping[str, Any]) -> bool:
    """Return whether somebody has answered or skipped a task, listed with `ANSWERS`."""
    return any(row.get(name) for name in ANSWERS.split(","))


def item(name: str, operator: str, kind: str, value: Any) -> dict[str, Any]:
    """Return one condition of a filter, on a column such as ``tasks:total_annotations``."""
    return {"filter": f"filter:{name}", "operator": operator, "type": kind, "value": value}


def _listed(server: Server, params: Mapping[str, Any]) -> dict[str, Any]:
    answer = server.raw("GET", "/api/tasks/", params=params)
    if not isinstance(answer, dict) or not {"total", "tasks"} <= answer.keys():
        raise strange_answer(server.url)
    return answer


def _params(
    project: int,
    include: str,
    filters: Sequence[dict[str, Any]] = (),
    conjunction: str = "and",
) -> dict[str, Any]:
    chosen = {"conjunction": conjunction, "items": list(filters)}
    query = json.dumps({"filters": chosen, "ordering": ["tasks:id"]})
    return {"project": project, "fields": "task_only", "include": include, "query": query}
