"""Whether fine-tuning pays, by the folds that judge everything else.

A tuned network tells most of its own training rows rightly, whatever it is worth. So nothing is
read off rows that it has seen: in each outer fold it is tuned on the other folds; a third of these
(whole groups) is first set aside, and calibration and decision rule come from a network that was
tuned without them. The model that is kept is tuned on all rows, and calibrated on what the networks
of the outer folds said of rows that they had not seen.

The frozen model answers the same folds. The tuned one is kept where it is better by `MARGIN`, and
better in nine of ten resamplings of the groups. The printed score makes that choice too, for each
fold by the answers on the others.

References
----------
Tibshirani, R. J. & Tibshirani, R. (2009). A bias correction for the minimum error rate in
cross-validation. Annals of Applied Statistics 3, 822-829 (a fold's choice by the other folds).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError, MissingExtraError
from .arms import Arm, Held, Tuner, Unseen, Workshop, make_head
from .choose import Answers, Job
from .classifier import Head
from .data import TrainingSet
from .folds import Fold, grouped_folds
from .goals import MARGIN
from .recipe import METHODS, Recipe, make_recipe
from .report import DimensionReport, Report
from .scores import calibration_error, macro_f1, paired, score

__all__ = ["Outcome", "fine_tune", "load_tuner"]

_ASIDE = 3
"""One part of so many is set aside to calibrate."""

_FEWEST = 2 * _ASIDE
"""Fewer groups cannot be cut into parts to learn from, to calibrate on, and to answer."""

_STEADY = 8
"""Batches before the time that is left is told: the first ones are slow."""

_SURE = 0.8
"""Both tails of this interval hold a tenth: its lower end is passed in nine of ten resamplings."""

Ints = npt.NDArray[np.int64]
Progress = Callable[[str, float | None], None]
Given = Sequence[Answers]
"""Held-out answers, one entry a dimension."""


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
    difference: tuple[float, float, float]
    """Macro-F1 of the better tuned model minus that of the frozen one, and its 95 % interval,
    paired over groups."""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values, as in metrics.json."""
        names = ("macro_f1", "low", "high")
        return {
            "kept": self.kept,
            "pays": self.pays,
            "frozen_macro_f1": round(self.frozen, 6),
            "tuned_macro_f1": {name: round(value, 6) for name, value in self.tuned.items()},
            "difference": {
                name: round(value, 6) for name, value in zip(names, self.difference, strict=True)
            },
        }


def load_tuner() -> tuple[Tuner, Callable[[str], str], str]:
    """Give what tunes, what resolves the name of a device, and the version of torch.

    Raises
    ------
    MissingExtraError
        Torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("fine-tuning", "torch") from error
    from .finetune import choose_device, tune

    return tune, choose_device, str(torch.__version__)


def fine_tune(
    data: TrainingSet,
    report: Report,
    method: str,
    *,
    device: str = "auto",
    epochs: int | None = None,
    n_folds: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
    tuner: Tuner | None = None,
) -> Outcome:
    """Tune the network of a trained model, and keep it where that was asked for, or pays.

    Parameters
    ----------
    data
        What the model was trained on.
    report
        The trained model.
    method
        One of `METHODS`: tune by it and keep it; `auto`: try all, and keep the best one if it pays.
    device
        `cpu`, `cuda` or `auto`.
    epochs
        How often every text is learned from; by the number of texts if None.
    n_folds
        Number of outer folds.
    seed
        Of folds, order and dropping.
    progress
        Told what is being done, and the seconds that are left.
    tuner
        What tunes, in place of torch.

    Raises
    ------
    MissingExtraError
        Torch is not installed.
    UnknownNameError
        No such method.
    InputError
        The model has no network to tune, there is no such device, or there are too few groups.
    """
    n_groups = len(np.unique(data.groups))
    if n_groups < _FEWEST:
        problem = f"{n_groups} groups are too few to tell whether fine-tuning pays"
        raise InputError(data.source, problem, "label more articles")
    about: dict[str, Any] = {}
    if tuner is None:
        tuner, choose_device, about["torch"] = load_tuner()
        device = choose_device(device)
    methods = METHODS if method == "auto" else (method,)
    recipes = {
        one: make_recipe(one, len(data), epochs=epochs, seed=seed, device=device) for one in methods
    }
    shop = Workshop(data, report.model, tuner, about, seed)
    folds = grouped_folds(_together(shop.jobs, len(data)), data.groups, n_folds, seed)
    clock = _Clock(_n_texts(folds, recipes, data.groups), progress)
    asked = _ask(shop, folds, recipes, data.groups, clock)
    scores = {one: _mean_f1(shop.jobs, answers) for one, answers in asked.tuned.items()}
    best = max(scores, key=scores.__getitem__)
    pays = _pays(shop.jobs, asked.tuned[best], asked.frozen, seed)
    found = Outcome(
        report,
        best if pays or method != "auto" else None,
        pays,
        _mean_f1(shop.jobs, asked.frozen),
        scores,
        best,
        paired(_pairs(shop.jobs, asked.tuned[best], asked.frozen), seed=seed),
    )
    if found.kept is None:
        metrics = {**report.model.metrics, "fine_tuning": found.as_json()}
        kept = replace(report, model=replace(report.model, metrics=metrics))
        return replace(found, report=kept)
    nested = asked.tuned[best]
    if method == "auto":
        nested = _chosen_by_others(shop.jobs, folds, asked, seed)
    clock.what = f"fine-tuning {best}, all rows"
    arm = shop.tuned(np.arange(len(data)), np.zeros(0, np.int64), recipes[best], clock.tell)
    return _take(found, shop, arm, asked.held[best], nested)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the models of the outer folds said of the rows that they had not seen."""

    frozen: Given
    tuned: Mapping[str, Given]
    held: Mapping[str, Sequence[Held]]


