"""``standfirst compare``: several models on the same labelled rows."""

from pathlib import Path
from typing import Annotated

import typer

from ..shared import completion
from ..shared.next_step import say_next_with_files
from ..shared.options import JsonOption, MissingOption, print_json, print_table, say
from .score_tables import GroupOption, LabelOption, TextOption, interval_text

__all__ = ["compare"]


def compare(
    models: Annotated[
        list[Path],
        typer.Argument(help="Folders of two or more models.", autocompletion=completion.models),
    ],
    data: Annotated[
        Path, typer.Option("--data", help="Labelled file: .jsonl, .csv, .tsv or .parquet.")
    ],
    label: LabelOption = None,
    text: TextOption = "text",
    group: GroupOption = None,
    missing: MissingOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare models on the same labelled rows, each with the first, in pairs.

    Example: standfirst compare model fast --data held_out.csv
    """
    from ...models import Model, compare, from_file
    from ...tables.answers import parse_missing

    loaded = {str(folder): Model.load(folder) for folder in models}
    first = next(iter(loaded.values()))
    everywhere = [
        name for name in first.heads if all(name in model.heads for model in loaded.values())
    ]
    names = label or everywhere or list(first.heads)
    rows = from_file(
        data, names, text=text, group=group, codebook=first.codebook, missing=parse_missing(missing)
    )
    comparisons, seen = compare(loaded, rows, seed=seed)
    for name, n in seen.items():
        if n:
            say(f"warning: {name} was trained on {n} of the {len(rows)} texts; its score flatters")
    if as_json:
        dimensions = {name: comparison.as_json() for name, comparison in comparisons.items()}
        print_json({"dimensions": dimensions, "trained_on": seen})
        return
    for k, (name, comparison) in enumerate(comparisons.items()):
        base = next(iter(comparison.scores.values()))
        print(f"{chr(10) if k else ''}{name}: {base.n} rows in {base.n_groups} groups")
        lines = []
        for folder, score in comparison.scores.items():
            cells = [folder, interval_text(score), "", "", ""]
            if folder in comparison.differences:
                gap = comparison.differences[folder]
                verdict = "differs" if gap.macro_f1.excludes_zero else "no clear difference"
                value, low, high = gap.macro_f1.numbers()
                interval = f"{value:+.3f} ({low:+.3f} to {high:+.3f})"
                cells[2:] = [interval, verdict, f"{gap.agreement:.1%}"]
            lines.append(cells)
        print_table(["model", "macro-F1", "against the first", "", "same answer"], lines)
        # What limits the rows holds for all models, and is said once.
        notes: dict[str, list[str]] = {}
        for folder, some in comparison.notes.items():
            for note in some:
                notes.setdefault(note, []).append(folder)
        for note, folders in notes.items():
            of = "" if len(folders) == len(comparison.scores) else f"{', '.join(folders)}: "
            print(f"  note: {of}{note}")
    say_next_with_files("evaluate", next(iter(loaded)))
