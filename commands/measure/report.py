"""``standfirst report``: one page that says what a study found, how, and what it rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..shared.next_step import say_next
from ..shared.options import StudyOption, find_study, say

if TYPE_CHECKING:
    from ...study.folder import StudyFolder

__all__ = ["report"]

_MOST_SHOWN = 20


def report(
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="The page to write.", show_default="report.html in the study"
        ),
    ] = None,
    tags: Annotated[
        Path | None,
        typer.Option(help="Tags of the study's corpus.", show_default="found in the study"),
    ] = None,
    regression: Annotated[
        list[str] | None,
        typer.Option(
            help='Also explain a label by columns, as `measure regression`: "critique ~ outlet"; '
            "repeatable."
        ),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            help="Tags of the same units by another model, whose shares are shown as another "
            "choice; repeatable."
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(help="Compute every number of this page again, and tell which differ."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of another kind.")] = False,
    study: StudyOption = None,
) -> None:
    """Write the report of a study: one HTML file, to read, send on and check.

    Example: standfirst report -o report.html
    """
    from ...study.reporting import refuse_other_page, write_report

    if verify is None and output is not None:
        refuse_other_page(output, force=force)
    folder = find_study(study)
    if verify is not None:
        _verify(folder, verify, tags, beside)
        return
    path = output or folder.root / "report.html"
    contents = write_report(
        folder, path, tags=tags, formulas=regression or (), beside=beside or (), force=force
    )
    for name, one in contents.missing.items():
        remedy = f"; {one.command}" if one.command else ""
        say(f"note: without {name}: {one.reason}{remedy}")
    size = path.stat().st_size / 1e6
    print(f"{path}: {len(contents.articles):,} articles, {size:.1f} MB; open it in a browser")
    say_next(folder, "report")


def _in_study(root: Path, name: str, page: Path, option: str) -> Path:
    """Find a file that a page names; it may come from anyone, and must not lead out of a study."""
    from ...errors import InputError

    path = root / name
    if path.resolve().is_relative_to(root.resolve()) and path.exists():
        return path
    problem = f"was made with {name}, which is not in the study"
    raise InputError(page, problem, f"name it: {option} FILE")


def _verify(
    folder: "StudyFolder", path: Path, tags: Path | None, beside: list[Path] | None
) -> None:
    from ...measure.report.page import html
    from ...measure.report.verify import asked_of, verify
    from ...study.reporting import contents_of

    asked = asked_of(path)
    if tags is None and asked.tags:
        tags = _in_study(folder.root, asked.tags, path, "--tags")
    beside = beside or [_in_study(folder.root, name, path, "--beside") for name in asked.beside]
    page = html(contents_of(folder, tags, formulas=asked.formulas, beside=beside))
    differing = verify(path, page)
    for one in differing[:_MOST_SHOWN]:
        print(one)
    if len(differing) > _MOST_SHOWN:
        print(f"... and {len(differing) - _MOST_SHOWN:,} more")
    if differing:
        raise typer.Exit(1)
    print(f"{path}: every number is what the study's files give")
