"""``standfirst measure coders``: the model against each coder against the others."""

from pathlib import Path
from typing import Annotated

import typer

from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import (
    AdjudicatorOption,
    JsonOption,
    MissingOption,
    StudyOption,
    find_study,
    print_json,
    say,
)
from .inputs import DimensionOption, LevelOption, ModelOption, TagsArgument
from .tables import OutputOption, write_rows

__all__ = ["coders"]


def coders(
    tags: TagsArgument = None,
    coded: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A CSV with unit, coder, dimension, label (a|b for several), or wide; no study.",
        ),
    ] = None,
    dimension: DimensionOption = None,
    model: ModelOption = None,
    missing: MissingOption = None,
    adjudicator: AdjudicatorOption = None,
    level: LevelOption = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.", min=0)] = 0,
    output: OutputOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the model with each coder, by what the other coders said of the same units.

    Example: standfirst measure coders tags.parquet --from coded.csv
    """
    from ...measure.checks.coders import compare_coders
    from ...study.readings import readings_of_file, readings_of_study
    from ...tables.answers import parse_missing

    if coded is not None:
        if tags is None:
            raise typer.BadParameter("name what `tag` wrote", param_hint="TAGS")
        readings = readings_of_file(
            coded, tags, model=model, dimensions=dimension, missing=parse_missing(missing)
        )
    else:
        readings = readings_of_study(find_study(study), tags, model=model, dimensions=dimension)
    made = compare_coders(
        readings.annotations,
        readings.codebook,
        readings.tags,
        learned=readings.learned,
        adjudicators=adjudicator or (),
        level=level,
        seed=seed,
    )
    if output is not None:
        write_rows(made.rows(), output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    say(*(f"note: {note}" for note in made.notes))
    if coded is None:
        say_next(find_study(study), "measure coders")
    else:
        say_next_with_files("measure", "")
