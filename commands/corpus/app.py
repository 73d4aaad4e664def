"""``standfirst corpus``: bring articles in, look at them, hand the units out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..shared.next_step import say_next
from ..shared.options import ForceOption, JsonOption, StudyOption, find_study, print_json, say
from .add import add, cut
from .fields import fields

__all__ = ["app"]

app = typer.Typer(help="Bring articles in and cut them into units.", no_args_is_help=True)
app.command()(add)
app.command()(cut)
app.command()(fields)

_SHOWN = (
    *("id", "published", "outlet", "language", "title", "byline", "dateline", "aside", "removed"),
)


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
    from ...corpus import load_articles, load_units
    from ...errors import UnknownNameError

    place = find_study(study)
    folder, outlets = place.corpus, place.settings().outlets
    articles = load_articles(folder, _SHOWN, outlets=outlets)
    if article is None and as_json:
        print_json([{**row, "removed": json.loads(row["removed"])} for row in articles])
        return
    if article is None:
        for row in articles:
            title = row["title"] or "(no title)"
            print(f"{row['id']}  {row['published'] or '-':10}  {row['outlet'] or '-'}  {title}")
        say_next(place, "corpus show")
        return
    ids = list(articles["id"])
    # The whole id of one article may be how another's begins.
    matches = [ids.index(article)] if article in ids else []
    matches = matches or [index for index, known in enumerate(ids) if known.startswith(article)]
    if len(matches) != 1:
        raise UnknownNameError("article", article, [ids[index] for index in matches] or ids)
    row = articles[matches[0]]
    removed = json.loads(row["removed"])
    units = list(load_units(folder, article=row["id"], outlets=outlets))
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
    say_next(place, "corpus show")


@app.command()
def stats(study: StudyOption = None, as_json: JsonOption = False) -> None:
    """Count articles, units, outlets, dates, near-duplicates and rejects.

    Example: standfirst corpus stats --json
    """
    from ...corpus import summary

    place = find_study(study)
    outlets = place.settings().outlets
    result = summary(place.corpus, outlets)
    if as_json:
        print_json(result)
        return
    alike = result.pop("outlets_alike")
    for name, value in result.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key or '(none)'} {count}" for key, count in value.items()) or "-"  # noqa: PLW2901
        print(f"{name.replace('_', ' '):15}  {'-' if value is None else value}")
    if alike:
        lines = [
            f"    {json.dumps(name, ensure_ascii=False)} = {json.dumps(others, ensure_ascii=False)}"
            for name, others in alike.items()
        ]
        print(
            "outlets that may be the same; to join them, write in study.toml:",
            "    [outlets]",
            *lines,
            sep="\n",
        )
    if unused := sorted(set(outlets.values()) - result["outlets"].keys()):
        say(f"outlets in study.toml without an article: {', '.join(unused)}")
    say_next(place, "corpus stats")


@app.command()
def units(
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="FILE.jsonl, .parquet or .csv; standard output if not given."
        ),
    ] = None,
    force: ForceOption = False,
    study: StudyOption = None,
) -> None:
    """Hand out the units, one row each, with title, context, outlet, date and cluster.

    Example: standfirst corpus units -o units.parquet
    """
    from ...corpus import load_units
    from ...files import dump_json

    if output is not None:
        from ...tables.foreign import refuse_foreign
        from ...tables.writing import check_format

        refuse_foreign(output, ["unit_id", "article_id", "cluster"], force=force)
        check_format(output)
    place = find_study(study)
    table = load_units(place.corpus, outlets=place.settings().outlets)
    if output is None:
        for row in table:
            print(dump_json(row, indent=None))
        return
    from ...tables import write_table

    write_table(table.data.table, output)
    say(f"{len(table)} units written to {output}")
    say_next(place, "corpus units")
