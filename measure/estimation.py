"""How often each label holds in a corpus, from tags of all units and gold on a few of them.

The estimators are in `estimators`; here it is decided which gold may be used, what is refused, and
what is told beside the numbers. Two rules hold throughout. Gold may only correct a model that did
not learn from it: the test part, or any gold where the tags come from cross-prediction. And gold
only speaks for units that it could have been drawn from.

References
----------
Zrnic, T. & Candès, E. J. (2024). Cross-prediction-powered inference. PNAS 121.
Baumann, J. et al. (2025). Large language model hacking. arXiv:2509.08825 (why the count, the gold
alone and the corrected share stand side by side).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..annotate.design.plan import Drawn
from ..errors import InputError, LeakError, UnknownLabelError
from ..labels.gold.gold import Gold
from .estimators import (
    Estimates,
    Population,
    by_predictive_values,
    corrected,
    from_gold,
    rogan_gladen,
    shrunk_lambda,
)
from .results import Cell, DimensionShares, Estimate, LabelShares, Shares
from .samples import Sample, from_design, from_probabilities
from .tagged import TaggedDimension, Tags

__all__ = ["LEAST_CLUSTERS", "LEAST_IN_CELL", "shares"]

LEAST_IN_CELL = 5
"""Coded units from which on a cell is corrected."""

LEAST_CLUSTERS = 10
"""Clusters of the test part from which on its variance can be estimated."""

_MISSING = 0.05
_ROUNDED = 0.01

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Design = Sequence[Drawn] | Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class _Coded:
    """The gold of a dimension that may be used."""

    sample: Sample
    truth: Bools
    notes: tuple[str, ...]


def shares(
    tags: Tags,
    gold: Iterable[Gold],
    design: Design,
    *,
    by: pa.Array | None = None,
    learned: Collection[str] | None = None,
    level: float = 0.95,
) -> Shares:
    """Estimate the share of each label of each dimension.

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
    """
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in gold:
        answers.setdefault(row.dimension, {})[row.unit_id] = row.labels
    measured = [one for one in tags.dimensions.values() if answers.get(one.name)]
    if not measured:
        known = ", ".join(tags.dimensions)
        raise InputError(tags.where, f"no gold on any of its dimensions ({known})", "code some")
    notes: dict[str, None] = {}
    cells = None if by is None else _Cells.of(by)
    whole: list[DimensionShares] = []
    groups: dict[str, list[DimensionShares]] = {name: [] for name in cells.names} if cells else {}
    for one in measured:
        coded = _coded(tags, one, answers[one.name], design, learned)
        notes.update(dict.fromkeys(coded.notes))
        found = _dimension(one, coded, level)
        whole.append(found)
        for name, cell in _within(one, coded, cells, level) if cells else ():
            groups[name].append(cell)
        if one.n_abstained:
            notes[
                f"{one.name}: {one.n_abstained:,} units on which the model abstained are counted "
                "by their most probable label"
            ] = None
    if missing := [name for name in tags.dimensions if name not in answers]:
        notes[f"no gold on {', '.join(missing)}: not measured"] = None
    made = tuple(Cell(name, tuple(of)) for name, of in groups.items())
    if few := [c.name for c in made if any(d.n_gold < LEAST_IN_CELL for d in c.dimensions)]:
        notes[
            f"{len(few)} of {len(made)} groups have fewer than {LEAST_IN_CELL} coded units and are "
            "not corrected; draw for them: standfirst annotate sample 100 --rule equal --by outlet"
        ] = None
    return Shares(tuple(whole), made, tuple(notes), level)


def _coded(
    tags: Tags,
    one: TaggedDimension,
    answers: Mapping[str, tuple[str, ...]],
    design: Design,
    learned: Collection[str] | None,
) -> _Coded:
    """Choose the gold that may be used, and find it among the tags."""
    ids = list(answers)
    rows = tags.rows_of(ids)
    row_of = {unit: int(row) for unit, row in zip(ids, rows, strict=True) if row >= 0}
    notes: list[str] = []
    if isinstance(design, Sequence):
        row_of = {u: row_of[u] for u in (row.unit_id for row in design) if u in row_of}
        _same_frame(tags, design, {unit for unit in ids if unit not in row_of})
        sample, notes = _of_study(tags.where, one, design, row_of, learned)
    else:
        if lost := len(ids) - len(row_of):
            problem = f"{lost} of {len(ids)} coded units are not among the tags"
            raise InputError(tags.where, problem, "tag the corpus that the gold was drawn from")
        taught = set(row_of) & set(learned or ())
        if taught and not one.crossed:
            problem = f"the model learned from {len(taught)} of the {len(ids)} coded units"
            remedy = "train it again, so that tags hold NAME_cross; or take gold that it never saw"
            raise LeakError(f"{tags.where}: {one.name}", problem, remedy)
        if learned is None and not one.crossed:
            notes.append(
                "whether the model learned from this gold is not known, and if so the intervals "
                "are too narrow; name the model with --model"
            )
        sample = _by_probability(tags, row_of, design)
    if len(sample) < 2:
        problem = f"{len(sample)} coded unit"
        raise InputError(f"{tags.where}: {one.name}", problem, "code at least two")
    unit_of = {row: unit for unit, row in row_of.items()}
    truth = np.zeros((len(sample), len(one.labels)), bool)
    for place, row in enumerate(sample.index.tolist()):
        for label in answers[unit_of[row]]:
            if label not in one.labels:
                where = f"gold of unit {unit_of[row]}, {one.name}"
                raise UnknownLabelError(label, one.labels, where)
            truth[place, one.labels.index(label)] = True
    if not one.multiple and (strange := int((truth.sum(axis=1) != 1).sum())):
        problem = f"{strange} coded units have none or several labels of a single choice"
        raise InputError(f"{tags.where}: {one.name}", problem, "resolve them to one")
    return _Coded(sample, truth, tuple(notes))


def _same_frame(tags: Tags, design: Sequence[Drawn], untagged: Collection[str]) -> None:
    """Refuse tags of other units than those that were drawn from."""
    drawn = {row.unit_id for row in design}
    if lost := len(drawn & set(untagged)):
        problem = f"{lost} coded units of the design are not among the tags"
        raise InputError(
            tags.where, problem, "tag the units of the corpus: standfirst corpus units"
        )
    test = [row.n_pool for row in design if row.part == "test"]
    n_frame = test[0] if test else design[0].n_pool
    if len(tags) > n_frame:
        problem = (
            f"{len(tags) - n_frame:,} of {len(tags):,} units came after the draw: "
            "not covered by gold"
        )
        raise InputError(tags.where, problem, "draw and code some of them, and measure them apart")
    if len(tags) < n_frame:
        problem = f"holds {len(tags):,} units, and {n_frame:,} were drawn from"
        raise InputError(tags.where, problem, "tag all units of the corpus")


def _of_study(
    where: str,
    one: TaggedDimension,
    design: Sequence[Drawn],
    row_of: Mapping[str, int],
    learned: Collection[str] | None,
) -> tuple[Sample, list[str]]:
    notes = []
    clusters = {row.stratum for row in design if row.part == "test" and row.unit_id in row_of}
    coding = {row.unit_id for row in design if row.part == "coding" and row.unit_id in row_of}
    fresh = learned is not None and not coding & set(learned)
    parts = [
        *(["test"] if len(clusters) >= LEAST_CLUSTERS else []),
        *(["coding"] if coding and (one.crossed or fresh) else []),
    ]
    if not parts:
        if clusters:
            problem = f"the test part lies in {len(clusters)} clusters, too few for an interval"
            remedy = f"it takes {LEAST_CLUSTERS}: code more of it, or tag with NAME_cross"
            raise InputError(f"{where}: {one.name}", problem, remedy)
        problem = "the model may have learned from all gold, and there is no test part"
        remedy = "train and tag again, so that the tags hold NAME_cross"
        raise LeakError(f"{where}: {one.name}", problem, remedy)
    if coding and "coding" not in parts:
        notes.append(
            "the tags hold no cross-predictions (NAME_cross), so that the shares rest on the test "
            "part alone; train and tag again to use all gold"
        )
    if clusters and "test" not in parts:
        notes.append(f"the test part lies in {len(clusters)} clusters only and is left out")
    n_drawn = sum(row.part in parts for row in design)
    n_coded = sum(row.part in parts and row.unit_id in row_of for row in design)
    if n_coded < (1 - _MISSING) * n_drawn:
        notes.append(
            f"{one.name}: {n_drawn - n_coded} of {n_drawn} drawn units have no gold; they are "
            "taken to be like the others of their round and stratum"
        )
    return from_design(design, row_of, parts=parts), notes


def _by_probability(
    tags: Tags, row_of: Mapping[str, int], design: Mapping[str, float] | None
) -> Sample:
    index = np.array(list(row_of.values()), np.int64)
    n_units = len(tags)
    if design is None:
        return from_probabilities(index, None, n_units)
    chance = np.array([design[unit] for unit in row_of])
    total, spread = float((1 / chance).sum()), float(((1 - chance) / chance**2).sum()) ** 0.5
    even = chance.max() - chance.min() < _ROUNDED * chance.min()
    # With a fixed size and one probability the sum is exact; else it varies.
    off = _ROUNDED * n_units if even else 4 * spread + _ROUNDED * n_units
    if abs(total - n_units) > off:
        problem = f"by its probabilities the gold stands for {total:,.0f} units, not {n_units:,}"
        raise InputError(tags.where, problem, "tag just the units that the gold was drawn from")
    return from_probabilities(index, chance, n_units)


def _dimension(one: TaggedDimension, coded: _Coded, level: float) -> DimensionShares:
    sample, truth = coded.sample, coded.truth
    p = one.probabilities[sample.index].astype(np.float64)
    counted, judged = one.given.mean(axis=0), one.judged.mean(axis=0)
    population = Population.of(one.probabilities)
    best = corrected(population, sample, p, truth, multiple=one.multiple, level=level)
    return _table(
        one, coded, best, counted=counted, judged=judged, n_units=len(one.given), level=level
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Which cell each unit lies in."""

    names: tuple[str, ...]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, by: pa.Array) -> "_Cells":
        coded = by.dictionary_encode() if not pa.types.is_dictionary(by.type) else by
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        names = [str(name) for name in coded.dictionary.to_pylist()]
        order = np.argsort(names)
        rank = np.argsort(order)
        codes = rank[coded.indices.to_numpy(zero_copy_only=False)]
        return cls(tuple(names[i] for i in order), codes)

    def means(self, values: NDArray[np.generic]) -> Floats:
        """Give the mean of each column in each cell, shape (n_cells, n_columns)."""
        size = np.bincount(self.codes, minlength=len(self.names))
        sums = [
            np.bincount(self.codes, values[:, k], minlength=len(self.names))
            for k in range(values.shape[1])
        ]
        return np.column_stack(sums) / size[:, None]


