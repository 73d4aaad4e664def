"""How many labels it takes: for a share, for agreement, for a score.

A share's half-width h takes n = z^2 S^2 / (h^2 + z^2 S^2 / N) units drawn at random from N, where
S^2 is the variance of what the model misses; p (1 - p) where there is no model. Units that are
drawn by the root of p (1 - p) take fewer, above all for a rare label. Before anything is coded S^2
is the model's own promise, and for a rare label that promise is too good: there it stands as "at
best", and half as many again should be reckoned with.

Agreement takes what the variance of alpha for two coders and one label implies. A score is read off
a learning curve, at most twice as far as it was measured, as all that two shapes of curves let
expect.

References
----------
Cochran, W. G. (1977). Sampling Techniques, section 4.4 (a share).
Särndal, C.-E., Swensson, B. & Wretman, J. (1992). Model Assisted Survey Sampling, section 12.2 (the
expected variance of a difference estimator under unequal probabilities).
Bloch, D. A. & Kraemer, H. C. (1989). 2 x 2 kappa coefficients: measures of agreement or
association. Biometrics 45; Donner, A. & Eliasziw, M. (1992). A goodness-of-fit approach to
inference procedures for the kappa statistic. Statistics in Medicine 11 (variance of agreement).
Figueroa, R. L. et al. (2012). Predicting sample size required for classification performance. BMC
Medical Informatics and Decision Making 12 (power laws of learning curves).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...annotate.design.inclusion import inclusion_probabilities
from ...errors import InputError
from ..estimates.results import Estimate

__all__ = [
    "CURVE_FROM",
    "POSITIVES",
    "RARE",
    "WidthReached",
    "agreement_units",
    "curve_range",
    "curve_units",
    "further_labels",
    "half_width_at_random",
    "implied_variance",
    "labels_at_random",
    "labels_by_score",
    "width_reached",
]

Floats = NDArray[np.float64]

RARE = 0.1
"""Share below which a promise made by a model is taken as "at best"."""

POSITIVES = 30
"""Coded units with a label from which on its gold tells more than the model's promise."""

CURVE_FROM = 200
"""Labels from which on a learning curve is extrapolated."""

_MIX = 0.2
_FARTHEST = 2.0


def labels_at_random(
    variance: float, half_width: float, n_units: int | None = None, *, level: float = 0.95
) -> int:
    """Tell how many units drawn at random give a share this half-width.

    Parameters
    ----------
    variance
        Of what the model misses on a unit; p (1 - p) without a model.
    half_width
        Half the width of the interval, between 0 and 1.
    n_units
        Size of the corpus; None where it is large.
    level
        Coverage of the interval, between 0 and 1.

    Examples
    --------
    >>> labels_at_random(0.5 * 0.5, 0.05), labels_at_random(0.5 * 0.5, 0.05, 1000)
    (385, 278)
    """
    square = _z(level) ** 2 * variance
    rest = square / n_units if n_units else 0.0
    return max(2, math.ceil(square / (half_width**2 + rest) - 1e-9))


def half_width_at_random(
    variance: float, n_labels: int, n_units: int | None = None, *, level: float = 0.95
) -> float:
    """Tell the half-width that so many units drawn at random give a share.

    It is `labels_at_random` the other way round, with the same parameters.

    Examples
    --------
    >>> round(half_width_at_random(0.5 * 0.5, 278, 1000), 3)
    0.05
    """
    rest = 1 / n_labels - (1 / n_units if n_units else 0.0)
    return _z(level) * math.sqrt(variance * max(rest, 0.0))


def labels_by_score(
    doubt: Floats, half_width: float, *, mix: float = _MIX, level: float = 0.95
) -> int:
    """Tell how many units drawn by the root of their doubt give a share this half-width.

    Parameters
    ----------
    doubt
        Expected variance of what the model misses on each unit of the corpus, p (1 - p).
    half_width
        Half the width of the interval, between 0 and 1.
    mix
        Share of the draw that is random.
    level
        Coverage of the interval.

    Examples
    --------
    Nine units of ten are certain, so that nearly all labels go where the doubt is.

    >>> doubt = np.array([0.25] * 100 + [0.0001] * 900)
    >>> labels_by_score(doubt, 0.01), labels_at_random(doubt.mean(), 0.01, 1000)
    (76, 491)
    """
    wanted = (half_width / _z(level)) ** 2
    # With all units nothing is left to vary.
    return _smallest(lambda n: _by_score(doubt, n, mix) <= wanted, len(doubt)) or len(doubt)


