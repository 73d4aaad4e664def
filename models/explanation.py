"""Why a tag: the words without which the model would be less sure of it.

Each word is left out in turn, and the model is asked again. What the log-odds of the label lose is
what the word gives, so that the same measure serves counted words and networks alike. It tells what
this model goes by, not what the text means, and words that act together share their effect badly.

References
----------
Li, J., Monroe, W. & Jurafsky, D. (2016). Understanding Neural Networks through Representation
Erasure. arXiv:1612.08220.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .predictor import Predictor, refuse_prototype
from .views import Context

__all__ = ["Explanation", "WordEffect", "explain"]

Floats = NDArray[np.float64]

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_SMALLEST = 1e-6
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class WordEffect:
    """What one word gives to a label."""

    start: int
    """First character in the text."""
    end: int
    """The one behind the last."""
    effect: float
    """What the log-odds of the label lose without the word; below 0 where it speaks against it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model gives one label to a text."""

    dimension: str
    """Id of the dimension."""
    label: str
    """Id of the label: each that is given, or the most probable one where none is."""
    given: bool
    """Whether the model gives it."""
    probability: float
    """Its probability, 0 to 1."""
    words: tuple[WordEffect, ...]
    """All words of the text, in its order."""


def explain(
    model: Predictor, texts: Sequence[str], context: Context | None = None
) -> list[list[Explanation]]:
    """Find which words the answers on texts rest on.

    Parameters
    ----------
    model
        The model.
    texts
        Units, as they are tagged.
    context
        What the model needs beside the text, as in `Predictor.predict`.

    Returns
    -------
    For each text, one explanation for each dimension and label given.

    Raises
    ------
    InputError
        The model has seen no label, a text is empty, or the context lacks what the model needs.
    """
    refuse_prototype(model.about)
    # Heads of the folds answer for training units alone, and would double the work.
    model = replace(model, folds=None)
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            raise InputError(f"text {number}", "is empty", "leave it out")
    explanations: list[list[Explanation]] = []
    for start in range(0, len(texts), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        part = {name: list(values[rows]) for name, values in (context or {}).items()}
        explanations += _explained(model, texts[rows], part)
    return explanations


def _explained(model: Predictor, texts: Sequence[str], context: Context) -> list[list[Explanation]]:
    words = [[match.span() for match in _WORD.finditer(text)] for text in texts]
    owner = [i for i, spans in enumerate(words) for _ in spans]
    shorter = [
        text[:a] + text[b:] for text, spans in zip(texts, words, strict=True) for a, b in spans
    ]
    repeated = {
        name: [*values, *(values[i] for i in owner)]
        for name, values in context.items()
        if name != "target_span"
    }
    answers = model.predict([*texts, *shorter], repeated or None)
    first = np.cumsum([0, *map(len, words)]) + len(texts)
    explanations: list[list[Explanation]] = [[] for _ in texts]
    for dimension in model.dimensions:
        answer = answers[dimension.id]
        odds = _log_odds(answer.probabilities)
        for i, spans in enumerate(words):
            if not answer.asked[i]:
                continue
            given = np.flatnonzero(answer.chosen[i])
            shown = given if len(given) else [int(answer.probabilities[i].argmax())]
            for k in shown:
                effects = odds[i, k] - odds[first[i] : first[i + 1], k]
                explanations[i].append(
                    Explanation(
                        dimension.id,
                        dimension.label_ids[k],
                        bool(answer.chosen[i, k]),
                        float(answer.probabilities[i, k]),
                        tuple(
                            WordEffect(a, b, float(effect))
                            for (a, b), effect in zip(spans, effects, strict=True)
                        ),
                    )
                )
    return explanations


def _log_odds(probabilities: Floats) -> Floats:
    p = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(p / (1 - p)))
