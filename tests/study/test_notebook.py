"""A study from Python: the whole way, in turns with commands, and what it shows of itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from standfirst import Corpus, Study, load_codebook
from standfirst.errors import ExistsError, InputError, StudyError, UnknownNameError

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, harbour: Any) -> Study:
    """Go from a data frame to tags."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "harbour.yaml").write_text(harbour.book)
    made = Study.create(folder / "harbours", load_codebook(folder / "harbour.yaml"), title="Quays")
    news = pd.DataFrame([json.loads(line) for line in harbour.articles(0, 30).splitlines()])
    news["paper"] = ["Post", "Herald"] * 15
    news["day"] = [f"2026-{1 + i % 6:02}-01" for i in range(30)]
    made.add(news, outlet="paper", published="day")
    made.sample(80, test=20, seed=3)
    made.export_tasks(folder / "tasks.json")
    harbour.answer(folder / "tasks.json", folder / "coded.json", "adam@example.org")
    made.import_answers(folder / "coded.json")
    made.resolve()
    made.train(encoder="tfidf", effort="fast", n_folds=2)
    made.tag()
    return made


@pytest.mark.slow
def test_each_stage_is_a_table(study: Study) -> None:
    """Units, design, answers, gold and tags come as tables that pandas takes, keyed by unit."""
    tables = {
        "units": study.units().to_pandas(),
        "design": study.design().to_pandas(),
        "annotations": study.annotations().to_pandas(),
        "gold": study.gold().to_pandas(),
        "tags": study.tags(columns=["article_id"]).to_pandas(),
    }

    assert {name: len(table) for name, table in tables.items()} == {
        "units": 120, "design": 100, "annotations": 120, "gold": 100, "tags": 120,
    }  # fmt: skip
    assert set(tables["design"]["part"]) == {"coding", "test"}
    assert study.gold().features["tone"].names == ["warm", "cold"]
    ids = set(tables["units"]["unit_id"])
    assert all(set(table["unit_id"]) <= ids for table in tables.values())
    merged = tables["tags"].merge(tables["units"][["unit_id", "text"]], on="unit_id")
    assert (merged["tone"].eq("warm") == merged["text"].str.contains("praised")).all()
    assert merged[["tone=warm", "tone=cold"]].sum(axis=1).round(4).eq(1).all()
    assert list(study.tags(columns=["article_id"]).to_dataset().features) == list(tables["tags"])


@pytest.mark.slow
def test_polars_takes_tags(study: Study) -> None:
    """Tags are a data frame of Polars, where that is installed."""
    pytest.importorskip("polars", reason="polars is not installed")

    assert study.tags().to_polars().shape == (120, 4)


@pytest.mark.slow
def test_shares_and_report(study: Study, tmp_path: Path) -> None:
    """Shares are those of the command, by group as well; the report is written where one says."""
    made = study.shares(by="outlet", against="Herald", trend=True)
    table = made.to_pandas()

    assert set(table["group"]) == {"", "Herald", "Post", "Post - Herald", "by month"}
    warm = table.query("kind == 'share' and group == '' and label == 'warm'").set_index("estimator")
    assert warm.loc["count", "share"] == 0.5
    assert warm.loc["corrected", "low"] <= 0.5 <= warm.loc["corrected", "high"]
    page = study.report(tmp_path / "quays.html", regressions=["warm ~ outlet"])
    assert "warm ~ outlet" in page.read_text(encoding="utf-8")
    (tmp_path / "mine.html").write_text("mine")
    with pytest.raises(ExistsError, match="is no report"):
        study.report(tmp_path / "mine.html")


@pytest.mark.slow
def test_commands_and_notebook_take_turns(study: Study, run: Run) -> None:
    """What one has made, the other knows: numbers, scores, and the next step."""
    shares = run("measure", "shares", "--json", cwd=study.path)
    scored = run("evaluate", "models/harbour", "--json", cwd=study.path)
    status = json.loads(run("status", "--json", cwd=study.path).out)
    now = json.loads(json.dumps(study.status().as_json()))

    assert json.loads(shares.out) == json.loads(json.dumps(study.shares().as_json()))
    assert json.loads(scored.out) == json.loads(json.dumps(study.evaluate().as_json()))
    # From elsewhere, the next command begins with the way there.
    assert now.pop("next")["command"].endswith(status.pop("next")["command"])
    assert status == now
    assert study.models() == ["harbour"]
    assert study.agreement()[0].n_coders == 2