@dataclass(frozen=True, slots=True)
class WidthReached:
    """How near a share is to the precision that was asked for."""

    target: str
    """``DIMENSION=LABEL:HALF_WIDTH``."""
    half_width: float
    """Half the width of the interval now, between 0 and 1."""
    wanted: float
    """What was asked for."""
    n_coded: int
    """Coded units that it rests on."""
    corrected: bool
    """Whether a model's tags stand behind it, or gold alone."""
    at_random: int | None
    """Further labels if they are drawn at random, about; None where all units would not do."""
    precise: int | None = None
    """Further labels if they are drawn by the rule `precise`; None where no model tells."""
    at_best: bool = False
    """Whether it rests on a rare label of which too few units are coded."""

    @property
    def reached(self) -> bool:
        """Whether the interval is as narrow as was asked for."""
        return self.half_width <= self.wanted

    def __str__(self) -> str:
        name = self.target.partition(":")[0]
        by = "corrected" if self.corrected else "gold alone"
        said = (
            f"{name}: half-width {100 * self.half_width:.2g} points ({by}, {self.n_coded} labels), "
            f"{100 * self.wanted:.2g} wanted"
        )
        if self.reached:
            return f"{said}: reached, coding may stop"
        best = "at best " if self.at_best else "about "
        ways = []
        if self.precise is not None:
            ways.append(f"{best}{_rough(self.precise)} more by --rule precise")
        if self.at_random is not None:
            ways.append(f"{best}{_rough(self.at_random)} more at random")
        return f"{said}: {' or '.join(ways) if ways else 'more than the corpus has units'}"


def width_reached(
    estimate: Estimate,
    target: str,
    wanted: float,
    *,
    n_coded: int,
    n_units: int,
    doubt: Floats | None = None,
    level: float = 0.95,
) -> WidthReached:
    """Compare the interval of a share with the half-width that was asked for.

    Parameters
    ----------
    estimate
        The share with its interval.
    target
        What is to be known, for the message.
    wanted
        The half-width that was asked for, between 0 and 1.
    n_coded
        Coded units behind the estimate.
    n_units
        Size of the corpus.
    doubt
        Expected variance on each unit that is not coded yet, p (1 - p); None without a model.
    level
        Coverage of the interval.

    Examples
    --------
    >>> made = width_reached(Estimate(0.5, 0.4, 0.6), "s=for:0.05", 0.05, n_coded=96, n_units=9000)
    >>> made.reached, made.at_random
    (False, 282)
    """
    half = _half_width(estimate)
    at_random = precise = None
    if half > wanted:
        at_random, precise = further_labels(
            estimate, wanted, n_coded=n_coded, n_units=n_units, doubt=doubt, level=level
        )
    rare = estimate.share < RARE and estimate.share * n_coded < POSITIVES
    corrected = doubt is not None
    return WidthReached(target, half, wanted, n_coded, corrected, at_random, precise, at_best=rare)


def implied_variance(
    estimate: Estimate, n_coded: int, n_units: int, *, level: float = 0.95
) -> float:
    """Give the variance of one unit that an interval implies, were its units drawn at random.

    Parameters
    ----------
    estimate
        A share with its interval.
    n_coded, n_units
        Coded units, and all units.
    level
        Coverage of the interval.
    """
    now = (_half_width(estimate) / _z(level)) ** 2
    return now / max(1 / n_coded - 1 / n_units, 1e-12)


def further_labels(
    estimate: Estimate,
    wanted: float,
    *,
    n_coded: int,
    n_units: int,
    doubt: Floats | None = None,
    level: float = 0.95,
) -> tuple[int | None, int | None]:
    """Tell how many labels more bring a half-width down: at random, and by `precise`.

    Rounds are joined by their sizes (Des Raj), so that the variance with m labels more is
    (n / (n + m))^2 times that of now, plus (m / (n + m))^2 times that of a round of m.

    Parameters
    ----------
    estimate, wanted, n_coded, n_units, doubt, level
        As for `width_reached`.
    """
    z = _z(level)
    now, goal = (_half_width(estimate) / z) ** 2, (wanted / z) ** 2
    left = n_units - n_coded
    if left < 2:
        return None, None
    each = implied_variance(estimate, n_coded, n_units, level=level)

    def joined(m: int, fresh: float) -> float:
        return (n_coded**2 * now + m**2 * fresh) / (n_coded + m) ** 2

    at_random = _smallest(lambda m: joined(m, each * (1 / m - 1 / left)) <= goal, left)
    if doubt is None or not len(doubt):
        return at_random, None
    # Where residuals turned out larger than the model had promised, they will again.
    worse = max(1.0, each / max(float(doubt.mean()), 1e-12))
    precise = _smallest(
        lambda m: joined(m, worse * _by_score(doubt, m, _MIX)) <= goal, min(left, len(doubt))
    )
    return at_random, precise


