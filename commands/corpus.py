"""``standfirst corpus``: bring articles in, look at them, hand the units out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import JsonOption, StudyOption, find_study, print_json, say

if TYPE_CHECKING:
    from ..corpus import Added

app = typer.Typer(help="Bring articles in and cut them into units.", no_args_is_help=True)

_COLUMN = "Name of the column with the {}; guessed when not given."


@app.command()
def add(
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders, globs, s3:// URLs, or - for standard input."),
    ],
    study: StudyOption = None,
    format: Annotated[
        str | None, typer.Option(help="Read all as this: txt, jsonl, csv, tsv, parquet.")
    ] = None,
    text: Annotated[str | None, typer.Option(help=_COLUMN.format("text"))] = None,
    title: Annotated[str | None, typer.Option(help=_COLUMN.format("headline"))] = None,
    id: Annotated[str | None, typer.Option(help=_COLUMN.format("article's id"))] = None,
    outlet: Annotated[str | None, typer.Option(help=_COLUMN.format("outlet"))] = None,
    published: Annotated[str | None, typer.Option(help=_COLUMN.format("date"))] = None,
    url: Annotated[str | None, typer.Option(help=_COLUMN.format("URL"))] = None,
    language: Annotated[str | None, typer.Option(help=_COLUMN.format("language"))] = None,
    keep_debris: Annotated[
        bool, typer.Option("--keep-debris", help="Leave the texts as they are.")
    ] = False,
    fix_encoding: Annotated[
        bool, typer.Option("--fix-encoding", help="Repair texts such as 'cafÃ©'.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what cleaning would take out; add nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when a record was rejected.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read articles, clean them, cut them into units and find near-duplicates.

    Adding the same files again adds nothing; a run that was killed is started again with the same
    words.

    Example: standfirst corpus add articles/ more.csv --text body --outlet newspaper
    """
    from dataclasses import asdict

    from ..corpus import Fields, Options, read_articles
    from ..corpus import add as add_articles

    found = find_study(study)
    settings = found.settings()
    fields = Fields(text, title, id, outlet, published, url, language)
    records = read_articles(paths, fields=fields, form=format)
    if dry_run:
        _dry_run(records)
        return
    counts = add_articles(
        found.corpus,
        records,
        Options(
            kind=settings.unit,
            context=settings.context,
            size=settings.size,
            stride=settings.stride,
            languages=settings.languages,
            keep_debris=keep_debris,
            fix_encoding=fix_encoding,
        ),
        progress=lambda so_far: say(f"{so_far.read} records read, {so_far.units} units"),
    )
    if as_json:
        print_json(asdict(counts))
    else:
        print("\n".join(_told(counts, settings.unit, found.corpus)))
    if strict and counts.rejected:
        raise typer.Exit(1)


