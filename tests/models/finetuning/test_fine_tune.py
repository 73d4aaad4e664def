import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.utils.class_weight import compute_sample_weight
from tokenizers import Tokenizer

from standfirst.errors import BundleError, InputError, UnknownNameError
from standfirst.models import Model, Report, TrainingSet, from_file, train
from standfirst.models.encoders.networks.transformer import Transformer
from standfirst.models.encoders.networks.tuned import Tuned
from standfirst.models.encoders.registry import make_encoder
from standfirst.models.finetuning.ensemble import Unseen, make_head
from standfirst.models.finetuning.fine_tune import fine_tune
from standfirst.models.finetuning.fits import Fitter
from standfirst.models.finetuning.recipe import Lesson, Recipe, Tokens, make_recipe
from standfirst.models.heads.linear import LinearFit
from standfirst.models.views import Inputs
from standfirst.progress import Progress

pytestmark = pytest.mark.slow

Tensors = dict[str, npt.NDArray[Any]]
N_ARTICLES = 24


def write_rows(path: Path) -> Path:
    """Write three sentences an article, of which two words decide the labels."""
    rng, words = np.random.default_rng(0), ["talks", "resume", "the", "said", "that", "will", "on"]
    with path.open("w") as out:
        for number in range(3 * N_ARTICLES):
            text = rng.choice(words, size=6).tolist()
            text[rng.integers(6)] = rng.choice(["minister", "court"])
            text.insert(int(rng.integers(6)), str(rng.choice(["plan", "rule"])))
            row = {"text": " ".join(text), "article_id": f"a{number // 3}"}
            frames = [word for word in ("plan", "rule") if word in text]
            out.write(json.dumps({**row, "stance": str("court" in text), "frames": frames}) + "\n")
    return path


@pytest.fixture
def rows(tmp_path: Path) -> TrainingSet:
    """Give the rows with both dimensions."""
    return from_file(write_rows(tmp_path / "rows.jsonl"), ["stance", "frames"])


@pytest.fixture
def frozen(
    tmp_path: Path, own_home: None, write_folder: Callable[..., Path], rows: TrainingSet
) -> Report:
    """Give a frozen model on a small network."""
    return train(rows, encoder=str(write_folder(tmp_path / "net", "bert")), n_folds=3)


@pytest.fixture
def matter(tmp_path: Path, frozen: Report) -> list[int]:
    """Give the numbers of the words that decide the labels."""
    tokenizer = Tokenizer.from_file(str(tmp_path / "net" / "tokenizer.json"))
    vocabulary = tokenizer.get_vocab()
    return [vocabulary[word] for word in ("court", "plan", "rule")]


class Teacher:
    """Stands in for torch: sets some words apart from all others."""

    def __init__(self, words: Sequence[int] = ()) -> None:
        self.words = words
        self.learned: list[list[tuple[int, ...]]] = []
        self.lessons: list[Sequence[Lesson]] = []

    def __call__(  # noqa: D102
        self,
        tensors: Tensors,
        network: object,
        layers: object,
        *,
        tokens: Tokens,
        lessons: Sequence[Lesson],
        recipe: Recipe,
        progress: Progress,
    ) -> tuple[Tensors, list[LinearFit]]:
        self.learned.append([tuple(ids) for ids in tokens.ids])
        self.lessons.append(lessons)
        n_texts = recipe.epochs * len(tokens.ids)
        progress("fine-tuning", n_texts, n_texts, "texts")
        if not len(self.words):
            same = {k: v.astype(np.float16) for k, v in tensors.items() if ".layer.2." in k}
            return same, [lesson.start for lesson in lessons]
        # Layers that add nothing and norms that scale nothing hand the words on as they are.
        made = {k: np.zeros(v.shape) for k, v in tensors.items() if "output.dense" in k}
        made |= {
            k: np.full(v.shape, k.endswith("weight")) for k, v in tensors.items() if "Norm" in k
        }
        words = tensors["embeddings.word_embeddings.weight"].copy()
        for place, number in enumerate(self.words):
            words[number, place] = 20
        made["embeddings.word_embeddings.weight"] = words
        tuned = {name: value.astype(np.float16) for name, value in made.items()}
        return tuned, [lesson.start for lesson in lessons]


def test_kept_where_it_pays(matter: list[int], rows: TrainingSet, frozen: Report) -> None:
    """A network that learned the words that matter is better by the folds, and is kept."""
    reports: list[tuple[str, int, int | None]] = []
    found = fine_tune(
        rows,
        frozen,
        "auto",
        tuner=Teacher(matter),
        progress=lambda what, done, total, _: reports.append((what, done, total)),
    )

    assert found.pays
    assert found.kept == found.best == "contrastive"
    assert found.difference.numbers()[1] > 0
    assert found.tuned["contrastive"] > found.frozen + 0.1
    assert found.report.model.encoder_name.split("+")[0].endswith("-tuned")
    mean = np.mean([one.score.macro_f1 for one in found.report.dimensions])
    assert mean == pytest.approx(found.tuned["contrastive"], abs=1e-9)
    assert all(one.calibration_error < 0.15 for one in found.report.dimensions)
    what, done, total = reports[-1]
    assert (what, done) == ("fine-tuning contrastive, all rows", total)
    assert [done for _, done, _ in reports] == sorted(done for _, done, _ in reports)


