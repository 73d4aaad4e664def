"""A tuned network: the tensors that fine-tuning changed, over the weights that were pulled.

It runs as the frozen network does, on onnxruntime and without torch. The bundle holds the changed
tensors only, by the names of the original; the others are read from the pulled weights, whose
SHA-256 must be the one that tuning began with.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...views import Span
from ..weights.on_disk import Weights
from .transformer import Transformer, open_session

__all__ = ["SUFFIX", "Tuned"]

SUFFIX = "-tuned"
"""What is added to the name of the network that was tuned."""

Vectors = npt.NDArray[np.float32]
Tensors = Mapping[str, npt.NDArray[Any]]


class Tuned(Transformer):
    """A network of which some tensors were tuned.

    Parameters
    ----------
    weights
        The files of the network that it was made from.
    layers
        The layers whose states are pooled.
    tensors
        The tensors that were changed, by their names.
    about
        How they were made: the recipe, the version of torch, the number of texts.
    """

    def __init__(
        self,
        weights: Weights,
        layers: Sequence[int] | None = None,
        tensors: Tensors | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(weights, layers)
        self.tensors, self.about = dict(tensors or {}), dict(about or {})
        self._sessions: dict[tuple[bool, str], tuple[Any, Any]] = {}

    def begin(self, texts: Sequence[str]) -> tuple[Self, Vectors]:
        """Encode texts, without the cache: these tensors will hardly come again."""
        return self, self.prepare(texts)

    def begin_marked(self, texts: Sequence[str], spans: Sequence[Span]) -> tuple[Self, Vectors]:
        """Encode texts with a target each, without the cache."""
        return self, self.prepare_marked(texts, spans)

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what it was made from and how, and the changed tensors."""
        settings, arrays = super().state()
        return {**settings, "tuned": self.about}, {**arrays, **self.tensors}

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again; refused when it was tuned from other weights.

        Raises
        ------
        ValueError
            The tensors do not fit the network.
        """
        from safetensors.numpy import load

        frozen = Transformer.restore(settings, {})
        known = load(frozen.weights.read("model.safetensors"))
        for name, value in arrays.items():
            if name not in known or known[name].shape != value.shape:
                raise ValueError(f"the tensor {name[:80]!r} does not fit {frozen.weights.name}")
            if value.dtype not in (np.float16, np.float32) or not np.isfinite(value).all():
                raise ValueError(f"the tensor {name!r} does not hold finite numbers")
        return cls(frozen.weights, frozen.layers, arrays, dict(settings["tuned"]))

    def _session(self, *, marked: bool) -> tuple[Any, Any]:
        key = marked, self._device()
        if key not in self._sessions:
            self._sessions[key] = open_session(
                self.weights, self.layers, marked=marked, changed=self.tensors, device=key[1]
            )
        return self._sessions[key]
