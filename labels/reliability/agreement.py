"""Agreement on each dimension of a codebook, with intervals, and what it means in words.

The figures are Krippendorff's alpha (nominal, ordinal, or MASI for multiple choice) with intervals
that resample articles, overall, by label, by pair of coders and by round, and the coefficients that
reviewers ask for beside it. A number alone can mislead, so its limits are stated in words as
well: coders at chance, an interval too wide to decide anything, labels that hardly occur, few
articles.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from html import escape

import numpy as np

from ...intervals import Estimate, draw_groups
from ...look.plots import Mark, Row, alphas
from ..annotations.annotation import Annotation, current, is_machine, readings
from ..annotations.empty_answers import Settled, settle
from ..codebook.codebook import Codebook, Dimension
from .alpha import alpha, alpha_per_label, collect
from .cautions import warnings_on
from .coefficients import Coefficients, coefficients
from .pairs import Pair, pairs_of_coders
from .ratings import Ratings, rate

__all__ = ["Agreement", "LabelAgreement", "RoundAgreement", "agreement"]


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Agreement on whether one label applies."""

    label: str
    """Its id."""
    alpha: Estimate
    """Alpha of this label against all others."""
    prevalence: float
    """Share of answers that hold it, 0 to 1."""
    n_answers: int
    """Answers that hold it."""


@dataclass(frozen=True, slots=True)
class RoundAgreement:
    """Agreement within one round of coding."""

    round: str
    """Its name."""
    alpha: Estimate
    """Krippendorff's alpha."""
    n_units: int
    """Units with two or more answers."""
    n_coders: int
    """Coders who answered."""


@dataclass(frozen=True, slots=True, repr=False)
class Agreement:
    """How far coders agree on one dimension.

    Examples
    --------
    >>> from standfirst.labels import Annotation, agreement, infer_from_annotations
    >>> coded = {"ann": ["for", "for", "no", "no"], "bo": ["for", "no", "no", "no"]}
    >>> rows = [
    ...     Annotation(f"u{i}", who, "stance", (label,))
    ...     for who, all in coded.items()
    ...     for i, label in enumerate(all)
    ... ]
    >>> (stance,) = agreement(rows, infer_from_annotations(rows), draws=0)
    >>> stance.n_units, stance.n_coders, round(stance.alpha.value, 3)
    (4, 2, 0.533)
    """

    dimension: str
    """Its id."""
    metric: str
    """Distance between answers: nominal, ordinal or masi."""
    alpha: Estimate
    """Krippendorff's alpha."""
    other: Coefficients
    """Percent agreement, Cohen's and Fleiss' kappa, Gwet's AC1."""
    n_units: int
    """Units with two or more answers; only they count."""
    n_answers: int
    """Answers on these units."""
    n_single: int
    """Units that only one coder answered."""
    n_coders: int
    """Coders who answered."""
    n_articles: int
    """What the intervals resample."""
    by_article: bool
    """Whether they resample articles; units where articles are not known."""
    labels: tuple[LabelAgreement, ...]
    """By label, in the codebook's order."""
    pairs: tuple[Pair, ...]
    """By pair of coders; those of a person and a language model come last."""
    rounds: tuple[RoundAgreement, ...]
    """By round, in the order of their names; empty when there is only one."""
    warnings: tuple[str, ...]
    """What limits the figures, in words."""

    def drawn(self) -> list[Row]:
        """Give the rows of a dot plot: alpha of all rounds, and of each where there are some."""
        several = [(f"{self.dimension}, all", self.alpha, self.n_units)]
        if len(self.rounds) > 1:
            several += [
                (f"{self.dimension}, round {r.round}", r.alpha, r.n_units) for r in self.rounds
            ]
        return [
            Row(
                name,
                (
                    Mark(
                        "corrected",
                        alpha.value,
                        alpha.low,
                        alpha.high,
                        f"alpha {alpha}, {n:,} units",
                    ),
                ),
            )
            for name, alpha, n in several
            if alpha.value is not None
        ]

    def __repr__(self) -> str:
        return (
            f"Agreement on {self.dimension}: alpha {self.alpha} ({self.metric}), "
            f"{self.n_units:,} units with two or more answers, {self.n_coders} coders"
        )

    def _repr_html_(self) -> str:
        labels = "".join(
            f"<tr><td>{escape(label.label)}</td><td>{label.alpha}</td><td>{label.prevalence:.1%}</td></tr>"
            for label in self.labels
        )
        notes = "".join(f"<p>note: {escape(warning)}</p>" for warning in self.warnings)
        head = "<tr><th>label</th><th>alpha</th><th>share of answers</th></tr>"
        drawn = alphas(self.drawn(), f"Krippendorff's alpha of {self.dimension}")
        return f"{drawn}<table>{head}{labels}</table>{notes}"


