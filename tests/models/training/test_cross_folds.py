"""Labels that train and measure: heads of folds, in the model, its folder and its tags."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from standfirst.labels import infer_codebook
from standfirst.models import Model, TrainingSet, train
from standfirst.models.labelled.folds import join_groups
from standfirst.models.tagging.tags import tag_units

pytestmark = pytest.mark.slow

WORDS = [f"{a}{b}{c}" for a in "bdfgklm" for b in "aeiou" for c in ("ran", "lit", "mos")]


def texts_of(n: int, seed: int) -> list[str]:
    """Make texts of invented words that tell nothing of any label."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=12)) + "." for _ in range(n)]


@pytest.fixture(scope="module")
def model() -> Model:
    """Train on labels that are pure chance, so that all that a model knows of them is by heart."""
    chance = random.Random(1)
    texts = texts_of(150, 0)
    texts[7] = texts[3]
    answers = {"stance": tuple((chance.choice(["for", "against"]),) for _ in texts)}
    book = infer_codebook({"stance": list(answers["stance"])}, ())
    data = TrainingSet("here", book, tuple(texts), answers, join_groups(texts, [None] * len(texts)))
    return train(data, encoder="tfidf", seed=1).model


def test_no_unit_is_answered_by_a_head_that_learned_from_it(model: Model) -> None:
    """Each text has one fold, the same for the same text, and gets that fold's head's answer."""
    texts = texts_of(150, 0)
    texts[7] = texts[3]
    assert model.folds is not None
    fold = model.folds.fold_of(texts)
    answer = model.predict(texts)["stance"]
    vectors = model.encoder.encode(texts)
    heads = model.folds.heads["stance"]

    assert len(heads) == 10
    assert sorted(np.unique(fold)) == list(range(10))
    assert fold[7] == fold[3]
    assert answer.cross is not None
    for row, number in enumerate(fold.tolist()):
        own = heads[number].probabilities(vectors[row : row + 1])[0]
        assert answer.cross[row] == pytest.approx(own, abs=1e-9)


def test_other_units_get_the_mean_of_all_heads(model: Model) -> None:
    """A text that nobody coded was left out by every fold."""
    texts = texts_of(20, 9)
    assert model.folds is not None
    answer = model.predict(texts)["stance"].cross
    vectors = model.encoder.encode(texts)
    mean = np.mean([h.probabilities(vectors) for h in model.folds.heads["stance"]], axis=0)

    assert (model.folds.fold_of(texts) == -1).all()
    assert answer == pytest.approx(mean, abs=1e-9)


def test_the_folder_keeps_them_and_tags_hold_them(model: Model, tmp_path: Path) -> None:
    """Saved and loaded, a model gives the same column NAME_cross; one without heads has none."""
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    units = pa.table({"text": texts_of(30, 0)})
    tags = tag_units(model, units)

    assert tag_units(loaded, units)["stance_cross"].equals(tags["stance_cross"])
    assert tags["stance_cross"].to_pylist() != tags["stance_prob"].to_pylist()
    empty = tag_units(model, units.slice(0, 0))
    assert empty.schema == tags.schema


def test_few_units_have_no_folds() -> None:
    """Nineteen texts cannot spare a tenth: the model has no such heads, and tags no such column."""
    texts = texts_of(19, 2)
    labels = [("for",), ("against",)] * 9 + [("for",)]
    book = infer_codebook({"stance": labels}, ())
    data = TrainingSet("here", book, tuple(texts), {"stance": tuple(labels)}, np.arange(19))
    made = train(data, encoder="tfidf").model

    assert made.folds is None
    assert "stance_cross" not in tag_units(made, pa.table({"text": texts})).column_names
