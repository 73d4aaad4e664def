import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import save_file
from scipy.special import erf, softmax
from tokenizers import Tokenizer

from standfirst.errors import InputError, MissingExtraError, MissingFileError
from standfirst.models.encoders.networks.graph import build_graph, distance_buckets
from standfirst.models.encoders.networks.transformer import Transformer
from standfirst.models.encoders.networks.vector_cache import cached
from standfirst.models.encoders.registry import default_encoder, make_encoder, restore_encoder
from standfirst.models.encoders.weights.architectures import NAMES, Network, read_network
from standfirst.models.encoders.weights.on_disk import add_folder, find_weights

Floats = npt.NDArray[np.float32]
WriteFolder = Callable[..., Path]
TEXTS = ["talks resume", "the minister said that the court will rule on the plan", "no", ""]
WIDTH = 16


def reference(tensors: dict[str, Floats], network: Network, ids: list[int]) -> list[Floats]:
    """Run a transformer as its paper writes it, one operation after the other; all states."""

    def norm(x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + network.epsilon)
        return np.asarray(scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"])

    def dense(x: Floats, name: str) -> Floats:
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    n, heads, names = len(ids), network.heads, NAMES[network.architecture]
    x = tensors["embeddings.word_embeddings.weight"][ids]
    first = network.first_position
    x = x + tensors["embeddings.position_embeddings.weight"][first : first + n]
    if "embeddings.token_type_embeddings.weight" in tensors:
        x = x + tensors["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    bias: Any = 0.0
    if network.architecture == "mpnet":
        table = tensors["encoder.relative_attention_bias.weight"]
        bias = table[distance_buckets(n, len(table))].transpose(2, 0, 1)
    states = []
    for number in range(network.n_layers):
        name = names.layer.format(number)
        q, k, v = (
            dense(x, f"{name}.{part}").reshape(n, heads, -1).swapaxes(0, 1)
            for part in (names.query, names.key, names.value)
        )
        weight = softmax(q @ k.swapaxes(1, 2) / q.shape[-1] ** 0.5 + bias, axis=-1)
        mixed = dense((weight @ v).swapaxes(0, 1).reshape(n, -1), f"{name}.{names.out}")
        x = norm(x + mixed, f"{name}.{names.attended}")
        wide = dense(x, f"{name}.{names.wide}")
        wide = wide * 0.5 * (1 + erf(wide / 2**0.5))
        x = norm(x + dense(wide, f"{name}.{names.narrow}"), f"{name}.{names.done}")
        states.append(x)
    return states


def unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))


