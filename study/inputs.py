"""What measuring starts from: tags, the gold that may correct them, and how it was drawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..annotate.language_models.records import asked_of
from ..errors import InputError, RevisionError, StudyError, UnknownNameError
from ..labels import is_machine
from ..labels.codebook.codebook import Condition
from ..labels.gold.gold import Gold
from ..measure.estimates.estimation import shares
from ..measure.estimates.results import Shares
from ..measure.inputs.conditions import NOT_ASKED, answers_under, tags_under
from ..measure.inputs.examples import shown_units
from ..measure.inputs.tagged import Tags, dimensions_of, read_tags
from ..measure.inputs.usable_gold import Design
from .contents import codebook_of, units_of
from .files import StudyFiles
from .measuring import (
    blind_gold,
    cells_of,
    column_of,
    facts_of,
    learned_units,
    model_of,
    tags_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from ..labels import Codebook
    from .folder import StudyFolder

__all__ = ["Inputs", "corpus_tags", "inputs_of", "usable_answers", "with_trends"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Tags and the gold that may correct them."""

    tags: Tags
    """The tags of all units."""
    gold: list[Gold]
    """Answers on some of them."""
    design: Design
    """How these were drawn."""
    learned: set[str] | None
    """Units that the model has learned from; None where nobody knows."""
    about: "pa.Table | None" = None
    """The units of the study; None outside of one."""
    notes: tuple[str, ...] = ()
    """What should be known of them."""
    model: Path | None = None
    """The model that wrote the tags; None where it is not known."""

    def shares(self, **options: Any) -> Shares:
        """Estimate the shares; see `measure.shares` for the options."""
        return shares(self.tags, self.gold, self.design, learned=self.learned, **options)

    def cells(self, names: Sequence[str]) -> "pa.Array":
        """Give the cell of each unit, by columns of the tags or of the study."""
        return cells_of(names, self.tags.unit_ids, self.tags.columns, self.about)

    def columns(self, names: Sequence[str]) -> "dict[str, pa.Array]":
        """Give those columns of the units that the tags or the study have."""
        made = {
            name: column_of(name, self.tags.unit_ids, self.tags.columns, self.about)
            for name in dict.fromkeys(names)
        }
        return {name: column for name, column in made.items() if column is not None}


def inputs_of(
    study: "StudyFolder",
    tags: Path | None = None,
    *,
    model: Path | None = None,
    dimensions: Sequence[str] | None = None,
    columns: Sequence[str] = (),
    files: StudyFiles | None = None,
) -> Inputs:
    """Read what a study has to measure with.

    Parameters
    ----------
    study
        The study.
    tags
        The tags of its corpus; found in it if None.
    model
        The model that wrote them; found in it if None.
    dimensions
        Ids of the dimensions to measure; all if None.
    columns
        Further columns of the tags to read where they are there.
    files
        The study's files, where some of them were read already.

    Raises
    ------
    StudyError
        Nothing was drawn, there is no gold, or the corpus is not tagged.
    RevisionError
        The tags are of another revision of the codebook.
    UnknownNameError
        The codebook has no such dimension.
    """
    import pyarrow as pa

    files = files or StudyFiles(study)
    design, book = files.design, files.codebook
    if not design:
        problem = "nothing was drawn, so that gold stands for nothing"
        raise StudyError(study.root, problem, "draw: standfirst annotate sample 200")
    gold = files.gold
    if not gold:
        raise StudyError(study.root, "has no gold yet", "run: standfirst labels gold")
    tags = tags or tags_of(study, files.unit_ids)
    labels = {dimension.id: dimension.label_ids for dimension in book.dimensions}
    asked = list(dimensions or labels)
    for name in asked:
        if name not in labels:
            raise UnknownNameError("dimension of the codebook:", name, list(labels))
    notes = []
    gold, n_shown = blind_gold(gold, files.annotations)
    if n_shown:
        notes.append(
            f"{n_shown} answers were given with a model's suggestion in view, which pulls towards "
            "the model: left out"
        )
    conditions = _conditions(book)
    needed = set(asked)
    for name in reversed(labels):
        if name in needed and name in conditions:
            needed.add(conditions[name].dimension)
    table = read_tags(
        tags,
        labels=labels,
        only=[name for name in dimensions_of(tags) if name in needed],
        columns=columns,
    )
    table, gold, under = _under(table, gold, conditions, asked)
    learned = None
    model = model or next((p for v in table.models if (p := model_of(study, v))), None)
    if model is not None:
        facts = facts_of(model)
        if facts.revision != book.revision:
            problem = f"was tagged by revision {facts.revision}; the codebook is {book.revision}"
            raise RevisionError(tags, problem, "train and tag again")
        learned = learned_units(facts, files.units)
    if machines := [version for version in table.models if is_machine(version)]:
        gold, said = _unseen(files, gold, tags, machines[0])
        notes += said
    coded = [row for row in gold if row.dimension in table.dimensions]
    about = pa.Table.from_pylist(files.units)
    return Inputs(table, coded, design, learned, about, (*notes, *under), model)


