"""Transformer encoders in 8 bits: ``minilm-int8`` and ``mpnet-int8``, some twice as fast.

An encoder of its own and no switch, because a classifier must be used with the vectors that it was
trained on. The ranges that the graph is quantised by are measured on the sentences of the bundled
corpus when training begins, and are stored in the bundle: they do not depend on the texts that are
encoded, nor on the machine that encodes them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..weights.on_disk import Weights, find_weights
from .graph import Graph
from .own_sentences import own_sentences
from .quantise import Ranges, measure, quantise
from .transformer import Transformer, WeightsKey, load_session
from .windows import Window, feeds

__all__ = ["SUFFIX", "Transformer8"]

SUFFIX = "-int8"
"""What is added to the name of the encoder."""

_SENTENCES = 160


class Transformer8(Transformer):
    """A frozen network whose products are made in 8 bits."""

    def __init__(
        self,
        weights: Weights,
        layers: Sequence[int] | None = None,
        ranges: Ranges | None = None,
    ) -> None:
        super().__init__(weights, layers)
        self._rewrite = None if ranges is None else _Rewrite(ranges)

    @classmethod
    def named(cls, name: str) -> Self:
        """Make the encoder whose weights are pulled by this name, with or without `SUFFIX`."""
        return cls(find_weights(name.removesuffix(SUFFIX)))

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return layers, hashes of the files, and ranges."""
        settings, _ = super().state()
        return settings, {f"ranges/{name}": bounds for name, bounds in self._ranges().items()}

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again, with the ranges of training."""
        made = super().restore(settings, {})
        ranges = {name.removeprefix("ranges/"): np.array(a) for name, a in arrays.items()}
        if not ranges or any(a.ndim != 2 or len(a) != 2 for a in ranges.values()):
            raise ValueError("ranges of another shape")
        return cls(made.weights, made.layers, ranges)

    def narrow(self, layers: Sequence[int]) -> tuple[Self, npt.NDArray[np.int64]]:
        """Return the encoder with fewer layers, and the columns of this one that it keeps."""
        made, columns = super().narrow(layers)
        return type(self)(made.weights, made.layers, self._ranges()), columns

    def _ranges(self) -> Ranges:
        if self._rewrite is None:
            self._rewrite = _measured(WeightsKey(self.weights), max(self.layers))
        return self._rewrite.ranges

    def _device(self) -> str:
        return "cpu"

    def _session(self, *, marked: bool) -> tuple[Any, Any]:
        self._ranges()
        key = WeightsKey(self.weights)
        return load_session(key, self.layers, marked=marked, rewrite=self._rewrite)

    def _cache(self, kind: str) -> Any:
        return super()._cache(f"{SUFFIX}{kind}")


class _Rewrite:
    """Quantises a graph by ranges; itself the key under which the session is kept."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges

    def __call__(self, graph: Graph) -> Graph:
        return quantise(graph, self.ranges)


@lru_cache(maxsize=2)
def _measured(key: WeightsKey, last: int) -> _Rewrite:
    """Measure the ranges of a network up to a layer."""
    seen: list[Graph] = []

    def look(graph: Graph) -> Graph:
        seen.append(graph)
        return graph

    _, tokenizer = load_session(key, (last,), marked=False, rewrite=look)
    texts = [key.weights.network.prefix + text for text in own_sentences(_SENTENCES)]
    encoded = enumerate(tokenizer.encode_batch_fast(texts))
    rows = sorted(
        (Window(k, encoding.ids, None, None) for k, encoding in encoded), key=lambda w: len(w.ids)
    )
    return _Rewrite(measure(seen[0], list(feeds(rows))))
