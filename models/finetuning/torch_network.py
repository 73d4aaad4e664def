"""The transformer of `graph`, in plain torch, so that its weights can be learned.

It computes what the fused graph computes, from the same tensors by the same names; a test holds
them together. Torch is needed while tuning only: what was learned goes back into the graph.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from ..encoders.networks.graph import distance_buckets
from ..encoders.weights.architectures import NAMES, Network

__all__ = ["TorchNetwork"]


class TorchNetwork:
    """A transformer encoder whose upper layers can be tuned.

    Parameters
    ----------
    tensors
        The weights, by the names that Hugging Face gives them, with or without a common prefix.
    network
        What they are the weights of.
    layers
        The layers to pool, from 1; those behind the last one are left out.
    tune_from
        The first layer that is tuned, from 1. Embeddings and the layers below stay as they are.
    dropout
        Share of values that are dropped while tuning.
    device
        Where it runs: `cpu`, `cuda`, `cuda:1`.

    Raises
    ------
    KeyError
        A weight is not there.
    """

    def __init__(
        self,
        tensors: Mapping[str, npt.NDArray[Any]],
        network: Network,
        layers: Sequence[int],
        *,
        tune_from: int = 1,
        dropout: float = 0.1,
        device: str = "cpu",
    ) -> None:
        self.network, self.layers, self.dropout = network, tuple(layers), dropout
        self.tune_from, self.device = tune_from, torch.device(device)
        self.names = NAMES[network.architecture]
        mark = "embeddings.word_embeddings.weight"
        self.prefix = next((n.removesuffix(mark) for n in tensors if n.endswith(mark)), "")
        used = ["embeddings.", "encoder.relative_attention_bias"]
        used += [f"{self.names.layer.format(n)}." for n in range(max(layers))]
        self.weights = {
            name.removeprefix(self.prefix): torch.tensor(
                np.asarray(value, np.float32), device=self.device
            )
            for name, value in tensors.items()
            if name.removeprefix(self.prefix).startswith(tuple(used)) and value.dtype.kind == "f"
        }
        for number in range(tune_from, max(layers) + 1):
            for weight in self.of_layer(number).values():
                weight.requires_grad_()

    def of_layer(self, number: int) -> dict[str, Tensor]:
        """Return the weights of a layer, from 1, by their names."""
        mark = f"{self.names.layer.format(number - 1)}."
        return {name: weight for name, weight in self.weights.items() if name.startswith(mark)}

    def tuned(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the weights that are tuned, by the names that they came with."""
        return {
            self.prefix + name: weight.detach().cpu().numpy().copy()
            for name, weight in self.weights.items()
            if weight.requires_grad
        }

    def pooled(
        self, ids: Tensor, mask: Tensor, marks: Tensor | None = None, *, training: bool = False
    ) -> Tensor:
        """Run the network.

        Parameters
        ----------
        ids, mask
            Numbers of the tokens, and which of them are real, shape (n_texts, n_tokens).
        marks
            How much each token counts for a target and for its sides, shape (n_texts, 3, n_tokens);
            they are pooled too, if given.
        training
            Drop some values, and keep what the gradients need.

        Returns
        -------
        The pooled states of the chosen layers, each of length 1, shape (n_texts, n_layers * width);
        with marks four times as wide.
        """
        real = mask.to(self.device, torch.float32)
        # What may not be attended to, as what is added before the softmax.
        bias = (1.0 - real)[:, None, None, :] * torch.finfo(torch.float32).min
        if "encoder.relative_attention_bias.weight" in self.weights:
            bias = bias + self._distances(ids.shape[1])
        masks = [real]
        if marks is not None:
            masks += marks.to(self.device, torch.float32).unbind(1)
        blocks: list[list[Tensor]] = [[] for _ in masks]
        state = self._embedding(ids.to(self.device))
        for number in range(1, max(self.layers) + 1):
            tuned = training and number >= self.tune_from
            with torch.set_grad_enabled(tuned):
                state = self._layer(number, state, bias, self.dropout if tuned else 0.0)
                if number in self.layers:
                    for k, weights in enumerate(masks):
                        blocks[k].append(self._pool(state, weights, whole=k == 0))
        return torch.cat([vectors for block in blocks for vectors in block], dim=1)

    def _pool(self, state: Tensor, mask: Tensor, *, whole: bool) -> Tensor:
        if self.network.pooling == "cls" and whole:
            return functional.normalize(state[:, 0], dim=-1)
        # The sum does: its length is lost anyway.
        return functional.normalize((state * mask[:, :, None]).sum(1), dim=-1)

    def _embedding(self, ids: Tensor) -> Tensor:
        first = self.network.first_position
        state = self.weights["embeddings.word_embeddings.weight"][ids]
        positions = self.weights["embeddings.position_embeddings.weight"]
        state = state + positions[first : first + ids.shape[1]]
        segments = self.weights.get("embeddings.token_type_embeddings.weight")
        if segments is not None:
            state = state + segments[0]
        return self._norm(state, "embeddings.LayerNorm")

    def _distances(self, n_tokens: int) -> Tensor:
        table = self.weights["encoder.relative_attention_bias.weight"]
        buckets = torch.as_tensor(distance_buckets(n_tokens, len(table)), device=self.device)
        return table[buckets].permute(2, 0, 1)[None]

    def _layer(self, number: int, state: Tensor, bias: Tensor, drop: float) -> Tensor:
        names, name = self.names, self.names.layer.format(number - 1)
        shape = (*state.shape[:2], self.network.heads, -1)
        query, key, value = (
            self._dense(state, f"{name}.{part}").view(shape).transpose(1, 2)
            for part in (names.query, names.key, names.value)
        )
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, dropout_p=drop
        )
        mixed = self._dense(mixed.transpose(1, 2).flatten(2), f"{name}.{names.out}")
        mixed = functional.dropout(mixed, drop)
        state = self._norm(state + mixed, f"{name}.{names.attended}")
        wide = functional.gelu(self._dense(state, f"{name}.{names.wide}"))
        narrow = functional.dropout(self._dense(wide, f"{name}.{names.narrow}"), drop)
        return self._norm(state + narrow, f"{name}.{names.done}")

    def _dense(self, state: Tensor, name: str) -> Tensor:
        return functional.linear(
            state, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        )

    def _norm(self, state: Tensor, name: str) -> Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(state, weight.shape, weight, bias, self.network.epsilon)
