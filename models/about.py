"""What a model rests on: the data and settings of its training, as its manifest states them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

__all__ = ["About"]

_ALWAYS = {"data", "n_rows", "n_groups", "grouped_by", "n_folds", "seed", "head", "goal"}


@dataclass(frozen=True, slots=True)
class About:
    """The data and settings of training.

    Examples
    --------
    >>> about = About(n_rows=200, goal="precision=0.9")
    >>> About.from_json(about.as_json()) == about
    True
    """

    data: str = ""
    """SHA-256 over texts, answers and groups."""
    n_rows: int = 0
    """Labelled rows."""
    n_groups: int = 0
    """Groups of these rows, none of which is on both sides of a fold."""
    grouped_by: str = "row"
    """What made a group."""
    languages: Sequence[str] = ()
    """Languages of the texts as detected, the most frequent first; empty in older models."""
    n_folds: int = 0
    """Outer folds of the held-out score; 0 where there is none."""
    seed: int = 0
    """Of folds and bootstrap."""
    head: str = "logistic"
    """Kind of the heads."""
    goal: str = "macro-f1"
    """What their thresholds were set for."""
    device: str = "cpu"
    """What computed the vectors of its network, as `--device` names it."""
    chosen: str = ""
    """The candidate that was chosen, in words."""
    preparation: Mapping[str, Any] | None = None
    """How its study made articles ready, as `Preparation.as_json` gives it."""
    teacher: Mapping[str, str] | None = None
    """Encoder and data of the model that a distilled model learned from."""
    n_pool: int = 0
    """Unlabelled texts that a distilled model learned from."""
    weak: Mapping[str, Any] | None = None
    """The language model whose labels taught as well: coder, number of rows, and their weight."""
    codebook_taught: Mapping[str, float] | None = None
    """Id of each dimension to the share of its classifier that learned from the codebook's own
    words, too; dimensions that did not are left out."""
    other_tasks: Sequence[str] = ()
    """Public sets whose questions told on which directions a new one likely turns."""
    prototype: bool = False
    """Made out of a codebook's definitions, without labels."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` gave, today or in an older version; other keys are passed over."""
        return cls(
            **{field.name: values[field.name] for field in fields(cls) if field.name in values}
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values; what does not apply to the model is left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value or name in _ALWAYS}
