"""``standfirst init`` and ``corpus`` from the outside."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """Make a study with a few articles, one of them broken."""
    folder = tmp_path_factory.mktemp("work")
    made = run("init", "deals", cwd=folder)
    assert made.code == 0, made.err
    assert "codebook transfer-deals: 4 dimensions, 24 labels" in made.out
    news = folder / "news.jsonl"
    articles = [
        {"id": "a1", "title": "Talks", "text": "=Talks resumed. The minister left.\nPost Views: 3"},
        {"id": "a2", "text": "The court ruled on Monday. Nobody spoke."},
        {"id": "a3"},
    ]
    news.write_text("".join(json.dumps(article) + "\n" for article in articles))
    added = run("corpus", "add", "../news.jsonl", cwd=folder / "deals")
    assert added.code == 0, added.err
    assert added.out.splitlines()[:3] == [
        "3 records read: 2 added, 1 rejected",
        "4 sentences",
        "debris taken out: counter 1",
    ]
    return folder / "deals"


def test_the_next_step_can_be_typed(tmp_path: Path, run: Run) -> None:
    """It goes into the study's folder, quoted for the shell, unless one is there already."""
    spaced = run("init", "my deals", cwd=tmp_path)
    (tmp_path / "here").mkdir()
    here = run("init", ".", "--codebook", "stance", cwd=tmp_path / "here")

    assert "next: cd 'my deals' && standfirst corpus add" in spaced.out + spaced.err
    assert "next: standfirst corpus add" in here.out + here.err
    assert "1 dimension, " in here.out


def test_rejects_are_kept(study: Path, run: Run) -> None:
    """The bad record stands in a file with its place and reason; --strict makes it an error."""
    reject = json.loads((study / "corpus" / "rejects.jsonl").read_text())
    again = run("corpus", "add", "../news.jsonl", "--strict", cwd=study)

    assert (reject["file"], reject["record"]) == ("../news.jsonl", 3)
    assert reject["reason"].startswith("no column for the text")
    assert again.code == 1
    assert again.out.splitlines()[0] == "3 records read: 0 added, 2 there already, 1 rejected"


def test_show_tells_units_and_debris(study: Path, run: Run) -> None:
    """An article is named by the beginning of its id."""
    shown = run("corpus", "show", "a1", cwd=study).out

    assert "title: Talks" in shown
    assert "   0       0-15      =Talks resumed." in shown
    assert "taken out (counter): Post Views: 3" in shown
    assert "unknown article 'a9'" in run("corpus", "show", "a9", cwd=study).err


def test_an_id_with_which_others_begin(tmp_path: Path, run: Run, harbour: Any) -> None:
    """The article whose whole id is named is shown, though other ids begin with it."""
    (tmp_path / "in.jsonl").write_text(harbour.articles(0, 12))
    run("init", "s", "--codebook", "stance", cwd=tmp_path)
    run("corpus", "add", "../in.jsonl", cwd=tmp_path / "s")
    done = run("corpus", "show", "a1", cwd=tmp_path / "s")

    assert done.code == 0, done.err
    assert "The co1r quay was praised in co1r." in done.out


def test_stats_as_json(study: Path, run: Run) -> None:
    """Programs get the counts."""
    stats = json.loads(run("corpus", "stats", "--json", cwd=study).out)

    assert (stats["articles"], stats["units"], stats["rejects"]) == (2, 4, 1)


def test_units_go_out_in_three_formats(study: Path, tmp_path: Path, run: Run) -> None:
    """A spreadsheet gets no formula; JSON Lines and Parquet keep the text as it is."""
    for name in ("units.csv", "units.jsonl", "units.parquet"):
        assert run("corpus", "units", "-o", str(tmp_path / name), cwd=study).code == 0
    printed = run("corpus", "units", cwd=study).out.splitlines()
    with (tmp_path / "units.csv").open(encoding="utf-8-sig") as file:
        cells = list(csv.DictReader(file))
    lines = (tmp_path / "units.jsonl").read_text().splitlines()
    refused = run("corpus", "units", "-o", "units.xls", cwd=study)

    assert cells[0]["text"] == "'=Talks resumed."
    assert json.loads(lines[0])["text"] == "=Talks resumed."
    assert printed == lines
    assert refused.code == 1
    assert "unknown format of units.xls: '.xls'" in refused.err


