"""``standfirst init`` and ``demo``: a new study, and all stages on bundled articles."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import completion
from .shared.next_step import say_next, say_next_with_files
from .shared.options import print_json, say

__all__ = ["demo", "init"]


def init(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="The folder to make.")],
    codebook: Annotated[
        str,
        typer.Option(
            help="transfer-deals, policy-frames, generic-frames, stance, or the path of a file.",
            autocompletion=completion.codebooks,
        ),
    ] = "transfer-deals",
    title: Annotated[str, typer.Option(help="One line for people.")] = "",
    language: Annotated[
        list[str] | None,
        typer.Option(help="ISO 639-1 code of a language to keep; may be repeated."),
    ] = None,
) -> None:
    """Make a study: a folder with a codebook that is yours to change.

    Example: standfirst init deals --codebook transfer-deals
    """
    from ..study.new import new_study

    made, book = new_study(study, codebook, title=title, languages=language or ())
    n_labels = sum(len(dimension.labels) for dimension in book.dimensions)
    print(f"study made in {made.root}")
    n_dimensions = len(book.dimensions)
    plural = "" if n_dimensions == 1 else "s"
    print(f"codebook {book.id}: {n_dimensions} dimension{plural}, {n_labels} labels")
    say_next(made, "init")


def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep the study in this new folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run all stages on bundled articles, without a server, in about two minutes.

    Example: standfirst demo --keep my-first-study
    """
    import tempfile
    import time

    from ..demo import walk

    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch) / "study"
        say("a demonstration on invented news: its figures say nothing about any field")
        steps = []
        for step in walk(folder):
            steps.append(step)
            if as_json:
                continue
            print(f"\nstandfirst {step.command}")
            for line in step.lines:
                print(f"    {line}")
            for path in step.written:
                print(f"    -> {path.relative_to(folder)}")
        if as_json:
            print_json([{"command": one.command, "lines": one.lines} for one in steps])
    say("", f"done in {time.monotonic() - begin:.0f} seconds")
    say_next_with_files("demo", keep or "", quiet=as_json)
