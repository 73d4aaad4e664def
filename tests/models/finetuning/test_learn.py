"""What needs torch; skipped without it (pip install torch)."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file, save_file

from standfirst.errors import InputError
from standfirst.models.encoders.networks.transformer import Transformer
from standfirst.models.encoders.registry import make_encoder
from standfirst.models.encoders.weights.architectures import read_network
from standfirst.models.finetuning.recipe import Lesson, Recipe, Tokens
from standfirst.models.heads.linear import LinearFit

torch = pytest.importorskip("torch")

TEXTS = ["talks resume", "the minister said that the court will rule on the plan", "no", ""]
SPANS = [(0, 5), (4, 12), (0, 2), (0, 0)]
Found = tuple[dict[str, npt.NDArray[Any]], list[LinearFit]]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Leave the other cores to whoever else runs."""
    torch.set_num_threads(1)


def pad(rows: list[Any]) -> Any:
    """Give rows of numbers as one tensor, with zeros behind the shorter ones."""
    parts = [torch.tensor(np.array(row, np.int64)) for row in rows]
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)


def cosine(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Give the smallest cosine of two vectors in the same row."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / lengths).min())


def held_together(encoder: Transformer) -> float:
    """Compare the network in torch with the graph, on texts and targets."""
    from standfirst.models.finetuning.torch_network import TorchNetwork

    tensors = load_file(encoder.weights.folder / "model.safetensors")
    made = TorchNetwork(tensors, encoder.weights.network, encoder.layers)
    ids, marks = encoder.tokens(TEXTS, SPANS)
    mask = pad([[1] * len(row) for row in ids])
    weights = torch.zeros((len(ids), 3, mask.shape[1]))
    for place, one in enumerate(marks):
        weights[place, :, : one.shape[1]] = torch.tensor(one)
    found = made.pooled(pad(ids), mask, weights).numpy()
    expected = encoder.prepare_marked(TEXTS, SPANS)

    assert np.abs(found - expected).max() < 1e-5
    return cosine(found, expected)


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("architecture", ["bert", "mpnet", "roberta", "distilbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_torch_computes_the_graph(
    tmp_path: Path, write_folder: Callable[..., Path], architecture: str, pooling: str
) -> None:
    """The network in torch gives what the fused graph gives, whatever stands in the same batch."""
    encoder = make_encoder(str(write_folder(tmp_path / "net", architecture, pooling=pooling)))
    assert isinstance(encoder, Transformer)

    assert held_together(encoder) > 0.9999


@pytest.mark.weights
def test_torch_computes_minilm() -> None:
    """So it does with the real weights."""
    encoder = make_encoder("minilm")
    assert isinstance(encoder, Transformer)

    assert held_together(encoder) > 0.9999


@pytest.fixture
def folder(tmp_path: Path, own_home: None, write_folder: Callable[..., Path]) -> Path:
    """Write a small network whose layer norms do nothing: random ones would hide all words."""
    made = write_folder(tmp_path / "net", "bert")
    tensors = load_file(made / "model.safetensors")
    for name, value in tensors.items():
        if "LayerNorm" in name:
            tensors[name] = np.full(value.shape, name.endswith("weight"), np.float32)
    save_file(tensors, made / "model.safetensors")
    return made


def tuned(
    folder: Path, method: str, *, seed: int = 0, epochs: int = 30, unanswered: int = 0
) -> tuple[Found, Tokens, npt.NDArray[np.bool_]]:
    """Tune a small network on texts that are told apart by one word."""
    from standfirst.models.finetuning.learn import tune

    rng = np.random.default_rng(0)
    truth = np.arange(48) % 2 == 0
    words = np.array(["talks", "resume", "said", "that", "will", "on"])
    texts = [
        " ".join([*rng.choice(words, 3), "court" if yes else "minister", *rng.choice(words, 2)])
        for yes in truth
    ]
    encoder = make_encoder(str(folder))
    assert isinstance(encoder, Transformer)
    tokens = Tokens(encoder.tokens(texts)[0])
    labels = np.stack([truth, ~truth], axis=1)
    answered = np.arange(48) >= unanswered
    labels[~answered] = False
    start = LinearFit(np.zeros((2, encoder.width)), np.zeros(2))
    lesson = Lesson(answered, labels, multiple=False, start=start)
    found = tune(
        load_file(folder / "model.safetensors"),
        read_network(folder),
        encoder.layers,
        tokens=tokens,
        lessons=[lesson],
        recipe=Recipe(method, epochs, rate=2e-3, head_rate=3e-2, seed=seed),
    )
    return found, tokens, truth


def vectors(folder: Path, tensors: dict[str, Any], tokens: Tokens) -> npt.NDArray[np.float32]:
    """Run the graph with tuned tensors."""
    from standfirst.models.encoders.networks.tuned import Tuned

    base = make_encoder(str(folder))
    assert isinstance(base, Transformer)
    encoder = Tuned(base.weights, base.layers, tensors)
    session, _ = encoder._session(marked=False)
    rows = [np.array([ids], np.int32) for ids in tokens.ids]
    return np.concatenate(
        [session.run(None, {"ids": row, "mask": np.ones_like(row)})[0] for row in rows]
    )


def test_end_to_end_learns(folder: Path) -> None:
    """The classifiers that went along answer rightly, on what the graph computes."""
    (tensors, (fit,)), tokens, truth = tuned(folder, "end-to-end")
    scores = vectors(folder, tensors, tokens) @ fit.weights.T + fit.intercept

    assert ((scores.argmax(axis=1) == 0) == truth).mean() > 0.95
    # Two of three layers learn; words, positions and the first layer stay.
    assert {name.split(".")[2] for name in tensors} == {"1", "2"}
    assert {value.dtype for value in tensors.values()} == {np.dtype(np.float16)}


def test_contrastive_draws_together(folder: Path) -> None:
    """Texts with one label lie closer together than those with different ones, and than before."""
    (tensors, _), tokens, truth = tuned(folder, "contrastive")

    def gap(changed: dict[str, Any]) -> float:
        found = vectors(folder, changed, tokens)
        likeness = found @ found.T / 2
        same = truth[:, None] == truth[None, :]
        return float(likeness[same].mean() - likeness[~same].mean())

    assert gap(tensors) > 0.5
    assert gap({}) < 0.2


@pytest.mark.parametrize("method", ["end-to-end", "contrastive"])
def test_same_seed_same_tensors(folder: Path, method: str) -> None:
    """Seeds decide everything, and the stream of torch goes on as if nothing had been drawn."""
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    one, again, other = (tuned(folder, method, seed=seed, epochs=2)[0][0] for seed in (0, 0, 1))

    assert torch.equal(torch.rand(3), expected)
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", ["end-to-end", "contrastive"])
def test_rows_without_an_answer_teach_nothing(folder: Path, method: str) -> None:
    """Where nobody answered, the weights stay but for their decay."""
    (tensors, _), *_ = tuned(folder, method, epochs=2, unanswered=48)
    before = load_file(folder / "model.safetensors")

    for name, value in tensors.items():
        assert np.abs(value - before[name]).max() < 5e-3


def test_no_such_device() -> None:
    """A device that is not here is refused with a way out; auto takes what there is."""
    from standfirst.models.finetuning.learn import choose_device

    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert choose_device("auto") == "cpu"
    with pytest.raises(InputError, match="use --device cpu"):
        choose_device("cuda")


def test_tags_without_torch(tmp_path: Path, folder: Path, labelled: Path) -> None:
    """A tuned bundle answers in a process that cannot import torch."""
    from standfirst.models import from_file, train
    from standfirst.models.finetuning.fine_tune import fine_tune

    data = from_file(labelled, ["stance", "frames"])
    report = train(data, encoder=str(folder), n_folds=2)
    found = fine_tune(data, report, "end-to-end", epochs=1)
    found.report.model.save(tmp_path / "model")
    text = data.texts[0]
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from standfirst.models import Model\n"
        f"found = Model.load(Path({str(tmp_path / 'model')!r})).predict([{text!r}])\n"
        "print(found['stance'].probabilities.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    expected = found.report.model.predict([text])["stance"].probabilities.tolist()
    assert done.stdout.strip() == str(expected)


def test_command(tmp_path: Path, folder: Path, labelled: Path) -> None:
    """The network is tuned, and what came of it is told in words and in JSON."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "standfirst", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)

    words = ["train", "--data", str(labelled), "--label", "stance", "--encoder", str(folder)]
    words += ["--folds", "2", "--epochs", "1", "--device", "cpu", "-o", "m", "--fine-tune"]
    done = run(*words, "end-to-end")
    assert "fine-tuning: up to 5 times, so that the score is honest" in done.stderr
    assert "fine-tuning end-to-end: macro-F1" in done.stdout
    assert "end-to-end against frozen" in done.stdout
    assert "-tuned" in (tmp_path / "m" / "CARD.md").read_text()
    run("evaluate", "m", "--data", str(labelled))

    found = json.loads(run(*words, "auto", "--json").stdout)["fine_tuning"]
    assert set(found["tuned_macro_f1"]) == {"contrastive", "end-to-end"}
