"""Annotations as a `datasets.Dataset`: one row a coder and unit, one column a dimension.

Labels are `ClassLabel` in the codebook's order (a list of them in multiple choice), so that the
numbers mean the same in every table that is made by the same codebook.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..codebook.codebook import Codebook
from .annotation import Annotation, check_annotations, current
from .empty_answers import settle

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["annotations_dataset"]

_PLAIN = ("unit_id", "article_id", "coder", "round", "created", "revision", "speaker_name")


def annotations_dataset(annotations: Iterable[Annotation], codebook: Codebook) -> "Dataset":
    """Lay the current answers out, in the order of units and coders.

    Parameters
    ----------
    annotations
        All annotations; of each coder, unit and dimension the latest counts.
    codebook
        What was coded; its dimensions become columns.

    Returns
    -------
    Columns `unit_id`, `article_id`, `coder`, `round`, `created` (of the last answer), `revision`
    and `speaker_name`, and one for each dimension: None where the coder gave no answer
    or was not asked, an empty list where none of several labels applies.

    Raises
    ------
    UnknownNameError, UnknownLabelError, InputError
        An annotation does not fit the codebook.

    Examples
    --------
    >>> from ..codebook.codebook import Dimension, Label
    >>> labels = (Label("for", "For"), Label("no", "No"))
    >>> book = Codebook("b", "t", "1", (Dimension("stance", "?", labels),))
    >>> table = annotations_dataset([Annotation("u1", "ann", "stance", ("no",))], book)
    >>> table["stance"][0], table.features["stance"].names
    (1, ['for', 'no'])
    """
    from datasets import ClassLabel, Dataset, Features, List, Value

    rows = list(annotations)
    check_annotations(rows, codebook)
    names = [dimension.id for dimension in codebook.dimensions]
    features: dict[str, Any] = {name: Value("string") for name in _PLAIN}
    for dimension in codebook.dimensions:
        kind = ClassLabel(names=list(dimension.label_ids))
        features[dimension.id] = kind if dimension.choice == "single" else List(kind)
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for row in current(settle(rows, codebook).annotations):
        key = (row.unit_id, row.coder)
        line = lines.setdefault(key, dict.fromkeys(names))
        if row.created >= line.get("created", ""):
            line |= {name: getattr(row, name) for name in _PLAIN}
        if row.status == "answered":
            dimension = codebook.dimension(row.dimension)
            chosen = [dimension.label_ids.index(label) for label in row.labels]
            several = dimension.choice == "multiple"
            line[row.dimension] = chosen if several else next(iter(chosen), None)
    kept = [lines[key] for key in sorted(lines)]
    columns = {name: [line[name] for line in kept] for name in features}
    return Dataset.from_dict(columns, features=Features(features))
