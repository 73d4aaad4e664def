"""``standfirst measure plan``: how many labels a share, an agreement or a score takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import InputError, StandfirstError, StudyError
from ..shared import completion
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import JsonOption, MissingOption, StudyOption, find_study, print_json, say
from ..shared.progress import ProgressLine
from .inputs import LevelOption, TagsArgument
from .tables import OutputOption, write_rows

if TYPE_CHECKING:
    from ...measure.plans.plans import Requirement
    from ...models import TrainingSet
    from ...study.folder import StudyFolder

__all__ = ["plan"]


def plan(
    tags: TagsArgument = None,
    half_width: Annotated[
        float,
        typer.Option(help="Half the width of a share's interval.", min=0.0001, max=0.4999),
    ] = 0.02,
    share: Annotated[
        float | None,
        typer.Option(
            help="Plan without a study, for a share that is about so large.", min=0, max=1
        ),
    ] = None,
    units: Annotated[
        int | None,
        typer.Option(help="Units of the corpus, with --share.", min=2, show_default="very many"),
    ] = None,
    alpha: Annotated[
        float | None,
        typer.Option(help="Krippendorff's alpha that is expected, with --share.", min=0, max=1),
    ] = None,
    lower: Annotated[
        float, typer.Option(help="Where the interval of alpha may begin.", min=-1, max=1)
    ] = 0.667,
    f1: Annotated[
        float | None,
        typer.Option(
            "--f1", help="Held-out macro-F1 that is wanted; fits models, for minutes.", min=0, max=1
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Labelled file for --f1, without a study."),
    ] = None,
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            help="Plan for this one only (a column of --data); give it once for each.",
            autocompletion=completion.dimensions,
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="Column of the text of --data.")] = "text",
    group: Annotated[
        str | None, typer.Option(help="Column of --data whose rows stay together.")
    ] = None,
    missing: MissingOption = None,
    encoder: Annotated[
        str | None, typer.Option(help="What makes vectors for --f1.", show_default="the usual one")
    ] = None,
    level: LevelOption = 0.95,
    seed: Annotated[int, typer.Option(help="Of intervals and of --f1.", min=0)] = 0,
    output: OutputOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Say how many labels it takes: for a share, for agreement, for a score.

    In a study it goes by what is there: tags, gold, units that two have coded. Elsewhere name what
    you expect with --share and --alpha, or a labelled file with --data.

    Example: standfirst measure plan --share 0.1 --half-width 0.02 --units 9000 --alpha 0.8
    """
    from ...measure.plans.plans import Plan

    notes: list[str] = []
    if share is None and (units is not None or alpha is not None):
        raise typer.BadParameter("name the share that you expect", param_hint="--share")
    if data is not None and (f1 is None or not dimension):
        raise typer.BadParameter("needs --f1 and a column, with --dimension", param_hint="--data")
    if share is not None:
        made = _expected(share, half_width, units, alpha, lower, level)
    elif data is not None:
        made = []
    else:
        folder = find_study(study)
        made = _of_study(folder, tags, half_width, lower, dimension, level, seed, notes)
    if f1 is not None:
        rows = _labelled(data, study, dimension, text, group, missing)
        made += _scores(rows, f1, encoder, seed, notes)
    if not made:
        problem = "nothing to plan by: no tags, no gold and no unit that two have coded"
        raise StudyError("plan", problem, "say what you expect: --share 0.1")
    planned = Plan(tuple(made), tuple(dict.fromkeys(notes)))
    if output is not None:
        write_rows(planned.rows(), output)
    if json:
        print_json(planned.as_json())
        return
    print(repr(planned).split("\nnote: ")[0])
    say(*(f"note: {note}" for note in planned.notes))
    if share is None and data is None:
        say_next(find_study(study), "measure plan")
    else:
        say_next_with_files("plan", "")


def _expected(
    share: float,
    half_width: float,
    units: int | None,
    alpha: float | None,
    lower: float,
    level: float,
) -> "list[Requirement]":
    from ...measure.plans.plans import plan_new_agreement, plan_share

    if not 0 < share < 1:
        raise InputError("--share", f"{share:g}", "use a share above 0 and below 1")
    made = [plan_share(share, half_width, units, level=level)]
    if alpha is not None:
        made.append(plan_new_agreement(alpha, lower, share, level=level))
    return made


def _of_study(
    study: "StudyFolder",
    tags: Path | None,
    half_width: float,
    lower: float,
    dimension: list[str] | None,
    level: float,
    seed: int,
    notes: list[str],
) -> "list[Requirement]":
    from ...labels import agreement
    from ...measure.plans.plans import plan_agreement, plan_shares
    from ...study.contents import annotations_of, codebook_of
    from ...study.inputs import corpus_tags, inputs_of

    made: list[Requirement] = []
    measured = None
    try:
        corpus = inputs_of(study, tags, dimensions=dimension)
        table = corpus.tags
        measured = corpus.shares(level=level)
    except StandfirstError as error:
        try:
            table = corpus_tags(study, tags, dimensions=dimension)
        except StudyError:
            if tags is not None:
                raise
            notes.append(str(error))
            table = None
        else:
            notes.append(f"shares by the model's own promise, because {error}")
    if table is not None:
        made += plan_shares(table, half_width, measured=measured, level=level)
    if any(requirement.at_best for requirement in made):
        notes.append(
            "at best: a rare label, and too few coded units with it to check the model's promise"
        )
    codebook, said = codebook_of(study), annotations_of(study)
    coded = agreement(said, codebook, dimensions=dimension, level=level, seed=seed) if said else []
    made += [plan_agreement(pilot, lower) for pilot in coded if pilot.n_units]
    return made


def _labelled(
    data: Path | None,
    study: Path | None,
    dimension: list[str] | None,
    text: str,
    group: str | None,
    missing: str | None,
) -> "TrainingSet":
    from ...models import from_file
    from ...study.labelled import labelled_rows
    from ...tables.answers import parse_missing

    if data is None:
        return labelled_rows(find_study(study), dimension)[0]
    return from_file(data, dimension or [], text=text, group=group, missing=parse_missing(missing))


def _scores(
    rows: "TrainingSet", goal: float, encoder: str | None, seed: int, notes: list[str]
) -> "list[Requirement]":
    from ...measure.plans.planning import CURVE_FROM, POSITIVES
    from ...measure.plans.plans import plan_score, unknown_score
    from ...models.training.curve import learning_curve

    made = {}
    for name in rows.answers:
        counts = rows.truth(name)[1].sum(axis=0)
        rarest = int(counts[counts > 0].min()) if counts.any() else 0
        n = int((rows.truth(name)[0]).size)
        if n < CURVE_FROM / 0.75 or rarest < POSITIVES:
            made[name] = unknown_score(name, goal, n)
            notes.append(
                f"{name}: {n} labels, {rarest} of the rarest; a learning curve takes "
                f"{int(CURVE_FROM / 0.75) + 1} and {POSITIVES}"
            )
    left = [name for name in rows.answers if name not in made]
    if left:
        from dataclasses import replace

        chosen = replace(
            rows,
            answers={name: rows.answers[name] for name in left},
            weights=None,
        )
        with ProgressLine() as progress:
            curves = learning_curve(chosen, encoder=encoder, seed=seed, progress=progress)
        made |= {name: plan_score(name, points, goal) for name, points in curves.items()}
    return [made[name] for name in rows.answers]
