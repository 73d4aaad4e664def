"""What the commands of `standfirst measure` start from: tags, gold, and how it was drawn.

Either a study has them, or files of one's own; the commands do not care which.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import InputError, RevisionError, StudyError, UnknownNameError
from ..shared.options import find_study, say

if TYPE_CHECKING:
    import pyarrow as pa

    from ...labels.codebook.codebook import Condition
    from ...labels.gold.gold import Gold
    from ...measure.tagged import Tags
    from ...measure.usable_gold import Design
    from ...study.measuring import ModelFacts

__all__ = [
    "DimensionOption",
    "GoldOption",
    "Inputs",
    "LevelOption",
    "ModelOption",
    "RandomOption",
    "TagsArgument",
    "read_inputs",
    "write_rows",
]

TagsArgument = Annotated[
    Path | None,
    typer.Argument(
        help="What `tag` wrote, a file or a folder.", show_default="the study's own corpus"
    ),
]
GoldOption = Annotated[
    Path | None,
    typer.Option(
        help="A table of unit_id, a column for each dimension, and probability.",
        show_default="the study's gold and design",
    ),
]
RandomOption = Annotated[
    bool, typer.Option("--random", help="The units of --gold are a simple random sample.")
]
DimensionOption = Annotated[
    list[str] | None, typer.Option(help="Measure only this one; give it once for each.")
]
ModelOption = Annotated[
    Path | None,
    typer.Option(help="The model that wrote the tags.", show_default="found in the study"),
]
LevelOption = Annotated[float, typer.Option(help="Coverage of the intervals.", min=0.5, max=0.999)]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Tags and the gold that may correct them."""

    tags: "Tags"
    """The tags of all units."""
    gold: "list[Gold]"
    """Answers on some of them."""
    design: "Design"
    """How these were drawn."""
    learned: set[str] | None
    """Units that the model has learned from; None where nobody knows."""
    about: "pa.Table | None"
    """The units of the study; None outside of one."""

    def cells(self, names: Sequence[str]) -> "pa.Array":
        """Give the cell of each unit, by columns of the tags or of the study."""
        from ...study.measuring import cells_of

        return cells_of(names, self.tags.unit_ids, self.tags.columns, self.about)

    def columns(self, names: Sequence[str]) -> "dict[str, pa.Array]":
        """Give those columns of the units that the tags or the study have."""
        from ...study.measuring import column_of

        made = {
            name: column_of(name, self.tags.unit_ids, self.tags.columns, self.about)
            for name in dict.fromkeys(names)
        }
        return {name: column for name, column in made.items() if column is not None}


def read_inputs(
    tags: Path | None,
    gold: Path | None,
    study: Path | None,
    *,
    random: bool,
    model: Path | None,
    dimension: list[str] | None,
    missing: str | None,
    columns: Sequence[str] = (),
) -> Inputs:
    """Read what is to be measured, from a study or from files.

    Parameters
    ----------
    tags, gold, study, random, model, dimension, missing
        The options of the same names.
    columns
        Names of further columns that are needed; ``month`` is the beginning of `published`.
    """
    stored = ["published" if name == "month" else name for name in columns]
    if gold is None:
        if random:
            raise typer.BadParameter("is about the units of --gold", param_hint="--random")
        return _from_study(tags, study, model, dimension, stored)
    if study is not None:
        raise typer.BadParameter("name a study or a file of gold", param_hint="--study")
    if tags is None:
        raise typer.BadParameter("name what `tag` wrote", param_hint="TAGS")
    return _from_file(tags, gold, model, dimension, stored, random=random, missing=missing)


def write_rows(rows: Iterable[dict[str, Any]], output: Path) -> None:
    """Write a tidy table."""
    import pyarrow as pa

    from ...tables import write_table

    write_table(pa.Table.from_pylist(list(rows)), output)
    say(f"written to {output}")


