"""``standfirst evaluate``: a model on labelled rows that it has not seen."""

from pathlib import Path
from typing import Annotated

import typer

from .common import JsonOption, print_json, say
from .scored import (
    GroupOption,
    LabelOption,
    TextOption,
    told_groups,
    told_interval,
    told_table,
)

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a trained model.")],
    data: Annotated[
        Path, typer.Option("--data", help="Labelled file: .jsonl, .csv, .tsv or .parquet.")
    ],
    label: LabelOption = None,
    text: TextOption = "text",
    group: GroupOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Score a model on labelled rows that it has not seen.

    Example: standfirst evaluate model --data later.csv --json
    """
    from ..models import Model, evaluate, from_file

    loaded = Model.load(model)
    names = label or [dimension.id for dimension in loaded.dimensions]
    for name in names:
        if name not in loaded.heads:
            from ..errors import UnknownNameError

            raise UnknownNameError(f"dimension of {model}:", name, list(loaded.heads))
    rows = from_file(data, names, text=text, group=group, codebook=loaded.codebook)
    found = evaluate(loaded, rows, seed=seed)
    if found.n_seen:
        say(
            f"warning: {found.n_seen} of {len(rows)} texts were in the training data; "
            "the score flatters the model"
        )
    if as_json:
        print_json(found.as_json())
        return
    for name, one in found.scores.items():
        groups = told_groups(one, rows.grouped_by)
        print(f"{name}: macro-F1 {told_interval(one)}, n = {one.n} in {groups}")
        print("\n".join(told_table(one)))
