"""Answers of a language model: what they say of each question, or why they are of no use.

An answer counts as a whole or not at all. One that was cut, is no JSON, or says what the codebook
does not have is refused with its reason, and nothing is guessed from it: a label that was read out
of half an answer is one that nobody gave.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from ...labels import Codebook
from ...labels.annotations.annotation import Status
from ...labels.codebook.codebook import Dimension

__all__ = ["UnusableError", "read_answer"]

_FENCED = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
_SHOWN = 60

Said = tuple[tuple[str, ...], Status]


class UnusableError(ValueError):
    """An answer that is no label of the codebook; the message says why."""


def read_answer(content: str, codebook: Codebook, *, cut: bool = False) -> dict[str, Said]:
    """Read what a model answered.

    Parameters
    ----------
    content
        The text of its answer: one JSON object, and around it at most a fence of backticks.
    codebook
        What was asked.
    cut
        Whether the answer ended because it had become too long.

    Returns
    -------
    Labels and status of each dimension, in the codebook's order.

    Raises
    ------
    UnusableError
        It is of no use.

    Examples
    --------
    >>> from ...labels import Label
    >>> tone = Dimension("tone", "Which?", (Label("warm", "Warm"), Label("cold", "Cold")))
    >>> book = Codebook("b", "Tone", "1", (tone,))
    >>> read_answer('{"tone": "warm"}', book)
    {'tone': (('warm',), 'answered')}
    >>> try:
    ...     read_answer('{"tone": "hot"}', book)
    ... except UnusableError as error:
    ...     print(error)
    tone: no label 'hot'
    """
    if cut:
        raise UnusableError("cut: longer than an answer may be")
    text = content.strip()
    if not text:
        raise UnusableError("empty")
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1]
    try:
        said = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnusableError):
            raise
        raise UnusableError("not JSON") from error
    if not isinstance(said, dict):
        raise UnusableError("not a JSON object")
    made: dict[str, Said] = {}
    for dimension in codebook.dimensions:
        if dimension.id not in said:
            raise UnusableError(f"{dimension.id}: no answer")
        made[dimension.id] = _said(said[dimension.id], dimension, made)
    return made


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise UnusableError("a question is answered twice")
    return made


def _said(value: Any, dimension: Dimension, above: Mapping[str, Said]) -> Said:
    labels = _labels(value, dimension)
    when = dimension.when
    if when is not None and set(above[when.dimension][0]).isdisjoint(when.labels):
        return (), "not asked"
    if labels:
        return labels, "answered"
    if labels is not None and (dimension.none or not dimension.required):
        return (), "answered"
    if labels is None and dimension.choice == "single" and not dimension.required:
        return (), "open"
    raise UnusableError(f"{dimension.id}: left open")


def _labels(value: Any, dimension: Dimension) -> tuple[str, ...] | None:
    """Return the labels in the codebook's order; None for null."""
    if value is None:
        return None
    single = dimension.choice == "single"
    if isinstance(value, list) == single or not isinstance(value, str | list):
        wanted = "one label" if single else "a list of labels"
        raise UnusableError(f"{dimension.id}: {_shown(value)} is not {wanted}")
    given = [value] if single else value
    for label in given:
        if label not in dimension.label_ids:
            raise UnusableError(f"{dimension.id}: no label {_shown(label)}")
    if len(set(given)) > 1 and (alone := [label for label in given if label in dimension.alone]):
        raise UnusableError(f"{dimension.id}: {alone[0]!r} beside another label")
    return tuple(label for label in dimension.label_ids if label in given)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
