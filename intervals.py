"""Numbers with intervals, by a bootstrap that draws whole groups.

Sentences of one article resemble each other, so drawing sentences would make every interval too
narrow: articles are drawn. Nothing is computed again from raw answers. What a statistic is made of
is summed by group first, and a draw only says how often each group counts, so that a thousand draws
are one matrix product.

References
----------
Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap, chapters 8 and 13 (clusters;
percentile interval).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "draw_groups", "interval", "mean_over_groups", "over_draws"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_AT_ONCE = 4_000_000
"""Numbers that one block of draws may hold: 32 MB."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; None where it is not defined.

    Examples
    --------
    >>> from standfirst.labels import Estimate
    >>> print(Estimate(0.84, 0.79, 0.88))
    .840 [.790, .880]
    """

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

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is defined and leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def numbers(self) -> tuple[float, float, float]:
        """Return the number and both ends, for statistics that are always defined.

        Raises
        ------
        ValueError
            One of them is not defined.
        """
        if self.value is None or self.low is None or self.high is None:
            raise ValueError(f"no interval: {self}")
        return self.value, self.low, self.high

    def __str__(self) -> str:
        if self.value is None:
            return "undefined"
        ends = "" if self.low is None else f" [{_digits(self.low)}, {_digits(self.high)}]"
        return f"{_digits(self.value)}{ends}"


def draw_groups(n_groups: int, draws: int, seed: int) -> Ints:
    """Draw groups with replacement, as many as there are.

    Returns
    -------
    How often each group counts, shape (1 + draws, n_groups); rows add up to n_groups. The first row
    is no draw: each group counts once.

    Examples
    --------
    >>> draw_groups(3, 2, seed=0).sum(axis=1).tolist()
    [3, 3, 3]
    """
    return np.vstack(list(_blocks(n_groups, draws, seed)))


def over_draws(statistic: Callable[[Ints], Floats], n_groups: int, draws: int, seed: int) -> Floats:
    """Compute a statistic in each draw of `draw_groups`, without holding all draws at once.

    Parameters
    ----------
    statistic
        Takes how often each group counts, shape (n, n_groups); gives one number a row.

    Returns
    -------
    The statistic itself, then its value in each draw, shape (1 + draws,).

    Examples
    --------
    >>> over_draws(lambda drawn: drawn @ np.array([1.0, 2.0, 6.0]) / 3, 3, 2, seed=0)[0]
    np.float64(3.0)
    """
    return np.concatenate([statistic(block) for block in _blocks(n_groups, draws, seed)])


def interval(
    values: Floats, level: float = 0.95, *, n_groups: int | None = None, widened: float = 1.0
) -> Estimate:
    """Give a number its percentile interval.

    With few groups the plain interval is too narrow: over 20 articles it held the true alpha in 91
    to 93 of 100 samples. Where their number is given, the percentiles are taken further out, so
    that the interval of a mean would be Student's (Hesterberg's expanded percentile interval),
    which held it in 93 to 95.

    Draws in which the statistic is undefined (NaN) are left out. If they are one in ten or more, or
    the number itself is undefined, there is no interval: what is left would not stand for all.

    Parameters
    ----------
    values
        The number itself, then its value in each draw, shape (1 + draws,), as `draw_groups` has it.
    level
        Coverage of the interval, between 0 and 1.
    n_groups
        How many groups the number rests on. With one there is no interval.
    widened
        How much wider than the draws say the interval is to be, as if it were a normal one: for
        what varies beside the groups.

    References
    ----------
    Hesterberg, T. (2015). What Teachers Should Know About the Bootstrap. The American Statistician
    69(4), section 3.5.

    Examples
    --------
    >>> print(interval(np.array([0.5, *np.linspace(0, 1, 101)]), level=0.9))
    .500 [.050, .950]
    """
    value, drawn = float(values[0]), values[1:]
    if np.isnan(value):
        return Estimate(None)
    if n_groups is not None and n_groups < 2:
        return Estimate(value)
    defined = drawn[~np.isnan(drawn)]
    if len(defined) == 0 or len(defined) < 0.9 * len(drawn):
        return Estimate(value)
    tail = 100 * _tail(level, n_groups, widened)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return Estimate(value, float(low), float(high))


def mean_over_groups(
    values: Sequence[float], groups: Sequence[str], *, draws: int = 1000, level: float = 0.95
) -> Estimate:
    """Compute a mean with its interval over groups; no interval where there is only one.

    Parameters
    ----------
    values
        One number a case, such as 1 for a match and 0 for none.
    groups
        The group (article) of each case.

    Examples
    --------
    >>> mean_over_groups([1, 1, 0, 1], ["a", "a", "b", "c"]).value
    0.75
    """
    if not len(values):
        return Estimate(None)
    names, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, np.asarray(values, np.float64))
    drawn = draw_groups(len(names), draws, 0)
    means = (drawn @ sums) / (drawn @ np.bincount(group))
    return interval(means, level, n_groups=len(names))


def _tail(level: float, n_groups: int | None, widened: float) -> float:
    """Return the share of draws below the interval."""
    if n_groups is None and widened == 1:
        return (1 - level) / 2
    from scipy.special import ndtr, ndtri, stdtrit

    below = (1 - level) / 2
    if n_groups is None:
        return float(ndtr(widened * ndtri(below)))
    wider = (n_groups / (n_groups - 1)) ** 0.5 * stdtrit(n_groups - 1, below)
    return float(ndtr(widened * wider))


def _blocks(n_groups: int, draws: int, seed: int) -> Iterator[Ints]:
    yield np.ones((1, n_groups), np.int64)
    if not n_groups:
        yield np.ones((draws, 0), np.int64)
        return
    rng, chance = np.random.default_rng(seed), np.full(n_groups, 1 / n_groups)
    step = max(1, _AT_ONCE // n_groups)
    for start in range(0, draws, step):
        yield rng.multinomial(n_groups, chance, size=min(step, draws - start))


def _digits(number: float | None) -> str:
    """Write a coefficient as journals do: three digits, no zero before the point."""
    return "" if number is None else f"{number:.3f}".replace("0.", ".", 1)
