"""Why a unit of a study got its tag: the words it goes by, or the coded units most like it.

Words are cheap to leave out where a model counts words. A network would have to read every sentence
once for each of its words; there the nearest coded units tell more, and cost one reading each.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["MOST_BY_LIKENESS", "MOST_BY_WORDS", "reasons"]

MOST_BY_WORDS = 600
"""Units that are explained by their words, those with gold first."""

MOST_BY_LIKENESS = 600
"""Units that are explained by coded units like them."""

_COUNTED = {"tfidf", "hashed", "hashed-pieces"}
_WORDS = 3
_ALIKE = 2
_LEAST = 0.05

Reasons = Mapping[str, tuple[tuple[str, float], ...]]


def reasons(
    folder: Path, units: Sequence[Mapping[str, Any]], coded: Sequence[str]
) -> tuple[dict[str, Reasons], dict[str, tuple[str, ...]]]:
    """Tell why units got their tags.

    Parameters
    ----------
    folder
        The model.
    units
        All units, with `unit_id`, `text` and what stands around it.
    coded
        Ids of the units with gold.

    Returns
    -------
    By unit: for each dimension the words that speak most for the answer, with their effects; and
    ids of the coded units that are most like it. One of both is empty.
    """
    from ..models import Model

    model = Model.load(folder)
    first = set(coded)
    order = sorted(units, key=lambda unit: str(unit["unit_id"]) not in first)
    if set(model.encoder_name.split("+")) <= _COUNTED:
        return _by_words(model, order[:MOST_BY_WORDS]), {}
    return {}, _by_likeness(model, [u for u in order if str(u["unit_id"]) in first])


def _by_words(model: Any, units: Sequence[Mapping[str, Any]]) -> dict[str, Reasons]:
    from ..models.explanation import explain

    texts = [str(unit["text"]) for unit in units]
    made: dict[str, Reasons] = {}
    for unit, text, of in zip(
        units, texts, explain(model, texts, _context(model, units)), strict=True
    ):
        words_of: dict[str, tuple[tuple[str, float], ...]] = {}
        for explanation in of:
            strongest = sorted(explanation.words, key=lambda word: -word.effect)[:_WORDS]
            kept = [
                (text[w.start : w.end], round(w.effect, 2)) for w in strongest if w.effect >= _LEAST
            ]
            words_of[explanation.dimension] = (*words_of.get(explanation.dimension, ()), *kept)
        made[str(unit["unit_id"])] = words_of
    return made


def _by_likeness(model: Any, units: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    units = units[:MOST_BY_LIKENESS]
    if len(units) <= _ALIKE:
        return {}
    vectors = model.vectors([str(unit["text"]) for unit in units], _context(model, units))
    dense = np.asarray(vectors.todense() if hasattr(vectors, "todense") else vectors, np.float32)
    dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
    alike = dense @ dense.T
    np.fill_diagonal(alike, -1)
    ids = [str(unit["unit_id"]) for unit in units]
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, :_ALIKE]
    return {ids[i]: tuple(ids[j] for j in row) for i, row in enumerate(nearest.tolist())}


def _context(model: Any, units: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {name: [str(unit.get(name) or "") for unit in units] for name in model.needs}
