"""``standfirst labels``: the codebook, the coders, and the resolved answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import InputError
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import (
    AdjudicatorOption,
    ForceOption,
    JsonOption,
    StudyOption,
    find_study,
    print_json,
    say,
)
from .changes import diff, migrate

if TYPE_CHECKING:
    from ...labels import Annotation, Codebook
    from ...study.folder import StudyFolder

__all__ = ["app"]

app = typer.Typer(
    help="Check, print and change the codebook; resolve answers.", no_args_is_help=True
)
app.command()(diff)
app.command()(migrate)

_FileArgument = Annotated[
    Path | None,
    typer.Argument(help="A codebook's file.", show_default="the study's codebook"),
]


@app.command()
def check(file: _FileArgument = None, study: StudyOption = None, json: JsonOption = False) -> None:
    """Say whether a codebook is sound and makes a labelling page, and name every problem.

    Example: standfirst labels check codebook.yaml
    """
    from ...annotate.page.checks import config_problems
    from ...annotate.page.config import labeling_config
    from ...errors import CodebookError
    from ...labels import advise, load_codebook

    path = file or find_study(study).codebook_path
    book = load_codebook(path)
    # What push would refuse is refused here, too.
    if problems := config_problems(labeling_config(book), book):
        raise CodebookError([f"{path}: {problem}; correct the codebook" for problem in problems])
    advice = advise(book)
    if json:
        dimensions = {
            dimension.id: {
                "choice": dimension.choice,
                "labels": {label.id: label.hotkey for label in dimension.labels},
            }
            for dimension in book.dimensions
        }
        print_json(
            {
                "id": book.id,
                "version": book.version,
                "revision": book.revision,
                "dimensions": dimensions,
                "advice": advice,
            }
        )
        return
    typer.echo(f"{path}: sound; {book.id} {book.version}, revision {book.revision}")
    for dimension in book.dimensions:
        keys = " ".join(label.hotkey or "-" for label in dimension.labels)
        typer.echo(
            f"  {dimension.id}: {len(dimension.labels)} labels, {dimension.choice}; hotkeys {keys}"
        )
    for line in advice:
        typer.echo(f"  note: {line}")
    _say_next(file, study, "labels check")


@app.command()
def gold(
    rule: Annotated[
        str,
        typer.Option(
            help="Where coders differ: majority, majority-dawid-skene, dawid-skene, "
            "dawid-skene-matrix."
        ),
    ] = "majority",
    adjudicator: AdjudicatorOption = None,
    least: Annotated[
        float,
        typer.Option(
            help="Leave to adjudication what has a lower share or probability.", min=0, max=1
        ),
    ] = 0.0,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Resolve each unit to one answer, with the rule, the votes and what is left to people.

    Example: standfirst labels gold --rule dawid-skene --adjudicator chair@example.org
    """
    from collections import Counter

    from ...study.resolving import resolve_gold

    folder = find_study(study)
    made = resolve_gold(folder, rule=rule, adjudicators=adjudicator or (), least=least)
    say(*made.notes)
    tied = Counter(gold.dimension for gold in made.ties)
    if json:
        print_json(
            {
                "gold": str(folder.gold),
                "dimensions": {
                    name: {"rules": rules, "tied": tied[name]}
                    for name, rules in made.counts().items()
                },
                "ties": [
                    {"unit_id": gold.unit_id, "dimension": gold.dimension} for gold in made.ties
                ],
                "coders": [
                    {
                        "coder": coder.coder,
                        "dimension": coder.dimension,
                        "n": coder.n_answers,
                        "accuracy": coder.accuracy.value,
                        "low": coder.accuracy.low,
                        "high": coder.accuracy.high,
                    }
                    for coder in made.coders
                ],
            }
        )
        return
    typer.echo("\n".join(made.lines()))
    say(f"wrote {folder.gold}")
    say_next(folder, "labels gold")


