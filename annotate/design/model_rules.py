"""Rules that look at models: doubt, disagreement, diversity, and the search for a rare label.

Each gives every unit a score, and units are drawn with probabilities that follow the score, with a
share of the draw at random. Taking the best-scored units would learn about as fast and leave
nothing to estimate from; see `inclusion`.

References
----------
Lewis, D. D. & Gale, W. A. (1994). A sequential algorithm for training text classifiers (doubt).
McCallum, A. & Nigam, K. (1998). Employing EM and pool-based active learning (disagreement of a
committee, by divergence from the mean).
Sener, O. & Savarese, S. (2018). Active learning for convolutional neural networks: a core-set
approach (distance from what is labelled).
Attenberg, J. & Provost, F. (2010). Why label when you can search? (rare classes).
Neyman, J. (1934). On the two different aspects of the representative method. Journal of the Royal
Statistical Society 97; Särndal, C.-E., Swensson, B. & Wretman, J. (1992), section 12.2; Zrnic, T. &
Candès, E. J. (2024). Active statistical inference. ICML (precise: the variance of a corrected share
is smallest where probabilities follow the standard deviation of what the model misses).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .allocation import allocate, draw_within, members_of
from .inclusion import inclusion_probabilities, systematic
from .pool import Floats, Pool

__all__ = ["SCORES", "Diverse", "Scored", "distances", "draw_regions", "regions_of"]

_AT_ONCE = 4096
_STRATA = 40
_PER_STRATUM = 4
_MANY = 20_000


def least_confidence(pool: Pool) -> Floats:
    """Score units by how improbable their best answer is."""
    return _by_answer(pool, lambda shares: 1 - shares.max(axis=1))


def margin(pool: Pool) -> Floats:
    """Score units by how close the second answer comes to the first."""

    def closeness(shares: Floats) -> Floats:
        top = np.sort(shares, axis=1)
        return np.asarray(1 - (top[:, -1] - top[:, -2]))

    return _by_answer(pool, closeness)


def entropy(pool: Pool) -> Floats:
    """Score units by the entropy of their answers, relative to its greatest possible value."""
    return _by_answer(pool, lambda shares: _entropy(shares) / np.log(shares.shape[1]))


def disagreement(pool: Pool) -> Floats:
    """Score units by how far models are apart: the Jensen-Shannon divergence of their answers.

    Raises
    ------
    InputError
        There are fewer than two models.
    """
    if len(pool.scores.answers) < 2:
        problem = f"{len(pool.scores.answers)} models cannot disagree"
        raise InputError("disagreement", problem, "name two models or more, each with --model")
    results = []
    for name in _dimensions(pool):
        each = [_shares(pool, answers[name], name) for answers in pool.scores.answers]
        mean = np.mean(each, axis=0)
        inside = np.mean([_entropy(shares) for shares in each], axis=0)
        results.append(_per_unit(_entropy(mean) - inside, len(pool.unit_ids)))
    return np.asarray(np.maximum(np.mean(results, axis=0), 0))


def rare(pool: Pool) -> Floats:
    """Score units by the probability of one label.

    Raises
    ------
    InputError
        No label is named.
    """
    aim = pool.aim
    if aim.label is None or not aim.dimension:
        raise InputError("rare", "no label to look for", "name it: --label DIMENSION=LABEL")
    answers = _answers(pool)
    results = [given[aim.dimension][:, aim.label] for given in answers]
    return np.asarray(np.mean(results, axis=0))


def precise(pool: Pool) -> Floats:
    """Score units by the variance of what the model is expected to miss: p (1 - p) of the label.

    Drawn by its root (`Aim.power` = 0.5), units narrow the interval of the label's corrected share
    most. Without a label, the variances of all labels of the dimension are added up.

    Raises
    ------
    InputError
        No dimension is named.
    """
    aim = pool.aim
    if not aim.dimension:
        problem = "no share that is to be precise"
        raise InputError("precise", problem, "name it: --target DIMENSION=LABEL:0.01")
    mean = np.mean([given[aim.dimension] for given in _answers(pool)], axis=0)
    doubt = mean * (1 - mean)
    return np.asarray(doubt.sum(axis=1) if aim.label is None else doubt[:, aim.label])


def coreset(pool: Pool) -> Floats:
    """Score units by their distance from all that was drawn before."""
    if pool.scores.distance is None:
        raise InputError("coreset", "no vectors", "name an encoder with --encoder")
    return pool.scores.distance


SCORES: dict[str, Callable[[Pool], Floats]] = {
    "least-confidence": least_confidence,
    "margin": margin,
    "entropy": entropy,
    "disagreement": disagreement,
    "rare": rare,
    "precise": precise,
    "coreset": coreset,
}
"""Name to the score that a rule follows."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A draw of fixed size with probabilities that follow a score."""

    score: Callable[[Pool], Floats]
    """What is followed."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float], Sequence[str]]:
        """Draw n units; the probability is mix n / N + (1 - mix) n score / sum, cut at 1."""
        scores = np.maximum(np.nan_to_num(self.score(pool)), 0) ** pool.aim.power
        probabilities = inclusion_probabilities(scores, n, mix=pool.aim.mix)
        chosen = systematic(probabilities, rng)
        strata = [pool.strata[position] for position in chosen]
        return chosen.tolist(), probabilities[chosen].tolist(), strata


class Diverse:
    """A draw from every region of an encoder's space: k-means strata, small ones more densely."""

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Sequence[int], Sequence[float], Sequence[str]]:
        """Draw n units; the probability is n_h / N_h of the unit's region h.

        The share `mix` of the draw is allocated by the size of the regions, the rest evenly.
        """
        if pool.scores.vectors is None:
            raise InputError("diversity", "no vectors", "name an encoder with --encoder")
        regions = regions_of(pool.scores.vectors, n, rng)
        return draw_regions(regions, n, pool.aim.mix, rng)


