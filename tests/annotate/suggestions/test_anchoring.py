from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.suggestions.anchoring import Audit, audit
from standfirst.errors import InputError, StudyError
from standfirst.labels import Annotation

LABELS = {"stance": ("for", "against", "neither")}
ALIKE = 0.6


def seen(answer: str, model: str, *, assisted: bool) -> Literal["none", "kept", "changed"]:
    """Say what became of a suggestion."""
    if not assisted:
        return "none"
    return "kept" if answer == model else "changed"


def experiment(
    anchored: float, seed: int, *, coders: Sequence[str] = ("ann", "bo"), n: int = 300
) -> tuple[list[Drawn], list[Annotation], dict[tuple[str, str], tuple[str, ...]]]:
    """Let coders answer, who give way to a suggestion with a known probability.

    Blind answers are the model's with probability `ALIKE`. A coder who would have answered
    otherwise and sees the suggestion takes it over with probability `anchored`; so the effect on
    agreement is (1 - ALIKE) x anchored. Units come in articles of five.
    """
    rng = np.random.default_rng(seed)
    design: list[Drawn] = []
    rows: list[Annotation] = []
    said: dict[tuple[str, str], tuple[str, ...]] = {}
    for i in range(n):
        unit, coder = f"u{i:03}", coders[i % len(coders)]
        model = str(rng.choice(LABELS["stance"]))
        others = [label for label in LABELS["stance"] if label != model]
        own = model if rng.random() < ALIKE else str(rng.choice(others))
        assisted = bool(rng.random() < 0.5)
        answer = model if assisted and rng.random() < anchored else own
        design.append(
            Drawn(unit, f"a{i // 5}", "coding", "1", "random", "", 0.1, 9, 0, (coder,), 1, assisted)
        )
        seconds = 5.0 if assisted else 8.0
        rows.append(
            Annotation(
                unit,
                coder,
                "stance",
                (answer,),
                seconds=seconds,
                suggestion=seen(answer, model, assisted=assisted),
                round="1",
            )
        )
        said[unit, "stance"] = (model,)
    return design, rows, said


def measured(anchored: float, seed: int, n: int = 300) -> Audit:
    """Audit an experiment."""
    return audit(*experiment(anchored, seed, n=n), LABELS, draws=400)


@pytest.mark.slow
@pytest.mark.parametrize("anchored", [0.0, 0.5])
def test_the_true_effect_is_found(anchored: float) -> None:
    """Over 100 experiments the mean is the true effect, and about 95 % of intervals hold it."""
    true = (1 - ALIKE) * anchored
    found = [measured(anchored, seed).effects[0].difference for seed in range(100)]
    values = [one.value for one in found if one.value is not None]
    covered = sum(
        one.low is not None and one.high is not None and one.low <= true <= one.high
        for one in found
    )

    assert np.mean(values) == pytest.approx(true, abs=4 * float(np.std(values)) / 10)
    assert covered >= 88


def test_what_is_reported_on_one_experiment() -> None:
    """Everything of 2,000 answers, with two coders: numbers, shares, times, coders apart."""
    found = measured(0.5, 1, n=2000)
    everybody, ann, bo = found.effects

    assert [one.coder for one in found.effects] == ["", "ann", "bo"]
    assert everybody.n_blind + everybody.n_assisted == 2000
    assert ann.n_blind + bo.n_blind == everybody.n_blind
    assert everybody.blind == pytest.approx(0.6, abs=0.05)
    assert everybody.assisted == pytest.approx(0.8, abs=0.05)
    kept = everybody.n_kept / (everybody.n_kept + everybody.n_changed)
    assert kept == pytest.approx(everybody.assisted, abs=0.001)
    assert (found.seconds_blind, found.seconds_assisted) == (8.0, 5.0)
    assert (found.n_articles, found.n_not_shown, found.n_exposed) == (400, 0, 0)


