"""Classifiers of units: train, score without leaks, keep, tag."""

from .data import TrainingSet, from_file, from_study
from .evaluate import Evaluation, evaluate
from .model import Model, Prediction
from .scores import LabelScore, Score
from .train import DimensionReport, Report, train

__all__ = [
    "DimensionReport",
    "Evaluation",
    "LabelScore",
    "Model",
    "Prediction",
    "Report",
    "Score",
    "TrainingSet",
    "evaluate",
    "from_file",
    "from_study",
    "train",
]