def test_left_where_it_does_not_pay(rows: TrainingSet, frozen: Report) -> None:
    """A network that nothing was done to is not kept, and the model stays as it was."""
    found = fine_tune(rows, frozen, "auto", tuner=Teacher())

    assert not found.pays
    assert found.kept is None
    assert found.report.model.encoder is frozen.model.encoder
    assert found.report.dimensions == frozen.dimensions
    told = found.report.model.metrics["fine_tuning"]
    assert told["kept"] is None
    assert told["frozen_macro_f1"] == pytest.approx(
        np.mean([one.score.macro_f1 for one in frozen.dimensions]), abs=1e-6
    )


def test_nothing_leaks(rows: TrainingSet, frozen: Report) -> None:
    """No network learns from an article that it answers or is calibrated on."""
    teacher = Teacher()
    fine_tune(rows, frozen, "end-to-end", tuner=teacher)
    base = frozen.model.encoder
    assert isinstance(base, Transformer)
    ids = [tuple(found) for found in base.tokens(rows.texts)[0]]
    groups = dict(zip(ids, rows.groups.tolist(), strict=True))
    learned = [{groups[found] for found in some} for some in teacher.learned]
    everything = set(rows.groups.tolist())

    # Twice a fold, without and with the rows that are set aside, and at last on all rows.
    assert len(learned) == 7
    firsts, wholes = learned[0:6:2], learned[1:6:2]
    for first, whole, some in zip(firsts, wholes, teacher.learned[1:6:2], strict=True):
        assert first < whole < everything
        assert len(some) == sum(groups[found] in whole for found in ids)
    asked = [everything - whole for whole in wholes]
    assert set.union(*asked) == everything
    assert sum(map(len, asked)) == len(everything)
    assert learned[-1] == everything


def test_lessons_weigh_labels_as_scikit_learn_does(rows: TrainingSet, frozen: Report) -> None:
    """Rare labels count as much as frequent ones, for single and multiple choice alike."""
    teacher = Teacher()
    fine_tune(rows, frozen, "end-to-end", tuner=teacher)
    stance, frames = teacher.lessons[-1]

    expected = compute_sample_weight("balanced", stance.truth.argmax(axis=1))
    assert stance.importance().sum(axis=1) == pytest.approx(expected)
    for k in range(frames.truth.shape[1]):
        expected = compute_sample_weight("balanced", frames.truth[:, k])
        assert frames.importance()[:, k] * frames.truth.shape[1] == pytest.approx(expected)


def test_bundle(tmp_path: Path, matter: list[int], rows: TrainingSet, frozen: Report) -> None:
    """A tuned model is kept whole, with what it was made from, and answers the same again."""
    found = fine_tune(rows, frozen, "contrastive", tuner=Teacher(matter))
    model = found.report.model
    model.save(tmp_path / "model")
    again = Model.load(tmp_path / "model")
    told = json.loads((tmp_path / "model" / "manifest.json").read_bytes())["encoder"]["settings"]

    before, after = model.predict(rows.texts), again.predict(rows.texts)
    for name, answer in before.items():
        assert np.array_equal(answer.probabilities, after[name].probabilities)
    # Whether the frozen part stays beside the tuned one depends on scores that rounding decides.
    settings = told["parts"][0]["settings"] if "parts" in told else told
    assert settings["tuned"]["method"] == "contrastive"
    assert settings["tuned"]["n_texts"] == len(rows)
    base = frozen.model.encoder
    assert isinstance(base, Transformer)
    assert settings["sha256"] == dict(base.weights.sha256)
    assert "fine-tuned (contrastive" in (tmp_path / "model" / "CARD.md").read_text()


@pytest.mark.parametrize(
    ("tensors", "told"),
    [
        ({"unknown.weight": np.zeros(3, np.float16)}, "does not fit"),
        ({"embeddings.LayerNorm.bias": np.zeros(3, np.float16)}, "does not fit"),
        ({"embeddings.LayerNorm.bias": np.zeros(16, np.int8)}, "finite numbers"),
        ({"embeddings.LayerNorm.bias": np.full(16, np.nan, np.float16)}, "finite numbers"),
    ],
)
def test_strange_tensors(tmp_path: Path, frozen: Report, tensors: Tensors, told: str) -> None:
    """Tensors that do not belong to the network are refused, whatever the manifest says."""
    base = frozen.model.encoder
    assert isinstance(base, Transformer)
    settings, _ = Tuned(base.weights, base.layers, {}, {}).state()
    with pytest.raises(ValueError, match=told):
        Tuned.restore(settings, tensors)

    model = replace(frozen.model, encoder=Tuned(base.weights, base.layers, {}, {}))
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "weights.safetensors"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BundleError, match="changed or damaged"):
        Model.load(tmp_path / "model")


