"""From which sureness on a student may answer, so that the cascade keeps its promise.

The promise is about the answers of the whole cascade: of all texts like the held-out ones, at least
the asked share gets what the last stage, the teacher, would have said, on each question; those that
are sent on to it count as agreeing. It holds in 19 of 20 cascades, whatever the sureness is worth:
the levels of a fixed list are tried from the strictest on, and each must pass a test at 5 % of the
hypothesis that it agrees too seldom on some question; the first that fails ends the search (Learn
then Test with a fixed sequence; a level passes where all questions pass, so that none is tested too
often).

Held-out units of one article are alike. Disagreements are therefore counted as that many
independent texts would be that have the variance seen between articles: Clopper and Pearson's bound
with the effective sample size of Korn and Graubard, and their factor for degrees of freedom, since
a variance between few articles is hardly known, least of all where everything agrees.

References
----------
Angelopoulos, A., Bates, S., Candès, E., Jordan, M. & Lei, L. (2021). Learn then Test. arXiv:
2110.01052, section 2.3. Berger, R. (1982). Multiparameter hypothesis testing and acceptance
sampling. Technometrics 24. Korn, E. & Graubard, B. (1998). Confidence intervals for proportions
with small expected number of positive counts estimated from survey data. Survey Methodology 24.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...intervals import Estimate
from ..scores import assured_share

__all__ = [
    "ALL",
    "CONFIDENCE",
    "HeldOut",
    "Promise",
    "agreement",
    "choose_level",
    "most_assured",
    "unlike_held_out",
]

CONFIDENCE = 0.95
"""How often a promise holds at least."""

ALL = 2.0
"""A level that nothing reaches: the teacher answers everything."""

_LEVELS = 1 / (1 + np.exp(-np.arange(9.0, -2.0, -0.05)))
"""Levels that are tried, from the strictest on; fixed before any text is seen."""

_CLEARLY_OTHER = 0.05
_ERRORS = 3.3

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What students and teacher said on texts that none of them has learned from."""

    questions: tuple[str, ...]
    """Ids of the dimensions."""
    sure: Floats
    """How sure each student was, shape (n_texts, n_students), the fastest first."""
    agreed: Bools
    """Whether it said what the teacher said, shape (n_texts, n_students, n_questions)."""
    articles: npt.NDArray[np.int64]
    """Number of the article of each text."""

    def __len__(self) -> int:
        return len(self.articles)

    def stages(self, level: float) -> npt.NDArray[np.int64]:
        """Return which stage answers each text; the number of students stands for the teacher."""
        passes = self.sure >= level
        return np.where(passes.any(axis=1), passes.argmax(axis=1), self.sure.shape[1])

    def kept(self, level: float) -> Bools:
        """Return where the cascade says what the teacher says, shape (n_texts, n_questions)."""
        stages = self.stages(level)
        rows = np.flatnonzero(stages < self.sure.shape[1])
        same = np.ones((len(self), len(self.questions)), bool)
        same[rows] = self.agreed[rows, stages[rows]]
        return same


@dataclass(frozen=True, slots=True)
class Promise:
    """What a cascade promises at a rate."""

    rate: float
    """The share of texts, at least, that get the teacher's answer, on each question."""
    level: float
    """The sureness from which on a student answers; `ALL` where only the teacher may."""
    shares: tuple[float, ...]
    """Share of held-out texts that each stage answers, the teacher last."""
    agreement: dict[str, Estimate]
    """Question to the share of held-out texts with the teacher's answer, with its interval."""
    n_texts: int
    """Held-out texts."""
    n_articles: int
    """Their articles."""

    @property
    def sent_on(self) -> float:
        """Share of texts that go to the teacher."""
        return self.shares[-1]


def most_assured(articles: npt.NDArray[np.int64]) -> float:
    """Return the highest rate that held-out texts of these articles can assure, if all agree.

    Examples
    --------
    >>> [round(most_assured(np.arange(299) % n), 3) for n in (299, 30, 5, 2, 1)]
    [0.99, 0.989, 0.983, 0.864, 0.05]
    """
    n = len(articles) * _certainty(articles, CONFIDENCE)
    return float(assured_share(n, n, CONFIDENCE))


def agreement(same: Bools, articles: npt.NDArray[np.int64], level: float = 0.95) -> Estimate:
    """Estimate a share of agreement over texts in articles.

    Parameters
    ----------
    same
        Whether each text agrees.
    articles
        Number of its article.
    level
        Of the two-sided interval.

    Examples
    --------
    >>> alone = agreement(np.arange(100) > 1, np.arange(100))
    >>> f"{alone.value} {alone.low:.3f} {alone.high:.3f}"
    '0.98 0.930 0.998'
    >>> agreement(np.arange(100) > 1, np.arange(100) // 2).low < alone.low
    True
    """
    tail = 1 - (1 - level) / 2
    n = len(same) / _design_effect(same, articles) * _certainty(articles, tail)
    share = float(same.mean())
    low = float(assured_share(share * n, n, tail))
    high = 1 - float(assured_share((1 - share) * n, n, tail))
    return Estimate(share, low, high)


