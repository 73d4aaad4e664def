"""Are tagged texts like those that the model learned from: what can be seen without coding any.

Two samples of whole articles, one of each side, are told apart by a classifier of words that is
tested on articles that it has not seen. How well it does that (the AUC, one half when both are
alike) is compared with twenty divisions of the training articles themselves into halves of the same
size: two halves of anything can be told apart a little. Beside it stand the share of words that the
training texts lack, again beside halves of these, how sure the model is, and the mix of outlets and
months.

A difference is a reason to code some of the new units. No difference is no reason to trust the
tags: the same words can carry other labels, and in our sets outlets that were told apart least were
not those on which a model erred least.

References
----------
Lopez-Paz, D. & Oquab, M. (2017). Revisiting classifier two-sample tests. ICLR.
Rabanser, S., Günnemann, S. & Lipton, Z. C. (2019). Failing loudly: an empirical study of methods
for detecting dataset shift. NeurIPS (and why a detected shift does not tell the error).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...models.labelled.familiar_words import words_of
from ..estimates.results import Tidy

__all__ = ["N_HALVES", "Drift", "Side", "Signal", "compare_texts"]

N_HALVES = 20
"""Divisions of the training articles into halves."""

_REPEATS = 5
_MOST_UNITS = 1_500
_LEAST_ARTICLES = 10
_OUTLETS = 5

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Side:
    """The texts of one side, with what is known of them."""

    texts: Sequence[str]
    """The units' texts."""
    articles: Sequence[str]
    """The article of each unit."""
    outlets: Sequence[str] = ()
    """The outlet of each unit, "" where unknown; empty where nothing is known."""
    months: Sequence[str] = ()
    """The month of each unit, such as 2026-03, likewise."""
    confidence: Mapping[str, NDArray[np.floating[Any]]] | None = None
    """Id of each dimension to the probability of the likeliest label, by a model that did not learn
    from the unit."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that was compared."""

    what: str
    """`words` (the classifier), `new words`, `confidence of NAME`, `outlets`, `months`."""
    value: float
    """The figure of the tagged texts."""
    usual: float | None
    """The mean of the training articles among themselves; None where there is no such thing."""
    most: float | None
    """Their largest figure."""
    differs: bool
    """Whether the tagged texts lie beyond it."""
    said: str
    """The same in words."""


