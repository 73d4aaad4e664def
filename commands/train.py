"""``standfirst train``: from labels to a model."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import JsonOption, StudyOption, find_study, print_json, say
from .progress import Progress
from .scored import (
    GroupOption,
    LabelOption,
    TextOption,
    told_groups,
    told_interval,
    told_table,
)

if TYPE_CHECKING:
    from ..models import Report, TrainingSet

__all__ = ["train"]

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Labelled file: .jsonl, .csv, .tsv or .parquet."),
]


def train(
    data: DataOption = None,
    label: LabelOption = None,
    text: TextOption = "text",
    group: GroupOption = None,
    codebook: Annotated[
        Path | None, typer.Option(help="Codebook of the labels.", show_default="inferred")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="tfidf, minilm or minilm+tfidf.", show_default="the best one present"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder of the model.", show_default="STUDY/models/CODEBOOK"
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Folds of the held-out score.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and bootstrap.")] = 0,
    study: StudyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on labelled rows, and score it on articles that it has not seen.

    Without --data it learns from the units and the gold of the study.

    Example: standfirst train --data coded.csv --label stance --group article_id -o model
    """
    from ..labels import load_codebook
    from ..models import from_file, train
    from ..models.bundle import can_save
    from ..models.transformer import is_ready

    if data is not None and not label:
        raise typer.BadParameter("name a column of the labelled file", param_hint="--label")
    if data is not None and output is None:
        raise typer.BadParameter("name the folder of the model", param_hint="--output")
    # All that can be refused is refused before the long work.
    if output is not None:
        can_save(output)
    if data is not None:
        book = None if codebook is None else load_codebook(codebook)
        rows = from_file(data, label or [], text=text, group=group, codebook=book)
        preparation: dict[str, Any] = {}
    else:
        rows, usual = _from_study(study, label, codebook)
        preparation = find_study(study).settings().preparation()
        output = output or usual
        can_save(output)
    assert output is not None  # noqa: S101 - for the type checker: both ways have set it
    if encoder is None and not is_ready():
        say(
            "encoder: tfidf; a better one, above all with few labels, comes with: "
            "standfirst encoders pull minilm"
        )
    progress = Progress()
    report = train(rows, encoder=encoder, n_folds=folds, seed=seed, progress=progress.step)
    progress.end()
    made = report.model
    if preparation:
        # Tagging cuts new articles as the study cut those that were coded.
        made = replace(made, about={**made.about, "preparation": preparation})
    made.save(output)
    if as_json:
        print_json(
            {
                "model": str(output),
                "encoder": report.model.encoder_name,
                "n_rows": report.n_rows,
                "grouped_by": report.grouped_by,
                **report.model.metrics,
            }
        )
    else:
        print("\n".join(_told_training(report)))
        print(f"\nmodel written to {output}")


def _from_study(
    folder: Path | None, label: list[str] | None, codebook: Path | None
) -> "tuple[TrainingSet, Path]":
    from ..annotate.sample import read_design
    from ..corpus import load_units
    from ..errors import StudyError
    from ..labels import load_codebook, read_gold
    from ..models import from_study

    study = find_study(folder)
    if not study.gold.is_file():
        raise StudyError(study.root, "has no gold yet", "run: standfirst labels gold")
    book = load_codebook(codebook or study.codebook_path)
    design = read_design(study.design) if study.design.is_file() else []
    # The test part tells how good the model is: what learned from it could not be asked.
    aside = {row.unit_id for row in design if row.part == "test"}
    rows = from_study(
        load_units(study.corpus),
        read_gold(study.gold),
        book,
        label,
        source=str(study.gold),
        leave_out=aside,
    )
    if aside:
        say(f"{len(aside)} units of the test part are left out of training")
    return rows, study.models / book.id


def _told_training(report: "Report") -> list[str]:
    groups = f"{report.model.about['n_groups']} groups ({report.grouped_by})"
    lines = [f"{report.n_rows} rows in {groups}; encoder {report.model.encoder_name}"]
    for one in report.dimensions:
        found = one.score
        within = f"{told_groups(found, report.grouped_by)}; 95 % interval over groups"
        lines += [
            "",
            f"{one.dimension}: macro-F1 {told_interval(found)}",
            f"  held out: {one.n_folds} folds of whole groups; n = {found.n} rows in {within}",
        ]
        usual = f"  for comparison: {one.baseline:.3f} by always giving the same answer"
        if one.leak_gap is not None:
            usual += f"; folds that ignore the groups would have shown {one.leak_gap:+.3f}"
        lines += [usual, *(f"  {line}" for line in told_table(found))]
        if one.weighted:
            lines.append("  rare labels are given from a lower probability on (it raised macro-F1)")
        lines += [f"  note: {told}" for told in one.warnings]
    return lines
