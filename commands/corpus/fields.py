"""``standfirst corpus fields``: put right which column of the articles holds what."""

from typing import Annotated

import typer

from ..shared.next_step import say_next
from ..shared.options import (
    DateOrderOption,
    JsonOption,
    StudyOption,
    date_order_of,
    find_study,
    print_json,
)

__all__ = ["fields"]

_COLUMN = "Column that holds the {}."
_FIXED = "Refused: the articles' {} decides their ids or units."


def fields(
    title: Annotated[str | None, typer.Option(help=_COLUMN.format("headline"))] = None,
    outlet: Annotated[str | None, typer.Option(help=_COLUMN.format("outlet"))] = None,
    published: Annotated[str | None, typer.Option(help=_COLUMN.format("date"))] = None,
    url: Annotated[str | None, typer.Option(help=_COLUMN.format("URL"))] = None,
    text: Annotated[str | None, typer.Option(help=_FIXED.format("text"))] = None,
    id: Annotated[str | None, typer.Option(help=_FIXED.format("id"))] = None,
    language: Annotated[str | None, typer.Option(help=_FIXED.format("language"))] = None,
    date_order: DateOrderOption = None,
    study: StudyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take title, outlet, date or URL of the stored articles from columns that were kept beside.

    Ids of articles and units stay, and so do annotations. What is replaced is kept beside in turn.
    Without options, the columns are listed. Where none holds what was missed, or dates were read in
    the wrong order, add the same files again with `corpus add` and name the column or order.

    Example: standfirst corpus fields --outlet newspaper
    """
    from dataclasses import asdict

    from ...corpus import meta_columns, set_fields
    from ...errors import InputError

    fixed = {"text": text, "id": id, "language": language}
    for name, column in fixed.items():
        if column is not None:
            problem = f"the {name} decides which ids or units there are"
            raise InputError(f"--{name}", problem, "make another study and add the files there")
    wanted = {"title": title, "outlet": outlet, "published": published, "url": url}
    columns = {name: column for name, column in wanted.items() if column is not None}
    order = date_order_of(date_order)
    if order and published is None:
        remedy = "name the column with --published, or add the files again with --date-order"
        raise InputError("--date-order", "is about the dates of a column", remedy)
    place = find_study(study)
    if not columns:
        kept = meta_columns(place.corpus)
        if as_json:
            print_json(
                {name: {"articles": n, "sample": value} for name, (n, value) in kept.items()}
            )
            return
        for name, (n, value) in kept.items():
            print(f"{name}  in {n} articles, such as: {value[:60]!r}")
        if not kept:
            print("no columns were kept beside")
        say_next(place, "corpus fields")
        return
    languages = place.settings().preparation.languages
    result = set_fields(place.corpus, columns, order=order, languages=languages)
    if as_json:
        print_json(asdict(result))
        return
    if result.message:
        print(result.message)
    print(f"{result.articles} articles changed; ids of articles and units are as before")
    for name, n in result.changed.items():
        print(f"{name}: {n} articles, from column {columns[name]!r}")
    for column, n in result.without.items():
        if n:
            print(f"{n} articles have no column {column!r}, and stay as they were")
    say_next(place, "corpus fields")
