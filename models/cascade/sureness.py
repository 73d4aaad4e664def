"""How sure a student is that its teacher would say the same.

What may turn an answer is not its probability but how far it lies from the next other answer under
the rule by which the head decides: with a rule that helps rare labels, a label at .3 may be beyond
doubt and one at .6 a toss-up. So the *margin* is measured in log-odds from the nearest other
answer, and a logistic curve, fitted on texts that the student did not learn from, turns it into the
probability that the teacher agrees. That probability only puts texts in order, makes the questions
of a codebook comparable, and the stages of a cascade; what is promised is tested on further texts
(`promise`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..heads.head import Head
from ..predictor import Prediction

__all__ = ["Sureness", "agrees", "fit_sureness", "margin", "sureness"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_FAR = 20.0
"""Log-odds beyond which an answer is not surer."""


@dataclass(frozen=True, slots=True)
class Sureness:
    """The curve of one question: from a student's margin to the probability of agreement.

    Examples
    --------
    >>> Sureness(0.0, 1.0).of(np.array([0.0, 3.0])).round(2).tolist()
    [0.5, 0.95]
    """

    intercept: float
    """Log-odds of agreement at a margin of 0."""
    slope: float
    """What each unit of margin adds; never negative."""

    def of(self, margins: Floats) -> Floats:
        """Return the probability of agreement, shape (n_texts,)."""
        return np.asarray(1 / (1 + np.exp(-(self.intercept + self.slope * margins))))


def margin(head: Head, probabilities: Floats) -> Floats:
    """Measure how far answers lie from the nearest other answer, in log-odds; shape (n_texts,).

    Parameters
    ----------
    head
        The student's head.
    probabilities
        What it gave, shape (n_texts, n_labels).

    Examples
    --------
    >>> from standfirst.models.heads.calibration import Calibration
    >>> from standfirst.models.heads.decision import Rule
    >>> from standfirst.models.heads.linear import LinearFit
    >>> fit = LinearFit(np.zeros((2, 1)), np.zeros(2))
    >>> seen, rule = np.ones(2, bool), Rule(np.array([0.0, np.log(4)]), np.zeros(2))
    >>> head = Head(False, seen, fit, Calibration.none(2), rule, 1.0)
    >>> margin(head, np.array([[0.8, 0.2], [0.5, 0.5]])).round(2).tolist()
    [0.0, 1.39]
    """
    seen = probabilities[:, head.seen]
    rule = head.rule
    with np.errstate(divide="ignore"):
        helped = np.log(seen) + rule.bonus
        if head.multiple:
            lead = np.abs(helped - np.log1p(-seen))
            return np.asarray(lead.min(axis=1, initial=_FAR))
        if helped.shape[1] < 2:
            return np.full(len(seen), _FAR)
        order = np.sort(helped, axis=1)
        lead = np.where(np.isinf(order[:, -2]), _FAR, order[:, -1] - order[:, -2])
        best = helped.argmax(axis=1)
        least = rule.least[best]
        rows = np.arange(len(seen))
        # Whoever abstains is as near to another answer as the threshold.
        gap = np.abs(np.log(seen[rows, best]) - np.log(least))
    lead = np.where(least > 0, np.minimum(lead, gap), lead)
    return np.asarray(np.minimum(lead, _FAR))


def agrees(own: Prediction, teacher: Prediction) -> Bools:
    """Return where two answers are the same: asked or not, and if so the same labels.

    Examples
    --------
    >>> given, asked = np.array([[True, False], [False, True]]), np.array([True, True])
    >>> one = Prediction(given * 1.0, given, asked)
    >>> other = Prediction(given * 1.0, given, np.array([True, False]))
    >>> agrees(one, other).tolist()
    [True, False]
    """
    same = (own.chosen == teacher.chosen).all(axis=1)
    return np.asarray((own.asked == teacher.asked) & (same | ~teacher.asked))


def fit_sureness(margins: Floats, agreed: Bools) -> Sureness:
    """Fit the curve of a question.

    Parameters
    ----------
    margins
        Of texts that the student did not learn from.
    agreed
        Whether the teacher said the same.

    Examples
    --------
    >>> agreed = np.tile([True, False], 50) | (np.arange(100) > 49)
    >>> fit_sureness(np.repeat([0.1, 4.0], 50), agreed).slope > 0
    True
    """
    from sklearn.linear_model import LogisticRegression

    # One agreement and one disagreement that were not seen: no curve is certain.
    margins = np.concatenate([margins, [0.0, 0.0]])
    agreed = np.concatenate([agreed, [True, False]])
    fitted = LogisticRegression(C=10.0).fit(margins[:, None], agreed)
    slope = float(fitted.coef_[0, 0])
    if slope <= 0:
        return Sureness(float(np.log(agreed.mean() / (1 - agreed.mean()))), 0.0)
    return Sureness(float(fitted.intercept_[0]), slope)


def sureness(
    heads: Mapping[str, Head], curves: Mapping[str, Sureness], answers: Mapping[str, Prediction]
) -> Floats:
    """Return how sure a student is of all its answers on each text: of the least sure question.

    A question that is not asked of a text is as sure as the answer that rules it out.
    """
    least: Floats | None = None
    for name, answer in answers.items():
        own = curves[name].of(margin(heads[name], answer.probabilities))
        own = np.where(answer.asked, own, 1.0)
        least = own if least is None else np.minimum(least, own)
    if least is None:
        raise ValueError("no question")
    return least
