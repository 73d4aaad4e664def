import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from standfirst.models import Report, TrainingSet, from_file, train
from standfirst.models.cascade.folder import copy_model, save_cascade
from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.encoders.weights.architectures import NAMES
from standfirst.models.training.teach_cascade import Taught, teach_cascade

_NETWORK_WORDS = "talks resume the minister said that court will rule on plan no"
_WIDTH, _HEADS, _LAYERS = 16, 4, 3
_WORDS = {
    "government": "The minister said the plan will work and save lives in region {}.",
    "critique": "Campaigners called the scheme cruel and unlawful near town {}.",
    "neutral": "The vote is due on day {} of the month.",
}


_SOME_WORDS = [
    *("the", "minister", "said", "plan", "will", "work", "and", "save", "lives", "campaigners"),
    *("called", "scheme", "cruel", "unlawful", "near", "vote", "is", "due", "day", "month"),
    *("safety", "comes", "first"),
]

_READY = is_ready()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs MiniLM's weights where they are not pulled."""
    if item.get_closest_marker("weights") and not _READY:
        pytest.skip("run: standfirst encoders pull minilm")


def write_rows(path: Path, n_articles: int = 30) -> Path:
    """Write a labelled file: three sentences an article, one of each stance."""
    with path.open("w") as out:
        for article in range(n_articles):
            for place, (label, words) in enumerate(_WORDS.items()):
                frames = ["law"] if label == "critique" else []
                frames += ["safety"] if (article + place) % 2 and label == "government" else []
                row = {"text": words.format(article), "article_id": f"a{article}"}
                row["text"] += " Safety comes first." if "safety" in frames else ""
                out.write(json.dumps({**row, "stance": label, "frames": frames}) + "\n")
    return path


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a labelled file that is easy to learn."""
    return write_rows(tmp_path_factory.mktemp("labelled") / "rows.jsonl")


@pytest.fixture(scope="session")
def data(labelled: Path) -> TrainingSet:
    """Give the training set of that file."""
    return from_file(labelled, ["stance", "frames"])


@pytest.fixture(scope="session")
def report(data: TrainingSet) -> Report:
    """Give a model trained on it, and what training found out."""
    return train(data, encoder="tfidf", n_folds=3)


@pytest.fixture(scope="session")
def saved_model(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of that model."""
    folder = tmp_path_factory.mktemp("models") / "m"
    report.model.save(folder)
    return folder


@pytest.fixture(scope="session")
def cascade_pool() -> list[str]:
    """Give unlabelled texts of the words of training, most of which lie between its labels."""
    rng = np.random.default_rng(0)
    return [f"{' '.join(rng.choice(_SOME_WORDS, 7))} {n}." for n in range(1_500)]


@pytest.fixture(scope="session")
def taught(report: Report, cascade_pool: list[str]) -> Taught:
    """Give two students of a teacher of two questions."""
    articles = [str(row // 3) for row in range(len(cascade_pool))]
    return teach_cascade(
        report.model, cascade_pool, articles, students=["hashed", "hashed-pieces"], rate=0.95
    )


@pytest.fixture(scope="session")
def with_students(
    saved_model: Path, taught: Taught, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the folder of a model with its students."""
    folder = tmp_path_factory.mktemp("cascades") / "model"
    copy_model(saved_model, folder)
    save_cascade(folder, taught.students, taught.held, taught.n_pool)
    return folder


@pytest.fixture
def write_folder() -> Callable[..., Path]:
    """Give a function that writes a small network as a folder: path, architecture, pooling."""
    return _write_folder


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what tests add out of the user's folder."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path / "home"))


def _write_folder(folder: Path, architecture: str, *, pooling: str = "mean") -> Path:
    """Write a small network with random weights, as sentence-transformers writes a large one."""
    rng = np.random.default_rng(0)
    words = ["<pad>", "<s>", "</s>", "<unk>", *sorted(set(_NETWORK_WORDS.split()))]
    tokenizer = Tokenizer(models.WordLevel({w: k for k, w in enumerate(words)}, "<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = NAMES[architecture]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(words), _WIDTH),
        "embeddings.position_embeddings.weight": (40, _WIDTH),
        "embeddings.LayerNorm.weight": (_WIDTH,),
        "embeddings.LayerNorm.bias": (_WIDTH,),
    }
    if architecture == "mpnet":
        shapes["encoder.relative_attention_bias.weight"] = (32, _HEADS)
    if architecture in ("bert", "roberta"):
        shapes["embeddings.token_type_embeddings.weight"] = (2, _WIDTH)
    for number in range(_LAYERS):
        layer = names.layer.format(number)
        sizes = dict.fromkeys(
            (names.query, names.key, names.value, names.out), (_WIDTH, _WIDTH)
        ) | {
            names.wide: (4 * _WIDTH, _WIDTH),
            names.narrow: (_WIDTH, 4 * _WIDTH),
        }
        for part, size in sizes.items():
            shapes |= {f"{layer}.{part}.weight": size, f"{layer}.{part}.bias": size[:1]}
        for part in (names.attended, names.done):
            shapes |= {f"{layer}.{part}.weight": (_WIDTH,), f"{layer}.{part}.bias": (_WIDTH,)}
    tensors = {n: rng.normal(0, 0.3, s).astype(np.float32) for n, s in shapes.items()}
    save_file(tensors, folder / "model.safetensors")
    config = {
        "model_type": architecture,
        "num_hidden_layers": _LAYERS,
        "hidden_size": _WIDTH,
        "num_attention_heads": _HEADS,
        "max_position_embeddings": 40,
        "layer_norm_eps": 1e-5,
        "pad_token_id": 0,
    }
    if architecture == "distilbert":
        told = {"n_layers": _LAYERS, "dim": _WIDTH, "n_heads": _HEADS, "activation": "gelu"}
        config = {"model_type": architecture, "max_position_embeddings": 40, **told}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "1_Pooling").mkdir()
    told = {f"pooling_mode_{pooling}{'_token' if pooling == 'cls' else '_tokens'}": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(told))
    return folder
