import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from standfirst.errors import InputError, UnknownNameError
from standfirst.models import Model, Report, TrainingSet, evaluate, from_file, parse_goal, train
from standfirst.models.encoders.side_by_side import Beside, Part, prepare_views
from standfirst.models.labelled.votes import agreed_shares
from standfirst.models.training.candidates import Candidate, propose
from standfirst.models.views import Inputs, find_span

NAMES = ("Ana", "Bo", "Cy", "Dee", "Eli", "Flo")


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    """Give sentences that praise one person and blame another, each asked about both."""
    rows = []
    for k in range(60):
        praised, blamed = NAMES[k % 6], NAMES[(k + 1 + k // 6 % 5) % 6]
        text = f"Voters praised {praised} warmly but accused {blamed} of lying in town {k}."
        for name, label in ((praised, "for"), (blamed, "against")):
            start = text.index(f" {name} ") + 1
            about = {"who": name, "who_from": start, "who_to": start + len(name)}
            rows.append({"text": text, "stance": label, "article_id": f"a{k}", "meta": about})
    path = write(tmp_path_factory.mktemp("targets") / "rows.jsonl", rows)
    return from_file(path, ["stance"], target="meta.who")


@pytest.fixture(scope="module")
def towards(targets: TrainingSet) -> Report:
    """Give a model of stance towards a target that needs no network."""
    return train(targets, encoder="tfidf", n_folds=3)


def test_a_target_decides(targets: TrainingSet, towards: Report) -> None:
    """The same sentence has two answers, and only the target tells them apart."""
    blind = TrainingSet(
        targets.source, targets.codebook, targets.texts, targets.answers, targets.groups
    )
    (found,), (without,) = towards.dimensions, train(blind, encoder="tfidf", n_folds=3).dimensions

    assert targets.context is not None
    assert targets.context["target_span"][0] == (15, 18)
    assert found.score.macro_f1 > 0.95
    assert without.score.macro_f1 < 0.6


def test_a_model_says_what_it_needs(towards: Report, tmp_path: Path) -> None:
    """Without the target it refuses; a target without a place is looked for in the text."""
    towards.model.save(tmp_path / "m")
    model = Model.load(tmp_path / "m")
    texts = ["Voters praised Zed warmly but accused Yul of lying in town 9."] * 2

    assert model.needs == ("target",)
    with pytest.raises(InputError, match="trained with target, and 'target' is missing"):
        model.predict(texts)
    with pytest.raises(InputError, match="does not have 2 rows"):
        model.predict(texts, {"target": ["Zed"]})
    answer = model.predict(texts, {"target": ["Zed", "Yul"]})["stance"]
    labels = model.codebook.dimension("stance").label_ids
    assert [labels[k] for k in answer.chosen.argmax(axis=1)] == ["for", "against"]


@pytest.mark.slow
def test_context_is_chosen_by_the_folds(tmp_path: Path) -> None:
    """Neighbours that tell the label are taken; noise is not, unless it is named."""
    rng = np.random.default_rng(0)
    words = np.array(["talks", "vote", "court", "plan", "police", "border", "deal", "aid"])
    rows = []
    for k in range(240):
        label = ["yes", "no"][k % 2]
        before = f"The answer is {label} again."
        noise = " ".join(rng.choice(words, 5))
        rows.append({"text": noise, "before": before, "after": noise, "s": label, "group": k})
    data = from_file(write(tmp_path / "rows.jsonl", rows), ["s"])
    report = train(data, encoder="tfidf", n_folds=3)
    (found,) = report.dimensions

    assert report.model.needs == ("before", "after")
    assert [one.name for one in report.choice.standings] == ["tfidf, neighbours", "tfidf"]
    assert found.score.macro_f1 > 0.95
    assert report.choice.difference is not None
    mean, low, high = report.choice.difference.numbers()
    assert 0 < low < mean < high
    assert evaluate(report.model, data).scores["s"].macro_f1 > 0.95
    ranked = [one.average_precision for one in report.choice.standings]
    assert ranked == sorted(ranked, reverse=True)
    named = train(data, encoder="tfidf", context="none", n_folds=3)
    assert named.model.needs == ()
    assert named.choice.difference is None
    with pytest.raises(InputError, match="no column 'title', which --context title needs"):
        train(data, encoder="tfidf", context="title")


@pytest.mark.slow
def test_nested_scores_do_not_flatter_the_choice(tmp_path: Path) -> None:
    """On noise the best of many candidates looks good by chance; the printed score does not."""
    rng = np.random.default_rng(1)
    words = np.array(["talks", "vote", "court", "plan", "police", "border", "deal", "aid"])
    gaps = []
    for trial in range(4):
        rows = [
            {"text": " ".join(rng.choice(words, 4)), "s": ["a", "b"][int(rng.integers(2))]}
            | {view: " ".join(rng.choice(words, 3)) for view in ("before", "after", "title")}
            for _ in range(60)
        ]
        data = from_file(write(tmp_path / f"{trial}.jsonl", rows), ["s"])
        report = train(data, encoder="tfidf", effort="thorough", n_folds=3)
        best = report.choice.standings[0].macro_f1
        assert len(report.choice.standings) == 12
        gaps.append(best - report.dimensions[0].score.macro_f1)

    assert np.mean(gaps) > 0.02


@pytest.mark.weights
def test_text_and_target_in_one_pass(targets: TrainingSet) -> None:
    """What folds see of MiniLM is what the kept encoder gives: views, layers, shares."""
    from standfirst.models.training.features import Features

    some = [0, 1, 2]
    context = {name: [values[k] for k in some] for name, values in (targets.context or {}).items()}
    inputs = Inputs([targets.texts[k] for k in some], context)
    candidate = Candidate("minilm+tfidf", ("text", "target"))
    single = Candidate("minilm", ("text", "target"), (6,))
    features = Features(inputs, [candidate, single])
    for one, width in ((candidate, None), (single, 4 * 384)):
        encoder, vectors = features.fit(one, None)
        again = encoder.encode(inputs.texts, inputs.context)
        difference = np.abs(np.asarray((again - vectors).sum()))

        assert difference < 1e-4
        assert encoder.needs == ("target",)
        assert width is None or vectors.shape == (3, width)
    # The same sentence twice, with two targets.
    assert np.allclose(vectors[0, :384], vectors[1, :384], atol=1e-5)
    assert not np.allclose(vectors[0, 384:], vectors[1, 384:], atol=1e-2)


def test_views_of_a_plain_encoder() -> None:
    """An encoder that cannot mark reads the words around the target; columns are the text's."""

    class Letters:
        width = 1

        def begin(self, texts: Sequence[str]) -> tuple["Letters", npt.NDArray[np.float32]]:
            return self, self.prepare(texts)

        def prepare(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            return np.array([[len(text.replace(" ", ""))] for text in texts], np.float32)

        def fit(self, prepared: npt.NDArray[np.float32]) -> "Letters":
            return self

        def transform(self, prepared: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            return prepared

    context = {"target": ["Oslo", ""], "before": ["No.", ""]}
    inputs = Inputs(["Talks with Oslo fail.", "Yes."], context)
    _, blocks = prepare_views(Letters(), ("target", "text", "before"), inputs, begin=True)
    both = Beside([Part("letters", Letters(), 2.0, ("text", "before", "target"))])

    assert [block.ravel().tolist() for block in blocks] == [[14, 0], [18, 4], [3, 0]]
    # Neighbours count half, the target seven tenths; all of the part counts twice.
    found = np.asarray(both.encode(inputs.texts, context))
    assert np.allclose(found, np.array([[36, 3, 28], [8, 0, 0]]))
    assert both.needs == ("before", "target")


def test_proposals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is named is not compared; without weights nothing but words is proposed."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path))
    around = ("before", "after", "title", "target")

    assert [str(one) for one in propose(500, around, effort="fast")] == ["tfidf, target"]
    assert [str(one) for one in propose(500, around)] == [
        "tfidf, target",
        "tfidf, target, neighbours",
    ]
    assert [str(one) for one in propose(199, around)] == ["tfidf, target"]
    assert "tfidf, target, neighbours" in map(str, propose(199, around, effort="thorough"))
    named = propose(500, around, encoders=["tfidf"], context="title")
    assert [one.views for one in named] == [("text", "target", "title")]
    assert find_span("No oslo here.", "Oslo") == (3, 7)


@pytest.mark.weights
def test_counted_words_alone_are_tried_with_thousands_of_rows() -> None:
    """Few rows do not know the words; with thousands, the folds are asked."""
    few, many = ([str(one) for one in propose(n, ())] for n in (1_999, 2_000))

    assert few == ["minilm+tfidf"]
    assert many == [*few, "tfidf"]


@pytest.mark.parametrize(
    ("cell", "weight"),
    [("a:3|b:1", 0.75), ({"b": 1.0, "a": 1.0}, 0.5), (0.6, 0.6), ("0.2", 0.2), ("b:4", 0.1)],
)
def test_votes(cell: object, weight: float) -> None:
    """A row weighs as much as its coders agree; weights have the mean 1."""
    found = agreed_shares([("a",), ("a",)], [None, cell], ["x:1", "x:2"])

    assert found.mean() == pytest.approx(1)
    assert found[1] / found[0] == pytest.approx(weight)


@pytest.mark.parametrize("cell", ["a=3", "2", "a:x|b:1", {"a": -1}, {"a": 0}, ["a"]])
def test_votes_that_are_none(cell: object) -> None:
    """They are refused with their place."""
    with pytest.raises(InputError, match=r"^rows:7: .*write a share between 0 and 1"):
        agreed_shares([("a",)], [cell], ["rows:7"])


def test_votes_count(tmp_path: Path) -> None:
    """Disputed rows with the wrong label teach less when votes count."""
    rows = []
    for k in range(60):
        right = ["works", "cruel"][k % 2]
        wrong = k % 5 < 2
        label = ["pro", "con"][(k + wrong) % 2]
        votes = f"{label}:{'3' if wrong else '9'}|other:{'5' if wrong else '0'}"
        rows.append({"text": f"it {right} {k}", "s": label, "s_votes": votes, "group": k})
    path = write(tmp_path / "rows.jsonl", rows)
    with_votes = train(from_file(path, ["s"], votes=True), encoder="tfidf", n_folds=3).model
    answer = with_votes.predict(["it works", "it is cruel"])["s"]
    labels = with_votes.codebook.dimension("s").label_ids

    assert [labels[k] for k in answer.chosen.argmax(axis=1)] == ["pro", "con"]
    assert from_file(path, ["s"]).fingerprint != from_file(path, ["s"], votes=True).fingerprint
    path.write_text('{"text": "a", "s": "b"}\n')
    with pytest.raises(UnknownNameError, match="s_votes"):
        from_file(path, ["s"], votes=True)


def test_strange_offsets(tmp_path: Path) -> None:
    """A place outside of the text is refused with file and line."""
    row = {"text": "No.", "s": "a", "target": "No", "target_from": 2, "target_to": 9}
    with pytest.raises(InputError, match=r"rows\.jsonl:1: target from 2 to 9, in a text of 3"):
        from_file(write(tmp_path / "rows.jsonl", [row]), ["s"])
    with pytest.raises(UnknownNameError, match="who"):
        from_file(write(tmp_path / "rows.jsonl", [{"text": "No.", "s": "a"}]), ["s"], target="who")


@pytest.mark.slow
def test_a_goal_reaches_the_bundle(data: TrainingSet, tmp_path: Path) -> None:
    """A model that promises precision says so, abstains, and does so again when loaded."""
    report = train(data, encoder="tfidf", goal=parse_goal("precision=0.9"), n_folds=3)
    report.model.save(tmp_path / "m")
    model = Model.load(tmp_path / "m")
    texts = ["The minister said the plan will work and save lives in region 3.", "Maybe."]
    before, after = report.model.predict(texts), model.predict(texts)

    assert model.about.goal == "precision=0.9"
    assert np.array_equal(before["stance"].chosen, after["stance"].chosen)
    assert (before["stance"].confidence > 0).all()


@pytest.mark.parametrize("head", ["ridge", "svm"])
def test_other_heads(data: TrainingSet, head: str) -> None:
    """Ridge and SVM learn the easy task, with calibrated probabilities."""
    from standfirst.models.heads.head import fit_head
    from standfirst.models.training.features import Features

    candidate = Candidate("tfidf", head=head)
    _, vectors = Features(Inputs(data.texts), [candidate]).fit(candidate, None)
    for dimension, multiple in (("stance", False), ("frames", True)):
        rows, truth = data.truth(dimension)
        fitted, _ = fit_head(vectors[rows], truth, data.groups[rows], multiple=multiple, kind=head)
        probability = fitted.probabilities(vectors[rows])

        assert (fitted.decide(probability) == truth).mean() > 0.98
        assert np.abs(probability.mean(axis=0) - truth.mean(axis=0)).max() < 0.06
