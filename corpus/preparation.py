"""How articles are made ready: what is repaired, cleaned, kept, and cut into which units.

A study's settings, its corpus and every model that learned from it hold the same `Preparation`, so
that new articles are tagged in the units that people coded.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from ..errors import UnknownNameError
from .units.unit import KINDS

__all__ = ["KEEP", "UNITS", "Preparation"]

KEEP = ("all", "first")
"""What becomes of near-duplicates: all have units, or only the first that was added."""

UNITS = (*KINDS, "row")
"""What articles are cut into; `row` takes each record's text as it is, and is only for tagging."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How articles are made ready.

    Examples
    --------
    >>> window = Preparation(unit="window", languages=("fr",))
    >>> Preparation.from_json(window.as_json()) == window
    True
    >>> window.differences(Preparation(unit="window", size=5, languages=()))
    ['size 3, now 5', 'languages fr, now all']
    """

    unit: str = "sentence"
    """One of `UNITS`."""
    context: int = 1
    """Number of units before and after that come along."""
    size: int = 3
    """Sentences in a window."""
    stride: int = 3
    """Sentences from the start of a window to the start of the next."""
    languages: tuple[str, ...] = ("en",)
    """ISO 639-1 codes; an article in another language has no units. Empty takes all."""
    keep_debris: bool = False
    """Leave the texts as they are."""
    fix_encoding: bool = False
    """Repair text that was decoded with the wrong alphabet ("cafÃ©")."""
    near_duplicates: bool = True
    """Find syndicated copies, and name their clusters."""
    keep: str = "all"
    """Which of them have units, one of `KEEP`."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any], **defaults: Any) -> Self:
        """Read what `as_json` gave, today or in an older version.

        Parameters
        ----------
        values
            Field to value; others are passed over.
        defaults
            Values of fields that are missing, where they differ from those of the class.

        Raises
        ------
        TypeError, ValueError
            A value is of the wrong kind.
        """
        read = {
            **defaults,
            **{one.name: values[one.name] for one in fields(cls) if one.name in values},
        }
        if not isinstance(read.get("languages", ()), list | tuple):
            raise TypeError("languages is no list")
        if "languages" in read:
            read["languages"] = tuple(map(str, read["languages"]))
        # A corpus that was not cut into windows had no size and no stride in earlier versions.
        found = cls(
            **{name: read[name] for name in read if read[name] or name not in {"size", "stride"}}
        )
        for one in fields(cls):
            if type(getattr(found, one.name)) is not type(one.default):
                raise TypeError(f"{one.name} is {getattr(found, one.name)!r}")
        return found.changed()

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {**asdict(self), "languages": list(self.languages)}

    def changed(self, **choices: Any) -> Self:
        """Change some fields; None leaves one as it is.

        Raises
        ------
        UnknownNameError
            There is no such unit, or no such way with near-duplicates.
        """
        changed = replace(self, **{name: one for name, one in choices.items() if one is not None})
        for name, value, known in (("unit", changed.unit, UNITS), ("keep", changed.keep, KEEP)):
            if value not in known:
                raise UnknownNameError(name, value, known)
        return changed

    def differences(self, now: Self) -> list[str]:
        """Tell in words what differs in another preparation; windows matter where units are."""
        windows = "window" in {self.unit, now.unit}
        names = [one.name for one in fields(self) if windows or one.name not in {"size", "stride"}]
        pairs = [(name, getattr(self, name), getattr(now, name)) for name in names]
        return [
            f"{name} {_in_words(was)}, now {_in_words(new)}"
            for name, was, new in pairs
            if was != new
        ]


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (" ".join(value) or "all") if isinstance(value, tuple) else str(value)
