"""Frozen transformer encoders: the pooled states of chosen layers, side by side.

Stance and bias live in the middle layers, topics in the last one; both together beat either, and
beat fine-tuning up to a thousand labels. They run on onnxruntime, or on what `devices` offers
beside it, without torch. Texts are sorted
by length into small batches, so that little is spent on padding; a text that is too long for the
network is read in windows.

A target (the person or group that a stance is towards) is *marked*: the states of its own tokens,
and those of the tokens on its left and on its right, which count less the farther they stand from
it, are pooled out of the same forward pass and stand beside those of the whole text.

References
----------
Vo, D.-T. & Zhang, Y. (2015). Target-Dependent Twitter Sentiment Classification with Rich Automatic
Features. IJCAI. (The left and the right of a target as features of their own.)
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ....errors import DeviceError, InputError, MissingExtraError
from ....progress import Progress
from ...threads import threads_here
from ...views import Span
from ..protocol import Frozen
from ..weights.on_disk import (
    Weights,
    encodable,
    find_weights,
    home,
    is_pulled,
    weights_by_hash,
)
from ..weights.published import SOURCES
from .devices import BATCHES, DEVICES, IN_HALF, check_device, device_here
from .graph import MARKS, Graph, Session, Tensors, build_graph
from .half import LEAST_COSINE, least_cosine
from .own_sentences import own_sentences
from .vector_cache import cached
from .windows import BATCH, MOST, Marks, Window, cut, distinct, feeds, put_together, shortened

__all__ = ["Transformer", "WeightsKey", "is_ready", "load_session", "open_session"]

Vectors = npt.NDArray[np.float32]

_WITH_MARKS = 1 + len(MARKS)
"""How many times as wide vectors are with a target: the text, and one block for each mark."""

_COMPARED = 48
"""Sentences on which half precision is compared with float32."""

_REACH = 5.0
"""Tokens from a target after which a token of its side counts a third (1 / e)."""


def is_ready(name: str = "minilm") -> bool:
    """Return whether weights and libraries are there."""
    return is_pulled(name) and all(map(find_spec, ("onnx", "onnxruntime", "tokenizers")))


class Transformer(Frozen):
    """A frozen network; it learns nothing from texts.

    Parameters
    ----------
    weights
        Its files.
    layers
        The layers whose states are pooled; by default those of `Network.layers`.
    """

    progress: Progress | None = None
    """Receives how many texts are encoded, while `begin` runs."""

    def __init__(self, weights: Weights, layers: Sequence[int] | None = None) -> None:
        self.weights = weights
        self.layers = tuple(layers or weights.network.layers)

    @classmethod
    def named(cls, name: str) -> Self:
        """Make the encoder whose weights are pulled by this name."""
        return cls(find_weights(name))

    @property
    def width(self) -> int:
        """Number of columns; four times as many with targets."""
        return self.weights.network.width * len(self.layers)

    def narrow(self, layers: Sequence[int]) -> tuple[Self, npt.NDArray[np.int64]]:
        """Return the encoder with fewer layers, and the columns of this one that it keeps."""
        width = self.weights.network.width
        indices = [self.layers.index(layer) for layer in layers]
        columns = np.concatenate([np.arange(p * width, (p + 1) * width) for p in indices])
        return type(self)(self.weights, layers), columns

    def begin(self, texts: Sequence[str]) -> tuple[Self, Vectors]:
        """Encode texts, with the cache."""
        path = self._cache("")
        return self, cached(path, texts, self.width, self.prepare, progress=self.progress)

    def begin_marked(self, texts: Sequence[str], spans: Sequence[Span]) -> tuple[Self, Vectors]:
        """Encode texts with a target each, with the cache."""
        keys = [f"{start}:{end}:{text}" for text, (start, end) in zip(texts, spans, strict=True)]

        def encode(some: Sequence[str]) -> Vectors:
            parts = [key.split(":", 2) for key in some]
            return self.prepare_marked(
                [text for _, _, text in parts], [(int(start), int(end)) for start, end, _ in parts]
            )

        path = self._cache("-sides")
        return self, cached(path, keys, _WITH_MARKS * self.width, encode, progress=self.progress)

    def prepare(self, texts: Sequence[str]) -> Vectors:
        """Encode texts, shape (n_texts, width)."""
        return self._run(texts, None)

    def prepare_marked(self, texts: Sequence[str], spans: Sequence[Span]) -> Vectors:
        """Encode texts with a target each, shape (n_texts, 4 * width).

        The text comes first, then the target, its left, and its right. Where no token of a text
        stands in its span, or on a side of it, all count.
        """
        return self._run(texts, spans)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Turn texts into vectors."""
        return self.prepare(texts)

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the layers and the hashes of the files; the weights stay where they are."""
        sha256 = dict(self.weights.sha256)
        return {"name": self.weights.name, "layers": list(self.layers), "sha256": sha256}, {}

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again; refused when it was made with other weights."""
        del arrays
        name, sha256 = str(settings["name"]), dict(settings["sha256"])
        weights = find_weights(name) if name in SOURCES else weights_by_hash(name, sha256)
        if sha256 != dict(weights.sha256):
            raise ValueError(f"made with other weights of {name}")
        layers = tuple(settings["layers"])
        if not layers or not set(layers) <= set(range(1, weights.network.n_layers + 1)):
            raise ValueError(f"layers that {name} does not have")
        return cls(weights, layers)

    def _device(self) -> str:
        return device_here()

    def _session(self, *, marked: bool) -> tuple[Any, Any]:
        key = WeightsKey(self.weights)
        return load_session(key, self.layers, marked=marked, device=self._device())

    def _cache(self, kind: str) -> Any:
        """Name the cache; each device has its own.

        Else vectors of two would stand side by side, and a model would depend on what was trained
        here before.
        """
        layers = "-".join(map(str, self.layers))
        name = f"{self.weights.name.split('@')[0]}-{self.weights.digest[:12]}-layers-{layers}"
        device = self._device()
        kind = kind if device == "cpu" else f"{kind}-{device}"
        return home() / "vectors" / f"{name}-windows{kind}.sqlite"

    def tokens(
        self, texts: Sequence[str], spans: Sequence[Span] | None = None
    ) -> tuple[list[list[int]], list[Marks]]:
        """Cut texts into tokens, no more of each than the network reads at once.

        Returns
        -------
        Their numbers, and, with spans, how much each counts for the target and for its sides.
        """
        encoded = self._encoded(texts, marked=spans is not None)
        short = [shortened(text, self.weights.network.max_tokens) for text in encoded]
        ids = [numbers for numbers, _ in short]
        marks = self._marked([offsets for _, offsets in short], spans) if spans else []
        return ids, marks

    def _encoded(self, texts: Sequence[str], *, marked: bool) -> list[Any]:
        tokenizer = self._session(marked=marked)[1]
        whole = [self.weights.network.prefix + encodable(text) for text in texts]
        # The fast way knows no offsets.
        encode = tokenizer.encode_batch if marked else tokenizer.encode_batch_fast
        return list(encode(whole))

    def _marked(self, offsets: Sequence[Sequence[Span]], spans: Sequence[Span]) -> list[Marks]:
        ahead = len(self.weights.network.prefix)
        return [
            _marks(token_spans, start + ahead, end + ahead)
            for token_spans, (start, end) in zip(offsets, spans, strict=True)
        ]

    def _run(self, texts: Sequence[str], spans: Sequence[Span] | None) -> Vectors:
        session = self._session(marked=spans is not None)[0]
        encoded = self._encoded(texts, marked=spans is not None)
        network = self.weights.network
        marks: Sequence[Marks | None] = [None] * len(texts)
        if spans is not None:
            marks = self._marked([text.offsets for text in encoded], spans)
        windows = [
            window
            for row, (text, mark) in enumerate(zip(encoded, marks, strict=True))
            for window in cut(row, text, mark, network.max_tokens)
        ]
        read, places = distinct(windows)
        width = self.width * (1 if spans is None else _WITH_MARKS)
        vectors = np.zeros((len(read), width), np.float32)
        order = sorted(range(len(read)), key=lambda k: len(read[k].ids))
        at = 0
        batch = BATCHES.get(self._device(), BATCH)
        for inputs in feeds([read[k] for k in order], batch):
            some = order[at : at + len(inputs["ids"])]
            vectors[some] = self._answer(session, inputs)
            at += len(some)
        each = vectors if len(read) == len(windows) else np.take(vectors, places, axis=0)
        return put_together(windows, each, len(texts), network.width)

    def _answer(self, session: Any, inputs: Mapping[str, Any]) -> Vectors:
        try:
            return np.asarray(session.run(None, inputs)[0], np.float32)
        except Exception as error:  # the library raises nothing narrower
            reason = " ".join(str(error).split())[:160]
            problem = f"the network cannot be computed: {reason}"
            raise InputError(self.weights.folder, problem, "fetch it again") from error


