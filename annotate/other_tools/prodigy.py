"""Prodigy's JSON Lines: one line for each unit and question, for its `choice` interface.

Prodigy asks one question at a time, so a unit with four dimensions is four lines. It keeps
fields that it does not know, so a line holds the unit, the question and, for an answer, what
Prodigy has no field for (round, seconds, comment). A line that was ignored
is a skipped unit; one that was rejected says that the task itself is wrong, and is set aside.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ...labels import Annotation, Codebook, Dimension
from ...labels.codebook.codebook import NONE
from ..answers.bodies import Seconds
from ..answers.from_label_studio import Read
from ..page.checks import labels_of
from .json_lines import read_lines

__all__ = ["prodigy_rows", "read_prodigy"]

_OF_ANSWERS = ("accept", "_timestamp", "_annotator_id", "_session_id")
_SHOWN = ("title", "outlet", "published")


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    unit_id: str
    dimension: str
    article_id: str = ""
    codebook: str = ""
    round: str = ""
    accept: list[str] = []
    answer: str = "accept"
    seconds: Seconds = None
    comment: str = ""
    speaker_name: str = ""
    created: str = ""
    source: str = ""
    suggestion: Literal["none", "kept", "changed", "ignored"] = "none"


def prodigy_rows(
    units: Iterable[Mapping[str, Any]],
    codebook: Codebook,
    *,
    annotations: Iterable[Annotation] = (),
    rounds: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Write units as Prodigy's tasks: unanswered, or one line for each answer.

    Parameters
    ----------
    units
        Rows of a table of units.
    codebook
        What is to be coded.
    annotations
        Answers that go along.
    rounds
        Coding round by unit.

    Examples
    --------
    >>> from ...labels import Label
    >>> tone = Dimension("tone", "Which tone?", (Label("warm", "Warm"), Label("cold", "Cold")))
    >>> (row,) = prodigy_rows([{"unit_id": "u1", "text": "Hi."}], Codebook("b", "t", "1", (tone,)))
    >>> row["text"], row["options"][0], row["meta"]["question"]
    ('Hi.', {'id': 'warm', 'text': 'Warm'}, 'Which tone?')
    """
    given: dict[tuple[str, str], list[Annotation]] = {}
    for answer in annotations:
        given.setdefault((answer.unit_id, answer.dimension), []).append(answer)
    for unit in units:
        for dimension in codebook.dimensions:
            row = _task(unit, dimension, codebook.revision)
            row["round"] = (rounds or {}).get(unit["unit_id"], "")
            answers = given.get((unit["unit_id"], dimension.id), [])
            yield from (row | _answer(answer, dimension) for answer in answers)
            if not answers:
                yield row


def read_prodigy(
    lines: Iterable[tuple[int, Any]], codebook: Codebook, *, where: str, coder: str = ""
) -> Read:
    """Read the answers that ``prodigy db-out`` wrote.

    Parameters
    ----------
    lines
        Numbers of lines, and what they hold.
    codebook
        What was coded.
    where
        The file, as rejects name it.
    coder
        Whose answers they are, whatever the sessions are called.

    Returns
    -------
    The annotations in the order of the lines, and what was set aside. Lines without an answer are
    counted as tasks, and are no answers.
    """

    def parse(raw: Any) -> list[Annotation]:
        if not isinstance(raw, dict) or "answer" in raw:
            return [_row(raw, codebook, coder)]
        if answered := [name for name in _OF_ANSWERS if name in raw]:
            raise ValueError(f"the line has no 'answer', but {answered[0]!r}, as answers have")
        return []

    read = read_lines(lines, parse, where=where)
    if not coder:
        _join_sessions(read)
    return read


