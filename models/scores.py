"""Scores and their intervals, from counts of hits and misses.

F1 of a label is 2 hits / (2 hits + false alarms + misses); macro-F1 is the mean over the labels
that occur, in the truth or in the answers, as in scikit-learn. The interval is a bootstrap over
*groups* (articles), because sentences of one article are not independent: counts are summed by
group first, so that a thousand resamplings are one matrix product. A label that occurs in the rows
counts in every resample, with an F1 of 0 where the resample lacks it: left out, a rare label that
is never found would make the resamples without it better than the rows can be.

Where the rows were held out by folds, the score is that of several models, and stands for the one
that is fitted on all rows. Such a score varies by more than its rows: the models differ with what
they learned from, and rows of one fold share one model. No unbiased estimate of this variance
exists (Bengio & Grandvalet 2004); half the variance of the rows is added for it. The plain interval
held the score of the final model on fresh rows in 89 % of draws of 200 rows of BABE, on which the
half was chosen, and the wider one in 96 %; `benchmarks/score_intervals.py` judges it on other sets.

References
----------
Bates, S., Hastie, T. & Tibshirani, R. (2023). Cross-validation: what does it estimate and how well
does it do it? Journal of the American Statistical Association 119.
Bengio, Y. & Grandvalet, Y. (2004). No unbiased estimator of the variance of k-fold
cross-validation. Journal of Machine Learning Research 5.
Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap, chapters 8 and 13 (clusters;
percentile interval).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..intervals import Estimate, draw_groups, interval, over_draws
from .metrics import ScoreMetrics

__all__ = [
    "NOISE",
    "LabelScore",
    "Score",
    "assured_share",
    "average_precision",
    "calibration_error",
    "chance_macro_f1",
    "first_best",
    "macro_f1",
    "paired",
    "score",
]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NOISE = 1e-9
"""Numbers that differ by less are equal: how a processor rounds must not decide anything."""

_BY_FOLDS = 1.5**0.5
"""How much wider an interval is whose rows were held out by folds."""

_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well one label is found.

    Examples
    --------
    >>> from standfirst.models import LabelScore
    >>> LabelScore(precision=0.5, recall=1.0, f1=2 / 3, support=3, n_given=6).recall
    1.0
    """

    precision: float
    """Share of the answers with this label that are right; 0 when there are none."""
    recall: float
    """Share of the true cases that are found; 0 when there are none."""
    f1: float
    """Harmonic mean of both."""
    support: int
    """Number of true cases."""
    n_given: int
    """Number of answers with this label."""


@dataclass(frozen=True, slots=True, repr=False)
class Score:
    """How well one dimension is answered.

    Examples
    --------
    >>> from standfirst.models import LabelScore, Score
    >>> labels = {name: LabelScore(1.0, 1.0, 1.0, 6, 6) for name in ("for", "no")}
    >>> score = Score(
    ...     12,
    ...     12,
    ...     1.0,
    ...     0.78,
    ...     1.0,
    ...     1.0,
    ...     labels,
    ...     ((6, 0), (0, 6)),
    ...     baseline=1 / 3,
    ...     chance=0.5,
    ... )
    >>> score.macro_f1, score.low
    (1.0, 0.78)
    """

    n: int
    """Number of rows."""
    n_groups: int
    """Number of groups that the interval resamples."""
    macro_f1: float
    """Mean F1 over the labels that occur."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""
    accuracy: float
    """Share of rows with exactly the right answer."""
    labels: dict[str, LabelScore]
    """Label to its own scores, in the codebook's order."""
    confusion: tuple[tuple[int, ...], ...] | None
    """Rows: the truth; columns: the answer; in the codebook's order. None for multiple choice."""
    baseline: float
    """Macro-F1 of always giving the most frequent label (multiple choice: every label)."""
    chance: float
    """Macro-F1 to expect of labels drawn by their shares."""

    def __repr__(self) -> str:
        about = f"{self.n:,} rows in {self.n_groups:,} groups; {self.chance:.3f} by chance"
        lines = [f"macro-F1 {self.macro_f1:.3f} [{self.low:.3f}, {self.high:.3f}] on {about}"]
        for name, one in self.labels.items():
            scores = f"precision {one.precision:.3f}, recall {one.recall:.3f}, F1 {one.f1:.3f}"
            lines.append(f"  {name}: {scores}, {one.support:,} rows")
        return "\n".join(lines)

    def as_json(self) -> ScoreMetrics:
        """Return the score as `evaluate --json` prints it."""
        return {
            "n": self.n,
            "macro_f1": round(self.macro_f1, 6),
            "macro_f1_low": round(self.low, 6),
            "macro_f1_high": round(self.high, 6),
            "labels": {
                name: {
                    "precision": round(label.precision, 6),
                    "recall": round(label.recall, 6),
                    "f1": round(label.f1, 6),
                    "support": label.support,
                }
                for name, label in self.labels.items()
            },
            "baseline_macro_f1": round(self.baseline, 6),
            "chance_macro_f1": round(self.chance, 6),
        }


