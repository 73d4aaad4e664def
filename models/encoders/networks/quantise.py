"""A transformer's graph in 8 bits: faster, and each text's vector still its own.

The usual dynamic quantisation measures one scale for all texts of a batch, so that a sentence gets
other vectors, and now and then other labels, in other company. Here nothing is measured while texts
are encoded: the range of each channel that enters a product was measured once (`measure`), on
our own sentences, and is part of the graph (`quantise`). Each channel has a scale of its own,
which is multiplied into the weights before these are quantised, column by column; a channel that is
far wider than the others then costs the others nothing. What lies outside a range is cut off, so
ranges get some room.

Only products with weights change; attention between tokens, norms and activations stay in float32.
The fused attention becomes a product for queries, keys and values, and the attention proper.

References
----------
Xiao, G. et al. (2023). SmoothQuant: Accurate and Efficient Post-Training Quantization for Large
Language Models. ICML, section 4 (moving the scales of channels into the weights).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .graph import Graph, make_graph

__all__ = ["Ranges", "measure", "quantise"]

ROOM = 1.15
"""What measured ranges are widened by."""

_DOMAIN = "com.microsoft"

Floats = npt.NDArray[np.float32]
Ranges = dict[str, Floats]
"""Name of what enters products to least and largest value of each channel, shape (2, n)."""


def measure(graph: Graph, feeds: Sequence[Mapping[str, npt.NDArray[np.int32]]]) -> Ranges:
    """Measure what enters the products of a graph.

    Parameters
    ----------
    graph
        One of `build_graph`.
    feeds
        Its inputs, batch by batch. Padding does no harm: its states are ordinary ones.
    """
    from onnx import ModelProto, TensorProto, helper

    whole = ModelProto()
    whole.CopyFrom(graph.model)
    names = list(dict.fromkeys(node.input[0] for node in _products(whole.graph)))
    for name in names:
        whole.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = Graph(whole, graph.weights).session(1)
    ranges: Ranges = {}
    for feed in feeds:
        for name, state in zip(names, session.run(names, dict(feed)), strict=True):
            rows = state.reshape(-1, state.shape[-1])
            bounds = np.stack([rows.min(axis=0), rows.max(axis=0)])
            before = ranges.get(name, bounds)
            ranges[name] = np.stack(
                [np.minimum(before[0], bounds[0]), np.maximum(before[1], bounds[1])]
            )
    return ranges


def quantise(graph: Graph, ranges: Ranges) -> Graph:
    """Rewrite a graph of `build_graph` in 8 bits; its inputs and outputs stay.

    Parameters
    ----------
    graph
        The graph.
    ranges
        What `measure` found.
    """
    from onnx import numpy_helper

    whole = graph.model.graph
    small = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in whole.initializer
        if tensor.name not in graph.weights
    }
    made = _Rewriting({**small, **graph.weights}, ranges)
    products = {node.output[0] for node in _products(whole)}
    for node in whole.node:
        if node.output[0] not in products:
            made.nodes.append(node)
        elif node.op_type == "MatMul":
            made.product(node.input[0], node.input[1], node.output[0])
        else:
            made.attention(node)
    arrays = {**made.arrays, **made.new}
    kept = {name: array for name, array in arrays.items() if name not in made.gone}
    return make_graph(made.nodes, whole.input, whole.output, kept)


def _products(graph: Any) -> list[Any]:
    """Return the operators that multiply with weights."""
    weights = {tensor.name for tensor in graph.initializer}
    return [
        node
        for node in graph.node
        if node.op_type in ("MatMul", "Attention") and node.input[1] in weights
    ]


class _Rewriting:
    """Collects the new operators and weights."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], ranges: Ranges) -> None:
        self.arrays, self.ranges = dict(arrays), ranges
        self.nodes: list[Any] = []
        self.new: dict[str, npt.NDArray[Any]] = {"one.scale": np.array(1, np.float32)}
        self.gone: set[str] = set()

    def product(self, state: str, weights: str, output: str) -> None:
        """Quantise a state, multiply it, and give floats again."""
        from onnx import helper

        scales, zero = _scales(self.ranges[state] * np.float32(ROOM))
        if f"{state}.grow" not in self.new:
            # A multiplication and a plain quantisation: one with a scale a channel is far slower.
            self.new[f"{state}.grow"] = 1 / scales
            self.new[f"{state}.zero"] = np.array(zero, np.uint8)
            self.nodes += [
                helper.make_node("Mul", [state, f"{state}.grow"], [f"{state}.grown"]),
                helper.make_node(
                    "QuantizeLinear",
                    [f"{state}.grown", "one.scale", f"{state}.zero"],
                    [f"{state}.quantised"],
                ),
            ]
        scaled = self.arrays[weights] * scales[:, None]
        columns = np.abs(scaled).max(axis=0) / 127
        columns[columns == 0] = 1
        self.new[f"{weights}.8"] = np.rint(scaled / columns).astype(np.int8)
        self.new[f"{weights}.scales"] = columns.astype(np.float32)
        self.gone.add(weights)
        inputs = [f"{state}.quantised", f"{weights}.8", "one.scale", f"{weights}.scales"]
        self.nodes.append(
            helper.make_node(
                "MatMulIntegerToFloat", [*inputs, f"{state}.zero"], [output], domain=_DOMAIN
            )
        )

    def attention(self, node: Any) -> None:
        """Take the product out of a fused attention."""
        from onnx import helper

        state, weights, bias, mask, *rest = node.input
        name = node.output[0]
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        self.product(state, weights, f"{name}.mixed")
        heads = next(attribute.i for attribute in node.attribute if attribute.name == "num_heads")
        self.nodes += [
            helper.make_node("Split", [f"{name}.mixed"], parts, axis=2),
            helper.make_node(
                "MultiHeadAttention",
                [*parts, bias, mask, *rest[1:]],
                [name],
                domain=_DOMAIN,
                num_heads=heads,
            ),
        ]


def _scales(bounds: Floats) -> tuple[Floats, int]:
    """Choose the scale of each channel, and the one zero point that keeps them small.

    Products want one zero point for all channels; where values lean to one side, as behind an
    activation, one off the middle spares up to a bit.
    """
    low, high = np.maximum(-bounds[0], 1e-6), np.maximum(bounds[1], 1e-6)
    zeros = np.arange(8, 248, 8)
    wide = np.maximum(low[None] / zeros[:, None], high[None] / (255 - zeros)[:, None])
    best = int(np.log(wide).mean(axis=1).argmin())
    return wide[best].astype(np.float32), int(zeros[best])