def _ask(
    shop: Workshop,
    folds: Sequence[Fold],
    recipes: Mapping[str, Recipe],
    groups: Ints,
    clock: "_Clock",
) -> _Asked:
    """Fit frozen and tuned models on one side of every fold; answer the other."""
    frozen = [job.nothing() for job in shop.jobs]
    tuned = {one: [job.nothing() for job in shop.jobs] for one in recipes}
    held: dict[str, list[Held]] = {
        one: [(np.zeros(job.truth.shape), np.zeros(job.truth.shape)) for job in shop.jobs]
        for one in recipes
    }
    for number, fold in enumerate(folds, 1):
        _answer_frozen(shop, fold, frozen)
        for one, recipe in recipes.items():
            clock.what = f"fine-tuning {one}, fold {number} of {len(folds)}"
            apart = _set_aside(fold[0], groups, recipe.seed)
            first = shop.tuned(*apart, recipe, clock.tell)
            whole = shop.tuned(*fold, recipe, clock.tell)
            _answer_tuned(shop.jobs, fold, (first, whole), apart[1], tuned[one])
            for place, job in enumerate(shop.jobs):
                test = job.cut(fold)[1]
                new = whole.scores(place, job.rows[test])
                for kept, some in zip(held[one][place], new, strict=True):
                    kept[test] = some
    return _Asked(frozen, tuned, held)


def _take(found: Outcome, shop: Workshop, arm: Arm, held: Sequence[Held], nested: Given) -> Outcome:
    """Make the tuned model, calibrated on what the outer folds said, with the nested score."""
    report, heads, dimensions = found.report, {}, []
    for place, job in enumerate(shop.jobs):
        head = make_head(arm, place, job, Unseen(held[place], job.truth, _seen(job.truth)))
        heads[job.name] = head
        labels = report.model.codebook.dimension(job.name).label_ids
        before = next(one for one in report.dimensions if one.dimension == job.name)
        dimensions.append(_scored_anew(before, job, nested[place], head, labels))
    name, encoder, heads = shop.joined(arm, heads)
    metrics = {
        **report.model.metrics,
        "dimensions": {one.dimension: one.as_json() for one in dimensions},
        "fine_tuning": found.as_json(),
    }
    model = replace(report.model, encoder_name=name, encoder=encoder, heads=heads, metrics=metrics)
    return replace(found, report=replace(report, model=model, dimensions=tuple(dimensions)))


def _answer_frozen(shop: Workshop, fold: Fold, answers: Given) -> None:
    """Fit the frozen model on one side of a fold; answer the other."""
    _, vectors, heads = shop.frozen(fold[0])
    for job, head, found in zip(shop.jobs, heads, answers, strict=True):
        test = job.cut(fold)[1]
        if head is not None and len(test):
            found.probability[test] = head.probabilities(vectors[job.rows[test]])
            found.chosen[test] = head.decide(found.probability[test])


def _answer_tuned(
    jobs: Sequence[Job], fold: Fold, arms: tuple[Arm, Arm], aside: Ints, answers: Given
) -> None:
    """Calibrate on the rows set aside, which the first arm did not see; answer with the second."""
    first, whole = arms
    for place, job in enumerate(jobs):
        part, test = job.cut(fold)
        apart = job.cut((aside, aside))[0]
        if len(test) and len(apart):
            held = first.scores(place, job.rows[apart])
            unseen = Unseen(held, job.truth[apart], _seen(job.truth[part]))
            head = make_head(whole, place, job, unseen)
            found = answers[place]
            found.probability[test] = head.probabilities(whole.vectors[job.rows[test]])
            found.chosen[test] = head.decide(found.probability[test])


