import csv
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.corpus import Article, Reject
from standfirst.errors import ExistsError, InputError, UnknownNameError
from standfirst.models import Report
from standfirst.models.answers import tag_schema
from standfirst.models.output import can_write, write_tags
from standfirst.models.tag import Counts, tag_articles

ARTICLES: list[Article | Reject] = [
    Article("a1", "Talks", "The minister said the plan will work. Campaigners called it cruel."),
    Reject("x.jsonl", 2, "the text is empty"),
    Article("a2", "", "=cmd|calc is a trap. The vote is due on Monday."),
]


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


def test_counts_add_up(report: Report) -> None:
    """Articles in are units out and rejects; offsets point at the text."""
    counts = Counts()
    rows = [
        row for table in tag_articles(report.model, ARTICLES, counts) for row in table.to_pylist()
    ]

    assert (counts.articles, counts.units, len(counts.rejects)) == (2, 4, 1)
    assert sum(counts.labels["stance"].values()) == 4
    texts = {one.id: one.text for one in ARTICLES if isinstance(one, Article)}
    assert all(texts[r["article_id"]][r["start"] : r["end"]] == r["text"] for r in rows)


@pytest.mark.parametrize("name", ["tags.jsonl", "tags.csv", "tags.parquet", "tags"])
def test_outputs_agree(report: Report, tmp_path: Path, name: str) -> None:
    """Every format holds the same rows; what a spreadsheet would run is inert in CSV."""
    counts, path = Counts(), tmp_path / name
    tables = tag_articles(report.model, ARTICLES, counts)
    write_tags(path, tag_schema(report.model), tables, counts.rejects)
    if name == "tags.jsonl":
        texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    elif name == "tags.csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        assert texts.pop(2).startswith("'=cmd")
        texts.insert(2, "=cmd|calc is a trap.")
    else:
        texts = parquet.read_table(path / "tags-00000.parquet" if name == "tags" else path)[
            "text"
        ].to_pylist()
    rejects = path / "rejects.jsonl" if name == "tags" else tmp_path / f"{name}.rejects.jsonl"

    assert len(texts) == 4
    assert texts[2] == "=cmd|calc is a trap."
    assert json.loads(rejects.read_text())["reason"] == "the text is empty"


def test_whole_or_not_at_all(report: Report, tmp_path: Path) -> None:
    """A run that fails leaves what was there, and nothing half written."""
    path = tmp_path / "tags.jsonl"
    path.write_text("before")

    def failing() -> object:
        yield report.model.tag(pa.table({"text": ["Yes."]})).data.table
        raise InputError("x", "y")

    with pytest.raises(InputError):
        write_tags(path, tag_schema(report.model), failing(), [])  # type: ignore[arg-type]
    assert [one.name for one in tmp_path.iterdir()] == ["tags.jsonl"]
    assert path.read_text() == "before"


def test_wrong_outputs(report: Report, tmp_path: Path) -> None:
    """A strange suffix and a folder of others are refused before any work."""
    with pytest.raises(UnknownNameError, match=r"\.xlsx"):
        can_write(tmp_path / "tags.xlsx")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExistsError, match="something else"):
        can_write(tmp_path)
    with pytest.raises(InputError, match="no column 'text'"):
        report.model.tag(pa.table({"body": ["a"]}))
