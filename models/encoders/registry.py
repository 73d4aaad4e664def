"""Encoders: text to vectors, one row a text.

An encoder works in two steps, so that held-out scores are honest and cheap at once. `prepare` makes
what depends on each text alone (counts of n-grams; the states of a frozen network), once for all
folds. `fit` learns from the training rows of a fold only what depends on other texts (how rare an
n-gram is), and `transform` applies it. `encode` is both in one, for new texts.

The default is ``minilm+tfidf`` where MiniLM's weights are present and ``tfidf`` elsewhere. The
frozen MiniLM is better by 10 points of macro-F1 at 50 to 200 labels, where most studies are; TF-IDF
needs no download, and scores are printed, so that nobody is led astray by a quiet choice. Beside
MiniLM, words cost with few rows and pay with many, and how much they count is learned (`heads`).
Texts in languages that MiniLM has not learned get the multilingual network, or TF-IDF alone.

A new encoder is one class and one line in `ENCODERS`. The folder of a pretrained network can be
named instead.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy.typing as npt

from ...errors import BundleError, UnknownNameError
from .languages import unread
from .networks.devices import device_here
from .networks.int8 import SUFFIX, Transformer8
from .networks.transformer import Transformer, is_ready
from .networks.tuned import Tuned
from .networks.word_vectors import WordVectors
from .protocol import Encoder, SingleEncoder
from .side_by_side import SHARES, Beside, Part
from .weights.architectures import WORD_VECTORS
from .weights.on_disk import add_folder
from .weights.published import SOURCES
from .words.hashed import Hashed, HashedPieces
from .words.tfidf import Tfidf

__all__ = [
    "ENCODERS",
    "TFIDF_SHARE",
    "base_of",
    "default_encoder",
    "default_network",
    "device_of",
    "make_encoder",
    "make_parts",
    "restore_encoder",
]

TFIDF_SHARE = 0.3**0.5
"""What TF-IDF is multiplied with beside a network."""


ENCODERS: dict[str, Callable[[], SingleEncoder]] = {
    "hashed": Hashed,
    "hashed-pieces": HashedPieces,
    "minilm": partial(Transformer.named, "minilm"),
    "minilm-int8": partial(Transformer8.named, "minilm-int8"),
    "mpnet": partial(Transformer.named, "mpnet"),
    "mpnet-int8": partial(Transformer8.named, "mpnet-int8"),
    "multilingual": partial(Transformer.named, "multilingual"),
    "tfidf": Tfidf,
}
"""Name to what makes it; names joined by `+` set encoders side by side."""

_REMOVED = {"static": "hashed-pieces"}
"""Encoder that only older bundles name, to the encoder that serves in its stead."""


def make_encoder(name: str) -> Encoder:
    """Make an encoder by its name, such as ``tfidf``, ``minilm+tfidf`` or the path of a folder.

    Raises
    ------
    UnknownNameError
        No encoder has this name.
    """
    parts = make_parts(name)
    return parts[0].encoder if len(parts) == 1 else Beside(parts)


def make_parts(name: str, views: tuple[str, ...] = ("text",)) -> list[Part]:
    """Make the encoders that a name joins by `+`, each reading the same views.

    Raises
    ------
    UnknownNameError
        No encoder has this name.
    """
    names = [name] if Path(name).is_dir() and name not in ENCODERS else name.split("+")
    parts = []
    for part in names:
        if part in ENCODERS:
            share = TFIDF_SHARE if part == "tfidf" and len(names) > 1 else 1.0
            parts.append(Part(part, ENCODERS[part](), share, views))
        elif Path(part).is_dir():
            weights = add_folder(Path(part))
            kind = WordVectors if weights.network.architecture == WORD_VECTORS else Transformer
            parts.append(Part(weights.name, kind(weights), 1.0, views))
        else:
            raise UnknownNameError("encoder", part, sorted(ENCODERS))
    return parts


def restore_encoder(
    name: str, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> Encoder:
    """Make an encoder again from what a bundle stored of it.

    Raises
    ------
    UnknownNameError
        No encoder has this name.
    BundleError
        There is no such encoder any more.
    MissingFileError
        The folder that it was made from is not here.
    """
    if "parts" in settings:
        return _restore_parts(settings, arrays)
    if "tuned" in settings:
        return Tuned.restore(settings, arrays)
    if name in ENCODERS:
        return type(ENCODERS[name]()).restore(settings, arrays)
    if "@" in name:
        kind = Transformer if "layers" in settings else WordVectors
        return kind.restore(settings, arrays)
    if name in _REMOVED:
        problem = f"its encoder {name!r} was taken out of Standfirst"
        raise BundleError("", problem, f"train it again, for example with {_REMOVED[name]}")
    raise UnknownNameError("encoder", name, sorted(ENCODERS))


def base_of(name: str) -> str | None:
    """Name the weights that an encoder of the registry rests on; None if it needs none.

    Examples
    --------
    >>> base_of("mpnet-int8"), base_of("minilm"), base_of("tfidf")
    ('mpnet', 'minilm', None)
    """
    base = name.removesuffix(SUFFIX)
    return base if base in SOURCES else None


def device_of(name: str, settings: Mapping[str, Any]) -> str:
    """Name the device that an encoder is computed on in this process.

    Parameters
    ----------
    name
        The encoder's name.
    settings
        What its `state` gives.

    Examples
    --------
    >>> device_of("tfidf", {})
    'cpu'
    """
    if "parts" in settings:
        devices = (device_of(part["name"], part["settings"]) for part in settings["parts"])
        return next((device for device in devices if device != "cpu"), "cpu")
    is_full_network = "layers" in settings and not name.endswith(SUFFIX)
    return device_here() if is_full_network else "cpu"


def default_encoder(languages: Sequence[str] = ()) -> str:
    """Name the encoder that is taken when the user names none: a network with counted words.

    Parameters
    ----------
    languages
        Of the texts, as detected.

    Examples
    --------
    >>> default_encoder(["sw", "lg"])
    'tfidf'
    """
    network = default_network(languages)
    return network if network == "tfidf" else f"{network}+tfidf"


def default_network(languages: Sequence[str] = ()) -> str:
    """Name the network that reads texts best on its own; counted words where there is none.

    Parameters
    ----------
    languages
        Of the texts, as detected. Where an English network has learned none of them, it is left to
        the multilingual one, or to counted words where that is not here: on headlines in Spanish,
        Italian and Portuguese, words were better than English MiniLM from 200 rows on.

    Examples
    --------
    >>> default_network(["sw", "lg"])
    'tfidf'
    """
    network = "minilm"
    if languages and len(unread(network, languages)) == len(languages):
        network = "multilingual"
        if len(unread(network, languages)) == len(languages):
            return "tfidf"
    return network if is_ready(network) else "tfidf"


def _restore_parts(settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Beside:
    """Make several encoders again; the arrays of each are under its key."""
    parts = []
    for entry in settings["parts"]:
        name, views = entry["name"], tuple(entry.get("views", ("text",)))
        if not views or not set(views) <= set(SHARES):
            raise ValueError(f"unknown views {views}")
        prefix = f"{Part(name, None, views=views).key}/"
        own = {key[len(prefix) :]: v for key, v in arrays.items() if key.startswith(prefix)}
        encoder = restore_encoder(name, entry["settings"], own)
        parts.append(Part(name, encoder, float(entry["share"]), views))
    return Beside(parts)
