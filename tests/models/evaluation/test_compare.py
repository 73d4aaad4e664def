import dataclasses

import numpy as np
import pytest

from standfirst.errors import InputError
from standfirst.models import Report, TrainingSet, compare, evaluate, train
from standfirst.models.heads import other_tasks
from standfirst.models.heads.decision import Rule


def test_a_model_equals_itself(report: Report, data: TrainingSet) -> None:
    """A model compared with itself differs by nothing, with an interval of no width."""
    found, seen = compare({"a": report.model, "b": report.model}, data)

    for one in found.values():
        gap = one.differences["b"]
        assert (*gap.macro_f1.numbers(), gap.agreement) == (0, 0, 0, 1)
        assert not gap.macro_f1.excludes_zero
    assert seen == {"a": len(data), "b": len(data)}


def test_pairs_are_sharper_than_intervals(report: Report, data: TrainingSet) -> None:
    """A model that always gives one label is clearly worse, by the difference of the scores."""
    head = report.model.heads["stance"]
    dull = dataclasses.replace(
        head,
        fit=dataclasses.replace(head.fit, weights=np.zeros_like(head.fit.weights)),
        rule=Rule(np.array([0.0, 9.0, 0.0]), np.zeros(3)),
    )
    worse = dataclasses.replace(
        report.model, heads={**report.model.heads, "stance": dull}, _table=[]
    )
    found, _ = compare({"good": report.model, "dull": worse}, data)
    gap = found["stance"].differences["dull"].macro_f1
    value, low, high = gap.numbers()
    scores = [evaluate(one, data).scores["stance"].macro_f1 for one in (worse, report.model)]

    assert gap.excludes_zero
    assert "no better than chance" in found["stance"].notes["dull"][0]
    assert not any("chance" in note for note in found["stance"].notes["good"])
    assert value == pytest.approx(scores[0] - scores[1])
    assert low <= value <= high < 0


def test_a_set_that_taught_the_model_is_no_judge(
    report: Report, data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose starting point was learned from these texts looks better on them, and says so."""
    hashes = other_tasks.short_hashes(data.texts[:20])
    monkeypatch.setattr(other_tasks, "_stored", lambda: {"texts/ours": hashes})
    about = dataclasses.replace(report.model.about, other_tasks=("ours",))
    taught = dataclasses.replace(report.model, about=about, _table=[])

    known = evaluate(taught, data).notes["stance"]
    unknown = evaluate(report.model, data).notes["stance"]

    said = f"20 of {len(data)} texts are of ours, from which the model knows"
    assert next(note for note in known if note not in unknown).startswith(said)
    assert not any("of ours" in note for note in unknown)


@pytest.mark.slow
def test_what_cannot_be_compared(report: Report, data: TrainingSet) -> None:
    """One model, a missing dimension, and other labels are refused in one line."""
    with pytest.raises(InputError, match="1 model; name two"):
        compare({"a": report.model}, data)
    only = dataclasses.replace(data, answers={"frames": data.answers["frames"]})
    other = train(only, encoder="tfidf", n_folds=2).model
    with pytest.raises(InputError, match="b: does not answer 'stance'"):
        compare({"a": report.model, "b": other}, data)
