"""Several encoders, and several views of a unit, side by side.

Every part is an encoder that reads one or more views; each view of each part is a block of columns,
scaled by its share. A part that can mark targets reads text, target and what stands on its left and
right in one forward pass; for every other part the target is the words around it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..matrix import Matrix, stack
from ..views import VIEWS, Context, Inputs
from .networks.graph import MARKS

__all__ = ["MARKED", "MARKED_SHARE", "SHARES", "Beside", "Part", "around", "prepare_views"]

SHARES = {
    "text": 1.0,
    "target": 1.0,
    "left": 1.0,
    "right": 1.0,
    "before": 0.5,
    "after": 0.5,
    "title": 0.5,
}
"""How much each view counts next to the text: what a sentence says weighs more than where it is.
"""

MARKED = ("text", *MARKS)
"""What a network that marks targets reads in one pass: the text, the target, and its two sides."""

MARKED_SHARE = 0.6
"""What each of these is multiplied with: they are four, and say much the same."""

_WORDS_AROUND = 6


@dataclass(frozen=True, slots=True)
class Part:
    """One encoder and what it reads."""

    name: str
    """Name of the encoder."""
    encoder: Any
    """The encoder."""
    share: float = 1.0
    """What its columns are multiplied with."""
    views: tuple[str, ...] = ("text",)
    """The views that it reads, in the order of the columns."""

    @property
    def key(self) -> str:
        """Its name among the parts: counted words of a view have a part of their own."""
        return self.name if "text" in self.views else f"{self.name}.{self.views[0]}"

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.encoder.width) * len(self.views)


class Beside:
    """Encoders and views side by side."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)

    @property
    def width(self) -> int:
        """Number of columns over all parts."""
        return sum(part.width for part in self.parts)

    @property
    def needs(self) -> tuple[str, ...]:
        """The views besides the text, in the order of `VIEWS`."""
        read = {view for part in self.parts for view in part.views}
        return tuple(view for view in VIEWS if view in read)

    def begin(
        self, texts: Sequence[str], context: Context | None = None
    ) -> tuple["Beside", Matrix]:
        """Begin with every part."""
        inputs, parts, blocks = Inputs(texts, context or {}), [], []
        for part in self.parts:
            begun, prepared = prepare_views(part.encoder, part.views, inputs, begin=True)
            parts.append(Part(part.name, begun, part.share, part.views))
            blocks += prepared
        return Beside(parts), stack(blocks)

    def prepare(self, texts: Sequence[str], context: Context | None = None) -> Matrix:
        """Prepare with each part, side by side."""
        inputs = Inputs(texts, context or {})
        return stack(
            [
                block
                for part in self.parts
                for block in prepare_views(part.encoder, part.views, inputs)[1]
            ]
        )

    def fit(self, prepared: Matrix) -> "Beside":
        """Fit each part on the columns of the text; the other views share what it learned."""
        fitted = {}
        for part, view, block in self._cut(prepared):
            if view == part.views[0]:
                fitted[part.key] = part.encoder.fit(block)
        return Beside(
            [Part(part.name, fitted[part.key], part.share, part.views) for part in self.parts]
        )

    def transform(self, prepared: Matrix) -> Matrix:
        """Transform with each part and scale."""
        return stack(
            [
                part.encoder.transform(block) * np.float32(part.share * SHARES[view])
                for part, view, block in self._cut(prepared)
            ]
        )

    def encode(self, texts: Sequence[str], context: Context | None = None) -> Matrix:
        """Turn texts into vectors."""
        return self.transform(self.prepare(texts, context))

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the states of the parts, their arrays under the parts' names."""
        settings, arrays = [], {}
        for part in self.parts:
            own, stored = part.encoder.state()
            views = list(part.views)
            settings.append(
                {"name": part.name, "share": part.share, "views": views, "settings": own}
            )
            arrays.update({f"{part.key}/{key}": value for key, value in stored.items()})
        return {"parts": settings}, arrays

    def _cut(self, prepared: Matrix) -> Iterator[tuple[Part, str, Matrix]]:
        start = 0
        for part in self.parts:
            width = part.encoder.width
            for view in part.views:
                yield part, view, prepared[:, start : start + width]
                start += width


def prepare_views(
    encoder: Any, views: Sequence[str], inputs: Inputs, *, begin: bool = False
) -> tuple[Any, list[Matrix]]:
    """Prepare units with one encoder, one block a view.

    Parameters
    ----------
    encoder
        The encoder.
    views
        What it reads.
    inputs
        The units.
    begin
        Begin with these texts, instead of taking the encoder as it is.

    Returns
    -------
    The encoder, begun if asked, and the blocks.
    """
    blocks: dict[str, Matrix] = {}
    if "target" in views and hasattr(encoder, "prepare_marked"):
        texts, spans = inputs.texts, inputs.spans()
        if begin:
            encoder, both = encoder.begin_marked(texts, spans)
        else:
            both = encoder.prepare_marked(texts, spans)
        width = encoder.width
        for k, view in enumerate(MARKED):
            blocks[view] = both[:, k * width : (k + 1) * width]
    # The text first: what an encoder begins with makes its columns; a network has them already,
    # and begins with each view for the sake of its cache.
    to_begin = begin
    for view in sorted(views, key=lambda one: one != "text"):
        if view in blocks:
            continue
        texts = _around(inputs) if view == "target" else inputs.view(view)
        if to_begin:
            encoder, blocks[view] = encoder.begin(texts)
            to_begin = hasattr(encoder, "prepare_marked")
        else:
            blocks[view] = encoder.prepare(texts)
    return encoder, [blocks[view] for view in views]


def around(text: str, start: int, end: int) -> str:
    """Return the words around a span, without the span itself.

    Examples
    --------
    >>> around("Critics say that Oslo lied again.", 17, 21)
    'Critics say that  lied again.'
    """
    before = text[:start].split()[-_WORDS_AROUND:]
    after = text[end:].split()[:_WORDS_AROUND]
    return f"{' '.join(before)}  {' '.join(after)}"


def _around(inputs: Inputs) -> list[str]:
    return [around(text, *span) for text, span in zip(inputs.texts, inputs.spans(), strict=True)]
