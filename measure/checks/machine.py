"""May a language model's answers be used: what people's blind gold says of them.

Four things are asked. Is it better than giving one answer to every unit, and than chance? How far
does it agree with people, beside people with each other on the same units? Could it stand in for
one of them (the alternative annotator test)? And where does it lean, by label and by outlet?
Whether it answers the same when asked again, or in other words, stands beside (`stability`).

The verdict is never that its answers may be counted as they are. What leans by a little on every
unit leans by as much in a share, however many units there are; so the best that a model can be is a
tagger whose shares gold corrects.

References
----------
Baumann, J. et al. (2025). Large Language Model Hacking: quantifying the hidden risks of using LLMs
for text annotation.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...annotate.design.plan import Drawn
from ...errors import InputError, StudyError
from ...intervals import Estimate, draw_groups, interval
from ...labels import Annotation, Codebook, Gold, current, is_machine, readings, settle
from ...labels.codebook.codebook import Dimension
from ...labels.reliability.alpha import alpha, collect
from ...labels.reliability.ratings import rate
from ..inputs.examples import shown_units
from ..inputs.samples import from_design
from ..inputs.tagged import TaggedDimension, Tags
from .coder_comparison import DimensionComparison
from .coders import compare_coders
from .machine_check import Lean, MachineCheck, MachineDimension
from .quality import CodedUnits, quality
from .stability import stability

__all__ = ["check_machine"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

LEAST_UNITS = 30
"""Units with blind gold from which on a verdict is given."""

MOST_UNUSABLE = 0.1
"""Share of answers of no use from which on a model is refused: what it fails on is not random."""

_ASK = {
    "again": "once more (annotate ask --again)",
    "reworded": "in other words (annotate ask --reworded)",
}
_DRAWS = 1000
_LEAST_IN_GROUP = 5


def check_machine(
    coder: str,
    machine: Sequence[Annotation],
    annotations: Sequence[Annotation],
    gold: Sequence[Gold],
    design: Sequence[Drawn],
    *,
    codebook: Codebook,
    units: Mapping[str, Mapping[str, Any]],
    unusable: Collection[str] = (),
    variants: Mapping[str, Sequence[Annotation]] | None = None,
    dimensions: Sequence[str] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> MachineCheck:
    """Check a language model's answers by people's blind gold.

    Parameters
    ----------
    coder
        Its name.
    machine
        Its annotations.
    annotations
        People's.
    gold
        What people's were resolved to, without what was coded with a suggestion in view.
    design
        How units were drawn.
    codebook
        What was coded. Units that stand in it as examples are left out: the model was shown them
        with their label.
    units
        Id of each unit to its text and outlet.
    unusable
        Units on which its answer is of no use.
    variants
        How it was asked once more (``again``, ``reworded``) to its annotations of that time.
    dimensions
        Ids of the dimensions to check; all that have gold if None.
    level
        Coverage of the intervals.
    seed
        Of the bootstrap.

    Raises
    ------
    StudyError
        No unit has gold on a dimension that is to be checked.
    """
    texts = {unit: str(about.get("text") or "") for unit, about in units.items()}
    known = {row.unit_id for row in gold} & shown_units(codebook, texts)
    notes = []
    if known:
        notes.append(f"left out, as the prompt shows them with their label: {len(known)} units")
    mine = _settled(machine, codebook)
    asked_again = {how: _settled(rows, codebook) for how, rows in (variants or {}).items()}
    people = [row for row in readings(annotations) if row.suggestion == "none"]
    asked = {row.unit_id for row in machine} | set(unusable)
    made = []
    for dimension in codebook.dimensions:
        if dimensions is not None and dimension.id not in dimensions:
            continue
        rows = [row for row in gold if row.dimension == dimension.id and row.unit_id not in known]
        if not rows and dimensions is None:
            notes.append(f"{dimension.id}: no unit has blind gold (left out)")
            continue
        if dimension.when is not None:
            notes.append(
                f"{dimension.id} is asked under a condition; it is checked on the units on which "
                "both people and the model asked it"
            )
        case = _Case(dimension, mine, people, rows, design, units, asked_again)
        made.append(case.check(codebook, asked, unusable, level=level, seed=seed))
    missing = [said for how, said in _ASK.items() if how not in asked_again]
    if missing:
        notes.append(f"whether its answers stay is not known: ask it {' and '.join(missing)}")
    if not made:
        problem = "no unit has blind gold on what is to be checked"
        raise StudyError(coder, problem, "have drawn units coded, then run: standfirst labels gold")
    return MachineCheck(coder, tuple(made), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Case:
    """A model and people on one dimension."""

    dimension: Dimension
    machine: Sequence[Annotation]
    people: Sequence[Annotation]
    gold: Sequence[Gold]
    design: Sequence[Drawn]
    units: Mapping[str, Mapping[str, Any]]
    again: Mapping[str, Sequence[Annotation]]

    def check(
        self,
        codebook: Codebook,
        asked: Collection[str],
        unusable: Collection[str],
        *,
        level: float,
        seed: int,
    ) -> MachineDimension:
        """Check the dimension."""
        answers = _answers(self.machine, self.dimension)
        with_gold = [row.unit_id for row in self.gold]
        n_unusable = len(set(with_gold) & set(unusable))
        n_unasked = len(set(with_gold) - set(asked))
        both = [row for row in self.gold if row.unit_id in answers]
        with_people, among_people = self._alphas(level, seed)
        articles = {unit: str(row.get("article_id") or unit) for unit, row in self.units.items()}
        others = {how: _answers(rows, self.dimension) for how, rows in self.again.items()}
        made = MachineDimension(
            dimension=self.dimension.id,
            n_unusable=n_unusable,
            n_unasked=n_unasked,
            quality=None,
            constant_f1=0.0,
            with_people=with_people,
            among_people=among_people,
            leans=(),
            test=None,
            no_test="",
            stability=tuple(stability(answers, others, articles, level=level)),
            refused=(),
        )
        coded = self._coded(both, answers)
        if coded is not None and len(coded.truth) >= LEAST_UNITS and coded.truth.any():
            outlets = [str(self._about(unit).get("outlet") or "not known") for unit in coded.units]
            scores = quality(coded.units_coded, {"outlet": outlets})
            test, no_test = self._test(codebook, answers, level=level, seed=seed)
            made = replace(
                made,
                quality=scores,
                constant_f1=_constant(coded.truth, coded.weight, self.dimension),
                leans=tuple(_leans(coded, self.dimension, outlets, level, seed)),
                test=test,
                no_test=no_test,
            )
        n_coded = 0 if coded is None else len(coded.truth)
        n_answers = 0 if coded is None else len(np.unique(coded.answer, axis=0))
        return replace(made, refused=tuple(_reasons(made, n_coded, n_answers)))

    def _about(self, unit_id: str) -> Mapping[str, Any]:
        return self.units.get(unit_id, {})

    def _coded(
        self, both: Sequence[Gold], answers: Mapping[str, tuple[str, ...]]
    ) -> "_Coded | None":
        drawn = {row.unit_id for row in self.design}
        rows = [row for row in both if row.unit_id in drawn]
        if not rows:
            return None
        # Gold on which the model gave no answer has its weight, too: it is shared out by round.
        position = {row.unit_id: i for i, row in enumerate(rows)}
        sample = from_design(self.design, position, parts=("test", "coding"))
        ordered = [rows[i] for i in sample.index.tolist()]
        names = self.dimension.label_ids
        truth = np.array([[name in row.labels for name in names] for row in ordered], bool)
        answer = np.array(
            [[name in answers[row.unit_id] for name in names] for row in ordered], bool
        )
        articles = tuple(
            str(self._about(row.unit_id).get("article_id") or row.article_id or row.unit_id)
            for row in ordered
        )
        unit_ids = tuple(row.unit_id for row in ordered)
        return _Coded(self.dimension, truth, answer, sample.weight, articles, unit_ids)

    def _alphas(self, level: float, seed: int) -> tuple[Estimate, Estimate]:
        ratings = rate([*self.people, *self.machine], self.dimension)
        if not ratings.units:
            return Estimate(None), Estimate(None)
        weights = draw_groups(len(ratings.articles), _DRAWS, seed)
        first, second = ratings.pairs()
        machines = np.array([is_machine(name) for name in ratings.coders], bool)[ratings.coder]
        answered = np.zeros(len(ratings.units), bool)
        answered[ratings.unit[machines]] = True
        mixed = machines[first] != machines[second]
        people = ~machines[first] & ~machines[second] & answered[ratings.unit[first]]
        made = []
        for chosen in (mixed, people):
            pairs = first[chosen], second[chosen]
            there = len(pairs[0]) > 0
            made.append(alpha(collect(ratings, pairs), weights, level) if there else Estimate(None))
        return made[0], made[1]

    def _test(
        self,
        codebook: Codebook,
        answers: Mapping[str, tuple[str, ...]],
        *,
        level: float,
        seed: int,
    ) -> tuple[DimensionComparison | None, str]:
        names = self.dimension.label_ids
        given = np.array([[name in labels for name in names] for labels in answers.values()], bool)
        multiple = self.dimension.choice == "multiple"
        tagged = TaggedDimension(
            self.dimension.id,
            names,
            multiple,
            probabilities=given.astype(np.float32),
            given=given,
            crossed=True,
            n_abstained=0,
        )
        ids = pa.array(list(answers), pa.string())
        tags = Tags("the model", ids, {self.dimension.id: tagged}, pa.table({"unit_id": ids}))
        try:
            made = compare_coders(self.people, codebook, tags, level=level, seed=seed)
        except InputError as error:
            return None, f"{error.problem.removeprefix(f'{self.dimension.id}: ')}; {error.remedy}"
        return made[self.dimension.id], ""


@dataclass(frozen=True, slots=True)
class _Coded:
    """Units with gold and an answer; arrays of shape (n, n_labels) and (n,)."""

    dimension: Dimension
    truth: Bools
    answer: Bools
    weight: Floats
    articles: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def units_coded(self) -> CodedUnits:
        """The same as scores take them."""
        return CodedUnits(
            self.dimension.id,
            self.dimension.label_ids,
            self.dimension.choice == "multiple",
            self.truth,
            self.answer,
            self.answer.astype(np.float64),
            self.weight,
            self.articles,
        )


def _reasons(made: MachineDimension, n_coded: int, n_answers: int) -> Iterator[str]:
    n_answered = n_coded + made.n_unusable
    if n_answered and made.n_unusable > MOST_UNUSABLE * n_answered:
        share = 100 * made.n_unusable / n_answered
        yield f"{made.n_unusable} of {n_answered} answers ({share:.0f} %) are of no use"
    if made.quality is None and n_coded >= LEAST_UNITS:
        yield f"none of its labels occurs in the blind gold of {n_coded} units"
        return
    if made.quality is None:
        left = f", and {made.n_unasked} more were not asked" if made.n_unasked else ""
        needed = f"it takes {LEAST_UNITS} units with blind gold and an answer"
        yield f"{needed}; there are {n_coded}{left}"
    if n_answers == 1 and n_coded > 1:
        yield f"it gave one and the same answer to all {n_coded} units"
    if made.quality is None:
        return
    low = made.quality.macro_f1.low
    if low is None or low <= made.constant_f1:
        yield (
            f"macro-F1 {made.quality.macro_f1} is not surely above that of one answer to "
            f"everything, {Estimate(made.constant_f1)}"
        )
    with_people = made.with_people
    if with_people.value is not None and (with_people.low is None or with_people.low <= 0):
        yield f"its agreement with people, alpha {with_people}, is not surely above chance"


def _constant(truth: Bools, weight: Floats, dimension: Dimension) -> float:
    """Return the macro-F1 of the best answer that is given to every unit.

    Of a label with the share p that is always given, F1 is 2 p / (1 + p).
    """
    share = weight @ truth / weight.sum()
    f1 = 2 * share / (1 + share)
    n_there = int((share > 0).sum())
    if not n_there:
        return 0.0
    return float(f1.sum() if dimension.choice == "multiple" else f1.max()) / n_there


def _leans(
    coded: _Coded, dimension: Dimension, outlets: Sequence[str], level: float, seed: int
) -> Iterator[Lean]:
    column = np.asarray(outlets)
    names = [str(name) for name in np.unique(column)]
    groups: list[tuple[str, NDArray[np.intp]]] = [("", np.arange(len(column)))]
    groups += [(name, np.flatnonzero(column == name)) for name in names] if len(names) > 1 else []
    for outlet, rows in groups:
        if len(rows) < _LEAST_IN_GROUP:
            continue
        articles, group = np.unique(np.asarray(coded.articles)[rows], return_inverse=True)
        drawn = draw_groups(len(articles), _DRAWS, seed)
        weight = coded.weight[rows]
        total = drawn @ np.bincount(group, weight, minlength=len(articles))
        for k, label in enumerate(dimension.label_ids):
            truth, answer = coded.truth[rows, k], coded.answer[rows, k]
            if not (truth.any() or answer.any()):
                continue
            off = weight * (answer.astype(np.float64) - truth)
            sums = drawn @ np.bincount(group, off, minlength=len(articles))
            values = sums / total
            single = len(articles) < 2
            difference = (
                Estimate(float(values[0]))
                if single
                else interval(values, level, n_groups=len(articles))
            )
            yield Lean(label, outlet, len(rows), float(weight @ truth / weight.sum()), difference)


def _settled(rows: Sequence[Annotation], codebook: Codebook) -> list[Annotation]:
    return [row for row in settle(rows, codebook).annotations if is_machine(row.coder)]


def _answers(rows: Sequence[Annotation], dimension: Dimension) -> dict[str, tuple[str, ...]]:
    multiple = dimension.choice == "multiple"
    return {
        row.unit_id: row.labels
        for row in current(row for row in rows if row.dimension == dimension.id)
        if row.status == "answered" and (row.labels or multiple)
    }
