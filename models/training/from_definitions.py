"""The active start: a model out of a codebook, before anything is labelled.

The name, definition, cases and examples of a label are put through the encoder; their mean, brought
to length 1, is the label's prototype. A text is the more probably of a label, the nearer it is to
its prototype. That ranks units well enough to choose what to code first; it is no measurement, and
`tag` and `evaluate` refuse it (`predictor.refuse_prototype`).

References
----------
Snell, J., Swersky, K. & Zemel, R. (2017). Prototypical Networks for Few-shot Learning. NeurIPS,
section 2.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...labels.codebook.codebook import Codebook, Dimension
from ..about import About
from ..encoders.networks.transformer import is_ready
from ..encoders.registry import make_encoder
from ..heads.calibration import Calibration
from ..heads.decision import Rule
from ..heads.head import Head
from ..heads.linear import LinearFit
from ..matrix import Matrix
from ..model import Model
from .codebook_rows import sayings
from .question import labels_alone

__all__ = ["prototype_model"]

SHARPNESS = 15.0
"""What differences of cosines are multiplied with; at 15, .1 is a ratio of 4.5."""


def prototype_model(codebook: Codebook, *, encoder: str | None = None) -> Model:
    """Make a model that ranks units by the codebook alone.

    Parameters
    ----------
    codebook
        The more its labels say of themselves, the better.
    encoder
        Name of an encoder that learns nothing from texts; minilm where it is ready, else hashed
        n-grams, which only know shared words.

    Raises
    ------
    InputError
        No dimension has labels with definitions or examples.

    Examples
    --------
    >>> from standfirst.labels import load_codebook, ready_codebooks
    >>> from standfirst.models import prototype_model
    >>> model = prototype_model(load_codebook(ready_codebooks()["stance"]), encoder="tfidf")
    >>> [dimension.id for dimension in model.dimensions]
    ['stance']
    """
    name = encoder or ("minilm" if is_ready() else "hashed-pieces")
    dimensions = [
        dimension for dimension in codebook.dimensions if any(sayings(k) for k in dimension.labels)
    ]
    if not dimensions:
        remedy = "write some into the codebook"
        raise InputError(codebook.id, "no label has a definition or an example", remedy)
    texts = [
        t
        for dimension in dimensions
        for label in dimension.labels
        for t in (label.name, *sayings(label))
    ]
    # Each twice, because n-grams that one text alone holds would not count.
    empty, prepared = make_encoder(name).begin(texts * 2)
    fitted = empty.fit(prepared)
    heads = {dimension.id: _head(dimension, fitted.encode) for dimension in dimensions}
    return Model(codebook, name, fitted, heads, About(prototype=True))


def _head(dimension: Dimension, encode: Callable[[Sequence[str]], Matrix]) -> Head:
    rows = []
    for label in dimension.labels:
        vectors = _dense(encode([f"{label.name}. {label.definition}", *sayings(label)]))
        mean = vectors.mean(axis=0)
        length = float(np.linalg.norm(mean))
        rows.append(mean / length if length else mean)
    # What all labels of a question share does not distinguish them.
    weights = SHARPNESS * (np.stack(rows) - np.stack(rows).mean(axis=0))
    n_labels = len(rows)
    fit = LinearFit(weights.astype(np.float32), np.zeros(n_labels))
    return Head(
        dimension.choice == "multiple",
        np.ones(n_labels, bool),
        fit,
        Calibration.none(n_labels),
        Rule.none(n_labels, labels_alone(dimension)),
        1.0,
    )


def _dense(vectors: Matrix) -> npt.NDArray[np.float64]:
    return np.asarray(vectors.todense() if hasattr(vectors, "todense") else vectors, np.float64)
