"""Names and values at the edges of Python's interface: refused before the work, in one line."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse

from standfirst.errors import InputError, UnknownLabelError, UnknownNameError
from standfirst.models import Model, Report, TrainingSet, compare, evaluate, from_file, train
from standfirst.models.training.estimator import Classifier

TEXTS = ["It will work.", "It is cruel."] * 10


def write_table(path: Path, columns: dict[str, tuple[str, str]]) -> Path:
    """Write twenty rows in ten articles; each column has two labels by turns."""
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["text", "article_id", *columns])
        for row, text in enumerate(TEXTS):
            labels = [pair[row % 2] for pair in columns.values()]
            table.writerow([f"{text} {row}", f"a{row // 2}", *labels])
    return path


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"stance": ("law, order", "jobs")}, "law, order"),
        ({"stance": ("law\torder", "jobs")}, "law"),
        ({"stance": ("law\norder", "jobs")}, "law"),
        ({"stance": ("l" * 101, "jobs")}, "lll"),
        ({"title": ("law", "jobs")}, "'title'"),
        ({"outlet": ("law", "jobs")}, "'outlet'"),
        ({"unit_id": ("law", "jobs")}, "'unit_id'"),
        ({"model_version": ("law", "jobs")}, "'model_version'"),
        ({"a": ("law", "jobs"), "a_prob": ("law", "jobs")}, "'a_prob'"),
        ({"a_abstained": ("law", "jobs"), "a": ("law", "jobs")}, "'a_abstained'"),
    ],
)
def test_names_that_no_model_can_have(
    tmp_path: Path, columns: dict[str, tuple[str, str]], named: str
) -> None:
    """What could be written but not read again, or not tag, is refused before training."""
    path = write_table(tmp_path / "rows.csv", columns)
    rows = from_file(path, list(columns))
    with pytest.raises(InputError, match="rename") as refused:
        train(rows, encoder="hashed", effort="fast", n_folds=2)

    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_odd_names_that_a_model_can_have(tmp_path: Path) -> None:
    """Accents, spaces and capitals in names come back as they were."""
    path = write_table(tmp_path / "rows.csv", {"Haltung": ("dafür", "Nicht dafür")})
    model = train(from_file(path, "Haltung"), encoder="hashed", effort="fast", n_folds=2).model
    model.save(str(tmp_path / "model"))

    again = Model.load(str(tmp_path / "model"))
    assert again.codebook.dimension("Haltung").label_ids == ("Nicht dafür", "dafür")


@pytest.mark.slow
def test_a_stray_list_is_told(tmp_path: Path) -> None:
    """Where a single row makes a question multiple choice, the report says so."""
    path = write_table(tmp_path / "rows.csv", {"stance": ("law", "jobs")})
    path.write_text(path.read_text() + "It is both.,b,law|jobs\n")
    report = train(from_file(path, ["stance"]), encoder="hashed", effort="fast", n_folds=2)

    assert any("only 1 of 21 rows have several" in note for note in report.dimensions[0].warnings)


def test_unknown_options_are_refused(data: TrainingSet) -> None:
    """An effort or a context that does not exist is refused with those that do."""
    with pytest.raises(UnknownNameError, match="fast"):
        train(data, effort="quick")
    with pytest.raises(UnknownNameError, match="did you mean 'neighbours'"):
        train(data, context="neighbour")


def test_labels_meet_by_name(report: Report, data: TrainingSet) -> None:
    """A codebook with the labels in another order gives the same score, and none is mixed up."""
    dimensions = [replace(d, labels=d.labels[::-1]) for d in data.codebook.dimensions]
    other = data.read_by(replace(data.codebook, dimensions=tuple(dimensions)))
    expected, found = evaluate(report.model, data), evaluate(report.model, other)
    models = {"a": report.model, "b": report.model}

    assert other.truth("stance")[1].tolist() == data.truth("stance")[1][:, ::-1].tolist()
    assert found.scores == expected.scores
    assert compare(models, other)[0]["stance"].scores["a"] == expected.scores["stance"]


def test_labels_that_the_model_lacks(tmp_path: Path, report: Report) -> None:
    """Rows with another label or dimension than the model's are refused, not compared."""
    path = write_table(tmp_path / "rows.csv", {"stance": ("law", "jobs"), "tone": ("a", "b")})
    with pytest.raises(UnknownLabelError, match="unknown label 'law'"):
        evaluate(report.model, from_file(path, ["stance"]))
    with pytest.raises(UnknownNameError, match="tone"):
        evaluate(report.model, from_file(path, ["tone"]))


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ("One sentence.", "a single str"),
        (pd.DataFrame({"text": TEXTS}), "a single DataFrame"),
        (["Yes.", None], "row 1"),
        (["Yes.", float("nan")], "row 1"),
        (pa.array(["Yes.", None]), "row 1"),
    ],
)
def test_what_is_no_list_of_texts(report: Report, texts: object, told: str) -> None:
    """It is refused, where an answer a character or a column would be nonsense."""
    with pytest.raises(InputError, match=told):
        report.model.predict(texts)


def test_a_column_named_twice_counts_once(tmp_path: Path) -> None:
    """A label that is asked for twice is one dimension."""
    path = write_table(tmp_path / "rows.csv", {"stance": ("law", "jobs")})

    assert list(from_file(str(path), ["stance", "stance"]).answers) == ["stance"]


@pytest.mark.slow
def test_classifier_takes_what_others_hold() -> None:
    """Sparse and Arrow labels, groups without a name, weights of the right length."""
    labels = ["for", "against"] * 10
    plain = Classifier(encoder="hashed").fit(TEXTS, labels)
    arrow = Classifier(encoder="hashed").fit(TEXTS, pa.array(labels), groups=[None] * 20)
    indicator = np.eye(2, dtype=int)[[0, 1] * 10]
    dense = Classifier(encoder="hashed").fit(TEXTS, indicator)
    thin = Classifier(encoder="hashed").fit(TEXTS, sparse.csr_matrix(indicator))

    assert np.array_equal(plain.predict_proba(TEXTS), arrow.predict_proba(TEXTS))
    assert np.array_equal(dense.predict(TEXTS), thin.predict(TEXTS))
    with pytest.raises(ValueError, match="20 texts, sample_weight has 3"):
        Classifier(encoder="hashed").fit(TEXTS, labels, sample_weight=np.ones(3))
    with pytest.raises(ValueError, match="20 texts, groups has 2"):
        Classifier(encoder="hashed").fit(TEXTS, labels, groups=["a", "b"])
