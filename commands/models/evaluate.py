"""``standfirst evaluate``: a model on labelled rows that it has not seen."""

from pathlib import Path
from typing import Annotated

import typer

from ...study.labelled import rows_of_test_part
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
        rows = rows_of_test_part(find_study(study), loaded, label)
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
