"""From articles to an Arrow table of units, made ready as a study does: clean, language, cut.

A text that breaks a stage is set aside as a reject, and the others go on. Boilerplate is looked for
within a block of articles, as the corpus does within a part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...corpus import Article, Reject
from ...corpus.cleaning.boilerplate import without_boilerplate
from ...corpus.cleaning.debris import Cleaned
from ...corpus.preparation import Preparation
from ...corpus.storing.part import aside as reason_aside
from ...corpus.storing.part import with_languages
from ...corpus.storing.prepare import prepare
from ...corpus.units.cut import unit_rows
from ...corpus.units.unit import UNIT_SCHEMA
from .tags import UNIT_COLUMNS

__all__ = ["ABOUT", "CONTEXT", "OF_ARTICLE", "Block", "make_units"]

CONTEXT = ("before", "after", "title", "target")
"""What a model may want to know of a unit besides its text."""

Row = tuple[Any, ...]
"""A unit, with the columns of `UNIT_SCHEMA`."""

T = TypeVar("T")
R = TypeVar("R")


OF_ARTICLE = ("title", "outlet", "published", "url", "language")
"""What is known of an article besides its id."""

ABOUT = pa.schema(
    [("file", pa.string()), ("record", pa.int64()), ("article_id", pa.string())]
    + [(name, pa.string()) for name in OF_ARTICLE]
    + [("aside", pa.string())]
)
"""What is known of an article: where it stood, what it is, and why it has no units (if so)."""


@dataclass(slots=True)
class Block:
    """Some articles and their units, in order; of ready units, each is an article of its own."""

    about: pa.Table
    """The articles, with the columns of `ABOUT`."""
    units: pa.Table
    """The columns of a unit, and those of `CONTEXT` that are wanted."""
    owner: npt.NDArray[np.int64]
    """To which article each unit belongs, by its place; shape (n_units,), rising."""
    texts: list[str] = field(default_factory=list)
    """The articles' texts, cleaned; none where units came ready."""

    def without(self, rows: Sequence[int]) -> "Block":
        """Return the block without some of its articles."""
        kept = np.ones(len(self.about), bool)
        kept[list(rows)] = False
        units = self.units.filter(pa.array(kept[self.owner]))
        numbers = np.cumsum(kept) - 1
        owner = numbers[self.owner[kept[self.owner]]]
        texts = [text for text, stays in zip(self.texts, kept, strict=False) if stays]
        return Block(self.about.filter(pa.array(kept)), units, owner, texts)

    def reject(self, row: int, stage: str, error: Exception) -> Reject:
        """Make the reject of an article that broke a stage."""
        file, record = (self.about[name][row].as_py() for name in ("file", "record"))
        return _broken(file, record, self.texts[row] if self.texts else "", stage, error)


def make_units(
    articles: Sequence[Article], preparation: Preparation, needs: Sequence[str] = ()
) -> tuple[Block, list[Reject]]:
    """Make articles ready and cut them into units.

    Parameters
    ----------
    articles
        As they were read.
    preparation
        What is done to them.
    needs
        The columns of `CONTEXT` that the model wants.

    Returns
    -------
    The articles with their units, and what broke a stage.
    """
    rejects: list[Reject] = []
    ready: list[Cleaned] = []
    for article in articles:
        cleaned = _tried(prepare, article, preparation, "cleaning", rejects)
        if isinstance(cleaned, Reject):
            rejects.append(cleaned)
        elif cleaned is not None:
            ready.append(cleaned)
    ready = _in_languages(ready, preparation, rejects)
    if not preparation.keep_debris:
        ready = without_boilerplate(ready)
    kept: list[Article] = []
    reasons: list[str] = []
    lists: list[list[Row]] = []
    for draft in ready:
        reason = reason_aside(draft.article.language, preparation)
        how = preparation, needs
        units = [] if reason else _tried(_units, draft.article, how, "segmentation", rejects)
        if units is not None:
            kept.append(draft.article)
            reasons.append(reason)
            lists.append(units)
    owner = np.repeat(np.arange(len(kept)), [len(units) for units in lists])
    texts = [draft.text for draft in kept]
    return Block(_about(kept, reasons), _table(kept, lists, owner, needs), owner, texts), rejects


def _about(articles: Sequence[Article], reasons: Sequence[str]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        name: [getattr(article, "id" if name == "article_id" else name) for article in articles]
        for name in ABOUT.names
        if name != "aside"
    }
    return pa.table({**columns, "aside": list(reasons)}, schema=ABOUT)


def _broken(file: str, record: int | None, text: str, stage: str, error: Exception) -> Reject:
    reason = str(error).splitlines()[0][:200] if str(error) else ""
    return Reject.of(file, record, f"{stage} failed: {reason or type(error).__name__}", text)


def _tried(
    stage: Callable[[Article, T], R], article: Article, how: T, name: str, rejects: list[Reject]
) -> R | None:
    """Put an article through a stage; None, and a reject, where it breaks it."""
    try:
        return stage(article, how)
    except Exception as error:  # noqa: BLE001 - whatever one text does, the others go on
        rejects.append(_broken(article.file, article.record, article.text, name, error))
        return None


def _in_languages(
    ready: Sequence[Cleaned], preparation: Preparation, rejects: list[Reject]
) -> list[Cleaned]:
    """Tell the languages of articles; where one breaks that, it alone is set aside."""
    expected = preparation.languages
    try:
        return with_languages(ready, expected)
    except Exception:  # noqa: BLE001 - the article that breaks it is looked for
        singly = (
            _tried(
                lambda _, each: with_languages([each], expected),
                each.article,
                each,
                "cleaning",
                rejects,
            )
            for each in ready
        )
        return [each for single in singly if single for each in single]


def _units(article: Article, how: tuple[Preparation, Sequence[str]]) -> list[Row]:
    preparation, needs = how
    context = preparation.context if {"before", "after"} & set(needs) else 0
    return unit_rows(article, preparation.unit, context, preparation.size, preparation.stride)


def _table(
    articles: Sequence[Article],
    lists: Sequence[Sequence[Row]],
    owner: npt.NDArray[np.int64],
    needs: Sequence[str],
) -> pa.Table:
    names = [*UNIT_COLUMNS, *(name for name in CONTEXT if name in needs and name != "target")]
    # Column by column, because an object or a mapping a unit would cost more than cutting it.
    columns = list(zip(*chain.from_iterable(lists), strict=True)) or [()] * len(UNIT_SCHEMA)
    by_name = dict(zip(UNIT_SCHEMA.names, columns, strict=True))
    columns = [pa.array(by_name[name], UNIT_SCHEMA.field(name).type) for name in names]
    table = pa.table(columns, names=names)
    if "target" in needs:
        targets = pa.array(
            [str(article.meta.get("target") or "") for article in articles], pa.string()
        )
        table = table.append_column("target", targets.take(pa.array(owner)))
    return table
