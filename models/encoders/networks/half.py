"""A transformer's graph in half precision (float16), for GPUs: half the memory, and faster.

Weights and states are halved; the states that are pooled become float32 again before they are
averaged, as do the vectors. How far vectors move depends on the network: one whose states are large
overflows. So a network is read in half precision only where its vectors of our own sentences are
those of float32 (`LEAST_COSINE`), which is looked at each time it is opened; else it is refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .graph import Graph, Session, Tensors, make_graph

__all__ = ["LEAST_COSINE", "halve", "least_cosine"]

LEAST_COSINE = 0.9999
"""The least cosine of a state in half precision with the one in float32."""

_POOLING = {"Gather", "Mul"}
"""The first operator of each way to pool."""


def halve(graph: Graph) -> Graph:
    """Rewrite a graph of `build_graph` in half precision; its inputs and outputs stay."""
    from onnx import TensorProto, helper, numpy_helper

    whole = graph.model.graph
    small = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in whole.initializer
        if tensor.name not in graph.weights
    }
    states = {node.output[0] for node in whole.node if node.op_type == "SkipLayerNormalization"}
    nodes: list[Any] = []
    full: set[str] = set()
    for node in whole.node:
        made = type(node)()
        made.CopyFrom(node)
        state = node.input[0]
        if node.op_type in _POOLING and state in states:
            made.input[0] = f"{state}.full"
            if state not in full:
                to = TensorProto.FLOAT
                nodes.append(helper.make_node("Cast", [state], [f"{state}.full"], to=to))
                full.add(state)
        nodes.append(made)
    arrays = {name: _halved(array) for name, array in {**small, **graph.weights}.items()}
    return make_graph(nodes, list(whole.input), list(whole.output), arrays)


def _halved(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        return array.astype(np.float16)


def least_cosine(full: Session, half: Session, feeds: Sequence[Tensors], width: int) -> float:
    """Compare two sessions on the same inputs.

    Parameters
    ----------
    full, half
        The sessions; their vectors are states of length 1, side by side.
    feeds
        Inputs, batch by batch.
    width
        Number of values of one state.

    Returns
    -------
    The least cosine between two states of the same text; 0 where one is not finite.
    """
    least = 1.0
    for inputs in feeds:
        one, other = (
            np.asarray(session.run(None, inputs)[0], np.float64).reshape(-1, width)
            for session in (full, half)
        )
        cosines = np.einsum("ij,ij->i", one, other)
        least = min(least, float(np.where(np.isfinite(cosines), cosines, 0.0).min()))
    return least
