"""Which gold answers the model doubts most: those first on which an error is most likely.

A unit is ranked by one minus the probability that the model gives to the answer it was resolved to,
where the model did not learn from that unit. More elaborate scores of label errors rank no
differently in our sets. A high rank is a question, and no verdict: where one coder's answers stood
for gold, of which 22 % differed from what four others said, so did 80 % of the first 50 in the
ranking, 73 % of the first 200 and 58 % of the first 500. In the others it was the model that erred.

References
----------
Northcutt, C., Jiang, L. & Chuang, I. (2021). Confident learning: estimating uncertainty in dataset
labels. Journal of Artificial Intelligence Research 70 (self-confidence as a score).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...errors import InputError, LeakError, UnknownLabelError
from ...labels.gold.gold import Gold
from ..estimates.results import Tidy, columns
from ..inputs.tagged import TaggedDimension, Tags

__all__ = ["Doubt", "Doubts", "rank_doubts"]

_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Doubt:
    """A gold answer, and how far the model doubts it."""

    unit_id: str
    """The unit."""
    dimension: str
    """Id of the dimension."""
    gold: tuple[str, ...]
    """The labels that it was resolved to."""
    model: tuple[str, ...]
    """The labels that the model would give, had it not learned from the unit."""
    doubt: float
    """One minus the probability of the gold answer; in a multiple choice, of the least likely part
    of it."""
    rule: str
    """How the gold was resolved."""
    text: str = ""
    """The unit's text, where it is known."""


@dataclass(frozen=True, slots=True, repr=False)
class Doubts(Tidy):
    """Gold answers, the most doubted first.

    Examples
    --------
    >>> from standfirst.measure import Doubts
    >>> Doubts((), n_gold=12).n_gold
    12
    """

    doubts: tuple[Doubt, ...]
    """One for each unit and dimension."""
    n_gold: int
    """Gold answers that were ranked."""
    notes: tuple[str, ...] = ()
    """What should be known when it is read."""

    def __repr__(self) -> str:
        rows = [["doubt", "unit", "dimension", "gold", "model", "text"]]
        for doubt in self.doubts:
            gold, model = (" + ".join(labels) or "(none)" for labels in (doubt.gold, doubt.model))
            text = doubt.text if len(doubt.text) <= _WIDTH else doubt.text[: _WIDTH - 1] + "…"
            text = " ".join(text.split())
            rows.append([f"{doubt.doubt:.3f}", doubt.unit_id, doubt.dimension, gold, model, text])
        return "\n".join([*columns(rows, indent=""), *(f"note: {note}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        doubts = [asdict(doubt) for doubt in self.doubts]
        return {"n_gold": self.n_gold, "doubts": doubts, "notes": list(self.notes)}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give a tidy table: one row for each answer, several labels joined by ``|``."""
        for doubt in self.doubts:
            yield asdict(doubt) | {"gold": "|".join(doubt.gold), "model": "|".join(doubt.model)}


def rank_doubts(
    tags: Tags,
    gold: Iterable[Gold],
    *,
    learned: Collection[str] | None = None,
    texts: Mapping[str, str] | None = None,
    most: int | None = None,
) -> Doubts:
    """Rank gold answers by how far the model doubts them.

    Parameters
    ----------
    tags
        Tags of the units.
    gold
        Resolved answers. What an adjudicator decided is left out: it was looked at already.
    learned
        Ids of the units that the model has learned from; None where nobody knows. Without
        cross-predictions these cannot be ranked: the model has them by heart.
    texts
        Texts by unit, for the table.
    most
        How many to give; all if None.

    Raises
    ------
    InputError
        No gold answer is on a tagged unit.
    LeakError
        The model has learned from all of them, and the tags hold no cross-predictions.
    UnknownLabelError
        The gold has a label that the tags do not have.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Gold
    >>> from standfirst.measure import rank_doubts, read_tags
    >>> row = {"unit_id": "u1", "stance": "for", "stance_prob": [0.75, 0.25]}
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tags.jsonl"
    ...     _ = path.write_text(json.dumps(row))
    ...     tags = read_tags(path, labels={"stance": ["for", "no"]})
    >>> doubts = rank_doubts(tags, [Gold("u1", "stance", ("no",), "single")]).doubts
    >>> [(row.gold, row.doubt) for row in doubts]
    [(('no',), 0.75)]
    """
    made: list[Doubt] = []
    notes: dict[str, None] = {}
    n_learned = 0
    by_name: dict[str, list[Gold]] = {}
    for row in gold:
        if row.dimension in tags.dimensions and row.rule != "adjudicated":
            by_name.setdefault(row.dimension, []).append(row)
    for name, answers in by_name.items():
        dimension = tags.dimensions[name]
        if not dimension.crossed and learned is None:
            notes[
                "whether the model learned from this gold is not known, and if so it doubts too "
                "little; name the model with --model"
            ] = None
        for answer, index in zip(answers, tags.rows_of([a.unit_id for a in answers]), strict=True):
            if index < 0:
                continue
            if not dimension.crossed and answer.unit_id in (learned or ()):
                n_learned += 1
                continue
            made.append(
                _doubt(dimension, answer, int(index), (texts or {}).get(answer.unit_id, ""))
            )
    if not made:
        if n_learned:
            problem = f"the model learned from all {n_learned} gold answers"
            remedy = "train and tag again, so that the tags hold NAME_cross"
            raise LeakError(tags.where, problem, remedy)
        raise InputError(tags.where, "no gold on its units", "code some of them, or tag others")
    if n_learned:
        notes[f"{n_learned} answers that the model learned from are left out"] = None
    made.sort(key=lambda doubt: (-doubt.doubt, doubt.unit_id, doubt.dimension))
    return Doubts(tuple(made[:most]), len(made), tuple(notes))


def _doubt(dimension: TaggedDimension, answer: Gold, index: int, text: str) -> Doubt:
    strange = next((label for label in answer.labels if label not in dimension.labels), None)
    if strange is not None:
        where = f"gold of unit {answer.unit_id}, {dimension.name}"
        raise UnknownLabelError(strange, dimension.labels, where)
    p = dimension.probabilities[index].astype(np.float64)
    holds = np.array([label in answer.labels for label in dimension.labels])
    likely = np.where(holds, p, 1 - p)
    doubt = 1 - (likely.min() if dimension.multiple else p[holds].sum())
    given = np.flatnonzero(p >= 0.5) if dimension.multiple else [int(p.argmax())]
    model = tuple(dimension.labels[k] for k in given)
    return Doubt(
        answer.unit_id, dimension.name, answer.labels, model, float(doubt), answer.rule, text
    )
