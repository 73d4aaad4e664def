"""Stability of a language model: the same answer when it is asked again, and in other words.

What changes with the wording was no property of the text. A model that always says the same is
perfectly steady and of no use, so that this stands beside what gold says, and decides nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...intervals import Estimate, mean_over_groups

__all__ = ["Stability", "stability"]

Answers = Mapping[str, tuple[str, ...]]

_IN_WORDS = {"again": "asked again", "reworded": "asked in other words"}


@dataclass(frozen=True, slots=True)
class Stability:
    """How often the answer was the same."""

    how: str
    """``again`` or ``reworded``."""
    n_units: int
    """Units with an answer of use both times."""
    same: Estimate
    """Share of them with the same labels; the interval resamples articles."""

    def __str__(self) -> str:
        return f"{_IN_WORDS[self.how]}: the same on {self.same} of {self.n_units} units"


def stability(
    first: Answers,
    variants: Mapping[str, Answers],
    articles: Mapping[str, str],
    *,
    level: float = 0.95,
) -> Iterator[Stability]:
    """Compare a model's answers with those of its variants.

    Parameters
    ----------
    first
        Unit to the labels that it was given.
    variants
        How it was asked to the same of that time.
    articles
        Unit to article.
    level
        Coverage of the intervals.

    Examples
    --------
    >>> first = {"u1": ("warm",), "u2": ("cold",), "u3": ("cold",)}
    >>> variants = {"again": {"u1": ("warm",), "u2": ("warm",)}}
    >>> for one in stability(first, variants, {"u1": "a1", "u2": "a1"}):
    ...     print(one)
    asked again: the same on .500 of 2 units
    """
    for how in sorted(variants):
        both = sorted(first.keys() & variants[how].keys())
        same = [float(sorted(first[unit]) == sorted(variants[how][unit])) for unit in both]
        groups = [articles.get(unit, unit) for unit in both]
        yield Stability(how, len(both), mean_over_groups(same, groups, level=level))
