"""The anchoring audit: how far suggestions pull coders towards what the model says.

A coder who sees a suggestion agrees with it more often than one who does not, and a score against
such answers flatters the model that made them. How much more often is measured by an experiment
that the design has built in: of each coder's units a random part is assisted and the rest blind
(`plan.assist`). What the model says is known for both. As chance alone decided, the difference
between the two is the effect of showing suggestions; it is taken within each coder and round, and
averaged by their numbers of answers. It is the effect of the plan: a unit that was to be assisted
counts as assisted, though nobody saw the suggestion. Intervals resample whole articles.

Agreement is exact: in multiple choice all labels are the same. Nothing here says who is right;
that the difference is zero says that coders were not led, not that the model is good.

References
----------
Rosenbaum, P. R. (2002). Observational Studies, chapter 2 (randomised experiments within strata).
Schroeder, H., Roy, D. & Kabbara, J. (2025). Just put a human in the loop? Investigating
LLM-assisted annotation for subjective tasks (what assistance does to labels).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, StudyError
from ...intervals import Estimate, draw_groups, interval
from ...labels import Annotation, current, readings
from ..design.plan import Drawn

__all__ = ["Audit", "Effect", "Shift", "audit"]

Floats = NDArray[np.float64]
Suggested = Mapping[tuple[str, str], tuple[str, ...]]

_FOREIGN = 0.02
"""Share of kept answers that may differ from what the model says now."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What suggestions did to the answers of one coder on one dimension."""

    dimension: str
    """Id of the dimension."""
    coder: str
    """Who; empty for all coders together."""
    n_blind: int
    """Answers given blind."""
    n_assisted: int
    """Answers on units that were to be assisted."""
    n_kept: int
    """Suggestions that were shown and kept."""
    n_changed: int
    """Suggestions that were shown and changed."""
    blind: float
    """Share of blind answers that are what the model says."""
    assisted: float
    """Share of assisted answers that are what the model says."""
    difference: Estimate
    """Assisted minus blind: the effect of suggestions, with its interval."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What suggestions did to the share of one label, over all coders."""

    dimension: str
    """Id of the dimension."""
    label: str
    """Id of the label."""
    blind: float
    """Its share among blind answers."""
    assisted: float
    """Its share among assisted answers."""
    difference: Estimate
    """Assisted minus blind, with its interval."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole result."""

    effects: tuple[Effect, ...]
    """By dimension: all coders, then each."""
    shifts: tuple[Shift, ...]
    """By dimension and label."""
    n_articles: int
    """Articles that intervals resample."""
    n_not_shown: int
    """Answers on units that were to be assisted, but where no suggestion was in view."""
    n_exposed: int
    """Answers on units that were to be blind, but where a suggestion was in view."""
    seconds_blind: float | None
    """Median time for a blind unit."""
    seconds_assisted: float | None
    """Median time for an assisted unit."""


@dataclass(frozen=True, slots=True)
class _Case:
    row: Annotation
    assisted: bool
    cell: tuple[str, str]
    """Round and coder: within them chance decided."""
    article: str
    agrees: bool


