"""Batches: which drawn units go into which project, and the project's title.

Where the plan names coders, each has a project, because the free edition shows everyone's answers
to everyone within a project. Where it names nobody, units with one reading and units with two are
two projects, because `maximum_annotations` holds for a whole project.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...corpus import content_id
from ...labels import Codebook
from ..design.sampling import Drawn
from ..page.config import View
from ..page.tasks import article_task, task

__all__ = ["Batch", "batch_tasks", "batches", "short_title"]

_TITLE = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """The tasks of one project."""

    title: str
    """The project's title, 3 to 50 characters."""
    n_coders: int
    """Answers that each task takes before it leaves the queue."""
    unit_ids: tuple[str, ...]
    """The units, in the order in which they are to be coded."""
    view: View = "unit"
    """What its page shows."""
    part: str = ""
    """Which part of the study's work it is, whatever its title: `articles - ann`, `2 coders`."""


def batches(title: str, design: Sequence[Drawn], *, view: View = "unit") -> list[Batch]:
    """Divide drawn units between projects.

    Examples
    --------
    >>> row = Drawn("u1", "a1", "coding", "1", "random", "", 0.5, 2, 0, coders=("ann", "bo"))
    >>> [(batch.title, batch.unit_ids) for batch in batches("Deals", [row])]
    [('Deals - ann', ('u1',)), ('Deals - bo', ('u1',))]
    """
    groups: dict[tuple[str, int], list[str]] = {}
    for row in design:
        for coder in row.coders:
            groups.setdefault((coder, 1), []).append(row.unit_id)
        if not row.coders:
            groups.setdefault(("", row.n_coders), []).append(row.unit_id)
    made = []
    for (coder, n_coders), unit_ids in groups.items():
        suffix = f" - {coder}" if coder else f" - {n_coders} coders" if n_coders > 1 else ""
        part = (" - articles" if view == "article" else "") + suffix
        name = short_title(title + part)
        made.append(Batch(name, n_coders, tuple(unit_ids), view, part.removeprefix(" - ")))
    return made


def batch_tasks(
    units: Sequence[Mapping[str, Any]],
    codebook: Codebook,
    rounds: Mapping[str, str],
    articles: Mapping[str, Mapping[str, Any]] | None,
    *,
    shown: str = "units",
) -> list[dict[str, Any]]:
    """Make the tasks of a batch's units, or of their articles.

    Parameters
    ----------
    units
        Rows of a table of units, in the order in which they are to be coded.
    codebook
        What is to be coded.
    rounds
        Coding round by unit.
    articles
        The articles by id; where given, a task is an article with its units of one round.
    shown
        As for `tasks.article_task`.
    """
    extra = [dimension.target for dimension in codebook.dimensions if dimension.target]
    revision = codebook.revision
    if articles is None:
        return [
            task(unit, revision=revision, coding_round=rounds[unit["unit_id"]], extra=extra)
            for unit in units
        ]
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for unit in units:
        groups.setdefault((unit["article_id"], rounds[unit["unit_id"]]), []).append(unit)
    return [
        article_task(
            articles[article_id],
            drawn,
            revision=revision,
            coding_round=name,
            extra=extra,
            shown=shown,
        )
        for (article_id, name), drawn in groups.items()
        if article_id in articles
    ]


def short_title(title: str) -> str:
    """Shorten a title for Label Studio; titles that differ only after its end stay different.

    Examples
    --------
    >>> short_title("Deals - ann"), short_title("D")
    ('Deals - ann', 'D..')
    >>> short_title("A study of what newspapers wrote - ann.miller@university.example.org")
    'A study of what newspapers wrote - ann.mill aa3441'
    """
    title = " ".join(title.split())
    if len(title) > _TITLE:
        title = f"{title[: _TITLE - 7].strip()} {content_id(title)[:6]}"
    return title.ljust(3, ".")