def test_dry_run_adds_nothing(study: Path, run: Run) -> None:
    """It tells what cleaning would take out; standard input is read as JSON Lines."""
    article = json.dumps({"id": "new", "text": "They talk.\nShare this:"})
    done = run("corpus", "add", "-", "--dry-run", cwd=study, text=article)

    assert done.out == "new: share bar: Share this:\n"
    assert done.err.startswith(
        "-: text = text (They talk. Share this:), id = id (new)\n"
        "1 records read, 1 pieces of debris found, 0 articles to set aside, 0 rejected; "
        "nothing added\nnext: standfirst "
    )
    assert json.loads(run("corpus", "stats", "--json", cwd=study).out)["articles"] == 2


def test_settings_that_changed_are_told(tmp_path: Path, run: Run) -> None:
    """Units of two kinds are never mixed; one command cuts all of them again."""
    run("init", "deals", cwd=tmp_path)
    folder = tmp_path / "deals"
    lines = "The court ruled. It was late.\nNobody spoke."
    (folder / "a.jsonl").write_text(json.dumps({"id": "a", "text": lines}) + "\n")
    run("corpus", "add", "a.jsonl", cwd=folder)
    settings = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(settings.replace('"sentence"', '"paragraph"'))

    refused = run("corpus", "add", "a.jsonl", cwd=folder)
    cut = run("corpus", "cut", "--keep", "first", cwd=folder)
    stats = json.loads(run("corpus", "stats", "--json", cwd=folder).out)
    wrong = run("corpus", "cut", "--keep", "none", cwd=folder)

    assert refused.code == 1
    assert "cut by other settings (unit sentence, now paragraph)" in refused.err
    assert "cut it again with: standfirst corpus cut" in refused.err
    assert cut.out.splitlines() == [
        "2 paragraphs: 0 as before, 2 new, 3 gone",
        "of near-duplicates only the first has units",
    ]
    assert (stats["units"], stats["unit"], stats["keep"]) == (2, "paragraph", "first")
    assert "unknown --keep 'none'; known: all, first" in wrong.err


def test_languages_without_rules_are_told(tmp_path: Path, run: Run) -> None:
    """One line says which languages are cut without rules; none that is set aside."""
    languages = ("--language", "en", "--language", "rw", "--language", "th")
    study = tmp_path / "study"
    run("init", str(study), *languages, cwd=tmp_path)
    texts = {"en": "He left. She stayed.", "rw": "Dr. Keza yagiye. Yego.", "th": "มา. ไป."}
    rows = [{"id": name, "language": name, "text": text} for name, text in texts.items()]
    rows += [{"id": name, "language": name, "text": "Moja. Mbili."} for name in ("lo", "la")]
    (study / "news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    added = run("corpus", "add", "news.jsonl", cwd=study)
    cut = run("corpus", "cut", "--json", cwd=study)

    assert added.out.count("no rules for the sentences of th 1 (articles)") == 1
    assert "6 sentences" in added.out
    assert json.loads(cut.out)["without_rules"] == {"th": 1}


def test_a_wrong_path_is_one_line(study: Path, run: Run) -> None:
    """The error names the path and says what to do."""
    done = run("corpus", "add", "gone.txt", cwd=study)

    assert done.code == 1
    assert done.err == "error: gone.txt: no such file; check the path\n"


def test_standard_input_in_an_unknown_format_is_one_line(study: Path, run: Run) -> None:
    """Texts in a pipe may be many, so their format is asked for."""
    done = run("corpus", "add", "-", cwd=study, text="Talks resume\n\nThey talk.")

    assert done.code == 1
    assert done.err.startswith("error: standard input: its first bytes do not tell its format;")


def test_an_unknown_codebook_is_refused(tmp_path: Path, run: Run) -> None:
    """The error names the nearest ready one, and nothing is made."""
    done = run("init", "x", "--codebook", "transfer-deal", cwd=tmp_path)

    assert done.code == 1
    assert "unknown codebook 'transfer-deal'; did you mean 'transfer-deals'?" in done.err
    assert not (tmp_path / "x").exists()