def agreement(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    dimensions: Collection[str] | None = None,
    adjudicators: Collection[str] = (),
    machines: Iterable[Annotation] = (),
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Agreement]:
    """Measure agreement on each dimension that was coded.

    Parameters
    ----------
    annotations
        All annotations; superseded, skipped and open ones and decisions are set aside, and so are
        answers to a question whose condition did not hold. Where none of several labels must apply,
        an empty answer is an answer.
    codebook
        What was coded; every label must be in it.
    dimensions
        Ids of the dimensions to measure; all if None.
    adjudicators
        Coders whose answer decides; they do not count as coders here.
    machines
        Answers of language models, each of which is compared with each person, as one more pair.
        No other figure takes them in.
    draws
        Number of bootstrap draws; 0 for no intervals.
    level
        Coverage of the intervals, between 0 and 1.
    seed
        Makes the intervals repeatable.

    Raises
    ------
    UnknownNameError
        A dimension is not in the codebook.

    Examples
    --------
    >>> from ..codebook.codebook import Label
    >>> book = Codebook(
    ...     "b", "t", "1", (Dimension("stance", "?", (Label("for", "For"), Label("no", "No"))),)
    ... )
    >>> coded = {"ann": ["for", "for", "no", "no"], "bo": ["for", "no", "no", "no"]}
    >>> rows = [
    ...     Annotation(f"u{i}", coder, "stance", (label,))
    ...     for coder, answers in coded.items() for i, label in enumerate(answers)
    ... ]
    >>> round(agreement(rows, book)[0].alpha.value, 3)
    0.533
    """
    settled = settle(readings(annotations, adjudicators), codebook)
    rows = settled.annotations
    beside = [row for row in settle(machines, codebook).annotations if is_machine(row.coder)]
    asked = [codebook.dimension(name) for name in dimensions or ()] or list(codebook.dimensions)
    coded = {row.dimension for row in rows}
    measured = []
    for dimension in asked:
        if dimension.id in coded:
            mine = [row for row in rows if row.dimension == dimension.id]
            result = _measure(mine, dimension, draws, level, seed)
            notes = _on_empty(settled, mine) if result.n_coders else []
            theirs = [row for row in beside if row.dimension == dimension.id]
            pairs = (
                *result.pairs,
                *_machine_pairs([*mine, *theirs], dimension, draws, level, seed),
            )
            measured.append(replace(result, pairs=pairs, warnings=(*result.warnings, *notes)))
    return measured


def _machine_pairs(
    rows: list[Annotation], dimension: Dimension, draws: int, level: float, seed: int
) -> list[Pair]:
    if not any(is_machine(row.coder) for row in rows):
        return []
    ratings = rate(rows, dimension)
    weights = draw_groups(len(ratings.articles), draws, seed)
    pairs = pairs_of_coders(ratings, weights, level)
    return [pair for pair in pairs if pair.has_machine and not all(map(is_machine, pair.coders))]


