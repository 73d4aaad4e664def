"""``standfirst doctor``: does this machine have what is needed."""

from dataclasses import asdict
from itertools import chain
from typing import Annotated

import typer

from .shared.next_step import say_next, say_next_with_files
from .shared.options import JsonOption, StudyOption, print_json

__all__ = ["doctor"]


BenchOption = Annotated[
    bool, typer.Option("--bench", help="Measure how fast each encoder is here; takes a minute.")
]


def doctor(study: StudyOption = None, bench: BenchOption = False, json: JsonOption = False) -> None:
    """Check versions, extras, encoders, Label Studio, space, processor and encodings.

    Every line is ok, a hint (something that you may not need) or a problem, with its remedy. It
    exits with 1 if there is a problem.

    Example: standfirst doctor
    """
    from ..errors import StudyError
    from ..study.folder import StudyFolder
    from ..study.machine import findings
    from ..study.speed import bench as measured

    try:
        folder = StudyFolder.find(study)
    except StudyError:
        if study is not None:
            raise
        folder = None
    made = []
    for one in chain(findings(folder), measured() if bench else ()):
        made.append(one)
        if not json:
            print(one)
    if json:
        print_json({"findings": [asdict(one) for one in made]})
    if any(one.state == "problem" for one in made):
        raise typer.Exit(1)
    if folder is not None:
        say_next(folder, "doctor", quiet=json)
    else:
        say_next_with_files("doctor", "", quiet=json)