@dataclass(frozen=True, slots=True, repr=False)
class Drift(Tidy):
    """How tagged texts compare with those that the model learned from.

    Examples
    --------
    >>> from standfirst.measure import Drift
    >>> Drift((), n_tagged=40, n_training=60).n_training
    60
    """

    signals: tuple[Signal, ...]
    """What was compared."""
    n_tagged: int
    """Tagged units, without those that the model learned from."""
    n_training: int
    """Units of training."""
    notes: tuple[str, ...] = ()
    """What should be known when it is read."""

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return any(signal.differs for signal in self.signals)

    @property
    def advice(self) -> str:
        """What to do."""
        if self.differs:
            return (
                "the texts differ from those that the model learned from: code some of them, and "
                "evaluate on these, before the tags are used"
            )
        return (
            "no difference was seen, which does not make the tags right: only coded units of these "
            "articles tell how often they are"
        )

    def __repr__(self) -> str:
        lines = [f"{self.n_tagged:,} tagged units beside {self.n_training:,} of training"]
        lines += [f"{'!' if signal.differs else ' '} {signal.said}" for signal in self.signals]
        return "\n".join([*lines, self.advice, *(f"note: {note}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "differs": self.differs,
            "n_tagged": self.n_tagged,
            "n_training": self.n_training,
            "signals": list(self.rows()),
            "advice": self.advice,
            "notes": list(self.notes),
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give a tidy table: one row for each signal."""
        yield from (asdict(signal) for signal in self.signals)


def compare_texts(training: Side, tagged: Side, *, where: str = "tags", seed: int = 0) -> Drift:
    """Compare tagged texts with those of training.

    Parameters
    ----------
    training
        What the model learned from.
    tagged
        What it tagged. Texts and articles of training are left out.
    where
        What is compared, as told to the user.
    seed
        Of halves and samples.

    Raises
    ------
    InputError
        Training or tagged articles are too few to be compared.

    Examples
    --------
    >>> from standfirst.measure import compare_texts
    >>> from standfirst.measure.checks.drift import Side
    >>> before = Side(
    ...     [f"The minister spoke of plan {i % 7}." for i in range(40)],
    ...     [f"a{i}" for i in range(40)],
    ... )
    >>> after = Side(
    ...     [f"The striker scored goal {i % 7}." for i in range(40)],
    ...     [f"b{i}" for i in range(40)],
    ... )
    >>> [(row.what, row.differs) for row in compare_texts(before, after).signals]
    [('words', True), ('new words', True)]
    """
    known_texts, known = set(training.texts), set(training.articles)
    fresh = [
        row
        for row, (text, article) in enumerate(zip(tagged.texts, tagged.articles, strict=True))
        if text not in known_texts and article not in known
    ]
    rows_of_training = _by_article(training.articles, range(len(training.texts)))
    rows_of_tagged = _by_article(tagged.articles, fresh)
    for rows, name in ((rows_of_training, "of training"), (rows_of_tagged, "to compare with it")):
        if len(rows) < _LEAST_ARTICLES:
            problem = f"{len(rows)} articles {name}"
            raise InputError(where, problem, f"it takes {_LEAST_ARTICLES}")
    rng = np.random.default_rng([seed, 17])
    most = _MOST_UNITS
    nulls, real = [], []
    for _ in range(N_HALVES):
        left, right = _halves(rows_of_training, rng)
        n = min(most, len(left), len(right), len(fresh))
        nulls.append(_told_apart(training, left[:n], training, right[:n], rng))
    for _ in range(_REPEATS):
        left, right = _halves(rows_of_training, rng)
        drawn = _shuffled(rows_of_tagged, rng)
        n = min(most, len(left), len(right), len(drawn))
        real.append(_told_apart(training, left[:n], tagged, drawn[:n], rng))
    usual, seen = np.array(nulls), np.array(real).mean(axis=0)
    signals = [_classified(usual[:, 0], seen[0]), _new_words(usual[:, 1], seen[1])]
    signals += _confidence(training, tagged, fresh)
    signals += _mix("outlets", training.outlets, tagged.outlets, fresh)
    signals += _mix("months", training.months, tagged.months, fresh)
    return Drift(tuple(signals), len(fresh), len(training.texts))


def _by_article(articles: Sequence[str], rows: Sequence[int] | range) -> list[list[int]]:
    grouped: dict[str, list[int]] = {}
    for row in rows:
        grouped.setdefault(articles[row], []).append(row)
    return list(grouped.values())


def _shuffled(groups: Sequence[list[int]], rng: np.random.Generator) -> list[int]:
    return [row for k in rng.permutation(len(groups)).tolist() for row in groups[k]]


def _halves(groups: Sequence[list[int]], rng: np.random.Generator) -> tuple[list[int], list[int]]:
    order = rng.permutation(len(groups)).tolist()
    middle = len(order) // 2
    left, right = (
        [row for k in part for row in groups[k]] for part in (order[:middle], order[middle:])
    )
    return left, right


def _told_apart(
    first: Side, rows: Sequence[int], second: Side, others: Sequence[int], rng: np.random.Generator
) -> tuple[float, float]:
    """Give the AUC of a classifier of words on unseen articles, and the share of new words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    tokens = [words_of(first.texts[row]) for row in rows] + [
        words_of(second.texts[row]) for row in others
    ]
    side = np.r_[np.zeros(len(rows), int), np.ones(len(others), int)]
    articles = [f"0 {first.articles[row]}" for row in rows]
    articles += [f"1 {second.articles[row]}" for row in others]
    vectors = TfidfVectorizer(analyzer=lambda text: text, sublinear_tf=True).fit_transform(tokens)
    scores = np.zeros(len(side))
    fold = _two_folds(articles, side, rng)
    for number in (0, 1):
        test = fold == number
        head = LogisticRegression(C=3.0, solver="liblinear", random_state=0)
        scores[test] = head.fit(vectors[~test], side[~test]).decision_function(vectors[test])
    # Scores of two classifiers are not on one scale.
    auc = np.mean([roc_auc_score(side[fold == k], scores[fold == k]) for k in (0, 1)])
    known = {word for text in tokens[: len(rows)] for word in text}
    there = [word for text in tokens[len(rows) :] for word in text]
    new = sum(word not in known for word in there) / max(len(there), 1)
    return float(auc), new


def _two_folds(articles: Sequence[str], side: Ints, rng: np.random.Generator) -> Ints:
    """Cut articles into two folds, each with articles of both sides."""
    names, code = np.unique(articles, return_inverse=True)
    of = np.zeros(len(names), np.int64)
    of[code] = side
    fold = np.zeros(len(names), np.int64)
    for number in (0, 1):
        mine = np.flatnonzero(of == number)
        fold[rng.permutation(mine)] = np.arange(len(mine)) % 2
    return np.asarray(fold[code])


def _classified(usual: NDArray[np.float64], value: float) -> Signal:
    mean, most = float(usual.mean()), float(usual.max())
    differs = value > most
    said = (
        f"a classifier of words tells them apart with an AUC of {value:.2f}; halves of the "
        f"training articles with {mean:.2f}, at most {most:.2f}"
    )
    return Signal("words", float(value), mean, most, bool(differs), said)


def _new_words(usual: NDArray[np.float64], value: float) -> Signal:
    mean, most = float(usual.mean()), float(usual.max())
    said = (
        f"{value:.1%} of their words do not occur in half of the training texts; of the other half "
        f"{mean:.1%}, at most {most:.1%}"
    )
    return Signal("new words", float(value), mean, most, bool(value > most), said)


def _confidence(training: Side, tagged: Side, fresh: Sequence[int]) -> Iterator[Signal]:
    from scipy import stats

    for name, values in (tagged.confidence or {}).items():
        other = (training.confidence or {}).get(name)
        now = np.asarray(values)[list(fresh)]
        if other is None or not len(other):
            said = f"{name}: the likeliest label has a probability of {now.mean():.2f} on average"
            yield Signal(
                f"confidence of {name}", float(now.mean()), None, None, differs=False, said=said
            )
            continue
        before = np.asarray(other)
        gap = float(stats.ks_2samp(before, now).statistic)
        # What two samples of one distribution reach once in a thousand times (Smirnov).
        most = float(np.sqrt(-0.5 * np.log(0.0005) * (1 / len(before) + 1 / len(now))))
        differs = gap > max(most, 0.1)
        said = (
            f"{name}: the likeliest label has a probability of {now.mean():.2f} on average, and "
            f"{before.mean():.2f} on units of training by heads that left them out"
        )
        yield Signal(
            f"confidence of {name}", float(now.mean()), float(before.mean()), None, differs, said
        )


def _mix(
    what: str, before: Sequence[str], now: Sequence[str], fresh: Sequence[int]
) -> Iterator[Signal]:
    had = {value for value in before if value}
    have = Counter(now[row] for row in fresh if now[row]) if now else Counter[str]()
    if not had or not have:
        return
    strange = {name: n for name, n in have.items() if name not in had}
    share = sum(strange.values()) / sum(have.values())
    named = ", ".join(sorted(strange, key=lambda name: (-strange[name], name))[:_OUTLETS])
    rest = f" ({named}{', ...' if len(strange) > _OUTLETS else ''})" if strange else ""
    said = f"{share:.0%} of the units are of {what} without any unit of training{rest}"
    yield Signal(what, share, 0.0, None, share > 0.1, said)
