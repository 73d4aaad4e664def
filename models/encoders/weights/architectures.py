"""Transformer encoders as data: what a network is made of, and what its weights are called.

BERT, MPNet, RoBERTa, XLM-R and DistilBERT are one machine with few differences: names of weights,
where positions begin, whether attention knows how far apart two tokens are. They are stated here,
so that one graph serves all. A folder as sentence-transformers writes it describes itself by its
JSON files; the networks whose weights can be pulled are described here, and need the weights alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....errors import InputError

__all__ = ["NAMES", "NETWORKS", "WORD_VECTORS", "Names", "Network", "read_network"]

WORD_VECTORS = "model2vec"
"""The `model_type` of folders that hold one vector a token and no network."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the weights of one layer are called."""

    layer: str
    """The layer, with its number for `{}`."""
    query: str
    """Dense map to queries."""
    key: str
    """Dense map to keys."""
    value: str
    """Dense map to values."""
    out: str
    """Dense map behind attention."""
    attended: str
    """Layer norm behind attention."""
    wide: str
    """Dense map to the inner width."""
    narrow: str
    """Dense map back."""
    done: str
    """Layer norm at the end."""


_BERT = Names(
    "encoder.layer.{}",
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)
_MPNET = Names(
    "encoder.layer.{}",
    "attention.attn.q",
    "attention.attn.k",
    "attention.attn.v",
    "attention.attn.o",
    "attention.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)
_DISTILBERT = Names(
    "transformer.layer.{}",
    "attention.q_lin",
    "attention.k_lin",
    "attention.v_lin",
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
)
NAMES: dict[str, Names] = {
    "bert": _BERT,
    "distilbert": _DISTILBERT,
    "mpnet": _MPNET,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
}
"""Architecture, as `model_type` of config.json states it, to the names of its weights."""


@dataclass(frozen=True, slots=True)
class Network:
    """What a transformer encoder is made of."""

    architecture: str
    """One of `NAMES`, or `WORD_VECTORS`."""
    n_layers: int
    """Number of layers."""
    width: int
    """Number of values of a state."""
    heads: int
    """Number of attention heads."""
    max_tokens: int
    """Longer texts are cut here, as the network was trained."""
    epsilon: float = 1e-12
    """What layer norms add to the variance."""
    first_position: int = 0
    """Row of the position table at which texts begin."""
    pooling: str = "mean"
    """How states become one vector: their mean, or the first one (`cls`)."""
    prefix: str = ""
    """What is written before each text, as the network was trained."""

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that are pooled unless others are named: the last, and middle ones.

        Stance and bias live in the middle layers, topics in the last one; both together beat
        either. A deep network has a wide middle, of which two are taken: half and three quarters
        of the way up (docs/evidence/classifier.md).
        """
        middle = [max(1, round(0.75 * self.n_layers))]
        if self.n_layers >= _DEEP:
            middle.append(self.n_layers // 2)
        return tuple(sorted({*middle, self.n_layers}))


_DEEP = 12
"""Layers from which on a network is deep."""

_LARGEST = 1_000_000
"""No network has as many layers, columns, heads or positions."""

NETWORKS: dict[str, Network] = {
    "minilm": Network("bert", 6, 384, 12, 256),
    "multilingual": Network("bert", 12, 384, 12, 128),
    "mpnet": Network("mpnet", 12, 768, 12, 384, epsilon=1e-5, first_position=2),
}
"""The networks whose weights can be pulled."""


def read_network(folder: Path) -> Network:
    """Read what the network of a sentence-transformers folder is made of.

    Raises
    ------
    InputError
        The folder holds another kind of network; the message names what is not understood.
    """
    config = _json(folder / "config.json")
    kind = str(config.get("model_type"))
    if kind == WORD_VECTORS:
        return Network(kind, 1, 0, 0, 512)
    if kind not in NAMES:
        remedy = f"use a folder of one of these: {', '.join(sorted([*NAMES, WORD_VECTORS]))}"
        raise InputError(folder / "config.json", f"the architecture {kind!r} is not known", remedy)
    active = config.get("hidden_act", config.get("activation", "gelu"))
    if active != "gelu":
        problem = f"the activation {active!r} is not known"
        raise InputError(folder / "config.json", problem, "use a network with gelu")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise InputError(folder / "config.json", "relative keys are not known", "use another")
    # RoBERTa and its kin number positions from behind the one of padding.
    offset_by_padding = kind in ("mpnet", "roberta", "xlm-roberta")
    settings = _json(folder / "sentence_bert_config.json", optional=True)
    pooling, prefix = _pooling(folder), _prefix(folder)
    try:
        first = int(config.get("pad_token_id", 1)) + 1 if offset_by_padding else 0
        most = int(config["max_position_embeddings"]) - first
        network = Network(
            kind,
            int(config.get("num_hidden_layers") or config["n_layers"]),
            int(config.get("hidden_size") or config["dim"]),
            int(config.get("num_attention_heads") or config["n_heads"]),
            min(most, int(settings.get("max_seq_length") or most)),
            float(config.get("layer_norm_eps", 1e-12)),
            first,
            pooling,
            prefix,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        problem = "does not state layers, width, heads or positions"
        raise InputError(folder / "config.json", problem, "fetch it again") from error
    sizes = (network.n_layers, network.width, network.heads, network.max_tokens)
    if not all(0 < size <= _LARGEST for size in sizes) or network.width % network.heads:
        problem = "states {} layers, width {}, {} heads and {} positions".format(*sizes)
        raise InputError(folder / "config.json", problem[:200], "fetch it again")
    return network


def _pooling(folder: Path) -> str:
    settings = _json(folder / "1_Pooling" / "config.json", optional=True)
    ways = [
        way
        for way in (
            "cls_token",
            "mean_tokens",
            "max_tokens",
            "mean_sqrt_len_tokens",
            "weightedmean_tokens",
            "lasttoken",
        )
        if settings.get(f"pooling_mode_{way}")
    ]
    ways = ways or [str(settings.get("pooling_mode") or "mean")]
    if len(ways) == 1 and ways[0] in ("mean", "mean_tokens", "cls", "cls_token"):
        return ways[0].removesuffix("_tokens").removesuffix("_token")
    problem = f"the pooling {' and '.join(ways)} is not known"
    raise InputError(folder / "1_Pooling", problem, "use a network with mean or cls pooling")


def _prefix(folder: Path) -> str:
    settings = _json(folder / "config_sentence_transformers.json", optional=True)
    prompts, usual = settings.get("prompts") or {}, settings.get("default_prompt_name")
    if not isinstance(prompts, dict) or not isinstance(usual, str):
        return ""
    return str(prompts.get(usual, ""))


def _json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    if optional and not path.is_file():
        return {}
    try:
        values = dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        problem = "is not the JSON of a sentence-transformers folder"
        raise InputError(path, problem, "name another folder, or fetch it again") from error
    return values