def _join_sessions(read: Read) -> None:
    # A session is called DATASET-NAME; a name that comes with several datasets is one person's.
    sessions: dict[str, list[str]] = {}
    # What we exported ourselves has kept its source, and its coders' names are no sessions.
    answered = {row.coder for row in read.annotations if row.source.startswith("prodigy:")}
    for session in sorted(answered):
        sessions.setdefault(session.partition("-")[2], []).append(session)
    for name, same in sessions.items():
        if len(same) > 1 and "@" not in same[0] and any(map(str.isalpha, name)):
            read.same |= dict.fromkeys(same, name)
            read.notes.append(f"sessions {', '.join(same)} are taken as one coder, {name}")


def _task(unit: Mapping[str, Any], dimension: Dimension, revision: str) -> dict[str, Any]:
    context = [str(unit.get(name) or "") for name in ("before", "after")]
    meta = {"question": dimension.question} | {
        name: str(unit[name]) for name in _SHOWN if unit.get(name)
    }
    row: dict[str, Any] = {
        "text": str(unit.get("text") or ""),
        "options": [
            *({"id": label.id, "text": label.name} for label in dimension.labels),
            *([{"id": NONE, "text": dimension.none}] if dimension.none else []),
        ],
        "config": {"choice_style": dimension.choice},
        "meta": meta,
        "before": context[0],
        "after": context[1],
        "unit_id": unit["unit_id"],
        "article_id": unit.get("article_id") or "",
        "dimension": dimension.id,
        "codebook": revision,
    }
    return row


def _answer(answer: Annotation, dimension: Dimension) -> dict[str, Any]:
    none = [NONE] if dimension.none and answer.status == "answered" else []
    row: dict[str, Any] = {
        "accept": list(answer.labels) or none,
        "answer": "ignore" if answer.status == "skipped" else "accept",
        "_annotator_id": answer.coder,
        "_session_id": answer.coder,
        "codebook": answer.revision,
        "round": answer.round,
        "created": answer.created,
        "comment": answer.comment,
        "speaker_name": answer.speaker_name,
        "source": answer.source,
        "suggestion": answer.suggestion,
    }
    if answer.article_id:
        row["article_id"] = answer.article_id
    if answer.created:
        row["_timestamp"] = int(datetime.fromisoformat(answer.created).timestamp())
    return row if answer.seconds is None else row | {"seconds": answer.seconds}


def _row(raw: Any, codebook: Codebook, coder: str) -> Annotation:
    line = _Line.model_validate(raw)
    known = {dimension.id: dimension for dimension in codebook.dimensions}
    if line.dimension not in known:
        raise ValueError(f"{line.dimension!r} is not a dimension of the codebook")
    if line.answer not in {"accept", "ignore"}:
        raise ValueError(f"unit {line.unit_id}, {line.dimension}: the answer is {line.answer!r}")
    if line.answer == "accept" and "accept" not in raw:
        raise ValueError(f"unit {line.unit_id}, {line.dimension}: the line has no 'accept'")
    who = coder or _coder(raw)
    if not who:
        raise ValueError(f"unit {line.unit_id}: no coder is named; name one with --coder")
    skipped = line.answer == "ignore"
    given = None if skipped else labels_of({"choices": line.accept}, known[line.dimension])
    return Annotation(
        unit_id=line.unit_id,
        coder=who,
        dimension=line.dimension,
        labels=given or (),
        status="skipped" if skipped else "open" if given is None else "answered",
        article_id=line.article_id,
        created=line.created or _time(raw.get("_timestamp")),
        seconds=line.seconds,
        suggestion=line.suggestion,
        round=line.round,
        revision=line.codebook,
        source=line.source or f"prodigy:{raw.get('_task_hash', '-')}",
        comment=line.comment,
        speaker_name=line.speaker_name,
    )


def _coder(raw: Mapping[str, Any]) -> str:
    return str(raw.get("_annotator_id") or raw.get("_session_id") or "").strip()


def _time(stamp: Any) -> str:
    if not isinstance(stamp, int | float):
        return ""
    try:
        return datetime.fromtimestamp(stamp, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return ""
