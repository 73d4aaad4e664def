"""What gold may correct, and by which tags."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.errors import LeakError
from standfirst.labels.gold.gold import Gold
from standfirst.measure import read_tags, shares

N_UNITS, N_GOLD = 600, 120


@pytest.fixture
def learned(tmp_path: Path) -> tuple[Path, list[Gold]]:
    """Write tags of a model that knows the coded units by heart, with cross-predictions."""
    rng = np.random.default_rng(2)
    p = rng.dirichlet((0.7, 0.7), N_UNITS)
    truth = rng.random(N_UNITS) < p[:, 1]
    coded = rng.permutation(N_UNITS)[:N_GOLD]
    tagged = p.argmax(axis=1).astype(bool)
    tagged[coded] = truth[coded]
    ids = [f"u{i}" for i in range(N_UNITS)]
    column = pa.array([row.tolist() for row in p], pa.list_(pa.float32()))
    table = pa.table(
        {
            "unit_id": ids,
            "bias": ["biased" if tag else "fair" for tag in tagged],
            "bias_prob": pa.array(
                [[1 - float(tag), float(tag)] for tag in tagged], pa.list_(pa.float32())
            ),
            "bias_cross": column,
        }
    )
    parquet.write_table(table, tmp_path / "tags.parquet")
    gold = [Gold(ids[i], "bias", ("biased" if truth[i] else "fair",), "single") for i in coded]
    return tmp_path / "tags.parquet", gold


def test_tags_that_were_learned_by_heart_correct_nothing(
    learned: tuple[Path, list[Gold]],
) -> None:
    """All estimators but the count go by cross-predictions, and none is sure of itself."""
    path, gold = learned
    tags = read_tags(path, labels={"bias": ("fair", "biased")})
    known = {row.unit_id for row in gold}
    made = shares(tags, gold, None, learned=known)["bias"].labels[1]

    for one in (made.gold, made.predictive, made.corrected, made.rogan_gladen):
        assert one is not None
        assert one.low is not None
        assert one.high is not None
        assert one.high - one.low > 0.05


def test_without_cross_predictions_it_is_refused(learned: tuple[Path, list[Gold]]) -> None:
    """Gold that the model learned from is named with its number, and what to do."""
    path, gold = learned
    parquet.write_table(parquet.read_table(path).drop_columns("bias_cross"), path)
    tags = read_tags(path, labels={"bias": ("fair", "biased")})

    with pytest.raises(LeakError, match="learned from 120 of the 120 coded units; train it again"):
        shares(tags, gold, None, learned={row.unit_id for row in gold})
