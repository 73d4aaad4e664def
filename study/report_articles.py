"""The articles that can be read in a study's report: each sentence with tags, gold and reasons."""

from collections.abc import Collection, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..corpus import load_articles
from ..measure.inputs.conditions import NOT_ASKED
from ..measure.inputs.tagged import Tags
from ..measure.report.contents import Article, Sentence
from .files import StudyFiles
from .measured import Measured
from .reasons import reasons

if TYPE_CHECKING:
    from ..labels import Gold

__all__ = ["readable_articles"]

_QUOTED = ["id", "title", "outlet", "published", "text"]

Labels = Mapping[str, tuple[str, ...]]


def readable_articles(
    files: StudyFiles, measured: Measured, gold: "Sequence[Gold]", *, most: int
) -> tuple[list[Article], int]:
    """Give the articles to read; where there are too many, those with gold come first.

    Parameters
    ----------
    files
        The study's files.
    measured
        Its tags, and the model that wrote them.
    gold
        Its gold.
    most
        How many articles are given.

    Returns
    -------
    The articles, and how many were left out.
    """
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in gold:
        answers.setdefault(row.unit_id, {})[row.dimension] = row.labels
    by_article: dict[str, list[dict[str, Any]]] = {}
    coded = set()
    for unit in files.units:
        by_article.setdefault(str(unit["article_id"]), []).append(unit)
        if unit["unit_id"] in answers:
            coded.add(str(unit["article_id"]))
    order = sorted(by_article, key=lambda name: name not in coded)
    chosen = set(order[:most])
    tagged = {} if measured.tags is None else _tagged(files.unit_ids, measured.tags, answers)
    model = measured.model
    by_words, alike = ({}, {}) if model is None else reasons(model, files.units, list(answers))
    made = []
    for row in load_articles(files.study.corpus, _QUOTED, outlets=files.study.settings().outlets):
        if row["id"] not in chosen:
            continue
        sentences = []
        for unit in by_article[row["id"]]:
            name = str(unit["unit_id"])
            labels, sure = tagged.get(name, ({}, {}))
            sentences.append(
                Sentence(
                    name,
                    unit["start"],
                    unit["end"],
                    labels,
                    sure,
                    answers.get(name, {}),
                    by_words.get(name, {}),
                    alike.get(name, ()),
                )
            )
        title, outlet, published = (row[name] or "" for name in ("title", "outlet", "published"))
        made.append(Article(row["id"], title, outlet, published, row["text"], tuple(sentences)))
    return made, len(by_article) - len(made)


def _tagged(
    unit_ids: Sequence[str], tags: Tags, coded: Collection[str]
) -> Mapping[str, tuple[Labels, Mapping[str, float]]]:
    """Give each unit's tags and how sure the model is of them.

    Of coded units these are what a model says that has not learned from them, so that a reader sees
    where it errs.
    """
    rows = tags.rows_of(unit_ids)
    known = rows >= 0
    rows = rows[known]
    ids = list(compress(unit_ids, known))
    learned = np.array([unit in coded for unit in ids], bool)[:, None]
    made: dict[str, tuple[dict[str, tuple[str, ...]], dict[str, float]]] = {
        unit: ({}, {}) for unit in ids
    }
    for name, dimension in tags.dimensions.items():
        given = np.where(learned, dimension.judged[rows], dimension.given[rows])
        p = dimension.probabilities[rows]
        right = np.where(given, p, 1 - p if dimension.multiple else 1).min(axis=1)
        for unit, row, sure in zip(ids, given.tolist(), right.tolist(), strict=True):
            labels = tuple(compress(dimension.labels, row))
            # It is no label of the codebook: such a unit has no tag.
            if NOT_ASKED not in labels:
                made[unit][0][name] = labels
                made[unit][1][name] = round(sure, 3)
    return made
