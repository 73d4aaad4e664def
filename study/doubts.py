"""The gold of a study that its model doubts most, outside the test part."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StudyError
from .contents import codebook_of, gold_of, units_of
from .inputs import corpus_tags
from .measuring import facts_of, learned_units, model_of

if TYPE_CHECKING:
    from ..measure.checks.doubts import Doubts
    from .folder import StudyFolder

__all__ = ["doubts_of"]


def doubts_of(
    study: "StudyFolder",
    tags: Path | None = None,
    *,
    model: Path | None = None,
    dimensions: Sequence[str] | None = None,
    most: int | None = None,
) -> "Doubts":
    """Rank the study's gold by how far its model doubts it.

    The test part and its clusters are left out: gold that is looked at again where a model errs
    would flatter that model's score.

    Parameters
    ----------
    study
        The study.
    tags
        What `tag` wrote; the tags of the study's corpus if None.
    model
        The model that wrote them; found by its version if None.
    dimensions
        Ids of the dimensions; all that every unit was asked about if None.
    most
        How many to give; all if None.
    """
    from ..annotate.design.plan import read_design
    from ..annotate.design.test_part import closed_units
    from ..measure.checks.doubts import rank_doubts

    gold = gold_of(study, codebook_of(study))
    if not gold:
        raise StudyError(study.root, "has no gold yet", "run: standfirst labels gold")
    table = corpus_tags(study, tags, dimensions=dimensions)
    units = units_of(study, ["unit_id", "article_id", "cluster", "text"])
    shut = closed_units(units, read_design(study.design))
    folder = model or next((p for v in table.models if (p := model_of(study, v))), None)
    return rank_doubts(
        table,
        [row for row in gold if row.unit_id not in shut],
        learned=None if folder is None else learned_units(facts_of(folder), units),
        texts={str(unit["unit_id"]): str(unit["text"]) for unit in units},
        most=most,
    )
