"""Devices: none is taken that was not asked for, and each gives the vectors of the others."""

import json
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from standfirst.errors import DeviceError, ExistsError, InputError, UnknownNameError
from standfirst.models import Model, TrainingSet, train
from standfirst.models.encoders.networks import devices
from standfirst.models.encoders.networks.devices import (
    CLOSE,
    DEVICES,
    IN_HALF,
    VARIABLE,
    _first_provider,
    device_here,
    devices_here,
    resolve,
    with_device,
)
from standfirst.models.encoders.networks.graph import Graph, build_graph
from standfirst.models.encoders.networks.half import LEAST_COSINE, halve, least_cosine
from standfirst.models.encoders.networks.transformer import Transformer, open_session
from standfirst.models.encoders.registry import device_of, make_encoder
from standfirst.models.encoders.weights.architectures import read_network
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.run import Options, prepare
from standfirst.models.runs.run import run as run_tasks

Run = Callable[..., Any]
WriteFolder = Callable[..., Path]

TEXTS = ["talks resume", "the minister said that the court will rule on the plan", "no", ""]
WIDTH = 16
SPANS = [(0, 5), (4, 12), (0, 2), (0, 0)]
_ROUGH = r"^--device cuda-half: .* too rough .*; use --device cuda"
OTHERS = [name for name in devices_here() if name != "cpu" and name not in IN_HALF]

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="the extra openvino is not installed"
)
without_cuda = pytest.mark.skipif("cuda" in OTHERS, reason="there is a GPU here")


@pytest.fixture
def folder(tmp_path: Path, own_home: None, write_folder: WriteFolder) -> Path:
    """Give a small network in a folder, and a home of our own."""
    return write_folder(tmp_path / "net", "bert")


@pytest.fixture
def graph(folder: Path) -> Graph:
    """Give its graph."""
    return build_graph(load_file(folder / "model.safetensors"), read_network(folder), (2, 3))


@pytest.fixture
def small_model(folder: Path, data: TrainingSet, tmp_path: Path) -> Path:
    """Give the folder of a model on that network."""
    train(data, encoder=str(folder), context="none", effort="fast", n_folds=2).model.save(
        tmp_path / "m"
    )
    return tmp_path / "m"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Give two articles."""
    path = tmp_path / "news.jsonl"
    lines = [{"id": f"a{k}", "text": f"The minister said that plan {k} will rule."} for k in (1, 2)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def inputs(n_texts: int, n_tokens: int) -> dict[str, Any]:
    ids = np.arange(n_texts * n_tokens, dtype=np.int32).reshape(n_texts, n_tokens) % 14
    return {"ids": ids, "mask": np.ones_like(ids)}


def test_the_processor_and_onnxruntime_are_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for nothing gets what there always was, whatever else is installed."""
    monkeypatch.delenv(VARIABLE, raising=False)

    assert device_here() == "cpu"
    assert devices_here()[0] == "cpu"
    assert resolve("auto") in ("cpu", "cuda")


def test_a_strange_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told where it stood, and which names there are."""
    with pytest.raises(UnknownNameError, match="unknown device 'gpu'; did you mean 'cpu'"):
        resolve("gpu")
    monkeypatch.setenv(VARIABLE, "opencl")
    with pytest.raises(UnknownNameError, match=f"unknown device in {VARIABLE}: 'opencl'"):
        device_here()


def test_a_device_lasts_as_long_as_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood in the environment stands there again; None changes nothing."""
    monkeypatch.setenv(VARIABLE, "auto")
    with with_device("cpu"), with_device(None):
        inside = device_here()

    assert inside == "cpu"
    assert resolve("auto") == device_here()


@without_cuda
def test_without_a_gpu_none_is_pretended(small_model: Path, news: Path, run: Run) -> None:
    """Where onnxruntime has no GPU, one line says so, and no tags are written by the processor."""
    done = run("tag", small_model.name, news.name, "-o", "t", "--device", "cuda", cwd=news.parent)
    auto = run("tag", small_model.name, news.name, "-o", "a", "--device", "auto", cwd=news.parent)

    assert done.code == 1
    assert done.err.startswith("error: --device cuda: the ")
    assert done.err.count("\n") == 1
    assert "uninstall onnxruntime" in done.err or "use --device cpu" in done.err
    assert not (news.parent / "t").exists()
    assert "device: cpu" in auto.err