def choose_level(held: HeldOut, rate: float) -> Promise:
    """Find from which sureness on students may answer.

    Parameters
    ----------
    held
        Answers on held-out texts.
    rate
        The share of texts that must get the teacher's answer, between 0 and 1.

    Examples
    --------
    >>> sure = np.linspace(0.5, 0.99, 1000)[:, None]
    >>> agreed = np.ones((1000, 1, 1), bool)
    >>> agreed[:100:2] = False
    >>> held = HeldOut(("tone",), sure, agreed, np.arange(1000))
    >>> made = choose_level(held, 0.98)
    >>> round(made.sent_on, 2), round(made.agreement["tone"].value, 3)
    (0.08, 0.989)
    """
    # How alike the units of an article are, where many disagree: as one level of the list is fixed,
    # so is this, and it serves where too few disagree to tell.
    alike = [_design_effect(column, held.articles) for column in held.kept(0.0).T]
    certainty = _certainty(held.articles, CONFIDENCE)
    level = ALL
    for tried in _LEVELS.tolist():
        lower = [
            _assured(same, max(_design_effect(same, held.articles), least) / certainty)
            for same, least in zip(held.kept(tried).T, alike, strict=True)
        ]
        if min(lower) < rate:
            break
        level = tried
    stages = held.stages(level)
    n_stages = held.sure.shape[1] + 1
    shares = np.bincount(stages, minlength=n_stages) / max(len(held), 1)
    same = held.kept(level)
    return Promise(
        rate,
        level,
        tuple(shares.tolist()),
        {
            name: agreement(column, held.articles)
            for name, column in zip(held.questions, same.T, strict=True)
        },
        len(held),
        len(np.unique(held.articles)),
    )


def unlike_held_out(promise: Promise, sent_on: float, n_articles: int) -> str | None:
    """Say that texts are unlike those on which a promise was tested.

    Parameters
    ----------
    promise
        What was promised.
    sent_on
        Share of the new texts that went to the teacher.
    n_articles
        Their articles, or texts that stand for themselves. On both sides these count as the sample
        size, as if all units of an article were alike, which is the furthest that clustering goes.

    Returns
    -------
    None where the share differs by less than five points, or no more than by chance: by less than
    3.3 standard errors, which happens once in a thousand times.

    Examples
    --------
    >>> promise = Promise(0.97, 0.8, (0.7, 0.3), {}, 3000, 900)
    >>> unlike_held_out(promise, 0.31, 500)
    >>> (unlike_held_out(promise, 0.55, 500) or "").partition(":")[0]
    '55 % were sent on to the model, of the held-out texts 30 %'
    """
    usual = promise.sent_on
    n_held = promise.n_articles
    pooled = (usual * n_held + sent_on * n_articles) / (n_held + n_articles)
    error = (pooled * (1 - pooled) * (1 / n_held + 1 / max(n_articles, 1))) ** 0.5
    if abs(sent_on - usual) < max(_CLEARLY_OTHER, _ERRORS * error):
        return None
    return (
        f"{100 * sent_on:.0f} % were sent on to the model, of the held-out texts "
        f"{100 * usual:.0f} %: these texts are unlike those, and the promise may not hold for "
        "them; teach the students with such articles: standfirst distil --cascade"
    )


def _assured(same: Bools, design_effect: float) -> float:
    n = len(same) / design_effect
    return float(assured_share(same.mean() * n, n, CONFIDENCE))


def _certainty(articles: npt.NDArray[np.int64], confidence: float) -> float:
    """Return the part of the sample size that is left for not knowing the variance; 0 to 1."""
    from scipy.special import stdtrit

    n_articles = len(np.unique(articles))
    if n_articles < 2:
        return 1 / max(len(articles), 1)
    of_texts, of_articles = stdtrit([len(articles) - 1, n_articles - 1], confidence)
    return float(of_texts / of_articles) ** 2


def _design_effect(same: Bools, articles: npt.NDArray[np.int64]) -> float:
    """Return how many times the variance is that of as many texts from different articles."""
    n, share = len(same), float(same.mean())
    codes = np.unique(articles, return_inverse=True)[1]
    n_articles = int(codes.max(initial=-1)) + 1
    if share in (0.0, 1.0) or n_articles < 2:
        return 1.0
    totals = np.bincount(codes, weights=same - share)
    variance = n_articles / (n_articles - 1) * float((totals**2).sum()) / n**2
    return max(variance * (n - 1) / (share * (1 - share)), 1.0)
