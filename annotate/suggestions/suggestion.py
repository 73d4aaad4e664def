"""Suggestions: a model's answers brought to the units whose design allows it, and to no others.

A suggestion pulls the coder's answer towards it. Units that measure something, be it the model (the
test part) or the coders (units for two or more), are therefore coded blind, and so are those whose
row of the design says that they are not `assisted`; a unit that was never drawn has no row that
could allow it. A request for one of them is refused here, whoever makes it.

No model is imported: the caller passes what makes suggestions from units.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import InputError, LeakError
from ...labels import Codebook
from ..design.sampling import Drawn
from ..page.checks import answer_problems
from ..page.tasks import marks, result

__all__ = [
    "Suggester",
    "Suggestion",
    "article_prediction",
    "blind_units",
    "prediction",
    "refuse_blind",
]

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
        """Return a suggestion for each unit, a row with `text`, `before`, `after`, `title`."""


def blind_units(design: Iterable[Drawn]) -> frozenset[str]:
    """Return the units that must never get a suggestion.

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


def prediction(suggestion: Suggestion, codebook: Codebook, version: str) -> dict[str, Any]:
    """Write a suggestion as Label Studio's prediction, checked against the codebook.

    Raises
    ------
    InputError
        The server would not take it, or would take it and fail later; one line says why.
    """
    regions = result(suggestion.labels)
    for region in regions:
        region["score"] = round(float(suggestion.confidence[region["from_name"]]), 6)
    problems = answer_problems(regions, codebook, complete=False)
    problems += [
        f"{name}: confidence {suggestion.confidence[name]} is not between 0 and 1"
        for name in suggestion.labels
        if not 0 <= suggestion.confidence[name] <= 1
    ]
    if problems:
        raise InputError(f"model {version}", "; ".join(problems), "train it on this codebook")
    return {"result": regions, "score": round(float(suggestion.score), 6), "model_version": version}


def article_prediction(
    data: Mapping[str, Any],
    suggestions: Mapping[str, Suggestion],
    codebook: Codebook,
    version: str,
) -> dict[str, Any]:
    """Write the suggestions on an article's units as one prediction, with the marks of all units.

    Parameters
    ----------
    data
        The data of the article's task.
    suggestions
        By unit; a unit that is coded blind has none, and gets its mark only.
    codebook, version
        As for `prediction`.

    Raises
    ------
    InputError
        As for `prediction`.
    """
    regions, scores = marks(data), []
    for unit_id, start, end in data["units"]:
        if unit_id not in suggestions:
            continue
        made = prediction(suggestions[unit_id], codebook, version)
        span = {"start": start, "end": end, "text": data["text"][start:end]}
        # What stands on a mark has the mark's id.
        regions += [
            region | {"id": unit_id, "value": span | region["value"]} for region in made["result"]
        ]
        scores += [made["score"]] if made["result"] else []
    return {"result": regions, "score": min(scores, default=0.0), "model_version": version}
