"""``standfirst tag``: from a model and articles to tags."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import JsonOption, print_json
from .progress import Progress

if TYPE_CHECKING:
    from ..models.tag import Counts

__all__ = ["tag"]


def tag(
    model: Annotated[Path, typer.Argument(help="Folder of a trained model.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Articles: files, folders, globs, s3:// URLs, or - for standard input."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="OUT.parquet, .jsonl or .csv, or a folder.")
    ],
    unit: Annotated[
        str | None,
        typer.Option(
            help="sentence, window, paragraph, article; or row: the text of each record as it is.",
            show_default="as in the codebook",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="Column of the text.", show_default="guessed")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Read all as this: txt, jsonl, csv, tsv, parquet.")
    ] = None,
    abstain_below: Annotated[
        float, typer.Option(min=0, max=1, help="Give no label with less confidence than this.")
    ] = 0.0,
    keep_debris: Annotated[
        bool, typer.Option("--keep-debris", help="Do not clean the articles.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag articles with a trained model, one row a unit.

    Example: standfirst tag model news/*.jsonl -o tags.parquet
    """
    from ..corpus import Fields, read_articles
    from ..errors import InputError, UnknownNameError
    from ..models import Model
    from ..models.answers import tag_schema
    from ..models.output import can_write, write_tags
    from ..models.tag import UNITS, Counts, tag_articles

    if unit is not None and unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    can_write(output)
    loaded = Model.load(model)
    kind = unit or (loaded.codebook.unit if loaded.codebook.unit in UNITS else "sentence")
    records = read_articles(inputs, fields=Fields(text=text), form=format)
    counts, started, progress = Counts(), time.monotonic(), Progress()

    def tables() -> Any:
        for table in tag_articles(
            loaded,
            records,
            counts,
            unit=kind,
            abstain_below=abstain_below,
            keep_debris=keep_debris,
        ):
            yield table
            progress.tell(f"{counts.articles} articles, {counts.units} units tagged")
        if not counts.articles:
            first = counts.rejects[0] if counts.rejects else None
            where = first.file if first else ", ".join(inputs)
            told = f"no record could be used ({len(counts.rejects)} rejected"
            told += f"; the first: {first.reason})" if first else ")"
            raise InputError(where, told, "name the column with --text, or check the file")

    paths = write_tags(output, tag_schema(loaded), tables(), counts.rejects)
    progress.end()
    seconds = time.monotonic() - started
    if as_json:
        print_json(
            {
                "output": [str(path) for path in paths],
                "articles": counts.articles,
                "units": counts.units,
                "rejects": len(counts.rejects),
                "seconds": round(seconds, 2),
                "dimensions": counts.labels,
            }
        )
    else:
        print("\n".join(_told_tagging(counts, kind, seconds, paths)))


def _told_tagging(counts: "Counts", kind: str, seconds: float, paths: list[Path]) -> list[str]:
    rate = f"{counts.units / max(seconds, 1e-9):,.0f} a second"
    lines = [f"{counts.articles} articles, {counts.units} units ({kind}) tagged, {rate}"]
    for name, labels in counts.labels.items():
        shares = [f"{label} {n} ({n / max(counts.units, 1):.0%})" for label, n in labels.items()]
        lines.append(f"{name}: {', '.join(shares)}")
    if counts.rejects:
        first = counts.rejects[0]
        where = f"{first.file}:{first.record}" if first.record else first.file
        lines.append(f"{len(counts.rejects)} records rejected; the first: {where}: {first.reason}")
    return [*lines, f"written to {', '.join(map(str, paths))}"]
