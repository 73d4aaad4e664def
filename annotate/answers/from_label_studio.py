"""From Label Studio's JSON to annotations: one row per coder, unit and dimension.

Label Studio checks neither labels nor controls that reach it over its API, and a config may have
changed since; so every answer is compared with the codebook here, and what does not fit is set
aside with its reason while the rest goes on. A coder is known by e-mail address where the server
reports it, else by the server's number.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ...corpus import Reject
from ...errors import InputError
from ...labels import Annotation, Codebook, settle
from ..page.config import COMMENT, SPEAKER
from .bodies import AnswerBody, PersonBody, RegionBody, TaskBody
from .regions import fate, labels_in, noted, units_of

__all__ = ["Read", "first_problem", "read_tasks"]

_ANSWER = TypeAdapter(AnswerBody)
_TASK = TypeAdapter(TaskBody)


@dataclass(slots=True)
class Read:
    """What a set of tasks held.

    Examples
    --------
    >>> from standfirst.annotate import read_tasks
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> codebook = load_codebook(ready_codebooks()["transfer-deals"])
    >>> read = read_tasks([{"no": "task"}], codebook)
    >>> read.n_answers, len(read.rejects)
    (0, 1)
    """

    annotations: list[Annotation] = field(default_factory=list)
    """One row per coder, unit and dimension, skipped and open ones included."""
    rejects: list[Reject] = field(default_factory=list)
    """Answers that do not fit the codebook, and tasks that are not ours."""
    n_tasks: int = 0
    """Number of tasks that were looked at."""
    n_answers: int = 0
    """Number of Label Studio's annotations: one coder, all dimensions."""
    n_skipped: int = 0
    """How many of them were skipped."""
    n_drafts: int = 0
    """Tasks with an answer that was begun and not submitted; it stays on the server."""
    n_leaked: int = 0
    """Answers that were set aside because a suggestion was shown on a unit to be coded blind."""
    n_exposed: int = 0
    """Tasks of units to be coded blind on which the server holds a suggestion."""
    people: dict[str, set[str]] = field(default_factory=dict)
    """E-mail addresses by the number that came with them."""
    same: dict[str, str] = field(default_factory=dict)
    """Sessions that are one person's, and that person's name."""
    notes: list[str] = field(default_factory=list)
    """What the user should know about how coders were named."""
    newest: str = ""
    """When the server last changed one of the tasks; empty for files."""

    def add(self, other: "Read") -> None:
        """Add what another set of tasks held."""
        self.annotations += other.annotations
        self.rejects += other.rejects
        self.n_tasks += other.n_tasks
        self.n_answers += other.n_answers
        self.n_skipped += other.n_skipped
        self.n_drafts += other.n_drafts
        self.n_leaked += other.n_leaked
        self.n_exposed += other.n_exposed
        for number, addresses in other.people.items():
            self.people.setdefault(number, set()).update(addresses)


def read_tasks(
    tasks: Iterable[Any],
    codebook: Codebook,
    *,
    where: str = "label studio",
    coders: Mapping[int, str] | None = None,
    coder: str = "",
    blind: Collection[str] = (),
) -> Read:
    """Read the answers in exported tasks.

    Parameters
    ----------
    tasks
        Label Studio's JSON export, task by task.
    codebook
        What was coded.
    where
        The file or project, as rejects name it.
    coders
        E-mail addresses by the numbers of the server's users.
    coder
        Whose answers they are, whatever the export says.
    blind
        Units that must be coded without a suggestion; answers that were given with one in view
        are set aside.

    Returns
    -------
    The annotations in the order of the tasks, and what was set aside.

    Raises
    ------
    InputError
        A coder was named, and the answers are by several.

    Examples
    --------
    >>> from standfirst.annotate import read_tasks
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> codebook = load_codebook(ready_codebooks()["transfer-deals"])
    >>> choice = {
    ...     "from_name": "position",
    ...     "to_name": "text",
    ...     "type": "choices",
    ...     "value": {"choices": ["opposes"]},
    ... }
    >>> task = {
    ...     "id": 1,
    ...     "data": {"unit_id": "u1"},
    ...     "annotations": [
    ...         {"id": 2, "completed_by": {"email": "ann@desk.example"}, "result": [choice]}
    ...     ],
    ... }
    >>> [
    ...     (row.coder, row.labels)
    ...     for row in read_tasks([task], codebook).annotations
    ...     if row.labels
    ... ]
    [('ann@desk.example', ('opposes',))]
    """
    read = Read()
    named: set[str] = set()
    for number, raw in enumerate(tasks, start=1):
        read.n_tasks += 1
        origin = _Origin(where, number, coders or {}, coder, blind)
        try:
            task = _TASK.validate_python(raw)
        except ValidationError as error:
            read.rejects.append(origin.reject(first_problem(error), raw))
            continue
        read.n_drafts += len(task.drafts)
        for answer in task.annotations:
            _read_answer(read, task, answer, codebook, origin)
            if coder and isinstance(answer, Mapping):
                named.add(str(answer.get("completed_by") or ""))
        if task.data.view != "article" and task.data.unit_id in blind:
            read.n_exposed += task.n_predictions > 0
    if len(named) > 1:
        problem = f"holds answers of {len(named)} coders, and --coder would make them one"
        raise InputError(where, problem, "leave --coder out")
    return read