def test_refused(matter: list[int], rows: TrainingSet, report: Report, frozen: Report) -> None:
    """What has no network cannot be tuned, nor in a way that nobody knows, nor twice."""
    with pytest.raises(InputError, match="'tfidf' has no network that can be tuned"):
        fine_tune(rows, report, "auto", tuner=Teacher(matter))
    with pytest.raises(UnknownNameError, match="did you mean 'contrastive'"):
        fine_tune(rows, frozen, "contrastiv", tuner=Teacher(matter))
    few = replace(rows, groups=np.minimum(rows.groups, 3))
    with pytest.raises(InputError, match="4 groups are too few"):
        fine_tune(few, frozen, "auto", tuner=Teacher(matter))
    other = replace(rows, texts=(*rows.texts[:-1], "Another text."))
    with pytest.raises(InputError, match="not what the model was trained on"):
        fine_tune(other, frozen, "auto", tuner=Teacher(matter))
    once = fine_tune(rows, frozen, "contrastive", tuner=Teacher(matter)).report
    with pytest.raises(InputError, match="no network that can be tuned"):
        fine_tune(rows, once, "contrastive", tuner=Teacher(matter))


@pytest.mark.usefixtures("own_home")
def test_untuned_is_frozen(tmp_path: Path, write_folder: Callable[..., Path]) -> None:
    """With no tensor changed the tuned encoder is the frozen one, targets included."""
    base = make_encoder(str(write_folder(tmp_path / "net", "mpnet")))
    assert isinstance(base, Transformer)
    tuned = Tuned(base.weights, base.layers)
    texts, spans = ["the court will rule", "no"], [(4, 9), (0, 2)]

    assert np.array_equal(tuned.encode(texts), base.encode(texts))
    marked = tuned.begin_marked(texts, spans)[1]
    assert np.array_equal(marked, base.prepare_marked(texts, spans))


def test_targets(tmp_path: Path, own_home: None, write_folder: Callable[..., Path]) -> None:
    """A network that reads targets is tuned with them, and its bundle asks for them."""
    path = write_rows(tmp_path / "targets.jsonl")
    told = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("\n".join(json.dumps({**row, "target": row["text"][-4:]}) for row in told))
    data = from_file(path, ["stance"])
    before = train(data, encoder=str(write_folder(tmp_path / "other", "bert")), n_folds=2)
    found = fine_tune(data, before, "end-to-end", tuner=Teacher())
    model = found.report.model
    model.save(tmp_path / "model")

    assert model.needs == before.model.needs == ("target",)
    again = Model.load(tmp_path / "model").predict(data.texts, data.context)["stance"]
    first = model.predict(data.texts, data.context)["stance"]
    assert np.array_equal(again.probabilities, first.probabilities)


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("method", ["end-to-end", "contrastive"])
def test_what_is_kept_reads_as_what_was_scored(
    tmp_path: Path, write_folder: Callable[..., Path], method: str
) -> None:
    """The encoder of a kept model gives the columns that its classifiers were fitted on."""
    path = write_rows(tmp_path / "targets.jsonl")
    told = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("\n".join(json.dumps({**row, "target": row["text"][-4:]}) for row in told))
    data = from_file(path, ["stance"])
    name = f"{write_folder(tmp_path / 'net', 'bert')}"
    model = train(data, encoder=name, n_folds=2).model
    fitter, rows = Fitter(data, model, Teacher(), {}, 0), np.arange(len(data))
    ensemble = fitter.tuned(rows, rows, make_recipe(method, len(data)), lambda *_: None)
    (job,) = fitter.jobs
    held = ensemble.scores(0, rows)
    head = make_head(ensemble, 0, job, Unseen(held, job.truth, np.ones(2, bool)))
    whole = replace(head, fit=replace(head.fit, weights=np.ones_like(head.fit.weights)))
    _, encoder, _ = fitter.joined(ensemble, {"stance": whole})

    assert np.allclose(encoder.encode(data.texts, data.context), ensemble.vectors, atol=1e-6)
    if method == "end-to-end":
        lesson = fitter._lesson(job, rows)
        spans = Inputs(data.texts, data.context or {}).spans()
        raw = encoder.parts[0].encoder.prepare_marked(data.texts, spans)
        expected = raw @ lesson.start.weights.T + lesson.start.intercept
        assert np.allclose(held[0], expected, atol=1e-4)


def test_alone_where_the_frozen_one_misleads(rows: TrainingSet, frozen: Report) -> None:
    """Where held-out rows say that the frozen classifier only harms, it is left out."""
    fitter, everything = Fitter(rows, frozen.model, Teacher(), {}, 0), np.arange(len(rows))
    recipe = make_recipe("end-to-end", len(rows))
    ensemble = fitter.tuned(everything, everything, recipe, lambda *_: None)
    heads = {}
    for place, job in enumerate(fitter.jobs):
        right = np.where(job.truth, 1.0, -1.0)
        unseen = Unseen((right, -right), job.truth, np.ones(2, bool))
        heads[job.name] = make_head(ensemble, place, job, unseen)
    name, encoder, cut = fitter.joined(ensemble, heads)

    assert name.endswith("-tuned")
    assert encoder is ensemble.encoder
    assert all(head.fit.weights.shape[1] == encoder.width for head in cut.values())
