"""The model against each coder against the others, on the same units: how good could it be.

A score against gold says how far a model is from an answer that coders made together. Coders by
themselves do not reach that answer either. So each coder is left out in turn, and both the model
and that coder are compared with what most of the *others* said: the coder's macro-F1 is the ceiling
that the model can be held to. Units on which the others are even tell nothing and are left out.

Beside it stands the alternative annotator test: on each unit, does the model agree with the other
coders at least as often as the coder does? It is tested for each coder whether the model's share of
such units falls short of the coder's by less than epsilon, the price of a coder's work; omega is
the share of coders whom the model could stand in for. At an epsilon of 0.2 nearly everything
passes, above all where one label is rare; so omega is told over a range of epsilon and by label,
and not as one verdict.

References
----------
Calderon, N., Reichart, R. & Dror, R. (2025). The alternative annotator test for LLM-as-a-judge: how
to statistically justify replacing human annotators with LLMs. ACL (sections 3 and 4).
Benjamini, Y. & Yekutieli, D. (2001). The control of the false discovery rate in multiple testing
under dependency. Annals of Statistics 29.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...labels import Annotation, Codebook, current, readings, settle
from ...labels.reliability.ratings import Ratings, rate
from ...models.scores import macro_f1, paired
from ..inputs.tagged import TaggedDimension, Tags
from .coder_comparison import CoderComparison, CoderRow, DimensionComparison, LabelRow, Omega

__all__ = ["EPSILONS", "LEAST_CODERS", "LEAST_UNITS", "compare_coders", "omegas"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

EPSILONS = (0.0, 0.05, 0.1, 0.15, 0.2)
"""Advantages that a coder's work is granted; Calderon et al. take 0.2 for experts."""

LEAST_CODERS = 3
"""Coders from which on one can be compared with the others."""

LEAST_UNITS = 30
"""Units of a coder, coded by two others too, from which on a test is made."""

_FALSE = 0.05


def compare_coders(
    annotations: Sequence[Annotation],
    codebook: Codebook,
    tags: Tags,
    *,
    learned: Collection[str] | None = None,
    adjudicators: Collection[str] = (),
    level: float = 0.95,
    seed: int = 0,
) -> CoderComparison:
    r"""Compare the model with each coder, by what the other coders said.

    Parameters
    ----------
    annotations
        All annotations. Answers that followed a suggestion in view are left out: they are no
        independent reading.
    codebook
        What was coded.
    tags
        The tags of these units.
    learned
        Ids of the units that the model has learned from; None where nobody knows.
    adjudicators
        Coders whose answer decides; they are no coders here.
    level
        Coverage of the intervals.
    seed
        Of the bootstrap.

    Raises
    ------
    InputError
        On no dimension there are three coders with thirty units each that two others coded, too.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Annotation, infer_from_annotations
    >>> from standfirst.measure import compare_coders, read_tags
    >>> truth = ["for", "no", "no"] * 20
    >>> annotations = [
    ...     Annotation(f"u{i}", who, "stance", (label,), article_id=f"a{i}")
    ...     for i, label in enumerate(truth)
    ...     for who in ("ann", "bo", "cem")
    ... ]
    >>> rows = [
    ...     f'{{"unit_id": "u{i}", "stance": "{label}", "stance_prob": [0.5, 0.5]}}\n'
    ...     for i, label in enumerate(truth)
    ... ]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text("".join(rows))
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> compared = compare_coders(annotations, infer_from_annotations(annotations), tags)
    >>> compared["stance"].n_units, compared["stance"].model_f1
    (60, 1.0)
    """
    notes: dict[str, None] = {}
    blind = [row for row in readings(annotations, adjudicators) if row.suggestion == "none"]
    if hidden := len({(r.unit_id, r.coder) for r in annotations if r.suggestion != "none"}):
        notes[f"{hidden} answers with a suggestion in view are left out"] = None
    rows = current(settle(blind, codebook).annotations)
    made, refused = [], []
    for dimension in codebook.dimensions:
        tagged = tags.dimensions.get(dimension.id)
        if tagged is None:
            continue
        given = rate(rows, dimension)
        rows_of = tags.rows_of(given.units)
        there = rows_of >= 0
        if not tagged.crossed and learned is not None:
            known = np.array([unit in learned for unit in given.units], bool)
            if n := int((known & there).sum()):
                notes[f"{dimension.id}: {n} units that the model learned from are left out"] = None
            there &= ~known
        elif not tagged.crossed:
            notes[
                "whether the model learned from these units is not known, and if so it looks too "
                "good; name the model with --model"
            ] = None
        case = _Case.of(given, tagged, rows_of, there)
        counts = np.bincount(case.coder, minlength=len(given.coders))
        if (counts >= LEAST_UNITS).sum() < LEAST_CODERS:
            refused.append(f"{dimension.id}: {_enough(counts)}")
            continue
        made.append(_compare(case, given, counts, level, seed))
    if not made:
        problem = "; ".join(refused) or "no dimension of the tags was coded"
        remedy = f"have {LEAST_CODERS} people code the same {LEAST_UNITS} units"
        raise InputError(tags.where, problem, remedy)
    notes.update(dict.fromkeys(f"{reason} (left out)" for reason in refused))
    return CoderComparison(tuple(made), tuple(notes))


