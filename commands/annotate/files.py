"""``standfirst annotate export`` and ``import``: tasks and answers as files, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from ..shared import completion
from ..shared.answers import print_merged
from ..shared.next_step import say_next
from ..shared.options import (
    ForceOption,
    JsonOption,
    StudyOption,
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
    from ...study.exchange import export_round, refuse_output

    refuse_output(output, format, force=force)
    folder = find_study(study)
    made = export_round(folder, output, name=round, form=format, coder=coder, force=force)
    n_tasks, second = made.n_tasks, made.labels
    hint = "under Labels > Actions > Import Labels"
    if format == "label-studio":
        hint = "under Settings > Labeling Interface > Code"
    counts = {"tasks": n_tasks, "file": str(output)}
    if json:
        print_json(counts | ({"config": str(second)} if second else {}))
        return
    print(f"{n_tasks} tasks in {output}")
    if second:
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
    from ...study.exchange import import_answers

    folder = find_study(study)
    merged = import_answers(folder, file, form=format, coder=coder)
    print_merged(merged, as_json=json)
    say_next(folder, "annotate import", quiet=json)
