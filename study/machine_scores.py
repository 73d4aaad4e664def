"""A language model's answers as what rules of `annotate sample` go by, where a model's would stand.

Its answers are labels, and say nothing of how sure it is. So they serve the rules that look for a
label, or for units on which two differ; rules of doubt and of precision need probabilities, and are
refused. What is drawn by them is coded by people, who do not see them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, StudyError
from ..labels.codebook.codebook import Dimension
from .contents import codebook_of
from .language_models import answers_of, labels_by_unit

if TYPE_CHECKING:
    from .folder import StudyFolder

__all__ = ["RULES", "MachineScorer", "machine_scorer", "refuse_rule"]

RULES = ("rare", "disagreement")
"""Rules that labels without probabilities can serve."""


@dataclass(frozen=True, slots=True)
class MachineScorer:
    """What a language model answered, as probabilities: 1 for a label that it gave, else 0."""

    coder: str
    """Its full name."""
    dimensions: tuple[Dimension, ...]
    """The dimensions that it answered."""
    given: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Id of the dimension to unit to its labels."""
    asked: frozenset[str]
    """Units that it was asked about, with an answer of use or without."""

    def __call__(self, units: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
        """Return its answers on units by dimension, each of shape (n_units, n_labels).

        Where its answer was of no use, the shares of its other answers stand for it.

        Raises
        ------
        StudyError
            It was not asked about one of them.
        """
        ids = [str(unit["unit_id"]) for unit in units]
        if left := sum(unit not in self.asked for unit in ids):
            problem = f"{left} of {len(ids)} units that can be drawn have no answer"
            remedy = "ask about all: standfirst annotate ask --corpus"
            raise StudyError(self.coder, problem, remedy)
        return {one.id: self._answers(one, ids) for one in self.dimensions}

    def _answers(self, dimension: Dimension, ids: Sequence[str]) -> NDArray[np.float64]:
        given, names = self.given[dimension.id], dimension.label_ids
        usual = np.mean([[name in said for name in names] for said in given.values()], axis=0)
        rows = [
            [float(name in given[unit]) for name in names] if unit in given else usual
            for unit in ids
        ]
        return np.array(rows, np.float64)


def machine_scorer(study: "StudyFolder", name: str) -> MachineScorer:
    """Make a language model's answers what rules can ask.

    Parameters
    ----------
    study
        The study.
    name
        The coder, as `answers_of` takes it.

    Raises
    ------
    StudyError, UnknownNameError
        There is no such coder, or it gave no answer of use.
    """
    codebook, answers = codebook_of(study), answers_of(study, name)
    given = labels_by_unit(answers, codebook)
    dimensions = tuple(one for one in codebook.dimensions if given.get(one.id))
    if not dimensions:
        raise StudyError(answers.coder, "gave no answer of use", "ask another model")
    return MachineScorer(answers.coder, dimensions, given, answers.asked)


def refuse_rule(rule: str, coder: str) -> None:
    """Refuse rules that need probabilities.

    Raises
    ------
    InputError
        The rule is one of them.
    """
    if rule not in RULES:
        problem = f"{rule!r} needs to know how sure a model is, and {coder} gives labels alone"
        raise InputError("--rule", problem, f"take {' or '.join(RULES)}, or a trained model")
