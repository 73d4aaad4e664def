"""The regions of an answer: the units that they belong to, labels, notes and suggestions.

On the page of a unit all regions are the unit's. On that of an article a region belongs to the unit
whose mark it is on, and what was suggested must be looked up mark by mark: there Label Studio
records only that the mark began as a prediction, which all marks did, and not each question.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import ValidationError

from ...labels import Dimension
from ..page.checks import labels_of
from ..page.config import MARK
from .bodies import AnswerBody, RegionBody, SuggestedBody, TaskBody

__all__ = ["fate", "labels_in", "noted", "units_of"]

Fate = Literal["none", "kept", "changed", "ignored"]


def units_of(task: TaskBody, answer: AnswerBody) -> Iterator[tuple[str, list[RegionBody]]]:
    """Yield the regions of each unit of a task; those that belong to none come under ""."""
    yield from _by_unit(task, answer.result or []).items()


def _by_unit(task: TaskBody, regions: Sequence[RegionBody]) -> dict[str, list[RegionBody]]:
    if task.data.view != "article":
        return {task.data.unit_id: list(regions)}
    by_unit: dict[str, list[RegionBody]] = {unit_id: [] for unit_id, _, _ in task.data.units}
    at = {(start, end): unit_id for unit_id, start, end in task.data.units}
    for region in regions:
        # Label Studio keeps the id of a mark; a new mark is known by its offsets.
        span = (region.value.get("start"), region.value.get("end"))
        unit_id = region.id if region.id in by_unit else at.get(span, "")  # type: ignore[arg-type]
        if region.from_name != MARK:
            by_unit.setdefault(unit_id or "", []).append(region)
        elif not unit_id:
            by_unit.setdefault("", [])
    return by_unit


def labels_in(regions: Sequence[RegionBody], dimension: Dimension) -> tuple[str, ...] | None:
    """Return the labels of a dimension that regions hold; None where it is not answered.

    Raises
    ------
    ValueError
        It is answered twice, or not as the codebook allows; one line says how.
    """
    mine = [region for region in regions if region.from_name == dimension.id]
    if len(mine) > 1:
        raise ValueError(f"{dimension.id} is answered {len(mine)} times")
    return labels_of(mine[0].value, dimension) if mine else None


def noted(regions: Sequence[RegionBody], name: str) -> str:
    """Return what a coder wrote in a control for text."""
    mine = (region for region in regions if region.from_name == name)
    return "\n".join(line for region in mine for line in _texts(region))


def fate(
    task: TaskBody,
    answer: AnswerBody,
    unit_id: str,
    dimension: Dimension,
    labels: tuple[str, ...] | None,
) -> Fate:
    """Return what became of the suggestion on a dimension of a unit, if one was shown.

    Parameters
    ----------
    task, answer
        The task, and one coder's answer.
    unit_id
        Which of its units.
    dimension
        Which question.
    labels
        What the coder answered; None where the question was left open.
    """
    shown = _shown(task, answer)
    if task.data.view == "article":
        mine = [r for r in _by_unit(task, shown).get(unit_id, []) if r.type == "choices"]
        return _compared(mine, dimension, labels) if mine else "none"
    origins = {r.origin for r in answer.result or [] if r.from_name == dimension.id}
    if "prediction-changed" in origins:
        return "changed"
    if "prediction" in origins:
        return "kept"
    if answer.parent_prediction is None and not shown:
        return "none"
    return _compared(shown, dimension, labels)


def _compared(
    shown: Sequence[RegionBody], dimension: Dimension, labels: tuple[str, ...] | None
) -> Fate:
    if labels is None:
        return "ignored"
    try:
        suggested = labels_in(shown, dimension)
    except ValueError:
        suggested = None
    return "kept" if labels == suggested else "changed"


def _shown(task: TaskBody, answer: AnswerBody) -> list[RegionBody]:
    if answer.prediction and answer.prediction.result:
        return answer.prediction.result
    # Mostly the suggestion is left out of the answer that began from it; the task may have it.
    if answer.parent_prediction is not None:
        for raw in task.predictions:
            with contextlib.suppress(ValidationError):
                suggested = SuggestedBody.model_validate(raw)
                if suggested.id == answer.parent_prediction:
                    return suggested.result
    return []


def _texts(region: RegionBody) -> list[str]:
    text = region.value.get("text", [])
    return [text] if isinstance(text, str) else [str(line) for line in text]
