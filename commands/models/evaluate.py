"""``standfirst evaluate``: a model on labelled rows that it has not seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...study.contents import gold_of
from ..shared import completion
from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import JsonOption, MissingOption, StudyOption, find_study, print_json, say
from .score_tables import (
    GroupOption,
    LabelOption,
    TextOption,
    groups_text,
    interval_text,
    label_table,
)

if TYPE_CHECKING:
    from ...models import Model, TrainingSet

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[
        Path, typer.Argument(help="Folder of a trained model.", autocompletion=completion.models)
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Labelled file: .jsonl, .csv, .tsv or .parquet.",
            show_default="the study's test part",
        ),
    ] = None,
    label: LabelOption = None,
    text: TextOption = "text",
    group: GroupOption = None,
    missing: MissingOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    study: StudyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a model on labelled rows that it has not seen.

    Without --data these are the gold answers on the study's test part.

    Example: standfirst evaluate model --data later.csv --json
    """
    from ...models import Model, evaluate, from_file
    from ...tables.answers import parse_missing

    loaded = Model.load(model)
    names = label or [dimension.id for dimension in loaded.dimensions]
    for name in names:
        if name not in loaded.heads:
            from ...errors import UnknownNameError

            raise UnknownNameError(f"dimension of {model}:", name, list(loaded.heads))
    if data is None:
        rows = _test_part(study, loaded, label)
    else:
        rows = from_file(
            data,
            names,
            text=text,
            group=group,
            codebook=loaded.codebook,
            missing=parse_missing(missing),
        )
    result = evaluate(loaded, rows, seed=seed)
    if result.n_seen:
        say(
            f"warning: {result.n_seen} of {len(rows)} texts were in the training data; "
            "the score flatters the model"
        )
    if as_json:
        print_json(result.as_json())
        return
    for name, score in result.scores.items():
        groups = groups_text(score, rows.grouped_by)
        print(f"{name}: macro-F1 {interval_text(score)}, n = {score.n} in {groups}")
        print("\n".join(label_table(score)))
        for note in result.notes[name]:
            print(f"  note: {note}")
    if data is None:
        say_next(find_study(study), "evaluate")
    else:
        say_next_with_files("evaluate", model)


def _test_part(folder: Path | None, model: "Model", label: list[str] | None) -> "TrainingSet":
    from ...annotate.design.sampling import read_design
    from ...corpus import load_units
    from ...errors import RevisionError, StudyError
    from ...labels import load_codebook
    from ...models import from_study

    study = find_study(folder)
    book = load_codebook(study.codebook_path)
    if book.revision != model.codebook.revision:
        problem = f"is of revision {book.revision}, the model of {model.codebook.revision}"
        remedy = "see what changed: standfirst labels diff MODEL/codebook.yaml codebook.yaml"
        raise RevisionError(study.codebook_path, problem, remedy)
    test = {row.unit_id for row in read_design(study.design) if row.part == "test"}
    if not test:
        problem = "has no test part"
        raise StudyError(study.root, problem, "name labelled rows with --data, or draw one: --test")
    coded = [row for row in gold_of(study, book) if row.unit_id in test]
    if not coded:
        problem = f"no gold answer on the {len(test)} units of the test part"
        raise StudyError(study.root, problem, "code them, then run: standfirst labels gold")
    # What the model was not trained on needs no answer.
    known = [row for row in coded if row.dimension in model.heads]
    return from_study(
        load_units(study.corpus), known, model.codebook, label, source=str(study.gold)
    )