def _marks(offsets: Sequence[Span], start: int, end: int) -> Marks:
    """Weigh tokens: those of a span alike, those around it by how near they are."""
    bounds, positions = np.array(offsets), np.arange(len(offsets))
    # Special tokens have no length, and are in no span.
    inside = (bounds[:, 0] < end) & (bounds[:, 1] > start) & (bounds[:, 1] > bounds[:, 0])
    if not inside.any():
        return np.ones((len(MARKS), len(bounds)), np.float32)
    own = np.flatnonzero(inside)
    first, last = own[0], own[-1]
    near = np.exp(-np.maximum(first - positions, positions - last) / _REACH)
    weights = np.stack([inside, near * (positions < first), near * (positions > last)])
    weights[~weights.any(axis=1)] = 1
    return weights.astype(np.float32)


class WeightsKey:
    """Weights as a key: equal where name and hashes are."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._key = (weights.name, weights.digest, str(weights.folder))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WeightsKey) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=2)
def load_session(
    key: WeightsKey,
    layers: tuple[int, ...],
    *,
    marked: bool,
    rewrite: Callable[[Graph], Graph] | None = None,
    device: str = "cpu",
) -> tuple[Any, Any]:
    """Build session and tokenizer, once for a process; see `open_session`."""
    return open_session(key.weights, layers, marked=marked, rewrite=rewrite, device=device)


def open_session(
    weights: Weights,
    layers: Sequence[int],
    *,
    marked: bool,
    changed: Tensors | None = None,
    rewrite: Callable[[Graph], Graph] | None = None,
    device: str = "cpu",
) -> tuple[Any, Any]:
    """Build session and tokenizer.

    Parameters
    ----------
    weights
        The files of the network.
    layers
        The layers that are pooled.
    marked
        Whether targets are pooled, too.
    changed
        Tensors that replace those in the files.
    rewrite
        Changes the graph before it is loaded.
    device
        One of `devices.DEVICES`.

    Raises
    ------
    MissingFileError
        The files are not here.
    InputError
        They were changed, or are not what they promise.
    DeviceError
        There is no such device, or half precision is too rough for them.
    MissingExtraError
        A library is not here.
    """
    check_device(device)
    if find_spec("onnx") is None:
        raise MissingExtraError(f"the encoder {weights.name}", "minilm")
    try:
        import onnxruntime  # noqa: F401 - the graph is opened in it
        from safetensors import SafetensorError

        tokenizer = weights.tokenizer()
    except ImportError as error:
        raise MissingExtraError(f"the encoder {weights.name}", "minilm") from error
    tokenizer.no_padding()
    n_special = tokenizer.num_special_tokens_to_add(is_pair=False)
    if weights.network.max_tokens <= n_special:
        problem = f"leaves no room for a word: {weights.network.max_tokens} positions"
        raise InputError(weights.folder / "config.json", problem, "fetch it again")
    tokenizer.enable_truncation(MOST * (weights.network.max_tokens - n_special) + n_special)
    path = weights.folder / "model.safetensors"
    try:
        graph = build_graph(_tensors(weights, changed), weights.network, layers, marked=marked)
        graph = rewrite(graph) if rewrite is not None else graph
    except (KeyError, SafetensorError, TypeError, ValueError, IndexError) as error:
        problem = f"does not hold the weights that config.json promises ({error})"
        raise InputError(path, problem, "fetch it again") from error
    try:
        session = DEVICES[device](graph, threads_here())
    except Exception as error:
        reason = str(error).splitlines()[0]
        library = "OpenVINO" if device == "openvino" else "onnxruntime"
        raise InputError(path, f"{library} refuses the graph: {reason}", "update it") from error
    if device in IN_HALF:
        full = DEVICES[IN_HALF[device]](graph, threads_here())
        _refuse_rough(full, session, tokenizer, weights, marked=marked, device=device)
    return session, tokenizer


def _refuse_rough(
    full: Session, half: Session, tokenizer: Any, weights: Weights, *, marked: bool, device: str
) -> None:
    """Refuse half precision where the vectors of our own sentences are not those of float32."""
    network = weights.network
    texts = [network.prefix + text for text in own_sentences(_COMPARED)]
    windows = [
        Window(row, ids, np.ones((len(MARKS), len(ids)), np.float32) if marked else None, None)
        for row, ids in enumerate(
            shortened(text, network.max_tokens)[0] for text in tokenizer.encode_batch(texts)
        )
    ]
    batches = list(feeds(sorted(windows, key=lambda window: len(window.ids))))
    least = least_cosine(full, half, batches, network.width)
    if least < LEAST_COSINE:
        problem = f"{weights.name} is too rough in half precision (cosine {least:.5f} to float32)"
        raise DeviceError(f"--device {device}", problem, f"use --device {IN_HALF[device]}")


def _tensors(weights: Weights, changed: Tensors | None) -> Tensors:
    from safetensors.numpy import load

    # The bytes of the file are gone when this returns: they are as large as the weights.
    return {**load(weights.read("model.safetensors")), **(changed or {})}
