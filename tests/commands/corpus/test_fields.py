"""Putting right what was missed of articles that are there already: ids and units stay."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.corpus import load_articles, load_units

Run = Callable[..., Any]
HEADER = "Überschrift,text,Zeitung,Datum,note\n"
ROWS = (
    "Talks,They talk. Nobody left.,Post,03/04/2024,a\n"
    "Court,The court ruled.,Times,05/04/2024,b\n"
    "Late,It was late.,,06/04/2024,c\n"
)


@pytest.fixture
def study(tmp_path: Path, run: Run) -> Path:
    run("init", "deals", cwd=tmp_path)
    (tmp_path / "news.csv").write_text(HEADER + ROWS)
    assert run("corpus", "add", "../news.csv", cwd=tmp_path / "deals").code == 0
    return tmp_path / "deals"


def of_units(study: Path, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(unit[name] for name in names) for unit in load_units(study / "corpus")]


def test_columns_that_were_kept_beside(study: Path, run: Run) -> None:
    """They become fields of articles and units alike, dates in one order, and ids stay."""
    ids = of_units(study, "unit_id", "article_id", "text")
    listed = run("corpus", "fields", cwd=study)
    words = ("--outlet", "Zeitung", "--published", "Datum", "--title", "Überschrift")
    done = run("corpus", "fields", *words, "--date-order", "month", cwd=study)
    again = run("corpus", "add", "../news.csv", *words, "--date-order", "month", cwd=study)

    assert "Zeitung  in 3 articles, such as: 'Post'" in listed.out
    assert "3 articles changed; ids of articles and units are as before" in done.out
    assert "outlet: 2 articles, from column 'Zeitung'" in done.out
    assert of_units(study, "unit_id", "article_id", "text") == ids
    assert of_units(study, "title", "outlet", "published") == [
        ("Talks", "Post", "2024-03-04"),
        ("Talks", "Post", "2024-03-04"),
        ("Court", "Times", "2024-05-04"),
        ("Late", "", "2024-06-04"),
    ]
    assert again.out.splitlines()[0] == "3 records read: 0 added, 3 there already"
    assert "put right" not in again.out


def test_the_same_files_again(study: Path, run: Run) -> None:
    """Naming a column, or the order of dates, puts right what the first run missed."""
    ids = of_units(study, "unit_id")
    first = run("corpus", "add", "../news.csv", "--outlet", "Zeitung", cwd=study)
    words = ("--published", "Datum", "--title", "Überschrift")
    run("corpus", "add", "../news.csv", *words, cwd=study)
    by_day = of_units(study, "published")
    turned = run("corpus", "add", "../news.csv", *words, "--date-order", "month", cwd=study)

    assert "outlet put right in 2 articles" in first.out
    assert by_day[0] == ("2024-04-03",)
    assert "published put right in 3 articles" in turned.out
    assert of_units(study, "title", "outlet", "published")[-2:] == [
        ("Court", "Times", "2024-05-04"),
        ("Late", "", "2024-06-04"),
    ]
    assert of_units(study, "unit_id") == ids


def test_what_is_replaced_is_kept_beside(study: Path, run: Run) -> None:
    """A wrong column can be taken back; what an article does not have stays as it was."""
    (study / "more.csv").write_text("text,paper\nNobody spoke.,Mail\n")
    run("corpus", "add", "more.csv", cwd=study)
    run("corpus", "fields", "--outlet", "note", cwd=study)
    done = run("corpus", "fields", "--outlet", "Zeitung", cwd=study)
    articles = load_articles(study / "corpus").to_list()

    assert [article["outlet"] for article in articles] == ["Post", "Times", "", "Mail"]
    assert json.loads(articles[0]["meta"])["outlet"] == "a"
    assert "1 articles have no column 'Zeitung', and stay as they were" in done.out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--outlet", "Zeitong"), "unknown column 'Zeitong'; did you mean 'Zeitung'?"),
        (("--text", "note"), "--text: the text decides which ids or units there are"),
        (("--date-order", "month"), "--date-order: is about the dates of a column"),
        (("--published", "Datum", "--date-order", "year"), "unknown --date-order 'year'"),
    ],
)
def test_what_cannot_be_put_right(
    words: tuple[str, ...], problem: str, study: Path, run: Run
) -> None:
    """It is refused in one line, and nothing changes."""
    before = load_articles(study / "corpus").to_list()
    done = run("corpus", "fields", *words, cwd=study)

    assert (done.code, done.out) == (1, "")
    assert problem in done.err
    assert load_articles(study / "corpus").to_list() == before


def test_the_first_record_of_an_article_decides(tmp_path: Path, run: Run) -> None:
    """The same text in two outlets is one article, which does not change with every run."""
    run("init", "deals", cwd=tmp_path)
    (tmp_path / "news.csv").write_text("text,paper\nThey talk.,Post\nThey talk.,Times\n")
    run("corpus", "add", "../news.csv", cwd=tmp_path / "deals")
    done = run("corpus", "add", "../news.csv", "--outlet", "paper", cwd=tmp_path / "deals")

    assert "put right" not in done.out
    assert of_units(tmp_path / "deals", "outlet") == [("Post",)]
