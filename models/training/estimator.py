"""The classifier as scikit-learn's users know it: texts in, labels out, `fit` and `predict`.

It is what `train` keeps for one dimension (encoder, calibrated head, decision rule), without the
nested scoring, which scikit-learn's own tools do: `cross_val_score(Classifier(), texts, labels,
groups=articles, cv=GroupKFold())`.
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import type_of_target

from ..encoders.registry import default_encoder, make_encoder
from ..heads.head import fit_head
from .features import states_of

__all__ = ["Classifier"]


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifies texts.

    Parameters
    ----------
    encoder
        A name in `ENCODERS`, or several joined by ``+``; by default as in `train`.
    random_state
        Seed of the inner folds that choose penalty, calibration and decision rule.

    Attributes
    ----------
    classes_
        The labels, sorted.

    Examples
    --------
    >>> texts = ["It will work.", "It is cruel."] * 10
    >>> model = Classifier(encoder="tfidf").fit(texts, ["for", "against"] * 10)
    >>> model.predict(["It will surely work."]).tolist()
    ['for']
    """

    def __init__(self, encoder: str | None = None, random_state: int = 0) -> None:
        self.encoder = encoder
        self.random_state = random_state

    def fit(
        self,
        X: Sequence[str],  # noqa: N803 - scikit-learn's name
        y: Any,
        groups: Any = None,
        sample_weight: Any = None,
    ) -> Self:
        """Learn from labelled texts.

        Parameters
        ----------
        X
            Texts: a list, an array or a column of one, shape (n_texts,) or (n_texts, 1).
        y
            A label each, or for multiple choice an indicator matrix, shape (n_texts, n_labels).
        groups
            What ties texts, such as the article; a text whose entry is None or NaN is alone.
        sample_weight
            Weight of each text.
        """
        texts = _texts(X)
        y = _plain(y)
        kind = type_of_target(y, input_name="y")
        _refuse_gaps(y)
        if kind.startswith("continuous") or kind == "unknown":
            raise ValueError(f"Unknown label type: {kind}; labels are names or whole numbers")
        labels = np.asarray(y)
        if len(labels) != len(texts):
            raise ValueError(f"X has {len(texts)} texts, y has {len(labels)} labels")
        self.multiple_ = kind == "multilabel-indicator"
        if self.multiple_:
            self.classes_ = np.arange(labels.shape[1])
            truth = labels.astype(bool)
        else:
            self.classes_, codes = np.unique(labels.ravel(), return_inverse=True)
            truth = np.eye(len(self.classes_), dtype=bool)[codes.ravel()]
        if not truth.any() or (len(self.classes_) == 1 and not self.multiple_):
            raise ValueError("The number of classes has to be greater than one; got 1 class")
        weights = None if sample_weight is None else np.asarray(_plain(sample_weight), float)
        if weights is not None and weights.shape != (len(texts),):
            raise ValueError(f"X has {len(texts)} texts, sample_weight has {weights.size} weights")
        if weights is not None and not (weights >= 0).all():
            raise ValueError("sample_weight has a negative weight, or NaN")
        keys = [None] * len(texts) if groups is None else list(_plain(groups))
        if len(keys) != len(texts):
            raise ValueError(f"X has {len(texts)} texts, groups has {len(keys)}")
        ties = _numbered(keys)
        empty, prepared = make_encoder(self.encoder or default_encoder(len(texts))).begin(texts)
        self.encoder_ = empty.fit(prepared)
        self.head_ = fit_head(
            self.encoder_.transform(prepared),
            truth,
            ties,
            multiple=self.multiple_,
            sample_weight=weights,
            states=states_of(self.encoder_),
            seed=self.random_state,
        )[0]
        return self

    def predict_proba(self, X: Sequence[str]) -> npt.NDArray[np.float64]:  # noqa: N803
        """Return the calibrated probability of each label, shape (n_texts, n_labels)."""
        if not hasattr(self, "head_"):
            raise NotFittedError("This Classifier is not fitted yet; call fit first")
        return self.head_.probabilities(self.encoder_.encode(_texts(X)))

    def predict(self, X: Sequence[str]) -> npt.NDArray[Any]:  # noqa: N803
        """Return labels, shape (n_texts,); for multiple choice an indicator matrix."""
        chosen = self.head_.decide(given) if len(given := self.predict_proba(X)) else given > 0
        return chosen.astype(int) if self.multiple_ else self.classes_[chosen.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.classifier_tags.multi_label = True
        return tags


def _plain(values: Any) -> Any:
    """Return columns of Arrow and sparse matrices as NumPy holds them."""
    if hasattr(values, "toarray"):
        return values.toarray()
    return np.asarray(values.to_pylist()) if hasattr(values, "to_pylist") else values


def _refuse_gaps(y: Any) -> None:
    """Refuse a label that is NaN, which NumPy would turn into the label `nan` beside strings."""
    gap = next((n for n, one in enumerate(y) if isinstance(one, float) and math.isnan(one)), -1)
    if gap >= 0:
        raise ValueError(f"Input y contains NaN (y[{gap}]); leave out texts without a label")


def _numbered(keys: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Turn the names of groups into numbers; a row without a name is a group of its own."""
    numbers: dict[Any, int] = {}
    codes = []
    for row, key in enumerate(keys):
        missing = key is None or key != key  # noqa: PLR0124 - NaN
        name = ("row", row) if missing else ("group", key)
        codes.append(numbers.setdefault(name, len(numbers)))
    return np.array(codes, np.int64)


def _texts(X: Any) -> list[str]:  # noqa: N803
    """Take texts in any of the forms in which scikit-learn's tools hand them on."""
    if isinstance(X, str):
        raise ValueError("X is one string; give a list of texts")  # noqa: TRY004 - sklearn's way
    column = X.to_numpy() if hasattr(X, "to_numpy") else np.asarray(X, dtype=object)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise ValueError(f"X has {column.ndim} dimensions; give one text a row")
    values: list[str] = column.tolist()
    wrong = next((n for n, text in enumerate(values) if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"X[{wrong}] is {values[wrong]!r:.40}, not a text")
    return values