@pytest.mark.slow
def test_tags_are_replaced(study: Study) -> None:
    """Tagging again with another model replaces the tags, and leaves one file of the corpus."""
    study.train(name="other", encoder="tfidf", effort="fast", n_folds=2, seed=1)
    before = study.tags().models
    after = study.tag("other").models
    study.tag("harbour")

    assert before != after
    assert [path.name for path in study.folder.tags.iterdir()] == ["corpus.parquet"]


@pytest.mark.slow
def test_what_is_shown_is_short(study: Study) -> None:
    """Everything that a notebook shows by itself is a few lines, and pictures or tables beside."""
    shown: list[Any] = [
        study,
        study.corpus,
        study.codebook,
        study.status(),
        study.model(),
        study.tags(),
        study.shares(),
        *study.agreement(),
    ]

    for one in shown:
        assert len(repr(one)) < 1500, type(one)
        assert "<" in one._repr_html_(), type(one)
    assert repr(study.corpus).endswith("corpus: 30 articles, 120 units")
    assert "Quays" in repr(study)
    assert repr(study.tags()).splitlines()[1].strip() == "tone: warm 60, cold 60"


def test_what_can_be_done_is_found() -> None:
    """Each method has its words and hints that name types, and none takes just anything."""
    methods = [name for name in dir(Study) if name[0] != "_"]

    assert {"add", "sample", "push", "pull", "train", "tag", "shares", "report"} <= set(methods)
    for name in methods:
        one = getattr(Study, name)
        if callable(one):
            assert one.__doc__, name
            hints = [str(hint) for hint in one.__annotations__.values()]
            assert "return" in one.__annotations__, name
            assert not [hint for hint in hints if hint in ("typing.Any", "Any")], name


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """A step too early names what must be done first; a wrong name what is there."""
    study = Study.create(tmp_path / "s", "stance")
    for call, message in (
        (study.design, "has drawn nothing yet"),
        (study.gold, "has no gold yet"),
        (study.annotations, "has no annotations yet"),
        (study.train, "has no gold yet"),
        (study.model, "has no model of its codebook yet"),
    ):
        with pytest.raises(StudyError, match=message):
            call()
    with pytest.raises(UnknownNameError, match="model"):
        study.model("no-such-model")
    with pytest.raises(InputError, match="give a whole number"):
        study.sample("many")  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="is not in a study"):
        Study.open(tmp_path)
    with pytest.raises(ExistsError, match="is a study already"):
        Study.create(tmp_path / "s")
    with pytest.raises(UnknownNameError, match="codebook"):
        Study.create(tmp_path / "t", "no-such-codebook")


def test_files_and_tables_are_one_corpus(tmp_path: Path, harbour: Any) -> None:
    """The same articles from a file and from a table are the same, and are added once."""
    (tmp_path / "news.jsonl").write_text(harbour.articles(0, 4))
    rows = [json.loads(line) for line in harbour.articles(0, 6).splitlines()]
    corpus = Corpus(tmp_path / "corpus")
    first, second = corpus.add(tmp_path / "news.jsonl"), corpus.add(rows)
    third = corpus.add([{"id": "x", "text": ""}, {"id": "y", "text": None}])

    assert (first.added, second.added, second.known) == (4, 2, 4)
    assert (third.rejected, [row.file for row in corpus.rejects()]) == (2, ["table", "table"])
    assert corpus.summary()["articles"] == corpus.n_articles == 6
    assert corpus.articles(["id"])["id"][:] == [f"a{i}" for i in range(6)]


def test_tables_that_are_none(tmp_path: Path) -> None:
    """What is no table, has no row, or lacks a named column is refused in one line."""
    corpus = Corpus(tmp_path / "corpus")
    wrong: list[tuple[Any, str]] = [
        (3, "is no table"),
        ([], "an empty list"),
        (pd.DataFrame({"text": []}), "has no row"),
        ([{"text": 1}, {"text": "b"}], "cannot be read as a table"),
    ]
    for given, message in wrong:
        with pytest.raises(InputError, match=message):
            corpus.add(given)
    with pytest.raises(UnknownNameError, match="column"):
        corpus.add([{"text": "Talks resume."}], outlet="paper")
    with pytest.raises(InputError, match="is no order of dates"):
        corpus.add([{"text": "Talks resume."}], date_order="year")
    assert corpus.n_articles == 0
