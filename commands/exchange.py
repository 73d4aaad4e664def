"""``standfirst annotate export`` and ``import``: tasks and answers as files, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import StudyError
from .common import JsonOption, StudyOption, find_study, print_json, say
from .place import annotations_of, codebook_of, told_kept, units_of

__all__ = ["export", "import_"]


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSON file to write.")],
    study: StudyOption = None,
    round: Annotated[str | None, typer.Option(help="Only units of this round.")] = None,
    json: JsonOption = False,
) -> None:
    """Write the drawn units (all, where none are drawn) with their answers as Label Studio JSON.

    Example: standfirst annotate export -o tasks.json
    """
    from ..annotate.exchange import export_tasks
    from ..annotate.sample import read_design
    from ..labels import current

    place = find_study(study)
    codebook = codebook_of(place)
    design = [row for row in read_design(place.design) if round in (None, row.round)]
    if round is not None and not design:
        raise StudyError(place.design, f"no unit of round {round!r}", "draw it: annotate sample")
    units = units_of(place)
    if design:
        by_id = {unit["unit_id"]: unit for unit in units}
        units = [by_id[row.unit_id] for row in design if row.unit_id in by_id]
    rounds = {row.unit_id: row.round for row in design}
    rows = current(annotations_of(place))
    n_tasks = export_tasks(output, units, codebook, annotations=rows, rounds=rounds)
    config = output.with_suffix(".xml")
    if json:
        print_json({"tasks": n_tasks, "file": str(output), "config": str(config)})
    else:
        print(f"{n_tasks} tasks in {output}")
        say(f"labeling config in {config}; paste it under Settings > Labeling Interface > Code")


def import_(
    file: Annotated[Path, typer.Argument(help="A JSON export of Label Studio.")],
    study: StudyOption = None,
    coder: Annotated[str, typer.Option(help="Whose answers, where the file does not say.")] = "",
    json: JsonOption = False,
) -> None:
    """Add the answers of a Label Studio JSON export to the study.

    Example: standfirst annotate import project-1.json
    """
    from ..annotate.exchange import import_tasks
    from ..annotate.keep import keep

    place = find_study(study)
    read = import_tasks(file, codebook_of(place), coder=coder)
    told_kept(keep(place.annotations, read), as_json=json)
