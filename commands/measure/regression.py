"""``standfirst measure regression``: what goes with a label, corrected by gold."""

from typing import Annotated

import typer

from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import JsonOption, MissingOption, StudyOption, find_study, print_json, say
from .inputs import (
    GoldOption,
    LevelOption,
    ModelOption,
    RandomOption,
    TagsArgument,
    read_inputs,
)
from .tables import OutputOption, write_rows

__all__ = ["regression"]


def regression(
    formula: Annotated[
        str, typer.Argument(help='A label and columns: "critique ~ outlet + month".')
    ],
    tags: TagsArgument = None,
    gold: GoldOption = None,
    random: RandomOption = False,
    logit: Annotated[
        bool, typer.Option("--logit", help="Explain log-odds instead of shares.")
    ] = False,
    model: ModelOption = None,
    level: LevelOption = 0.95,
    output: OutputOption = None,
    missing: MissingOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Explain how often a label holds by columns: by tags, by gold alone, and corrected by gold.

    Example: standfirst measure regression "critique ~ outlet + trend"
    """
    from ...measure.regressions.corrected_regression import regression as explain
    from ...measure.regressions.formula import parse_formula

    names = [*parse_formula(formula).columns, "published"]
    ties = ["article_id", "cluster"]
    given = read_inputs(
        tags,
        gold,
        study,
        random=random,
        model=model,
        dimension=None,
        missing=missing,
        columns=[*names, *ties],
    )
    clusters = given.columns(ties)
    made = explain(
        formula,
        given.tags,
        given.gold,
        given.design,
        given.columns(names),
        clusters=list(clusters.values()),
        logit=logit,
        learned=given.learned,
        level=level,
    )
    if not clusters:
        say("note: the tags have no column article_id: each unit is taken as an article of its own")
    if output is not None:
        write_rows(made.rows(), output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    for note in made.notes:
        say(f"note: {note}")
    if gold is None:
        say_next(find_study(study), "measure regression")
    else:
        say_next_with_files("measure", "")
