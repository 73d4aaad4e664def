"""``standfirst measure doubts``: the gold answers that the model doubts most."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..shared.next_step import say_next, say_next_with_files
from ..shared.options import JsonOption, MissingOption, StudyOption, find_study, print_json, say
from .inputs import DimensionOption, ModelOption, TagsArgument
from .tables import OutputOption, write_rows

if TYPE_CHECKING:
    from ...measure.checks.doubts import Doubts

__all__ = ["doubts"]


def doubts(
    tags: TagsArgument = None,
    gold: Annotated[
        Path | None,
        typer.Option(
            help="A table of unit_id and a column for each dimension.",
            show_default="the study's gold",
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="How many to list.", min=1)] = 20,
    dimension: DimensionOption = None,
    model: ModelOption = None,
    missing: MissingOption = None,
    output: OutputOption = None,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """List the gold answers that the model doubts most: where an error of coding is most likely.

    The test part is left out. Have units looked at again with: standfirst annotate push --review 50

    Example: standfirst measure doubts -n 50
    """
    from ...study.doubts import doubts_of

    if gold is None:
        made = doubts_of(find_study(study), tags, model=model, dimensions=dimension, most=n)
    elif tags is None:
        raise typer.BadParameter("name what `tag` wrote", param_hint="TAGS")
    else:
        made = _of_file(tags, gold, model, dimension, missing, n)
    if output is not None:
        write_rows(made.rows(), output)
    if json:
        print_json(made.as_json())
        return
    print(repr(made).split("\nnote: ")[0])
    say(*(f"note: {note}" for note in made.notes))
    if gold is None:
        say_next(find_study(study), "measure doubts")
    else:
        say_next_with_files("measure", "")


def _of_file(
    tags: Path,
    gold: Path,
    model: Path | None,
    dimension: list[str] | None,
    missing: str | None,
    n: int,
) -> "Doubts":
    from ...measure.checks.doubts import rank_doubts
    from ...measure.inputs.coded import read_coded
    from ...measure.inputs.tagged import dimensions_of, read_tags
    from ...study.measuring import facts_of, learned_units
    from ...tables.answers import parse_missing

    kinds = dimensions_of(tags)
    answers, _ = read_coded(gold, dimension or list(kinds), kinds, missing=parse_missing(missing))
    seen: dict[str, set[str]] = {}
    for row in answers:
        seen.setdefault(row.dimension, set()).update(row.labels)
    facts = None if model is None else facts_of(model)
    table = read_tags(
        tags,
        labels=None if facts is None else facts.labels,
        seen={name: sorted(labels) for name, labels in seen.items()},
        only=[name for name in kinds if name in seen],
        columns=["text"],
    )
    texts: dict[str, str] = {}
    if "text" in table.columns.column_names:
        pairs = zip(table.unit_ids.to_pylist(), table.columns["text"].to_pylist(), strict=True)
        texts = {str(unit): str(text or "") for unit, text in pairs}
    learned = None
    if facts is not None and texts:
        units = [{"unit_id": unit, "text": text} for unit, text in texts.items()]
        learned = learned_units(facts, units)
    return rank_doubts(table, answers, learned=learned, texts=texts, most=n)