def _unseen(
    files: StudyFiles, gold: list[Gold], tags: Path, coder: str
) -> tuple[list[Gold], list[str]]:
    """Leave out gold on units that a language model was shown with their label, in the prompt."""
    known = asked_of(files.study.annotations, coder)
    if known is not None and known.revision != files.codebook.revision:
        problem = f"{coder} was asked by revision {known.revision}; the codebook is "
        remedy = "ask again: standfirst annotate ask --corpus"
        raise RevisionError(tags, f"{problem}{files.codebook.revision}", remedy)
    texts = {str(unit["unit_id"]): str(unit["text"] or "") for unit in files.units}
    shown = shown_units(files.codebook, texts)
    kept = [row for row in gold if row.unit_id not in shown]
    if n_left := len({row.unit_id for row in gold} & shown):
        units = "unit with gold is an example" if n_left == 1 else "units with gold are examples"
        note = f"{n_left} {units} of the codebook, which {coder} was shown with the label: "
        return kept, [f"{note}left out of the gold that corrects it"]
    return kept, []


def with_trends(made: Shares, given: Inputs, *, level: float) -> Shares:
    """Add to shares how much each rises in a month.

    Raises
    ------
    InputError
        Neither the tags nor a study tell when the units were published.
    """
    from ..measure.regressions.trends import trends

    known = given.columns(["published", "article_id", "cluster"])
    if "published" not in known:
        problem = "the tags have no column 'published', and no study tells it"
        raise InputError("--trend", problem, "add the column to the tags, or work in the study")
    published = known.pop("published")
    rises, notes = trends(
        given.tags,
        given.gold,
        given.design,
        published,
        clusters=list(known.values()),
        learned=given.learned,
        level=level,
    )
    return replace(made, trends=rises, notes=tuple(dict.fromkeys([*made.notes, *notes])))


def usable_answers(files: StudyFiles, gold: Iterable[Gold]) -> list[Gold]:
    """Make other gold of a study what `inputs_of` makes of its own: blind, and under conditions."""
    blind, _ = blind_gold(gold, files.annotations)
    return answers_under(blind, _conditions(files.codebook))


def _conditions(codebook: "Codebook") -> dict[str, Condition]:
    return {
        dimension.id: dimension.when
        for dimension in codebook.dimensions
        if dimension.when is not None
    }


def corpus_tags(
    study: "StudyFolder",
    tags: Path | None = None,
    *,
    dimensions: Sequence[str] | None = None,
    columns: Sequence[str] = (),
) -> Tags:
    """Read the tags of a study's corpus alone; parameters and errors as `inputs_of`.

    Dimensions with a condition are left out unless they are named.
    """
    codebook = codebook_of(study)
    labels = {dimension.id: dimension.label_ids for dimension in codebook.dimensions}
    for name in dimensions or ():
        if name not in labels:
            raise UnknownNameError("dimension of the codebook:", name, list(labels))
    asked = dimensions or [
        dimension.id for dimension in codebook.dimensions if dimension.when is None
    ]
    if tags is None:
        tags = tags_of(study, [str(unit["unit_id"]) for unit in units_of(study, ["unit_id"])])
    only = [name for name in dimensions_of(tags) if name in asked]
    return read_tags(tags, labels=labels, only=only, columns=columns)


def _under(
    table: Tags, gold: list[Gold], conditions: Mapping[str, Condition], asked: Sequence[str]
) -> tuple[Tags, list[Gold], list[str]]:
    """Make "not asked" a label of the dimensions that have a condition."""
    tagged, notes = dict(table.dimensions), []
    for name, condition in conditions.items():
        if name in tagged and condition.dimension in tagged:
            tagged[name] = tags_under(tagged[name], tagged[condition.dimension], condition)
            if name in asked:
                notes.append(
                    f"{name} is asked under a condition; its shares are of all units, and "
                    f"{NOT_ASKED} is one of them"
                )
    tagged = {name: dimension for name, dimension in tagged.items() if name in asked}
    return replace(table, dimensions=tagged), answers_under(gold, conditions), notes
