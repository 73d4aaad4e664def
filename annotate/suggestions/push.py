"""Bring suggestions to a project's tasks: on the page of a unit, or on that of an article.

Label Studio opens a page with the predictions of one version, the project's. On the page of an
article the marks of its units are in that prediction, too. So every task of such a project gets one
of the version that is suggested now, be it with marks only, and keeps its marks whoever opens it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ServerError
from ...labels import Codebook
from ...progress import Progress
from ..design.sampling import Drawn
from ..label_studio.connection import Server, server_errors
from ..label_studio.task_list import ANSWERS, answered, tasks_of
from ..page.tasks import unit_ids
from .suggestion import (
    Suggester,
    Suggestion,
    article_prediction,
    blind_units,
    prediction,
    refuse_blind,
)

__all__ = ["Suggested", "push_suggestions"]

_BATCH = 5000
_FIELDS = f"id,data,{ANSWERS},predictions_model_versions"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suggested:
    """The outcome for one project."""

    n_sent: int
    """Suggestions that the server holds now."""
    n_blind: int
    """Units that are coded blind."""
    n_answered: int
    """Units that somebody has answered already."""


def push_suggestions(
    server: Server,
    project: int,
    codebook: Codebook,
    design: Sequence[Drawn],
    suggester: Suggester,
    *,
    units: Mapping[str, Row] | None = None,
    only: Iterable[str] | None = None,
    batch: int = _BATCH,
    progress: Progress | None = None,
) -> Suggested:
    """Bring suggestions to the tasks of a project that nobody has answered yet.

    Earlier suggestions on these tasks are replaced; those that somebody has worked with stay, so
    that what was shown is known afterwards.

    Parameters
    ----------
    server
        Where.
    project
        The project's number.
    codebook
        What is coded.
    design
        What was drawn; it says which units are coded blind.
    suggester
        What makes the suggestions.
    units
        Rows of a table of units, by id; needed where tasks are articles, which lack the units'
        neighbours. Units that it lacks get no suggestion.
    only
        For these units only; by default for all that the design allows.
    batch
        Suggestions in one request; the server counts the whole project again after each.
    progress
        Receives how many tasks are dealt with.

    Raises
    ------
    LeakError
        A unit was named that is coded blind.
    InputError
        The model answers something that the codebook does not have.
    ServerError
        The server refused, or kept fewer suggestions than it was sent.
    """
    wanted = None if only is None else set(only)
    refuse_blind(sorted(wanted or ()), design)
    blind = blind_units(design)
    allowed = {row.unit_id for row in design} - blind
    allowed = allowed if wanted is None else allowed & wanted
    rows = list(tasks_of(server, project, include=_FIELDS))
    open_ = [row for row in rows if not answered(row)]
    mine = [row for row in open_ if allowed.intersection(unit_ids(row["data"]))]
    n_sent = 0
    for begin in range(0, len(mine), batch):
        part = mine[begin : begin + batch]
        # All are made and checked before the first is sent.
        suggestions = _suggestions(part, allowed, suggester, units or {})
        made = [_prediction(row, suggestions, codebook, suggester.version) for row in part]
        _replace(server, project, part, [new for new in made if new["result"]])
        n_sent += sum(any(given.labels.values()) for given in suggestions.values())
        if progress is not None:
            progress("suggesting", min(begin + batch, len(mine)), len(mine), "tasks")
    if mine:
        done = {row["id"] for row in mine}
        others = [row for row in rows if _is_article(row) and row["id"] not in done]
        bare = [row for row in others if _lacks(row, suggester.version)]
        made = [_prediction(row, {}, codebook, suggester.version) for row in bare]
        _import(server, project, made)
        with server_errors(f"{server.url}/projects/{project}"):
            # The form begins with the suggestions of the version that the project names.
            server.client.projects.update(project, model_version=suggester.version)
    asked = [
        unit for row in rows for unit in unit_ids(row["data"]) if wanted is None or unit in wanted
    ]
    touched = {unit for row in rows if answered(row) for unit in unit_ids(row["data"])}
    return Suggested(
        n_sent=n_sent,
        n_blind=sum(unit in blind for unit in asked),
        n_answered=sum(unit in touched for unit in asked if unit in allowed),
    )


def _is_article(row: Row) -> bool:
    return bool(row["data"].get("view") == "article")


def _lacks(row: Row, version: str) -> bool:
    return version not in str(row.get("predictions_model_versions") or "").split(",")


def _suggestions(
    rows: Sequence[Row], allowed: Collection[str], suggester: Suggester, units: Mapping[str, Row]
) -> dict[str, Suggestion]:
    wanted: dict[str, Row] = {}
    for row in rows:
        if _is_article(row):
            wanted |= {
                unit_id: units[unit_id]
                for unit_id in unit_ids(row["data"])
                if unit_id in allowed and unit_id in units
            }
        else:
            wanted[row["data"]["unit_id"]] = row["data"]
    return dict(zip(wanted, suggester.suggest(list(wanted.values())), strict=True))


def _prediction(
    row: Row, suggestions: Mapping[str, Suggestion], codebook: Codebook, version: str
) -> dict[str, Any]:
    data = row["data"]
    if _is_article(row):
        made = article_prediction(data, suggestions, codebook, version)
    else:
        made = prediction(suggestions[data["unit_id"]], codebook, version)
    return {"task": row["id"]} | made


def _replace(
    server: Server, project: int, rows: Sequence[Row], made: Sequence[dict[str, Any]]
) -> None:
    chosen = {"all": False, "included": [row["id"] for row in rows]}
    server.raw(
        "POST",
        "/api/dm/actions/",
        params={"id": "delete_tasks_predictions", "project": project},
        json={"selectedItems": chosen},
    )
    _import(server, project, made)


def _import(server: Server, project: int, made: Sequence[dict[str, Any]]) -> None:
    if not made:
        return
    where = f"{server.url}/projects/{project}"
    with server_errors(where):
        answer = server.client.projects.import_predictions(project, request=list(made))
    if answer.created != len(made):
        # Depending on its settings the server drops what it does not like without a word.
        problem = f"{answer.created} of {len(made)} suggestions were kept"
        raise ServerError(where, problem, "is its labeling config the study's? push again")
