"""Names of one outlet: shown, joined in study.toml, and counted as one wherever outlets count."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from standfirst.errors import InputError
from standfirst.study.contents import units_of
from standfirst.study.folder import StudyFolder
from standfirst.study.measuring import cells_of

Run = Callable[..., Any]
NAMES = ("The Herald", "The Herald", "herald.com", "Herald", "Post")


@pytest.fixture
def study(tmp_path: Path, run: Run) -> Path:
    run("init", "deals", cwd=tmp_path)
    rows = [
        {"id": f"a{n}", "text": f"The court ruled on case {n}.", "outlet": outlet}
        for n, outlet in enumerate(NAMES)
    ]
    (tmp_path / "news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("corpus", "add", "../news.jsonl", cwd=tmp_path / "deals").code == 0
    return tmp_path / "deals"


def test_names_of_one_outlet_are_joined(study: Path, run: Run) -> None:
    """The lines that `corpus stats` suggests work as they stand; the stored articles stay."""
    shown = run("corpus", "stats", cwd=study).out
    suggested = next(line.strip() for line in shown.splitlines() if line.endswith("]")
                     and "Herald" in line)  # fmt: skip
    settings = study / "study.toml"
    settings.write_text(settings.read_text() + suggested + "\n")
    stats = json.loads(run("corpus", "stats", "--json", cwd=study).out)
    run("corpus", "units", "-o", "units.csv", cwd=study)
    with (study / "units.csv").open(newline="") as file:
        exported = [row["outlet"] for row in csv.DictReader(file)]

    assert suggested == '"The Herald" = ["Herald", "herald.com"]'
    assert stats["outlets"] == {"The Herald": 4, "Post": 1}
    assert stats["outlets_alike"] == {}
    assert exported == ["The Herald"] * 4 + ["Post"]
    assert [unit["outlet"] for unit in units_of(StudyFolder(study))] == exported
    assert "Herald  (no title)" in run("corpus", "show", cwd=study).out


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('"Post" = "post.com"', "outlets: Post = 'post.com'"),
        ('"Post" = ["p"]\n"Herald" = ["p"]', "outlets: 'p' has two names"),
        ('"Post" = ["Herald"]\n"Herald" = ["h"]', "outlets: 'Herald' has two names"),
    ],
)
def test_a_table_without_sense_is_refused(lines: str, problem: str, study: Path) -> None:
    """No spelling may mean two outlets."""
    settings = study / "study.toml"
    settings.write_text(f"{settings.read_text()}{lines}\n")

    with pytest.raises(InputError, match=problem):
        StudyFolder(study).settings()


def test_outlets_that_no_article_has_are_told(study: Path, run: Run) -> None:
    """A name that was misspelled joins nothing, and is said."""
    settings = study / "study.toml"
    settings.write_text(f'{settings.read_text()}"Tims" = ["The Tims"]\n')

    assert "outlets in study.toml without an article: Tims" in run("corpus", "stats", cwd=study).err


def test_months_are_those_of_dates() -> None:
    """What is no date has no month, and is not cut to its first letters."""
    dates = pa.table({"published": ["2024-01-02T10:00:00Z", "3 February 2024", "yesterday", None]})
    ids = pa.array(["a", "b", "c", "d"])

    cells = cells_of(["month"], ids, dates, None).to_pylist()

    assert cells == ["2024-01", "2024-02", "unknown", "unknown"]
