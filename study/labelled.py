"""The labelled rows of a study: its units with gold, without the test part and its articles."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StudyError
from .contents import gold_of

if TYPE_CHECKING:
    from ..models import TrainingSet
    from .folder import Study

__all__ = ["labelled_rows"]


def labelled_rows(
    study: "Study",
    dimensions: Sequence[str] | None = None,
    *,
    codebook: Path | None = None,
    votes: bool = False,
) -> "tuple[TrainingSet, int]":
    """Read what a model may learn from.

    The test part tells how good a model is: what learned from it, or from the articles that it
    stands in, could not be asked.

    Parameters
    ----------
    study
        The study.
    dimensions
        Ids of the dimensions; all if None.
    codebook
        The file of the codebook, if it is not the study's.
    votes
        Whether rows are weighted by how many coders agree.

    Returns
    -------
    The rows, and the number of units that are left out for the test part.

    Raises
    ------
    StudyError
        Nothing was resolved yet.
    """
    from ..annotate.design.sampling import closed_units, read_design
    from ..corpus.storing.store import units_table
    from ..labels import load_codebook
    from ..models import from_study

    if not study.gold.is_file():
        raise StudyError(study.root, "has no gold yet", "run: standfirst labels gold")
    book = load_codebook(codebook or study.codebook_path)
    units = units_table(study.corpus)
    known = units.select(["unit_id", "article_id", "cluster"]).to_pylist()
    aside = closed_units(known, read_design(study.design))
    rows = from_study(
        units,
        gold_of(study, book),
        book,
        list(dimensions) if dimensions else None,
        source=str(study.gold),
        leave_out=aside,
        votes=votes,
    )
    return rows, len(aside)