def _measure(
    rows: list[Annotation], dimension: Dimension, draws: int, level: float, seed: int
) -> Agreement:
    ratings = rate(rows, dimension)
    weights = draw_groups(len(ratings.articles), draws, seed)
    if not ratings.units:
        return _unanswered(dimension)
    many = ratings.n_per_unit > 1
    pairs = tuple(pairs_of_coders(ratings, weights, level))
    overall = alpha(collect(ratings), weights, level)
    labels = _labels(ratings, alpha_per_label(ratings, weights, level))
    result = Agreement(
        dimension=dimension.id,
        metric=_metric(dimension),
        alpha=overall,
        other=coefficients(ratings, list(pairs)),
        n_units=int(many.sum()),
        n_answers=int(ratings.n_per_unit[many].sum()),
        n_single=int((~many).sum()),
        n_coders=len(ratings.coders),
        n_articles=len(set(ratings.article[many].tolist())),
        by_article=ratings.by_article,
        labels=labels,
        pairs=pairs,
        rounds=_rounds(rows, dimension, draws, level, seed),
        warnings=(),
    )
    warnings = warnings_on(
        alpha=overall,
        n_units=result.n_units,
        n_articles=result.n_articles,
        by_article=result.by_article,
        labels=[(label.label, label.n_answers) for label in labels],
        repeated=_repeated(rows),
    )
    return replace(result, warnings=warnings)


def _unanswered(dimension: Dimension) -> Agreement:
    return Agreement(
        dimension=dimension.id,
        metric=_metric(dimension),
        alpha=Estimate(None),
        other=Coefficients(None, None, None, None),
        n_units=0,
        n_answers=0,
        n_single=0,
        n_coders=0,
        n_articles=0,
        by_article=False,
        labels=(),
        pairs=(),
        rounds=(),
        warnings=("no answers yet",),
    )


def _metric(dimension: Dimension) -> str:
    return "masi" if dimension.choice == "multiple" else dimension.scale


def _on_empty(settled: Settled, rows: list[Annotation]) -> list[str]:
    notes, dimension = [], rows[0].dimension
    if n := sum(row.status == "open" for row in current(rows)):
        notes.append(
            f"{n} answers were left empty and do not count; where none of the labels applies, let "
            "coders say so: none: true in the codebook's question"
        )
    if n := settled.n_none.get(dimension, 0):
        notes.append(f"{n} answers without a label count as an answer: none applies")
    if n := settled.n_not_asked.get(dimension, 0):
        notes.append(f"{n} answers left out, because the condition of the question did not hold")
    if n := settled.n_not_alone.get(dimension, 0):
        notes.append(f"{n} answers hold a label that stands alone beside others; it was left out")
    return notes


def _labels(ratings: Ratings, alphas: list[Estimate]) -> tuple[LabelAgreement, ...]:
    held = ratings.members[ratings.value].sum(axis=0) if len(ratings.value) else np.zeros(0)
    n_answers = max(len(ratings.value), 1)
    return tuple(
        LabelAgreement(label, estimate, float(n / n_answers), int(n))
        for label, estimate, n in zip(ratings.dimension.label_ids, alphas, held, strict=True)
    )


def _rounds(
    rows: list[Annotation], dimension: Dimension, draws: int, level: float, seed: int
) -> tuple[RoundAgreement, ...]:
    names = sorted({row.round for row in rows})
    if len(names) < 2:
        return ()
    results = []
    for name in names:
        ratings = rate((row for row in rows if row.round == name), dimension)
        weights = draw_groups(len(ratings.articles), draws, seed)
        n_units = int((ratings.n_per_unit > 1).sum())
        value = alpha(collect(ratings), weights, level)
        results.append(RoundAgreement(name, value, n_units, len(ratings.coders)))
    return tuple(results)


def _repeated(rows: list[Annotation]) -> int:
    """Count answers of the same coder on the same unit of which none is known to be later."""
    seen: set[tuple[str, str, str]] = set()
    repeated = 0
    for row in rows:
        key = (row.unit_id, row.coder, row.created)
        repeated += key in seen
        seen.add(key)
    return repeated