def macro_f1(truth: Bools, answer: Bools) -> float:
    """Measure macro-F1.

    Parameters
    ----------
    truth, answer
        Which labels each row has and gets, shape (n_rows, n_labels).

    Examples
    --------
    >>> truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], bool)
    >>> answer = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], bool)
    >>> round(macro_f1(truth, answer), 4)  # (2/3 + 4/5) / 2
    0.7333
    """
    return float(_macro(_counts(truth, answer).sum(axis=0)))


def chance_macro_f1(truth: Bools) -> float:
    """Return the macro-F1 to expect of answers drawn by the labels' shares, without reading.

    Where a label has the share p of rows and of answers alike, p of either are hits, and its F1 is
    p. So for single choice it is 1 over the number of labels that occur.

    Examples
    --------
    >>> chance_macro_f1(np.array([[1, 0], [1, 0], [1, 0], [0, 1]], bool))  # (3/4 + 1/4) / 2
    0.5
    """
    shares = truth.mean(axis=0)
    return float(shares[shares > 0].mean()) if shares.any() else 0.0


def assured_share(hits: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.9) -> Floats:
    """Return the share that is reached at least, by Clopper and Pearson's one-sided bound.

    Parameters
    ----------
    hits, n
        Successes, and trials; 0 of 0 assure nothing.
    confidence
        How often such bounds hold at least.

    References
    ----------
    Clopper, C. & Pearson, E. (1934). The use of confidence or fiducial limits illustrated in the
    case of the binomial. Biometrika 26.

    Examples
    --------
    >>> assured_share([22, 20, 0], [22, 22, 0]).round(3).tolist()  # 0.1 ** (1 / 22)
    [0.901, 0.776, 0.0]
    """
    from scipy.special import betaincinv

    hits, n = np.asarray(hits, float), np.asarray(n, float)
    lower = betaincinv(np.maximum(hits, 1), n - np.maximum(hits, 1) + 1, 1 - confidence)
    return np.asarray(np.where(hits > 0, lower, 0.0))


def first_best(values: Floats) -> int:
    """Return the index of the highest value, the first of those that differ by `NOISE` only.

    Examples
    --------
    >>> first_best(np.array([0.2, 0.7, 0.7 + 1e-12]))
    1
    """
    return int(np.flatnonzero(values >= values.max() - NOISE)[0])


