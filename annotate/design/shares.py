"""The share of a label among all units, estimated from a design, with its interval.

Each unit drawn stands for 1 / probability units (Horvitz and Thompson), and the sum is divided by
the number of units that the sample says there are (Hájek), which is steadier where probabilities
differ. With several rounds, each round r draws from what the rounds before it left. What they took
is known; so the sum over the earlier units, each counted once, and the weighted sum over round r
estimates the total without bias, given all that happened before. Such totals of different rounds
are uncorrelated, although later rounds were aimed by the answers of earlier ones; their average,
weighted by the size of the rounds, is the result, and its variance is the sum of theirs. (This is
Des Raj's estimator for ordered draws; the same weights repair the loss in active learning.)

The variance within a round is Hájek's, which needs first-order probabilities only. The interval is
Wilson's with the effective sample size that the variance implies, and with Student's t by
Satterthwaite's degrees of freedom, because with rare labels a few heavy units carry the variance.

References
----------
Horvitz, D. G. & Thompson, D. J. (1952). A generalization of sampling without replacement from a
finite universe. JASA 47.
Des Raj (1956). Some estimators in sampling with varying probabilities without replacement. JASA 51.
Hájek, J. (1964). Asymptotic theory of rejective sampling with varying probabilities from a finite
population. Annals of Mathematical Statistics 35; (1971) for the ratio.
Särndal, C.-E., Swensson, B. & Wretman, J. (1992). Model Assisted Survey Sampling, chapters 4 and 5.
Deville, J.-C. (1999). Variance estimation for complex statistics and estimators: linearization and
residual techniques. Survey Methodology 25.
Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected
number of positive counts estimated from survey data. Survey Methodology 24.
Farquhar, S., Gal, Y. & Rainforth, T. (2021). On statistical bias in active learning. ICLR.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...intervals import Estimate
from .plan import Drawn

__all__ = ["Round", "Share", "deviations", "rounds_of", "share", "spread", "weights", "wilson"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Share(Estimate):
    """The share of a label among all units that could be drawn, between 0 and 1.

    Examples
    --------
    >>> from standfirst.annotate import Drawn, share
    >>> rows = [
    ...     Drawn(f"u{i}", "a1", "coding", "1", "random", "", 0.1, 40, 0) for i in range(4)
    ... ]
    >>> estimate = share(rows, {"u0": 1, "u1": 0, "u2": 0, "u3": 0})
    >>> estimate.value, estimate.n_units, estimate.n_pool
    (0.25, 4, 40)
    """

    n_units: int = 0
    """Units that it rests on: drawn, and answered."""
    n_pool: int = 0
    """Units that it stands for."""
    n_effective: float = 0.0
    """Size of a simple random sample with an interval as wide."""

    def __str__(self) -> str:
        return f"{self.value:.1%} [{self.low:.1%}, {self.high:.1%}]"


@dataclass(frozen=True, slots=True)
class Round:
    """The units of one round that were drawn and answered."""

    rows: Sequence[Drawn]
    """Their lines of the design."""
    probabilities: Floats
    """Of being drawn and answered."""
    answered: Floats
    """Share of the unit's stratum that was answered."""
    part: float
    """Weight of the round among the rounds."""


def weights(rows: Sequence[Drawn], answered: Mapping[str, object]) -> dict[str, float]:
    """Return the number of units that each drawn unit stands for.

    Parameters
    ----------
    rows
        The design of one part, in the order of the rounds.
    answered
        Has a key for each unit that was answered. Those that were not are taken to be like the
        others of their round and stratum.

    Raises
    ------
    InputError
        Nothing was answered; both parts are mixed; or the corpus changed between the rounds.

    Examples
    --------
    Two of four, then one of the remaining two: the first total is 2 y + 2 y, the second
    y + y + 2 y; the first round weighs 2/3.

    >>> first = [Drawn(f"u{i}", "a", "coding", "1", "random", "", 0.5, 4, 0) for i in (1, 2)]
    >>> second = [Drawn("u3", "a", "coding", "2", "random", "", 0.5, 2, 0)]
    >>> weights([*first, *second], {"u1": 1, "u2": 0, "u3": 1})
    {'u1': 1.6666666666666665, 'u2': 1.6666666666666665, 'u3': 0.6666666666666666}
    """
    weight: dict[str, float] = {}
    rounds = rounds_of(rows, answered)
    for position, drawn in enumerate(rounds):
        later = sum(after.part for after in rounds[position + 1 :])
        each = drawn.part / drawn.probabilities + later / drawn.answered
        weight |= dict(zip((row.unit_id for row in drawn.rows), each.tolist(), strict=True))
    return weight


def share(rows: Sequence[Drawn], holds: Mapping[str, float], *, level: float = 0.95) -> Share:
    """Estimate the share of units on which a label holds.

    Parameters
    ----------
    rows
        The design of one part, in the order of the rounds. The test part stands for all units, the
        coding part for those outside the clusters of the test part.
    holds
        1 or 0 by unit id; also a share, where coders differ.
    level
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    InputError
        As `weights`.

    Examples
    --------
    >>> rows = [Drawn(f"u{i}", "a", "coding", "1", "random", "", 0.1, 1000, 0) for i in range(100)]
    >>> print(share(rows, {row.unit_id: i < 20 for i, row in enumerate(rows)}))
    20.0% [13.5%, 28.6%]
    """
    rounds = rounds_of(rows, holds)
    weight = weights(rows, holds)
    total = sum(weight.values())
    value = sum(weight[unit] * float(holds[unit]) for unit in weight) / total
    variances = (
        np.concatenate(
            [
                drawn.part**2
                * spread(
                    np.array([float(holds[row.unit_id]) for row in drawn.rows]) - value,
                    drawn.probabilities,
                    [row.stratum for row in drawn.rows],
                    two_stage=drawn.rows[0].rule == "two-stage",
                )
                for drawn in rounds
            ]
        )
        / total**2
    )
    each = np.array(list(weight.values()))
    kish = float(each.sum() ** 2 / (each**2).sum())
    if max(each) <= 1:
        return Share(value, value, value, len(weight), round(total), float(len(weight)))
    low, high, size = wilson(value, variances, kish, level)
    return Share(value, low, high, len(weight), round(total), size)


