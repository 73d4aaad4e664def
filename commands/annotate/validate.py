"""``standfirst annotate validate``: what a language model's answers may be used for."""

from typing import Annotated

import typer

from ...errors import RatingsError
from ..shared import completion
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, say

__all__ = ["validate"]


def validate(
    coder: Annotated[
        str, typer.Argument(help="llm:MODEL@HASH; the hash may be left out where there is one.")
    ],
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            help="Check only this dimension; may be repeated.",
            autocompletion=completion.dimensions,
        ),
    ] = None,
    level: Annotated[
        float, typer.Option(help="Coverage of the intervals.", min=0.5, max=0.999)
    ] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.", min=0)] = 0,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Check a language model by people's blind gold; exit with 1 where it may not be used.

    Example: standfirst annotate validate llm:qwen2.5:7b
    """
    from ...study.language_models import checked

    folder = find_study(study)
    made = checked(folder, coder, dimensions=dimension, level=level, seed=seed)
    if json:
        print_json(made.as_json())
    else:
        for one in made.dimensions:
            for line in one.lines():
                print(line)
        say(*(f"note: {note}" for note in made.notes))
        if made.may_tag:
            print(made.verdict)
    if not made.may_tag:
        reasons = "; ".join(
            f"{one.dimension}: {reason}" for one in made.dimensions for reason in one.refused
        )
        remedy = "improve definitions and examples, ask another model, or have people code"
        raise RatingsError(made.verdict, reasons, remedy)
    say_next(folder, f"annotate validate {made.coder}", quiet=json)
