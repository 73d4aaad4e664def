"""Tags beside the texts that their model learned from: of a study, or of a labelled file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, StandfirstError, StudyError
from .contents import codebook_of, units_of
from .inputs import corpus_tags
from .measuring import facts_of, learned_units, model_of

if TYPE_CHECKING:
    from ..measure.checks.drift import Drift, Side
    from ..measure.inputs.tagged import Tags
    from ..models import TrainingSet
    from .folder import StudyFolder

__all__ = ["drift_of_study", "drift_of_tags"]

_COLUMNS = ("text", "article_id", "outlet", "published")


def drift_of_study(
    study: "StudyFolder", tags: Path, *, model: Path | None = None, seed: int = 0
) -> "Drift":
    """Compare tags with the units of a study that their model learned from.

    Raises
    ------
    StudyError
        The model is not in the study, or learned from none of its units.
    """
    from ..corpus.reading.dates import month_of
    from ..measure.checks.drift import Side, compare_texts
    from ..measure.inputs.tagged import dimensions_of, read_tags

    labels = {dimension.id: dimension.label_ids for dimension in codebook_of(study).dimensions}
    only = [name for name in dimensions_of(tags) if name in labels]
    table = read_tags(tags, labels=labels, only=only, columns=_COLUMNS)
    folder = model or next((p for v in table.models if (p := model_of(study, v))), None)
    if folder is None:
        problem = "was tagged by a model that is not in this study"
        raise StudyError(tags, problem, "name the model's folder with --model")
    columns = ["unit_id", "article_id", "text", "outlet", "published"]
    units = units_of(study, columns)
    learned = learned_units(facts_of(folder), units)
    taught = [unit for unit in units if str(unit["unit_id"]) in learned]
    if not taught:
        problem = "learned from no unit of this study"
        raise StudyError(folder, problem, "name what it learned from with --data")
    training = Side(
        [str(unit["text"]) for unit in taught],
        [str(unit["article_id"]) for unit in taught],
        [str(unit["outlet"] or "") for unit in taught],
        [month_of(str(unit["published"] or "")) for unit in taught],
        _left_out(study, [str(unit["unit_id"]) for unit in taught], table.models),
    )
    return compare_texts(training, _tagged(tags, table), where=str(tags), seed=seed)


def drift_of_tags(
    tags: Path, rows: "TrainingSet", *, model: Path | None = None, seed: int = 0
) -> "Drift":
    """Compare tags with the rows of a labelled file."""
    from ..measure.checks.drift import Side, compare_texts
    from ..measure.inputs.tagged import read_tags

    labels = None if model is None else facts_of(model).labels
    table = read_tags(tags, labels=labels, columns=_COLUMNS)
    training = Side(list(rows.texts), [str(group) for group in rows.groups.tolist()])
    return compare_texts(training, _tagged(tags, table), where=str(tags), seed=seed)


def _left_out(study: "StudyFolder", unit_ids: Sequence[str], versions: Sequence[str]) -> Any:
    """Give how sure the model was of units of training, by heads that left them out."""
    try:
        corpus = corpus_tags(study)
    except StandfirstError:
        return None
    if tuple(corpus.models) != tuple(versions):
        return None
    rows = corpus.rows_of(unit_ids)
    rows = rows[rows >= 0]
    return {
        dimension.name: dimension.probabilities[rows].max(axis=1)
        for dimension in corpus.dimensions.values()
        if dimension.crossed and not dimension.multiple
    }


def _tagged(path: Path, table: "Tags") -> "Side":
    from ..corpus.reading.dates import month_of
    from ..measure.checks.drift import Side

    for name in ("text", "article_id"):
        if name not in table.columns.column_names:
            problem = f"has no column {name!r}"
            raise InputError(path, problem, "tag again without --no-text")
    columns = {name: table.columns[name].to_pylist() for name in table.columns.column_names}
    articles = [str(article or "") for article in columns["article_id"]]
    about = _about_articles(path)
    outlets = columns.get("outlet") or [about.get(article, ("", ""))[0] for article in articles]
    dates = columns.get("published") or [about.get(article, ("", ""))[1] for article in articles]
    return Side(
        [str(text or "") for text in columns["text"]],
        articles,
        [str(outlet or "") for outlet in outlets],
        [month_of(str(date or "")) for date in dates],
        {
            dimension.name: dimension.probabilities.max(axis=1)
            for dimension in table.dimensions.values()
            if not dimension.multiple
        },
    )


def _about_articles(path: Path) -> dict[str, tuple[str, str]]:
    """Read outlet and date of the tagged articles, where `tag` wrote a folder."""
    from pyarrow import parquet

    file = path / "articles.parquet"
    if not file.is_file():
        return {}
    names = parquet.read_schema(file).names
    if not {"article_id", "outlet", "published"} <= set(names):
        return {}
    rows = parquet.read_table(file, columns=["article_id", "outlet", "published"]).to_pylist()
    return {
        str(row["article_id"]): (str(row["outlet"] or ""), str(row["published"] or ""))
        for row in rows
    }
