"""Make a part of a corpus from some new articles: tell the language, cut, sketch, write aside.

It depends on these articles and their preparation alone, so that several processes can make parts.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ..article import Article
from ..cleaning.boilerplate import without_boilerplate
from ..cleaning.debris import Cleaned
from ..cleaning.language import detect_all
from ..near_duplicates.sketch import sketch
from ..preparation import Preparation
from ..units.cut import unit_rows
from ..units.segment import is_known
from ..units.unit import UNIT_SCHEMA

__all__ = [
    "ARTICLE_SCHEMA",
    "PART",
    "Draft",
    "Job",
    "Made",
    "aside",
    "finished",
    "make",
    "units_of",
    "with_languages",
    "without_rules",
]

PART = 2_000
"""Number of articles in a part."""

ARTICLE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("outlet", pa.string()),
        ("published", pa.string()),
        ("url", pa.string()),
        ("language", pa.string()),
        ("byline", pa.string()),
        ("dateline", pa.string()),
        ("meta", pa.string()),
        ("removed", pa.string()),
        ("aside", pa.string()),
        ("hash", pa.string()),
        ("signature", pa.binary()),
        ("fingerprint", pa.binary()),
    ]
)
"""Columns of a table of articles. `meta` and `removed` are JSON; `aside` tells why an article has
no units."""

_STORED_UNIT = UNIT_SCHEMA.remove(UNIT_SCHEMA.get_field_index("cluster"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A new article on its way to disk."""

    cleaned: Cleaned
    """The article, cleaned by itself."""
    digest: str
    """Hash of its title and text as they were read."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is needed to make a part."""

    drafts: Sequence[Draft]
    """Its articles."""
    preparation: Preparation
    """How they are made ready."""
    articles: Path
    """Where the table of articles is written."""
    units: Path
    """Where the table of their units is written."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a part holds."""

    files: tuple[Path, Path]
    """Where the units and the articles were written."""
    added: int
    """Articles with units."""
    aside: int
    """Articles in a language that is not kept."""
    repaired: int
    """Articles whose encoding was repaired."""
    units: int
    """Units."""
    removed: dict[str, int] = field(default_factory=dict)
    """Reason to number of pieces of debris."""
    without_rules: dict[str, int] = field(default_factory=dict)
    """Language to number of articles, as `without_rules` counts them."""


def make(job: Job) -> Made:
    """Make a part, and write its two tables."""
    preparation = job.preparation
    cleaned = finished([draft.cleaned for draft in job.drafts], preparation)
    removed: dict[str, int] = {}
    for one in cleaned:
        for gone in one.removed:
            removed[gone.reason] = removed.get(gone.reason, 0) + 1
    reasons = [aside(one.article.language, preparation) for one in cleaned]
    kept = [one.article for one, reason in zip(cleaned, reasons, strict=True) if not reason]
    units = units_of(kept, preparation)
    parquet.write_table(units, job.units, compression="zstd")
    signatures, fingerprints = sketch([one.article.text for one in cleaned]).rows()
    rows = [
        _stored(one) | {"hash": draft.digest, "aside": reason}
        for one, draft, reason in zip(cleaned, job.drafts, reasons, strict=True)
    ]
    columns = [[row.get(name) for row in rows] for name in ARTICLE_SCHEMA.names[:-2]]
    table = pa.table([*columns, signatures, fingerprints], schema=ARTICLE_SCHEMA)
    parquet.write_table(table, job.articles, compression="zstd")
    n_aside = sum(map(bool, reasons))
    return Made(
        (job.units, job.articles),
        added=len(rows) - n_aside,
        aside=n_aside,
        repaired=sum(one.repaired for one in cleaned),
        units=len(units),
        removed=removed,
        without_rules=without_rules(kept, preparation),
    )


def finished(articles: Sequence[Cleaned], preparation: Preparation) -> list[Cleaned]:
    """Tell the languages of cleaned articles, and take out what only their outlets' others show."""
    cleaned = with_languages(articles, preparation.languages)
    return cleaned if preparation.keep_debris else without_boilerplate(cleaned)


def aside(language: str, preparation: Preparation) -> str:
    """Tell why an article in a language has no units; empty when it has.

    Examples
    --------
    >>> from standfirst.corpus import Preparation, aside
    >>> aside("de", Preparation(languages=("en",)))
    'language is de'
    >>> aside("en", Preparation(languages=("en",)))
    ''
    """
    other = bool(preparation.languages) and language not in preparation.languages
    return f"language is {language}" if other else ""


def units_of(articles: Sequence[Article], preparation: Preparation) -> pa.Table:
    """Cut articles into units, without their clusters."""
    rows = [
        row
        for article in articles
        for row in unit_rows(
            article, preparation.unit, preparation.context, preparation.size, preparation.stride
        )
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(UNIT_SCHEMA)
    named = dict(zip(UNIT_SCHEMA.names, columns, strict=True))
    return pa.table([named[name] for name in _STORED_UNIT.names], schema=_STORED_UNIT)


def without_rules(articles: Sequence[Article], preparation: Preparation) -> dict[str, int]:
    """Count, by language, the articles whose sentences are cut without rules of their language."""
    if preparation.unit not in ("sentence", "window"):
        return {}
    languages = Counter(article.language for article in articles if article.language)
    return {name: n for name, n in languages.items() if not is_known(name)}


def with_languages(articles: Sequence[Cleaned], expected: Sequence[str]) -> list[Cleaned]:
    """Tell the languages of those cleaned articles that do not say theirs."""
    silent = [each.article for each in articles if not each.article.language]
    detected = iter(detect_all([f"{each.title}\n{each.text}" for each in silent], expected))
    return [
        each
        if each.article.language
        else replace(each, article=replace(each.article, language=next(detected)))
        for each in articles
    ]


def _stored(cleaned: Cleaned) -> dict[str, Any]:
    article = cleaned.article
    return {
        "id": article.id,
        "title": article.title,
        "text": article.text,
        "outlet": article.outlet,
        "published": article.published,
        "url": article.url,
        "language": article.language,
        "byline": cleaned.byline,
        "dateline": cleaned.dateline,
        "meta": json.dumps(article.meta, ensure_ascii=False, default=str),
        "removed": json.dumps([asdict(gone) for gone in cleaned.removed], ensure_ascii=False),
    }
