"""Encoders: text to vectors, one row a text.

An encoder works in two steps, so that held-out scores are honest and cheap at once. `prepare` makes
what depends on each text alone (counts of n-grams; the states of a frozen network), once for all
folds. `fit` learns from the training rows of a fold only what depends on other texts (how rare an
n-gram is), and `transform` applies it. `encode` is both in one, for new texts.

The default is ``minilm`` where its weights are present and ``tfidf`` elsewhere. The frozen MiniLM
is better by 10 points of macro-F1 at 50 to 200 labels, where most studies are; TF-IDF needs no
download, and scores are printed, so that nobody is led astray by a quiet choice. From `TFIDF_FROM`
labelled rows on, the default sets scaled TF-IDF beside MiniLM: there the words of the topic are
worth one to two points more, below they cost as much.

A new encoder is one class and one line in `ENCODERS`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from ..errors import UnknownNameError
from .hashed import Hashed, HashedPieces
from .matrix import Matrix, stack
from .minilm import MiniLM, is_ready
from .static import Static
from .tfidf import Tfidf

__all__ = ["ENCODERS", "TFIDF_FROM", "Beside", "Encoder", "default_encoder", "make_encoder"]

TFIDF_FROM = 200
"""Number of labelled rows from which scaled TF-IDF beside MiniLM helps more than it costs."""

_TFIDF_SHARE = 0.3**0.5


class Encoder(Protocol):
    """Turns texts into vectors."""

    def begin(self, texts: Sequence[str]) -> tuple[Self, Matrix]:
        """Give an encoder that knows what these texts are made of, and the texts prepared."""

    @property
    def width(self) -> int:
        """Number of columns, prepared and transformed."""

    def prepare(self, texts: Sequence[str]) -> Matrix:
        """Make what depends on each text alone, one row a text."""

    def fit(self, prepared: Matrix) -> Self:
        """Learn from the prepared rows of the training part."""

    def transform(self, prepared: Matrix) -> Matrix:
        """Turn prepared rows into vectors, shape (n_texts, dim)."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Turn texts into vectors: float32, shape (n_texts, dim)."""

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give what must be stored: settings as JSON values, and arrays."""

    @classmethod
    def restore(cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make the encoder again from what was stored."""


class Beside:
    """Several encoders side by side, each scaled by its share."""

    def __init__(self, parts: Sequence[tuple[str, Encoder, float]]) -> None:
        self.parts = tuple(parts)

    @property
    def width(self) -> int:
        """Number of columns over all parts."""
        return sum(part.width for _, part, _ in self.parts)

    def begin(self, texts: Sequence[str]) -> tuple["Beside", Matrix]:
        """Begin with every part."""
        parts, blocks = [], []
        for name, part, share in self.parts:
            begun, block = part.begin(texts)
            parts.append((name, begun, share))
            blocks.append(block)
        return Beside(parts), stack(blocks)

    def prepare(self, texts: Sequence[str]) -> Matrix:
        """Prepare with each part, side by side."""
        return stack([part.prepare(texts) for _, part, _ in self.parts])

    def fit(self, prepared: Matrix) -> "Beside":
        """Fit each part on its columns."""
        cut = self._cut(prepared)
        return Beside(
            [
                (name, part.fit(block), share)
                for (name, part, share), block in zip(self.parts, cut, strict=True)
            ]
        )

    def transform(self, prepared: Matrix) -> Matrix:
        """Transform with each part and scale."""
        cut = self._cut(prepared)
        return stack(
            [
                part.transform(block) * np.float32(share)
                for (_, part, share), block in zip(self.parts, cut, strict=True)
            ]
        )

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Turn texts into vectors."""
        return self.transform(self.prepare(texts))

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give the states of the parts, their arrays under the parts' names."""
        settings, arrays = [], {}
        for name, part, share in self.parts:
            told, stored = part.state()
            settings.append({"name": name, "share": share, "settings": told})
            arrays.update({f"{name}/{key}": value for key, value in stored.items()})
        return {"parts": settings}, arrays

    @classmethod
    def restore(
        cls, settings: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> "Beside":
        """Make the parts again."""
        parts = []
        for part in settings["parts"]:
            name = part["name"]
            if name not in ENCODERS:
                raise UnknownNameError("encoder", name, sorted(ENCODERS))
            mark = f"{name}/"
            own = {key[len(mark) :]: v for key, v in arrays.items() if key.startswith(mark)}
            made = type(ENCODERS[name]()).restore(part["settings"], own)
            parts.append((name, made, float(part["share"])))
        return cls(parts)

    def _cut(self, prepared: Matrix) -> list[Matrix]:
        blocks, start = [], 0
        for _, part, _ in self.parts:
            width = part.width
            blocks.append(prepared[:, start : start + width])
            start += width
        return blocks


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "hashed": Hashed,
    "hashed-pieces": HashedPieces,
    "minilm": MiniLM,
    "static": Static,
    "tfidf": Tfidf,
}
"""Name to what makes it; names joined by `+` set encoders side by side."""


def make_encoder(name: str) -> Encoder:
    """Make an encoder by its name, such as ``tfidf`` or ``minilm+tfidf``.

    Raises
    ------
    UnknownNameError
        No encoder has this name.
    """
    names = name.split("+")
    for one in names:
        if one not in ENCODERS:
            raise UnknownNameError("encoder", one, sorted(ENCODERS))
    if len(names) == 1:
        return ENCODERS[name]()
    return Beside(
        [(one, ENCODERS[one](), _TFIDF_SHARE if one == "tfidf" else 1.0) for one in names]
    )


def default_encoder(n_rows: int) -> str:
    """Name the encoder that is taken when the user names none."""
    if not is_ready():
        return "tfidf"
    return "minilm+tfidf" if n_rows >= TFIDF_FROM else "minilm"
