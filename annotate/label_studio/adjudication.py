"""Adjudication: what coders differ on goes to one more person, with their answers.

Every dimension shows who answered what, by name, or as coder A, B and so on where names could sway
the judgement; the letters are assigned anew for each unit. Nothing has to be answered again: a
question that is left open stays as the coders and the rule for gold have it. The decisions come
back like all answers, in a round of their own whose name tells `labels.resolve` that they take
precedence.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...corpus import content_id
from ...files import WAIT, locked
from ...labels import (
    ADJUDICATION,
    Annotation,
    Codebook,
    Dimension,
    current,
    readings,
    resolve,
    settle,
    ties,
)
from ..page.config import READINGS
from ..page.tasks import task
from .batches import Batch, short_title
from .connection import Server, server_errors
from .projects import project
from .sync import Pushed, push
from .task_list import ANSWERS, answered, tasks_of

__all__ = ["Disputed", "disputed", "doubted", "push_disputed"]

_AGREED, _DIFFERS, _AGAIN = "All say", "They differ", "Look again"


_EMPTY = {
    "answered": "(none applies)",
    "not asked": "(not asked)",
    "open": "(no answer)",
    "skipped": "(skipped)",
}
"""What is shown for an answer without labels."""


@dataclass(frozen=True, slots=True)
class Disputed:
    """A unit on which coders differ, or that no rule could settle."""

    unit_id: str
    """The unit."""
    dimensions: tuple[str, ...]
    """Ids of the dimensions in question, in the codebook's order."""
    readings: tuple[Annotation, ...]
    """The coders' answers, on all dimensions."""
    tied: bool
    """Whether one of them is tied, so that gold lacks it without a decision."""
    head: str = _DIFFERS
    """What is said above the readings of the dimensions in question."""


def disputed(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    rule: str = "majority",
    least: float = 0.0,
    adjudicators: Collection[str] = (),
    only_ties: bool = False,
) -> list[Disputed]:
    """Find the units that need a decision: ties first, then the others on which coders differ.

    Parameters
    ----------
    annotations
        All annotations; earlier decisions do not settle anything here, so that the list stays the
        same during the work.
    codebook
        What was coded.
    rule, least, adjudicators
        As for `labels.resolve`.
    only_ties
        Leave out what the rule settles although coders differ.

    Examples
    --------
    >>> from ...labels import Label
    >>> stance = Dimension("s", "?", (Label("for", "For"), Label("no", "No")))
    >>> book = Codebook("b", "t", "1", (stance,))
    >>> answers = [("u1", "ann", "no"), ("u2", "ann", "no"), ("u2", "bo", "for")]
    >>> rows = [Annotation(unit, coder, "s", (label,)) for unit, coder, label in answers]
    >>> [(case.unit_id, case.dimensions, case.tied) for case in disputed(rows, book)]
    [('u2', ('s',), True)]
    """
    rows = settle(readings(annotations, adjudicators), codebook).annotations
    open_: dict[str, set[str]] = {}
    for gold in ties(rows, codebook, rule=rule, least=least):
        open_.setdefault(gold.unit_id, set()).add(gold.dimension)
    tied = set(open_)
    if not only_ties:
        for gold in resolve(rows, codebook, rule=rule, least=least):
            if gold.rule not in {"unanimous", "single"}:
                open_.setdefault(gold.unit_id, set()).add(gold.dimension)
    given: dict[str, list[Annotation]] = {}
    for row in current(rows):
        if row.unit_id in open_:
            given.setdefault(row.unit_id, []).append(row)
    return [
        Disputed(
            unit_id=unit_id,
            dimensions=tuple(d.id for d in codebook.dimensions if d.id in open_[unit_id]),
            readings=tuple(given[unit_id]),
            tied=unit_id in tied,
        )
        for unit_id in sorted(open_, key=lambda unit_id: (unit_id not in tied, unit_id))
    ]


def doubted(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    asked: Mapping[str, Collection[str]],
    *,
    adjudicators: Collection[str] = (),
) -> list[Disputed]:
    """Give units for one more look, though no coder may have differed; in the given order.

    Parameters
    ----------
    annotations
        All annotations.
    codebook
        What was coded.
    asked
        The units, and of each the ids of the dimensions in question. What gives rise to the
        question is not shown: whoever decides should not lean to it.
    adjudicators
        As for `labels.resolve`.
    """
    said: dict[str, list[Annotation]] = {}
    for row in current(settle(readings(annotations, adjudicators), codebook).annotations):
        if row.unit_id in asked:
            said.setdefault(row.unit_id, []).append(row)
    return [
        Disputed(
            unit_id=unit_id,
            dimensions=tuple(one.id for one in codebook.dimensions if one.id in names),
            readings=tuple(said[unit_id]),
            tied=False,
            head=_AGAIN,
        )
        for unit_id, names in asked.items()
        if unit_id in said
    ]


