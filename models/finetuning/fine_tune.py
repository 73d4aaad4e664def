"""Whether fine-tuning pays, by the folds that judge everything else.

A tuned network answers most of its own training rows rightly, whatever it is worth. So nothing is
read off rows that it has seen: in each outer fold it is tuned on the other folds; a third of these
(whole groups) is first set aside, and calibration and decision rule come from a network that was
tuned without them. The model that is kept is tuned on all rows, and calibrated on what the networks
of the outer folds said of rows that they had not seen.

The frozen model answered the same folds when it was trained. The tuned one is kept where it is
better by `MARGIN`, and better in nine of ten resamplings of the groups. The printed score makes
that choice too, for each fold by the answers on the others.

References
----------
Tibshirani, R. J. & Tibshirani, R. (2009). A bias correction for the minimum error rate in
cross-validation. Annals of Applied Statistics 3, 822-829 (a fold's choice by the other folds).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import InputError, MissingExtraError
from ...intervals import Estimate
from ...progress import Progress
from ..evaluation.cautions import find_cautions
from ..heads.head import Head
from ..labelled.training_set import TrainingSet
from ..metrics import FineTuningMetrics, Metrics
from ..scores import calibration_error, score
from ..training.question import Job
from ..training.ranking import Answers
from ..training.report import DimensionReport, Report
from .ensemble import Ensemble, ScorePair, Unseen, make_head
from .fits import Fitter, Tuner
from .held_out import CALIBRATION_PARTS, Rounds, ask, n_texts, seen
from .recipe import METHODS, make_recipe

__all__ = ["Outcome", "fine_tune", "load_tuner"]

_FEWEST = 2 * CALIBRATION_PARTS
"""Fewer groups cannot be cut into parts to learn from, to calibrate on, and to answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of fine-tuning."""

    report: Report
    """The report of the model to keep: the tuned one, or the one that there was."""
    kept: str | None
    """How the model to keep was tuned; None for the one that there was."""
    pays: bool
    """Whether tuning is better, as far as the folds can tell."""
    frozen: float
    """Held-out macro-F1 of the frozen model, as a mean over dimensions."""
    tuned: Mapping[str, float]
    """Method to the same of the model tuned by it."""
    best: str
    """The better method."""
    difference: Estimate
    """Macro-F1 of the better tuned model minus that of the frozen one, and its 95 % interval,
    paired over groups."""

    def as_json(self) -> FineTuningMetrics:
        """Return it as JSON values, as in metrics.json."""
        mean, low, high = (round(value, 6) for value in self.difference.numbers())
        return {
            "kept": self.kept,
            "pays": self.pays,
            "frozen_macro_f1": round(self.frozen, 6),
            "tuned_macro_f1": {name: round(value, 6) for name, value in self.tuned.items()},
            "difference": {"macro_f1": mean, "low": low, "high": high},
        }


def load_tuner() -> tuple[Tuner, Callable[[str], str], str]:
    """Return what tunes, what resolves the name of a device, and the version of torch.

    Raises
    ------
    MissingExtraError
        Torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("fine-tuning", "torch") from error
    from .learn import choose_device, tune

    return tune, choose_device, str(torch.__version__)


