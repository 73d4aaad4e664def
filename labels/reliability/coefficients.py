"""Percent agreement, Cohen's and Fleiss' kappa and Gwet's AC1: what reviewers ask for beside alpha.

They differ in what they call chance. Cohen: each coder draws from their own answers; Fleiss: all
draw from the pooled answers; Gwet: only guesses can agree by chance, which keeps AC1 high where one
label rules. With more than two coders, Cohen's kappa is the mean over pairs of coders, weighted by
the units they share. Units differ in how many coders they have; each unit counts once, as in Gwet's
treatment.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales.
Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters.
Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th edition, chapter 2 (missing ratings).
"""

from dataclasses import dataclass

import numpy as np

from .pairs import Pair, beyond_chance
from .ratings import Ratings

__all__ = ["Coefficients", "coefficients"]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Agreement by other measures; None where one is not defined."""

    percent: float | None
    """Share of agreeing pairs, the mean over units."""
    cohen: float | None
    """Cohen's kappa, the mean over pairs of coders."""
    fleiss: float | None
    """Fleiss' kappa."""
    ac1: float | None
    """Gwet's AC1; None for multiple choice, whose values are sets."""


def coefficients(ratings: Ratings, pairs: list[Pair]) -> Coefficients:
    """Compute the coefficients.

    Parameters
    ----------
    ratings
        The answers.
    pairs
        From `pairs_of_coders`, for Cohen's kappa.
    """
    first, second = ratings.pairs()
    if not len(first):
        return Coefficients(None, None, None, None)
    same = (ratings.value[first] == ratings.value[second]).astype(np.float64)
    unit = ratings.unit[first]
    n_pairs = np.bincount(unit, minlength=len(ratings.units))
    n_same = np.bincount(unit, same, minlength=len(ratings.units))
    percent = float(np.mean(n_same[n_pairs > 0] / n_pairs[n_pairs > 0]))
    share = 1.0 / ratings.n_per_unit[ratings.unit]
    share = np.bincount(ratings.value, share, minlength=len(ratings.members)) / len(ratings.units)
    n_labels = len(ratings.dimension.labels)
    single = ratings.dimension.choice == "single" and n_labels > 1
    kappas = [(pair.kappa, pair.n_units) for pair in pairs if pair.kappa is not None]
    n_shared = sum(n for _, n in kappas)
    return Coefficients(
        percent=percent,
        cohen=sum(kappa * n for kappa, n in kappas) / n_shared if kappas else None,
        fleiss=beyond_chance(percent, float(np.sum(share**2))),
        ac1=beyond_chance(percent, float(np.sum(share * (1 - share)) / (n_labels - 1)))
        if single
        else None,
    )
