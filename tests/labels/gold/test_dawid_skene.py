"""Dawid and Skene's model, held against the same written out answer by answer."""

from typing import Literal

import numpy as np
import pytest

from standfirst.labels import Annotation, Codebook, Dimension, Label, resolve
from standfirst.labels.gold.dawid_skene import dawid_skene

Answer = tuple[int, int, int]
Errors = Literal["accuracy", "matrix"]
Rows = list[list[float]]


def crowd(seed: int, n_labels: int, n_units: int = 40) -> list[Answer]:
    """Let four coders, of whom one is careless and one lazy, answer units in no order."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(n_units):
        truth = int(min(rng.integers(n_labels), rng.integers(n_labels)))
        for coder, (skill, works) in enumerate([(0.9, 1.0), (0.7, 1), (0.4, 0.9), (0.8, 0.6)]):
            if rng.random() < works:
                said = truth if rng.random() < skill else int(rng.integers(n_labels))
                rows.append((unit, coder, said))
    return [rows[i] for i in rng.permutation(len(rows))]


def step_by_step(
    rows: list[Answer], n_labels: int, errors: Errors, prior: float
) -> tuple[Rows, list[Rows]]:
    """Estimate truth and errors in turn, as the paper does, with prior answers of all coders."""
    labels = range(n_labels)
    units = range(max(unit for unit, _, _ in rows) + 1)
    coders = range(max(coder for _, coder, _ in rows) + 1)
    votes = [
        [float(sum((u, v) == (unit, k) for u, _, v in rows)) for k in labels] for unit in units
    ]
    truth = [[n / sum(row) for n in row] for row in votes]
    for _ in range(200):
        counts = [[[0.0] * n_labels for _ in labels] for _ in coders]
        for u, c, v in rows:
            for k in labels:
                counts[c][k][v] += truth[u][k]
        if errors == "matrix":
            shares = [
                (sum(truth[u][k] for u in units) + 1) / (len(units) + n_labels) for k in labels
            ]
            pooled = [[sum(n[k][v] for n in counts) + 1 / n_labels for v in labels] for k in labels]
            pooled = [[one / sum(row) for one in row] for row in pooled]
            wrong = [
                [
                    [(n[k][v] + prior * pooled[k][v]) / (sum(n[k]) + prior) for v in labels]
                    for k in labels
                ]
                for n in counts
            ]
        else:
            shares = [1 / n_labels] * n_labels
            right = [sum(n[k][k] for k in labels) for n in counts]
            given = [sum(map(sum, n)) for n in counts]
            mean = sum(right) / sum(given)
            skill = [(r + prior * mean) / (g + prior) for r, g in zip(right, given, strict=True)]
            wrong = [
                [[s if k == v else (1 - s) / (n_labels - 1) for v in labels] for k in labels]
                for s in skill
            ]
        fresh = [list(shares) for _ in units]
        for u, c, v in rows:
            fresh[u] = [p * wrong[c][k][v] for k, p in enumerate(fresh[u])]
        fresh = [[p / sum(row) for p in row] for row in fresh]
        moved = np.abs(np.array(fresh) - truth).max()
        truth = fresh
        if moved < 1e-6:
            break
    return truth, wrong


@pytest.mark.parametrize("prior", [0.5, 10.0])
@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("errors", ["accuracy", "matrix"])
def test_step_by_step(errors: Errors, n_labels: int, prior: float) -> None:
    """Probabilities and errors are those of the model written out, whatever the order."""
    rows = crowd(n_labels, n_labels)
    unit, coder, value = np.array(rows).T
    found = dawid_skene(unit, coder, value, n_labels, errors=errors, prior=prior)
    truth, wrong = step_by_step(rows, n_labels, errors, prior)

    assert found.probabilities == pytest.approx(np.array(truth), abs=1e-5)
    assert found.confusion == pytest.approx(np.array(wrong), abs=1e-5)


@pytest.mark.parametrize("errors", ["accuracy", "matrix"])
def test_coders_who_never_err(errors: Errors) -> None:
    """Without others to lean on, coders who always agree are sure, and no number is undefined."""
    unit, coder = np.divmod(np.arange(40), 2)
    found = dawid_skene(unit, coder, unit % 2, 2, errors=errors, prior=0)

    assert found.probabilities[::2, 0] == pytest.approx(np.ones(10), abs=1e-4)
    assert found.probabilities[1::2, 1] == pytest.approx(np.ones(10), abs=1e-4)
    assert found.confusion[:, [0, 1], [0, 1]] == pytest.approx(np.ones((2, 2)), abs=1e-4)
    assert np.isfinite(np.log(found.confusion)).all()


def test_a_single_label_is_certain() -> None:
    """Where there is only one label there is nothing to doubt."""
    found = dawid_skene(np.array([0, 0, 1]), np.array([0, 1, 0]), np.zeros(3, int), 1)

    assert found.probabilities.tolist() == [[1], [1]]


def book(choice: Literal["single", "multiple"]) -> Codebook:
    """Make a codebook with three labels."""
    labels = tuple(Label(x, x) for x in "abc")
    return Codebook("b", "t", "1", (Dimension("d", "?", labels, choice, required=False),))


def annotations(rows: list[Answer]) -> list[Annotation]:
    """Write answers as annotations of a single choice."""
    return [Annotation(f"u{u:02}", f"c{c}", "d", ("abc"[v],)) for u, c, v in rows]


@pytest.mark.parametrize(
    ("rule", "errors"), [("dawid-skene", "accuracy"), ("dawid-skene-matrix", "matrix")]
)
def test_gold_of_the_model(rule: str, errors: Errors) -> None:
    """Where coders differ the most probable label holds, with its probability."""
    rows = crowd(5, 3)
    truth, _ = step_by_step(rows, 3, errors, 10)
    mixed = {u for u in range(40) if len({v for unit, _, v in rows if unit == u}) > 1}
    found = {
        int(row.unit_id[1:]): row for row in resolve(annotations(rows), book("single"), rule=rule)
    }

    assert len(mixed) > 10
    assert {u for u, row in found.items() if row.rule == rule} == mixed
    for u in mixed:
        assert found[u].labels == ("abc"[int(np.argmax(truth[u]))],)
        assert found[u].probability == pytest.approx(max(truth[u]), abs=1e-5)


def test_the_model_decides_among_what_is_even() -> None:
    """Of even votes the model's probabilities count, and those of no other label."""
    rows = crowd(6, 3)
    truth, _ = step_by_step(rows, 3, "accuracy", 10)
    found = resolve(annotations(rows), book("single"), rule="majority-dawid-skene")
    even = 0
    for row in found:
        u = int(row.unit_id[1:])
        votes = dict(row.votes)
        best = [label for label, n in votes.items() if n == max(votes.values())]
        among = {label: truth[u]["abc".index(label)] for label in best}
        assert row.labels == (max(among, key=lambda label: among[label]),)
        if len(best) > 1:
            even += 1
            assert row.rule == "dawid-skene"
            assert row.probability == pytest.approx(
                max(among.values()) / sum(among.values()), abs=1e-5
            )
        elif len(votes) > 1:
            assert row.rule == "majority"
            assert row.probability == pytest.approx(max(votes.values()) / row.n_coders)

    assert even > 3
    assert len(found) == 40


