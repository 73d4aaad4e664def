"""The content of a model's metrics.json, which `train --json` and `distil --json` print, too."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

__all__ = [
    "CandidateMetrics",
    "ChoiceMetrics",
    "Difference",
    "DimensionMetrics",
    "DistilledDimension",
    "DistilledMetrics",
    "FineTuningMetrics",
    "LabelMetrics",
    "Metrics",
    "RunnerUpDifference",
    "ScoreMetrics",
    "ShownMetrics",
]


class LabelMetrics(TypedDict):
    """How well a label is answered; see `scores.LabelScore`."""

    precision: float
    recall: float
    f1: float
    support: int


class ScoreMetrics(TypedDict):
    """How well a dimension is answered; see `scores.Score`."""

    n: int
    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    labels: dict[str, LabelMetrics]
    baseline_macro_f1: float
    chance_macro_f1: float


class ShownMetrics(ScoreMetrics):
    """What is shown of a dimension's score; see `score_table`."""

    n_groups: int
    warnings: list[str]


class DimensionMetrics(ShownMetrics):
    """What training found out about a dimension; see `training.report.DimensionReport`."""

    n_folds: int
    accuracy: float
    leak_gap: float | None
    calibration_error: float
    inverse_penalty: float
    weighted_decision: bool
    abstained: float
    confusion: Sequence[Sequence[int]] | None


class CandidateMetrics(TypedDict):
    """How a candidate did; see `training.selection.Standing`."""

    name: str
    average_precision: float
    macro_f1: float


class Difference(TypedDict):
    """A difference in macro-F1, with its 95 % interval."""

    macro_f1: float
    low: float
    high: float


class RunnerUpDifference(Difference):
    """The same between the choice and its runner-up, with the standard error that decided."""

    average_precision_error: float


class ChoiceMetrics(TypedDict, total=False):
    """What was compared; see `training.selection.Choice`."""

    candidates: list[CandidateMetrics]
    difference_to_runner_up: RunnerUpDifference


class FineTuningMetrics(TypedDict):
    """What fine-tuning was worth; see `finetuning.fine_tune.Outcome`."""

    kept: str | None
    pays: bool
    frozen_macro_f1: float
    tuned_macro_f1: dict[str, float]
    difference: Difference


class DistilledDimension(TypedDict, total=False):
    """How a student answers one dimension; all but the first only where there is gold."""

    agreement_with_teacher: float
    teacher: ScoreMetrics
    student: ScoreMetrics
    kept: float


class DistilledMetrics(TypedDict):
    """What a student lost; see `training.distil.Distilled`."""

    gold_rows_seen_by_teacher: int
    dimensions: dict[str, DistilledDimension]


class Metrics(TypedDict, total=False):
    """All that was measured of a model; each key only where it was."""

    dimensions: Mapping[str, DimensionMetrics]
    choice: ChoiceMetrics
    fine_tuning: FineTuningMetrics
    distilled: DistilledMetrics
