"""``standfirst measure shares``: how often each label holds, corrected by gold."""

from pathlib import Path
from typing import Annotated

import typer

from ..shared.options import JsonOption, MissingOption, StudyOption, print_json, say
from .inputs import (
    DimensionOption,
    GoldOption,
    LevelOption,
    ModelOption,
    RandomOption,
    TagsArgument,
    read_inputs,
    write_rows,
)

__all__ = ["shares"]


def shares(
    tags: TagsArgument = None,
    gold: GoldOption = None,
    random: RandomOption = False,
    by: Annotated[
        str | None,
        typer.Option(help="Also by group: outlet, month, or any column; joined by a comma."),
    ] = None,
    dimension: DimensionOption = None,
    model: ModelOption = None,
    level: LevelOption = 0.95,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a tidy table: .csv, .parquet or .jsonl."),
    ] = None,
    missing: MissingOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Estimate the share of each label: counted, by gold alone, and corrected by gold.

    Example: standfirst measure shares tags.parquet --gold coded.csv --random --by outlet
    """
    from ...measure.estimation import shares as estimate

    names = _columns(by)
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
    made = estimate(
        given.tags,
        given.gold,
        given.design,
        by=given.cells(names) if names else None,
        learned=given.learned,
        level=level,
    )
    if output is not None:
        write_rows(made.rows(), output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    for note in made.notes:
        say(f"note: {note}")


def _columns(by: str | None) -> list[str]:
    names = [name.strip() for name in (by or "").split(",") if name.strip()]
    if by is not None and not names:
        raise typer.BadParameter("name what to group by, such as outlet,month", param_hint="--by")
    return names
