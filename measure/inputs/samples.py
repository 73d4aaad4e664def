"""The coded units of a draw as arrays: their rows among the tagged units, and their weights.

Estimators need of a design only two things: the share of the population that each coded unit stands
for, and how the variance of a weighted sum of residuals is put together from rounds, strata and
clusters. Both are `annotate.design.shares`'s; here they become arrays once, for all labels and for
all cells of a table.

Where a study has a test part and coding rounds, each part estimates the mean residual by itself,
and the two are joined by the number of their units. The coding part was drawn from the units
outside the test part's clusters; that their mean residual is that of all units is taken for
granted, as those clusters were drawn at random.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...annotate.design.plan import Drawn
from ...annotate.design.shares import deviations, rounds_of, weights
from ...errors import InputError

__all__ = ["Sample", "SampledRound", "from_design", "from_probabilities"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SampledRound:
    """The coded units of one round."""

    rows: Ints
    """Their rows in the sample."""
    chance: Floats
    """Probability of being drawn and answered, in this round."""
    strata: Ints
    """Number of the stratum of each unit; of a two-stage draw, of its cluster."""
    two_stage: bool
    """Whether clusters were drawn first."""
    scale: float
    """What the round's total is multiplied with in the share of all rounds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The coded units of a population."""

    index: Ints
    """Row of each unit in the population, shape (n_coded,)."""
    weight: Floats
    """Share of the population that each unit stands for; they add up to 1."""
    rounds: tuple[SampledRound, ...]
    """How they were drawn."""

    def __len__(self) -> int:
        return len(self.index)

    @property
    def kish(self) -> float:
        """Size of a sample with equal weights and the same spread of weights."""
        return float(1 / (self.weight**2).sum()) if len(self) else 0.0

    @property
    def freedom(self) -> int:
        """Degrees of freedom of a variance: units (or clusters) less strata, and one for lambda."""
        n = 0
        for drawn in self.rounds:
            sizes = np.bincount(drawn.strata)
            sizes = sizes[sizes > 0]
            # Strata of one unit are taken together, as in the variance.
            n_strata = (sizes > 1).sum() + (sizes == 1).any()
            n += len(sizes) if drawn.two_stage else len(drawn.rows) - n_strata + 1
        return max(1, int(n) - 2)

    @property
    def is_random(self) -> bool:
        """Whether it is one simple random sample."""
        if len(self.rounds) != 1 or self.rounds[0].two_stage:
            return False
        return bool(np.ptp(self.rounds[0].chance) < 1e-9 and not self.rounds[0].strata.any())

    @property
    def n_clusters(self) -> int | None:
        """Number of clusters of a two-stage draw; None where no round was drawn in two stages."""
        counts = [len(np.unique(drawn.strata)) for drawn in self.rounds if drawn.two_stage]
        return sum(counts) if counts else None

    def mean(self, values: Floats) -> Floats:
        """Estimate the population's mean of values, shape (n_coded,) or (n_coded, n_labels)."""
        return np.asarray(self.weight @ values)

    def variances(self, residuals: Floats) -> Floats:
        """Give what each unit (or cluster) adds to the variance of `mean`.

        Parameters
        ----------
        residuals
            Values less their mean, shape (n_coded,) or (n_coded, n_labels).
        """
        return self.deviations(residuals) ** 2

    def deviations(self, residuals: Floats) -> Floats:
        """Give the numbers whose squares are `variances`, and whose products add up to covariances.

        Parameters
        ----------
        residuals
            As `variances`.
        """
        return np.concatenate(
            [
                drawn.scale
                * deviations(
                    residuals[drawn.rows], drawn.chance, drawn.strata, two_stage=drawn.two_stage
                )
                for drawn in self.rounds
            ]
        )

    def modelled(self, doubt: Floats, mean_doubt: Floats) -> Floats:
        """Give the variance of `mean` if each unit varied by itself, as much as a model expects.

        For a simple random sample it is (1 - n / N) / n times the mean doubt. Where probabilities
        differ, the doubt of units that stand for many counts more.

        Parameters
        ----------
        doubt
            Expected variance of each coded unit, shape (n_coded, n_labels).
        mean_doubt
            Its mean over the population, shape (n_labels,). The sample's own mean would vanish
            where a rare label was missed.
        """
        total = np.zeros_like(mean_doubt)
        for drawn in self.rounds:
            weight = 1 / drawn.chance
            here = doubt[drawn.rows]
            seen = weight @ here
            ratio = np.where(seen > 0, mean_doubt * weight.sum() / np.where(seen > 0, seen, 1), 0)
            total += drawn.scale**2 * ((weight * (weight - 1)) @ here) * ratio
        return total

    def tilt(self) -> Floats:
        """Weigh units by what their residual adds to the variance; on average 1."""
        tilt = np.zeros(len(self))
        for drawn in self.rounds:
            tilt[drawn.rows] = drawn.scale**2 * (1 / drawn.chance) * (1 / drawn.chance - 1)
        return tilt / tilt.mean() if tilt.sum() > 0 else np.ones(len(self))

    def within(self, chosen: NDArray[np.bool_]) -> "Sample":
        """Give the coded units of a cell, as a sample of that cell.

        Parameters
        ----------
        chosen
            Whether each coded unit lies in the cell, shape (n_coded,).
        """
        part = float(self.weight[chosen].sum())
        numbers = np.cumsum(chosen) - 1
        rounds = []
        for drawn in self.rounds:
            kept = chosen[drawn.rows]
            if kept.any():
                rows, chance = numbers[drawn.rows[kept]], drawn.chance[kept]
                strata = drawn.strata[kept]
                rounds.append(
                    replace(
                        drawn, rows=rows, chance=chance, strata=strata, scale=drawn.scale / part
                    )
                )
        return Sample(self.index[chosen], self.weight[chosen] / part, tuple(rounds))


