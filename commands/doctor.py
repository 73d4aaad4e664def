"""``standfirst doctor``: does this machine have what is needed."""

from dataclasses import asdict

import typer

from .shared.options import JsonOption, StudyOption, print_json

__all__ = ["doctor"]


def doctor(study: StudyOption = None, json: JsonOption = False) -> None:
    """Check versions, extras, encoders, Label Studio, space, processor and encodings.

    Every line is ok, a hint (something that you may not need) or a problem, with its remedy. It
    exits with 1 if there is a problem.

    Example: standfirst doctor
    """
    from ..errors import StudyError
    from ..study.folder import Study
    from ..study.machine import findings

    try:
        folder = Study.find(study)
    except StudyError:
        if study is not None:
            raise
        folder = None
    made = []
    for one in findings(folder):
        made.append(one)
        if not json:
            print(one)
    if json:
        print_json({"findings": [asdict(one) for one in made]})
    if any(one.state == "problem" for one in made):
        raise typer.Exit(1)