def audit(
    design: Sequence[Drawn],
    annotations: Iterable[Annotation],
    suggested: Suggested,
    labels: Mapping[str, Sequence[str]],
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Audit:
    """Compare blind and assisted answers of the same coders.

    Parameters
    ----------
    design
        Which units were to be assisted.
    annotations
        The answers; superseded, skipped and open ones do not count.
    suggested
        What the model says, by unit and dimension, for blind and assisted units alike. Pairs that
        are not in it, or without a label, are left out on both sides.
    labels
        Ids of the labels by dimension.
    draws, level, seed
        Of the bootstrap.

    Raises
    ------
    StudyError
        No coder has blind and assisted answers in one round, or no suggestion was ever shown.
    InputError
        The model is not the one whose suggestions were shown.
    """
    rows = current(readings(annotations))
    cases = _cases(design, rows, suggested, labels)
    shown = [case for case in cases if case.assisted and case.row.suggestion != "none"]
    if not shown:
        problem = "no answer with a suggestion in view"
        raise StudyError("audit", problem, "push with --model, code, and pull")
    kept = [case for case in shown if case.row.suggestion == "kept"]
    foreign = sum(not case.agrees for case in kept)
    if foreign > _FOREIGN * len(kept):
        problem = f"says otherwise on {foreign} of {len(kept)} answers that kept a suggestion"
        raise InputError("the model", problem, "name the model whose suggestions were shown")
    effects: list[Effect] = []
    shifts: list[Shift] = []
    for dimension, ids in labels.items():
        mine = [case for case in cases if case.row.dimension == dimension]
        if not mine:
            continue
        coders = sorted({case.cell[1] for case in mine})
        for coder in ["", *(coders if len(coders) > 1 else [])]:
            some = [case for case in mine if coder in ("", case.cell[1])]
            agrees = np.array([case.agrees for case in some], np.float64)
            compared = _compare(some, agrees, draws, level, seed)
            effects.append(_effect(dimension, coder, some, compared))
        for label in ids:
            holds = np.array([label in case.row.labels for case in mine], np.float64)
            shifts.append(Shift(dimension, label, *_compare(mine, holds, draws, level, seed)))
    units = {(case.row.unit_id, case.cell[1]): case for case in cases}.values()
    return Audit(
        tuple(effects),
        tuple(shifts),
        len({case.article for case in cases}),
        sum(case.assisted and case.row.suggestion == "none" for case in units),
        sum(not case.assisted and case.row.suggestion != "none" for case in units),
        _seconds(case for case in units if not case.assisted),
        _seconds(case for case in units if case.assisted),
    )


def _cases(
    design: Sequence[Drawn],
    rows: Sequence[Annotation],
    suggested: Suggested,
    labels: Mapping[str, Sequence[str]],
) -> list[_Case]:
    plan = {row.unit_id: row for row in design if row.part == "coding"}
    cases = []
    for row in rows:
        drawn = plan.get(row.unit_id)
        suggestion = suggested.get((row.unit_id, row.dimension))
        # Where the model says nothing, nothing is shown.
        if (
            drawn is None
            or not suggestion
            or row.status != "answered"
            or row.dimension not in labels
        ):
            continue
        agrees = set(row.labels) == set(suggestion)
        assisted = drawn.assisted and drawn.n_coders == 1
        cell = (drawn.round, row.coder)
        cases.append(_Case(row, assisted, cell, drawn.article_id, agrees))
    arms: dict[tuple[str, str], set[bool]] = {}
    for case in cases:
        arms.setdefault(case.cell, set()).add(case.assisted)
    cases = [case for case in cases if len(arms[case.cell]) == 2]
    if not cases:
        problem = "no coder has both blind and assisted answers in one round"
        raise StudyError(
            "audit", problem, "draw a round: standfirst annotate sample N --assist 0.5"
        )
    return cases


def _effect(
    dimension: str, coder: str, cases: Sequence[_Case], compared: tuple[float, float, Estimate]
) -> Effect:
    assisted = [case for case in cases if case.assisted]
    return Effect(
        dimension,
        coder,
        len(cases) - len(assisted),
        len(assisted),
        sum(case.row.suggestion == "kept" for case in assisted),
        sum(case.row.suggestion == "changed" for case in assisted),
        *compared,
    )


def _compare(
    cases: Sequence[_Case], values: Floats, draws: int, level: float, seed: int
) -> tuple[float, float, Estimate]:
    """Return the blind mean, the assisted mean, and their difference with its interval."""
    cells = {name: i for i, name in enumerate(dict.fromkeys(case.cell for case in cases))}
    articles = {name: i for i, name in enumerate(dict.fromkeys(case.article for case in cases))}
    column = np.array([2 * cells[case.cell] + case.assisted for case in cases])
    article = np.array([articles[case.article] for case in cases])
    counts = np.zeros((len(articles), 2 * len(cells)))
    sums = np.zeros_like(counts)
    np.add.at(counts, (article, column), 1)
    np.add.at(sums, (article, column), values)
    drawn = draw_groups(len(articles), draws, seed)
    blind, assisted = _means(drawn @ sums, drawn @ counts)
    return (
        float(blind[0]),
        float(assisted[0]),
        interval(assisted - blind, level, n_groups=len(articles)),
    )


def _means(sums: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Average blind and assisted means over cells, by their numbers of answers, for each draw."""
    counts, sums = (array.reshape(len(array), -1, 2) for array in (counts, sums))
    # A cell that a draw has left without one side compares nothing.
    whole = np.asarray((counts > 0).all(axis=2))
    weight = np.where(whole, counts.sum(axis=2), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(whole[..., None], sums / np.maximum(counts, 1e-12), 0.0)
        both = (means * weight[..., None]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    return both[:, 0], both[:, 1]


def _seconds(cases: Iterable[_Case]) -> float | None:
    times = [case.row.seconds for case in cases if case.row.seconds is not None]
    return median(times) if times else None
