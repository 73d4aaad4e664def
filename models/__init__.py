"""Classifiers of units: train, score without leaks, keep, tag."""

from .compare import Comparison, compare
from .data import TrainingSet, from_study
from .distil import Distilled, distil
from .evaluate import Evaluation, evaluate
from .goals import Goal, parse_goal
from .labelled import from_file
from .model import Model, Prediction
from .prototype import prototype_model
from .report import DimensionReport, Report
from .scores import LabelScore, Score
from .train import train

__all__ = [
    "Comparison",
    "DimensionReport",
    "Distilled",
    "Evaluation",
    "Goal",
    "LabelScore",
    "Model",
    "Prediction",
    "Report",
    "Score",
    "TrainingSet",
    "compare",
    "distil",
    "evaluate",
    "from_file",
    "from_study",
    "parse_goal",
    "prototype_model",
    "train",
]