def from_probabilities(index: Ints, probability: Floats | None, n_units: int) -> Sample:
    """Make a sample of units that were drawn with known probabilities in one round.

    Parameters
    ----------
    index
        Row of each coded unit in the population.
    probability
        Of each coded unit, above 0, at most 1; None for a simple random sample.
    n_units
        Size of the population.

    Examples
    --------
    >>> sample = from_probabilities(np.array([3, 8]), None, 10)
    >>> sample.weight.tolist(), float(sample.mean(np.array([1.0, 0.0])))
    ([0.5, 0.5], 0.5)
    """
    n = len(index)
    chance = np.full(n, n / n_units) if probability is None else np.asarray(probability, float)
    total = float((1 / chance).sum())
    only = SampledRound(np.arange(n), chance, np.zeros(n, np.int64), False, 1 / total)  # noqa: FBT003
    return Sample(np.asarray(index), 1 / chance / total, (only,))


def from_design(
    design: Sequence[Drawn], answered: Mapping[str, int], *, parts: Sequence[str]
) -> Sample:
    """Make a sample of the units of a design that were answered.

    Parameters
    ----------
    design
        All lines, in the order of the rounds.
    answered
        Id of each answered unit to its row in the population.
    parts
        Which parts to take: ``test``, ``coding`` or both.

    Raises
    ------
    InputError
        Nothing was answered, or the corpus changed between the rounds.
    """
    samples = []
    for part in parts:
        rows = [row for row in design if row.part == part]
        if any(row.unit_id in answered for row in rows):
            samples.append(_part(rows, answered))
    if not samples:
        where = " and ".join(parts)
        problem = f"no gold answer on a unit of the {where} part"
        raise InputError("measure", problem, "code some of what was drawn")
    n_all = sum(len(sample) for sample in samples)
    index, weight, rounds, start = [], [], [], 0
    for sample in samples:
        share = len(sample) / n_all
        index.append(sample.index)
        weight.append(share * sample.weight)
        rounds += [replace(r, rows=r.rows + start, scale=r.scale * share) for r in sample.rounds]
        start += len(sample)
    return Sample(np.concatenate(index), np.concatenate(weight), tuple(rounds))


def _part(rows: Sequence[Drawn], answered: Mapping[str, int]) -> Sample:
    weight = weights(rows, answered)
    total = sum(weight.values())
    row_of = {unit: row for row, unit in enumerate(weight)}
    rounds = []
    for drawn in rounds_of(rows, answered):
        strata = np.unique([row.stratum for row in drawn.rows], return_inverse=True)[1]
        places = np.array([row_of[row.unit_id] for row in drawn.rows])
        two_stage = drawn.rows[0].rule == "two-stage"
        rounds.append(
            SampledRound(places, drawn.probabilities, strata, two_stage, drawn.part / total)
        )
    index = np.array([answered[unit] for unit in weight])
    return Sample(index, np.array(list(weight.values())) / total, tuple(rounds))
