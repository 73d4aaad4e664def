"""The cascade as it answers: each text by the first stage that is sure enough, else by the teacher.

What a stage says of a text depends on the text alone, and so does which stage says it: whatever
else is in a block, a shard or a run. The answers that come out are those of the stage as they are,
with its own probabilities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..predictor import Prediction, Predictor
from ..strings import Texts
from ..views import Context
from .promise import ALL, Promise
from .sureness import Sureness, sureness

__all__ = ["Cascade", "Student"]


@dataclass(frozen=True, slots=True)
class Student:
    """A fast stage."""

    model: Predictor
    """What answers."""
    curves: Mapping[str, Sureness]
    """Question to the curve that tells how sure it is."""

    def answer(self, texts: Texts) -> tuple[dict[str, Prediction], npt.NDArray[np.float64]]:
        """Answer texts, and say how sure the answers are of being the teacher's."""
        answers = self.model.predict(texts)
        return answers, sureness(self.model.heads, self.curves, answers)


@dataclass(frozen=True, slots=True, repr=False)
class Cascade(Predictor):
    """The teacher, with students before it; see `folder.load_cascade`."""

    students: tuple[Student, ...] = ()
    """The fastest first."""
    promise: Promise = field(default_factory=lambda: Promise(1.0, ALL, (), {}, 0, 0))
    """From which sureness on they answer, and what that is worth."""

    @classmethod
    def of(cls, teacher: Predictor, students: Sequence[Student], promise: Promise) -> "Cascade":
        """Put students before a teacher."""
        folds = teacher.folds
        if any(student.model.folds is None for student in students):
            folds = None
        return cls(
            teacher.codebook,
            teacher.encoder_name,
            teacher.encoder,
            teacher.heads,
            teacher.about,
            teacher.metrics,
            teacher.trained_on,
            folds,
            teacher.familiar,
            students=tuple(students),
            promise=promise,
        )

    @property
    def stages(self) -> tuple[str, ...]:
        """The encoders of all stages, the teacher's last."""
        return (*(student.model.encoder_name for student in self.students), self.encoder_name)

    def predict(self, texts: Texts, context: Context | None = None) -> dict[str, Prediction]:
        """Answer every dimension on texts, each by the first stage that is sure enough."""
        stage = np.full(len(texts), len(self.students))
        left: npt.NDArray[np.int64] = np.arange(len(texts))
        answered: list[tuple[npt.NDArray[np.int64], dict[str, Prediction]]] = []
        for number, student in enumerate(self.students):
            if not len(left):
                break
            answers, sure = student.answer(_take(texts, left))
            passes = sure >= self.promise.level
            if passes.any():
                some = {name: _rows(answer, passes) for name, answer in answers.items()}
                answered.append((left[passes], some))
                stage[left[passes]] = number
            left = np.asarray(left[~passes])
        if len(left) or not answered:
            # Not `super()`: a class with slots is made twice, and it would name the first.
            answered.append((left, Predictor.predict(self, _take(texts, left), context)))
        order = np.argsort(np.concatenate([rows for rows, _ in answered]))
        return {
            name: _joined([answers[name] for _, answers in answered], order, stage, self.folds)
            for name in answered[0][1]
        }


def _take(texts: Texts, rows: npt.NDArray[np.int64]) -> Texts:
    given: Any = texts
    if len(rows) == len(given):
        return texts
    if isinstance(given, pa.Array | pa.ChunkedArray):
        return given.take(pa.array(rows))
    return [given[row] for row in rows.tolist()]


def _rows(answer: Prediction, kept: npt.NDArray[np.bool_]) -> Prediction:
    cross = None if answer.cross is None else answer.cross[kept]
    return Prediction(
        answer.probabilities[kept], answer.chosen[kept], answer.asked[kept], cross, answer.labels
    )


def _joined(
    parts: Sequence[Prediction],
    order: npt.NDArray[np.int64],
    stage: npt.NDArray[np.int64],
    folds: object,
) -> Prediction:
    """Put the answers of all stages back into the order of the texts."""
    crossed = [part.cross for part in parts if part.cross is not None]
    cross = np.concatenate(crossed)[order] if folds and len(crossed) == len(parts) else None
    return Prediction(
        np.concatenate([part.probabilities for part in parts])[order],
        np.concatenate([part.chosen for part in parts])[order],
        np.concatenate([part.asked for part in parts])[order],
        cross,
        parts[0].labels,
        stage,
    )
