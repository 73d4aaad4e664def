"""Classifiers of units: train, score without leaks, keep, tag."""

from .data import TrainingSet, from_study
from .evaluate import Evaluation, evaluate
from .goals import Goal, parse_goal
from .labelled import from_file
from .model import Model, Prediction
from .report import DimensionReport, Report
from .scores import LabelScore, Score
from .train import train

__all__ = [
    "DimensionReport",
    "Evaluation",
    "Goal",
    "LabelScore",
    "Model",
    "Prediction",
    "Report",
    "Score",
    "TrainingSet",
    "evaluate",
    "from_file",
    "from_study",
    "parse_goal",
    "train",
]
