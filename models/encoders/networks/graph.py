"""A transformer encoder as one fused ONNX graph, built from its safetensors weights without torch.

Attention, the additions with their layer norms, and the activations with their biases are single
operators of onnxruntime, and so is the embedding. The graph ends where it is needed: at the pooled
states of the chosen layers, each brought to length 1, side by side; and, if asked, at those of a
target and of its two sides beside them. Layers behind the last chosen one are left out.

The weights stay beside the operators as arrays and are never written into the graph: a network of
440 MB would be copied four times on its way into a session, and one above 2 GB would not fit into a
message at all.

References
----------
Devlin, J., Chang, M.-W., Lee, K. & Toutanova, K. (2019). BERT. Proceedings of NAACL, section 3.
Song, K., Tan, X., Qin, T., Lu, J. & Liu, T.-Y. (2020). MPNet. NeurIPS 33.
Raffel, C. et al. (2020). Exploring the Limits of Transfer Learning (T5). JMLR 21, section 2.1: the
buckets of distances that MPNet takes over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..weights.architectures import NAMES, Network

__all__ = ["MARKS", "Graph", "Session", "Tensors", "build_graph", "distance_buckets", "make_graph"]

MARKS = ("target", "left", "right")
"""What can be pooled besides the whole text: a target, and what comes before and after it."""

_FUSED = "com.microsoft"
_KINDS = {"Attention", "BiasGelu", "EmbedLayerNormalization", "SkipLayerNormalization"}
_OPSET = 17
_IR_VERSION = 9
_FARTHEST = 128

_LEAST_BESIDE = 1_024
"""Bytes from which on an array is kept outside the graph; onnxruntime reads shapes in the graph."""

Tensors = Mapping[str, npt.NDArray[Any]]


class Session(Protocol):
    """A graph that is ready to be computed."""

    def run(self, names: Sequence[str] | None, inputs: Tensors) -> Sequence[npt.NDArray[Any]]:
        """Compute outputs, all of them if none is named."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Operators, and the weights that they name."""

    model: Any
    """An ONNX model; the large weights in it have a name and a shape, and no values."""
    weights: Tensors
    """Those weights."""

    def session(self, n_threads: int, providers: Sequence[Any] = ("CPUExecutionProvider",)) -> Any:
        """Open it in onnxruntime, which reads the weights where they are.

        Parameters
        ----------
        n_threads
            Threads; 0 leaves it to the library.
        providers
            What onnxruntime computes with, the first that it has.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = n_threads
        # A thread that spins while it waits takes the core from whoever has work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        values = [
            onnxruntime.OrtValue.ortvalue_from_numpy(weight) for weight in self.weights.values()
        ]
        options.add_external_initializers(list(self.weights), values)
        content = self.model.SerializeToString()
        made = onnxruntime.InferenceSession(content, options, list(providers))
        # The session reads from this memory as long as it lives, and does not own it.
        made.weights_beside = values
        return made

    def whole(self) -> bytes:
        """Write it with its weights inside, for libraries that read them nowhere else.

        Raises
        ------
        ValueError
            They are too large for a message: 2 GB.
        """
        from onnx import ModelProto, TensorProto

        made = ModelProto()
        made.CopyFrom(self.model)
        for tensor in made.graph.initializer:
            if tensor.name in self.weights:
                tensor.ClearField("external_data")
                tensor.data_location = TensorProto.DEFAULT
                tensor.raw_data = self.weights[tensor.name].tobytes()
        content: bytes = made.SerializeToString()
        return content


def make_graph(
    nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], arrays: Tensors
) -> Graph:
    """Set operators, inputs, outputs and weights together."""
    from onnx import TensorProto, helper, numpy_helper

    initializers, external = [], {}
    for name, given in arrays.items():
        array = np.ascontiguousarray(given)
        if array.nbytes < _LEAST_BESIDE:
            initializers.append(numpy_helper.from_array(array, name))
            continue
        external[name] = array
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        named = TensorProto(name=name, dims=array.shape, data_type=kind)
        named.data_location = TensorProto.EXTERNAL
        named.external_data.add(key="location", value="beside")
        named.external_data.add(key="length", value=str(array.nbytes))
        initializers.append(named)
    graph = helper.make_graph(nodes, "encoder", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
    return Graph(model, external)


def build_graph(
    tensors: Tensors, network: Network, layers: Sequence[int], *, marked: bool = False
) -> Graph:
    """Build the graph.

    Parameters
    ----------
    tensors
        The weights, by the names that Hugging Face gives them, with or without a common prefix.
    network
        What they are the weights of.
    layers
        The layers to pool, from 1.
    marked
        Also pool the states of a target and of its sides.

    Returns
    -------
    A graph with the inputs `ids` and `mask` (int32, shape (n_texts, n_tokens)) and, if asked, one
    of each name in `MARKS` (float32, same shape: how much each token counts; no row is all zero),
    and the output `vectors` (float32, shape (n_texts, n_layers * width); four times as wide with
    marks: the text, the target, its left and its right).

    Raises
    ------
    KeyError
        A weight is not there.
    """
    from onnx import TensorProto, helper

    made = _Builder(tensors, network)
    state = made.embedding()
    masks = ["mask", *(MARKS if marked else ())]
    pooled: dict[str, list[str]] = {mask: [] for mask in masks}
    for layer in range(1, max(layers) + 1):
        state = made.layer(layer - 1, state)
        if layer in layers:
            for mask in masks:
                pooled[mask].append(made.pool(state, layer, mask))
    blocks = [block for mask in masks for block in pooled[mask]]
    made.node("Concat", blocks, "vectors", axis=1)
    shape = ["texts", "tokens"]
    inputs = [
        helper.make_tensor_value_info(
            name, TensorProto.FLOAT if name in MARKS else TensorProto.INT32, shape
        )
        for name in ("ids", *masks)
    ]
    width = network.width * len(blocks)
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", width])
    return make_graph(made.nodes, inputs, [output], made.arrays)


def distance_buckets(n_tokens: int, n_buckets: int) -> npt.NDArray[np.int64]:
    """Sort the distances between tokens into buckets, shape (n_tokens, n_tokens).

    The first half of the buckets is for tokens that come before, the second for those after; of
    each half the first half takes one distance each, the rest grows with the logarithm.

    Examples
    --------
    >>> distance_buckets(3, 32).tolist()
    [[0, 17, 18], [1, 0, 17], [2, 1, 0]]
    """
    half = n_buckets // 2
    exact = half // 2
    positions = np.arange(n_tokens)
    back = positions[:, None] - positions[None, :]
    far = np.abs(back)
    # In float32, as the network was trained: a bucket border may not move by a rounding.
    grown = np.log(np.maximum(far, 1).astype(np.float32) / exact) / np.log(_FARTHEST / exact)
    wide = np.minimum(exact + (grown * (half - exact)).astype(np.int64), half - 1)
    return np.asarray(np.where(far < exact, far, wide) + np.where(back < 0, half, 0))


class _Builder:
    """Collects nodes and weights."""

    def __init__(self, tensors: Tensors, network: Network) -> None:
        self.tensors, self.network = tensors, network
        self.names = NAMES[network.architecture]
        self.nodes: list[Any] = []
        self.arrays: dict[str, npt.NDArray[Any]] = {}
        # A folder may hold the weights below a name of the model, as `bert.`
        mark = "embeddings.word_embeddings.weight"
        self.prefix = next((name.removesuffix(mark) for name in tensors if name.endswith(mark)), "")
        self.bias = ""
        self._constant("last", np.array([-1], np.int64))
        self._constant("second", np.array([1], np.int64))
        if network.architecture == "mpnet":
            self.bias = self._distances()

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator, and give the name of its first output."""
        from onnx import helper

        domain = _FUSED if kind in _KINDS else ""
        outputs = [output, f"{output}.index"] if kind == "EmbedLayerNormalization" else [output]
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return output

    def embedding(self) -> str:
        """Add words, positions and the first segment, and normalise."""
        first, most = self.network.first_position, self.network.max_tokens
        positions = self._get("embeddings.position_embeddings.weight")[first : first + most]
        segments = f"{self.prefix}embeddings.token_type_embeddings.weight"
        if segments in self.tensors:
            # All tokens are of the first segment: its embedding goes into the positions once and
            # for all.
            positions = positions + self.tensors[segments][0]
        words = self._constant("words", self._get("embeddings.word_embeddings.weight"))
        numbers = self._constant("places", positions)
        norm = self._norm("embeddings.LayerNorm")
        inputs = ["ids", "", words, numbers, "", *norm]
        epsilon = self.network.epsilon
        return self.node("EmbedLayerNormalization", inputs, "state.0", epsilon=epsilon)

    def layer(self, number: int, state: str) -> str:
        """Add one transformer layer."""
        names, name = self.names, self.names.layer.format(number)
        parts = [f"{name}.{part}" for part in (names.query, names.key, names.value)]
        weight = np.hstack([self._get(f"{part}.weight").T for part in parts])
        bias = np.concatenate([self._get(f"{part}.bias") for part in parts])
        inputs = [
            state,
            self._constant(f"{name}.qkv", weight),
            self._constant(f"{name}.qkv.bias", bias),
            "mask",
        ]
        if self.bias:
            inputs += ["", self.bias]
        attended = self.node("Attention", inputs, f"{name}.attended", num_heads=self.network.heads)
        mixed = self._dense(f"{name}.{names.out}", attended)
        state = self._skip(f"{name}.{names.out}", f"{name}.{names.attended}", mixed, state)
        wide = self._dense(f"{name}.{names.wide}", state)
        bias_name = self._constant(f"{name}.wide.bias", self._get(f"{name}.{names.wide}.bias"))
        active = self.node("BiasGelu", [wide, bias_name], f"{name}.active")
        narrow = self._dense(f"{name}.{names.narrow}", active)
        return self._skip(f"{name}.{names.narrow}", f"{name}.{names.done}", narrow, state)

    def pool(self, state: str, layer: int, mask: str) -> str:
        """Average the states of the tokens by a mask or by weights; bring the mean to length 1.

        The sum instead of the mean would do: the length is lost anyway. Division keeps it readable
        in a viewer.
        """
        name = f"pool.{layer}.{mask}"
        if self.network.pooling == "cls" and mask == "mask":
            zero = self._constant(f"{name}.zero", np.array([0], np.int64))
            kept = self.node("Gather", [state, zero], f"{name}.kept", axis=1)
            first = self.node("ReduceSum", [kept, "second"], f"{name}.first", keepdims=0)
            return self.node("LpNormalization", [first], f"{name}.unit", axis=-1, p=2)
        if not any(node.output[0] == f"{mask}.float" for node in self.nodes):
            cast = self.node("Cast", [mask], f"{mask}.cast", to=1)
            self.node("Unsqueeze", [cast, "last"], f"{mask}.float")
            self.node("ReduceSum", [f"{mask}.float", "second"], f"{mask}.sum", keepdims=0)
        real = self.node("Mul", [state, f"{mask}.float"], f"{name}.real")
        total = self.node("ReduceSum", [real, "second"], f"{name}.total", keepdims=0)
        mean = self.node("Div", [total, f"{mask}.sum"], f"{name}.mean")
        return self.node("LpNormalization", [mean], f"{name}.unit", axis=-1, p=2)

    def _distances(self) -> str:
        """Add what attention adds for the distance of two tokens, cut to the texts at hand."""
        table = self._get("encoder.relative_attention_bias.weight")
        buckets = distance_buckets(self.network.max_tokens, len(table))
        whole = self._constant("distances", table[buckets].transpose(2, 0, 1)[None])
        shape = self.node("Shape", ["ids"], "ids.shape")
        n_tokens = self.node("Gather", [shape, "second"], "ids.tokens", axis=0)
        ends = self.node("Concat", [n_tokens, n_tokens], "distances.ends", axis=0)
        starts = self._constant("distances.starts", np.array([0, 0], np.int64))
        axes = self._constant("distances.axes", np.array([2, 3], np.int64))
        return self.node("Slice", [whole, starts, ends, axes], "distances.cut")

    def _dense(self, name: str, state: str) -> str:
        weight = self._constant(f"{name}.matrix", self._get(f"{name}.weight").T)
        return self.node("MatMul", [state, weight], f"{name}.product")

    def _skip(self, dense: str, norm: str, new: str, old: str) -> str:
        bias = self._constant(f"{dense}.dense.bias", self._get(f"{dense}.bias"))
        inputs = [new, old, *self._norm(norm), bias]
        epsilon = self.network.epsilon
        return self.node("SkipLayerNormalization", inputs, f"{norm}.state", epsilon=epsilon)

    def _norm(self, name: str) -> list[str]:
        return [
            self._constant(f"{name}.{part}", self._get(f"{name}.{part}"))
            for part in ("weight", "bias")
        ]

    def _get(self, name: str) -> npt.NDArray[Any]:
        return self.tensors[self.prefix + name]

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        self.arrays[name] = value.astype(np.float32) if value.dtype == np.float16 else value
        return name