def _enough(counts: Ints) -> str:
    n = int((counts >= LEAST_UNITS).sum())
    return f"{n} coders with {LEAST_UNITS} units that two others coded too"


@dataclass(frozen=True, slots=True)
class _Case:
    """Answers with the model's answer and what the others said, one row an answer."""

    coder: Ints
    group: Ints
    unit: Ints
    own: Bools
    model: Bools
    others: Ints
    """How many others gave each label, shape (n_answers, n_labels)."""
    n_others: Ints
    names: tuple[str, ...]

    @classmethod
    def of(cls, given: Ratings, tagged: TaggedDimension, tag_of: Ints, there: Bools) -> "_Case":
        """Set the answers beside the tags; labels that only one side has count, too."""
        names = list(dict.fromkeys((*given.dimension.label_ids, *tagged.labels)))
        own = np.zeros((len(given.value), len(names)), bool)
        own[:, : given.members.shape[1]] = given.members[given.value]
        answers = np.zeros((len(given.units), len(names)), bool)
        columns = [names.index(name) for name in tagged.labels]
        answers[:, columns] = tagged.judged[np.maximum(tag_of, 0)]
        total = np.zeros((len(given.units), own.shape[1]), np.int64)
        np.add.at(total, given.unit, own)
        n_others = given.n_per_unit[given.unit] - 1
        rows = np.flatnonzero((n_others >= LEAST_CODERS - 1) & there[given.unit])
        unit = given.unit[rows]
        return cls(
            given.coder[rows],
            given.article[unit],
            unit,
            own[rows],
            answers[unit],
            total[unit] - own[rows],
            n_others[rows],
            tuple(names),
        )

    def label(self, k: int) -> "_Case":
        """Ask about one label alone."""
        sides = {name: getattr(self, name)[:, [k]] for name in ("own", "model", "others")}
        return replace(self, names=(self.names[k],), **sides)

    def advantages(self) -> tuple[Bools, Bools]:
        """Tell where the model, and where the coder, agrees with the others as often or more."""
        m = self.n_others[:, None]

        # Counts of labels that are judged alike: whole numbers, so that even is even.
        def alike(answer: Bools) -> Ints:
            return np.asarray(np.where(answer, self.others, m - self.others).sum(axis=1))

        model, coder = alike(self.model), alike(self.own)
        return model >= coder, coder >= model

    def settled(self) -> tuple[Bools, Bools]:
        """Give what most others said, and where they are not even, by label."""
        twice = 2 * self.others
        return twice > self.n_others[:, None], twice != self.n_others[:, None]

    def plurality(self) -> tuple[Bools, Bools]:
        """Give the single label that most others gave, and on which rows there is one."""
        top = self.others.max(axis=1)
        truth = self.others == top[:, None]
        return truth, truth.sum(axis=1) == 1