@pytest.mark.parametrize(
    ("n_layers", "pooled"),
    [(1, (1,)), (2, (2,)), (6, (4, 6)), (12, (6, 9, 12)), (24, (12, 18, 24))],
)
def test_middle_layers_and_the_last_are_pooled(n_layers: int, pooled: tuple[int, ...]) -> None:
    """A deep network has two in its middle."""
    assert Network("mpnet", n_layers, 768, 12, 384).layers == pooled


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("architecture", ["bert", "mpnet", "roberta", "distilbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_any_folder(
    tmp_path: Path, architecture: str, pooling: str, write_folder: WriteFolder
) -> None:
    """The fused graph gives what a plain forward pass gives: texts, targets, any layers."""
    from safetensors.numpy import load_file

    folder = write_folder(tmp_path / "net", architecture, pooling=pooling)
    tensors, network = load_file(folder / "model.safetensors"), read_network(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    encoder = make_encoder(str(folder))
    assert isinstance(encoder, Transformer)
    assert encoder.layers == (2, 3)
    found = encoder.prepare_marked(TEXTS, [(0, 5), (4, 12), (5, 9), (0, 0)])
    (last, columns), plain = encoder.narrow([3]), encoder.encode(TEXTS)

    assert found.shape == (4, 8 * WIDTH)
    # Target tokens, with <s> before them; where nothing stands in the span, all of them.
    for row, marked in enumerate([1, 2, None, None]):
        states = reference(tensors, network, tokenizer.encode(TEXTS[row]).ids)[1:]
        whole = [state[0] if pooling == "cls" else state.mean(axis=0) for state in states]
        places = np.arange(len(states[0]))
        weights = np.ones((3, len(places)), np.float32)
        if marked is not None:
            near = np.exp(-abs(places - marked) / 5)
            weights = np.stack(
                [places == marked, near * (places < marked), near * (places > marked)]
            )
        beside = [weight @ state for weight in weights for state in states]
        expected = np.concatenate([unit(vector) for vector in (*whole, *beside)])
        assert np.abs(found[row] - expected).max() < 1e-5
    assert np.allclose(plain, found[:, : 2 * WIDTH], atol=1e-6)
    assert np.allclose(last.encode(TEXTS), plain[:, columns], atol=1e-6)


@pytest.mark.usefixtures("own_home")
def test_equal_texts_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_folder: WriteFolder
) -> None:
    """Texts that occur again get the vectors of the first, target by target, and cost nothing."""
    encoder = make_encoder(str(write_folder(tmp_path / "net", "bert")))
    assert isinstance(encoder, Transformer)
    texts = [TEXTS[row] for row in (0, 1, 0, 2, 1, 0)]
    spans = [(0, 5), (4, 12), (0, 5), (5, 9), (0, 0), (6, 9)]
    alone = [encoder.prepare([text])[0] for text in texts]
    marked = [
        encoder.prepare_marked([text], [span])[0] for text, span in zip(texts, spans, strict=True)
    ]
    answer, n_read = encoder._answer, list[int]()

    def counted(*given: Any) -> Any:
        n_read.append(len(given[1]["ids"]))
        return answer(*given)

    monkeypatch.setattr(encoder, "_answer", counted)
    together, together_marked = encoder.prepare(texts), encoder.prepare_marked(texts, spans)

    assert np.allclose(together, alone, atol=1e-6)
    assert np.allclose(together_marked, marked, atol=1e-6)
    assert n_read == [3, 5]
    assert (together[0] == together[2]).all()


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("architecture", ["bert", "roberta"])
def test_long_texts_are_read_in_windows(
    tmp_path: Path, architecture: str, write_folder: WriteFolder
) -> None:
    """Each window is read alone, counts by its tokens, and a target by where it stands."""
    from safetensors.numpy import load_file

    folder = write_folder(tmp_path / "net", architecture)
    tensors, network = load_file(folder / "model.safetensors"), read_network(folder)
    words = TEXTS[1].split() * 9  # 99 words: three windows of 33 where 38 fit
    words[70] = "minister"
    text = " ".join(words)
    start = len(" ".join(words[:70])) + 1
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = tokenizer.encode(text).ids[1:-1]
    encoder = make_encoder(str(folder))
    assert isinstance(encoder, Transformer)
    (found,) = encoder.prepare_marked([text], [(start, start + len(words[70]))])
    alone = encoder.prepare_marked(TEXTS, [(0, 5), (4, 12), (5, 9), (0, 0)])
    together = encoder.prepare_marked([text, *TEXTS], [(0, 5), (0, 5), (4, 12), (5, 9), (0, 0)])

    assert network.max_tokens in {39, 40}
    total = np.zeros((8, WIDTH), np.float32)
    for window in range(3):
        part = ids[33 * window : 33 * window + 33]
        states = reference(tensors, network, [1, *part, 2])[1:]
        places = np.arange(35)
        near = np.exp(-abs(places - 1 + 33 * window - 70) / 5)
        own = places - 1 + 33 * window == 70
        # The special tokens at both ends of the text stand beside its target, as they always did.
        near[0] = np.exp(-71 / 5)
        near[-1] = np.exp(-29 / 5)
        before = near * (places - 1 + 33 * window < 70)
        before[0], before[-1] = near[0], 0
        behind = near * (places - 1 + 33 * window > 70)
        behind[0], behind[-1] = 0, near[-1]
        for block, marks in enumerate([np.ones(35), own, before, behind]):
            counted = 33.0 if block == 0 else marks[1:-1].sum()
            if counted > 1e-6:
                for layer, state in enumerate(states):
                    total[2 * block + layer] += counted * unit(marks @ state)
    expected = np.concatenate([unit(one) for one in total])
    assert np.abs(found - expected).max() < 1e-5
    assert np.allclose(together[1:], alone, atol=1e-6)


@pytest.mark.usefixtures("own_home")
def test_very_long_texts_are_read_in_part(tmp_path: Path, write_folder: WriteFolder) -> None:
    """What stands behind sixteen windows is not read, and is no error."""
    encoder = make_encoder(str(write_folder(tmp_path / "net", "bert")))
    whole = " ".join(["talks"] * 38 * 16)
    courts = " ".join(["court"] * 38)
    longer, other, shorter = encoder.encode([f"{whole} court", f"{courts} {whole}", whole])

    assert np.allclose(longer, shorter, atol=1e-6)
    assert not np.allclose(other, shorter, atol=1e-3)


@pytest.mark.usefixtures("own_home")
def test_weights_are_not_copied_into_the_graph(tmp_path: Path, write_folder: WriteFolder) -> None:
    """Large weights stay beside the operators, and live as long as the session that reads them."""
    from safetensors.numpy import load_file

    folder = write_folder(tmp_path / "net", "bert")
    network = read_network(folder)
    graph = build_graph(load_file(folder / "model.safetensors"), network, (2, 3))
    named = [one for one in graph.model.graph.initializer if one.name in graph.weights]
    session = graph.session(n_threads=1)
    ids = np.ones((2, 5), np.int32)
    before = session.run(None, {"ids": ids, "mask": ids})[0]
    sizes = {name: array.nbytes for name, array in graph.weights.items()}
    del graph
    gc.collect()
    noise = [np.full(size // 4, np.nan, np.float32) for size in sizes.values() for _ in range(5)]

    assert sizes["words"] >= 1_024
    assert len(named) == len(sizes)
    assert not any(one.raw_data for one in named)
    assert np.array_equal(session.run(None, {"ids": ids, "mask": ids})[0], before)
    assert len(noise) == 5 * len(sizes)


@pytest.mark.usefixtures("own_home")
def test_a_folder_is_found_again_by_its_hashes(tmp_path: Path, write_folder: WriteFolder) -> None:
    """What a bundle stores leads back to the folder; without it, or changed, it is refused."""
    folder = write_folder(tmp_path / "my+net", "bert")
    encoder = make_encoder(str(folder))
    settings, _ = encoder.state()
    name = settings["name"]
    again = restore_encoder(name, settings, {})

    assert name.startswith("my-net@")
    assert str(tmp_path) not in json.dumps(settings)
    assert np.array_equal(again.encode(TEXTS), encoder.encode(TEXTS))
    with pytest.raises(MissingFileError, match="run: standfirst encoders add FOLDER"):
        restore_encoder(name, {**settings, "sha256": {"model.safetensors": "0"}}, {})
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    changed = restore_encoder(name, {**settings, "layers": [1]}, {})
    with pytest.raises(InputError, match="changed"):
        changed.encode(TEXTS)


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model_type": "gpt2"}, "architecture 'gpt2' is not known"),
        ({"hidden_act": "relu"}, "activation 'relu'"),
        ({"hidden_size": None}, "does not state layers, width, heads or positions"),
        ({"num_hidden_layers": 9}, "does not hold the weights that config.json promises"),
    ],
)
def test_strange_folders(
    tmp_path: Path, change: dict[str, Any], told: str, write_folder: WriteFolder
) -> None:
    """A network of another kind is refused in one line that says what is not understood."""
    folder = write_folder(tmp_path / "net", "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))

    with pytest.raises(InputError, match=told) as refused:
        make_encoder(str(folder)).encode(TEXTS)
    assert "\n" not in str(refused.value)
    (folder / "config.json").unlink()
    with pytest.raises(MissingFileError, match=r"config\.json: is missing"):
        add_folder(folder)


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize(
    "change",
    [
        {"max_position_embeddings": None},
        {"max_position_embeddings": []},
        {"max_position_embeddings": "a"},
        {"max_position_embeddings": 2},
        {"max_position_embeddings": -4},
        {"max_position_embeddings": 10**400},
        {"max_position_embeddings": float("inf")},
        {"num_attention_heads": 3},
        {"hidden_size": -8},
        {"num_hidden_layers": 2**70},
    ],
)
def test_impossible_sizes(
    tmp_path: Path, change: dict[str, Any], write_folder: WriteFolder
) -> None:
    """Sizes that no network can have are refused in one line that names config.json."""
    path = write_folder(tmp_path / "net", "bert") / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(InputError, match=r"config\.json: ") as refused:
        make_encoder(str(path.parent)).encode(TEXTS)
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("own_home")
def test_a_vocabulary_without_unknown_words(tmp_path: Path, write_folder: WriteFolder) -> None:
    """A tokenizer that lacks the token for unknown words is refused before any text is read."""
    path = write_folder(tmp_path / "net", "bert") / "tokenizer.json"
    path.write_text(path.read_text().replace('"<unk>"', '"<other>"', 1))

    with pytest.raises(InputError, match=r"tokenizer\.json: is not a tokenizer"):
        make_encoder(str(path.parent)).encode(["talks"])


@pytest.mark.usefixtures("own_home")
def test_a_template_without_its_tokens(tmp_path: Path, write_folder: WriteFolder) -> None:
    """A tokenizer whose Rust panics, which is no Exception, is refused as any other."""
    path = write_folder(tmp_path / "net", "bert") / "tokenizer.json"
    content = json.loads(path.read_text())
    token = {"SpecialToken": {"id": "<none>", "type_id": 0}}
    sequences = [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"]
    content["post_processor"] = {
        "type": "TemplateProcessing", "single": [token, sequences[0]], "pair": sequences,
        "special_tokens": {},
    }  # fmt: skip
    path.write_text(json.dumps(content))

    with pytest.raises(InputError, match=r"tokenizer\.json: is not a tokenizer"):
        make_encoder(str(path.parent)).encode(["talks"])


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("damaged", [b"", b'{"model": "a\n"}', b"\xff\xfe", b"[" * 5_000])
def test_a_damaged_tokenizer(tmp_path: Path, damaged: bytes, write_folder: WriteFolder) -> None:
    """A tokenizer that cannot be read is refused in one line that names the file."""
    folder = write_folder(tmp_path / "net", "bert")
    (folder / "tokenizer.json").write_bytes(damaged)

    with pytest.raises(InputError, match=r"tokenizer\.json: is not a tokenizer") as refused:
        make_encoder(str(folder)).encode(TEXTS)
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("own_home")
def test_a_folder_of_model2vec(tmp_path: Path, write_folder: WriteFolder) -> None:
    """A text is the mean of its known tokens' vectors, weighted and shared as the folder says."""
    folder = write_folder(tmp_path / "words", "bert")
    size = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
    rng = np.random.default_rng(0)
    tensors: dict[str, npt.NDArray[Any]] = {
        "embeddings": rng.normal(size=(5, 3)).astype(np.float32),
        "mapping": rng.integers(0, 5, size),
        "weights": rng.random(size),
    }
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text('{"model_type": "model2vec"}')
    encoder = make_encoder(str(folder))
    settings, _ = encoder.state()
    again = restore_encoder(settings["name"], settings, {})
    found = again.encode(["Talks zzz resume", "zzz", "", "talks \ud800 resume"])
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    tokens = [vocabulary["talks"], vocabulary["resume"]]
    rows = tensors["embeddings"][tensors["mapping"][tokens]] * tensors["weights"][tokens, None]

    assert np.allclose(found[0], unit(rows.mean(axis=0)), atol=1e-6)
    assert not found[1:3].any()
    assert np.array_equal(found[3], found[0])
    save_file({"vectors": tensors["embeddings"]}, folder / "model.safetensors")
    with pytest.raises(InputError, match="does not hold the vectors of model2vec"):
        make_encoder(str(folder)).encode(TEXTS)


@pytest.mark.usefixtures("own_home")
def test_word_vectors_without_tokenizers(
    tmp_path: Path, write_folder: WriteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where tokenizers is not installed, a folder of model2vec names the extra that has it."""
    folder = write_folder(tmp_path / "words", "bert")
    (folder / "config.json").write_text('{"model_type": "model2vec"}')
    monkeypatch.setitem(sys.modules, "tokenizers", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'standfirst\[minilm\]'"):
        make_encoder(str(folder)).encode(TEXTS)


@pytest.mark.slow
@pytest.mark.weights
def test_minilm_computes_bert() -> None:
    """The pulled weights give what a plain forward pass gives, whatever stands in the batch."""
    from safetensors.numpy import load_file

    weights = find_weights("minilm")
    tokenizer = Tokenizer.from_file(str(weights.folder / "tokenizer.json"))
    tokenizer.no_padding()
    texts = ["Talks resume.", "The minister said that the court's ruling would be appealed.", "No."]
    found = Transformer.named("minilm").encode(texts)
    tensors = load_file(weights.folder / "model.safetensors")

    assert found.shape == (3, 768)
    for row, text in zip(found, texts, strict=True):
        states = reference(tensors, weights.network, tokenizer.encode(text).ids)
        expected = np.concatenate([unit(states[layer - 1].mean(axis=0)) for layer in (4, 6)])
        assert np.abs(row - expected).max() < 1e-5


@pytest.mark.slow
@pytest.mark.weights
def test_strange_texts() -> None:
    """Empty, very long and broken texts get finite vectors."""
    found = Transformer.named("minilm").encode(["", "word " * 2_000, "\ud800", "\0"])

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


@pytest.mark.usefixtures("own_home")
def test_without_weights() -> None:
    """Without weights the default is TF-IDF, and asking for MiniLM says how to get it."""
    assert default_encoder() == "tfidf"
    for name in ("minilm", "mpnet"):
        with pytest.raises(MissingFileError, match=f"standfirst encoders pull {name}"):
            make_encoder(name).encode(["a"])
