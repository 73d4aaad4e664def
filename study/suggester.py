"""A trained model as a source of suggestions: what `annotate` takes without knowing models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .unit_scores import answers_on

if TYPE_CHECKING:
    from ..annotate.suggestions.suggestion import Suggestion
    from ..models import Model

__all__ = ["ModelSuggester", "load_suggester"]


class ModelSuggester:
    """The answers of a trained model."""

    def __init__(self, model: "Model", version: str) -> None:
        self._model, self._version = model, version

    @property
    def version(self) -> str:
        """Name of its folder, and the beginning of its hash."""
        return self._version

    def suggest(self, units: Sequence[Mapping[str, Any]]) -> "list[Suggestion]":
        """Answer every dimension on units; a question that is not asked gets no answer."""
        import numpy as np

        from ..annotate.suggestions.suggestion import Suggestion

        if not units:
            return []
        answers = answers_on(self._model, units)
        labels: list[dict[str, tuple[str, ...]]] = [{} for _ in units]
        confidence: list[dict[str, float]] = [{} for _ in units]
        for dimension in self._model.dimensions:
            answer = answers[dimension.id]
            sure = answer.confidence
            for row in np.flatnonzero(answer.asked):
                chosen = np.flatnonzero(answer.chosen[row])
                labels[row][dimension.id] = tuple(dimension.label_ids[k] for k in chosen)
                confidence[row][dimension.id] = min(max(float(sure[row]), 0.0), 1.0)
        return [Suggestion(some, value) for some, value in zip(labels, confidence, strict=True)]


def load_suggester(folder: Path) -> ModelSuggester:
    """Load a model and name its version by its folder and its manifest's hash."""
    from ..models import Model
    from ..models.bundle.record import read_manifest

    model = Model.load(folder)
    return ModelSuggester(model, f"{folder.resolve().name}@{read_manifest(folder).digest[:12]}")