def _compare(
    case: _Case, given: Ratings, counts: Ints, level: float, seed: int
) -> DimensionComparison:
    tested = counts >= LEAST_UNITS
    model, coder = case.advantages()
    multiple = given.dimension.choice == "multiple"
    rows = []
    for number in np.flatnonzero(counts):
        mine = case.coder == number
        of_model, of_coder = _f1(case, mine, multiple=multiple)
        rows.append(
            CoderRow(
                given.coders[number],
                int(counts[number]),
                of_model,
                of_coder,
                float(model[mine].mean()),
                float(coder[mine].mean()),
                bool(tested[number]),
            )
        )
    everything = np.ones(len(case.coder), bool)
    of_model, of_coder = _f1(case, everything, multiple=multiple)
    some = [row for row in rows if row.tested]
    labels = [
        _label(case.label(k), name, tested, level, seed)
        for k, name in enumerate(case.names)
        if case.others[:, k].any() or case.model[:, k].any()
    ]
    return DimensionComparison(
        given.dimension.id,
        len(np.unique(case.unit)),
        of_model,
        of_coder,
        paired(_pairs(case, everything, multiple=multiple), level=level, seed=seed),
        omegas(model, coder, case.coder, tested),
        float(np.mean([row.model_advantage for row in some])),
        float(np.mean([row.coder_advantage for row in some])),
        tuple(rows),
        tuple(labels),
    )


def _label(case: _Case, name: str, tested: Bools, level: float, seed: int) -> LabelRow:
    everything = np.ones(len(case.coder), bool)
    of_model, of_coder = _f1(case, everything, multiple=True)
    difference = paired(_pairs(case, everything, multiple=True), level=level, seed=seed)
    return LabelRow(
        name, of_model, of_coder, difference, omegas(*case.advantages(), case.coder, tested)
    )


def _pairs(case: _Case, rows: Bools, *, multiple: bool) -> list[tuple[Bools, Bools, Bools, Ints]]:
    """Give truth, the model's and the coders' answers, and groups, as `scores.paired` takes them.

    Of a multiple choice each label is a question of its own, with the rows on which it is settled.
    """
    if not multiple:
        truth, there = case.plurality()
        chosen = rows & there
        return [(truth[chosen], case.model[chosen], case.own[chosen], case.group[chosen])]
    truth, there = case.settled()
    parts = []
    for k in range(truth.shape[1]):
        chosen = rows & there[:, k]
        sides = [side[chosen][:, [k]] for side in (truth, case.model, case.own)]
        if any(side.any() for side in sides):
            parts.append((sides[0], sides[1], sides[2], case.group[chosen]))
    return parts or [(truth[:0, :1], truth[:0, :1], truth[:0, :1], case.group[:0])]


def _f1(case: _Case, rows: Bools, *, multiple: bool) -> tuple[float, float]:
    pairs = _pairs(case, rows, multiple=multiple)
    scores = [(macro_f1(truth, model), macro_f1(truth, coder)) for truth, model, coder, _ in pairs]
    model, coder = np.mean(scores, axis=0)
    return float(model), float(coder)


def omegas(
    model: Bools,
    coder: Bools,
    coder_of: Ints,
    tested: Bools,
    epsilons: Sequence[float] = EPSILONS,
) -> tuple[Omega, ...]:
    """Make the alternative annotator test for a range of epsilon.

    Parameters
    ----------
    model, coder
        Whether the model (the coder) agrees with the others as often or more, shape (n_answers,).
    coder_of
        Number of the coder of each answer.
    tested
        Which coders are tested.
    epsilons
        The advantages that a coder's work is granted.

    Examples
    --------
    A model that agrees with the others exactly where the coders do can stand in for all of them.

    >>> same = np.ones(90, bool)
    >>> points = omegas(same, same, np.arange(90) % 3, np.ones(3, bool), (0.0, 0.1))
    >>> [point.omega for point in points]
    [0.0, 1.0]
    """
    from scipy import stats

    made = []
    gaps = [
        coder[coder_of == number].astype(float) - model[coder_of == number]
        for number in np.flatnonzero(tested)
    ]
    for epsilon in epsilons:
        p = []
        for gap in gaps:
            error = gap.std(ddof=1) / len(gap) ** 0.5
            if error > 0:
                p.append(float(stats.t.cdf((gap.mean() - epsilon) / error, len(gap) - 1)))
            else:
                p.append(0.0 if gap.mean() < epsilon else 1.0)
        adjusted = stats.false_discovery_control(p, method="by")
        made.append(Omega(epsilon, float((adjusted <= _FALSE).mean())))
    return tuple(made)
