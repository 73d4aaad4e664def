from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

import standfirst
from standfirst import Classifier
from standfirst.models import TrainingSet
from standfirst.models.heads.head import fit_head
from standfirst.models.heads.other_tasks import other_tasks
from standfirst.models.training.features import states_of

pytestmark = pytest.mark.slow

MODEL: Any = Classifier()

CHECKS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)


@pytest.mark.parametrize("check", CHECKS)
def test_contract_of_scikit_learn(check: str) -> None:
    """scikit-learn's own checks pass, those that do not want numbers as input."""
    getattr(estimator_checks, check)("Classifier", Classifier())


@pytest.fixture(scope="module")
def labels(data: TrainingSet) -> list[str]:
    return [answer[0] for answer in data.answers["stance"] if answer]


def test_drops_into_their_tools(data: TrainingSet, labels: list[str]) -> None:
    """Cross-validation by groups, grid search, pipelines, clones and columns of pandas."""
    texts, model = list(data.texts), Classifier(encoder="hashed")
    folds = GroupKFold(3)
    scores = cross_val_score(model, texts, labels, groups=data.groups, cv=folds, scoring="f1_macro")

    assert scores.min() > 0.9
    grid = GridSearchCV(model, {"encoder": ["tfidf", "hashed"]}, cv=2)
    assert grid.fit(texts, labels).best_estimator_.predict(texts[:3]).tolist() == labels[:3]
    lower = FunctionTransformer(lambda some: [text.lower() for text in some])
    assert make_pipeline(lower, clone(model)).fit(texts, labels).score(texts, labels) > 0.9
    column = pd.DataFrame({"text": texts})
    assert clone(model).fit(column, labels).predict(column["text"][:3]).tolist() == labels[:3]


def test_probabilities_and_classes(data: TrainingSet, labels: list[str]) -> None:
    """Probabilities stand in the order of classes_ and add up to 1; whole numbers stay numbers."""
    model: Any = Classifier(encoder="tfidf").fit(data.texts, labels, groups=data.groups)
    found = model.predict_proba(data.texts)

    assert model.classes_.tolist() == sorted(set(labels))
    assert np.allclose(found.sum(axis=1), 1)
    assert (model.classes_[found.argmax(axis=1)] == model.predict(data.texts)).mean() > 0.95
    numbers = np.array([model.classes_.tolist().index(label) for label in labels])
    assert (
        Classifier(encoder="tfidf").fit(data.texts, numbers).predict(data.texts).dtype.kind == "i"
    )
    assert len(model.predict([])) == 0


def test_multiple_choice(data: TrainingSet) -> None:
    """An indicator matrix is learned and given back as one."""
    _, truth = data.truth("frames")
    model = Classifier(encoder="tfidf").fit(data.texts, truth.astype(int))

    assert (model.predict(data.texts) == truth).mean() > 0.95


def test_refusals(data: TrainingSet, labels: list[str]) -> None:
    """Numbers for texts, one class, other lengths, one string, and predicting too soon."""
    with pytest.raises(ValueError, match=r"X\[0\] is 1.0"):
        MODEL.fit(np.ones((3, 1)), ["a", "b", "a"])
    with pytest.raises(ValueError, match="has 2 dimensions"):
        MODEL.fit(np.ones((3, 2)), ["a", "b", "a"])
    with pytest.raises(ValueError, match="got 1 class"):
        Classifier(encoder="tfidf").fit(["x", "y"], ["a", "a"])
    with pytest.raises(ValueError, match="X has 2 texts, y has 1"):
        Classifier().fit(["x", "y"], ["a"])
    with pytest.raises(ValueError, match="one string"):
        Classifier().fit("text", ["a"])
    with pytest.raises(ValueError, match="Unknown label type"):
        Classifier().fit(["x", "y"], [0.5, 1.5])
    with pytest.raises(NotFittedError):
        Classifier().predict(["x"])


def test_is_public() -> None:
    """The class is one of the package's names."""
    assert standfirst.Classifier is Classifier
    assert "Classifier" in standfirst.__all__


@pytest.mark.weights
def test_states_are_read_as_in_training(data: TrainingSet, labels: list[str]) -> None:
    """A network's columns are read in several ways by its head, as in `train`."""
    model: Any = Classifier(encoder="minilm+tfidf").fit(data.texts, labels, groups=data.groups)
    truth = np.array([[one == name for name in model.classes_] for one in labels])
    vectors = model.encoder_.encode(data.texts)
    known = states_of(model.encoder_, other_tasks(data.texts))
    read, plain = (
        fit_head(vectors, truth, data.groups, multiple=False, states=states)[0]
        for states in (known, ())
    )

    assert [(view.start, view.last, view.end) for view in known] == [(0, 384, 768)]
    assert np.allclose(model.head_.fit.weights, read.fit.weights, rtol=1e-3, atol=1e-4)
    assert not np.allclose(model.head_.fit.weights, plain.fit.weights, rtol=1e-1, atol=1e-2)


def test_gaps_in_labels_and_weights_are_refused() -> None:
    """NaN beside strings would become a label; weights below zero, and one for all, are none."""
    texts = ["It will work.", "It is cruel."] * 5
    labels = ["for", "against"] * 5
    with pytest.raises(ValueError, match=r"NaN \(y\[0\]\)"):
        Classifier(encoder="tfidf").fit(texts, [float("nan"), *labels[1:]])
    with pytest.raises(ValueError, match="negative"):
        Classifier(encoder="tfidf").fit(texts, labels, sample_weight=[-1.0, *[1.0] * 9])
    with pytest.raises(ValueError, match="1 weights"):
        Classifier(encoder="tfidf").fit(texts, labels, sample_weight=1.0)
