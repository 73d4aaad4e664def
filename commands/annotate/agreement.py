"""``standfirst annotate agreement``: how far coders agree, with a gate for scripts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import RatingsError, StudyError
from ..shared import completion
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import (
    AdjudicatorOption,
    JsonOption,
    MissingOption,
    StudyOption,
    check_round,
    find_study,
    print_json,
)

if TYPE_CHECKING:
    from ...labels import Annotation, Codebook

__all__ = ["agreement"]


def agreement(
    coded: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A CSV with unit, coder, dimension, label (a|b for several), or wide; no study.",
        ),
    ] = None,
    codebook: Annotated[
        Path | None, typer.Option(help="The codebook of --from; inferred when not given.")
    ] = None,
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            help="Measure only this dimension; may be repeated.",
            autocompletion=completion.dimensions,
        ),
    ] = None,
    missing: MissingOption = None,
    round: Annotated[
        str | None,
        typer.Option(help="Only answers of this round.", autocompletion=completion.rounds),
    ] = None,
    adjudicator: AdjudicatorOption = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(help="Set a language model beside each person: llm:NAME; may be repeated."),
    ] = None,
    gate: Annotated[
        float | None,
        typer.Option(help="Exit with 1 when an alpha is below, such as 0.8.", min=-1, max=1),
    ] = None,
    lower: Annotated[
        float | None,
        typer.Option(
            help="Exit with 1 when an interval begins below, such as 0.667.", min=-1, max=1
        ),
    ] = None,
    draws: Annotated[int, typer.Option(help="Bootstrap draws.", min=0)] = 1000,
    level: Annotated[
        float, typer.Option(help="Coverage of the intervals.", min=0.5, max=0.999)
    ] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Measure agreement between coders: Krippendorff's alpha and others, with intervals.

    Example: standfirst annotate agreement --gate 0.8 --lower 0.667
    """
    from ...labels import agreement as measure
    from ...labels import agreement_as_json, agreement_as_text, is_machine, missed_gate

    if machine and coded is not None:
        problem = "is for answers of a study; in a table they stand under their name, llm:..."
        raise typer.BadParameter(problem, param_hint="--machine")
    rows, book = _read(coded, codebook, study, missing)
    check_round(round, (row.round for row in rows))
    rows += [row for name in machine or () for row in _of_machine(study, name)]
    if round is not None:
        rows = [row for row in rows if row.round == round]
    measured = measure(
        rows,
        book,
        dimensions=dimension,
        adjudicators=adjudicator or (),
        machines=[row for row in rows if is_machine(row.coder)],
        draws=draws,
        level=level,
        seed=seed,
    )
    if not measured:
        scope = "of this round and dimension " if round or dimension else ""
        raise StudyError("", f"no answers {scope}to compare", "pull them: standfirst annotate pull")
    if json:
        print_json(agreement_as_json(measured))
    else:
        for line in agreement_as_text(measured):
            typer.echo(line)
    missed = missed_gate(measured, gate, lower)
    if missed:
        raise RatingsError(
            "agreement",
            "; ".join(missed),
            "see the disagreements, train the coders, and code again",
        )
    if coded is None:
        say_next(find_study(study), "annotate agreement", quiet=json)
    else:
        say_next_with_files("agreement", coded, names=[measured[0].dimension], quiet=json)


def _of_machine(study: Path | None, name: str) -> list["Annotation"]:
    from ...study.language_models import answers_of

    return answers_of(find_study(study), name).annotations


def _read(
    coded: Path | None, codebook: Path | None, study: Path | None, missing: str | None
) -> tuple[list["Annotation"], "Codebook"]:
    from ...labels import (
        check_annotations,
        check_revision,
        infer_from_annotations,
        load_codebook,
        read_annotations,
        read_coded,
    )
    from ...tables.answers import parse_missing

    if coded is not None:
        book = load_codebook(codebook) if codebook else None
        if coded.suffix.lower() == ".jsonl":
            rows = read_annotations(coded)
        else:
            rows = read_coded(coded, codebook=book, missing=parse_missing(missing))
        book = book or infer_from_annotations(rows)
    else:
        folder = find_study(study)
        if not folder.annotations.exists():
            remedy = "pull them first: standfirst annotate pull"
            raise StudyError(folder.root, "has no annotations yet", remedy)
        book = load_codebook(codebook or folder.codebook_path)
        rows = read_annotations(folder.annotations)
        check_revision(rows, book, str(folder.annotations))
    check_annotations(rows, book, str(coded or "annotations"))
    return rows, book
