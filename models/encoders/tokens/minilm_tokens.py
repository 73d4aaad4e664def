"""One vector for each token of MiniLM's vocabulary: what the static encoder adds up.

Each token is put through the network alone, between the marks of a text's beginning and end; the
states after layers 4 and 6 are averaged, brought to length 1 and set side by side. Their 256 main
axes are kept, and each token is weighted down by how common it is: a / (a + p), where p is guessed
from the token's place in the vocabulary by Zipf's law. No text is needed, and nothing is drawn at
random. The result is kept beside the pulled weights, with its SHA-256.

References
----------
Tulkens, S. & van Dongen, T. (2024). Model2Vec: Fast State-of-the-Art Static Embeddings (the way).
Arora, S., Liang, Y. & Ma, T. (2017). A Simple but Tough-to-Beat Baseline for Sentence Embeddings
(the weights, section 3).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ....errors import InputError
from ....files import write_bytes, write_text
from ..networks.transformer import Transformer
from ..weights.on_disk import find_weights, home

__all__ = ["TokenVectors", "is_made", "token_vectors"]

WIDTH = 256
"""Axes that are kept."""

_LAYERS = (4, 6)
_COMMON = 1e-4
_AT_ONCE = 64
_NAME = "static"
_RECIPE = 1
"""Raised when the same weights would give other vectors."""

Floats = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """Tokens and their vectors."""

    vocabulary: tuple[str, ...]
    """The tokens."""
    table: npt.NDArray[np.float16]
    """Shape (n_tokens, WIDTH)."""


def is_made() -> bool:
    """Tell whether the vectors lie in the cache."""
    folder = home() / "encoders" / _NAME
    return all(
        (folder / name).is_file() for name in ("vectors.safetensors.sha256", "vectors.safetensors")
    )


@lru_cache(maxsize=1)
def token_vectors(progress: Progress | None = None) -> TokenVectors:
    """Give the vectors, from the cache, or made from MiniLM's weights and kept there.

    Parameters
    ----------
    progress
        Told how many of how many tokens are done.

    Raises
    ------
    MissingFileError
        Neither the vectors nor MiniLM's weights are here.
    """
    found = _kept()
    if found is None:
        found = _make(progress)
        _keep(found)
    return found


def _kept() -> TokenVectors | None:
    """Read the cache; anything wrong with it counts as nothing there."""
    folder = home() / "encoders" / _NAME
    try:
        raw = (folder / "vectors.safetensors").read_bytes()
        known = (folder / "vectors.safetensors.sha256").read_text().split()
    except OSError:
        return None
    if known != [hashlib.sha256(raw).hexdigest(), f"recipe-{_RECIPE}"]:
        return None
    from safetensors.numpy import load

    stored = load(raw)
    return TokenVectors(tuple(stored["vocabulary"].tobytes().decode().split("\n")), stored["table"])


def _keep(made: TokenVectors) -> None:
    from safetensors.numpy import save

    folder = home() / "encoders" / _NAME
    joined = np.frombuffer("\n".join(made.vocabulary).encode(), np.uint8)
    raw = save({"table": made.table, "vocabulary": joined})
    write_bytes(folder / "vectors.safetensors", raw)
    write_text(
        folder / "vectors.safetensors.sha256",
        f"{hashlib.sha256(raw).hexdigest()} recipe-{_RECIPE}\n",
    )


def _make(progress: Progress | None) -> TokenVectors:
    from threadpoolctl import threadpool_limits

    weights = find_weights("minilm")
    told = json.loads(weights.read("tokenizer.json"))
    numbers: dict[str, int] = told["model"]["vocab"]
    vocabulary = tuple(sorted(numbers, key=numbers.__getitem__))
    if [numbers[token] for token in vocabulary] != list(range(len(vocabulary))):
        raise InputError(weights.folder, "the vocabulary has gaps", "pull minilm again")
    marks = numbers["[CLS]"], numbers["[SEP]"]
    states = _states(np.arange(len(vocabulary), dtype=np.int32), marks, progress)
    # One thread: sums in a fixed order.
    with threadpool_limits(1):
        table = _main_axes(states) * _rareness(len(states))[:, None]
    # Marks and places without a meaning weigh nothing.
    empty = [n for n, token in enumerate(vocabulary) if token[0] == "[" and token[-1] == "]"]
    table[[n for n in empty if len(vocabulary[n]) > 2]] = 0
    return TokenVectors(vocabulary, table.astype(np.float16))


def _states(
    tokens: npt.NDArray[np.int32], marks: tuple[int, int], progress: Progress | None = None
) -> Floats:
    """Put each token through the network alone, shape (n_tokens, n_layers * width)."""
    network = Transformer(find_weights("minilm"), _LAYERS)
    parts: list[Floats] = []
    for start in range(0, len(tokens), _AT_ONCE):
        some = tokens[start : start + _AT_ONCE]
        begin, end = (np.full_like(some, mark) for mark in marks)
        texts = np.stack([begin, some, end], axis=1)
        parts.append(network.states(texts))
        if progress is not None:
            progress(start + len(some), len(tokens))
    return np.concatenate(parts)


def _main_axes(states: Floats) -> Floats:
    centred = (states - states.mean(axis=0)).astype(np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    kept = axes[:, ::-1][:, :WIDTH]
    # An axis and its opposite are equally good; the one whose largest part is positive is taken.
    largest = np.abs(kept).argmax(axis=0)
    kept = kept * np.sign(kept[largest, np.arange(WIDTH)])
    return np.asarray(centred @ kept, np.float32)


def _rareness(n_tokens: int) -> Floats:
    share = 1 / np.arange(2, n_tokens + 2)
    share /= share.sum()
    return np.asarray(_COMMON / (_COMMON + share), np.float32)
