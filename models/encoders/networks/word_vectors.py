"""Folders as model2vec writes them: one vector a token, and a text is the mean of its tokens'.

Fast, and without onnxruntime. Vectors may be shared by tokens (`mapping`) and weighted (`weights`);
tokens that the tokenizer does not know are left out. Every text is brought to length 1.

References
----------
Tulkens, S. & van Dongen, T. (2024). Model2Vec: Fast State-of-the-Art Static Embeddings.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ....errors import InputError, MissingExtraError
from ..protocol import Frozen
from ..weights.on_disk import Weights, encodable, weights_by_hash

__all__ = ["WordVectors"]

Vectors = npt.NDArray[np.float32]


class WordVectors(Frozen):
    """Vectors of tokens out of a folder; they learn nothing from texts."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self._stored[0].shape[1])

    def begin(self, texts: Sequence[str]) -> tuple[Self, Vectors]:
        """Encode texts."""
        return self, self.prepare(texts)

    def prepare(self, texts: Sequence[str]) -> Vectors:
        """Encode texts, shape (n_texts, width)."""
        table, tokenizer, unknown = self._stored
        vectors = np.zeros((len(texts), table.shape[1]), np.float32)
        encoded = tokenizer.encode_batch_fast(list(map(encodable, texts)), add_special_tokens=False)
        for row, text in enumerate(encoded):
            tokens = [token for token in text.ids if token != unknown]
            if tokens:
                vectors[row] = table[tokens].mean(axis=0)
        length = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
        return np.asarray(vectors / np.where(length > 0, length, 1))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Turn texts into vectors."""
        return self.prepare(texts)

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the hashes of the files; the vectors stay where they are."""
        return {"name": self.weights.name, "sha256": dict(self.weights.sha256)}, {}

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again."""
        del arrays
        return cls(weights_by_hash(str(settings["name"]), dict(settings["sha256"])))

    @cached_property
    def _stored(self) -> tuple[Vectors, Any, int | None]:
        """Read one vector a token, the tokenizer, and the token that stands for unknown words."""
        try:
            tokenizer = self.weights.tokenizer()
        except ImportError as error:
            raise MissingExtraError(f"the encoder {self.weights.name}", "minilm") from error
        from safetensors import SafetensorError
        from safetensors.numpy import load

        model = json.loads(self.weights.read("tokenizer.json"))["model"]
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.weights.network.max_tokens)
        path = self.weights.folder / "model.safetensors"
        try:
            tensors = load(self.weights.read("model.safetensors"))
            table = tensors["embeddings"].astype(np.float32)
            if "mapping" in tensors:
                table = table[tensors["mapping"]]
            if "weights" in tensors:
                table = table * tensors["weights"].astype(np.float32)[:, None]
        except (KeyError, IndexError, ValueError, TypeError, SafetensorError) as error:
            problem = f"does not hold the vectors of model2vec ({error})"
            raise InputError(path, problem, "fetch it again") from error
        if table.ndim != 2 or len(table) < tokenizer.get_vocab_size():
            problem = (
                f"has vectors of the shape {table.shape} for {tokenizer.get_vocab_size()} tokens"
            )
            raise InputError(path, problem, "fetch it again")
        unknown = model.get("unk_id")
        if model.get("unk_token"):
            unknown = tokenizer.token_to_id(model["unk_token"])
        return table, tokenizer, unknown
