"""A language model as tagger: its answers on a corpus in the form of a model's tags.

Shares are then counted from its answers and corrected by people's blind gold, as those of a trained
model are. No unit taught it, so that all gold may correct it (`NAME_cross`).

Its answers are labels without probabilities, so that these are 0 and 1, and gold tells what each of
them is worth. Where it gave no answer of use it abstains, and stands with the label that it gave
most, or with none of several; that its failures are not random does no harm, since gold corrects
what comes of it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..errors import StudyError
from ..labels import Annotation
from ..labels.codebook.codebook import Dimension
from .contents import codebook_of, units_of
from .language_models import answers_of, rows_by_unit

if TYPE_CHECKING:
    from .folder import StudyFolder

__all__ = ["machine_tags"]

_ABOUT = ("unit_id", "article_id", "start", "end", "text", "outlet", "published")


def machine_tags(study: "StudyFolder", name: str) -> pa.Table:
    """Make the tags of a study's corpus from a language model's answers.

    Parameters
    ----------
    study
        The study.
    name
        The coder, as `answers_of` takes it.

    Raises
    ------
    StudyError
        The model was not asked about all units, or gave no answer of use.
    """
    codebook, given = codebook_of(study), answers_of(study, name)
    units = units_of(study, list(_ABOUT))
    asked = given.asked
    if left := sum(str(unit["unit_id"]) not in asked for unit in units):
        problem = f"{left} of {len(units)} units of the corpus have no answer"
        raise StudyError(given.coder, problem, "ask about all: standfirst annotate ask --corpus")
    by_dimension = rows_by_unit(given, codebook)
    columns: dict[str, Any] = {key: [unit[key] for unit in units] for key in _ABOUT}
    columns["model_version"] = [given.coder] * len(units)
    for dimension in codebook.dimensions:
        answers = by_dimension.get(dimension.id, {})
        columns |= _tagged(dimension, [str(unit["unit_id"]) for unit in units], answers)
    return pa.table(columns)


def _tagged(
    dimension: Dimension, unit_ids: Sequence[str], answers: Mapping[str, Annotation]
) -> dict[str, pa.Array]:
    names, multiple = dimension.label_ids, dimension.choice == "multiple"
    rows = [answers.get(unit) for unit in unit_ids]
    said = [row is not None and row.status == "answered" for row in rows]
    labels = [
        row.labels if row is not None and ok else () for row, ok in zip(rows, said, strict=True)
    ]
    given = np.array([[name in some for name in names] for some in labels], np.float32)
    not_asked = [row is not None and row.status == "not asked" for row in rows]
    if not any(said) and not any(not_asked):
        raise StudyError(dimension.id, "the model gave no answer of use", "ask another model")
    if not multiple:
        given[~np.array(said), int(given.sum(axis=0).argmax())] = 1
    if multiple:
        values = pa.array([list(some) for some in labels], pa.list_(pa.string()))
    else:
        values = pa.array([some[0] if some else None for some in labels], pa.string())
    abstained = [not ok and not out for ok, out in zip(said, not_asked, strict=True)]
    chances = pa.array(list(given), pa.list_(pa.float32()))
    return {
        dimension.id: values,
        f"{dimension.id}_prob": chances,
        f"{dimension.id}_confidence": pa.array(np.ones(len(given)), pa.float32()),
        f"{dimension.id}_abstained": pa.array(abstained, pa.bool_()),
        f"{dimension.id}_cross": chances,
    }