def several(seed: int) -> list[Annotation]:
    """Let two to four coders choose any of three labels."""
    rng = np.random.default_rng(seed)
    rows = []
    for u in range(40):
        truth = rng.random(3) < 0.4
        for c, skill in enumerate((0.9, 0.85, 0.6, 0.8)):
            if c < 2 or rng.random() < 0.5:
                held = np.where(rng.random(3) < skill, truth, ~truth)
                chosen = tuple(label for label, holds in zip("abc", held, strict=True) if holds)
                rows.append(Annotation(f"u{u:02}", f"c{c}", "d", chosen))
    return rows


@pytest.mark.parametrize(
    ("rule", "errors"),
    [
        ("dawid-skene", "accuracy"),
        ("dawid-skene-matrix", "matrix"),
        ("majority-dawid-skene", "accuracy"),
    ],
)
def test_labels_of_a_multiple_choice_are_modelled_one_by_one(rule: str, errors: Errors) -> None:
    """Each label is a question of yes or no; an answer is as sure as its least sure label."""
    rows = several(7)
    by_label = []
    for label in "abc":
        asked = [(int(r.unit_id[1:]), int(r.coder[1:]), int(label in r.labels)) for r in rows]
        by_label.append([p for _, p in step_by_step(asked, 2, errors, 10)[0]])
    found = {row.unit_id: row for row in resolve(rows, book("multiple"), rule=rule)}

    for u in range(40):
        said = [r.labels for r in rows if r.unit_id == f"u{u:02}"]
        row = found[f"u{u:02}"]
        voted = [sum(label in labels for labels in said) / len(said) for label in "abc"]
        modelled = [p[u] for p in by_label]
        if rule == "majority-dawid-skene":
            used = [m if v == 0.5 else v for v, m in zip(voted, modelled, strict=True)]
        else:
            used = modelled
        if len(set(said)) > 1:
            held = tuple(label for label, p in zip("abc", used, strict=True) if p > 0.5)
            assert row.labels == held
            assert row.probability == pytest.approx(min(max(p, 1 - p) for p in used), abs=1e-5)
            if rule == "majority-dawid-skene":
                assert row.rule == ("dawid-skene" if 0.5 in voted else "majority")
            else:
                assert row.rule == rule
