"""Evaluation: a model that exists already, on labelled rows that it has not seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ...errors import UnknownNameError
from ..heads.decision import parse_goal
from ..heads.other_tasks import n_in_sets
from ..labelled.same_text import hash_texts
from ..labelled.training_set import TrainingSet, check_rows
from ..metrics import ShownMetrics
from ..predictor import Prediction, Predictor, refuse_prototype
from ..score_table import score_html, score_lines
from ..scores import Score, score
from .cautions import find_cautions

__all__ = ["Evaluation", "evaluate", "score_answers"]


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """How well a model answers labelled rows.

    Examples
    --------
    >>> from standfirst.models import Evaluation
    >>> Evaluation({}, 0, {"stance": ("99 rows are few; take the scores as rough",)}).notes[
    ...     "stance"
    ... ][0]
    '99 rows are few; take the scores as rough'
    """

    scores: dict[str, Score]
    """Id of the dimension to its score."""
    n_seen: int
    """Number of rows whose text the model was trained on; unless it is 0, the scores flatter."""
    notes: dict[str, tuple[str, ...]]
    """Id of the dimension to what limits its score, in words."""

    def as_json(self) -> dict[str, Any]:
        """Return the scores as `evaluate --json` prints them."""
        return {
            "dimensions": {
                name: {**score.as_json(), "notes": list(self.notes[name])}
                for name, score in self.scores.items()
            }
        }

    def __repr__(self) -> str:
        return "\n".join([*self._seen(), *score_lines(self._shown())])

    def _repr_html_(self) -> str:
        seen = "".join(f"<p>{escape(line)}</p>" for line in self._seen())
        return seen + score_html(self._shown(), "Macro-F1 on these rows")

    def _seen(self) -> list[str]:
        if not self.n_seen:
            return ["Evaluation on rows that the model has not seen"]
        return [f"Evaluation that flatters: {self.n_seen:,} texts were in the training data"]

    def _shown(self) -> dict[str, ShownMetrics]:
        return {
            name: {
                **one.as_json(),
                "n_groups": one.n_groups,
                "warnings": list(self.notes.get(name, ())),
            }
            for name, one in self.scores.items()
        }


def evaluate(model: Predictor, data: TrainingSet, *, seed: int = 0) -> Evaluation:
    """Score a model on labelled rows.

    Parameters
    ----------
    model
        The model.
    data
        Labelled rows. Their labels are those of the model's codebook by name, whatever their order.
    seed
        Of the bootstrap.

    Raises
    ------
    InputError
        The model has seen no label: it only ranks units for coding.
    UnknownNameError, UnknownLabelError
        The rows have a dimension or a label that the model does not have.

    Examples
    --------
    >>> from standfirst.models import evaluate, from_rows, train
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
    >>> evaluate(model, from_rows(later, "stance")).scores["stance"].macro_f1
    1.0
    """
    refuse_prototype(model.about)
    check_rows(data)
    data = data.read_by(model.codebook)
    for name in data.answers:
        if name not in model.heads:
            raise UnknownNameError("dimension of the model:", name, list(model.heads))
    return score_answers(model, model.predict(data.texts, data.context), data, seed=seed)


def score_answers(
    model: Predictor, answers: Mapping[str, Prediction], data: TrainingSet, *, seed: int
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
    hashes = hash_texts(data.texts)
    n_seen = int(np.isin(hashes, model.trained_on).sum())
    goal = parse_goal(model.about.goal)
    known = tuple(
        f"{n:,} of {len(data):,} texts are of {of}, from which the model knows what bias, tone or "
        "frames turn on; the score may flatter"
        for of, n in n_in_sets(hashes, model.about.other_tasks).items()
    )
    notes = {
        name: (*_on_absent(one), *known, *find_cautions(one, goal)) for name, one in scores.items()
    }
    return Evaluation(scores, n_seen, notes)


def _on_absent(result: Score) -> tuple[str, ...]:
    absent = [name for name, label in result.labels.items() if not label.support]
    if not absent:
        return ()
    return (f"no row has {', '.join(absent)}: nothing is known of how well they are found",)
