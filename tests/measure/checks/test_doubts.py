from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from standfirst.errors import InputError, LeakError, UnknownLabelError
from standfirst.labels.gold.gold import Gold
from standfirst.measure.checks.doubts import rank_doubts
from standfirst.measure.inputs.tagged import TaggedDimension, Tags

LABELS = ("law", "money")


def tags_of(p: Any, *, multiple: bool = False, crossed: bool = True) -> Tags:
    """Make tags of units u0, u1, ... from probabilities."""
    values = np.array(p, np.float32)
    made = TaggedDimension("frame", LABELS, multiple, values, values > 0.5, crossed, 0)
    units = pa.array([f"u{i}" for i in range(len(values))])
    return Tags("tags", units, {"frame": made}, pa.table({}))


def test_the_most_doubted_come_first() -> None:
    """One minus the probability of the given label, the largest first; decisions are left out."""
    tags = tags_of([[0.75, 0.25], [0.125, 0.875], [0.5, 0.5], [0.0, 1.0]])
    gold = [Gold(f"u{i}", "frame", ("law",), "single") for i in range(3)]
    gold.append(Gold("u3", "frame", ("law",), "adjudicated"))
    made = rank_doubts(tags, gold, texts={"u1": "A court ruled."})
    first = rank_doubts(tags, gold, most=1)

    assert [(one.unit_id, one.doubt) for one in made.doubts] == [
        ("u1", 0.875),
        ("u2", 0.5),
        ("u0", 0.25),
    ]
    assert (made.doubts[0].model, made.doubts[0].text) == (("money",), "A court ruled.")
    assert (len(first.doubts), first.n_gold) == (1, 3)
    assert "0.875  u1" in repr(made)


def test_of_a_multiple_choice_the_least_likely_part_counts() -> None:
    """A label that is missing is doubted as one that is there, and no label is an answer."""
    tags = tags_of([[0.75, 0.875], [0.25, 0.125]], multiple=True)
    gold = [Gold("u0", "frame", ("law",), "single"), Gold("u1", "frame", (), "single")]
    made = rank_doubts(tags, gold).doubts

    assert [(one.unit_id, one.doubt) for one in made] == [("u0", 0.875), ("u1", 0.25)]
    assert (made[0].model, made[1].model) == (LABELS, ())


def test_what_was_learned_by_heart_is_not_ranked() -> None:
    """Without cross-predictions training units are left out, or refused where they are all."""
    tags = tags_of([[0.75, 0.25], [0.5, 0.5]], crossed=False)
    gold = [Gold(f"u{i}", "frame", ("law",), "single") for i in range(2)]
    some = rank_doubts(tags, gold, learned={"u1"})

    assert [one.unit_id for one in some.doubts] == ["u0"]
    assert some.notes == ("1 answers that the model learned from are left out",)
    assert "name the model" in rank_doubts(tags, gold).notes[0]
    with pytest.raises(LeakError, match="NAME_cross"):
        rank_doubts(tags, gold, learned={"u0", "u1"})


def test_gold_of_other_units_or_labels_is_refused() -> None:
    """Units that are not tagged give nothing to rank; an unknown label is named."""
    tags = tags_of([[0.75, 0.25]])
    with pytest.raises(InputError, match="no gold on its units"):
        rank_doubts(tags, [Gold("x", "frame", ("law",), "single")])
    with pytest.raises(UnknownLabelError, match="did you mean 'law'"):
        rank_doubts(tags, [Gold("u0", "frame", ("laws",), "single")])
