from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from standfirst.errors import InputError
from standfirst.labels.codebook.codebook import Codebook, Dimension, Label
from standfirst.models import Model, TrainingSet, evaluate, prototype_model
from standfirst.models.tagging.tags import tag_units

CODEBOOK = Codebook(
    "talks",
    "Talks",
    "1",
    (
        Dimension(
            "tone",
            "How is it told?",
            (
                Label("critique", "Critique", "A critic condemns the plan as cruel or unlawful."),
                Label("support", "Support", "The government says the plan works and saves lives."),
            ),
        ),
        Dimension("odd", "Is it odd?", (Label("yes", "Yes"), Label("no", "No"))),
    ),
)
TEXTS = ["Campaigners said the scheme is cruel.", "The government says that it saves lives."]


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoder",
    [
        "hashed",
        pytest.param("minilm", marks=pytest.mark.weights),
    ],
)
def test_ranks_without_labels(encoder: str) -> None:
    """Texts are nearest to the definition they are like; bare questions are left out."""
    model = prototype_model(CODEBOOK, encoder=encoder)
    found = model.predict(TEXTS)

    assert list(found) == ["tone"]
    assert found["tone"].probabilities[0, 0] > found["tone"].probabilities[1, 0]
    assert np.allclose(found["tone"].probabilities.sum(axis=1), 1)


def test_refused_as_a_measurement(data: TrainingSet, tmp_path: Path) -> None:
    """It can be kept and ranks after loading; tag and evaluate refuse it in one line."""
    prototype_model(CODEBOOK, encoder="hashed").save(tmp_path / "start")
    model = Model.load(tmp_path / "start")

    assert model.predict(TEXTS)["tone"].probabilities.shape == (2, 2)
    for step in (
        lambda: tag_units(model, pa.table({"text": TEXTS})),
        lambda: evaluate(model, data),
    ):
        with pytest.raises(InputError, match="run: standfirst train"):
            step()


def test_needs_definitions() -> None:
    """A codebook that says nothing of its labels gives no model."""
    bare = Codebook("bare", "Bare", "1", (CODEBOOK.dimensions[1],))

    with pytest.raises(InputError, match="no label has a definition"):
        prototype_model(bare)
