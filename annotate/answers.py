"""From Label Studio's JSON to annotations: one row per coder, unit and dimension.

Label Studio checks neither labels nor controls of what comes in over its API, and a config may have
changed since; so every answer is compared with the codebook here, and what does not fit is set
aside with its reason while the rest goes on. Who has answered is known by e-mail address where the
server tells it, else by the number that the server gave.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..corpus import Reject
from ..labels import Annotation, Codebook, Dimension
from .interface import COMMENT

__all__ = ["Read", "read_tasks"]

Suggestion = Literal["none", "kept", "changed", "ignored"]


class _Person(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int | None = None
    email: str | None = None


class _Region(BaseModel):
    model_config = ConfigDict(extra="ignore")
    from_name: str = ""
    type: str = ""
    value: dict[str, Any] = Field(default_factory=dict)
    origin: str | None = None


class _Suggested(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int | None = None
    result: list[_Region] = Field(default_factory=list)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int | None = None
    completed_by: int | str | _Person | None = None
    result: list[_Region] | None = None
    was_cancelled: bool = False
    lead_time: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    parent_prediction: int | None = None
    prediction: _Suggested | None = None


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    unit_id: str
    article_id: str = ""
    codebook: str = ""
    round: str = ""


class _Task(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int | None = None
    project: int | None = None
    data: _Data
    annotations: list[Any]
    drafts: list[Any] = Field(default_factory=list)


_ANSWER = TypeAdapter(_Answer)
_TASK = TypeAdapter(_Task)


@dataclass(slots=True)
class Read:
    """What a set of tasks held."""

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
    newest: str = ""
    """When the server last changed one of the tasks; empty for files."""

    def add(self, other: "Read") -> None:
        """Put what another set of tasks held to this one."""
        self.annotations += other.annotations
        self.rejects += other.rejects
        self.n_tasks += other.n_tasks
        self.n_answers += other.n_answers
        self.n_skipped += other.n_skipped
        self.n_drafts += other.n_drafts


def read_tasks(
    tasks: Iterable[Any],
    codebook: Codebook,
    *,
    where: str = "label studio",
    coders: Mapping[int, str] | None = None,
    coder: str = "",
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
        Whose answers they are where the export does not say.

    Returns
    -------
    The annotations in the order of the tasks, and what was set aside.
    """
    read = Read()
    for number, raw in enumerate(tasks, start=1):
        read.n_tasks += 1
        try:
            one = _TASK.validate_python(raw)
        except ValidationError as error:
            place = _Place(where, number, {}, "")
            read.rejects.append(place.reject(_told(error), raw))
            continue
        read.n_drafts += len(one.drafts)
        for answer in one.annotations:
            _read_answer(read, one, answer, codebook, _Place(where, number, coders or {}, coder))
    return read


@dataclass(frozen=True, slots=True)
class _Place:
    where: str
    number: int
    coders: Mapping[int, str]
    coder: str

    def task(self, number: int | None) -> str:
        # Where the place is a project's page, the task can be opened from the reason.
        if self.where.startswith("http") and number is not None:
            return f"{self.where}?task={number}"
        return f"task {number or self.number}"

    def reject(self, reason: str, raw: Any) -> Reject:
        text = json.dumps(raw, ensure_ascii=False, default=str)
        return Reject.of(self.where, self.number, reason, text)


def _read_answer(read: Read, one: _Task, raw: Any, codebook: Codebook, place: _Place) -> None:
    named = f"{place.task(one.id)}, unit {one.data.unit_id}"
    try:
        answer = _ANSWER.validate_python(raw)
    except ValidationError as error:
        read.rejects.append(place.reject(f"{named}: {_told(error)}", raw))
        return
    read.n_answers += 1
    who = _coder(answer.completed_by, place.coders) or place.coder
    if not who:
        reason = f"{named}: the answer does not say whose it is; name the coder with --coder"
        read.rejects.append(place.reject(reason, raw))
        return
    named = f"{named}, coder {who}"
    read.n_skipped += answer.was_cancelled
    known = {dimension.id for dimension in codebook.dimensions} | {COMMENT}
    problems = [
        f"control {name!r} is not a dimension of the codebook"
        for name in sorted({region.from_name for region in answer.result or []} - known)
    ]
    regions = answer.result or []
    comment = "\n".join(
        line for region in regions if region.from_name == COMMENT for line in _texts(region)
    )
    for dimension in codebook.dimensions:
        try:
            labels = () if answer.was_cancelled else _labels(regions, dimension)
        except ValueError as error:
            problems.append(str(error))
            continue
        status: Literal["answered", "open", "skipped"] = "answered" if labels else "open"
        if answer.was_cancelled:
            status = "skipped"
        read.annotations.append(
            Annotation(
                unit_id=one.data.unit_id,
                coder=who,
                dimension=dimension.id,
                labels=labels,
                status=status,
                article_id=one.data.article_id,
                created=_time(answer.updated_at or answer.created_at),
                seconds=answer.lead_time,
                suggestion=_suggestion(answer, dimension, labels),
                round=one.data.round,
                revision=one.data.codebook,
                source=_source(one, answer),
                comment=comment,
            )
        )
    read.rejects.extend(place.reject(f"{named}: {problem}", raw) for problem in problems)


def _coder(who: int | str | _Person | None, coders: Mapping[int, str]) -> str:
    if isinstance(who, _Person):
        return who.email or _coder(who.id, coders)
    if isinstance(who, int):
        return coders.get(who, str(who))
    return (who or "").strip()


def _labels(regions: Sequence[_Region], dimension: Dimension) -> tuple[str, ...]:
    mine = [region for region in regions if region.from_name == dimension.id]
    if len(mine) > 1:
        raise ValueError(f"{dimension.id} is answered {len(mine)} times")
    chosen: list[str] = []
    for value in mine[0].value.get("choices") or [] if mine else []:
        label = _label(value, dimension)
        if label is None:
            raise ValueError(f"{dimension.id}: {value!r} is not a label of the codebook")
        if label not in chosen:
            chosen.append(label)
    if dimension.choice == "single" and len(chosen) > 1:
        raise ValueError(f"{dimension.id}: {' and '.join(chosen)} on a single choice")
    return tuple(label for label in dimension.label_ids if label in chosen)


def _label(value: Any, dimension: Dimension) -> str | None:
    # A config that somebody wrote without aliases stores what coders read.
    names = {label.name: label.id for label in dimension.labels}
    if not isinstance(value, str):
        return None
    return value if value in dimension.label_ids else names.get(value)


def _suggestion(answer: _Answer, dimension: Dimension, labels: tuple[str, ...]) -> Suggestion:
    origins = {r.origin for r in answer.result or [] if r.from_name == dimension.id}
    if "prediction-changed" in origins:
        return "changed"
    if "prediction" in origins:
        return "kept"
    if answer.parent_prediction is None and not (answer.prediction and answer.prediction.result):
        return "none"
    if not labels:
        return "ignored"
    # Exports leave the suggestion itself out; one that a coder did not touch has told its origin.
    shown = answer.prediction.result if answer.prediction else []
    try:
        suggested = _labels([r for r in shown if r.from_name == dimension.id], dimension)
    except ValueError:
        suggested = ()
    return "kept" if labels == suggested else "changed"


def _texts(region: _Region) -> list[str]:
    text = region.value.get("text", [])
    return [text] if isinstance(text, str) else [str(line) for line in text]


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _source(one: _Task, answer: _Answer) -> str:
    numbers = (one.project, one.id, answer.id)
    return "label-studio:" + "/".join("-" if n is None else str(n) for n in numbers)


def _told(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'record'}: {first['msg']}"
