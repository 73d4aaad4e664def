"""From the study's rows to Label Studio's JSON: units become tasks, answers become regions.

A task carries the unit's id in its data, because that is the one field that Label Studio exports
in every format and can be asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..labels import Annotation
from .interface import COMMENT, UNIT

__all__ = ["TASK_KEYS", "result", "task", "with_annotations"]

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
"""What a task carries of its unit."""


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
        Further columns that come along, such as the target of a dimension.

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


def result(answers: Mapping[str, Sequence[str]], comment: str = "") -> list[dict[str, Any]]:
    """Write answers as Label Studio's regions.

    Parameters
    ----------
    answers
        Labels by dimension; a dimension without labels is left out.
    comment
        The coder's remark.

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
    if comment:
        value = {"text": [comment]}
        regions.append({"from_name": COMMENT, "to_name": UNIT, "type": "textarea", "value": value})
    return regions


def with_annotations(
    tasks: Iterable[dict[str, Any]], annotations: Iterable[Annotation]
) -> Iterator[dict[str, Any]]:
    """Add annotations to tasks, in the form in which Label Studio exports and imports them.

    Parameters
    ----------
    tasks
        What `task` makes.
    annotations
        Rows of any units; the rows of one answer are those that share coder, time and source.
    """
    answers: dict[str, dict[tuple[str, str, str], list[Annotation]]] = {}
    for row in annotations:
        mine = answers.setdefault(row.unit_id, {})
        mine.setdefault((row.coder, row.created, row.source), []).append(row)
    for made in tasks:
        groups = answers.get(made["data"]["unit_id"], {})
        yield made | {"annotations": [_answer(rows) for rows in groups.values()]}


def _answer(rows: Sequence[Annotation]) -> dict[str, Any]:
    first = rows[0]
    answers = {row.dimension: row.labels for row in rows}
    who = {"email": first.coder} if not first.coder.isdigit() else int(first.coder)
    made: dict[str, Any] = {
        "completed_by": who,
        "result": result(answers, first.comment),
        "was_cancelled": first.status == "skipped",
        # Imported answers count as ground truth in Label Studio unless they say that they do not.
        "ground_truth": False,
    }
    if first.seconds is not None:
        made["lead_time"] = first.seconds
    if first.created:
        made |= {"created_at": first.created, "updated_at": first.created}
    return made


def _clean(value: Any) -> Any:
    if value is None:
        return ""
    return value.replace("\0", "") if isinstance(value, str) else value
