"""Tagging in memory: columns, abstention, quarantine, counts, tallies."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from standfirst.corpus import Article, Preparation, Reject
from standfirst.corpus.units.cut import unit_rows
from standfirst.errors import InputError
from standfirst.models import Model, Report
from standfirst.models.about import About
from standfirst.models.tagging.blocks import Counts, preparation_of, tag_blocks
from standfirst.models.tagging.tallies import shares

ARTICLES: list[Article | Reject] = [
    Article("a1", "Talks", "The minister said the plan will work. Campaigners called it cruel."),
    Reject("x.jsonl", 2, "the text is empty"),
    Article("a2", "", "=cmd|calc is a trap. The vote is due on Monday."),
]


def tag_articles(model: Model, records: list[Article | Reject], counts: Counts) -> list[pa.Table]:
    return [one.tags for one in tag_blocks(model, records, counts, Preparation())]


def test_columns(report: Report) -> None:
    """The columns are those of the design, and probabilities stand in the codebook's order."""
    tags = report.model.tag(pa.table({"text": ["Campaigners called the scheme cruel."]}))
    row = tags[0]

    assert tags.column_names[:5] == ["unit_id", "article_id", "start", "end", "text"]
    assert row["stance"] == "critique"
    assert row["frames"] == ["law"]
    order = report.model.codebook.dimension("stance").label_ids
    assert order[row["stance_prob"].index(max(row["stance_prob"]))] == "critique"
    assert sum(row["stance_prob"]) == pytest.approx(1, abs=1e-5)
    assert row["stance_confidence"] == pytest.approx(max(row["stance_prob"]))
    assert row["stance_abstained"] is False


def test_abstention(report: Report) -> None:
    """An answer below the threshold is null and marked."""
    tags = report.model.tag(pa.table({"text": ["Something else."]}), abstain_below=1.0)

    assert tags[0]["stance"] is None
    assert tags[0]["stance_abstained"] is True


def test_a_table_without_texts_is_refused(report: Report) -> None:
    """The column is named, and what to do."""
    with pytest.raises(InputError, match="no column 'text'"):
        report.model.tag(pa.table({"body": ["a"]}))


def test_counts_add_up(report: Report) -> None:
    """Articles in are units out and rejects; offsets point at the text."""
    counts = Counts()
    rows = [
        row for table in tag_articles(report.model, ARTICLES, counts) for row in table.to_pylist()
    ]

    assert (counts.read, counts.articles, counts.units, len(counts.rejects)) == (3, 2, 4, 1)
    assert sum(counts.labels["stance"].values()) == 4
    texts = {one.id: one.text for one in ARTICLES if isinstance(one, Article)}
    assert all(texts[r["article_id"]][r["start"] : r["end"]] == r["text"] for r in rows)


def test_what_was_read_before_is_left_out(report: Report) -> None:
    """The same article is a duplicate; another text under the same id is a reject."""
    counts = Counts()
    again = [Article("a1", "Talks", "Another text."), *ARTICLES]
    tables = tag_articles(report.model, [*ARTICLES, *again], counts)

    assert sum(map(len, tables)) == counts.units == 4
    assert (counts.read, counts.articles, counts.duplicates) == (7, 2, 2)
    assert [one.reason for one in counts.rejects if "taken" in one.reason] == [
        "the id is taken by an article with another text: 'a1'"
    ]


class Breaks(Model):
    """A model that one text breaks."""

    def predict(self, texts: Any, *more: Any, **named: Any) -> Any:
        """Break, or answer."""
        if any("trap" in str(text) for text in texts):
            raise ZeroDivisionError("a trap")
        return Model.predict(self, texts, *more, **named)


def test_a_text_that_breaks_a_stage_is_set_aside(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go on, whatever the stage; the reject says which stage and why."""
    model, counts = report.model, Counts()
    fields = (model.codebook, model.encoder_name, model.encoder, model.heads)
    rows = [
        row
        for table in tag_articles(Breaks(*fields), ARTICLES, counts)
        for row in table.to_pylist()
    ]

    assert {row["article_id"] for row in rows} == {"a1"}
    assert (counts.read, counts.articles, counts.units, len(counts.rejects)) == (3, 1, 2, 2)
    assert counts.rejects[1].reason == "the model failed: a trap"
    assert counts.rejects[1].raw.startswith("=cmd")

    def broken(article: Article, *how: Any) -> Any:
        if article.id == "a1":
            raise RecursionError
        return unit_rows(article, *how)

    monkeypatch.setattr("standfirst.models.tagging.units.unit_rows", broken)
    counts = Counts()
    tables = tag_articles(model, ARTICLES, counts)

    assert sum(map(len, tables)) == 2
    assert [one.reason for one in counts.rejects][1:] == ["segmentation failed: RecursionError"]


def test_other_languages_and_debris(report: Report) -> None:
    """As in the study: another language is set aside, what is only debris is a reject."""
    counts = Counts()
    french = "Le gouvernement a confirmé mardi que les discussions étaient en cours à Paris."
    articles = [Article("f", "", french), Article("d", "", "Leave a comment"), *ARTICLES]
    (tagged,) = tag_blocks(report.model, articles, counts, Preparation(languages=("en",)))

    assert (counts.read, counts.articles, counts.aside) == (5, 2, 1)
    assert [one.reason for one in counts.rejects] == ["the text is empty", "nothing but debris"]
    assert tagged.tallies["aside"].to_pylist() == ["language is fr", "", ""]
    assert tagged.tallies["n_units"].to_pylist() == [0, 2, 2]


def test_shares_of_an_article(report: Report) -> None:
    """Shares are of the units answered; the strongest unit is the most confident one."""
    counts = Counts()
    (tagged,) = tag_blocks(report.model, ARTICLES, counts, Preparation())
    ids = tagged.tallies["article_id"]
    first, second = shares(tagged.tallies, ids, report.model.dimensions).to_pylist()
    units = tagged.tags.to_pylist()[:2]

    assert (first["article_id"], first["cluster"], first["n_units"]) == ("a1", "a1", 2)
    assert first["first_text"] == "The minister said the plan will work."
    assert first["stance_share_government"] == first["stance_share_critique"] == 0.5
    assert first["stance_first"] == "government"
    best = max(units, key=lambda unit: unit["stance_confidence"])
    assert first["stance_strongest"] == best["stance"]
    assert first["stance_strongest_unit"] == best["unit_id"]
    assert first["stance_strongest_text"] == best["text"]
    laws = [unit for unit in units if "law" in unit["frames"]]
    assert first["frames_share_law"] == pytest.approx(len(laws) / 2)
    assert second["title"] == ""


def test_the_preparation_of_the_study() -> None:
    """What the model's manifest tells wins over the codebook; what it does not know is left."""
    about = About(preparation={"unit": "window", "size": 2, "languages": ["fr"], "other": 1})

    assert preparation_of(about, "sentence") == Preparation(
        unit="window", size=2, languages=("fr",), near_duplicates=False
    )
    usual = Preparation(languages=(), near_duplicates=False)
    assert preparation_of(About(), "paragraph") == replace(usual, unit="paragraph")
    assert preparation_of(About(), "page") == usual