def rounds_of(rows: Sequence[Drawn], answered: Mapping[str, object]) -> list[Round]:
    """Split the design of one part by rounds; parameters and errors as `weights`."""
    if len({row.part for row in rows}) > 1:
        raise InputError("share", "test and coding units together", "estimate from one part")
    by_name: dict[str, list[Drawn]] = {}
    for row in rows:
        by_name.setdefault(row.round, []).append(row)
    if len({(row.round, row.n_pool) for row in rows}) > len(by_name):
        raise InputError("share", "a round with two pools", "restore the design")
    made, taken, n_all = [], 0, 0
    for name, drawn in by_name.items():
        n_here = drawn[0].n_pool + taken
        if n_all and n_here != n_all:
            problem = f"{n_all} units before round {name!r} and {n_here} in it: the corpus changed"
            raise InputError("share", problem, "estimate from the rounds since")
        n_all, taken = n_here, taken + len(drawn)
        here = [row for row in drawn if row.unit_id in answered]
        n_of: dict[str, list[int]] = {}
        for row in drawn:
            counts = n_of.setdefault(row.stratum, [0, 0])
            counts[0] += 1
            counts[1] += row.unit_id in answered
        rate = np.array([n_of[row.stratum][1] / n_of[row.stratum][0] for row in here])
        chance = np.array([row.probability for row in here]) * rate
        if here:
            made.append(Round(here, chance, rate, len(here)))
    if not made:
        raise InputError("share", "no drawn unit was answered", "code some first")
    n_answered = sum(drawn.part for drawn in made)
    return [Round(o.rows, o.probabilities, o.answered, o.part / n_answered) for o in made]


def spread(
    residuals: Floats, probabilities: Floats, strata: Sequence[Any] | Ints, *, two_stage: bool
) -> Floats:
    """Return what each unit (or cluster) adds to the variance of its round's total.

    Parameters
    ----------
    residuals
        What is added up, less its mean, shape (n_units,) or (n_units, n_labels).
    probabilities
        Of being drawn and answered, shape (n_units,).
    strata
        The stratum of each unit; of a two-stage draw, its cluster.
    two_stage
        Whether units were drawn within clusters, so that the clusters are what varies.

    Returns
    -------
    Shape (n_units,) or (n_clusters,), with the labels behind it where there are labels.
    """
    return deviations(residuals, probabilities, strata, two_stage=two_stage) ** 2


def deviations(
    residuals: Floats, probabilities: Floats, strata: Sequence[Any] | Ints, *, two_stage: bool
) -> Floats:
    """Give the numbers whose squares are `spread`, and whose products add up to covariances.

    Parameters and shape as `spread`.
    """
    expanded = (residuals.T / probabilities).T
    codes = np.unique(strata, return_inverse=True)[1]
    if two_stage:
        sums = np.zeros((codes.max() + 1, *expanded.shape[1:]))
        np.add.at(sums, codes, expanded)
        return _around(sums, np.ones(len(sums)))
    left = 1 - probabilities
    sizes = np.bincount(codes)
    # A stratum with one unit has no spread of its own; such strata are taken together.
    codes = np.where(sizes[codes] > 1, codes, -1)
    return np.concatenate(
        [_around(expanded[codes == name], left[codes == name]) for name in np.unique(codes)]
    )


def _around(expanded: Floats, left: Floats) -> Floats:
    n = len(expanded)
    if n < 2 or not left.sum():
        return np.asarray((left**0.5 * expanded.T).T)
    middle = left @ expanded / left.sum()
    return np.asarray(((n / (n - 1) * left) ** 0.5 * (expanded - middle).T).T)


def wilson(
    value: float, variances: Floats, kish: float, level: float
) -> tuple[float, float, float]:
    """Return Wilson's interval of a share, and its effective sample size.

    Parameters
    ----------
    value
        The share, from 0 to 1.
    variances
        What each unit (or cluster) adds to its variance.
    kish
        The effective sample size where no variance can be estimated: at 0 and at 1.
    level
        Coverage of the interval, between 0 and 1.
    """
    from scipy import special

    z = float(special.ndtri((1 + level) / 2))
    variance, size = float(variances.sum()), kish
    if 0 < value < 1 and variance > 0:
        # Satterthwaite: 2 E(v)^2 / Var(v), from the kurtosis of what adds up to v.
        heavy = (variances**2).sum() / variance**2 - 1 / len(variances)
        freedom = 2 / heavy if heavy > 0 else float(len(variances))
        # A variance is known no better than the units (or clusters) less one allow.
        freedom = min(freedom, max(1, len(variances) - 1))
        t = float(special.stdtrit(freedom, (1 + level) / 2))
        size = value * (1 - value) / variance * (z / t) ** 2
    middle = (value + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * (value * (1 - value) / size + z**2 / (4 * size**2)) ** 0.5
    low = middle - half if value > 0 else 0.0
    high = middle + half if value < 1 else 1.0
    return max(0.0, low), min(1.0, high), size
