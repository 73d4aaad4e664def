"""Alpha by label, its intervals and its rounds, each held against a longer way to the same."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from standfirst.intervals import Estimate, draw_groups, interval
from standfirst.labels import Agreement, Annotation, Codebook, Dimension, Label, agreement
from standfirst.labels.reliability.alpha import masi

LABELS = "abcde"


def answers(seed: int, *, multiple: bool = False, n_articles: int = 6) -> list[Annotation]:
    """Let three coders answer most of 48 units, in articles of unequal size."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(48):
        truth = int(rng.integers(5))
        for coder in ("ann", "bo", "cy"):
            if rng.random() < 0.2:
                continue
            said = truth if rng.random() < 0.7 else int(rng.integers(5))
            also = [k for k in range(5) if k != said and multiple and rng.random() < 0.3]
            none = multiple and rng.random() < 0.1
            chosen = () if none else tuple(LABELS[k] for k in sorted([said, *also]))
            article = f"article {int((unit / 48) ** 1.5 * n_articles)}"
            rows.append(Annotation(f"u{unit:02}", coder, "d", chosen, article_id=article))
    return rows


def book(kind: str, labels: str = LABELS) -> Codebook:
    """Make a codebook with one dimension: nominal, ordinal or multiple."""
    made = Dimension("d", "?", tuple(Label(x, x) for x in labels))
    if kind == "ordinal":
        made = replace(made, scale="ordinal")
    if kind == "multiple":
        made = replace(made, choice="multiple", required=False)
    return Codebook("b", "t", "1", (made,))


def measure(rows: list[Annotation], kind: str, draws: int = 40) -> Agreement:
    """Measure agreement on the only dimension."""
    return agreement(rows, book(kind), draws=draws)[0]


def same(one: Estimate, other: Estimate) -> None:
    """Hold two numbers and their intervals against each other."""
    assert one.numbers() == pytest.approx(other.numbers(), abs=1e-12)


@pytest.mark.parametrize("kind", ["nominal", "multiple"])
def test_alpha_of_a_label_is_that_of_yes_and_no(kind: str) -> None:
    """A label's alpha is that of the question whether it was chosen, its interval included."""
    rows = answers(1, multiple=kind == "multiple")
    found = measure(rows, kind)

    assert [label.label for label in found.labels] == list(LABELS)
    for label in found.labels:
        asked = [replace(row, labels=("a" if label.label in row.labels else "b",)) for row in rows]
        held = sum(label.label in row.labels for row in rows)
        same(label.alpha, measure(asked, "nominal").alpha)
        assert label.n_answers == held
        assert label.prevalence == pytest.approx(held / len(rows))


@pytest.mark.parametrize("kind", ["nominal", "ordinal", "multiple"])
def test_an_interval_is_that_of_articles_drawn_again(kind: str) -> None:
    """Alpha is computed anew from copies of the articles drawn; the interval is the same."""
    rows = answers(2, multiple=kind == "multiple")
    found = agreement(rows, book(kind), draws=25, level=0.8, seed=3)[0]
    by_article: dict[str, list[Annotation]] = defaultdict(list)
    for row in rows:
        by_article[row.article_id].append(row)
    values = []
    for counts in draw_groups(len(by_article), 25, 3):
        copies = [
            replace(row, unit_id=f"{row.unit_id} {copy}", article_id="")
            for times, article in zip(counts, by_article.values(), strict=True)
            for copy in range(times)
            for row in article
        ]
        values.append(measure(copies, kind, draws=0).alpha.value)

    same(found.alpha, interval(np.array(values, float), 0.8, n_groups=len(by_article)))


@pytest.mark.parametrize("kind", ["nominal", "ordinal", "multiple"])
def test_a_round_is_measured_as_if_it_were_alone(kind: str) -> None:
    """Alpha, its interval, units and coders of a round are those of its answers alone."""
    rows = [
        replace(
            row, round="zero" if row.unit_id < "u22" else "one" if row.unit_id < "u34" else "two"
        )
        for row in answers(3, multiple=kind == "multiple")
        if row.coder != "cy" or row.unit_id >= "u30"
    ]
    found = measure(rows, kind)

    assert [one.round for one in found.rounds] == ["one", "two", "zero"]
    for one in found.rounds:
        alone = measure([row for row in rows if row.round == one.round], kind)
        same(one.alpha, alone.alpha)
        assert (one.n_units, one.n_coders) == (alone.n_units, alone.n_coders)


def test_what_is_counted() -> None:
    """Units answered twice, once and by whom; articles of units answered twice alone."""
    cells = [("u1", "x", "1"), ("u2", "x", "1"), ("u3", "y", "2"), ("u4", "", "1"), ("u5", "z", "")]
    rows = [
        Annotation(unit, coder, "d", ("a",) if unit != "u2" else ("b",), article_id=article)
        for unit, article, alone in cells
        for coder in (("ann",) if alone == "" else ("ann", "bo") if alone == "1" else ("cy",))
    ]
    found = measure(rows, "nominal")

    assert (found.n_units, found.n_single, found.n_answers) == (3, 2, 6)
    assert (found.n_coders, found.n_articles, found.by_article) == (3, 2, True)
    assert found.alpha.value == 1
    assert not measure([replace(row, article_id="") for row in rows], "nominal").by_article


def test_masi_of_all_kinds_of_sets() -> None:
    """Equal, one within the other, overlapping, apart, and empty: distances as Passonneau's."""
    sets = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], bool)
    by_hand = [
        [0, 1 - 2 / 3 * 2 / 3, 1 - 1 / 3 * 1 / 3, 1, 1],
        [1 - 2 / 3 * 2 / 3, 0, 1 - 2 / 3 * 2 / 3, 1, 1],
        [1 - 1 / 3 * 1 / 3, 1 - 2 / 3 * 2 / 3, 0, 1, 1],
        [1, 1, 1, 0, 1],
        [1, 1, 1, 1, 0],
    ]

    assert masi(sets) == pytest.approx(np.array(by_hand))


def test_a_dimension_that_nobody_answered_has_no_figures() -> None:
    """Units that were skipped, or left empty, are no answers: all is undefined or 0, and said."""
    skipped = [replace(row, labels=(), status="skipped") for row in answers(4) if row.coder < "b"]
    empty = [replace(row, labels=()) for row in answers(4) if row.coder > "b"]
    rows = [*skipped, *empty]
    found = measure(rows, "nominal")

    assert found.alpha.value is None
    assert (found.n_units, found.n_answers, found.n_single, found.n_coders) == (0, 0, 0, 0)
    assert (found.n_articles, found.by_article) == (0, False)
    assert found.warnings == ("no answers yet",)


def test_a_single_answer_is_no_agreement() -> None:
    """It is counted, and said to be alone."""
    found = measure(answers(4)[:1], "nominal")

    assert (found.n_units, found.n_single, found.n_coders, found.alpha.value) == (0, 1, 1, None)
    assert found.other.percent is None
    assert found.pairs == ()


def test_answers_given_twice_are_counted() -> None:
    """Two answers of one coder on one unit with the same time are one too many; later ones not."""
    rows = [*answers(5), *[replace(row, created="2026-03-02") for row in answers(5)[:4]]]
    again = [*rows, replace(rows[0], labels=("a",)), replace(rows[1], labels=("a",))]

    assert not any("repeat a coder's answer" in note for note in measure(rows, "nominal").warnings)
    assert any(
        note.startswith("2 answers repeat a coder's answer")
        for note in measure(again, "nominal").warnings
    )