@app.command()
def guide(
    file: _FileArgument = None,
    output: Annotated[
        Path | None, typer.Option("-o", help="An .html or .md file; printed as Markdown otherwise.")
    ] = None,
    force: ForceOption = False,
    study: StudyOption = None,
) -> None:
    """Write the coder's guide: questions, definitions, examples, hotkeys; ready to print.

    Example: standfirst labels guide -o guide.html
    """
    from ...files import write_text
    from ...labels import guide_html, guide_markdown, load_codebook
    from ...tables.foreign import refuse_foreign

    writers = {".html": guide_html, ".htm": guide_html, ".md": guide_markdown}
    if output is not None:
        if output.suffix.lower() not in writers:
            raise InputError(output, "a guide is HTML or Markdown", "name it .html or .md")
        mark = "; required" if output.suffix == ".md" else "<kbd>"
        refuse_foreign(output, ["revision ", mark], force=force)
    book = load_codebook(file or find_study(study).codebook_path)
    if output is None:
        typer.echo(guide_markdown(book), nl=False)
        return
    write_text(output, writers[output.suffix.lower()](book))
    say(f"wrote {output}")
    _say_next(file, study, "labels guide")


@app.command()
def schema(
    file: _FileArgument = None,
    study: StudyOption = None,
) -> None:
    """Print the JSON Schema of one row of labelled data.

    Example: standfirst labels schema codebook.yaml > labelled.schema.json
    """
    from ...labels import json_schema, load_codebook

    print_json(json_schema(load_codebook(file or find_study(study).codebook_path)))


@app.command()
def coders(
    adjudicator: AdjudicatorOption = None, study: StudyOption = None, json: JsonOption = False
) -> None:
    """Show how steady each coder is, week by week, and where coders differ most.

    Decisions are left out, since an adjudicator has seen the others' answers.

    Example: standfirst labels coders
    """
    from dataclasses import asdict

    from ...labels import disagreements, drift, stability

    folder = find_study(study)
    rows, book = _coded(folder)
    above = adjudicator or ()
    steady = stability(rows, book, adjudicators=above)
    weeks = drift(rows, book, adjudicators=above)
    clashes = disagreements(rows, book, adjudicators=above)
    if json:
        print_json(
            {
                "stability": [asdict(row) for row in steady],
                "drift": [asdict(row) for row in weeks],
                "disagreements": [asdict(row) for row in clashes],
            }
        )
        return
    for line in [*map(str, steady), *map(str, weeks), *map(str, clashes)]:
        typer.echo(line)
    say_next(folder, "labels coders")


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="A .csv or .parquet file.")],
    wide: Annotated[
        bool, typer.Option("--wide", help="One column for each coder, for R and SPSS.")
    ] = False,
    force: ForceOption = False,
    study: StudyOption = None,
) -> None:
    """Write the annotations as CSV, long or wide, or as Parquet with one column for each dimension.

    Example: standfirst labels export coded.csv --wide
    """
    from ...files import publish
    from ...labels import annotations_dataset, write_long, write_wide
    from ...tables.foreign import refuse_foreign

    folder = find_study(study)
    rows, book = _coded(folder)
    names = {".parquet": ["unit_id", "coder", "round"], ".csv": ["unit", "article", "dimension"]}
    if output.suffix not in names:
        raise InputError(
            output, "annotations are exported as CSV or Parquet", "name it .csv or .parquet"
        )
    refuse_foreign(output, names[output.suffix], force=force)
    if output.suffix == ".parquet":
        with publish(output) as temporary:
            annotations_dataset(rows, book).to_parquet(str(temporary))
    else:
        (write_wide if wide else write_long)(output, rows)
    say(f"wrote {output}")
    say_next(folder, "labels export")


def _say_next(file: Path | None, study: Path | None, after: str) -> None:
    """Say what comes next, in the study or for a codebook's file."""
    if file is None:
        say_next(find_study(study), after)
    else:
        say_next_with_files("codebook", file)


def _coded(study: "StudyFolder") -> tuple[list["Annotation"], "Codebook"]:
    from ...study.resolving import coded_of

    coded = coded_of(study)
    say(*coded.notes)
    return coded.annotations, coded.codebook