def agreement_units(alpha: float, lower: float, share: float, *, level: float = 0.95) -> int:
    """Tell how many units two coders must both code for alpha's lower bound.

    Parameters
    ----------
    alpha
        The agreement that is expected, below 1.
    lower
        Where its interval may begin, below `alpha`.
    share
        Share of units with the label in question, between 0 and 1; the rarest label needs most.
    level
        Coverage of the interval, which has two sides.

    Raises
    ------
    InputError
        The lower bound is not below the agreement.

    Examples
    --------
    >>> agreement_units(0.8, 0.667, 0.5), agreement_units(0.8, 0.667, 0.05)
    (79, 434)
    """
    if not lower < alpha < 1:
        raise InputError("--lower", f"{lower:g} for an alpha of {alpha:g}", "use a lower one")
    if not 0 < share < 1:
        raise InputError("--share", f"{share:g}", "use a share above 0 and below 1")
    even = 2 * share * (1 - share)
    variance = (1 - alpha) * ((1 - alpha) * (1 - 2 * alpha) + alpha * (2 - alpha) / even)
    return math.ceil(_z(level) ** 2 * variance / (alpha - lower) ** 2)


def curve_range(points: Sequence[tuple[int, float]], n_labels: int) -> tuple[float, float]:
    """Read a learning curve at a number of labels: the hull of two shapes and their errors.

    The shapes are a + b log n and a - b n^-c with c from 0.1 to 1; the errors are twice the
    standard error that the spread between repetitions leaves at the largest size.

    Parameters
    ----------
    points
        Number of labels and score, several a size.
    n_labels
        Where to read it, at most twice the largest size.

    Raises
    ------
    InputError
        It would be extrapolated too far, or from too few labels or sizes.
    """
    n = np.array([size for size, _ in points], np.float64)
    score = np.array([value for _, value in points])
    sizes = np.unique(n)
    if len(sizes) < 3 or sizes[-1] < CURVE_FROM:
        problem = f"a learning curve up to {int(sizes[-1])} labels" if len(sizes) else "no curve"
        raise InputError("macro-F1", problem, f"code {CURVE_FROM} units at least")
    if n_labels > _FARTHEST * sizes[-1]:
        problem = f"{n_labels} labels from a curve up to {int(sizes[-1])}"
        raise InputError("macro-F1", problem, "a curve tells at most twice as many labels")
    read = [_line(np.log(n), score, math.log(n_labels))]
    powers = [(_line(n**-c, score, n_labels**-c), c) for c in np.linspace(0.1, 1.0, 10).tolist()]
    read.append(min(powers, key=lambda fit: fit[0][1])[0])
    last = score[n == sizes[-1]]
    noise = 2 * last.std(ddof=1) / len(last) ** 0.5 if len(last) > 1 else 0.0
    values = [value for value, _ in read]
    return max(0.0, min(values) - noise), min(1.0, max(values) + noise)


def curve_units(points: Sequence[tuple[int, float]], score: float) -> tuple[int | None, int | None]:
    """Tell from how many labels on a score may be reached, and from how many on it should be.

    Parameters
    ----------
    points
        As for `curve_range`.
    score
        The score that is wanted.

    Returns
    -------
    Where the upper and the lower end of the hull reach it; None where they do not at twice the
    largest size.
    """
    most = int(_FARTHEST * max(size for size, _ in points))
    first = min(size for size, _ in points)
    ends: list[int | None] = []
    for end in (1, 0):
        reached = (n for n in _steps(first, most) if curve_range(points, n)[end] >= score)
        ends.append(next(reached, None))
    return ends[0], ends[1]


def _steps(first: int, most: int) -> list[int]:
    return sorted({*np.geomspace(first, most, 60).round().astype(int).tolist(), most})


def _line(x: Floats, y: Floats, at: float) -> tuple[float, float]:
    """Fit a line; give its value at a point, and the sum of squares that it leaves."""
    slope, base = np.polyfit(x, y, 1)
    return float(base + slope * at), float(((y - base - slope * x) ** 2).sum())


def _by_score(doubt: Floats, n: int, mix: float) -> float:
    """Give the expected variance of a corrected share with n units drawn by the root of doubt."""
    chance = inclusion_probabilities(np.sqrt(doubt), n, mix=mix)
    return float(((1 / chance - 1) @ doubt) / len(doubt) ** 2)


def _smallest(fits: Callable[[int], bool], most: int) -> int | None:
    """Find the smallest number that fits, where every larger one does; None if even `most` fails.

    The variance of rounds joined by size may rise before it falls; so the search goes up first.
    """
    if most < 1 or not fits(most):
        return None
    high = 1
    while not fits(high):
        high = min(2 * high, most)
    low = high // 2
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _half_width(estimate: Estimate) -> float:
    if estimate.low is None or estimate.high is None:
        raise InputError("plan", "a share without an interval", "code at least two units")
    return (estimate.high - estimate.low) / 2


def _rough(n: int) -> str:
    """Write a number with the two digits that a plan can promise.

    Examples
    --------
    >>> _rough(7), _rough(611), _rough(12345)
    ('7', '620', '13,000')
    """
    step = 10 ** max(0, len(str(n)) - 2)
    return f"{-(-n // step) * step:,}"


def _z(level: float) -> float:
    from scipy import stats

    return float(stats.norm.ppf((1 + level) / 2))