def fine_tune(
    data: TrainingSet,
    report: Report,
    method: str,
    *,
    device: str = "auto",
    epochs: int | None = None,
    progress: Progress | None = None,
    tuner: Tuner | None = None,
) -> Outcome:
    """Tune the network of a trained model, and keep it where that was asked for, or pays.

    Parameters
    ----------
    data
        What the model was trained on.
    report
        The trained model; its folds and seed serve here, too.
    method
        One of `METHODS`: tune by it and keep it; `auto`: try all, and keep the best one if it pays.
    device
        `cpu`, `cuda` or `auto`.
    epochs
        How often every text is learned from; by the number of texts if None.
    progress
        Receives how far all rounds of tuning have come.
    tuner
        What tunes, in place of torch.

    Raises
    ------
    MissingExtraError
        Torch is not installed.
    UnknownNameError
        No such method.
    InputError
        The model has no network to tune or was trained on other data, there is no such device, or
        there are too few groups.
    """
    n_groups = len(np.unique(data.groups))
    if n_groups < _FEWEST:
        problem = f"{n_groups} groups are too few to tell whether fine-tuning pays"
        raise InputError(data.source, problem, "label more articles")
    about: dict[str, Any] = {}
    if tuner is None:
        tuner, choose_device, about["torch"] = load_tuner()
        device = choose_device(device)
    seed, folds = report.model.about.seed, report.compared.folds
    methods = METHODS if method == "auto" else (method,)
    recipes = {
        name: make_recipe(name, len(data), epochs=epochs, seed=seed, device=device)
        for name in methods
    }
    fitter = Fitter(data, report.model, tuner, about, seed)
    if data.fingerprint != report.model.about.data:
        raise InputError(data.source, "is not what the model was trained on", "train it on this")
    rounds = Rounds(n_texts(folds, recipes, data.groups), progress)
    asked = ask(fitter, report.compared, recipes, data.groups, rounds)
    best = asked.best()
    pays = asked.pays(best)
    outcome = Outcome(
        report,
        best if pays or method != "auto" else None,
        pays,
        asked.f1(asked.frozen),
        {name: asked.f1(answers) for name, answers in asked.tuned.items()},
        best,
        asked.difference(best),
    )
    if outcome.kept is None:
        metrics: Metrics = {**report.model.metrics, "fine_tuning": outcome.as_json()}
        kept = replace(report, model=replace(report.model, metrics=metrics))
        return replace(outcome, report=kept)
    nested = asked.chosen_by_others() if method == "auto" else asked.tuned[best]
    last = rounds.begin(f"fine-tuning {best}, all rows")
    ensemble = fitter.tuned(np.arange(len(data)), np.zeros(0, np.int64), recipes[best], last)
    return _take(outcome, fitter, ensemble, asked.scores[best], nested)


def _take(
    outcome: Outcome,
    fitter: Fitter,
    ensemble: Ensemble,
    held: Sequence[ScorePair],
    nested: Sequence[Answers],
) -> Outcome:
    """Make the tuned model, calibrated on what the outer folds said, with the nested score."""
    report, heads, dimensions = outcome.report, {}, []
    for k, job in enumerate(fitter.jobs):
        head = make_head(ensemble, k, job, Unseen(held[k], job.truth, seen(job.truth)))
        heads[job.name] = head
        labels = report.model.codebook.dimension(job.name).label_ids
        before = next(entry for entry in report.dimensions if entry.dimension == job.name)
        dimensions.append(_scored_anew(before, job, nested[k], head, labels))
    name, encoder, heads = fitter.joined(ensemble, heads)
    metrics: Metrics = {
        **report.model.metrics,
        "dimensions": {entry.dimension: entry.as_json() for entry in dimensions},
        "fine_tuning": outcome.as_json(),
    }
    model = replace(
        report.model, encoder_name=name, encoder=encoder, heads=heads, metrics=metrics, folds=None
    )
    return replace(outcome, report=replace(report, model=model, dimensions=tuple(dimensions)))


def _scored_anew(
    before: DimensionReport, job: Job, answers: Answers, head: Head, labels: Sequence[str]
) -> DimensionReport:
    result = score(
        job.truth,
        answers.chosen,
        labels,
        job.groups,
        multiple=job.multiple,
        by_folds=True,
        seed=job.seed,
    )
    return replace(
        before,
        score=result,
        cautions=find_cautions(result, job.goal),
        calibration_error=calibration_error(job.truth, answers.probability),
        strength=head.strength,
        weighted=bool(head.rule.bonus.any()),
        abstained=float((~answers.chosen.any(axis=1)).mean()) if head.rule.least.any() else 0.0,
    )
