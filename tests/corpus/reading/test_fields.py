"""Columns are taken in the open, and known by the headers of the databases."""

from pathlib import Path

import pytest

from standfirst.corpus import Article, Fields, Reject, read_articles
from standfirst.corpus.reading.fields import to_article
from standfirst.errors import UnknownNameError

HEADERS = {
    "LexisNexis": ("Headline", "Publication", "Published Date", "Full Text"),
    "Factiva": ("HD", "SN", "PD", "TD"),
    "ProQuest": ("Title", "pubtitle", "pubdate", "FullText"),
    "Media Cloud": ("title", "media_name", "publish_date", "text"),
    "GDELT": ("title", "domain", "seendate", "text"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_databases(name: str) -> None:
    """Title, outlet, date and text are found by their usual names."""
    values = ("Talks", "Post", "2023-11-06", "They talk.")
    article = to_article(dict(zip(HEADERS[name], values, strict=True)), Fields(), "a", 1)

    assert isinstance(article, Article)
    assert (article.title, article.outlet, article.published, article.text) == values


def test_the_full_text_is_preferred_to_a_teaser() -> None:
    """Whatever their order, content is taken only where there is no full text."""
    article = to_article({"Content": "They…", "FULL TEXT": "They talk."}, Fields(), "a", 1)

    assert isinstance(article, Article)
    assert (article.text, article.meta) == ("They talk.", {"Content": "They…"})


def test_a_nested_source_and_a_language_by_name() -> None:
    """NewsAPI's source gives its name, and German is not taken for Georgian."""
    record = {"text": "Ja.", "source": {"id": None, "name": "Post"}, "language": "German"}
    article = to_article(record, Fields(), "a", 1)

    assert isinstance(article, Article)
    assert (article.outlet, article.language) == ("Post", "de")


def test_markup_in_a_cell_becomes_text() -> None:
    """Blocks become lines, entities characters, scripts nothing; a unit stays to the character."""
    cell = "<p>They said &quot;no&quot;.</p><p>They <b>left</b>.</p><script>x()</script>"
    article = to_article({"text": cell}, Fields(), "a", 1)
    unit = to_article({"text": cell, "unit_id": "u"}, Fields(), "a", 1)

    assert isinstance(article, Article)
    assert article.text == 'They said "no".\nThey left.'
    assert isinstance(unit, Article)
    assert unit.text == cell


def test_an_export_without_texts_is_named_so() -> None:
    """A table of addresses is told apart from one whose text column has an odd name."""
    reject = to_article({"title": "Talks", "url": "https://a.example"}, Fields(), "a", 1)

    assert isinstance(reject, Reject)
    assert reject.reason.startswith("addresses and no texts")


def test_a_wrong_column_is_refused_before_the_first_row(tmp_path: Path) -> None:
    """A named column that no file has is an error that names those that are there."""
    path = tmp_path / "a.csv"
    path.write_text("text,newspaper\nThey talk.,Post\n")

    with pytest.raises(UnknownNameError, match="did you mean 'newspaper'"):
        next(read_articles([str(path)], fields=Fields(outlet="newspapr")))
