"""``standfirst measure shares``: how often each label holds, corrected by gold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import InputError, RevisionError, StudyError, UnknownNameError
from ..shared.options import JsonOption, MissingOption, StudyOption, find_study, print_json, say

if TYPE_CHECKING:
    import pyarrow as pa

    from ...measure.results import Shares
    from ...measure.tagged import Tags
    from ...study.measuring import ModelFacts

__all__ = ["shares"]


def shares(
    tags: Annotated[
        Path | None,
        typer.Argument(
            help="What `tag` wrote, a file or a folder.", show_default="the study's own corpus"
        ),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(
            help="A table of unit_id, a column for each dimension, and probability.",
            show_default="the study's gold and design",
        ),
    ] = None,
    random: Annotated[
        bool, typer.Option("--random", help="The units of --gold are a simple random sample.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(help="Also by group: outlet, month, or any column; joined by a comma."),
    ] = None,
    dimension: Annotated[
        list[str] | None, typer.Option(help="Measure only this one; give it once for each.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="The model that wrote the tags.", show_default="found in the study"),
    ] = None,
    level: Annotated[
        float, typer.Option(help="Coverage of the intervals.", min=0.5, max=0.999)
    ] = 0.95,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a tidy table: .csv, .parquet or .jsonl."),
    ] = None,
    missing: MissingOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Estimate the share of each label: counted, by gold alone, and corrected by gold.

    Example: standfirst measure shares tags.parquet --gold coded.csv --random --by outlet
    """
    if gold is not None:
        if study is not None:
            raise typer.BadParameter("name a study or a file of gold", param_hint="--study")
        if tags is None:
            raise typer.BadParameter("name what `tag` wrote", param_hint="TAGS")
        made = _from_file(tags, gold, model, by, dimension, level, random=random, missing=missing)
    else:
        if random:
            raise typer.BadParameter("is about the units of --gold", param_hint="--random")
        made = _from_study(tags, study, model, by, dimension, level)
    if output is not None:
        _write(made, output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    for note in made.notes:
        say(f"note: {note}")


def _from_file(
    tags: Path,
    gold: Path,
    model: Path | None,
    by: str | None,
    dimension: list[str] | None,
    level: float,
    *,
    random: bool,
    missing: str | None,
) -> "Shares":
    from ...measure.coded import read_coded
    from ...measure.estimation import shares
    from ...measure.tagged import dimensions_of, read_tags
    from ...study.measuring import cells_of, facts_of
    from ...tables.answers import parse_missing

    facts = None if model is None else facts_of(model)
    kinds = dimensions_of(tags)
    answers, chances = read_coded(
        gold, dimension or list(kinds), kinds, missing=parse_missing(missing)
    )
    if chances is None and not random:
        problem = "has no column 'probability'"
        raise InputError(gold, problem, "add it, or say that the units were drawn at --random")
    if chances is not None and random and len(set(chances.values())) > 1:
        problem = "has different probabilities, so it is not a simple random sample"
        raise InputError(gold, problem, "leave --random out")
    names = _columns(by)
    seen: dict[str, set[str]] = {}
    for row in answers:
        seen.setdefault(row.dimension, set()).update(row.labels)
    table = read_tags(
        tags,
        labels=None if facts is None else facts.labels,
        seen={name: sorted(labels) for name, labels in seen.items()},
        only=dimension or [name for name in kinds if name in seen],
        columns=[*_stored(names), *(["text"] if facts else [])],
    )
    learned = None
    if facts is not None:
        learned = _learned(table, facts, {row.unit_id for row in answers})
    cells = cells_of(names, table.unit_ids, table.columns, None) if by else None
    design = None if random else chances
    return shares(table, answers, design, by=cells, learned=learned, level=level)


def _learned(table: "Tags", facts: "ModelFacts", coded: set[str]) -> set[str] | None:
    from ...study.measuring import learned_units

    if "text" not in table.columns.column_names:
        return None
    ids = sorted(coded)
    rows = [int(row) for row in table.rows_of(ids) if row >= 0]
    texts = table.columns["text"].take(rows).to_pylist()
    kept = table.unit_ids.take(rows).to_pylist()
    units = [{"unit_id": u, "text": t} for u, t in zip(kept, texts, strict=True)]
    return learned_units(facts, units)


def _from_study(
    tags: Path | None,
    folder: Path | None,
    model: Path | None,
    by: str | None,
    dimension: list[str] | None,
    level: float,
) -> "Shares":
    from ...annotate.design.plan import read_design
    from ...measure.estimation import shares
    from ...measure.tagged import dimensions_of, read_tags
    from ...study.contents import codebook_of, gold_of, units_of
    from ...study.measuring import cells_of, facts_of, learned_units, model_of, tags_of

    place = find_study(folder)
    design = read_design(place.design)
    if not design:
        problem = "nothing was drawn, so that gold stands for nothing"
        raise StudyError(place.root, problem, "draw: standfirst annotate sample 200")
    book = codebook_of(place)
    gold = gold_of(place, book)
    if not gold:
        raise StudyError(place.root, "has no gold yet", "run: standfirst labels gold")
    names = _columns(by)
    units = units_of(place, ["unit_id", "text", "outlet", "published", "language", "article_id"])
    tags = tags or tags_of(place, [str(unit["unit_id"]) for unit in units])
    kept = {one.id: one for one in book.dimensions}
    asked = dimension or [one.id for one in book.dimensions if one.when is None]
    for name in asked:
        if name not in kept:
            raise UnknownNameError("dimension of the codebook:", name, list(kept))
    table = read_tags(
        tags,
        labels={name: one.label_ids for name, one in kept.items()},
        only=[name for name in dimensions_of(tags) if name in asked],
        columns=_stored(names),
    )
    learned = None
    found = model or next((p for v in table.models if (p := model_of(place, v))), None)
    if found is not None:
        facts = facts_of(found)
        if facts.revision != book.revision:
            problem = f"was tagged by revision {facts.revision}; the codebook is {book.revision}"
            raise RevisionError(tags, problem, "train and tag again")
        learned = learned_units(facts, units)
    cells = None
    if by:
        cells = cells_of(names, table.unit_ids, table.columns, _about(units))
    coded = [row for row in gold if row.dimension in table.dimensions]
    made = shares(table, coded, design, by=cells, learned=learned, level=level)
    for one in book.dimensions:
        if one.when is not None and one.id not in asked:
            say(f"note: {one.id} is asked under a condition, and is not measured")
    return made


def _about(units: list[dict[str, Any]]) -> "pa.Table":
    import pyarrow as pa

    return pa.Table.from_pylist(units)


def _columns(by: str | None) -> list[str]:
    names = [name.strip() for name in (by or "").split(",") if name.strip()]
    if by is not None and not names:
        raise typer.BadParameter("name what to group by, such as outlet,month", param_hint="--by")
    return names


def _stored(names: list[str]) -> list[str]:
    return ["published" if name == "month" else name for name in names]


def _write(made: "Shares", output: Path) -> None:
    import pyarrow as pa

    from ...tables import write_table

    write_table(pa.Table.from_pylist(list(made.rows())), output)
    say(f"written to {output}")
