"""Intervals by the bootstrap, drawing whole articles.

Sentences of one article resemble each other, so drawing sentences would make every interval too
narrow. Nothing is computed again from raw answers: each article's share in the sums that a
statistic is made of is known, and a draw only says how often each article counts. A thousand draws
are one matrix product.

References
----------
Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap, chapters 8 and 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "draw_weights", "interval", "share_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; None where it is not defined."""

    value: float | None
    """The number."""
    low: float | None = None
    """Lower end of the interval."""
    high: float | None = None
    """Upper end of the interval."""

    @property
    def width(self) -> float | None:
        """How wide the interval is."""
        return None if self.low is None or self.high is None else self.high - self.low

    def __str__(self) -> str:
        if self.value is None:
            return "undefined"
        ends = "" if self.low is None else f" [{_digits(self.low)}, {_digits(self.high)}]"
        return f"{_digits(self.value)}{ends}"


def draw_weights(n_articles: int, draws: int, seed: int) -> NDArray[np.float32]:
    """Draw articles with replacement.

    Returns
    -------
    How often each article counts in each draw, shape (draws, n_articles); rows add up to
    n_articles.

    Examples
    --------
    >>> draw_weights(3, 2, seed=0).sum(axis=1).tolist()
    [3.0, 3.0]
    """
    if not n_articles or not draws:
        return np.zeros((draws, n_articles), np.float32)
    drawn = np.random.default_rng(seed).integers(0, n_articles, (draws, n_articles))
    drawn += np.arange(draws)[:, None] * n_articles
    counts = np.bincount(drawn.ravel(), minlength=draws * n_articles)
    return counts.reshape(draws, n_articles).astype(np.float32)


def interval(value: float, drawn: Floats, level: float = 0.95) -> Estimate:
    """Give a number its percentile interval.

    Draws in which the statistic is undefined (NaN) are left out. If they are one in ten or more, or
    the number itself is undefined, there is no interval: what is left would not stand for all.

    Examples
    --------
    >>> print(interval(0.5, np.linspace(0, 1, 101), level=0.9))
    .500 [.050, .950]
    """
    if np.isnan(value):
        return Estimate(None)
    defined = drawn[~np.isnan(drawn)]
    if len(defined) == 0 or len(defined) < 0.9 * len(drawn):
        return Estimate(float(value))
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(value), float(low), float(high))


def share_of(
    good: Sequence[float], groups: Sequence[str], *, draws: int = 1000, level: float = 0.95
) -> Estimate:
    """Give a mean with its interval over articles.

    Parameters
    ----------
    good
        One number a case, such as 1 for a match and 0 for none.
    groups
        The article of each case.

    Examples
    --------
    >>> share_of([1, 1, 0, 1], ["a", "a", "b", "c"]).value
    0.75
    """
    if not len(good):
        return Estimate(None)
    names = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    group = np.array([names[name] for name in groups])
    right = np.bincount(group, np.asarray(good, np.float64), minlength=len(names))
    cases = np.bincount(group, minlength=len(names)).astype(np.float64)
    value = float(right.sum() / cases.sum())
    if len(names) < 2:
        return Estimate(value)
    weights = draw_weights(len(names), draws, 0).astype(np.float64)
    return interval(value, (weights @ right) / (weights @ cases), level)


def _digits(number: float | None) -> str:
    """Write a coefficient as journals do: three digits, no zero before the point."""
    return "" if number is None else f"{number:.3f}".replace("0.", ".", 1)