def _from_file(
    tags: Path,
    gold: Path,
    model: Path | None,
    dimension: list[str] | None,
    columns: list[str],
    *,
    random: bool,
    missing: str | None,
) -> Inputs:
    from ...measure.coded import read_coded
    from ...measure.tagged import dimensions_of, read_tags
    from ...study.measuring import facts_of
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
    seen: dict[str, set[str]] = {}
    for row in answers:
        seen.setdefault(row.dimension, set()).update(row.labels)
    table = read_tags(
        tags,
        labels=None if facts is None else facts.labels,
        seen={name: sorted(labels) for name, labels in seen.items()},
        only=dimension or [name for name in kinds if name in seen],
        columns=[*columns, *(["text"] if facts else [])],
    )
    learned = None
    if facts is not None:
        learned = _learned(table, facts, {row.unit_id for row in answers})
    return Inputs(table, answers, None if random else chances, learned, None)


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
    dimension: list[str] | None,
    columns: list[str],
) -> Inputs:
    import pyarrow as pa

    from ...annotate.design.plan import read_design
    from ...measure.tagged import dimensions_of, read_tags
    from ...study.contents import annotations_of, codebook_of, gold_of, units_of
    from ...study.measuring import blind_gold, facts_of, learned_units, model_of, tags_of

    place = find_study(folder)
    design = read_design(place.design)
    if not design:
        problem = "nothing was drawn, so that gold stands for nothing"
        raise StudyError(place.root, problem, "draw: standfirst annotate sample 200")
    book = codebook_of(place)
    gold = gold_of(place, book)
    if not gold:
        raise StudyError(place.root, "has no gold yet", "run: standfirst labels gold")
    units = units_of(
        place,
        ["unit_id", "text", "outlet", "published", "language", "article_id", "cluster"],
    )
    tags = tags or tags_of(place, [str(unit["unit_id"]) for unit in units])
    kept = {one.id: one for one in book.dimensions}
    asked = dimension or list(kept)
    for name in asked:
        if name not in kept:
            raise UnknownNameError("dimension of the codebook:", name, list(kept))
    gold, n_shown = blind_gold(gold, annotations_of(place))
    if n_shown:
        say(
            f"note: {n_shown} answers were given with a model's suggestion in view, which pulls "
            "towards the model: left out"
        )
    conditions = {one.id: one.when for one in book.dimensions if one.when is not None}
    needed = set(asked)
    for name in reversed(kept):
        if name in needed and name in conditions:
            needed.add(conditions[name].dimension)
    table = read_tags(
        tags,
        labels={name: one.label_ids for name, one in kept.items()},
        only=[name for name in dimensions_of(tags) if name in needed],
        columns=columns,
    )
    table, gold = _under(table, gold, conditions, asked)
    learned = None
    found = model or next((p for v in table.models if (p := model_of(place, v))), None)
    if found is not None:
        facts = facts_of(found)
        if facts.revision != book.revision:
            problem = f"was tagged by revision {facts.revision}; the codebook is {book.revision}"
            raise RevisionError(tags, problem, "train and tag again")
        learned = learned_units(facts, units)
    coded = [row for row in gold if row.dimension in table.dimensions]
    return Inputs(table, coded, design, learned, pa.Table.from_pylist(units))


def _under(
    table: "Tags", gold: "list[Gold]", conditions: "dict[str, Condition]", asked: list[str]
) -> "tuple[Tags, list[Gold]]":
    """Make "not asked" a label of the dimensions that have a condition."""
    from ...measure.conditions import NOT_ASKED, answers_under, tags_under

    tagged = dict(table.dimensions)
    for name, condition in conditions.items():
        if name in tagged and condition.dimension in tagged:
            tagged[name] = tags_under(tagged[name], tagged[condition.dimension], condition)
            if name in asked:
                say(
                    f"note: {name} is asked under a condition; its shares are of all units, and "
                    f"{NOT_ASKED} is one of them"
                )
    tagged = {name: one for name, one in tagged.items() if name in asked}
    return replace(table, dimensions=tagged), answers_under(gold, conditions)
