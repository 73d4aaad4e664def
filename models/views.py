"""What a model reads of a unit: its text, and what is around it.

The sentence before and after, the title and the target are *views* of a unit. Each becomes a block
of columns of its own beside the unit's: glued into one text they would dilute what the unit says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError

__all__ = ["CONTEXTS", "VIEWS", "Context", "Inputs", "Span", "find_span", "needed"]

Span = tuple[int, int]
"""Where a target is in its text: the first character, and the one after the last."""

Context = Mapping[str, Sequence[Any]]
"""Name of a view to one text a row; `target_span` to one `Span` or None a row, where known."""

VIEWS = ("before", "after", "title", "target")
"""What there can be besides the text."""

CONTEXTS: dict[str, tuple[str, ...]] = {
    "none": (),
    "neighbours": ("before", "after"),
    "title": ("title",),
    "neighbours+title": ("before", "after", "title"),
}
"""What can be named with ``--context``, and the views that it takes."""


def find_span(text: str, target: str) -> Span:
    """Find the first place where a target is named; the whole text if it is not.

    Examples
    --------
    >>> find_span("Talks with Oslo fail, Oslo says.", "Oslo")
    (11, 15)
    >>> find_span("They fail.", "Oslo")
    (0, 10)
    """
    start = text.find(target) if target else -1
    if start < 0 and target:
        start = text.casefold().find(target.casefold())
    return (start, start + len(target)) if start >= 0 else (0, len(text))


@dataclass(frozen=True, slots=True)
class Inputs:
    """Units as a model reads them."""

    texts: Sequence[str]
    """The units' own texts."""
    context: Context = field(default_factory=dict)
    """Their context."""

    def __len__(self) -> int:
        return len(self.texts)

    def view(self, name: str) -> Sequence[str]:
        """Return one text a unit: `text`, or a view."""
        return self.texts if name == "text" else [value or "" for value in self.context[name]]

    def spans(self) -> list[Span]:
        """Return where each unit's target is."""
        spans = self.context.get("target_span") or [None] * len(self.texts)
        return [
            span if span is not None else find_span(text, target or "")
            for text, target, span in zip(self.texts, self.context["target"], spans, strict=True)
        ]


def needed(context: Context | None, needs: Sequence[str], n_rows: int) -> Context:
    """Return the context that a model needs, or refuse.

    Raises
    ------
    InputError
        A view is missing, or has another number of rows than the texts.
    """
    given = context or {}
    for name in needs:
        if name not in given:
            problem = f"the model was trained with {', '.join(needs)}, and {name!r} is missing"
            raise InputError("the units", problem, f"give a column {name!r}, or train without it")
        if len(given[name]) != n_rows:
            raise InputError(
                f"the context {name!r}", f"does not have {n_rows} rows", "give one a unit"
            )
    return given
