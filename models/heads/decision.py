"""From probabilities to labels: the rule that serves the stated goal.

``macro-f1`` (the default) gives the most probable label (multiple choice: every label with at least
one half), unless a rule that helps rare labels was clearly better on held-out rows. Below
`STEADY_FROM` rows a single choice is the regression's own answer, with balanced weights: so few
held-out rows of a rare label do not tell how much rarer it is. ``precision=P`` gives a label only
from the probability on at which P of its answers were right; below it the model
abstains. ``recall=R`` gives labels from so low a probability on that R of their cases are found; in
single choice the most frequent label pays for the others.

Every threshold is found on held-out rows of the training part, so that a score on other rows tells
how well it holds. A threshold at which P of a few rows just happened to be right is missed on
others as often as not; so what must reach P is the lower bound of the share, at nine in ten
(`assured_share`). Where rows are too few for that, the label is given where it is surest to reach
P, and whoever reads the score learns that it is not assured (`evaluation.cautions`).

References
----------
Angelopoulos, A., Bates, S., Candès, E., Jordan, M. & Lei, L. (2021). Learn then Test: calibrating
predictive algorithms to achieve risk control. arXiv:2110.01052.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ..scores import NOISE, assured_share, first_best, macro_f1

__all__ = ["MARGIN", "STEADY_FROM", "Goal", "Rule", "find_rule", "parse_goal"]

MARGIN = 0.01
"""How much better in macro-F1 a rule must be that does not simply take the most probable label."""

STEADY_FROM = 500
"""Rows from which on the shift of a calibration is steady enough to decide single choices by it."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Goal:
    """What the labels that are given should be good at.

    Examples
    --------
    >>> from standfirst.models import Goal, parse_goal
    >>> parse_goal("precision=0.9") == Goal("precision", 0.9)
    True
    """

    kind: str = "macro-f1"
    """`macro-f1`, `precision` or `recall`."""
    value: float = 0.0
    """The precision or recall that each label should reach."""

    def __str__(self) -> str:
        return self.kind if self.kind == "macro-f1" else f"{self.kind}={self.value:g}"


@dataclass(frozen=True, slots=True)
class Rule:
    """How probabilities become labels."""

    bonus: Floats
    """What is added to log-probabilities (multiple choice: log-odds), shape (n_labels,).

    Where it is zero, the most probable label wins.
    """
    least: Floats
    """The probability below which a label is not given, shape (n_labels,); single choice only."""
    f1: float = np.nan
    """Macro-F1 on the rows on which it was found."""
    alone: Bools | None = None
    """Which labels never stand with another, shape (n_labels,); multiple choice only."""

    @classmethod
    def none(cls, n_labels: int, alone: Bools | None = None) -> "Rule":
        """Return the most probable label, or every label with at least one half."""
        return cls(np.zeros(n_labels), np.zeros(n_labels), alone=alone)

    def decide(self, probabilities: Floats, *, multiple: bool) -> Bools:
        """Choose labels by probabilities, shape (n_rows, n_labels).

        A row of a single choice has no label where its best one is less probable than it must be.
        """
        with np.errstate(divide="ignore"):
            log_odds = np.log(probabilities)
            if multiple:
                lead = log_odds - np.log1p(-probabilities) + self.bonus
                return self._one_side(lead, lead >= -NOISE)
        helped = log_odds + self.bonus
        # The first of labels that are equal but for rounding.
        best = (helped >= helped.max(axis=1, keepdims=True) - NOISE).argmax(axis=1)
        rows = np.arange(len(probabilities))
        answer = np.zeros(probabilities.shape, bool)
        answer[rows, best] = probabilities[rows, best] >= self.least[best] - NOISE
        return answer

    def _one_side(self, lead: Floats, given: Bools) -> Bools:
        """Where a label that stands alone was given with others, give whichever leads further."""
        if self.alone is None or not self.alone.any() or self.alone.all():
            return given
        first = np.where(given & self.alone, lead, -np.inf)
        second = np.where(given & ~self.alone, lead, -np.inf)
        wins = first.max(axis=1) > second.max(axis=1) + NOISE
        only = np.arange(given.shape[1]) == first.argmax(axis=1)[:, None]
        return np.asarray(given & np.where(wins[:, None], only, ~self.alone))


def parse_goal(text: str) -> Goal:
    """Read a goal as a user types it.

    Examples
    --------
    >>> parse_goal("precision=0.9")
    Goal(kind='precision', value=0.9)

    Raises
    ------
    InputError
        It is none of the three, or its number is not between 0 and 1.
    """
    kind, _, value = text.partition("=")
    remedy = "write macro-f1, precision=0.9 or recall=0.9"
    if text == "macro-f1":
        return Goal()
    if kind not in ("precision", "recall"):
        raise InputError("--goal", f"{text!r} is not a goal", remedy)
    try:
        number = float(value)
    except ValueError as error:
        raise InputError("--goal", f"{value!r} is not a number", remedy) from error
    if not 0 < number < 1:
        raise InputError("--goal", f"{value} is not between 0 and 1", remedy)
    return Goal(kind, number)


