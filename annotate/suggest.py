"""Suggestions: a model's answers brought to the units whose design allows it, and to no others.

A suggestion pulls the coder's answer towards it. Units that measure something, be it the model (the
test part) or the coders (units for two or more), are therefore coded blind, and so are those whose
row of the design says that they are not `assisted`; a unit that was never drawn has no row that
could allow it. What is asked for them all the same is refused here, whoever asks.

No model is imported: whoever calls brings a function from units to suggestions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import InputError, LeakError, ServerError
from ..labels import Codebook
from .checks import answer_problems
from .sample import Drawn
from .server import Server, told
from .sync import tasks_of
from .tasks import result

__all__ = [
    "Suggested",
    "Suggester",
    "Suggestion",
    "blind_units",
    "prediction",
    "push_suggestions",
    "refuse_blind",
]

_BATCH = 5000
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model would answer on one unit."""

    labels: Mapping[str, tuple[str, ...]]
    """Ids of labels by dimension; a dimension on which it abstains is left out."""
    confidence: Mapping[str, float]
    """The probability that the answer is right, by dimension, between 0 and 1."""

    @property
    def score(self) -> float:
        """Confidence in the whole: that of the dimension that is least sure; 0 without any."""
        return min((self.confidence[name] for name in self.labels), default=0.0)


class Suggester(Protocol):
    """Whatever makes suggestions."""

    @property
    def version(self) -> str:
        """Name and hash of the model, such as ``deals@3f2a9c01d4e5``."""

    def suggest(self, units: Sequence[Mapping[str, Any]]) -> Sequence[Suggestion]:
        """Give a suggestion for each unit, a row with `text`, `before`, `after`, `title`."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was brought to one project."""

    n_sent: int
    """Suggestions that the server holds now."""
    n_blind: int
    """Units that are coded blind."""
    n_answered: int
    """Units that somebody has answered already."""


def blind_units(design: Iterable[Drawn]) -> frozenset[str]:
    """Give the units that must never get a suggestion.

    Examples
    --------
    >>> rows = [
    ...     Drawn(f"u{i}", "a1", part, "1", "random", "", 0.5, 4, 0, n_coders=n)
    ...     for i, (part, n) in enumerate([("test", 1), ("coding", 2), ("coding", 1)])
    ... ]
    >>> sorted(blind_units(rows))
    ['u0', 'u1']
    """
    return frozenset(
        row.unit_id
        for row in design
        if row.part == "test" or max(row.n_coders, len(row.coders)) > 1 or not row.assisted
    )


def refuse_blind(unit_ids: Iterable[str], design: Sequence[Drawn]) -> None:
    """Refuse suggestions for units that are coded blind, or that were never drawn.

    Raises
    ------
    LeakError
        There is such a unit; the message names some.
    """
    allowed = {row.unit_id for row in design} - blind_units(design)
    wrong = [unit_id for unit_id in unit_ids if unit_id not in allowed]
    if wrong:
        named = ", ".join(wrong[:_SHOWN]) + (" ..." if len(wrong) > _SHOWN else "")
        problem = f"{len(wrong)} units are coded blind or not drawn ({named})"
        raise LeakError("suggestions", problem, "suggest only for single-coded, assisted units")


def prediction(one: Suggestion, codebook: Codebook, version: str) -> dict[str, Any]:
    """Write a suggestion as Label Studio's prediction, checked against the codebook.

    Raises
    ------
    InputError
        The server would not take it, or would take it and regret it; told in one line.
    """
    regions = result(one.labels)
    for region in regions:
        region["score"] = round(float(one.confidence[region["from_name"]]), 6)
    problems = answer_problems(regions, codebook, complete=False)
    problems += [
        f"{name}: confidence {one.confidence[name]} is not between 0 and 1"
        for name in one.labels
        if not 0 <= one.confidence[name] <= 1
    ]
    if problems:
        raise InputError(f"model {version}", "; ".join(problems), "train it on this codebook")
    return {"result": regions, "score": round(float(one.score), 6), "model_version": version}


def push_suggestions(
    server: Server,
    project: int,
    codebook: Codebook,
    design: Sequence[Drawn],
    suggester: Suggester,
    *,
    unit_ids: Iterable[str] | None = None,
    batch: int = _BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> Suggested:
    """Bring suggestions to the tasks of a project that nobody has answered yet.

    Earlier suggestions on these tasks are replaced; those that somebody has worked with stay, so
    that it can be told afterwards what was shown.

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
    unit_ids
        For these units only; by default for all that the design allows.
    batch
        Suggestions in one request; the server counts the whole project again after each.
    progress
        Called with the number of units dealt with and their total.

    Raises
    ------
    LeakError
        A unit was named that is coded blind.
    InputError
        The model answers something that the codebook does not have.
    ServerError
        The server refused, or kept fewer suggestions than it was sent.
    """
    wanted = None if unit_ids is None else set(unit_ids)
    refuse_blind(sorted(wanted or ()), design)
    blind = blind_units(design)
    allowed = {row.unit_id for row in design} - blind
    fields = "id,data,total_annotations,cancelled_annotations"
    rows = [
        row
        for row in tasks_of(server, project, include=fields)
        if wanted is None or row["data"].get("unit_id") in wanted
    ]
    mine = [row for row in rows if row["data"].get("unit_id") in allowed]
    open_ = [
        row
        for row in mine
        if not row.get("total_annotations") and not row.get("cancelled_annotations")
    ]
    n_sent = 0
    for begin in range(0, len(open_), batch):
        n_sent += _send(server, project, codebook, suggester, open_[begin : begin + batch])
        if progress is not None:
            progress(min(begin + batch, len(open_)), len(open_))
    if open_:
        with told(f"{server.url}/projects/{project}"):
            # The form begins with the suggestions of the version that the project names.
            server.client.projects.update(project, model_version=suggester.version)
    return Suggested(
        n_sent=n_sent,
        n_blind=sum(row["data"].get("unit_id") in blind for row in rows),
        n_answered=len(mine) - len(open_),
    )


def _send(
    server: Server,
    project: int,
    codebook: Codebook,
    suggester: Suggester,
    rows: Sequence[Mapping[str, Any]],
) -> int:
    # All are made and checked before the first is sent.
    found = suggester.suggest([row["data"] for row in rows])
    made = [
        {"task": row["id"]} | prediction(one, codebook, suggester.version)
        for row, one in zip(rows, found, strict=True)
        if any(one.labels.values())
    ]
    where = f"{server.url}/projects/{project}"
    chosen = {"all": False, "included": [row["id"] for row in rows]}
    server.raw(
        "POST",
        "/api/dm/actions/",
        params={"id": "delete_tasks_predictions", "project": project},
        json={"selectedItems": chosen},
    )
    if not made:
        return 0
    with told(where):
        answer = server.client.projects.import_predictions(project, request=made)
    if answer.created != len(made):
        # Depending on its settings the server drops what it does not like without a word.
        problem = f"{answer.created} of {len(made)} suggestions were kept"
        raise ServerError(where, problem, "is its labeling config the study's? push again")
    return len(made)
