"""Answers by an earlier revision of the codebook, carried over to the present one when read.

Label Studio keeps an answer as it was given. After a label was renamed and the study's annotations
were migrated, the server still holds the old name, so each pull reads such an answer by the
codebook that was in force when it was given, and carries it over by the same rules. When each
revision came into force stands in the project's description, because a task keeps the revision
with which it was pushed.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...labels import Annotation, Codebook
from .from_label_studio import Read, read_tasks

__all__ = ["Earlier", "by_fit", "by_revision", "in_force", "read_by_revision", "since"]

Parts = Iterable[tuple[str, Any]]
"""Tasks with their answers, each with the revision by which these were given."""

_SINCE = re.compile(r"codebook ([0-9a-f]{12}) since (\S+)")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier revision, and how its answers are carried over."""

    codebook: Codebook
    """The codebook as it was."""
    carry: Callable[[Sequence[Annotation]], list[Annotation]]
    """Turns answers into those of the present codebook."""


def since(revision: str, moment: datetime) -> str:
    """Return the line of a project's description that says when a revision came into force."""
    return f"codebook {revision} since {moment.isoformat()}"


def in_force(description: str) -> list[tuple[datetime, str]]:
    """Read when each revision came into force, the latest last.

    Examples
    --------
    >>> in_force("codebook 0edb5dce39be since 2026-03-01T09:00:00+00:00")[0][1]
    '0edb5dce39be'
    """
    return sorted((datetime.fromisoformat(t), name) for name, t in _SINCE.findall(description))


def by_revision(
    raw: Mapping[str, Any], changes: Sequence[tuple[datetime, str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Split a task by the revisions by which its answers were given.

    Parameters
    ----------
    raw
        A task with its answers, as Label Studio has it.
    changes
        What `in_force` gave; before the first of them, the revision is the task's own.
    """
    parts: dict[str, list[Any]] = {}
    pushed = str(raw["data"].get("codebook") or "")
    for answer in raw.get("annotations") or []:
        given = str(answer.get("updated_at") or answer.get("created_at") or "")
        revision = pushed
        for moment, name in changes:
            if given and datetime.fromisoformat(given) >= moment:
                revision = name
        parts.setdefault(revision, []).append(answer)
    for revision, answers in parts.items():
        data = dict(raw["data"]) | {"codebook": revision}
        yield revision, dict(raw) | {"data": data, "annotations": answers}


def by_fit(
    raw: Any, codebook: Codebook, earlier: Mapping[str, Earlier]
) -> Iterator[tuple[str, Any]]:
    """Split a task of an exported file by the revisions that its answers fit.

    A file does not say when a revision came into force. An answer counts as one by the revision
    with which its task was pushed, unless it fits the present codebook only.
    """
    data = raw.get("data") if isinstance(raw, dict) else None
    pushed = str(data.get("codebook") or "") if isinstance(data, dict) else ""
    answers = raw.get("annotations") if pushed in earlier else None
    if not isinstance(data, dict) or not answers or not isinstance(answers, list):
        yield "", raw
        return
    parts: dict[str, list[Any]] = {}
    for answer in answers:
        alone = raw | {"annotations": [answer]}
        fits = [
            not read_tasks([alone], book, coder="?").rejects
            for book in (earlier[pushed].codebook, codebook)
        ]
        revision = codebook.revision if fits == [False, True] else pushed
        parts.setdefault(revision, []).append(answer)
    for revision, part in parts.items():
        yield revision, raw | {"data": data | {"codebook": revision}, "annotations": part}


def read_by_revision(
    parts: Parts,
    codebook: Codebook,
    earlier: Mapping[str, Earlier],
    *,
    where: str,
    coders: Mapping[int, str] | None = None,
    coder: str = "",
    blind: Collection[str] = (),
) -> Read:
    """Read answers, each by the codebook that was in force, and carry them over to the present one.

    Parameters
    ----------
    parts
        From `by_revision` or `by_fit`.
    codebook
        The present codebook, by which all but earlier revisions are read.
    earlier
        Earlier revisions whose answers are carried over.
    where, coders, coder, blind
        As for `read_tasks`.
    """
    old: dict[str, list[Any]] = {}

    def present() -> Iterator[Any]:
        for revision, part in parts:
            if revision != codebook.revision and revision in earlier:
                old.setdefault(revision, []).append(part)
            else:
                yield part

    def read(tasks: Iterable[Any], book: Codebook) -> Read:
        return read_tasks(tasks, book, where=where, coders=coders, coder=coder, blind=blind)

    answers = read(present(), codebook)
    for revision, tasks in old.items():
        given = read(tasks, earlier[revision].codebook)
        given.annotations = earlier[revision].carry(given.annotations)
        answers.add(given)
    return answers