def draw_regions(
    regions: Sequence[str], n: int, mix: float, rng: np.random.Generator
) -> tuple[list[int], list[float], list[str]]:
    """Draw units of given regions, a share of them by the regions' sizes and the rest evenly."""
    members = members_of(regions)
    sizes = {name: len(positions) for name, positions in members.items()}
    weights = {
        name: mix * size / len(regions) + (1 - mix) / len(sizes) for name, size in sizes.items()
    }
    return draw_within(members, allocate(sizes, n, weights), rng)


def regions_of(vectors: NDArray[np.float32], n: int, rng: np.random.Generator) -> list[str]:
    """Divide an encoder's space into regions by k-means, for a draw of n units."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    # Some units of each region, so that the spread within it can be estimated.
    n_regions = max(1, min(n // _PER_STRATUM, _STRATA, len(vectors)))
    kind = KMeans if len(vectors) <= _MANY else MiniBatchKMeans
    made = kind(n_regions, n_init=1, random_state=int(rng.integers(2**31)))
    return [f"region {region:02}" for region in made.fit_predict(vectors)]


def distances(vectors: NDArray[np.float32], drawn: NDArray[np.float32]) -> Floats:
    """Measure how far units are from the nearest unit that was drawn before.

    Parameters
    ----------
    vectors
        Of the units, shape (n_units, dim).
    drawn
        Of the units drawn before, shape (n_drawn, dim); when there are none, the distance is that
        from the middle of all units.

    Examples
    --------
    >>> distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0]])).tolist()
    [0.0, 5.0]
    """
    if not len(drawn):
        drawn = vectors.mean(axis=0, keepdims=True)
    length = (drawn**2).sum(axis=1)
    results = []
    for start in range(0, len(vectors), _AT_ONCE):
        some = vectors[start : start + _AT_ONCE]
        squared = (some**2).sum(axis=1)[:, None] + length - 2 * some @ drawn.T
        results.append(np.sqrt(np.maximum(squared.min(axis=1), 0)))
    return np.asarray(np.concatenate(results), np.float64)


def _by_answer(pool: Pool, doubt: Callable[[Floats], Floats]) -> Floats:
    """Average a measure of doubt over models and dimensions."""
    results = [
        _per_unit(doubt(_shares(pool, answers[name], name)), len(pool.unit_ids))
        for answers in _answers(pool)
        for name in _dimensions(pool)
    ]
    return np.asarray(np.mean(results, axis=0))


def _answers(pool: Pool) -> Sequence[dict[str, Floats]]:
    if not pool.scores.answers:
        raise InputError("sample", "the rule needs a model", "name one with --model")
    return [dict(answers) for answers in pool.scores.answers]


def _dimensions(pool: Pool) -> list[str]:
    return [pool.aim.dimension] if pool.aim.dimension else list(_answers(pool)[0])


def _shares(pool: Pool, probabilities: Floats, name: str) -> Floats:
    """Return probabilities that add up to 1; each label of a multiple choice is its own row."""
    if name not in pool.scores.multiple:
        return probabilities
    flat = probabilities.reshape(-1, 1)
    return np.hstack([flat, 1 - flat])


def _per_unit(doubt: Floats, n_units: int) -> Floats:
    """Return the mean over the questions on each unit."""
    return np.asarray(doubt.reshape(n_units, -1).mean(axis=1))


def _entropy(shares: Floats) -> Floats:
    return np.asarray(-(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1))
