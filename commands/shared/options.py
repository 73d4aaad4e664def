"""What all commands share: the options --study and --json, and printing.

A command parses, calls one library function and prints. Its result goes to stdout; all else goes to
stderr.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...files import dump_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...study.folder import StudyFolder

__all__ = [
    "AdjudicatorOption",
    "DateOrderOption",
    "DeviceOption",
    "ForceOption",
    "JsonOption",
    "MissingOption",
    "StudyOption",
    "check_round",
    "date_order_of",
    "find_study",
    "print_json",
    "print_table",
    "say",
]

StudyOption = Annotated[
    Path | None,
    typer.Option(
        "--study", help="The study's folder.", show_default="found from the current folder"
    ),
]
AdjudicatorOption = Annotated[
    list[str] | None, typer.Option(help="Coder whose answer decides; may be repeated.")
]
MissingOption = Annotated[
    str | None,
    typer.Option(
        "--missing",
        help="Spellings of no answer, separated by commas; none: every text is a label.",
        show_default="NA,N/A,NaN,nan,None,null,NULL,#N/A",
    ),
]
DateOrderOption = Annotated[
    str | None,
    typer.Option(
        help="What comes first in dates such as 03/04/2024: day or month.",
        show_default="as the other dates of the file show, else day",
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        help="What computes networks: cpu, openvino, cuda (a GPU), cuda-half (in half precision), "
        "or auto (cuda where it can be used, else cpu).",
        show_default="cpu, or STANDFIRST_DEVICE",
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace an existing file that holds something else.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def find_study(path: Path | None) -> "StudyFolder":
    """Return the study that --study names, or the one that holds the current folder."""
    from ...study.folder import StudyFolder
    from ...study.revisions import keep_revision

    study = StudyFolder.find(path)
    keep_revision(study)
    return study


def check_round(name: str | None, rounds: "Iterable[str]") -> None:
    """Refuse a round that is not there.

    Raises
    ------
    UnknownNameError
        Rounds are there, and none has this name.
    """
    from ...errors import UnknownNameError

    known = sorted({*rounds} - {""})
    if name is not None and known and name not in known:
        raise UnknownNameError("round", name, known)


def date_order_of(name: str | None) -> str:
    """Check the order of dates that the user named; empty when none was."""
    from ...corpus.reading.dates import ORDERS
    from ...errors import UnknownNameError

    if name is not None and name not in ORDERS:
        raise UnknownNameError("--date-order", name, ORDERS)
    return name or ""


def say(*lines: str) -> None:
    """Print lines that are not the result, to stderr."""
    for line in lines:
        print(line, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print the result for other programs."""
    print(dump_json(value))


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Print rows in columns, below a head."""
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    for line in [head, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())
