"""Comparison: several models on the same labelled rows, each against the first, in pairs.

Two intervals that overlap say little about a difference, because both models met the same easy and
hard articles. So articles are drawn for both at once, and the interval is that of the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...intervals import Estimate
from ..labelled.training_set import TrainingSet, check_rows
from ..model import Model
from ..predictor import refuse_prototype
from ..scores import Score, paired
from .evaluate import score_answers

__all__ = ["Comparison", "Difference", "compare"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A model's macro-F1 minus that of the first one."""

    macro_f1: Estimate
    """The difference on all rows."""
    agreement: float
    """Share of rows on which both give the same answer."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models on one dimension.

    Examples
    --------
    >>> from standfirst.models import compare, from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> model = train(
    ...     from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2
    ... ).model
    >>> later = [
    ...     {"text": "It will surely work in town.", "stance": "for"},
    ...     {"text": "Critics call it cruel.", "stance": "no"},
    ... ]
    >>> compared, _ = compare({"one": model, "other": model}, from_rows(later, "stance"))
    >>> list(compared["stance"].differences)
    ['other']
    """

    scores: dict[str, Score]
    """Name of each model to its score, in the order they were named."""
    differences: dict[str, Difference]
    """Name of each model but the first to its difference from the first."""
    notes: dict[str, tuple[str, ...]]
    """Name of each model to what limits its score, in words."""

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        differences = {}
        for name, difference in self.differences.items():
            numbers = (*difference.macro_f1.numbers(), difference.agreement)
            fields = ("macro_f1", "low", "high", "agreement")
            differences[name] = {
                field: round(number, 6) for field, number in zip(fields, numbers, strict=True)
            }
        models = {
            name: {**score.as_json(), "notes": list(self.notes[name])}
            for name, score in self.scores.items()
        }
        return {"models": models, "differences": differences}


def compare(
    models: Mapping[str, Model], data: TrainingSet, *, seed: int = 0
) -> tuple[dict[str, Comparison], dict[str, int]]:
    """Compare models on labelled rows.

    Parameters
    ----------
    models
        Name to model; the others are set against the first.
    data
        Labelled rows; their labels are those of the first model's codebook by name.
    seed
        Of the bootstrap.

    Returns
    -------
    Dimension to its comparison; and name of each model to the number of rows that it was trained
    on: unless all are 0, the comparison favours who has seen more.

    Raises
    ------
    InputError
        There are fewer than two models, or they differ in the labels of a dimension.

    Examples
    --------
    >>> from standfirst.models import compare, from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> model = train(
    ...     from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2
    ... ).model
    >>> later = [
    ...     {"text": "It will surely work in town.", "stance": "for"},
    ...     {"text": "Critics call it cruel.", "stance": "no"},
    ... ]
    >>> compared, seen = compare({"one": model, "other": model}, from_rows(later, "stance"))
    >>> sorted(compared["stance"].scores), seen
    (['one', 'other'], {'one': 0, 'other': 0})
    """
    if len(models) < 2:
        raise InputError("compare", f"{len(models)} model", "name two or more")
    check_rows(data)
    first, *others = models
    data = data.read_by(models[first].codebook)
    _check(models, data)
    for name, model in models.items():
        refuse_prototype(model.about, name)
    answers = {name: model.predict(data.texts, data.context) for name, model in models.items()}
    scored = {
        name: score_answers(model, answers[name], data, seed=seed) for name, model in models.items()
    }
    comparisons = {}
    for dimension in data.answers:
        rows, truth = data.truth(dimension)
        if not len(rows):
            continue
        groups = data.groups[rows]
        given = {name: answers[name][dimension].chosen[rows] for name in models}
        differences = {
            name: _difference(truth, given[name], given[first], groups, seed) for name in others
        }
        scores = {name: scored[name].scores[dimension] for name in models}
        notes = {name: scored[name].notes[dimension] for name in models}
        comparisons[dimension] = Comparison(scores, differences, notes)
    return comparisons, {name: result.n_seen for name, result in scored.items()}


def _difference(
    truth: npt.NDArray[np.bool_],
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.int64],
    seed: int,
) -> Difference:
    same = float((first == second).all(axis=1).mean())
    return Difference(paired([(truth, first, second, groups)], seed=seed), same)


def _check(models: Mapping[str, Model], data: TrainingSet) -> None:
    for dimension in data.answers:
        known = data.codebook.dimension(dimension).label_ids
        for name, model in models.items():
            if dimension not in model.heads:
                problem = f"does not answer {dimension!r}"
                raise InputError(name, problem, "name the dimensions in common with --label")
            labels = model.codebook.dimension(dimension).label_ids
            if labels != known:
                problem = f"has other labels of {dimension!r} ({', '.join(labels)})"
                raise InputError(
                    name, problem, f"compare models with the labels {', '.join(known)}"
                )
