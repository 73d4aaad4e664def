"""A BERT encoder as one fused ONNX graph, built from its safetensors weights without torch.

Attention, the additions with their layer norms, and the activations with their biases are single
operators of onnxruntime, and so is the embedding. The graph ends where it is needed: at the
mean-pooled states of the chosen layers, each brought to length 1, side by side. Layers behind the
last chosen one are left out.

References
----------
Devlin, J., Chang, M.-W., Lee, K. & Toutanova, K. (2019). BERT. Proceedings of NAACL, section 3.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["build_graph"]

_FUSED = "com.microsoft"
_OPSET = 17
_IR_VERSION = 9

Tensors = Mapping[str, npt.NDArray[Any]]


def build_graph(tensors: Tensors, *, heads: int, layers: Sequence[int]) -> bytes:
    """Build the graph.

    Parameters
    ----------
    tensors
        The weights, by the names that Hugging Face's BertModel gives them.
    heads
        Number of attention heads.
    layers
        The layers to pool, from 1.

    Returns
    -------
    A serialised ONNX model with the inputs `ids` and `mask` (int32, shape (n_texts, n_tokens)) and
    the output `vectors` (float32, shape (n_texts, n_layers * width)).
    """
    from onnx import TensorProto, helper

    made = _Builder(tensors)
    state = made.embedding()
    pooled = []
    for layer in range(1, max(layers) + 1):
        state = made.layer(layer - 1, state, heads)
        if layer in layers:
            pooled.append(made.pool(state, layer))
    made.node("Concat", pooled, "vectors", axis=1)
    shape = ["texts", "tokens"]
    width = tensors["embeddings.LayerNorm.weight"].shape[0] * len(pooled)
    graph = helper.make_graph(
        made.nodes,
        "encoder",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT32, shape),
            helper.make_tensor_value_info("mask", TensorProto.INT32, shape),
        ],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", width])],
        made.initializers,
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
    return bytes(model.SerializeToString())


class _Builder:
    """Collects nodes and weights."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self._constant("one", np.array([1.0], np.float32))
        self._constant("last", np.array([-1], np.int64))
        self._constant("second", np.array([1], np.int64))

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator, and give the name of its first output."""
        from onnx import helper

        fused = {"Attention", "BiasGelu", "EmbedLayerNormalization", "SkipLayerNormalization"}
        domain = _FUSED if kind in fused else ""
        outputs = [output, f"{output}.index"] if kind == "EmbedLayerNormalization" else [output]
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return output

    def embedding(self) -> str:
        """Add words, positions and the first segment, and normalise."""
        positions = self._get("embeddings.position_embeddings.weight")
        # All tokens are of the first segment: its embedding goes into the positions once and for
        # all.
        segment = self._get("embeddings.token_type_embeddings.weight")[0]
        words = self._constant("words", self._get("embeddings.word_embeddings.weight"))
        places = self._constant("places", positions + segment)
        norm = self._norm("embeddings.LayerNorm")
        inputs = ["ids", "", words, places, "", *norm]
        return self.node("EmbedLayerNormalization", inputs, "state.0", epsilon=1e-12)

    def layer(self, number: int, state: str, heads: int) -> str:
        """Add one transformer layer."""
        name = f"encoder.layer.{number}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = np.hstack([self._get(f"{part}.weight").T for part in parts])
        bias = np.concatenate([self._get(f"{part}.bias") for part in parts])
        attended = self.node(
            "Attention",
            [
                state,
                self._constant(f"{name}.qkv", weight),
                self._constant(f"{name}.qkv.bias", bias),
                "mask",
            ],
            f"{name}.attended",
            num_heads=heads,
        )
        mixed = self._dense(f"{name}.attention.output.dense", attended)
        state = self._skip(f"{name}.attention.output", mixed, state)
        wide = self._dense(f"{name}.intermediate.dense", state)
        bias_name = self._constant(
            f"{name}.wide.bias", self._get(f"{name}.intermediate.dense.bias")
        )
        active = self.node("BiasGelu", [wide, bias_name], f"{name}.active")
        narrow = self._dense(f"{name}.output.dense", active)
        return self._skip(f"{name}.output", narrow, state)

    def pool(self, state: str, layer: int) -> str:
        """Average the states of real tokens and bring the mean to length 1.

        The sum instead of the mean would do: the length is lost anyway. Division keeps it readable
        in a viewer.
        """
        name = f"pool.{layer}"
        if not any(node.output[0] == "mask.float" for node in self.nodes):
            cast = self.node("Cast", ["mask"], "mask.cast", to=1)
            self.node("Unsqueeze", [cast, "last"], "mask.float")
            self.node("ReduceSum", ["mask.float", "second"], "mask.sum", keepdims=0)
        real = self.node("Mul", [state, "mask.float"], f"{name}.real")
        total = self.node("ReduceSum", [real, "second"], f"{name}.total", keepdims=0)
        mean = self.node("Div", [total, "mask.sum"], f"{name}.mean")
        return self.node("LpNormalization", [mean], f"{name}.unit", axis=-1, p=2)

    def _dense(self, name: str, state: str) -> str:
        weight = self._constant(f"{name}.matrix", self._get(f"{name}.weight").T)
        return self.node("MatMul", [state, weight], f"{name}.product")

    def _skip(self, name: str, new: str, old: str) -> str:
        bias = self._constant(f"{name}.dense.bias", self._get(f"{name}.dense.bias"))
        inputs = [new, old, *self._norm(f"{name}.LayerNorm"), bias]
        return self.node("SkipLayerNormalization", inputs, f"{name}.state", epsilon=1e-12)

    def _norm(self, name: str) -> list[str]:
        return [
            self._constant(f"{name}.{part}", self._get(f"{name}.{part}"))
            for part in ("weight", "bias")
        ]

    def _get(self, name: str) -> npt.NDArray[Any]:
        return self.tensors[name]

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name