@dataclass(frozen=True, slots=True)
class _Origin:
    where: str
    number: int
    coders: Mapping[int, str]
    coder: str
    blind: Collection[str]

    def describe(self, number: int | None) -> str:
        # Where the origin is a project's page, the task can be opened from the reason.
        if self.where.startswith("http") and number is not None:
            return f"{self.where}?task={number}"
        return f"task {number or self.number}"

    def reject(self, reason: str, raw: Any) -> Reject:
        text = json.dumps(raw, ensure_ascii=False, default=str)
        return Reject.of(self.where, self.number, reason, text)


def _read_answer(read: Read, task: TaskBody, raw: Any, codebook: Codebook, origin: _Origin) -> None:
    named = f"{origin.describe(task.id)}, unit {task.data.unit_id}"
    try:
        answer = _ANSWER.validate_python(raw)
    except ValidationError as error:
        read.rejects.append(origin.reject(f"{named}: {first_problem(error)}", raw))
        return
    read.n_answers += 1
    person = answer.completed_by
    who = origin.coder or _coder(person, origin.coders)
    number = person.id if isinstance(person, PersonBody) else person
    if isinstance(number, int) and "@" in who and not origin.coder:
        read.people.setdefault(str(number), set()).add(who)
    if not who:
        reason = f"{named}: the answer does not say whose it is; name the coder with --coder"
        read.rejects.append(origin.reject(reason, raw))
        return
    read.n_skipped += answer.was_cancelled
    known = {dimension.id for dimension in codebook.dimensions} | {COMMENT, SPEAKER}
    for unit_id, regions in units_of(task, answer):
        named = f"{origin.describe(task.id)}, unit {unit_id or '?'}, coder {who}"
        if not unit_id:
            read.rejects.append(origin.reject(f"{named}: a mark that belongs to no unit", raw))
            continue
        problems = [
            f"control {name!r} is not a dimension of the codebook"
            for name in sorted({region.from_name for region in regions} - known)
        ]
        settled = settle(_rows(task, answer, codebook, (unit_id, regions, who), problems), codebook)
        rows = list(settled.annotations)
        problems += [
            f"{name} is answered, although its condition does not hold; the answer does not count"
            for name in settled.n_not_asked
        ]
        problems += [
            f"{name} has a label that stands alone beside others; that label does not count"
            for name in settled.n_not_alone
        ]
        if unit_id in origin.blind and any(row.suggestion != "none" for row in rows):
            read.n_leaked += 1
            problems.append("a suggestion was shown, and this unit is to be coded blind")
            rows = []
        read.annotations += rows
        read.rejects.extend(origin.reject(f"{named}: {problem}", raw) for problem in problems)


def _rows(
    task: TaskBody,
    answer: AnswerBody,
    codebook: Codebook,
    given: tuple[str, Sequence[RegionBody], str],
    problems: list[str],
) -> Iterator[Annotation]:
    unit_id, regions, who = given
    comment, speaker_name = noted(regions, COMMENT), noted(regions, SPEAKER)
    n_units = max(len(task.data.units), 1)
    for dimension in codebook.dimensions:
        try:
            labels = None if answer.was_cancelled else labels_in(regions, dimension)
        except ValueError as error:
            problems.append(str(error))
            continue
        status: Literal["answered", "open", "skipped"] = "open" if labels is None else "answered"
        if answer.was_cancelled:
            status = "skipped"
        seen = fate(task, answer, unit_id, dimension, labels)
        yield Annotation(
            unit_id=unit_id,
            coder=who,
            dimension=dimension.id,
            labels=labels or (),
            status=status,
            article_id=task.data.article_id,
            created=_time(answer.updated_at or answer.created_at),
            seconds=None if answer.lead_time is None else answer.lead_time / n_units,
            suggestion=seen,
            round=task.data.round,
            revision=task.data.codebook,
            source=_source(task, answer),
            comment=comment,
            speaker_name=speaker_name,
        )


def _coder(who: int | str | PersonBody | None, coders: Mapping[int, str]) -> str:
    if isinstance(who, PersonBody):
        return who.email or _coder(who.id, coders)
    if isinstance(who, int):
        return coders.get(who, str(who))
    return (who or "").strip()


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _source(task: TaskBody, answer: AnswerBody) -> str:
    numbers = (task.project, task.id, answer.id)
    return "label-studio:" + "/".join("-" if n is None else str(n) for n in numbers)


def first_problem(error: ValidationError) -> str:
    """Return what is wrong with a record in a few words: the first field, and why."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'record'}: {first['msg']}"
