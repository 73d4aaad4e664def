"""The frozen all-MiniLM-L6-v2: the mean-pooled states after layers 4 and 6, side by side.

Stance and bias live in the middle layers, topics in the last one; both together beat either, and
beat fine-tuning up to a thousand labels. It runs on onnxruntime, without torch. Texts are sorted by
length into small batches, so that little is spent on padding.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError, MissingExtraError
from .graph import build_graph
from .vectors import cached
from .weights import SOURCES, find_weights, home, is_pulled, verified

__all__ = ["MiniLM", "is_ready"]

LAYERS = (4, 6)
"""The layers whose states are pooled."""

MAX_TOKENS = 256
"""Longer texts are cut here, as the model was trained."""

_HEADS = 12
_WIDTH = 384
_BATCH = 16


def is_ready() -> bool:
    """Tell whether weights and libraries are there."""
    return is_pulled("minilm") and all(map(find_spec, ("onnx", "onnxruntime", "tokenizers")))


class MiniLM:
    """The frozen network; it learns nothing from texts."""

    def __init__(self, layers: Sequence[int] = LAYERS) -> None:
        self.layers = tuple(layers)

    @property
    def width(self) -> int:
        """Number of columns."""
        return _WIDTH * len(self.layers)

    def begin(self, texts: Sequence[str]) -> tuple["MiniLM", npt.NDArray[np.float32]]:
        """Encode texts, with the cache."""
        weights = SOURCES["minilm"].files["model.safetensors"][1][:12]
        layers = "-".join(map(str, self.layers))
        path = home() / "vectors" / f"minilm-{weights}-layers-{layers}.sqlite"
        return self, cached(path, texts, self.width, self.prepare)

    def prepare(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Encode texts."""
        session, tokenizer = _load(self.layers)
        vectors = np.zeros((len(texts), self.width), np.float32)
        tokens = [found.ids for found in tokenizer.encode_batch_fast([_clean(t) for t in texts])]
        order = sorted(range(len(texts)), key=lambda row: len(tokens[row]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            longest = len(tokens[rows[-1]])
            ids = np.zeros((len(rows), longest), np.int32)
            mask = np.zeros((len(rows), longest), np.int32)
            for place, row in enumerate(rows):
                ids[place, : len(tokens[row])] = tokens[row]
                mask[place, : len(tokens[row])] = 1
            vectors[rows] = session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors

    def fit(self, prepared: npt.NDArray[np.float32]) -> "MiniLM":
        """Learn nothing."""
        del prepared
        return self

    def transform(self, prepared: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Give the vectors as they are."""
        return prepared

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Turn texts into vectors."""
        return self.prepare(texts)

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give the layers and the hash of the weights; the weights stay in their cache."""
        weights = {file: known for file, (_, known) in SOURCES["minilm"].files.items()}
        return {"layers": list(self.layers), "sha256": weights}, {}

    @classmethod
    def restore(
        cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> "MiniLM":
        """Make the encoder again; refused when it was made with other weights."""
        del arrays
        weights = {file: known for file, (_, known) in SOURCES["minilm"].files.items()}
        if settings["sha256"] != weights:
            raise ValueError("made with other weights of minilm")
        if not set(settings["layers"]) <= set(range(1, 7)):
            raise ValueError("layers that minilm does not have")
        return cls(settings["layers"])


def _clean(text: str) -> str:
    # A lone surrogate cannot become UTF-8, which the tokenizer wants.
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=2)
def _load(layers: tuple[int, ...]) -> tuple[Any, Any]:
    """Build session and tokenizer, once for a process."""
    folder = find_weights("minilm")
    if find_spec("onnx") is None:
        raise MissingExtraError("the encoder minilm", "minilm")
    try:
        import onnxruntime
        from safetensors.numpy import load
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError("the encoder minilm", "minilm") from error
    tensors = load(verified("minilm", folder / "model.safetensors"))
    tokenizer = Tokenizer.from_str(verified("minilm", folder / "tokenizer.json").decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # A thread that spins while it waits takes the core from whoever has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    graph = build_graph(tensors, heads=_HEADS, layers=layers)
    try:
        session = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])
    except Exception as error:
        told = str(error).splitlines()[0]
        raise InputError("minilm", f"onnxruntime refuses the graph: {told}", "update it") from error
    return session, tokenizer
