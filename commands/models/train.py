"""``standfirst train``: from labels to a model."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import StudyError
from ...study.labelled import labelled_rows
from ..shared import completion
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import (
    DeviceOption,
    JsonOption,
    MissingOption,
    StudyOption,
    find_study,
    print_json,
    say,
)
from ..shared.progress import ProgressLine
from .fine_tuning import EpochsOption, FineTuneOption, check, device_to_encode, tune
from .score_tables import (
    GroupOption,
    LabelOption,
    TextOption,
    groups_text,
    interval_text,
    label_table,
)

if TYPE_CHECKING:
    from ...models import Report, TrainingSet

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
    missing: MissingOption = None,
    codebook: Annotated[
        Path | None, typer.Option(help="Codebook of the labels.", show_default="inferred")
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            help="As `encoders` lists them, joined by + (minilm+tfidf), or a folder; repeat to "
            "compare.",
            show_default="the best one present, by the folds",
            autocompletion=completion.encoders,
        ),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(
            help="Read beside the text: none, neighbours (columns before, after), title, "
            "neighbours+title.",
            show_default="by the folds",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target-column", help="Whom or what the label is about.", show_default="target"
        ),
    ] = None,
    goal: Annotated[
        str, typer.Option(help="macro-f1, or a promise for each label: precision=0.9, recall=0.9.")
    ] = "macro-f1",
    votes: Annotated[
        bool,
        typer.Option(
            "--votes",
            help="Weight rows by how many coders agree: gold's probability, or columns NAME_votes.",
        ),
    ] = False,
    from_coder: Annotated[
        str | None,
        typer.Option(
            help="Let a language model's answers (llm:NAME) on units without gold teach as well; "
            "scores stay those on people's gold."
        ),
    ] = None,
    weak_weight: Annotated[
        float,
        typer.Option(help="What such a unit weighs beside one with gold.", min=0.1, max=0.9),
    ] = 0.2,
    fast: Annotated[bool, typer.Option("--fast", help="Compare no candidates.")] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Compare all encoders, layers, contexts and heads.")
    ] = False,
    definitions: Annotated[
        bool,
        typer.Option(
            "--definitions",
            help="Nothing is labelled yet: let the codebook's definitions rank units for coding.",
        ),
    ] = False,
    fine_tune: FineTuneOption = None,
    device: DeviceOption = None,
    epochs: EpochsOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder of the model.", show_default="STUDY/models/CODEBOOK"
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=20,
            help="Folds of the held-out score.",
            show_default="10 below 500 rows, else 5; with --fine-tune always 5",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the folds and the bootstrap.")] = 0,
    study: StudyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on labelled rows, and score it on articles that it has not seen.

    Without --data it learns from the units and the gold of the study.

    Example: standfirst train --data coded.csv --label stance --group article_id -o model
    """
    from ...labels import load_codebook
    from ...models import from_file, parse_goal, train
    from ...models.bundle.folder import can_save
    from ...models.encoders.networks.devices import with_device
    from ...models.encoders.networks.transformer import is_ready
    from ...models.encoders.registry import make_parts
    from ...models.tagging.blocks import with_preparation
    from ...tables.answers import parse_missing

    if definitions:
        if data is not None:
            raise typer.BadParameter("needs no labelled rows", param_hint="--definitions")
        with with_device(device):
            _by_definitions(study, codebook, encoder or [], output, as_json=as_json)
        return
    _check_words(data, label, output, both=fast and thorough)
    _check_coder(from_coder, has_data=data is not None, tunes=fine_tune is not None)
    # All that can be refused is refused before the long work.
    aim = parse_goal(goal)
    _check_context(context)
    for name in encoder or []:
        make_parts(name)
    check(fine_tune, device, encoder or [], epochs=epochs)
    if output is not None:
        can_save(output)
    if data is not None:
        book = None if codebook is None else load_codebook(codebook)
        rows = from_file(
            data,
            label or [],
            text=text,
            group=group,
            codebook=book,
            target=target,
            votes=votes,
            missing=parse_missing(missing),
        )
        preparation = None
    else:
        rows, usual = _from_study(
            study, label, codebook, votes=votes, coder=from_coder, weak_weight=weak_weight
        )
        preparation = find_study(study).preparation()
        output = output or usual
        can_save(output)
    assert output is not None  # noqa: S101 - for the type checker: both ways have set it
    if not encoder and not is_ready():
        say(
            "encoder: tfidf; a better one, above all with few labels, comes with: "
            "standfirst encoders pull minilm"
        )
    with with_device(device_to_encode(device, tunes=fine_tune is not None)):
        with ProgressLine() as progress:
            report = train(
                rows,
                encoder=encoder,
                context=context,
                effort="fast" if fast else "thorough" if thorough else "default",
                goal=aim,
                # Each fold is a tuning more.
                n_folds=folds or (None if fine_tune is None else 5),
                seed=seed,
                progress=progress,
            )
        # Tagging cuts new articles as the study cut those that were coded.
        made = with_preparation(report.model, preparation)
        made.save(output)
        tuning: list[str] = []
        if fine_tune is not None:
            report, tuning = tune(rows, replace(report, model=made), fine_tune, device, epochs)
            report.model.save(output)
    _print(report, output, tuning, as_json=as_json)
    if data is None:
        say_next(find_study(study), "train", quiet=as_json)
    else:
        say_next_with_files("train", output, names=label or (), quiet=as_json)


