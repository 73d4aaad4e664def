"""From Python: tables of any library go in, answers carry names, and what is fitted is a model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from datasets import Dataset

import standfirst
from standfirst import Classifier, Model
from standfirst.errors import InputError, UnknownNameError

TEXTS = ["It will surely work.", "It is cruel and wrong."] * 12
LABELS = ["for", "against"] * 12


class Stream:
    """What Polars and DuckDB offer: a table by the Arrow PyCapsule interface, and nothing else."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def _frame() -> pd.DataFrame:
    texts = [f"{text} Case {row}." for row, text in enumerate(TEXTS)]
    groups = [f"a{row // 2}" for row in range(len(TEXTS))]
    return pd.DataFrame({"text": texts, "stance": LABELS, "article_id": groups})


@pytest.mark.parametrize(
    "made",
    [
        lambda frame: frame,
        Dataset.from_pandas,
        pa.Table.from_pandas,
        lambda frame: Stream(pa.Table.from_pandas(frame)),
        lambda frame: frame.to_dict("records"),
    ],
    ids=["pandas", "datasets", "arrow", "capsule", "dicts"],
)
def test_any_table_trains_and_keeps_its_groups(made: object) -> None:
    """The same rows give the same training set, whatever library holds them."""
    expected = standfirst.from_rows(_frame().to_dict("records"), "stance")
    data = standfirst.from_rows(made(_frame()), "stance")  # type: ignore[operator]

    assert data.fingerprint == expected.fingerprint
    assert len(np.unique(data.groups)) == len(TEXTS) // 2


def test_tables_are_tagged() -> None:
    """Tags have a row a unit, and an unknown thing is refused in a line."""
    model = Classifier("tfidf").fit(TEXTS, LABELS).to_model("stance")
    for table in (_frame(), Stream(pa.Table.from_pandas(_frame()))):
        assert model.tag(table)["stance"] == LABELS
    with pytest.raises(InputError, match="the units: are a int"):
        model.tag(3)


def test_a_classifier_is_saved_as_a_model(tmp_path: Path) -> None:
    """The folder answers as the classifier does, and the command line can use it."""
    fitted = Classifier("tfidf", goal="precision=0.9").fit(TEXTS, LABELS)
    fitted.save(tmp_path / "model", "stance")
    model = Model.load(tmp_path / "model")
    answer = model.predict(TEXTS)["stance"]

    assert answer.labels == ("against", "for")
    assert [labels for (labels,) in answer.given] == fitted.predict(TEXTS).tolist()
    assert np.allclose(answer.probabilities, fitted.predict_proba(TEXTS))
    assert list(answer.to_pandas().columns) == ["given", "against", "for"]
    assert model.about.goal == "precision=0.9"


@pytest.mark.slow
def test_a_saved_classifier_names_what_was_fitted(tmp_path: Path) -> None:
    """Encoder and views are those of the fit, also where texts repeat, and tags read the target."""
    frame = pd.DataFrame(
        {"text": ["Oslo praised, Rome blamed."] * 24, "target": ["Oslo", "Rome"] * 12}
    )
    fitted = Classifier().fit(frame, ["good", "bad"] * 12)
    fitted.save(tmp_path / "model")
    model = Model.load(tmp_path / "model")

    assert model.encoder_name == "+".join(dict.fromkeys(p.name for p in fitted.candidate_.parts()))
    assert "target" in model.about.chosen
    assert model.tag(frame)["label"] == ["good", "bad"] * 12


def test_a_classifier_reads_target_and_context() -> None:
    """With a target, one text has two answers; without the columns it is refused."""
    texts = ["Oslo praised, Rome blamed.", "Rome praised, Oslo blamed."] * 12
    frame = pd.DataFrame({"text": texts, "target": ["Oslo", "Oslo"] * 12, "before": [""] * 24})
    fitted = Classifier("tfidf", context="title")
    with pytest.raises(InputError, match="title"):
        fitted.fit(frame, ["good", "bad"] * 12)
    with pytest.raises(UnknownNameError, match="context"):
        Classifier(context="nearby").fit(frame, ["good", "bad"] * 12)
    fitted = Classifier("tfidf").fit(frame, ["good", "bad"] * 12)

    assert fitted.predict(frame).tolist() == ["good", "bad"] * 12
    with pytest.raises(InputError, match="target"):
        fitted.predict(texts)


def test_the_top_level_shows_what_is_public() -> None:
    """It names itself and what users need, and nothing that it imports for itself."""
    assert {"Study", "Codebook", "Model", "Classifier", "Tags", "Shares"} <= set(dir(standfirst))
    assert not {"Any", "TYPE_CHECKING", "import_module", "_HOMES"} & set(dir(standfirst))
    assert standfirst.__version__[0].isdigit()