@app.command()
def show(
    article: Annotated[
        str | None, typer.Argument(help="Id of an article, or its beginning; all when not given.")
    ] = None,
    study: StudyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the articles, or one of them with its units and what cleaning took out.

    Example: standfirst corpus show 64bfca8c
    """
    from ..corpus import load_articles, load_units
    from ..errors import UnknownNameError

    folder = find_study(study).corpus
    articles = load_articles(folder).select_columns(
        ["id", "published", "outlet", "language", "title", "byline", "dateline", "aside", "removed"]
    )
    if article is None:
        for row in articles:
            title = row["title"] or "(no title)"
            print(f"{row['id']}  {row['published'] or '-':10}  {row['outlet'] or '-'}  {title}")
        return
    ids = articles["id"]
    matches = [index for index, one in enumerate(ids) if one.startswith(article)]
    if len(matches) != 1:
        raise UnknownNameError("article", article, [ids[index] for index in matches] or list(ids))
    row = articles[matches[0]]
    removed = json.loads(row["removed"])
    units = [unit for unit in load_units(folder) if unit["article_id"] == row["id"]]
    if as_json:
        print_json({**row, "removed": removed, "units": units})
        return
    for name in ("title", "outlet", "published", "language", "byline", "dateline", "aside"):
        if row[name]:
            print(f"{name}: {row[name]}")
    for unit in units:
        print(f"{unit['index']:4}  {unit['start']:6}-{unit['end']:<6}  {unit['text']}")
    for gone in removed:
        print(f"   -  taken out ({gone['reason']}): {gone['text']}")


@app.command()
def stats(study: StudyOption = None, as_json: JsonOption = False) -> None:
    """Count articles, units, outlets, dates, near-duplicates and rejects.

    Example: standfirst corpus stats --json
    """
    from collections import Counter

    from ..corpus import load_articles, load_rejects, load_units

    folder = find_study(study).corpus
    articles, cut = load_articles(folder), load_units(folder)
    clusters = Counter(dict(zip(cut["article_id"], cut["cluster"], strict=True)).values())
    dates = sorted(date for date in articles["published"] if date)
    removed: Counter[str] = Counter()
    for pieces in articles["removed"]:
        removed.update(gone["reason"] for gone in json.loads(pieces))
    result: dict[str, Any] = {
        "articles": len(articles),
        "units": len(cut),
        "set_aside": sum(bool(reason) for reason in articles["aside"]),
        "first": dates[0] if dates else None,
        "last": dates[-1] if dates else None,
        "outlets": dict(Counter(articles["outlet"]).most_common()),
        "languages": dict(Counter(articles["language"]).most_common()),
        "clusters": sum(size > 1 for size in clusters.values()),
        "copies": sum(size - 1 for size in clusters.values() if size > 1),
        "removed": dict(removed.most_common()),
        "rejects": len(load_rejects(folder / "rejects.jsonl")),
    }
    if as_json:
        print_json(result)
        return
    for name, value in result.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key or '(none)'} {count}" for key, count in value.items()) or "-"  # noqa: PLW2901
        print(f"{name.replace('_', ' '):10}  {'-' if value is None else value}")


@app.command()
def units(
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="FILE.jsonl, .parquet or .csv; standard output if not given."
        ),
    ] = None,
    study: StudyOption = None,
) -> None:
    """Hand out the units, one row each, with title, context, outlet, date and cluster.

    Example: standfirst corpus units -o units.parquet
    """
    from ..corpus import load_units
    from ..files import dump_json

    table = load_units(find_study(study).corpus)
    if output is None:
        for row in table:
            print(dump_json(row, indent=None))
        return
    from ..tables import write_table

    write_table(table.data.table, output)
    say(f"{len(table)} units written to {output}")


def _dry_run(records: Any) -> None:
    from ..corpus import Reject, clean

    n_read = 0
    for record in records:
        n_read += 1
        if isinstance(record, Reject):
            where = f"{record.file}:{record.record}" if record.record else record.file
            print(f"{where}: rejected: {record.reason}")
            continue
        for gone in clean(record).removed:
            print(f"{record.id}: {gone.reason}: {gone.text}")
    say(f"{n_read} records read, nothing added")


def _told(counts: "Added", kind: str, folder: Path) -> list[str]:
    """Tell in words what became of the records."""
    parts = [f"{counts.added} added"]
    parts += [f"{counts.known} there already"] if counts.known else []
    parts += [f"{counts.aside} set aside (another language)"] if counts.aside else []
    parts += [f"{counts.rejected} rejected"] if counts.rejected else []
    told = [f"{counts.read} records read: {', '.join(parts)}", f"{counts.units} {kind}s"]
    if counts.removed:
        pieces = ", ".join(f"{name} {n}" for name, n in sorted(counts.removed.items()))
        told.append(f"debris taken out: {pieces}")
    if counts.repaired:
        told.append(f"{counts.repaired} articles had their encoding repaired")
    if counts.copies:
        told.append(f"{counts.copies} near-duplicates in the corpus (they share a cluster)")
    if counts.rejected:
        told.append(f"rejected records are in {folder / 'rejects.jsonl'}, with their reasons")
    return told
