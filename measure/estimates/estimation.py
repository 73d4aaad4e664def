"""How often each label holds in a corpus, from tags of all units and gold on a few of them.

The estimators are in `estimators`, and which gold they may use is decided in `usable_gold`; here
they are put together, for the whole and for its cells, with what is said beside the numbers.

References
----------
Baumann, J. et al. (2025). Large language model hacking. arXiv:2509.08825 (why the count, the gold
alone and the corrected share stand side by side).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...errors import InputError
from ...labels.gold.gold import Gold
from ..inputs.tagged import TaggedDimension, Tags
from ..inputs.usable_gold import Coded, Design, usable_gold
from .cells import Cells
from .differences import MeasuredCell, differences
from .effects import Difference
from .estimators import (
    Estimates,
    Population,
    by_predictive_values,
    corrected,
    from_gold,
    plain_lambda,
    rogan_gladen,
    shrunk_lambda,
)
from .recalibration import recalibrated
from .results import Cell, DimensionShares, Estimate, LabelShares, Shares

__all__ = ["LEAST_IN_CELL", "shares"]

LEAST_IN_CELL = 5
"""Coded units from which on a cell is corrected."""

Floats = NDArray[np.float64]


def shares(
    tags: Tags,
    gold: Iterable[Gold],
    design: Design,
    *,
    by: pa.Array | None = None,
    by_names: Sequence[str] = ("outlet",),
    compare: bool = False,
    against: str | None = None,
    method: Literal["shrunk", "ppi++"] = "shrunk",
    learned: Collection[str] | None = None,
    level: float = 0.95,
) -> Shares:
    r"""Estimate the share of each label of each dimension.

    Parameters
    ----------
    tags
        The tags of all units of the corpus.
    gold
        Resolved answers on some of them.
    design
        How these were drawn: the design of a study, or each unit's probability, or None for a
        simple random sample.
    by
        The cell of each unit, for shares by group; strings, shape (n_units,).
    by_names
        Names of the columns that the cells are made of, for what is said of them.
    compare
        Whether groups are compared, in pairs.
    against
        The group that all others are compared with; None for all pairs.
    method
        How far the model is trusted: by `shrunk_lambda`, or as PPI++ does, whose estimates are of
        units like these, and of gold drawn at random only.
    learned
        Ids of the units that the model has learned from; None where nobody knows.
    level
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    InputError
        The tags are not those of the units that were drawn from, too little is coded, or the test
        part lies in too few clusters.
    LeakError
        The model has learned from the gold that would correct it.
    UnknownLabelError
        The gold has a label that the tags do not have.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Gold
    >>> from standfirst.measure import read_tags, shares
    >>> rows = [
    ...     f'{{"unit_id": "u{i}", "stance": "for", "stance_prob": [0.75, 0.25]}}\n'
    ...     for i in range(40)
    ... ]
    >>> gold = [
    ...     Gold(f"u{i}", "stance", ("no" if i % 2 else "for",), "single")
    ...     for i in range(20)
    ... ]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text("".join(rows))
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> measured = shares(tags, gold, {row.unit_id: 0.5 for row in gold})
    >>> (stance,) = measured.dimensions
    >>> stance.n_units, stance.n_gold
    (40, 20)
    """
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in gold:
        answers.setdefault(row.dimension, {})[row.unit_id] = row.labels
    measured = [dimension for dimension in tags.dimensions.values() if answers.get(dimension.name)]
    if not measured:
        known = ", ".join(tags.dimensions)
        raise InputError(tags.where, f"no gold on any of its dimensions ({known})", "code some")
    notes: dict[str, None] = {}
    cells = None if by is None else Cells.of(by)
    if cells:
        notes.update(dict.fromkeys(cells.near_equal(" | ".join(by_names))))
    whole: list[DimensionShares] = []
    groups: dict[str, list[DimensionShares]] = {name: [] for name in cells.names} if cells else {}
    gaps: list[Difference] = []
    for dimension in measured:
        coded = usable_gold(tags, dimension, answers[dimension.name], design, learned)
        notes.update(dict.fromkeys(coded.notes))
        tagged, note = recalibrated(dimension, coded)
        notes.update({note: None} if note else {})
        whole.append(_dimension(tagged, coded, level, method))
        if cells:
            inside = _within(tagged, coded, cells, level)
            for name, cell in inside.shares.items():
                groups[name].append(cell)
            if compare or against is not None:
                gaps += inside.differences(tagged, coded, against, level)
        if dimension.n_abstained:
            notes[
                f"{dimension.name}: {dimension.n_abstained:,} units on which the model abstained "
                "are counted by their most probable label"
            ] = None
    if missing := [name for name in tags.dimensions if name not in answers]:
        notes[f"no gold on {', '.join(missing)}: not measured"] = None
    made = tuple(Cell(name, tuple(of)) for name, of in groups.items())
    if few := [c.name for c in made if any(d.n_gold < LEAST_IN_CELL for d in c.dimensions)]:
        notes[
            f"{len(few)} of {len(made)} groups have fewer than {LEAST_IN_CELL} coded units and are "
            f"not corrected{' or compared' if gaps else ''}; draw for them: "
            f"standfirst annotate sample 100 --rule equal --by {','.join(by_names)}"
        ] = None
    if gaps:
        notes[
            f"{len(gaps)} comparisons, of which chance alone gives one of twenty p < .05; "
            "p (Holm) allows for that"
        ] = None
    return Shares(tuple(whole), made, tuple(gaps), (), tuple(notes), level)


def _dimension(
    dimension: TaggedDimension, coded: Coded, level: float, method: str
) -> DimensionShares:
    sample, truth = coded.sample, coded.truth
    p = dimension.probabilities[sample.index].astype(np.float64)
    counted, judged = dimension.given.mean(axis=0), dimension.judged.mean(axis=0)
    population, lam = Population.of(dimension.probabilities), None
    if method == "ppi++":
        if not sample.is_random:
            problem = "PPI++ takes gold that was drawn at random"
            raise InputError(f"{dimension.name}, method", problem, "leave --method out")
        others = np.delete(dimension.probabilities, sample.index, axis=0).astype(np.float64)
        lam = plain_lambda(others, p, truth.astype(np.float64))
        population = Population.of(others)
    best = corrected(
        population, sample, p, truth, multiple=dimension.multiple, level=level, lam=lam
    )
    return _table(
        dimension,
        coded,
        best,
        counted=counted,
        judged=judged,
        n_units=len(dimension.given),
        level=level,
    )


@dataclass(frozen=True, slots=True)
class _Within:
    """The shares in cells, and what comparing them takes."""

    lam: float
    shares: dict[str, DimensionShares] = field(default_factory=dict)
    corrected: list[MeasuredCell] = field(default_factory=list)

    def differences(
        self, dimension: TaggedDimension, coded: Coded, against: str | None, level: float
    ) -> list[Difference]:
        p = dimension.probabilities[coded.sample.index].astype(np.float64)
        return differences(
            dimension.name,
            dimension.labels,
            self.corrected,
            coded.sample,
            coded.truth - self.lam * p,
            truth=coded.truth.astype(np.float64),
            multiple=dimension.multiple,
            against=against,
            level=level,
        )


def _within(dimension: TaggedDimension, coded: Coded, cells: Cells, level: float) -> _Within:
    """Estimate shares in each cell, with the lambda that fits within cells."""
    p_all = dimension.probabilities
    mean, square = cells.means(p_all), cells.means(p_all**2)
    counted, judged = cells.means(dimension.given), cells.means(dimension.judged)
    sizes = np.bincount(cells.codes, minlength=len(cells.names))
    sample = coded.sample
    cell_of = cells.codes[sample.index]
    variance = np.maximum(square - mean**2, 0)
    p = p_all[sample.index].astype(np.float64)
    lam = _pooled_lambda(coded, p, cell_of, sizes @ variance / sizes.sum())
    made = _Within(lam)
    for number, name in enumerate(cells.names):
        chosen = cell_of == number
        n = int(chosen.sum())
        if n < 2:
            labels = tuple(
                LabelShares(label, Estimate(float(counted[number, k])))
                for k, label in enumerate(dimension.labels)
            )
            made.shares[name] = DimensionShares(dimension.name, int(sizes[number]), n, labels)
            continue
        here = Coded(sample.within(chosen), coded.truth[chosen], ())
        if n < LEAST_IN_CELL:
            gold = from_gold(here.sample, here.truth, level=level)
            labels = tuple(
                LabelShares(label, Estimate(float(counted[number, k])), _estimate(gold, k))
                for k, label in enumerate(dimension.labels)
            )
            made.shares[name] = DimensionShares(dimension.name, int(sizes[number]), n, labels)
            continue
        doubt = mean[number] - square[number]
        population = Population(int(sizes[number]), mean[number], variance[number], doubt)
        # Without the model, by the same estimator, so that both have intervals of one form.
        alone, best = (
            corrected(
                population,
                here.sample,
                p[chosen],
                here.truth,
                multiple=dimension.multiple,
                level=level,
                lam=trust,
                calibrated=with_model,
                cell=True,
            )
            for trust, with_model in ((0.0, False), (lam, True))
        )
        made.corrected.append(MeasuredCell(name, alone, best, counted[number], chosen))
        made.shares[name] = _table(
            dimension,
            here,
            best,
            counted=counted[number],
            judged=judged[number],
            n_units=int(sizes[number]),
            level=level,
        )
    return made


def _pooled_lambda(
    coded: Coded,
    p: Floats,
    cell_of: NDArray[np.int64],
    variance: Floats,
) -> float:
    """Estimate lambda from how gold follows probabilities within cells."""
    sample, y, p = coded.sample, coded.truth.astype(np.float64), p.copy()
    for number in np.unique(cell_of):
        chosen = cell_of == number
        weight = sample.weight[chosen] / sample.weight[chosen].sum()
        y[chosen] -= weight @ y[chosen]
        p[chosen] -= weight @ p[chosen]
    within = Population(0, np.zeros(len(variance)), variance, variance)
    return shrunk_lambda(within, sample, p, y)


def _table(
    dimension: TaggedDimension,
    coded: Coded,
    best: Estimates,
    *,
    counted: Floats,
    judged: Floats,
    n_units: int,
    level: float,
) -> DimensionShares:
    sample, truth = coded.sample, coded.truth
    tags = dimension.judged[sample.index]
    gold = from_gold(sample, truth, level=level)
    predictive = by_predictive_values(
        sample, tags, judged, truth, multiple=dimension.multiple, level=level
    )
    known = rogan_gladen(sample, tags, judged, truth, level=level)
    labels = tuple(
        LabelShares(
            label,
            Estimate(float(counted[k])),
            _estimate(gold, k),
            _estimate(predictive, k),
            _estimate(best, k),
            _estimate(known, k),
        )
        for k, label in enumerate(dimension.labels)
    )
    alone, with_model = float(gold.variance.sum()), float(best.variance.sum())
    worth = len(sample) * alone / with_model if alone > 0 and with_model > 0 else None
    return DimensionShares(dimension.name, n_units, len(sample), labels, worth, best.lam)


def _estimate(made: Estimates, k: int) -> Estimate | None:
    if not np.isfinite(made.share[k]):
        return None
    return Estimate(float(made.share[k]), float(made.low[k]), float(made.high[k]))
