"""The classifier as scikit-learn's users know it: texts in, labels out, `fit` and `predict`.

It is what `train` keeps for one dimension (encoder, calibrated head, decision rule), without the
nested scoring, which scikit-learn's own tools do: `cross_val_score(Classifier(), texts, labels,
groups=articles, cv=GroupKFold())`.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import type_of_target

from ...errors import UnknownNameError
from ...labels.codebook.codebook import Codebook, Dimension, Label
from ...tables.in_memory import as_arrow
from ..about import About
from ..encoders.registry import default_encoder, device_of
from ..heads.decision import parse_goal
from ..heads.head import fit_head
from ..labelled.languages import find_languages
from ..labelled.same_text import hash_texts
from ..model import Model
from ..views import CONTEXTS, VIEWS, Inputs, needed
from .candidates import Candidate
from .features import Features

__all__ = ["Classifier"]


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifies texts.

    Parameters
    ----------
    encoder
        A name in `ENCODERS`, or several joined by ``+``; by default as in `train`.
    context
        A name in `views.CONTEXTS`: what is read of a text's surroundings, from columns of that name
        (``before``, ``after``, ``title``). A column ``target`` is always read.
    goal
        What labels should be good at: ``macro-f1``, ``precision=0.9`` or ``recall=0.9``.
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

    def __init__(
        self,
        encoder: str | None = None,
        random_state: int = 0,
        *,
        context: str = "none",
        goal: str = "macro-f1",
    ) -> None:
        self.encoder = encoder
        self.random_state = random_state
        self.context = context
        self.goal = goal

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
            Texts: a list, an array or a column of one, shape (n_texts,) or (n_texts, 1); or a table
            of pandas, Polars, `datasets` or Arrow with a column ``text``, and those of the context.
        y
            A label each, or for multiple choice an indicator matrix, shape (n_texts, n_labels).
        groups
            What ties texts, such as the article; a text whose entry is None or NaN is alone.
        sample_weight
            Weight of each text.
        """
        goal = parse_goal(self.goal)
        if self.context not in CONTEXTS:
            raise UnknownNameError("context", self.context, list(CONTEXTS))
        texts, columns = _texts(X), _columns(X)
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
        views = (*(["target"] if "target" in columns else []), *CONTEXTS[self.context])
        encoder = self.encoder or default_encoder(find_languages(texts, ties))
        self.candidate_ = Candidate(encoder, ("text", *views))
        context = needed(columns, views, len(texts))
        features = Features(Inputs(texts, context), [self.candidate_])
        self.encoder_, vectors = features.fit(self.candidate_, None)
        self.text_hashes_ = np.unique(hash_texts(texts))
        self.n_rows_ = len(texts)
        self.n_groups_ = len(np.unique(ties))
        states = features.states(self.encoder_)
        self.other_tasks_ = features.taught_by(states)
        self.head_ = fit_head(
            vectors,
            truth,
            ties,
            multiple=self.multiple_,
            goal=goal,
            sample_weight=weights,
            states=states,
            seed=self.random_state,
        )[0]
        return self

    def predict_proba(self, X: Sequence[str]) -> npt.NDArray[np.float64]:  # noqa: N803
        """Return the calibrated probability of each label, shape (n_texts, n_labels)."""
        if not hasattr(self, "head_"):
            raise NotFittedError("This Classifier is not fitted yet; call fit first")
        texts = _texts(X)
        needs = tuple(getattr(self.encoder_, "needs", ()))
        if not needs:
            return self.head_.probabilities(self.encoder_.encode(texts))
        context = needed(_columns(X), needs, len(texts))
        return self.head_.probabilities(self.encoder_.encode(texts, context))

    def predict(self, X: Sequence[str]) -> npt.NDArray[Any]:  # noqa: N803
        """Return labels, shape (n_texts,); for multiple choice an indicator matrix."""
        chosen = self.head_.decide(given) if len(given := self.predict_proba(X)) else given > 0
        return chosen.astype(int) if self.multiple_ else self.classes_[chosen.argmax(axis=1)]

    def to_model(self, dimension: str = "label") -> Model:
        """Return what was learned as a model that can be saved, loaded and put to work.

        It has no held-out score, because scikit-learn's own tools measure that.

        Parameters
        ----------
        dimension
            What the labels answer; tags have columns of this name.

        Examples
        --------
        >>> texts = ["It will work.", "It is cruel."] * 10
        >>> fitted = Classifier(encoder="tfidf").fit(texts, ["for", "against"] * 10)
        >>> fitted.to_model("stance").predict(["It is so cruel."])["stance"].given
        [('against',)]
        """
        if not hasattr(self, "head_"):
            raise NotFittedError("This Classifier is not fitted yet; call fit first")
        labels = tuple(Label(str(name), str(name)) for name in self.classes_.tolist())
        choice: Any = "multiple" if self.multiple_ else "single"
        asked = Dimension(dimension, f"{dimension}?", labels, choice, required=not self.multiple_)
        name = "+".join(dict.fromkeys(part.name for part in self.candidate_.parts()))
        return Model(
            Codebook(dimension, f"Labels of {dimension}", "1", (asked,)),
            name,
            self.encoder_,
            {dimension: self.head_},
            About(
                n_rows=self.n_rows_,
                n_groups=self.n_groups_,
                seed=self.random_state,
                goal=self.goal,
                device=device_of(name, self.encoder_.state()[0]),
                chosen=str(self.candidate_),
                other_tasks=self.other_tasks_,
            ),
            trained_on=self.text_hashes_,
        )

    def save(self, folder: str | Path, dimension: str = "label") -> None:
        """Write it as a folder of a model, for ``standfirst tag`` and `Model.load`."""
        self.to_model(dimension).save(folder)

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
    gap = next(
        (n for n, label in enumerate(y) if isinstance(label, float) and math.isnan(label)), -1
    )
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


def _columns(X: Any) -> dict[str, list[str]]:  # noqa: N803
    """Return the columns of a table that are views of its texts."""
    table = as_arrow(X)
    names: Sequence[str] = getattr(table, "column_names", ())
    if "text" not in names:
        return {}
    return {
        name: [cell or "" for cell in table[name].to_pylist()] for name in VIEWS if name in names
    }


def _texts(X: Any) -> list[str]:  # noqa: N803
    """Take texts in any of the forms in which scikit-learn's tools hand them on."""
    table = as_arrow(X)
    if "text" in getattr(table, "column_names", ()):
        X = table["text"].to_pylist()  # noqa: N806
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
