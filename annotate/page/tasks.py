"""From the study's rows to Label Studio's JSON: units become tasks, answers become regions.

A task holds the unit's id in its data, because that is the only field that Label Studio exports
in every format and can filter by. On the page of an article one task holds several units; its
own id, which stands in the same field, is the article's with the round.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...labels import Annotation, is_decision
from ...labels.codebook.codebook import NONE
from .config import COMMENT, MARK, SPEAKER, UNIT

__all__ = [
    "TASK_KEYS",
    "article_task",
    "marks",
    "result",
    "task",
    "unfit",
    "unit_ids",
    "with_annotations",
]

_HALVES = re.compile("[\ud800-\udfff]")
_UNFIT = re.compile("[\0\ud800-\udfff]")

TASK_KEYS = (
    "unit_id",
    "article_id",
    "text",
    "before",
    "after",
    "title",
    "outlet",
    "published",
    "index",
    "start",
    "end",
)
"""What a task holds of its unit."""


def task(
    unit: Mapping[str, Any], *, revision: str, coding_round: str = "", extra: Sequence[str] = ()
) -> dict[str, Any]:
    """Make the task of a unit.

    Parameters
    ----------
    unit
        A row of a table of units.
    revision
        Revision of the codebook.
    coding_round
        Name of the coding round.
    extra
        Further columns to include, such as the target of a dimension.

    Returns
    -------
    What Label Studio imports. NUL characters, which no database takes, are left out.

    Examples
    --------
    >>> made = task({"unit_id": "u1", "text": "Talks" + chr(0), "index": 4}, revision="5f3a")
    >>> made["data"]["text"], made["data"]["index"], made["data"]["before"]
    ('Talks', 4, '')
    """
    data = {key: _clean(unit.get(key)) for key in (*TASK_KEYS, *extra)}
    return {"data": data | {"codebook": revision, "round": coding_round}}


def article_task(
    article: Mapping[str, Any],
    units: Sequence[Mapping[str, Any]],
    *,
    revision: str,
    coding_round: str = "",
    extra: Sequence[str] = (),
    shown: str = "units",
) -> dict[str, Any]:
    """Make the task of an article, with a mark on each of its drawn units.

    Parameters
    ----------
    article
        With `id`, `text`, and what else a page shows.
    units
        Those of its units that are to be coded, with `unit_id`, `start` and `end`.
    revision, coding_round, extra
        As for `task`; the further columns are those of the first unit.
    shown
        The version of predictions with which the project's pages open; the marks must bear it.

    Returns
    -------
    What Label Studio imports. The marks are a prediction that answers nothing; offsets are code
    points, and are moved where NUL characters were left out.

    Examples
    --------
    >>> unit = {"unit_id": "u1", "start": 1, "end": 6, "index": 0}
    >>> made = article_task({"id": "a1", "text": chr(0) + "Talks"}, [unit], revision="5f3a")
    >>> made["data"]["text"], made["data"]["unit_id"], made["data"]["units"]
    ('Talks', 'a1#', [['u1', 0, 5]])
    """
    text = str(article.get("text") or "")
    spans = [
        [unit["unit_id"], *(at - text.count("\0", 0, at) for at in (unit["start"], unit["end"]))]
        for unit in sorted(units, key=lambda unit: int(unit["start"]))
    ]
    whole = dict(article) | {
        "article_id": article["id"],
        "unit_id": f"{article['id']}#{coding_round}",
    }
    whole |= {name: units[0].get(name) for name in extra} if units else {}
    made = task(whole, revision=revision, coding_round=coding_round, extra=extra)
    made["data"] |= {"view": "article", "units": spans}
    return made | {"predictions": [{"model_version": shown, "result": marks(made["data"])}]}


def unit_ids(data: Mapping[str, Any]) -> list[str]:
    """List the units of a task, from its data: one, or those of its article."""
    if data.get("view") == "article":
        return [unit_id for unit_id, _, _ in data["units"]]
    return [str(data.get("unit_id", ""))]


def marks(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the regions that mark the units of an article, from its task's data."""
    return [_mark(data["text"], *span) for span in data["units"]]


def result(
    answers: Mapping[str, Sequence[str]], comment: str = "", speaker_name: str = ""
) -> list[dict[str, Any]]:
    """Write answers as Label Studio's regions.

    Parameters
    ----------
    answers
        Labels by dimension; a dimension without labels is left out.
    comment
        The coder's remark.
    speaker_name
        Who speaks in the unit.

    Examples
    --------
    >>> result({"stance": ["neutral"]})[0]["value"]
    {'choices': ['neutral']}
    """
    regions: list[dict[str, Any]] = [
        {
            "from_name": dimension,
            "to_name": UNIT,
            "type": "choices",
            "value": {"choices": list(labels)},
        }
        for dimension, labels in answers.items()
        if labels
    ]
    return regions + [
        {"from_name": name, "to_name": UNIT, "type": "textarea", "value": {"text": [noted]}}
        for name, noted in ((SPEAKER, speaker_name), (COMMENT, comment))
        if noted
    ]


def with_annotations(
    tasks: Iterable[dict[str, Any]],
    annotations: Iterable[Annotation],
    states_none: Collection[str] = (),
) -> Iterator[dict[str, Any]]:
    """Add annotations to tasks, in the form in which Label Studio exports and imports them.

    Parameters
    ----------
    tasks
        What `task` makes.
    annotations
        Rows of any units; the rows of one answer are those that share coder, time and source.
    states_none
        Dimensions whose page has a choice that none of the labels applies.
    """
    answers: dict[str, dict[tuple[str, str, str], list[Annotation]]] = {}
    for row in annotations:
        mine = answers.setdefault(row.unit_id, {})
        mine.setdefault((row.coder, row.created, row.source), []).append(row)
    for made in tasks:
        groups = answers.get(made["data"]["unit_id"], {})
        yield made | {"annotations": [_answer(rows, states_none) for rows in groups.values()]}


def _mark(text: str, unit_id: str, start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text[start:end], "labels": ["Unit"]}
    return {"id": unit_id, "from_name": MARK, "to_name": UNIT, "type": "labels", "value": value}


def _answer(rows: Sequence[Annotation], states_none: Collection[str]) -> dict[str, Any]:
    first = rows[0]
    answers = {row.dimension: row.labels for row in rows}
    for row in rows:
        stated = row.dimension in states_none or is_decision(row)
        if stated and row.status == "answered" and not row.labels:
            answers[row.dimension] = (NONE,)
    who = {"email": first.coder} if not first.coder.isdigit() else int(first.coder)
    made: dict[str, Any] = {
        "completed_by": who,
        "result": result(answers, first.comment, first.speaker_name),
        "was_cancelled": first.status == "skipped",
        # Imported answers count as ground truth in Label Studio unless they say that they do not.
        "ground_truth": False,
    }
    if first.seconds is not None:
        made["lead_time"] = first.seconds
    if first.created:
        made |= {"created_at": first.created, "updated_at": first.created}
    return made


def unfit(unit: Mapping[str, Any]) -> bool:
    """Return whether a text of a unit has characters that its task lacks."""
    return any(_UNFIT.search(value) for value in unit.values() if isinstance(value, str))


def _clean(value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    # Half of a surrogate pair is no character; offsets stay, as it is replaced by one.
    return _HALVES.sub("\ufffd", value.replace("\0", ""))