def _set_aside(rows: Ints, groups: Ints, seed: int) -> tuple[Ints, Ints]:
    """Split rows into those to learn from and those to calibrate on, in whole groups."""
    names = np.unique(groups[rows])
    names = np.random.default_rng(seed).permutation(names)
    apart = np.isin(groups[rows], names[: max(1, len(names) // _ASIDE)])
    return rows[~apart], rows[apart]


def _chosen_by_others(
    jobs: Sequence[Job], folds: Sequence[Fold], asked: _Asked, seed: int
) -> list[Answers]:
    """Give for each fold the answers of what the other folds would have kept."""
    nested = [job.nothing() for job in jobs]
    for fold in folds:
        others = [job.cut(fold)[0] for job in jobs]
        scores = {one: _mean_f1(jobs, answers, others) for one, answers in asked.tuned.items()}
        tuned = asked.tuned[max(scores, key=scores.__getitem__)]
        taken = tuned if _pays(jobs, tuned, asked.frozen, seed, others) else asked.frozen
        for job, found, given in zip(jobs, nested, taken, strict=True):
            test = job.cut(fold)[1]
            found.probability[test] = given.probability[test]
            found.chosen[test] = given.chosen[test]
    return nested


def _pays(
    jobs: Sequence[Job],
    tuned: Given,
    frozen: Given,
    seed: int,
    rows: Sequence[Ints] | None = None,
) -> bool:
    """Tell whether tuning is better by enough, and surely enough."""
    difference, low, _ = paired(_pairs(jobs, tuned, frozen, rows), level=_SURE, seed=seed)
    return difference >= MARGIN and low > 0


def _pairs(
    jobs: Sequence[Job], one: Given, other: Given, rows: Sequence[Ints] | None = None
) -> list[tuple[Any, Any, Any, Any]]:
    if rows is None:
        rows = [np.arange(len(job.rows)) for job in jobs]
    return [
        (job.truth[some], a.chosen[some], b.chosen[some], job.groups[some])
        for job, a, b, some in zip(jobs, one, other, rows, strict=True)
    ]


def _mean_f1(jobs: Sequence[Job], answers: Given, rows: Sequence[Ints] | None = None) -> float:
    pairs = _pairs(jobs, answers, answers, rows)
    return float(np.mean([macro_f1(truth, answer) for truth, answer, *_ in pairs]))


def _together(jobs: Sequence[Job], n_rows: int) -> npt.NDArray[np.bool_]:
    """Give the labels of all dimensions side by side, so that one set of folds serves all."""
    blocks = []
    for job in jobs:
        block = np.zeros((n_rows, job.truth.shape[1]), bool)
        block[job.rows] = job.truth
        blocks.append(block)
    return np.hstack(blocks)


def _seen(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(truth.any(axis=0))


def _scored_anew(
    before: DimensionReport, job: Job, answers: Answers, head: Head, labels: Sequence[str]
) -> DimensionReport:
    found = score(
        job.truth, answers.chosen, labels, job.groups, multiple=job.multiple, seed=job.seed
    )
    return replace(
        before,
        score=found,
        calibration_error=calibration_error(job.truth, answers.probability),
        strength=head.strength,
        weighted=bool(head.bonus.any()),
        abstained=float((~answers.chosen.any(axis=1)).mean()) if head.least.any() else 0.0,
    )


def _n_texts(folds: Sequence[Fold], recipes: Mapping[str, Recipe], groups: Ints) -> int:
    """Count the texts that will be learned from, each as often as it is."""
    total = 0
    for recipe in recipes.values():
        for part, _ in folds:
            learn, _ = _set_aside(part, groups, recipe.seed)
            total += recipe.epochs * (len(learn) + len(part))
    return total + max(recipe.epochs for recipe in recipes.values()) * len(groups)


class _Clock:
    """Estimates what is left from the texts that were learned from."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.what = ""
        self._total, self._progress = total, progress
        self._before, self._calls, self._began = 0, 0, time.monotonic()

    def tell(self, done: int, n: int) -> None:
        self._calls += 1
        if self._progress is not None:
            spent, so_far = time.monotonic() - self._began, self._before + done
            left = spent / so_far * max(0, self._total - so_far)
            self._progress(self.what, left if self._calls >= _STEADY else None)
        if done == n:
            self._before += n