def _check_words(
    data: Path | None, label: list[str] | None, output: Path | None, *, both: bool
) -> None:
    if data is not None and not label:
        raise typer.BadParameter("name a column of the labelled file", param_hint="--label")
    if data is not None and output is None:
        raise typer.BadParameter("name the folder of the model", param_hint="--output")
    if both:
        raise typer.BadParameter("name one of --fast and --thorough", param_hint="--fast")


def _check_coder(coder: str | None, *, has_data: bool, tunes: bool) -> None:
    if coder is None:
        return
    if has_data:
        raise typer.BadParameter("needs a study, not --data", param_hint="--from-coder")
    if tunes:
        problem = "a network is tuned on people's gold alone"
        raise typer.BadParameter(problem, param_hint="--from-coder")


def _by_definitions(
    folder: Path | None,
    codebook: Path | None,
    encoders: list[str],
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    from ...labels import load_codebook
    from ...models import prototype_model
    from ...models.bundle.folder import can_save

    if len(encoders) > 1:
        raise typer.BadParameter("definitions cannot choose: name one", param_hint="--encoder")
    if codebook is None or output is None:
        study = find_study(folder)
        codebook, output = codebook or study.codebook_path, output or study.models / "definitions"
    can_save(output)
    made = prototype_model(load_codebook(codebook), encoder=encoders[0] if encoders else None)
    made.save(output)
    if as_json:
        print_json({"model": str(output), "encoder": made.encoder_name, "n_rows": 0})
        return
    print(f"model written to {output}")
    say("it has seen no label: it ranks units, and measures nothing")
    say_next_with_files("definitions", output)


def _print(report: "Report", output: Path, tuning: list[str], *, as_json: bool) -> None:
    if as_json:
        from ...models.encoders.languages import unread

        about = report.model.about
        print_json(
            {
                "model": str(output),
                "encoder": report.model.encoder_name,
                "device": about.device,
                "n_rows": report.n_rows,
                "grouped_by": report.grouped_by,
                "languages": list(about.languages),
                "languages_not_read": list(unread(report.model.encoder_name, about.languages)),
                **report.model.metrics,
            }
        )
        return
    print("\n".join([*_lines(report), *tuning]))
    print(f"\nmodel written to {output}")


def _check_context(context: str | None) -> None:
    from ...errors import UnknownNameError
    from ...models.views import CONTEXTS

    if context is not None and context not in CONTEXTS:
        raise UnknownNameError("context", context, list(CONTEXTS))


def _from_study(
    folder: Path | None,
    label: list[str] | None,
    codebook: Path | None,
    *,
    votes: bool,
    coder: str | None,
    weak_weight: float,
) -> "tuple[TrainingSet, Path]":
    study = find_study(folder)
    rows, n_closed = labelled_rows(
        study, label, codebook=codebook, votes=votes, coder=coder, weak_weight=weak_weight
    )
    if coder is not None and rows.weak is None:
        problem = "has answered no unit that has no gold, so that it teaches nothing"
        raise StudyError(coder, problem, "ask about all units: standfirst annotate ask --corpus")
    if n_closed:
        say(f"{n_closed} units of the test part and its articles are left out of training")
    return rows, study.models / rows.codebook.id


def _lines(report: "Report") -> list[str]:
    from ...models.encoders.languages import unread_note
    from ...models.training.larger import larger_network_note

    groups = f"{report.model.about.n_groups} groups ({report.grouped_by})"
    lines = [f"{report.n_rows} rows in {groups}; encoder {report.model.encoder_name}"]
    if (device := report.model.about.device) != "cpu":
        lines.append(f"  vectors computed on {device}")
    if weak := report.model.about.weak:
        lines.append(
            f"  taught as well by {weak['n_rows']} units that {weak['coder']} labelled, of weight "
            f"{weak['weight']:g}; scores are on people's answers alone"
        )
    note = unread_note(report.model.encoder_name, report.model.about.languages)
    lines += [f"note: {note}"] if note else []
    lines += _choice_lines(report)
    for entry in report.dimensions:
        result = entry.score
        within = f"{groups_text(result, report.grouped_by)}; 95 % interval over groups"
        lines += [
            "",
            f"{entry.dimension}: macro-F1 {interval_text(result)}",
            f"  held out: {entry.n_folds} folds of whole groups; n = {result.n} rows in {within}",
        ]
        usual = f"  for comparison: {result.baseline:.3f} by always giving the same answer, "
        usual += f"{result.chance:.3f} by chance"
        if entry.leak_gap is not None:
            usual += f"; folds that ignore the groups would have shown {entry.leak_gap:+.3f}"
        lines += [usual, f"  expected calibration error {entry.calibration_error:.3f}"]
        lines += [f"  {line}" for line in label_table(result)]
        if entry.abstained:
            goal = report.model.about.goal
            lines.append(f"  gives no label to {entry.abstained:.0%} of rows, for {goal}")
        if entry.weighted:
            lines.append("  rare labels are given from a lower probability on (it raised macro-F1)")
        lines += [f"  note: {note}" for note in (*entry.warnings, *entry.cautions)]
    about = report.model.about
    larger = larger_network_note(report.model.encoder_name, about.languages, report.n_rows)
    return lines if larger is None else [*lines, "", larger]


def _choice_lines(report: "Report") -> list[str]:
    choice = report.choice
    best = choice.standings[0]
    if choice.difference is None:
        return [f"taken: {best.name}"]
    others = choice.standings[1:]
    second = others[0]
    mean, low, high = choice.difference.numbers()
    precision = (
        f"  average precision {best.average_precision:.3f} to {second.average_precision:.3f} "
        f"(standard error of the difference {choice.error:.3f})"
    )
    f1 = (
        f"  macro-F1 {best.macro_f1:.3f} to {second.macro_f1:.3f}, by {mean:+.3f} "
        f"({low:+.3f} to {high:+.3f}), paired over groups"
    )
    lines = [f"chosen of {len(choice.standings)}: {best.name}, before {second.name}", precision, f1]
    if len(others) > 1:
        names = (f"{candidate.name} {candidate.average_precision:.3f}" for candidate in others[1:6])
        lines.append("  then " + "; ".join(names))
    return [*lines, "  the scores below include the choosing: it was done again in each fold"]
