from pathlib import Path
from typing import Any

import numpy as np
import pytest

from standfirst.models import Model, TrainingSet, train
from standfirst.models.encoders.networks.int8 import Transformer8
from standfirst.models.encoders.networks.quantise import _scales
from standfirst.models.encoders.registry import make_encoder

TEXTS = [
    "Talks resume.",
    "No.",
    "The minister said that the court's ruling on the agreement would be appealed within days.",
    "Campaigners called the plan cruel, and promised to go to court. " * 8,
    "",
    "🙂 \ud800 12:30",
]


@pytest.mark.slow
@pytest.mark.weights
def test_company_changes_nothing() -> None:
    """A text has the same vector alone, in a batch, and in another order."""
    encoder = Transformer8.named("minilm-int8")
    together = encoder.encode(TEXTS)

    for row, text in enumerate(TEXTS):
        assert np.abs(encoder.encode([text])[0] - together[row]).max() < 1e-6
    assert np.abs(encoder.encode(TEXTS[::-1])[::-1] - together).max() < 1e-6


@pytest.mark.slow
@pytest.mark.weights
def test_close_to_full_precision() -> None:
    """Vectors point where those of full precision point; targets are pooled, too."""
    full: Any = make_encoder("minilm")
    small: Any = make_encoder("minilm-int8")
    cosine = (full.encode(TEXTS) * small.encode(TEXTS)).sum(axis=1) / 2
    spans = [(0, 5)] * 2
    marked = full.prepare_marked(TEXTS[:2], spans) * small.prepare_marked(TEXTS[:2], spans)

    # A text of three tokens has little to average over.
    assert cosine.min() > 0.95
    assert cosine.mean() > 0.985
    assert (marked.sum(axis=1) / 4).min() > 0.95


@pytest.mark.slow
@pytest.mark.weights
def test_ranges_travel_in_the_bundle(data: TrainingSet, tmp_path: Path) -> None:
    """A stored model answers as it did, from the ranges of its training."""
    model = train(data, encoder="minilm-int8", n_folds=2).model
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")

    assert loaded.encoder_name == "minilm-int8"
    for name, found in model.predict(data.texts).items():
        assert np.allclose(found.probabilities, loaded.predict(data.texts)[name].probabilities)


def test_scales_hold_every_value() -> None:
    """No value within the range is cut off, and one-sided channels move the zero point."""
    bounds = np.array([[-0.17, -0.1, -0.2], [20.0, 3.0, 9.0]], np.float32)
    scales, zero = _scales(bounds)

    assert zero < 64
    assert (bounds[0] / scales + zero >= -0.5).all()
    assert (bounds[1] / scales + zero <= 255.5).all()
