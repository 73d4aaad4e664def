"""Evaluation: a model that exists already, on labelled rows that it has not seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..labelled.same_text import hash_texts
from ..labelled.training_set import TrainingSet
from ..model import Model
from ..predictor import Prediction, refuse_prototype
from ..scores import Score, score

__all__ = ["Evaluation", "evaluate", "score_answers"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model answers labelled rows."""

    scores: dict[str, Score]
    """Id of the dimension to its score."""
    n_seen: int
    """Number of rows whose text the model was trained on; unless it is 0, the scores flatter."""

    def as_json(self) -> dict[str, Any]:
        """Give the scores as `evaluate --json` prints them."""
        return {"dimensions": {name: found.as_json() for name, found in self.scores.items()}}


def evaluate(model: Model, data: TrainingSet, *, seed: int = 0) -> Evaluation:
    """Score a model on labelled rows.

    Parameters
    ----------
    model
        The model.
    data
        Labelled rows, read with the model's codebook.
    seed
        Of the bootstrap.

    Raises
    ------
    InputError
        The model has seen no label: it only ranks units for coding.
    """
    refuse_prototype(model.about)
    return score_answers(model, model.predict(data.texts, data.context), data, seed=seed)


def score_answers(
    model: Model, answers: Mapping[str, Prediction], data: TrainingSet, *, seed: int
) -> Evaluation:
    """Score what a model has answered on labelled rows; see `evaluate`."""
    scores = {}
    for name in data.answers:
        rows, truth = data.truth(name)
        if len(rows) == 0:
            continue
        dimension = model.codebook.dimension(name)
        scores[name] = score(
            truth,
            answers[name].chosen[rows],
            dimension.label_ids,
            data.groups[rows],
            multiple=dimension.choice == "multiple",
            seed=seed,
        )
    n_seen = int(np.isin(hash_texts(data.texts), model.trained_on).sum())
    return Evaluation(scores, n_seen)
