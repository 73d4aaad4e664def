"""What measuring needs of a study: tags of its own corpus, and what their model learned from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, LeakError, StudyError, UnknownNameError

if TYPE_CHECKING:
    import pyarrow as pa

    from ..labels import Annotation, Gold
    from .folder import StudyFolder

__all__ = [
    "ModelFacts",
    "blind_gold",
    "cells_of",
    "column_of",
    "facts_of",
    "learned_units",
    "model_of",
    "tags_of",
]


_GROUPS = ("outlet", "published", "language", "article_id", "cluster")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model without loading it."""

    labels: Mapping[str, Sequence[str]]
    """Id of each dimension to its labels, in the order of their probabilities."""
    revision: str
    """Revision of its codebook."""
    texts: frozenset[int]
    """Hashes of the texts that it learned from."""


def blind_gold(
    gold: "Iterable[Gold]", annotations: "Iterable[Annotation]"
) -> "tuple[list[Gold], int]":
    """Leave out gold that rests on an answer with a model's suggestion in view.

    Such answers follow the model, and so hide what it misses.

    Returns
    -------
    The other gold, and how many answers were left out.

    Raises
    ------
    LeakError
        Nothing is left.
    """
    from ..labels import current

    shown = {(a.unit_id, a.dimension) for a in current(annotations) if a.suggestion != "none"}
    answers = list(gold)
    blind = [row for row in answers if (row.unit_id, row.dimension) not in shown]
    if answers and not blind:
        problem = "all gold was coded with a model's suggestion in view"
        remedy = "have some drawn units coded blind: standfirst annotate push, without --model"
        raise LeakError("gold", problem, remedy)
    return blind, len(answers) - len(blind)


def facts_of(folder: Path) -> ModelFacts:
    """Read what a model records of itself.

    Raises
    ------
    BundleError
        It is not a model of Standfirst, or it is damaged.
    """
    from safetensors import safe_open

    from ..models.bundle.record import read_manifest

    manifest = read_manifest(folder)
    with safe_open(folder / "weights.safetensors", "numpy") as stored:
        hashes = frozenset(stored.get_tensor("trained_on").tolist())
    labels = {dimension.id: dimension.labels for dimension in manifest.dimensions}
    return ModelFacts(labels, manifest.codebook_revision, hashes)


def model_of(study: "StudyFolder", version: str) -> Path | None:
    """Find the model of a study by the beginning of its manifest's hash; None where it is gone."""
    import json

    # Tags of a cascade name their teacher first.
    version = version.partition("+")[0]
    for manifest in sorted(study.models.glob("*/manifest.json")):
        try:
            digest = str(json.loads(manifest.read_bytes())["digest"])
        except (ValueError, KeyError, TypeError):
            continue
        if version and digest.startswith(version):
            return manifest.parent
    return None


def learned_units(facts: ModelFacts, units: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the ids of the units, with `unit_id` and `text`, that a model has learned from."""
    from ..models.labelled.same_text import hash_texts

    hashes = hash_texts(str(unit["text"] or "") for unit in units).tolist()
    return {str(u["unit_id"]) for u, h in zip(units, hashes, strict=True) if h in facts.texts}


def tags_of(study: "StudyFolder", unit_ids: Sequence[str]) -> Path:
    """Find the tags of the study's own corpus.

    Raises
    ------
    StudyError
        None are there, or several.
    """
    from ..measure.inputs.tagged import unit_ids_of

    wanted = set(unit_ids)
    paths = []
    for path in sorted(study.tags.iterdir()) if study.tags.is_dir() else []:
        if path.name[0] in "._" or not (path.is_dir() or path.suffix in (".parquet", ".csv")):
            continue
        try:
            ids = unit_ids_of(path)
        except InputError:
            continue
        if wanted <= set(ids):
            paths.append(path)
    if not paths:
        problem = "holds no tags of the study's own corpus"
        remedy = (
            "make them: standfirst corpus units -o units.parquet, then "
            "standfirst tag models/NAME units.parquet -o tags/corpus.parquet"
        )
        raise StudyError(study.tags, problem, remedy)
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise StudyError(study.tags, f"several tags of the corpus ({names})", "name one of them")
    return paths[0]


def cells_of(
    names: Sequence[str], unit_ids: "pa.Array", columns: "pa.Table", about: "pa.Table | None"
) -> "pa.Array":
    """Return the cell of each unit, by columns of the tags or of a table with `unit_id`.

    Parameters
    ----------
    names
        Names of columns; ``month`` is that of `published`. Several are joined by ``|``.
    unit_ids
        Ids of the tagged units.
    columns
        Further columns of the tags.
    about
        A table of units, where there is one: those of the study.

    Raises
    ------
    InputError, UnknownNameError
        There is no such column, or a unit is not in the table.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from ..corpus.reading.dates import month_of

    parts = []
    for name in names:
        column = "published" if name == "month" else name
        values = column_of(column, unit_ids, columns, about)
        if values is None:
            known = [name for name in _GROUPS if about is not None and name in about.column_names]
            if about is not None:
                raise UnknownNameError("column of tags and units:", column, ["month", *known])
            problem = f"the tags have no column {column!r}, and there is no study to take it from"
            raise InputError("--by", problem, "add the column to the tags, or work in the study")
        values = pc.fill_null(values.cast(pa.string()), "")
        if name == "month":
            coded = values.dictionary_encode()
            months = [month_of(date) for date in coded.dictionary.to_pylist()]
            values = pa.array(months, pa.string()).take(coded.indices)
        parts.append(pc.if_else(pc.equal(values, ""), "unknown", values))
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, " | ")


def column_of(
    name: str, unit_ids: "pa.Array", columns: "pa.Table", about: "pa.Table | None"
) -> "pa.Array | None":
    """Give a column of the tagged units, from the tags or a table of units; None without one.

    Parameters
    ----------
    name
        Name of the column.
    unit_ids, columns, about
        As `cells_of`.

    Raises
    ------
    InputError
        A unit is not in the table of units.
    """
    import pyarrow.compute as pc

    if name in columns.column_names:
        return columns[name].combine_chunks()
    if about is None or name not in about.column_names:
        return None
    rows = pc.index_in(unit_ids, value_set=about["unit_id"].combine_chunks())
    if rows.null_count:
        problem = f"{rows.null_count} units of the tags are not in the corpus"
        raise InputError(name, problem, "tag the study's own corpus")
    return about[name].combine_chunks().take(rows)
