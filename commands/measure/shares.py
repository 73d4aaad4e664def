"""``standfirst measure shares``: how often each label holds, corrected by gold."""

from typing import Annotated, Literal

import typer

from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import (
    JsonOption,
    MissingOption,
    StudyOption,
    find_study,
    print_json,
    say,
)
from .inputs import (
    DimensionOption,
    GoldOption,
    LevelOption,
    ModelOption,
    RandomOption,
    TagsArgument,
    read_inputs,
)
from .tables import OutputOption, write_rows

__all__ = ["shares"]


def shares(
    tags: TagsArgument = None,
    gold: GoldOption = None,
    random: RandomOption = False,
    by: Annotated[
        str | None,
        typer.Option(help="Also by group: outlet, month, or any column; joined by a comma."),
    ] = None,
    differences: Annotated[
        bool, typer.Option("--differences", help="Also the differences between groups, in pairs.")
    ] = False,
    against: Annotated[
        str | None, typer.Option(help="Compare all groups with this one, instead of in pairs.")
    ] = None,
    trend: Annotated[
        bool, typer.Option("--trend", help="Also how much each share rises in a month.")
    ] = False,
    method: Annotated[
        Literal["shrunk", "ppi++"],
        typer.Option(help="How far the model is trusted: shrunk to fully, or as in PPI++."),
    ] = "shrunk",
    dimension: DimensionOption = None,
    model: ModelOption = None,
    level: LevelOption = 0.95,
    output: OutputOption = None,
    missing: MissingOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Estimate the share of each label: counted, by gold alone, and corrected by gold.

    Example: standfirst measure shares tags.parquet --gold coded.csv --random --by outlet
    """
    names = _columns(by)
    if (differences or against is not None) and not names:
        raise typer.BadParameter("differences are between groups: name --by", param_hint="--by")
    from ...study.inputs import with_trends

    ties = ["article_id", "cluster"] if trend else []
    given = read_inputs(
        tags,
        gold,
        study,
        random=random,
        model=model,
        dimension=dimension,
        missing=missing,
        columns=[*names, *(["published"] if trend else []), *ties],
    )
    made = given.shares(
        by=given.cells(names) if names else None,
        by_names=names,
        compare=differences,
        against=against,
        method=method,
        level=level,
    )
    if trend:
        made = with_trends(made, given, level=level)
    if output is not None:
        write_rows(made.rows(), output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    for note in made.notes:
        say(f"note: {note}")
    if gold is None:
        say_next(find_study(study), "measure shares")
    else:
        say_next_with_files("measure", "")


def _columns(by: str | None) -> list[str]:
    names = [name.strip() for name in (by or "").split(",") if name.strip()]
    if by is not None and not names:
        raise typer.BadParameter("name what to group by, such as outlet,month", param_hint="--by")
    return names
