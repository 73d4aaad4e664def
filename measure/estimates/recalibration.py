"""Probabilities that do not fit the gold are made less, or more, sure of themselves by it.

Intervals lean on probabilities: their variance is at least what these let expect. Where they are
far too sure, intervals of rare labels are too narrow; where they are too little sure, too wide. One
number, the temperature, mends both. It is fitted on the gold by folds, so that no coded unit's
probabilities have learned from its own answer; the other units get the mean of the folds. The
corrected share needs no calibration to be right on average, with or without this.

Tags may be labels alone, as those of a language model are: probabilities that are all 0 or 1. Then
the gold tells, by the same folds, how often each true label goes with each tag. One temperature
would not do: whoever errs towards one label is right wherever it says another.

References
----------
Spiegelhalter, D. J. (1986). Probabilistic prediction in patient management and clinical trials.
Statistics in Medicine 5 (the test: the Brier score against what the probabilities promise).
Agresti, A. & Caffo, B. (2000). Simple and effective confidence intervals for proportions and
differences of proportions result from adding two successes and two failures. The American
Statistician 54 (one of each in each of two samples).
Guo, C. et al. (2017). On calibration of modern neural networks. ICML (the temperature).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..inputs.tagged import TaggedDimension
from ..inputs.usable_gold import Coded

__all__ = ["misfit", "recalibrated", "tempered"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CLEAR = 3.0
"""Standard errors from which on a misfit is none of chance."""

_FOLDS = 5
_LEAST, _MOST = 0.2, 5.0
_TINY = 1e-7
_PRIOR = 1.0
"""Coded units that the share of a label in all gold is worth, for each tag."""
_FEW = 2
"""Coded units of a label below which gold does not show where tags miss it."""


def recalibrated(dimension: TaggedDimension, coded: Coded) -> tuple[TaggedDimension, str | None]:
    """Give the dimension with probabilities that fit the gold, and what was done if anything.

    Raises
    ------
    InputError
        The probabilities do not fit, and all coded units have the same answer, so that nothing
        tells how often other answers occur.
    """
    index, truth = coded.sample.index, coded.truth
    if _is_hard(dimension.probabilities[index]) and _is_hard(dimension.probabilities):
        return _by_answer(dimension, coded)
    off = misfit(dimension.probabilities[index], truth, multiple=dimension.multiple)
    if abs(off) < _CLEAR:
        return dimension, None
    if (truth == truth[0]).all():
        problem = (
            f"all {len(truth)} coded units have the same answer, which the model did not expect"
        )
        remedy = "code more: standfirst annotate sample 100 --rule rare"
        raise InputError(dimension.name, problem, remedy)
    fold = np.random.default_rng(0).permutation(len(index)) % _FOLDS
    made = np.zeros(dimension.probabilities.shape, np.float32)
    own = np.zeros(truth.shape)
    heats = []
    for k in range(_FOLDS):
        left = fold == k
        p = dimension.probabilities[index]
        heat = _fit(p[~left], truth[~left], multiple=dimension.multiple)
        made += tempered(dimension.probabilities, heat, multiple=dimension.multiple) / _FOLDS
        own[left] = tempered(p[left], heat, multiple=dimension.multiple)
        heats.append(heat)
    made[index] = own
    sure = "too" if off > 0 else "too little"
    note = (
        f"{dimension.name}: the model is {sure} sure of itself on the gold (its Brier score is "
        f"{abs(off):.1f} standard errors off): probabilities were recalibrated by the gold, with "
        f"the temperature {1 / np.mean(heats):.2f}"
    )
    return replace(dimension, probabilities=made), note


def _is_hard(probabilities: NDArray[np.floating]) -> bool:
    return bool(((probabilities == 0) | (probabilities == 1)).all())


def _by_answer(dimension: TaggedDimension, coded: Coded) -> tuple[TaggedDimension, str]:
    """Give labels without probabilities those that the gold shows for each of them."""
    index, truth = coded.sample.index, coded.truth
    fold = np.random.default_rng(0).permutation(len(index)) % _FOLDS
    made = np.zeros(dimension.probabilities.shape, np.float32)
    own = np.zeros(truth.shape, np.float32)
    for k in range(_FOLDS):
        left = fold == k
        shown, right = dimension.probabilities[index[~left]] == 1, truth[~left]
        if dimension.multiple:
            columns = [
                _chances(np.stack([~shown[:, c], shown[:, c]], 1), right[:, [c]])[:, 0]
                for c in range(truth.shape[1])
            ]
            some = np.stack(
                [p[(dimension.probabilities[:, c] == 1) * 1] for c, p in enumerate(columns)], 1
            )
        else:
            some = _chances(shown, right)[dimension.probabilities.argmax(axis=1)]
        made += some / _FOLDS
        own[left] = some[index[left]]
    made[index] = own
    note = (
        f"{dimension.name}: the tags are labels without probabilities; these were taken from the "
        "gold, for each label that a tag can be"
    )
    return replace(dimension, probabilities=made), note


def _chances(shown: Bools, truth: Bools) -> Floats:
    """Return how often each true label goes with each tag, shape (n_tags, n_labels).

    Tags with little gold are drawn towards the share of the label in all gold. Of a label that
    hardly any coded unit has, one more unit with each tag is taken to have it, and one more not to
    (Agresti and Caffo): else intervals from 50 coded units would hold the share of a label that 3
    of them have on average in 90 of 100 draws.
    """
    n_labels, n_shown = max(truth.shape[1], 2), shown.sum(axis=0)[:, None]
    counts = truth.sum(axis=0)
    base = (counts + 0.5) / (len(truth) + 0.5 * n_labels)
    more = np.where(counts < _FEW, 1.0, 0.0)
    less = more.sum() if truth.shape[1] > 1 else 2 * more
    together = shown.T.astype(np.float64) @ truth
    return np.asarray((together + _PRIOR * base + more) / (n_shown + _PRIOR + less))


def misfit(probabilities: NDArray[np.floating], truth: Bools, *, multiple: bool) -> float:
    """Give by how many standard errors the Brier score is above what probabilities promise.

    Parameters
    ----------
    probabilities
        Of each label, shape (n_coded, n_labels).
    truth
        Which labels hold, same shape.
    multiple
        Whether each label is a question of its own.

    Examples
    --------
    Of four units that are sure to 90 % two are wrong: .82 each instead of .18 on average.

    >>> p = np.full((4, 2), [0.9, 0.1])
    >>> y = np.array([[True, False], [True, False], [False, True], [False, True]])
    >>> round(misfit(p, y, multiple=False), 3)
    2.667
    """
    p = np.asarray(probabilities, np.float64)
    score = ((truth - p) ** 2).sum()
    if multiple:
        expected = (p * (1 - p)).sum()
        variance = (p * (1 - p) * (1 - 2 * p) ** 2).sum()
    else:
        each = 1 - 2 * p + (p**2).sum(axis=1, keepdims=True)
        middle = (p * each).sum(axis=1)
        expected, variance = middle.sum(), ((p * each**2).sum(axis=1) - middle**2).sum()
    gap = float(score - expected)
    if variance <= 0:
        return 0.0 if abs(gap) < _TINY else float(np.copysign(np.inf, gap))
    return gap / float(np.sqrt(variance))


def tempered(probabilities: NDArray[np.floating], heat: float, *, multiple: bool) -> Floats:
    """Raise probabilities to a power, and let them add up again; below 1 they become less sure.

    Examples
    --------
    >>> tempered(np.array([[0.8, 0.2]]), 0.5, multiple=False).round(4).tolist()
    [[0.6667, 0.3333]]
    """
    p = np.clip(probabilities, _TINY, 1 - _TINY).astype(np.float64)
    if multiple:
        return np.asarray(p**heat / (p**heat + (1 - p) ** heat))
    raised = p**heat
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _fit(probabilities: NDArray[np.floating], truth: Bools, *, multiple: bool) -> float:
    """Find the power under which the gold is most likely."""
    from scipy.optimize import minimize_scalar

    def loss(heat: float) -> float:
        p = np.clip(tempered(probabilities, heat, multiple=multiple), _TINY, 1 - _TINY)
        likely = np.log(p)[truth].sum()
        return -float(likely + (np.log(1 - p)[~truth].sum() if multiple else 0))

    return float(minimize_scalar(loss, bounds=(_LEAST, _MOST), method="bounded").x)
