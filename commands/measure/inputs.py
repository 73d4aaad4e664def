"""What the commands of `standfirst measure` start from: tags, gold, and how it was drawn.

Either a study has them, or files of one's own; the commands do not care which.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import InputError
from ..shared import completion
from ..shared.options import find_study, say

if TYPE_CHECKING:
    from ...measure.inputs.tagged import Tags
    from ...study.inputs import Inputs
    from ...study.measuring import ModelFacts

__all__ = [
    "DimensionOption",
    "GoldOption",
    "LevelOption",
    "ModelOption",
    "RandomOption",
    "TagsArgument",
    "read_inputs",
]

TagsArgument = Annotated[
    Path | None,
    typer.Argument(
        help="What `tag` wrote, a file or a folder.", show_default="the study's own corpus"
    ),
]
GoldOption = Annotated[
    Path | None,
    typer.Option(
        help="A table of unit_id, a column for each dimension, and probability.",
        show_default="the study's gold and design",
    ),
]
RandomOption = Annotated[
    bool, typer.Option("--random", help="The units of --gold are a simple random sample.")
]
DimensionOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Measure only this one; give it once for each.", autocompletion=completion.dimensions
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        help="The model that wrote the tags.",
        show_default="found in the study",
        autocompletion=completion.models,
    ),
]
LevelOption = Annotated[float, typer.Option(help="Coverage of the intervals.", min=0.5, max=0.999)]


def read_inputs(
    tags: Path | None,
    gold: Path | None,
    study: Path | None,
    *,
    random: bool,
    model: Path | None,
    dimension: list[str] | None,
    missing: str | None,
    columns: Sequence[str] = (),
) -> "Inputs":
    """Read what is to be measured, from a study or from files.

    Parameters
    ----------
    tags, gold, study, random, model, dimension, missing
        The options of the same names.
    columns
        Names of further columns that are needed; ``month`` is the beginning of `published`.
    """
    from ...study.inputs import inputs_of

    stored = ["published" if name == "month" else name for name in columns]
    if gold is None:
        if random:
            raise typer.BadParameter("is about the units of --gold", param_hint="--random")
        given = inputs_of(
            find_study(study), tags, model=model, dimensions=dimension, columns=stored
        )
        say(*(f"note: {note}" for note in given.notes))
        return given
    if study is not None:
        raise typer.BadParameter("name a study or a file of gold", param_hint="--study")
    if tags is None:
        raise typer.BadParameter("name what `tag` wrote", param_hint="TAGS")
    return _from_file(tags, gold, model, dimension, stored, random=random, missing=missing)


def _from_file(
    tags: Path,
    gold: Path,
    model: Path | None,
    dimension: list[str] | None,
    columns: list[str],
    *,
    random: bool,
    missing: str | None,
) -> "Inputs":
    from ...measure.inputs.coded import read_coded
    from ...measure.inputs.tagged import dimensions_of, read_tags
    from ...study.inputs import Inputs
    from ...study.measuring import facts_of
    from ...tables.answers import parse_missing

    facts = None if model is None else facts_of(model)
    kinds = dimensions_of(tags)
    answers, chances = read_coded(
        gold, dimension or list(kinds), kinds, missing=parse_missing(missing)
    )
    if chances is None and not random:
        problem = "has no column 'probability'"
        raise InputError(gold, problem, "add it, or say that the units were drawn at --random")
    if chances is not None and random and len(set(chances.values())) > 1:
        problem = "has different probabilities, so it is not a simple random sample"
        raise InputError(gold, problem, "leave --random out")
    seen: dict[str, set[str]] = {}
    for row in answers:
        seen.setdefault(row.dimension, set()).update(row.labels)
    table = read_tags(
        tags,
        labels=None if facts is None else facts.labels,
        seen={name: sorted(labels) for name, labels in seen.items()},
        only=dimension or [name for name in kinds if name in seen],
        columns=[*columns, *(["text"] if facts else [])],
    )
    learned = None
    if facts is not None:
        learned = _learned(table, facts, {row.unit_id for row in answers})
    return Inputs(table, answers, None if random else chances, learned)


def _learned(table: "Tags", facts: "ModelFacts", coded: set[str]) -> set[str] | None:
    from ...study.measuring import learned_units

    if "text" not in table.columns.column_names:
        return None
    ids = sorted(coded)
    rows = [int(row) for row in table.rows_of(ids) if row >= 0]
    texts = table.columns["text"].take(rows).to_pylist()
    kept = table.unit_ids.take(rows).to_pylist()
    units = [{"unit_id": u, "text": t} for u, t in zip(kept, texts, strict=True)]
    return learned_units(facts, units)
