"""``standfirst measure outcomes``: corrected outcomes for regressions in R, Stata or Python."""

from pathlib import Path
from typing import Annotated

import typer

from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import MissingOption, StudyOption, find_study, say
from .inputs import (
    DimensionOption,
    GoldOption,
    ModelOption,
    RandomOption,
    TagsArgument,
    read_inputs,
)
from .tables import check_output

__all__ = ["outcomes"]

_ABOUT = ("article_id", "cluster", "outlet", "published", "language")


def outcomes(
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="What to write: .csv, .parquet or .jsonl.",
            callback=check_output,
        ),
    ],
    tags: TagsArgument = None,
    gold: GoldOption = None,
    random: RandomOption = False,
    column: Annotated[
        list[str] | None, typer.Option(help="A further column to write; give it once for each.")
    ] = None,
    dimension: DimensionOption = None,
    model: ModelOption = None,
    missing: MissingOption = None,
    study: StudyOption = None,
) -> None:
    """Write a corrected outcome for each label (LABEL_dsl), for a regression in R or Stata.

    Example: standfirst measure outcomes -o outcomes.csv
    """
    from ...errors import UnknownNameError
    from ...measure.regressions.corrected_outcomes import outcomes as corrected
    from ...tables import write_table

    names = [*_ABOUT, *(column or [])]
    given = read_inputs(
        tags,
        gold,
        study,
        random=random,
        model=model,
        dimension=dimension,
        missing=missing,
        columns=names,
    )
    columns = given.columns(names)
    for name in column or ():
        if name not in columns:
            raise UnknownNameError("column:", name, list(columns))
    table, notes = corrected(
        given.tags, given.gold, given.design, columns=columns, learned=given.learned
    )
    write_table(table, output)
    for note in notes:
        say(f"note: {note}")
    say(f"written to {output}: {len(table):,} units")
    if gold is None:
        say_next(find_study(study), "measure outcomes")
    else:
        say_next_with_files("measure", "")
