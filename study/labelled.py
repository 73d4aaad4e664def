"""The labelled rows of a study: its units with gold, without the test part and its articles."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RevisionError, StudyError
from .contents import codebook_of, gold_of

if TYPE_CHECKING:
    from ..labels import Codebook
    from ..models import Model, TrainingSet
    from ..models.labelled.training_set import WeakLabels
    from .folder import StudyFolder

__all__ = ["labelled_rows", "rows_of_test_part"]


def labelled_rows(
    study: "StudyFolder",
    dimensions: Sequence[str] | None = None,
    *,
    codebook: Path | None = None,
    votes: bool = False,
    coder: str | None = None,
    weak_weight: float = 0.2,
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
    coder
        A language model whose answers on units without gold teach as well; its name as
        `language_models.answers_of` takes it.
    weak_weight
        What a row of its answers weighs beside one that people coded.

    Returns
    -------
    The rows, and the number of units that are left out for the test part.

    Raises
    ------
    StudyError
        Nothing was resolved yet, or no such language model has answered.
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
        weak=None if coder is None else _weak(study, book, coder, weak_weight),
    )
    return rows, len(aside)


def rows_of_test_part(
    study: "StudyFolder", model: "Model", dimensions: Sequence[str] | None = None
) -> "TrainingSet":
    """Gather the gold answers on the test part of a study, on which a model can be scored.

    Parameters
    ----------
    study
        The study.
    model
        The model; what it was not trained on needs no answer.
    dimensions
        Ids of the dimensions; all if None.

    Raises
    ------
    RevisionError
        The model is of another revision of the codebook.
    StudyError
        There is no test part, or none of it has gold.
    """
    from ..annotate.design.sampling import read_design
    from ..corpus import load_units
    from ..models import from_study

    book = codebook_of(study)
    if book.revision != model.codebook.revision:
        problem = f"is of revision {book.revision}, the model of {model.codebook.revision}"
        remedy = "see what changed: standfirst labels diff MODEL/codebook.yaml codebook.yaml"
        raise RevisionError(study.codebook_path, problem, remedy)
    test = {row.unit_id for row in read_design(study.design) if row.part == "test"}
    if not test:
        problem = "has no test part"
        raise StudyError(study.root, problem, "name labelled rows with --data, or draw one: --test")
    coded = [row for row in gold_of(study, book) if row.unit_id in test]
    if not coded:
        problem = f"no gold answer on the {len(test)} units of the test part"
        raise StudyError(study.root, problem, "code them, then run: standfirst labels gold")
    known = [row for row in coded if row.dimension in model.heads]
    names = list(dimensions) if dimensions else None
    return from_study(
        load_units(study.corpus), known, model.codebook, names, source=str(study.gold)
    )


def _weak(study: "StudyFolder", codebook: "Codebook", coder: str, weight: float) -> "WeakLabels":
    from ..models.labelled.training_set import WeakLabels
    from .language_models import answers_of, labels_by_unit

    given = answers_of(study, coder)
    return WeakLabels(given.coder, labels_by_unit(given, codebook), weight)
