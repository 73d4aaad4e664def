"""What models say about the units of a pool: the arrays that rules of `annotate sample` go by.

`annotate` knows no model. A model comes in here as a function from units to probabilities, so that
what is no trained model can stand in its place.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..annotate.design.pool import Scores
    from ..annotate.design.scorers import Scorer
    from ..labels.codebook.codebook import Dimension
    from ..models import Model, Prediction

__all__ = [
    "Answering",
    "answers_on",
    "as_scorer",
    "label_aim",
    "load_models",
    "vector_scores",
]

Units = Sequence[Mapping[str, Any]]

_AXES = 100


class Answering(Protocol):
    """What answers dimensions: a model, or what stands in its place."""

    @property
    def dimensions(self) -> "Sequence[Dimension]":
        """The dimensions of its codebook that it answers."""


def load_models(folders: Sequence[Path]) -> "list[Model]":
    """Load models, each checked as everywhere."""
    from ..models import Model

    return [Model.load(folder) for folder in folders]


def label_aim(
    models: "Sequence[Answering]", dimension: str, label: str
) -> "tuple[str, int | None]":
    """Find the dimension and the label that a rule looks for.

    Parameters
    ----------
    models
        What answers.
    dimension
        Id of the dimension; any when empty.
    label
        ``DIMENSION=LABEL``, or empty.

    Raises
    ------
    InputError
        The label is given without its dimension, or belongs to another one.
    UnknownNameError
        A model does not answer the dimension, or it has no such label.
    """
    wanted, _, name = label.partition("=")
    if label and not (wanted and name):
        raise InputError("--label", repr(label), "write it as DIMENSION=LABEL")
    if label and dimension and wanted != dimension:
        raise InputError("--label", f"{label!r} and --dimension {dimension}", "name one dimension")
    dimension = wanted or dimension
    position = None
    for model in models if dimension else ():
        dimensions = {question.id: question for question in model.dimensions}
        if dimension not in dimensions:
            raise UnknownNameError("dimension of the model:", dimension, list(dimensions))
        if name:
            ids = dimensions[dimension].label_ids
            if name not in ids:
                raise UnknownNameError(f"label of {dimension}:", name, list(ids))
            if position not in (None, ids.index(name)):
                raise InputError("--model", f"labels of {dimension} differ", "use one codebook")
            position = ids.index(name)
    return dimension, position


def answers_on(model: "Model", units: Units) -> "dict[str, Prediction]":
    """Ask a model about units, with as much of what is around them as it needs."""
    context = {name: [str(unit.get(name) or "") for unit in units] for name in model.needs}
    return model.predict([str(unit["text"]) for unit in units], context)


def as_scorer(model: "Model") -> "Scorer":
    """Make a model what rules can ask."""

    def scorer(units: Units) -> "Mapping[str, NDArray[np.float64]]":
        return {
            name: prediction.probabilities for name, prediction in answers_on(model, units).items()
        }

    return scorer


def vector_scores(rule: str, pool: Units, drawn: Units, encoder: str) -> "Scores":
    """Make what diversity and coreset go by.

    Parameters
    ----------
    rule
        One of both.
    pool
        The units that can be drawn, in order.
    drawn
        The units that earlier rounds took, which coreset keeps away from.
    encoder
        Name of what makes vectors.
    """
    from ..annotate.design.model_rules import distances
    from ..annotate.design.pool import Scores

    vectors = _vectors(encoder, [str(unit["text"]) for unit in [*pool, *drawn]])
    mine, theirs = vectors[: len(pool)], vectors[len(pool) :]
    if rule == "diversity":
        return Scores(vectors=mine)
    return Scores(distance=distances(mine, theirs))


def _vectors(name: str, texts: list[str]) -> "NDArray[np.float32]":
    import numpy as np
    from scipy import sparse

    from ..models.encoders.registry import make_encoder

    begun, prepared = make_encoder(name).begin(texts)
    vectors = begun.fit(prepared).transform(prepared)
    if not sparse.issparse(vectors):
        return np.asarray(vectors, np.float32)
    from sklearn.decomposition import TruncatedSVD

    # Distances between sparse rows of words say little; along the main axes they say more.
    n_axes = min(_AXES, min(vectors.shape) - 1)
    if n_axes < 1:
        return np.asarray(vectors.todense(), np.float32)
    return np.asarray(TruncatedSVD(n_axes, random_state=0).fit_transform(vectors), np.float32)
