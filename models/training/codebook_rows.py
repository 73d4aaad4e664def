"""What a codebook says of its labels, as rows to learn from.

Definitions, cases that are included, and examples carry their label, and coders have agreed on them
before anything was labelled, so that each is worth two labelled rows. The folds say whether they
help (`heads.head.fit_head`), and with many rows they fade. What stands word for word among the
labelled rows or in the test part is left out, so that no held-out row is answered by a copy of
itself. A counterexample says which label a text does not have, and where there are two, which it
has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...labels.codebook.codebook import Dimension, Label
from ..labelled.same_text import hash_texts
from ..labelled.training_set import TrainingSet
from ..views import VIEWS, Inputs

__all__ = ["CodebookRows", "read_codebook", "sayings"]


@dataclass(frozen=True, slots=True)
class CodebookRows:
    """Rows out of a codebook, one dimension after the other."""

    texts: tuple[str, ...]
    """What it says."""
    dimensions: tuple[str, ...]
    """Id of the dimension of each text."""
    labels: npt.NDArray[np.int64]
    """Number of the label of each text, in the codebook's order."""

    def of(self, dimension: Dimension) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return the rows of a dimension and their labels, shape (n_rows, n_labels)."""
        rows = np.array([k for k, name in enumerate(self.dimensions) if name == dimension.id], int)
        return rows, np.eye(len(dimension.labels), dtype=bool)[self.labels[rows]]

    def below(self, data: TrainingSet) -> Inputs:
        """Return the labelled rows with these below, of whose surroundings nothing is known."""
        context: dict[str, Any] = {
            name: [
                *values,
                *([""] * len(self.texts) if name in VIEWS else [None] * len(self.texts)),
            ]
            for name, values in (data.context or {}).items()
        }
        return Inputs([*data.texts, *self.texts], context)


def read_codebook(data: TrainingSet) -> CodebookRows:
    """Collect what the codebook of a training set says of labels that were given.

    Examples
    --------
    >>> from standfirst.labels import Codebook, Dimension, Label
    >>> from standfirst.models import from_rows
    >>> labels = (Label("yes", "Yes", "It agrees."), Label("no", "No", examples=("Never!",)))
    >>> book = Codebook("b", "B", "1", (Dimension("answer", "?", labels),))
    >>> rows = [{"text": "Fine.", "answer": "yes"}, {"text": "No way.", "answer": "no"}]
    >>> read_codebook(from_rows(rows, "answer", codebook=book)).texts
    ('Yes. It agrees.', 'Never!')
    """
    found = [
        (text, dimension.id, number)
        for dimension in data.codebook.dimensions
        if dimension.id in data.answers
        for text, number in _of_dimension(dimension)
    ]
    apart = hash_texts(data.texts)
    if data.closed is not None:
        apart = np.union1d(apart, data.closed)
    known = np.isin(hash_texts([text for text, _, _ in found]), apart)
    some = [row for row, is_known in zip(found, known, strict=True) if not is_known]
    return CodebookRows(
        tuple(text for text, _, _ in some),
        tuple(name for _, name, _ in some),
        np.array([number for _, _, number in some], np.int64),
    )


def sayings(label: Label) -> tuple[str, ...]:
    """Return what is said of a label: its definition, cases and examples."""
    texts = (label.definition, *label.include, *label.examples)
    return tuple(text for text in texts if text.strip())


def _of_dimension(dimension: Dimension) -> Iterator[tuple[str, int]]:
    for number, label in enumerate(dimension.labels):
        if label.definition.strip():
            yield f"{label.name}. {label.definition}", number
        for text in (*label.include, *label.examples):
            if text.strip():
                yield text, number
        if dimension.choice == "single" and len(dimension.labels) == 2:
            for text in label.counterexamples:
                if text.strip():
                    yield text, 1 - number
