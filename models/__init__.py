"""Classifiers of units: train, score without leaks, keep, tag."""

from ..arguments import check_all
from .evaluation.compare import Comparison, compare
from .evaluation.evaluate import Evaluation, evaluate
from .heads.decision import Goal, parse_goal
from .labelled.file import from_file, from_rows
from .labelled.training_set import TrainingSet, from_study
from .model import Model
from .predictor import Prediction
from .runs.tag_files import tag_files
from .scores import LabelScore, Score
from .training.distil import Distilled, distil
from .training.from_definitions import prototype_model
from .training.report import DimensionReport, Report
from .training.train import train

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
    "from_rows",
    "from_study",
    "parse_goal",
    "prototype_model",
    "tag_files",
    "train",
]

check_all(globals(), __all__)
