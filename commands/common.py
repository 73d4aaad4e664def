"""What every command shares: the options --study and --json, and where words go.

A command parses, calls one library function and prints. Its result goes to stdout; all else goes to
stderr.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..files import dump_json

if TYPE_CHECKING:
    from ..study import Study

__all__ = ["JsonOption", "StudyOption", "find_study", "print_json", "say"]

StudyOption = Annotated[
    Path | None,
    typer.Option(
        "--study", help="The study's folder.", show_default="found from the current folder"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def find_study(path: Path | None) -> "Study":
    """Give the study that --study names, or the one that the current folder lies in."""
    from ..study import Study

    return Study.find(path)


def say(*lines: str) -> None:
    """Tell the user something that is not the result."""
    for line in lines:
        print(line, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print the result for other programs."""
    print(dump_json(value))
