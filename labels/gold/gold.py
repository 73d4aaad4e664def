"""Gold: one answer for each unit and dimension, and how it came about.

An adjudicator's decision comes first; then an answer that all coders gave; then the rule for the
rest: majority, or Dawid and Skene's model. Where the rule has no winner the unit is tied, and a
person decides: `ties` lists those units, and `resolve` leaves them out, because an answer that
depends on the alphabet is no answer. In multiple choice each label is a question of its own, and
the unit is tied if one label is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...errors import UnknownNameError
from ...files import write_jsonl
from ..annotations.annotation import Annotation, current, is_decision, read_rows, readings
from ..annotations.empty_answers import settle
from ..codebook.codebook import Codebook, Dimension
from ..reliability.ratings import Ratings, rate
from .rules import RULES, Positions, Rule, majority, probability, winner

__all__ = ["RULES", "Gold", "read_gold", "resolve", "ties", "write_gold"]


@dataclass(frozen=True, slots=True)
class Gold:
    """The resolved answer on one unit and dimension.

    Examples
    --------
    >>> from standfirst.labels import Gold
    >>> answer = Gold(
    ...     "u1", "stance", ("against",), "majority", 0.67, (("for", 1), ("against", 2)), 3
    ... )
    >>> answer.labels, answer.n_coders
    (('against',), 3)
    """

    unit_id: str
    """The unit."""
    dimension: str
    """Id of the dimension."""
    labels: tuple[str, ...]
    """Ids of the labels that hold, in the codebook's order; empty where none applies."""
    rule: Rule
    """How it was resolved."""
    probability: float | None = None
    """By Dawid-Skene, of this answer; else the share of coders who gave it; None for one coder."""
    votes: tuple[tuple[str, int], ...] = ()
    """How many coders chose each label, in the codebook's order; labels without a vote left out."""
    n_coders: int = 0
    """Coders who answered, adjudicators not counted."""
    article_id: str = ""
    """The unit's article."""
    revision: str = ""
    """Revision of the codebook by which it was resolved."""


def resolve(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    rule: str = "majority",
    adjudicators: Collection[str] = (),
    least: float = 0.0,
) -> list[Gold]:
    """Resolve the answers on each unit and dimension.

    Parameters
    ----------
    annotations
        All annotations; superseded, skipped and open ones are set aside, and so are answers to a
        question whose condition did not hold, and those of language models.
    codebook
        What was coded.
    rule
        What decides where coders differ: a name of `RULES`.
    adjudicators
        Coders whose answer decides. Answers of a round whose name begins with ``adjudication`` do,
        too.
    least
        The rule resolves only with at least this share or probability; all else is tied.

    Returns
    -------
    What is resolved, in the order of units within the codebook's dimensions; ties are left out.

    Raises
    ------
    UnknownNameError
        There is no such rule.

    Examples
    --------
    >>> from ..codebook.codebook import Label
    >>> book = Codebook(
    ...     "b", "t", "1", (Dimension("stance", "?", (Label("for", "For"), Label("no", "No"))),)
    ... )
    >>> answers = [("u1", "ann", "no"), ("u1", "bo", "no"), ("u1", "cy", "for"),
    ...            ("u2", "ann", "no"), ("u2", "bo", "for")]
    >>> rows = [Annotation(unit, coder, "stance", (label,)) for unit, coder, label in answers]
    >>> [(gold.unit_id, gold.labels, gold.rule, gold.votes) for gold in resolve(rows, book)]
    [('u1', ('no',), 'majority', (('for', 1), ('no', 2)))]
    >>> [gold.unit_id for gold in ties(rows, book)]
    ['u2']
    """
    resolved = _all(annotations, codebook, rule, adjudicators, least)
    return [gold for gold in resolved if gold.rule != "tied"]


def ties(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    *,
    rule: str = "majority",
    adjudicators: Collection[str] = (),
    least: float = 0.0,
) -> list[Gold]:
    """Return what `resolve` leaves to adjudication: rows without labels, with the votes.

    Examples
    --------
    >>> from standfirst.labels import Annotation, infer_from_annotations, ties
    >>> rows = [
    ...     Annotation("u1", who, "tone", (label,))
    ...     for who, label in (("ann", "warm"), ("bo", "cold"))
    ... ]
    >>> [(row.unit_id, row.votes) for row in ties(rows, infer_from_annotations(rows))]
    [('u1', (('cold', 1), ('warm', 1)))]
    """
    resolved = _all(annotations, codebook, rule, adjudicators, least)
    return [gold for gold in resolved if gold.rule == "tied"]