def find_rule(
    probabilities: Floats,
    target: Bools,
    shift: Floats,
    goal: Goal,
    *,
    multiple: bool,
    alone: Bools | None = None,
) -> Rule:
    """Find the rule for a goal on held-out rows.

    Parameters
    ----------
    probabilities
        Calibrated, shape (n_rows, n_labels).
    target
        Which labels each row has, same shape.
    shift
        What calibration added, which tells how rare labels are, shape (n_labels,).
    goal
        The goal.
    multiple
        Whether a row can have any number of labels.
    alone
        Which labels never stand with another, shape (n_labels,).
    """
    none = np.zeros(target.shape[1])

    def scored(bonus: Floats, least: Floats = none) -> Rule:
        answer = Rule(bonus, least, alone=alone).decide(probabilities, multiple=multiple)
        return Rule(bonus, least, macro_f1(target, answer), alone)

    best = scored(none)
    if goal.kind == "macro-f1":
        if not multiple and len(target) < STEADY_FROM:
            return scored(-shift)
        for bonus in _helping_rare(probabilities, target, shift, multiple=multiple):
            other = scored(bonus)
            if other.f1 >= best.f1 + MARGIN - NOISE:
                best = other
        return best
    if goal.kind == "precision":
        if multiple:
            cuts = [
                _precise(p, t, goal.value) for p, t in zip(probabilities.T, target.T, strict=True)
            ]
            return scored(-_logit(np.array(cuts)))
        best_labels = probabilities.argmax(axis=1)
        cuts = [
            _precise(probabilities[answered, k], target[answered, k], goal.value)
            for k in range(target.shape[1])
            for answered in [best_labels == k]
        ]
        return scored(none, np.array(cuts))
    if multiple:
        cuts = [
            np.sort(p[t])[_may_miss(t.sum(), goal.value)] if t.any() else 0.5
            for p, t in zip(probabilities.T, target.T, strict=True)
        ]
        return scored(-_logit(np.minimum(cuts, 0.5)))
    return scored(_recalling(probabilities, target, goal.value))


def _precise(probability: Floats, event: Bools, precision: float) -> float:
    """Find the lowest cut that assures a precision, or else the surest; above 1 if none reaches it.

    A cut reaches a precision when so many of its own answers are right, and assures it when their
    lower bound does.
    """
    order = np.argsort(-probability, kind="stable")
    hits, n = np.cumsum(event[order]), np.arange(1, len(order) + 1)
    # The last of rows with one probability speaks for all of them.
    last = np.diff(probability[order], append=-np.inf) < -NOISE
    good = np.flatnonzero((hits / n >= precision - NOISE) & last)
    if not len(good):
        return 1.01
    assured = assured_share(hits[good], n[good])
    enough = np.flatnonzero(assured >= precision - NOISE)
    return float(probability[order][good[enough[-1] if len(enough) else first_best(assured)]])


def _may_miss(n_cases: int, recall: float) -> int:
    """Return how many cases may be missed so that a recall is still assured; 0 where none may."""
    missed = np.arange(n_cases)
    return int((assured_share(n_cases - missed, n_cases) >= recall - NOISE)[1:].sum())


def _recalling(probabilities: Floats, target: Bools, recall: float) -> Floats:
    """Raise every label but the most frequent one until enough of its cases are found."""
    bonus: Floats = np.zeros(target.shape[1])
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(probabilities, 1e-12))
    usual = target.sum(axis=0).argmax()
    for _ in range(3):
        for k in range(target.shape[1]):
            cases = target[:, k]
            if k == usual or not cases.any():
                continue
            others = np.delete(logs + bonus, k, axis=1).max(axis=1) if len(bonus) > 1 else 0
            lead = (others - logs[:, k])[cases]
            enough = np.sort(lead)[len(lead) - 1 - _may_miss(len(lead), recall)]
            bonus[k] = max(0.0, float(enough) + 2 * NOISE)
    return bonus


def _helping_rare(
    probabilities: Floats, target: Bools, shift: Floats, *, multiple: bool
) -> list[Floats]:
    """Propose rules that help rare labels."""
    if not multiple:
        return [-shift / 2, -shift]
    best = np.zeros(target.shape[1])
    for k in range(target.shape[1]):
        order = np.argsort(-probabilities[:, k].round(9), kind="stable")
        hits = np.cumsum(target[order, k])
        f1 = 2 * hits / (np.arange(1, len(order) + 1) + max(hits[-1], 1))
        # Averaged over its neighbours, because the single best threshold of few rows is chance.
        width = max(1, int(hits[-1]) // 4)
        smooth = np.convolve(f1, np.ones(width) / width, mode="same")
        best[k] = -_logit(probabilities[order[first_best(smooth)], k], 0.02)
    return [-shift, best]


def _logit(share: Floats | float, least: float = 1e-9) -> Floats:
    # A cut above 1 must never be reached, so that it may be as far out as it likes.
    inside = np.clip(share, least, 1 - least)
    return np.asarray(np.where(np.asarray(share) > 1, 50.0, np.log(inside / (1 - inside))))
