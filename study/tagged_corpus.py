"""A study's own corpus as measuring takes it: tags, gold, design, and what the model has seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RevisionError, StudyError, UnknownNameError
from .contents import annotations_of, codebook_of, gold_of, units_of
from .measuring import blind_gold, facts_of, learned_units, model_of, tags_of

if TYPE_CHECKING:
    from ..annotate.design.plan import Drawn
    from ..labels import Codebook, Gold
    from ..measure.inputs.tagged import Tags
    from .folder import Study

__all__ = ["TaggedCorpus", "corpus_tags", "tagged_corpus"]

_COLUMNS = ["unit_id", "text", "outlet", "published", "language", "article_id", "cluster"]


@dataclass(frozen=True, slots=True)
class TaggedCorpus:
    """All that shares of a study's corpus are estimated from."""

    tags: "Tags"
    """The tags of all units."""
    gold: "tuple[Gold, ...]"
    """The resolved answers on the dimensions that were tagged."""
    design: "tuple[Drawn, ...]"
    """How units were drawn."""
    learned: frozenset[str] | None
    """Units that the model has learned from; None where the model is gone."""
    units: tuple[dict[str, Any], ...]
    """The units."""
    codebook: "Codebook"
    """What was coded."""
    model: Path | None
    """The model that wrote the tags; None where it is gone."""


def tagged_corpus(
    place: "Study",
    tags: Path | None = None,
    *,
    model: Path | None = None,
    dimensions: Sequence[str] | None = None,
    columns: Sequence[str] = (),
) -> TaggedCorpus:
    """Read the tags of a study's corpus with all that is needed to correct them.

    Parameters
    ----------
    place
        The study.
    tags
        What `tag` wrote; the tags of the study's corpus if None.
    model
        The model that wrote them; found by its version if None.
    dimensions
        Ids of the dimensions; all that every unit was asked about if None.
    columns
        Further columns of the tags.

    Raises
    ------
    StudyError
        Nothing was drawn or resolved yet, or there are no tags of the corpus.
    RevisionError
        The model or the gold is of another revision of the codebook.
    UnknownNameError
        The codebook has no such dimension.
    """
    from ..annotate.design.plan import read_design

    design = read_design(place.design)
    if not design:
        problem = "nothing was drawn, so that gold stands for nothing"
        raise StudyError(place.root, problem, "draw: standfirst annotate sample 200")
    codebook = codebook_of(place)
    gold = gold_of(place, codebook)
    if not gold:
        raise StudyError(place.root, "has no gold yet", "run: standfirst labels gold")
    units = units_of(place, _COLUMNS)
    path = tags or tags_of(place, [str(unit["unit_id"]) for unit in units])
    table = corpus_tags(place, path, dimensions=dimensions, columns=columns)
    folder = model or next((p for v in table.models if (p := model_of(place, v))), None)
    learned = None
    if folder is not None:
        facts = facts_of(folder)
        if facts.revision != codebook.revision:
            problem = (
                f"was tagged by revision {facts.revision}; the codebook is {codebook.revision}"
            )
            raise RevisionError(path, problem, "train and tag again")
        learned = frozenset(learned_units(facts, units))
    tagged = [row for row in gold if row.dimension in table.dimensions]
    answers = tuple(blind_gold(tagged, annotations_of(place))[0])
    return TaggedCorpus(table, answers, tuple(design), learned, tuple(units), codebook, folder)


def corpus_tags(
    place: "Study",
    tags: Path | None = None,
    *,
    dimensions: Sequence[str] | None = None,
    columns: Sequence[str] = (),
) -> "Tags":
    """Read the tags of a study's corpus alone; parameters and errors as `tagged_corpus`."""
    from ..measure.inputs.tagged import dimensions_of, read_tags

    codebook = codebook_of(place)
    labels = {one.id: one.label_ids for one in codebook.dimensions}
    for name in dimensions or ():
        if name not in labels:
            raise UnknownNameError("dimension of the codebook:", name, list(labels))
    asked = dimensions or [one.id for one in codebook.dimensions if one.when is None]
    if tags is None:
        tags = tags_of(place, [str(unit["unit_id"]) for unit in units_of(place, ["unit_id"])])
    only = [name for name in dimensions_of(tags) if name in asked]
    return read_tags(tags, labels=labels, only=only, columns=columns)
