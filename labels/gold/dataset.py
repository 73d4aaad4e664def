"""Gold as a `datasets.Dataset`: one row a unit, and for each dimension how it was answered.

Labels are `ClassLabel` in the codebook's order, as in the table of annotations.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..codebook.codebook import Codebook
from .gold import Gold

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["gold_dataset"]


def gold_dataset(gold: Iterable[Gold], codebook: Codebook) -> "Dataset":
    """Lay the resolved answers out, in the order in which their units come first.

    Parameters
    ----------
    gold
        Resolved answers.
    codebook
        What was coded; its dimensions become columns.

    Returns
    -------
    Columns `unit_id` and `article_id`, and for each dimension NAME its label (a list of them in
    multiple choice; None where nothing is resolved), NAME_rule, by which it was, and
    NAME_probability.

    Raises
    ------
    UnknownNameError
        A dimension or label is not in the codebook.

    Examples
    --------
    >>> from ..codebook.codebook import Dimension, Label
    >>> labels = (Label("for", "For"), Label("no", "No"))
    >>> book = Codebook("b", "t", "1", (Dimension("stance", "?", labels),))
    >>> table = gold_dataset([Gold("u1", "stance", ("no",), "majority", 2 / 3)], book)
    >>> table["stance"][0], table.features["stance"].names, table["stance_rule"][0]
    (1, ['for', 'no'], 'majority')
    """
    from datasets import ClassLabel, Dataset, Features, List, Value

    features: dict[str, Any] = {"unit_id": Value("string"), "article_id": Value("string")}
    for dimension in codebook.dimensions:
        kind = ClassLabel(names=list(dimension.label_ids))
        features[dimension.id] = kind if dimension.choice == "single" else List(kind)
        features[f"{dimension.id}_rule"] = Value("string")
        features[f"{dimension.id}_probability"] = Value("float64")
    lines: dict[str, dict[str, Any]] = {}
    for row in gold:
        dimension = codebook.dimension(row.dimension)
        line = lines.setdefault(row.unit_id, dict.fromkeys(features))
        line["unit_id"], line["article_id"] = row.unit_id, row.article_id
        chosen = [dimension.label_ids.index(dimension.label(one).id) for one in row.labels]
        several = dimension.choice == "multiple"
        line[dimension.id] = chosen if several else next(iter(chosen), None)
        line[f"{dimension.id}_rule"] = row.rule
        line[f"{dimension.id}_probability"] = row.probability
    columns = {name: [line[name] for line in lines.values()] for name in features}
    return Dataset.from_dict(columns, features=Features(features))