def read_gold(path: Path) -> list[Gold]:
    """Read gold, in the order of the file.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A line is not gold; the message names file, line and field.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Gold, read_gold, write_gold
    >>> with TemporaryDirectory() as folder:
    ...     write_gold(
    ...         Path(folder) / "gold.jsonl", [Gold("u1", "tone", ("warm",), "single")]
    ...     )
    ...     [row.labels for row in read_gold(Path(folder) / "gold.jsonl")]
    [('warm',)]
    """
    return read_rows(path, Gold)


def write_gold(path: Path, gold: Iterable[Gold]) -> None:
    """Write gold, sorted by unit and dimension, one JSON object a line, whole or not at all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import Gold, write_gold
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "gold.jsonl"
    ...     write_gold(
    ...         path, [Gold(unit, "tone", ("warm",), "single") for unit in ("u2", "u1")]
    ...     )
    ...     [line[:15] for line in path.read_text().splitlines()]
    ['{"unit_id": "u1', '{"unit_id": "u2']
    """
    rows = sorted(gold, key=lambda row: (row.unit_id, row.dimension))
    write_jsonl(path, (asdict(row) for row in rows))


def _all(
    annotations: Iterable[Annotation],
    codebook: Codebook,
    wanted: str,
    adjudicators: Collection[str],
    least: float,
) -> Iterator[Gold]:
    rule = next((name for name in RULES if name == wanted), None)
    if rule is None:
        raise UnknownNameError("rule", wanted, list(RULES))
    rows = settle(annotations, codebook).annotations
    decided = _by_dimension(row for row in rows if is_decision(row, adjudicators))
    coded = _by_dimension(readings(rows, adjudicators))
    for dimension in codebook.dimensions:
        final = _decisions(decided.get(dimension.id, ()), dimension)
        ratings = rate(coded.get(dimension.id, ()), dimension)
        for gold in _dimension(ratings, rule, least, codebook.revision):
            ruling = final.pop(gold.unit_id, None)
            yield gold if ruling is None else _adjudicated(ruling, codebook.revision, gold)
        for ruling in final.values():
            yield _adjudicated(ruling, codebook.revision, None)


def _by_dimension(rows: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    grouped: dict[str, list[Annotation]] = {}
    for row in rows:
        grouped.setdefault(row.dimension, []).append(row)
    return grouped


def _decisions(rows: Iterable[Annotation], dimension: Dimension) -> dict[str, Annotation]:
    """Return the latest decision on each unit, whoever took it."""
    latest = sorted(current(rows), key=lambda row: row.created)
    multiple = dimension.choice == "multiple"
    return {
        row.unit_id: row for row in latest if row.status == "answered" and (row.labels or multiple)
    }


def _adjudicated(ruling: Annotation, revision: str, before: Gold | None) -> Gold:
    return Gold(
        unit_id=ruling.unit_id,
        dimension=ruling.dimension,
        labels=ruling.labels,
        rule="adjudicated",
        votes=before.votes if before else (),
        n_coders=before.n_coders if before else 0,
        article_id=ruling.article_id or (before.article_id if before else ""),
        revision=revision,
    )


def _dimension(ratings: Ratings, rule: Rule, least: float, revision: str) -> Iterator[Gold]:
    if not len(ratings.value):
        return
    shares, votes = RULES[rule](ratings), majority(ratings)
    counted = votes * ratings.n_per_unit[:, None]
    values: list[Counter[int]] = [Counter() for _ in ratings.units]
    for unit, value in zip(ratings.unit.tolist(), ratings.value.tolist(), strict=True):
        values[unit][value] += 1
    names = ratings.dimension.label_ids
    for unit, answers in enumerate(values):
        n_coders = answers.total()
        how: Rule = "tied"
        sure: float | None = None
        held: Positions = np.zeros(0, np.int64)
        if len(answers) == 1:
            held = np.flatnonzero(ratings.members[next(iter(answers))])
            how = "unanimous" if n_coders > 1 else "single"
            sure = None if n_coders == 1 else probability(shares[unit], held, ratings)
        elif (won := winner(shares[unit], ratings)) is not None:
            sure = probability(shares[unit], won, ratings)
            if sure >= least:
                held, how = won, rule
            if how == "majority-dawid-skene":
                even = winner(votes[unit], ratings) is None
                how = "dawid-skene" if even else "majority"
        yield Gold(
            unit_id=ratings.units[unit],
            dimension=ratings.dimension.id,
            labels=tuple(names[i] for i in held),
            rule=how,
            probability=sure,
            votes=tuple((names[i], round(n)) for i, n in enumerate(counted[unit]) if n),
            n_coders=n_coders,
            article_id=ratings.articles[ratings.article[unit]],
            revision=revision,
        )
