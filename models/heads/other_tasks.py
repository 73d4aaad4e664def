"""What other tasks turn on in the states of a network, learned from public sets of coded news.

Whether a sentence is biased, subjective, factual, kind to somebody, or frames a matter as a
conflict: classifiers of such questions point into a few directions among hundreds of columns, and
a new question about tone or framing likely turns on some of them. With few labels that is worth up
to four points of macro-F1 (docs/evidence/classifier.md).

The directions come from BABE (bias, opinion), NewsMTSC (sentiment), NewsSD (subjectivity) and
narrative frames, as `benchmarks/other_tasks.py` learned them. They hold no text. Whoever trains on
one of these sets must not be taught by its labels, because its held-out rows would not be held out
any more; so a set is left out where its texts are among those of training, which hashes tell.

References
----------
Spinde, T. et al. (2021). Neural Media Bias Detection Using Distant Supervision With BABE. Findings
of EMNLP. Hamborg, F. & Donnay, K. (2021). NewsMTSC. EACL. Antici, F. et al. (2024). A Corpus for
Sentence-Level Subjectivity Detection on English News Articles. LREC-COLING.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from ..encoders.networks.transformer import Transformer
from ..labelled.same_text import hash_texts

__all__ = ["FILE", "OtherTasks", "n_in_sets", "other_tasks", "short_hashes"]

FILE = "other_tasks.npz"
"""The file beside this module."""

_TEXTS = 2
_SHARE = 0.005
"""So many texts, and this share of them, in common with a set leave it out; one may be chance."""

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OtherTasks:
    """The directions of some sets."""

    sets: tuple[str, ...]
    """Names of the sets that teach, in alphabetical order."""

    def in_states_of(self, encoder: Transformer) -> Floats32 | None:
        """Return directions in the states of an encoder, shape (n_directions, width).

        None where this network, or one of the layers, has none.
        """
        stored = _stored()
        network = encoder.weights.name
        if not self.sets or f"{network}/directions" not in stored:
            return None
        layers = stored[f"{network}/layers"].tolist()
        if not set(encoder.layers) <= set(layers):
            return None
        width = encoder.weights.network.width
        columns = [np.arange(width) + layers.index(layer) * width for layer in encoder.layers]
        kept = np.isin(stored[f"{network}/sets"], self.sets)
        return np.asarray(stored[f"{network}/directions"], np.float32)[kept][
            :, np.concatenate(columns)
        ]


def other_tasks(texts: Iterable[str]) -> OtherTasks:
    """Return what may teach a task on these texts.

    Examples
    --------
    >>> other_tasks(["Talks fail."]).sets
    ('babe', 'narrative_frames', 'newsmtsc', 'newssd_eng')
    """
    own = short_hashes(texts)
    names = sorted(key.removeprefix("texts/") for key in _stored() if key.startswith("texts/"))
    left_out = _sets_of(own, names)
    return OtherTasks(tuple(name for name in names if name not in left_out))


def n_in_sets(hashes: npt.NDArray[np.uint64], names: Iterable[str]) -> dict[str, int]:
    """Count how many texts are of sets, those that have as many as would keep them from teaching.

    Parameters
    ----------
    hashes
        Hashes of the texts (`hash_texts`).
    names
        Names of the sets; those that are not stored have none.

    Examples
    --------
    >>> n_in_sets(hash_texts(["Talks fail."]), ["babe"])
    {}
    """
    short = hashes.astype(np.uint32)
    found = _sets_of(np.unique(short), names)
    return {name: int(np.isin(short, _stored()[f"texts/{name}"]).sum()) for name in found}


def short_hashes(texts: Iterable[str]) -> npt.NDArray[np.uint32]:
    """Hash texts to 32 bits each, sorted, each once."""
    return np.unique(hash_texts(texts).astype(np.uint32))


def _sets_of(hashes: npt.NDArray[np.uint32], names: Iterable[str]) -> list[str]:
    """Return the sets that these texts, each once, are too much of to be chance."""
    most = max(_TEXTS, _SHARE * len(hashes))
    known = {name: _stored().get(f"texts/{name}", hashes[:0]) for name in names}
    return [name for name, own in known.items() if np.isin(hashes, own).sum() >= most]


@lru_cache(1)
def _stored() -> dict[str, npt.NDArray[Any]]:
    content = files(__package__).joinpath(FILE).read_bytes()
    with np.load(BytesIO(content)) as arrays:
        return dict(arrays)
