"""Dimensions with a condition: "not asked" is a label, and gold corrects it with the others."""

import numpy as np
import pyarrow as pa
import pytest

from standfirst.errors import InputError
from standfirst.labels.codebook.codebook import Condition
from standfirst.labels.gold.gold import Gold
from standfirst.measure import Tags, shares
from standfirst.measure.inputs.conditions import NOT_ASKED, answers_under, tags_under
from standfirst.measure.inputs.tagged import TaggedDimension


def tagged(name: str, labels: tuple[str, ...], rows: list[list[float]]) -> TaggedDimension:
    """Make a dimension with these probabilities."""
    p = np.array(rows, np.float32)
    given = np.eye(len(labels), dtype=bool)[p.argmax(axis=1)]
    return TaggedDimension(name, labels, False, p, given, True, 0, 1)  # noqa: FBT003


def test_probabilities_are_those_of_both_questions() -> None:
    """What is said of a unit is that it is asked, times the answer; all labels add up to 1."""
    parent = tagged("topic", ("other", "law", "war"), [[0.5, 0.25, 0.25], [1, 0, 0]])
    child = tagged("tone", ("for", "against"), [[0.5, 0.5], [0.25, 0.75]])
    made = tags_under(child, parent, Condition("topic", ("law", "war")))

    assert made.labels == ("for", "against", NOT_ASKED)
    assert made.probabilities.tolist() == [[0.25, 0.25, 0.5], [0, 0, 1]]
    assert made.given.tolist() == [[False, False, True], [False, False, True]]
    assert made.n_not_asked == 0


def test_gold_says_what_was_not_asked() -> None:
    """By the other question; an answer that stands there all the same does not count."""
    gold = [
        Gold("u1", "topic", ("law",), "single"),
        Gold("u1", "tone", ("for",), "single"),
        Gold("u2", "topic", ("other",), "single"),
        Gold("u2", "tone", ("against",), "single"),
        Gold("u3", "topic", ("war",), "single"),
        Gold("u4", "tone", ("for",), "single"),
    ]
    made = answers_under(gold, {"tone": Condition("topic", ("law", "war"))})

    tone = {row.unit_id: row.labels for row in made if row.dimension == "tone"}
    # On u3 the answer is missing, and of u4 nobody knows whether it was to be asked.
    assert tone == {"u1": ("for",), "u2": (NOT_ASKED,)}
    assert [row for row in made if row.dimension == "topic"] == gold[::2][:3]


def test_a_condition_under_a_condition() -> None:
    """What hangs on a question that was not asked was not asked either."""
    gold = [Gold("u1", "topic", ("other",), "single")]
    made = answers_under(
        gold, {"tone": Condition("topic", ("law",)), "why": Condition("tone", ("for",))}
    )

    assert {row.dimension: row.labels for row in made[1:]} == {
        "tone": (NOT_ASKED,),
        "why": (NOT_ASKED,),
    }


def test_without_the_condition_it_is_refused() -> None:
    """Files of one's own do not know who was to be asked, and no share is made up."""
    child = tagged("tone", ("for", "against"), [[0.5, 0.5], [0.25, 0.75]])
    tags = Tags("tags.csv", pa.array(["u1", "u2"]), {"tone": child}, pa.table({}), ())
    gold = [Gold("u1", "tone", ("for",), "single"), Gold("u2", "tone", ("for",), "single")]

    with pytest.raises(InputError, match=r"1 units were not asked about 'tone'.*in its study"):
        shares(tags, gold, None, learned=())


@pytest.mark.slow
def test_shares_are_right_on_average() -> None:
    """Over 80 draws, by a model that errs on both questions, shares are the true ones."""
    rng = np.random.default_rng(1)
    n = 2000
    topic, tone = rng.random(n) < 0.4, rng.random(n) < 0.3
    seen = [1 / (1 + np.exp(-(2 * y - 1 + 0.4 + rng.normal(size=n)))) for y in (topic, tone)]
    parent, child = (
        tagged(name, labels, np.column_stack([1 - p, p]).tolist())
        for name, labels, p in (
            ("topic", ("other", "law"), seen[0]),
            ("tone", ("against", "for"), seen[1]),
        )
    )
    condition = Condition("topic", ("law",))
    both = tags_under(child, parent, condition)
    tags = Tags("tags", pa.array([f"u{i}" for i in range(n)]), {"tone": both}, pa.table({}), ())
    true = float((topic & tone).mean())
    made, hits = [], 0
    for seed in range(80):
        gold = []
        for i in np.random.default_rng(seed).permutation(n)[:200].tolist():
            gold.append(Gold(f"u{i}", "topic", ("law" if topic[i] else "other",), "single"))
            if topic[i]:
                gold.append(Gold(f"u{i}", "tone", ("for" if tone[i] else "against",), "single"))
        answers = answers_under(gold, {"tone": condition})
        one = shares(tags, answers, None, learned=())["tone"]
        best = one.labels[1].corrected
        assert best is not None
        assert best.low is not None
        assert best.high is not None
        made.append(best.share)
        hits += best.low <= true <= best.high

    assert one.n_gold == 200
    assert np.mean(made) == pytest.approx(true, abs=0.01)
    assert hits >= 0.88 * 80