def score(
    truth: Bools,
    answer: Bools,
    labels: Sequence[str],
    groups: npt.NDArray[np.int64],
    *,
    multiple: bool,
    by_folds: bool = False,
    n_resamples: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> Score:
    """Score answers, with an interval for macro-F1.

    Parameters
    ----------
    truth, answer
        Which labels each row has and gets, shape (n_rows, n_labels).
    labels
        Names of the labels.
    groups
        Number of each row's group.
    multiple
        Whether a row can have any number of labels.
    by_folds
        Whether the rows were held out by folds, and the score stands for a model of all rows.
    n_resamples
        Number of bootstrap samples.
    level
        Coverage of the interval.
    seed
        Of the resampling.
    """
    counts = _counts(truth, answer)
    total = counts.sum(axis=0)
    _, member = np.unique(groups, return_inverse=True)
    n_groups = int(member.max()) + 1
    by_group = np.zeros((n_groups, *counts.shape[1:]))
    np.add.at(by_group, member, counts)
    drawn = over_draws(lambda drawn: _macro_drawn(drawn, by_group), n_groups, n_resamples, seed)
    estimate = _interval(drawn, level, n_groups, by_folds=by_folds)
    macro, low, high = _without_error(estimate, level, n_groups).numbers()
    usual = np.zeros_like(truth)
    usual[:, slice(None) if multiple else truth.sum(axis=0).argmax()] = True
    confusion = None
    if not multiple:
        confusion = tuple(
            tuple(int(cell) for cell in row) for row in truth.T.astype(int) @ answer.astype(int)
        )
    return Score(
        len(truth),
        n_groups,
        macro,
        low,
        high,
        float((truth == answer).all(axis=1).mean()),
        {name: _label_score(total[:, k]) for k, name in enumerate(labels)},
        confusion,
        macro_f1(truth, usual),
        chance_macro_f1(truth),
    )


def paired(
    answered: Sequence[tuple[Bools, Bools, Bools, npt.NDArray[np.int64]]],
    *,
    by_folds: bool = False,
    n_resamples: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Compare two sets of answers on the same rows.

    Parameters
    ----------
    answered
        For each dimension the truth, the answers of the one, those of the other, each of shape
        (n_rows, n_labels), and the numbers of the rows' groups.
    by_folds
        Whether the rows were held out by folds, as in `score`.
    n_resamples, level, seed
        Of the bootstrap over groups; each sample is drawn for both at once.

    Returns
    -------
    Macro-F1 of the one minus that of the other, as a mean over dimensions, and its interval.

    Examples
    --------
    >>> truth = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], bool)
    >>> worse = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], bool)
    >>> print(paired([(truth, truth, worse, np.array([0, 0, 0, 0]))]))  # one group: all is possible
    .267 [-1.000, 1.000]
    """
    names = np.unique(np.concatenate([groups for *_, groups in answered]))
    drawn = draw_groups(len(names), n_resamples, seed)
    difference = np.zeros(n_resamples + 1)
    for truth, ours, other, groups in answered:
        for sign, answer in ((1, ours), (-1, other)):
            counts = _counts(truth, answer)
            by_group = np.zeros((len(names), *counts.shape[1:]))
            np.add.at(by_group, np.searchsorted(names, groups), counts)
            difference += sign * _macro_drawn(drawn, by_group)
    return _interval(difference / len(answered), level, len(names), by_folds=by_folds, least=-1.0)


def average_precision(
    truth: Bools,
    probability: npt.NDArray[np.floating[Any]],
    weights: npt.NDArray[np.integer[Any]],
) -> npt.NDArray[np.float64]:
    """Measure how well probabilities rank the rows, as a mean over labels, for many weightings.

    Average precision of a label is the area under its curve of precision and recall, in steps, as
    in scikit-learn. Each row counts as often as it is weighted, so that resampled rows are measured
    without sorting them again.

    Parameters
    ----------
    truth, probability
        Which labels each row has, and how probable each is, shape (n_rows, n_labels).
    weights
        How often each row counts, shape (n_weightings, n_rows).

    Returns
    -------
    The mean over the labels that some rows have and some have not, shape (n_weightings,); 0 where
    there is none.

    Examples
    --------
    >>> truth = np.array([[1, 0], [0, 1], [1, 0]], bool)
    >>> probability = np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5]])
    >>> average_precision(truth, probability, np.array([[1, 1, 1], [1, 1, 0]])).round(4)
    array([0.6667, 1.    ])
    """
    total, n_labels = np.zeros(len(weights)), np.zeros(len(weights))
    step = max(1, _AT_ONCE // max(1, len(truth)))
    for label in np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0)):
        order = np.argsort(-probability[:, label], kind="stable")
        hits = truth[order, label]
        falls = np.diff(probability[order, label], append=-np.inf) < -NOISE
        for start in range(0, len(weights), step):
            some = weights[start : start + step, order]
            hits_so_far = np.cumsum(some * hits, axis=1)[:, falls]
            answered = np.maximum(np.cumsum(some, axis=1)[:, falls], 1)
            n_hits = hits_so_far[:, -1]
            area = (np.diff(hits_so_far, axis=1, prepend=0) * (hits_so_far / answered)).sum(axis=1)
            total[start : start + step] += area / np.maximum(n_hits, 1)
            n_labels[start : start + step] += n_hits > 0
    return np.asarray(total / np.maximum(n_labels, 1))


def calibration_error(truth: Bools, probability: npt.NDArray[np.floating[Any]]) -> float:
    """Measure the expected calibration error of the probabilities, over ten equal bins.

    Every probability that was given to a label counts as one forecast, so that single and multiple
    choice are measured alike.

    Examples
    --------
    >>> calibration_error(np.array([[1, 0], [0, 1]], bool), np.array([[0.75, 0.25], [0.75, 0.25]]))
    0.25
    """
    forecast, event = probability.ravel(), truth.ravel().astype(float)
    bin_ = np.minimum((forecast * 10).astype(int), 9)
    size = np.bincount(bin_, minlength=10)
    gap = np.bincount(bin_, event - forecast, minlength=10)
    return float(np.abs(gap).sum() / size.sum())


def _interval(
    drawn: Floats, level: float, n_groups: int, *, by_folds: bool, least: float = 0.0
) -> Estimate:
    """Give a score its interval; over one group all that is possible."""
    widened = _BY_FOLDS if by_folds else 1.0
    estimate = interval(drawn, level, n_groups=n_groups, widened=widened)
    return estimate if estimate.low is not None else Estimate(estimate.value, least, 1.0)


def _without_error(estimate: Estimate, level: float, n_groups: int) -> Estimate:
    """Bound a score without a single error, or hit, as a share is bounded that is all or nothing.

    No draw of groups holds what none of them held; that so many groups are alike still bounds how
    many of all groups may be otherwise (Clopper & Pearson).
    """
    value, low, high = estimate.numbers()
    rest = ((1 - level) / 2) ** (1 / n_groups)
    if value >= 1 - NOISE:
        return Estimate(value, min(low, rest), 1.0)
    if value <= NOISE:
        return Estimate(value, 0.0, max(high, 1 - rest))
    return estimate


def _counts(truth: Bools, answer: Bools) -> npt.NDArray[np.float64]:
    """Hits, false alarms and misses of each row and label, shape (n_rows, 3, n_labels)."""
    return np.stack([truth & answer, ~truth & answer, truth & ~answer], axis=1).astype(float)


def _macro(counts: npt.NDArray[np.float64], n_labels: int | None = None) -> Floats:
    """Macro-F1 of counts whose last two axes are (3, n_labels), over a number of labels.

    None: over those that occur.
    """
    hits, alarms, misses = counts[..., 0, :], counts[..., 1, :], counts[..., 2, :]
    size = 2 * hits + alarms + misses
    occurs = size > 0
    f1 = np.divide(2 * hits, size, out=np.zeros_like(size), where=occurs)
    n = occurs.sum(axis=-1) if n_labels is None else n_labels
    return np.asarray(f1.sum(axis=-1) / np.maximum(n, 1))


def _macro_drawn(
    drawn: npt.NDArray[np.int64], by_group: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Macro-F1 in each draw of groups, from the groups' counts, over the labels of all groups."""
    flat = by_group.reshape(len(by_group), -1)
    n_labels = int(by_group.any(axis=(0, 1)).sum())
    return _macro((drawn @ flat).reshape(len(drawn), *by_group.shape[1:]), n_labels)


def _label_score(counts: npt.NDArray[np.float64]) -> LabelScore:
    hits, alarms, misses = counts.tolist()
    return LabelScore(
        hits / (hits + alarms) if hits + alarms else 0.0,
        hits / (hits + misses) if hits + misses else 0.0,
        2 * hits / (2 * hits + alarms + misses) if hits + alarms + misses else 0.0,
        int(hits + misses),
        int(hits + alarms),
    )