def _within(
    one: TaggedDimension, coded: _Coded, cells: _Cells, level: float
) -> Iterable[tuple[str, DimensionShares]]:
    """Estimate shares in each cell, with the lambda that fits within cells."""
    p_all = one.probabilities
    mean, square = cells.means(p_all), cells.means(p_all**2)
    counted, judged = cells.means(one.given), cells.means(one.judged)
    sizes = np.bincount(cells.codes, minlength=len(cells.names))
    sample = coded.sample
    cell_of = cells.codes[sample.index]
    variance = np.maximum(square - mean**2, 0)
    p = p_all[sample.index].astype(np.float64)
    lam = _pooled_lambda(coded, p, cell_of, sizes @ variance / sizes.sum())
    for number, name in enumerate(cells.names):
        chosen = cell_of == number
        n = int(chosen.sum())
        if n < 2:
            labels = tuple(
                LabelShares(label, Estimate(float(counted[number, k])))
                for k, label in enumerate(one.labels)
            )
            yield name, DimensionShares(one.name, int(sizes[number]), n, labels)
            continue
        here = _Coded(sample.within(chosen), coded.truth[chosen], ())
        if n < LEAST_IN_CELL:
            gold = from_gold(here.sample, here.truth, level=level)
            labels = tuple(
                LabelShares(label, Estimate(float(counted[number, k])), _estimate(gold, k))
                for k, label in enumerate(one.labels)
            )
            yield name, DimensionShares(one.name, int(sizes[number]), n, labels)
            continue
        doubt = mean[number] - square[number]
        population = Population(int(sizes[number]), mean[number], variance[number], doubt)
        best = corrected(
            population,
            here.sample,
            p[chosen],
            here.truth,
            multiple=one.multiple,
            level=level,
            lam=lam,
            cell=True,
        )
        n_units = int(sizes[number])
        yield (
            name,
            _table(
                one,
                here,
                best,
                counted=counted[number],
                judged=judged[number],
                n_units=n_units,
                level=level,
            ),
        )


def _pooled_lambda(
    coded: _Coded,
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
    one: TaggedDimension,
    coded: _Coded,
    best: Estimates,
    *,
    counted: Floats,
    judged: Floats,
    n_units: int,
    level: float,
) -> DimensionShares:
    sample, truth = coded.sample, coded.truth
    tags = one.judged[sample.index]
    gold = from_gold(sample, truth, level=level)
    predictive = by_predictive_values(
        sample, tags, judged, truth, multiple=one.multiple, level=level
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
        for k, label in enumerate(one.labels)
    )
    alone, with_model = float(gold.variance.sum()), float(best.variance.sum())
    worth = len(sample) * alone / with_model if alone > 0 and with_model > 0 else None
    return DimensionShares(one.name, n_units, len(sample), labels, worth, best.lam)


def _estimate(made: Estimates, k: int) -> Estimate | None:
    if not np.isfinite(made.share[k]):
        return None
    return Estimate(float(made.share[k]), float(made.low[k]), float(made.high[k]))