@without_cuda
def test_a_model_is_not_loaded_for_a_gpu_that_is_not_there(
    small_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is at fault, and not the model."""
    monkeypatch.setenv(VARIABLE, "cuda")

    with pytest.raises(DeviceError, match=r"^--device cuda: "):
        Model.load(small_model)


def test_without_openvino(monkeypatch: pytest.MonkeyPatch, news: Path, run: Run) -> None:
    """One line names the extra."""
    monkeypatch.setitem(sys.modules, "openvino", None)
    done = run("tag", "m", news.name, "-o", "t", "--device", "openvino", cwd=news.parent)

    assert done.code == 1
    assert "needs the extra 'openvino'; run: pip install 'standfirst[openvino]'" in done.err


def test_the_first_provider_computes(graph: Graph) -> None:
    """The way to the GPU, walked with the processor, gives the vectors of the usual way."""
    given = inputs(3, 7)
    usual = DEVICES["cpu"](graph, 1).run(None, given)[0]

    same = _first_provider(graph, 1, "CPUExecutionProvider", {}).run(None, given)[0]
    assert np.array_equal(same, usual)


@without_cuda
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_no_other_provider_stands_in(graph: Graph) -> None:
    """Onnxruntime takes the processor where it has not the provider; here that is refused."""
    with pytest.raises(RuntimeError, match="could not load CUDAExecutionProvider"):
        _first_provider(graph, 1, "CUDAExecutionProvider", {})


@pytest.mark.usefixtures("own_home")
@pytest.mark.skipif(not OTHERS, reason="there is one device here")
@pytest.mark.parametrize("device", OTHERS)
@pytest.mark.parametrize("architecture", ["bert", "mpnet", "roberta", "distilbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_are_those_of_the_processor(
    tmp_path: Path, device: str, architecture: str, pooling: str, write_folder: WriteFolder
) -> None:
    """Texts and targets, of any network: as near as promised, in a batch and alone."""
    encoder = make_encoder(str(write_folder(tmp_path / "net", architecture, pooling=pooling)))
    assert isinstance(encoder, Transformer)
    usual, marked = encoder.prepare(TEXTS), encoder.prepare_marked(TEXTS, SPANS)
    with with_device(device):
        other, other_marked = encoder.prepare(TEXTS), encoder.prepare_marked(TEXTS, SPANS)
        alone = np.vstack([encoder.prepare([text]) for text in TEXTS])

    for vectors in (other, alone):
        assert np.abs(vectors - usual).max() < CLOSE
    assert np.abs(other_marked - marked).max() < CLOSE


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.skipif(not OTHERS, reason="there is one device here")
@pytest.mark.parametrize("device", OTHERS)
def test_minilm_is_the_same_everywhere(device: str) -> None:
    """The real network is as near as promised, too."""
    from standfirst.study.speed import _sentences

    encoder, texts = make_encoder("minilm"), _sentences()[:64]
    usual = encoder.encode(texts)
    with with_device(device):
        other = encoder.encode(texts)

    assert np.abs(other - usual).max() < CLOSE


@pytest.fixture
def gpu_by_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processor do what a GPU would, where there is none."""
    if "cuda" in OTHERS:
        return
    usual = DEVICES["cpu"]
    monkeypatch.setattr(devices, "_check_cuda", lambda name: None)
    monkeypatch.setitem(DEVICES, "cuda", usual)
    monkeypatch.setitem(DEVICES, "cuda-half", lambda graph, n: usual(halve(graph), n))


@pytest.mark.usefixtures("own_home", "gpu_by_processor")
@pytest.mark.parametrize("architecture", ["bert", "mpnet", "roberta", "distilbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_half_precision_agrees(
    tmp_path: Path, architecture: str, pooling: str, write_folder: WriteFolder
) -> None:
    """Texts and targets of any network are in half precision what they are in full."""
    encoder = make_encoder(str(write_folder(tmp_path / "net", architecture, pooling=pooling)))
    assert isinstance(encoder, Transformer)
    usual = np.hstack([encoder.prepare(TEXTS), encoder.prepare_marked(TEXTS, SPANS)])
    with with_device("cuda-half"):
        half = np.hstack([encoder.prepare(TEXTS), encoder.prepare_marked(TEXTS, SPANS)])
    width = encoder.weights.network.width
    cosines = (usual * half).reshape(-1, width).sum(axis=1)

    assert cosines.min() > LEAST_COSINE
    assert not np.array_equal(usual, half)


@pytest.mark.usefixtures("gpu_by_processor")
def test_a_network_too_large_for_half_precision_is_refused(folder: Path) -> None:
    """States that overflow are told in one line, and not read as vectors."""
    encoder = make_encoder(str(folder))
    assert isinstance(encoder, Transformer)
    name = "embeddings.LayerNorm.weight"
    changed = {name: load_file(folder / "model.safetensors")[name] * 1e5}

    with pytest.raises(DeviceError, match=_ROUGH):
        open_session(encoder.weights, (1,), marked=False, changed=changed, device="cuda-half")


@pytest.mark.usefixtures("gpu_by_processor", "own_home")
def test_a_model_is_not_at_fault_for_half_precision(
    tmp_path: Path, data: TrainingSet, write_folder: WriteFolder
) -> None:
    """Its network is told as too rough, and not the model as damaged."""
    folder = write_folder(tmp_path / "net", "bert")
    tensors = load_file(folder / "model.safetensors")
    tensors["embeddings.LayerNorm.weight"] *= 1e5
    save_file(tensors, folder / "model.safetensors")
    made = train(data, encoder=str(folder), context="none", effort="fast", n_folds=2).model
    made.save(tmp_path / "m")

    with with_device("cuda-half"), pytest.raises(DeviceError, match=_ROUGH):
        Model.load(tmp_path / "m")


def test_what_is_not_finite_is_not_alike(graph: Graph) -> None:
    """A session beside itself has the cosine 1; one that answers with no numbers has 0."""

    class Overflowing:
        def run(self, names: Any, given: Any) -> Any:
            return [np.full((2, 2 * WIDTH), np.nan)]

    session, feeds = DEVICES["cpu"](graph, 1), [inputs(2, 5)]

    assert least_cosine(session, session, feeds, WIDTH) == pytest.approx(1, abs=1e-6)
    assert least_cosine(session, Overflowing(), feeds, WIDTH) == 0


@needs_openvino
def test_openvino_keeps_to_its_threads(graph: Graph) -> None:
    """It takes no more than it was given, and is not held to certain cores."""
    session: Any = DEVICES["openvino"](graph, 1)
    compiled = session._request.get_compiled_model()

    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert not compiled.get_property("ENABLE_CPU_PINNING")


@needs_openvino
def test_openvino_answers_several_threads(graph: Graph) -> None:
    """Those who ask at once get each their own answer."""
    session, shapes = DEVICES["openvino"](graph, 1), [(n, 3 + n % 5) for n in range(1, 17)]
    expected = [session.run(["vectors"], inputs(*shape))[0] for shape in shapes]
    with ThreadPool(4) as pool:
        answers = pool.map(lambda shape: session.run(["vectors"], inputs(*shape))[0], shapes)

    assert all(np.array_equal(a, b) for a, b in zip(answers, expected, strict=True))


@needs_openvino
def test_each_device_has_its_own_cache(folder: Path, tmp_path: Path) -> None:
    """What was kept on one device is not read on another; networks in 8 bits know one device."""
    encoder = make_encoder(str(folder))
    encoder.begin(TEXTS)
    with with_device("openvino"):
        encoder.begin(TEXTS)
    kept = sorted(path.stem.split("-windows")[1] for path in tmp_path.rglob("*-windows*.sqlite"))

    assert kept == ["", "-openvino"]


@needs_openvino
def test_which_encoders_have_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network in full precision, alone or beside words; one in 8 bits and words do not."""
    monkeypatch.setenv(VARIABLE, "openvino")
    network: dict[str, Any] = {"layers": [4, 6]}

    def beside(*names: str) -> dict[str, Any]:
        settings = [network if name.startswith("minilm") else {} for name in names]
        return {"parts": [{"name": n, "settings": s} for n, s in zip(names, settings, strict=True)]}

    assert device_of("minilm", network) == "openvino"
    assert device_of("minilm+tfidf", beside("minilm", "tfidf")) == "openvino"
    assert device_of("minilm-int8", network) == "cpu"
    assert device_of("minilm-int8+tfidf", beside("minilm-int8", "tfidf")) == "cpu"
    assert device_of("tfidf", {}) == "cpu"


def test_what_cannot_be_opened_names_its_library(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that refuses a graph is named in one line, with its reason."""

    def refuse(graph: Graph, n_threads: int) -> Any:
        raise RuntimeError("no such operator\nat a place")

    monkeypatch.setitem(DEVICES, "cpu", refuse)
    encoder = make_encoder(str(folder))
    assert isinstance(encoder, Transformer)

    with pytest.raises(InputError, match="onnxruntime refuses the graph: no such operator"):
        open_session(encoder.weights, (1,), marked=False)


def tagged(model: Path, news: Path, out: Path) -> tuple[Any, dict[str, Any]]:
    summary = run_tasks(prepare(model, [str(news)], str(out), Options()), Local(1))
    return summary, json.loads((out / "_manifest.json").read_text())


def labels(out: Path) -> Sequence[Any]:
    from pyarrow import parquet

    rows = [
        row for path in sorted(out.glob("tags/*")) for row in parquet.read_table(path).to_pylist()
    ]
    return [row["stance"] for row in rows]


def test_tags_name_their_device(small_model: Path, news: Path, tmp_path: Path) -> None:
    """The manifest names it; runs of before it did are continued."""
    _, manifest = tagged(small_model, news, tmp_path / "out")
    assert manifest["options"]["device"] == "cpu"

    del manifest["options"]["device"]
    (tmp_path / "out" / "_manifest.json").write_text(json.dumps(manifest))
    again = prepare(small_model, [str(news)], str(tmp_path / "out"), Options())
    assert again.finished is not None


@needs_openvino
def test_a_run_is_of_one_device(small_model: Path, news: Path, tmp_path: Path) -> None:
    """The same labels come from another device, into a folder of its own."""
    tagged(small_model, news, tmp_path / "usual")
    with with_device("openvino"):
        _, manifest = tagged(small_model, news, tmp_path / "other")
        with pytest.raises(ExistsError, match='device was "cpu", now "openvino"'):
            prepare(small_model, [str(news)], str(tmp_path / "usual"), Options())

    assert manifest["options"]["device"] == "openvino"
    assert labels(tmp_path / "usual") == labels(tmp_path / "other")


@needs_openvino
def test_a_device_that_would_do_nothing_is_refused(saved_model: Path, news: Path, run: Run) -> None:
    """Counted words are computed by no network."""
    words = ("tag", str(saved_model), news.name, "-o", "t", "--device", "openvino")
    done = run(*words, cwd=news.parent)

    assert done.code == 1
    assert "--device openvino: the encoder tfidf has no network in full precision" in done.err
    assert not (news.parent / "t").exists()


@needs_openvino
def test_train_and_tag_from_the_outside(folder: Path, labelled: Path, news: Path, run: Run) -> None:
    """Both take the option; the model and its card, the tags and the screen name the device."""
    option, work = ("--device", "openvino"), news.parent
    words = ("train", "--data", str(labelled), "--label", "stance", "--encoder", str(folder))
    done = run(*words, "--fast", "--folds", "2", "-o", "m", *option, cwd=work)
    told = run("tag", "m", news.name, "-o", "t", "--processes", "2", *option, cwd=work)
    model = json.loads((work / "m" / "manifest.json").read_text())
    manifest = json.loads((work / "t" / "_manifest.json").read_text())

    assert (done.code, told.code) == (0, 0), done.err + told.err
    assert "vectors computed on openvino" in done.out
    assert "device: openvino" in told.err
    assert model["training"]["device"] == manifest["options"]["device"] == "openvino"
    assert "computed on `openvino`" in (work / "m" / "CARD.md").read_text()
