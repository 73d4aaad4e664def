"""The training set: texts, the answers of people, and which rows must stay together.

It is built from a labelled file (users arrive with one) or from a study's units and gold.
Dimensions may have gaps: a row without an answer is left out of that dimension only. All checks on
foreign data are checked here; behind it, labels are known to the codebook and groups are sound.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import InputError, UnknownLabelError, UnknownNameError
from ...labels.codebook.codebook import Codebook, Dimension
from ..views import Context
from .folds import join_groups
from .same_text import hash_texts
from .votes import normalised

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = [
    "Answer",
    "Gold",
    "TrainingSet",
    "Weak",
    "WeakLabels",
    "check_rows",
    "find_dimension",
    "from_study",
    "known_answer",
]

Answer = tuple[str, ...] | None
"""The labels that a row has on one dimension; None where nobody answered."""


class Gold(Protocol):
    """What is needed of a resolved answer."""

    @property
    def unit_id(self) -> str:
        """The unit."""

    @property
    def dimension(self) -> str:
        """Id of the dimension."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Ids of its labels."""

    @property
    def probability(self) -> float | None:
        """How sure it is: by the rule that resolved it, or the share of coders behind it."""


@dataclass(frozen=True, slots=True)
class WeakLabels:
    """Labels by which a language model teaches; people's stay what a score rests on."""

    coder: str
    """Its name."""
    answers: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Id of each dimension to unit to labels."""
    weight: float
    """What a row of them weighs beside one that people coded; below 1."""


@dataclass(frozen=True, slots=True)
class Weak:
    """The rows of a training set that a language model has labelled: they teach, and no more."""

    rows: npt.NDArray[np.bool_]
    """Which rows these are."""
    coder: str
    """Its name."""
    weight: float
    """What one of them weighs beside one that people coded."""
    people: str
    """Fingerprint of the rows that people coded, as they are by themselves."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Texts with answers, in rows.

    Examples
    --------
    >>> from standfirst.models import from_rows
    >>> data = from_rows(
    ...     [
    ...         {"text": "It is cruel.", "stance": "no"},
    ...         {"text": "It will work.", "stance": "for"},
    ...     ],
    ...     "stance",
    ... )
    >>> data.texts, data.answers
    (('It is cruel.', 'It will work.'), {'stance': (('no',), ('for',))})
    """

    source: str
    """Where it came from, for messages."""
    codebook: Codebook
    """The dimensions that are answered, and their labels."""
    texts: tuple[str, ...]
    """The units themselves."""
    answers: Mapping[str, tuple[Answer, ...]]
    """Id of the dimension to one answer a row."""
    groups: npt.NDArray[np.int64]
    """Number of the group of each row; rows of one group never stand on both sides of a fold."""
    grouped_by: str = "row"
    """What makes a group: the name of the column, or `row`."""
    context: Context | None = None
    """Further texts of each row: before, after, title, target, where the source has them."""
    weights: Mapping[str, npt.NDArray[np.float64]] | None = None
    """Id of the dimension to the weight of each row in training; all alike if None."""
    weak: Weak | None = None
    """Rows that nobody has coded but a language model; None where there are none."""
    closed: npt.NDArray[np.uint64] | None = None
    """Hashes of texts from which nothing may be learned, wherever they stand: the test part's."""

    def __len__(self) -> int:
        return len(self.texts)

    def truth(self, dimension: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return the answered rows of a dimension and their labels.

        Returns
        -------
        The numbers of the rows, and which labels they have, shape (n_answered, n_labels), in the
        codebook's order.
        """
        ids = {
            label: k for k, label in enumerate(find_dimension(self.codebook, dimension).label_ids)
        }
        answers = self.answers[dimension]
        rows = np.array([row for row, answer in enumerate(answers) if answer is not None], np.int64)
        truth = np.zeros((len(rows), len(ids)), bool)
        for number, row in enumerate(rows):
            for label in answers[row] or ():
                truth[number, ids[label]] = True
        return rows, truth

    def read_by(self, codebook: Codebook) -> "TrainingSet":
        """Return the same rows by the dimensions and labels of another codebook, taken by name.

        Raises
        ------
        UnknownNameError, UnknownLabelError
            The other codebook lacks a dimension or a label that is used here.
        InputError
            A row has several labels where the other codebook allows only one.
        """
        if codebook == self.codebook:
            return self
        answers = {}
        for name, given in self.answers.items():
            dimension = find_dimension(codebook, name)
            answers[name] = tuple(known_answer(labels, dimension, self.source) for labels in given)
        return replace(self, codebook=codebook, answers=answers)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over texts, answers, groups, context and weights, whatever the file is called.

        Of the rows that people have coded alone, where there are others.
        """
        if self.weak is not None:
            return self.weak.people
        digest = hashlib.sha256()
        for row, text in enumerate(self.texts):
            parts = [
                text,
                str(self.groups[row]),
                *(repr(self.answers[d][row]) for d in self.answers),
                *(str(values[row]) for _, values in sorted((self.context or {}).items())),
                *(repr(float(values[row])) for values in (self.weights or {}).values()),
            ]
            digest.update("\x1f".join(parts).encode("utf-8", "surrogatepass") + b"\x1e")
        return digest.hexdigest()


def from_study(
    units: "Dataset | pa.Table",
    gold: Iterable[Gold],
    codebook: Codebook,
    dimensions: Sequence[str] | None = None,
    *,
    source: str = "",
    leave_out: Collection[str] = (),
    votes: bool = False,
    weak: WeakLabels | None = None,
) -> TrainingSet:
    """Join a study's units and its gold.

    Parameters
    ----------
    units
        A table with `corpus.UNIT_SCHEMA`, from Arrow or `datasets`.
    gold
        Resolved answers; those on units that are not in the table are left out.
    codebook
        The study's codebook.
    dimensions
        Ids of the dimensions to take; all that have gold if None.
    source
        Where it came from, for messages.
    leave_out
        Ids of units that must not be trained on: the study's test part.
    votes
        Weight each answer by its probability.
    weak
        Labels of a language model for units without gold.

    Raises
    ------
    InputError
        No gold answer lies on any of the units.
    UnknownLabelError
        A gold answer has a label that the codebook does not have.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, add, load_units
    >>> from standfirst.labels import Gold, load_codebook, ready_codebooks
    >>> from standfirst.models import from_study
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder), [Article("a1", "Talks", "Talks resume. The minister left.")]
    ...     )
    ...     units = load_units(Path(folder))
    ...     gold = [
    ...         Gold(unit, "position", ("neither",), "single") for unit in units["unit_id"]
    ...     ]
    ...     codebook = load_codebook(ready_codebooks()["transfer-deals"])
    ...     from_study(units, gold, codebook, ["position"]).texts
    ('Talks resume.', 'The minister left.')
    """
    every = (dimension.id for dimension in codebook.dimensions)
    wanted = tuple(dict.fromkeys(dimensions or every))
    by_name = {name: find_dimension(codebook, name) for name in wanted}
    answers: dict[str, dict[str, Answer]] = {}
    sure: dict[tuple[str, str], float] = {}
    rows_of_gold = list(gold)
    for row in rows_of_gold:
        if row.dimension in by_name and row.unit_id not in leave_out:
            where = f"{source}: unit {row.unit_id}"
            known = known_answer(tuple(row.labels), by_name[row.dimension], where)
            answers.setdefault(row.unit_id, {})[row.dimension] = known
            sure[row.unit_id, row.dimension] = 1.0 if row.probability is None else row.probability
    by_people = set(answers)
    asked = {name for given in answers.values() for name in given}
    for name, labels_of in (weak.answers if weak is not None else {}).items():
        # Where people have coded a unit, what a model says of it counts for nothing.
        for unit, labels in labels_of.items() if name in asked else ():
            if unit not in by_people and unit not in leave_out:
                known = known_answer(labels, by_name[name], f"{source}: unit {unit}")
                answers.setdefault(unit, {})[name] = known
    table = units if isinstance(units, pa.Table) else units.with_format("arrow")[:]
    ids = table.column("unit_id").to_pylist() if len(table) else []
    rows = [row for row, unit_id in enumerate(ids) if unit_id in answers]
    closed = [row for row, unit_id in enumerate(ids) if unit_id in leave_out]
    if not rows:
        raise InputError(source, "no gold answer on any unit", "run: standfirst labels gold")
    taken = table.take(rows).to_pylist()
    texts = tuple(row["text"] for row in taken)
    # Gold of a dimension that nobody was asked about is no reason to refuse the others.
    present = [name for name in wanted if any(name in answers[row["unit_id"]] for row in taken)]
    if dimensions is not None and (absent := sorted(set(wanted) - set(present))):
        raise InputError(source, f"no gold answer on {absent[0]!r}", "code it, or leave it out")
    apart = np.array([row["unit_id"] not in by_people for row in taken], bool)
    rows_weak, weights = None, None
    if weak is not None and apart.any():
        people = from_study(
            units,
            rows_of_gold,
            codebook,
            dimensions,
            source=source,
            leave_out=leave_out,
            votes=votes,
        )
        rows_weak = Weak(apart, weak.coder, weak.weight, people.fingerprint)
    if votes or rows_weak is not None:
        less = weak.weight if weak is not None else 1.0
        weights = {
            name: normalised(
                [
                    (sure.get((row["unit_id"], name), 1.0) if votes else 1.0)
                    * (less if by_machine else 1.0)
                    for row, by_machine in zip(taken, apart.tolist(), strict=True)
                ]
            )
            for name in present
        }
    return TrainingSet(
        source,
        codebook,
        texts,
        {name: tuple(answers[row["unit_id"]].get(name) for row in taken) for name in present},
        join_groups(texts, [row["cluster"] or row["article_id"] for row in taken]),
        "article",
        {name: tuple(row[name] for row in taken) for name in ("before", "after", "title")},
        weights,
        rows_weak,
        hash_texts(table["text"].take(pa.array(closed, pa.int64())).to_pylist()),
    )


def check_rows(data: object) -> None:
    """Refuse what is no training set.

    Raises
    ------
    InputError
        It is a path or a table, which must be read first.
    """
    if not isinstance(data, TrainingSet):
        remedy = "read a file with from_file, and a table in memory with from_rows"
        raise InputError("the labelled rows", f"are a {type(data).__name__}", remedy)


def find_dimension(codebook: Codebook, name: str) -> Dimension:
    """Return the dimension of a codebook by its id."""
    for dimension in codebook.dimensions:
        if dimension.id == name:
            return dimension
    known = [dimension.id for dimension in codebook.dimensions]
    raise UnknownNameError(f"dimension of codebook {codebook.id}:", name, known)


def known_answer(answer: Answer, dimension: Dimension, where: str) -> Answer:
    """Return the ids of labels, which may be given by id or by name, in the codebook's order."""
    if answer is None:
        return None
    ids = dimension.label_ids
    names = {label.name: label.id for label in dimension.labels}
    known = []
    for label in answer:
        if label not in ids and label not in names:
            raise UnknownLabelError(label, ids, where)
        known.append(label if label in ids else names[label])
    if dimension.choice == "single" and len(known) != 1:
        problem = f"{dimension.id} has {len(known)} labels, but is single choice"
        raise InputError(where, problem, "keep one, or make the dimension multiple choice")
    return dimension.compatible(tuple(label for label in ids if label in known))
