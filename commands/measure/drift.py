"""``standfirst measure drift``: tagged articles beside those that the model learned from."""

from pathlib import Path
from typing import Annotated

import typer

from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import JsonOption, MissingOption, StudyOption, find_study, print_json, say
from .tables import OutputOption, write_rows

__all__ = ["drift"]


def drift(
    tags: Annotated[Path, typer.Argument(help="What `tag` wrote, a file or a folder.")],
    model: Annotated[
        Path | None,
        typer.Option(help="The model that wrote the tags.", show_default="found in the study"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The labelled file that the model learned from; no study."),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="A column of labels of --data; repeat for several.")
    ] = None,
    text: Annotated[str, typer.Option(help="Column of the text of --data.")] = "text",
    group: Annotated[
        str | None, typer.Option(help="Column of the article of --data.", show_default="each row")
    ] = None,
    missing: MissingOption = None,
    seed: Annotated[int, typer.Option(help="Of halves and samples.", min=0)] = 0,
    output: OutputOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Compare tagged texts with those that the model learned from.

    A difference is a reason to code some of them. That none is seen does not make the tags right.

    Example: standfirst measure drift tags/2026
    """
    from ...models import from_file
    from ...study.drift import drift_of_study, drift_of_tags
    from ...tables.answers import parse_missing

    if data is None:
        made = drift_of_study(find_study(study), tags, model=model, seed=seed)
    else:
        if not label:
            raise typer.BadParameter("name a column of the labelled file", param_hint="--label")
        rows = from_file(data, label, text=text, group=group, missing=parse_missing(missing))
        made = drift_of_tags(tags, rows, model=model, seed=seed)
    if output is not None:
        write_rows(made.rows(), output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    say(*(f"note: {note}" for note in made.notes))
    if data is None:
        say_next(find_study(study), "measure drift")
    else:
        say_next_with_files("measure", "")