def test_a_model_with_a_favourite_moves_the_shares() -> None:
    """Where the model always says `for` and everybody gives way, `for` rises to all."""
    design, rows, said = experiment(1.0, 2)
    said = dict.fromkeys(said, ("for",))
    assisted = {row.unit_id for row in design if row.assisted}
    rows = [
        Annotation(r.unit_id, r.coder, "stance", ("for",), suggestion="kept")
        if r.unit_id in assisted
        else r
        for r in rows
    ]
    shifts = {one.label: one for one in audit(design, rows, said, LABELS).shifts}

    assert shifts["for"].assisted == 1.0
    assert shifts["for"].blind == pytest.approx(1 / 3, abs=0.1)
    assert sum(one.assisted - one.blind for one in shifts.values()) == pytest.approx(0)
    low = shifts["for"].difference.low
    assert low is not None
    assert low > 0.5


def test_rounds_are_not_compared_with_each_other() -> None:
    """An easy round with much assistance and a hard one with little do not make an effect."""
    design, rows, said = [], [], {}
    for i in range(400):
        easy = i < 200
        assisted = i % 5 < (4 if easy else 1)
        unit = f"u{i}"
        design.append(
            Drawn(
                unit,
                f"a{i}",
                "coding",
                "1" if easy else "2",
                "random",
                "",
                1,
                9,
                0,
                ("ann",),
                1,
                assisted,
            )
        )
        answer = "for" if easy or (i // 5) % 2 else "against"
        rows.append(
            Annotation(
                unit, "ann", "stance", (answer,), suggestion=seen(answer, "for", assisted=assisted)
            )
        )
        said[unit, "stance"] = ("for",)
    (effect,) = audit(design, rows, said, LABELS).effects

    # Without rounds it would be +30 points: 180 of 200 against 120 of 200.
    assert effect.difference.value == pytest.approx(0)


def test_only_what_chance_decided_counts() -> None:
    """Test units, skipped answers and coders with one side only are left out."""
    design, rows, said = experiment(0.5, 3)
    more = Drawn("t1", "a1", "test", "test", "two-stage", "c", 0.1, 9, 0, ("ann",), assisted=False)
    lone = Drawn("l1", "a1", "coding", "1", "random", "", 0.1, 9, 0, ("cy",), assisted=True)
    extra = [
        Annotation("t1", "ann", "stance", ("for",)),
        Annotation("l1", "cy", "stance", ("for",), suggestion="kept"),
        Annotation(design[0].unit_id, "ann", "stance", (), "skipped", created="2026-01-01"),
    ]
    said |= {("t1", "stance"): ("for",), ("l1", "stance"): ("for",)}
    found = audit([*design, more, lone], [*rows, *extra], said, LABELS).effects[0]

    assert found.n_blind + found.n_assisted == len(rows) - 1


def test_what_was_not_as_planned_is_reported() -> None:
    """A suggestion that was not in view, and one that was where it should not be."""
    design, rows, said = experiment(0.5, 4)
    kind = {row.unit_id: row.assisted for row in design}
    shown = next(row for row in rows if kind[row.unit_id])
    blind = next(row for row in rows if not kind[row.unit_id])
    changed = [
        Annotation(r.unit_id, r.coder, "stance", r.labels, suggestion="none")
        if r is shown
        else Annotation(r.unit_id, r.coder, "stance", r.labels, suggestion="changed")
        if r is blind
        else r
        for r in rows
    ]
    found = audit(design, changed, said, LABELS)

    assert (found.n_not_shown, found.n_exposed) == (1, 1)


def test_no_experiment_no_audit() -> None:
    """Nothing blind, nothing shown, another model: one line each."""
    design, rows, said = experiment(0.5, 5)
    assisted = [row for row in design if row.assisted]
    with pytest.raises(StudyError, match="no coder has both blind and assisted answers"):
        audit(assisted, rows, said, LABELS)
    unseen = [Annotation(r.unit_id, r.coder, "stance", r.labels) for r in rows]
    with pytest.raises(StudyError, match="no answer with a suggestion in view"):
        audit(design, unseen, said, LABELS)
    other = {
        key: ("against",) if value != ("against",) else ("for",) for key, value in said.items()
    }
    with pytest.raises(
        InputError, match=r"says otherwise on \d+ of \d+ answers that kept a suggestion"
    ):
        audit(design, rows, other, LABELS)
