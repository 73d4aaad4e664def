"""Golden sentences: what a bundle answers when it is saved, and must answer when it is loaded.

Another version of a library, another processor or a damaged weight that changes the answers is then
refused, instead of answering differently in silence.
"""

from typing import Any

import numpy as np

from ..predictor import Predictor

__all__ = ["GOLDEN_TEXTS", "are_close", "golden_answers"]

_SENTENCES = (
    "The minister said that the agreement would save lives.",
    "Campaigners called the plan cruel and promised to go to court.",
    "The judge set the next hearing for Tuesday.",
    "A spokesman for the UN agency warned of grave harm.",
    "What did they expect?",
    "The budget rose by 4.2 percent, to 31 million.",
)

GOLDEN_TEXTS = (*_SENTENCES, " ".join(_SENTENCES * 8))
"""Sentences of our own, and a text that networks read in windows."""

_TOLERANCE = 1e-3
_TOLERANCE_8_BITS = 2e-2
"""In 8 bits a rounding that falls the other way on another processor moves a probability."""


def golden_answers(model: Predictor) -> list[dict[str, Any]]:
    """Return the probabilities of the golden sentences."""
    # Whatever a model reads beside the text: our own sentences will do.
    context: dict[str, tuple[str, ...]] = dict.fromkeys(model.needs, GOLDEN_TEXTS[::-1])
    if "target" in context:
        context["target"] = tuple(text.split()[1] for text in GOLDEN_TEXTS)
    answers = model.predict(GOLDEN_TEXTS, context)
    return [
        {
            "text": text,
            "probabilities": {
                name: [round(float(p), 6) for p in answer.probabilities[row]]
                for name, answer in answers.items()
            },
        }
        for row, text in enumerate(GOLDEN_TEXTS)
    ]


def are_close(
    golden: list[dict[str, Any]], answers: list[dict[str, Any]], *, encoder: str = ""
) -> bool:
    """Return whether answers are those that were kept, up to rounding."""
    tolerance = _TOLERANCE_8_BITS if "-int8" in encoder else _TOLERANCE
    if len(golden) != len(answers):
        return False
    return all(
        before["text"] == now["text"]
        and before["probabilities"].keys() == now["probabilities"].keys()
        and all(
            np.allclose(before["probabilities"][name], values, atol=tolerance)
            for name, values in now["probabilities"].items()
        )
        for before, now in zip(golden, answers, strict=True)
    )