def push_disputed(
    server: Server,
    units: Mapping[str, Mapping[str, Any]],
    codebook: Codebook,
    cases: Sequence[Disputed],
    *,
    title: str,
    state: Path,
    study_id: str = "",
    earlier: Collection[str] = (),
    names: bool = False,
) -> Pushed:
    """Bring disputed units into the study's adjudication project, each once.

    Units that nobody has decided yet are updated with later answers of the coders.

    Parameters
    ----------
    server
        Where.
    units
        Rows of a table of units, by id; units that it lacks are passed over.
    codebook
        What was coded.
    cases
        What `disputed` returned.
    title
        What the project's title begins with.
    state
        The file that remembers projects.
    study_id, earlier
        As for `projects.project`.
    names
        Whether the adjudicator sees the coders' names.
    """
    batch = Batch(short_title(f"{title} - adjudication"), 1, (), "adjudication", "adjudication")
    tasks = [
        _task(units[case.unit_id], case, codebook, names=names)
        for case in cases
        if case.unit_id in units
    ]
    with locked(state.parent, wait=WAIT):
        number = project(
            server, codebook, batch, state, study_id=study_id, units=units, earlier=earlier
        )
        pushed = push(server, number, tasks)
        if pushed.n_known:
            _update(server, number, tasks)
    return pushed


def _task(
    unit: Mapping[str, Any], case: Disputed, codebook: Codebook, *, names: bool
) -> dict[str, Any]:
    extra = [dimension.target for dimension in codebook.dimensions if dimension.target]
    made = task(unit, revision=codebook.revision, coding_round=ADJUDICATION, extra=extra)
    aliases = _aliases(case, names=names)
    for dimension in codebook.dimensions:
        made["data"][f"{READINGS}{dimension.id}"] = _summary(case, dimension, aliases)
    remarks = {
        (aliases[row.coder], verb): noted
        for row in case.readings
        for verb, noted in (("noted", row.comment), ("named as speaker", row.speaker_name))
        if noted
    }
    lines = "\n".join(f"{who} {verb}: {noted}" for (who, verb), noted in sorted(remarks.items()))
    made["data"]["remarks"] = lines.replace("\0", "")
    return made


def _aliases(case: Disputed, *, names: bool) -> dict[str, str]:
    coders = sorted({row.coder for row in case.readings})
    if names:
        return {coder: coder for coder in coders}
    # Assigned anew for each unit, so that nobody is recognised by the letter.
    dice = np.random.default_rng(int(content_id(ADJUDICATION, case.unit_id), 16))
    order = dice.permutation(len(coders)).tolist()
    return {coder: _letters(number) for coder, number in zip(coders, order, strict=True)}


def _letters(number: int) -> str:
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _summary(case: Disputed, dimension: Dimension, aliases: Mapping[str, str]) -> str:
    answers: dict[str, list[str]] = {}
    for row in case.readings:
        if row.dimension == dimension.id:
            shown = " + ".join(dimension.label(label).name for label in row.labels)
            shown = shown or _EMPTY[row.status]
            answers.setdefault(shown, []).append(aliases[row.coder])
    if not answers:
        return "(nobody was asked)"
    lines = [f"{', '.join(sorted(who))}: {shown}" for shown, who in sorted(answers.items())]
    head = case.head if dimension.id in case.dimensions else _AGREED if len(answers) == 1 else ""
    if head == _AGREED:
        return f"{head}: {next(iter(answers))}"
    return "\n".join([f"{head}:", *lines] if head else lines)


def _update(server: Server, number: int, tasks: Sequence[dict[str, Any]]) -> None:
    wanted = {task["data"]["unit_id"]: task["data"] for task in tasks}
    stale = [
        (row["id"], wanted[row["data"]["unit_id"]])
        for row in tasks_of(server, number, include=f"id,data,{ANSWERS}")
        if not answered(row)
        and row["data"].get("unit_id") in wanted
        and row["data"] != wanted[row["data"]["unit_id"]]
    ]
    for task_id, data in stale:
        with server_errors(server.url):
            server.client.tasks.update(id=str(task_id), data=data)
