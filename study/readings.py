"""What coders said, with the tags of the same units: of a study, or of files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StudyError, UnknownNameError
from .contents import annotations_of, codebook_of, units_of
from .inputs import corpus_tags
from .measuring import facts_of, learned_units, model_of

if TYPE_CHECKING:
    from ..labels import Annotation, Codebook
    from ..measure.inputs.tagged import Tags
    from .folder import StudyFolder

__all__ = ["Readings", "readings_of_file", "readings_of_study"]


@dataclass(frozen=True, slots=True)
class Readings:
    """Answers of coders, and of a model."""

    annotations: "tuple[Annotation, ...]"
    """What coders said."""
    codebook: "Codebook"
    """What was coded."""
    tags: "Tags"
    """What the model said."""
    learned: frozenset[str] | None
    """Units that the model has learned from; None where nobody knows."""


def readings_of_study(
    study: "StudyFolder",
    tags: Path | None = None,
    *,
    model: Path | None = None,
    dimensions: Sequence[str] | None = None,
) -> Readings:
    """Read a study's annotations, and the tags of its corpus.

    Raises
    ------
    StudyError
        Nothing was coded, or there are no tags of the corpus.
    """
    said = annotations_of(study)
    if not said:
        raise StudyError(study.root, "has no annotations yet", "run: standfirst annotate pull")
    table = corpus_tags(study, tags, dimensions=dimensions)
    folder = model or next((p for v in table.models if (p := model_of(study, v))), None)
    learned = None
    if folder is not None:
        learned = frozenset(learned_units(facts_of(folder), units_of(study, ["unit_id", "text"])))
    return Readings(tuple(said), codebook_of(study), table, learned)


def readings_of_file(
    coded: Path,
    tags: Path,
    *,
    model: Path | None = None,
    dimensions: Sequence[str] | None = None,
    missing: Collection[str] = (),
) -> Readings:
    """Read a table of answers, and tags.

    Parameters
    ----------
    coded
        JSON Lines of annotations, or a table of unit, coder, dimension, label.
    tags
        What `tag` wrote.
    model
        The model that wrote the tags, so that units it has learned from can be left out.
    dimensions
        Ids of the dimensions; all that are coded and tagged if None.
    missing
        Spellings of no answer in the table.

    Raises
    ------
    UnknownNameError
        A dimension is not coded and tagged.
    """
    from ..labels import infer_from_annotations, read_annotations, read_coded
    from ..measure.inputs.tagged import dimensions_of, read_tags

    if coded.suffix.lower() == ".jsonl":
        said = read_annotations(coded)
    else:
        said = read_coded(coded, missing=missing)
    facts = None if model is None else facts_of(model)
    tagged, in_file = dimensions_of(tags), {row.dimension for row in said}
    both = [name for name in tagged if name in in_file]
    for name in dimensions or ():
        if name not in both:
            raise UnknownNameError("dimension that is coded and tagged:", name, both)
    wanted = list(dimensions or both)
    said = [row for row in said if row.dimension in wanted]
    seen: dict[str, set[str]] = {name: set() for name in wanted}
    for row in said:
        seen[row.dimension].update(row.labels)
    table = read_tags(
        tags,
        labels=None if facts is None else facts.labels,
        seen={name: sorted(labels) for name, labels in seen.items()},
        only=wanted,
        columns=["text"] if facts else [],
    )
    learned = None
    if facts is not None and "text" in table.columns.column_names:
        rows = zip(table.unit_ids.to_pylist(), table.columns["text"].to_pylist(), strict=True)
        learned = frozenset(learned_units(facts, [{"unit_id": u, "text": t} for u, t in rows]))
    return Readings(tuple(said), infer_from_annotations(said), table, learned)
