"""``standfirst annotate export`` and ``import``: tasks and answers as files, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import StudyError, UnknownNameError
from ...study.contents import annotations_of, codebook_of, units_of
from ..shared import completion
from ..shared.answers import print_merged
from ..shared.next_step import say_next
from ..shared.options import (
    ForceOption,
    JsonOption,
    StudyOption,
    check_round,
    find_study,
    print_json,
    say,
)

__all__ = ["export", "import_"]


FormatOption = Annotated[str, typer.Option("--format", help="label-studio, prodigy or doccano.")]


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    study: StudyOption = None,
    round: Annotated[
        str | None, typer.Option(help="Only units of this round.", autocompletion=completion.rounds)
    ] = None,
    format: FormatOption = "label-studio",
    coder: Annotated[
        str, typer.Option(help="Only this coder's answers.", autocompletion=completion.coders)
    ] = "",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Write the drawn units (all, where none are drawn) with their answers for another tool.

    Example: standfirst annotate export -o tasks.json
    """
    from ...annotate.design.sampling import read_design
    from ...annotate.other_tools.exchange import export_lines, export_tasks
    from ...labels import current, is_machine
    from ...tables.foreign import refuse_foreign

    refuse_foreign(output, ['"unit_id"'], force=force)
    if format == "label-studio":
        refuse_foreign(output.with_suffix(".xml"), ["<View", "sf-head"], force=force)
    elif format == "doccano":
        refuse_foreign(output.with_suffix(".labels.json"), ["suffix_key"], force=force)
    folder = find_study(study)
    codebook = codebook_of(folder)
    plan = read_design(folder.design)
    check_round(round, (row.round for row in plan))
    design = [row for row in plan if round in (None, row.round)]
    if round is not None and not design:
        raise StudyError(folder.design, "no unit is drawn", "run: standfirst annotate sample 100")
    units = units_of(folder)
    if design:
        by_id = {unit["unit_id"]: unit for unit in units}
        units = [by_id[row.unit_id] for row in design if row.unit_id in by_id]
    rounds = {row.unit_id: row.round for row in design}
    answers = current(annotations_of(folder))
    people = [row for row in answers if not is_machine(row.coder)]
    rows = [row for row in answers if row.coder == coder] if coder else people
    if coder and not rows:
        known = sorted({row.coder for row in annotations_of(folder)})
        raise UnknownNameError("coder with answers:", coder, known)
    if format == "label-studio":
        n_tasks = export_tasks(output, units, codebook, annotations=rows, rounds=rounds)
        second, hint = output.with_suffix(".xml"), "under Settings > Labeling Interface > Code"
    else:
        n_tasks = export_lines(output, format, units, codebook, annotations=rows, rounds=rounds)
        second, hint = output.with_suffix(".labels.json"), "under Labels > Actions > Import Labels"
    counts = {"tasks": n_tasks, "file": str(output)}
    if json:
        print_json(counts | ({"config": str(second)} if format != "prodigy" else {}))
        return
    print(f"{n_tasks} tasks in {output}")
    if format != "prodigy":
        say(f"their labels are in {second}; import it {hint}")
    say_next(folder, "annotate export")


def import_(
    file: Annotated[Path, typer.Argument(help="What the other tool exported.")],
    study: StudyOption = None,
    format: FormatOption = "label-studio",
    coder: Annotated[
        str,
        typer.Option(
            help="Whose answers they are, whatever the file says.", autocompletion=completion.coders
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Add the answers that another tool exported to the study.

    Example: standfirst annotate import project-1.json
    """
    from ...annotate.answers.merge import merge_answers
    from ...annotate.other_tools.exchange import import_lines, import_tasks
    from ...study.migrations import earlier_revisions

    folder = find_study(study)
    codebook = codebook_of(folder)
    if format == "label-studio":
        earlier = earlier_revisions(folder, codebook)
        read = import_tasks(file, codebook, coder=coder, earlier=earlier)
    else:
        read = import_lines(file, format, codebook, coder=coder)
    print_merged(merge_answers(folder.annotations, read), as_json=json)
    say_next(folder, "annotate import", quiet=json)
