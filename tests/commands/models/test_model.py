"""``standfirst train``, ``evaluate``, ``tag`` and ``encoders`` from the outside."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.corpus import load_units
from standfirst.labels import Gold, write_gold

Run = Callable[..., Any]
WORDS = (["plan", "deal", "budget", "fence", "treaty"], ["camp", "flight", "court", "coast"])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """Train a model in a folder of its own."""
    folder = tmp_path_factory.mktemp("model")
    lines = []
    for k in range(20):
        lines.append(f"The minister defended plan {k}.,government,a{k}")
        lines.append(f"Campaigners attacked plan {k} as cruel.,critique,a{k}")
    for name, part in (("coded.csv", lines[:30]), ("later.csv", lines[30:])):
        (folder / name).write_text("text,stance,article_id\n" + "\n".join(part) + "\n")
    words = ("train", "--data", "coded.csv", "--label", "stance", "--encoder", "tfidf", "-o", "m")
    done = run(*words, cwd=folder)
    assert done.code == 0, done.err
    assert "30 rows in 15 groups (article_id); encoder tfidf" in done.out
    assert "stance: macro-F1 1.000 (0.782 to 1.000)" in done.out
    assert "held out: 10 folds of whole groups; n = 30 rows in 15 groups by article_id" in done.out
    return folder


def test_evaluate_prints_the_promised_json(work: Path, run: Run) -> None:
    """The JSON has the keys of the design."""
    done = run("evaluate", "m", "--data", "later.csv", "--json", cwd=work)
    found = json.loads(done.out)

    assert list(found) == ["dimensions"]
    stance = found["dimensions"]["stance"]
    scores = ["macro_f1", "macro_f1_low", "macro_f1_high"]
    compared = ["baseline_macro_f1", "chance_macro_f1"]
    assert list(stance) == ["n", *scores, "labels", *compared, "notes"]
    assert stance["chance_macro_f1"] == 0.5
    assert stance["n"] == 10
    assert stance["labels"]["critique"] == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "support": 5,
    }
    assert done.err == ""


def test_seen_texts_are_told(work: Path, run: Run) -> None:
    """A score on training data is printed with a warning."""
    done = run("evaluate", "m", "--data", "coded.csv", cwd=work)

    assert done.code == 0
    assert "warning: 30 of 30 texts were in the training data" in done.err


def test_tag(work: Path, run: Run) -> None:
    """Articles are cut into sentences; rows are taken as they are."""
    text = "The minister defended it. Campaigners called it cruel."
    (work / "news.jsonl").write_text(json.dumps({"id": "n1", "text": text}) + "\n{}\n")
    done = run("tag", "m", "news.jsonl", "-o", "tags.jsonl", cwd=work)
    rows = [json.loads(line) for line in (work / "tags.jsonl").read_text().splitlines()]

    assert done.code == 0
    assert "1 articles, 2 units (sentence) tagged" in done.out
    assert "2 records read: 1 tagged, 1 rejected" in done.out
    assert "1 records rejected; the first: news.jsonl:2" in done.out
    assert [row["stance"] for row in rows] == ["government", "critique"]
    assert all(text[row["start"] : row["end"]] == row["text"] for row in rows)
    words = ("tag", "m", "news.jsonl", "-o", "rows", "--unit", "row", "--json")
    assert json.loads(run(*words, cwd=work).out)["units"] == 1


@pytest.mark.slow
def test_tag_tells_what_it_does(work: Path, run: Run) -> None:
    """A plan tags nothing; a finished folder is not tagged again; standard input is read."""
    lines = [{"id": f"n{k}", "text": f"The minister defended plan {k}."} for k in range(40)]
    text = "\n".join(map(json.dumps, lines))
    words = ("tag", "m", "-", "-o", "tags", "--shard-mb", "0.001")
    planned = run(*words, "--plan", cwd=work, text=text)
    assert (planned.code, (work / "tags").exists()) == (0, False)
    assert "shards     3, of which 3 are left" in planned.out
    assert "cut into: sentence" in planned.out

    first, second = (run(*words, cwd=work, text=text) for _ in range(2))
    assert "40 articles, 40 units (sentence) tagged" in first.out
    assert "tags: finished before" in second.err
    assert run(*words, cwd=work, text=text + "\n{}").err.startswith(
        "error: tags: was started differently: the input - has changed"
    )


@pytest.mark.slow
def test_the_steps_of_a_study_go_with_its_model(work: Path, run: Run) -> None:
    """A model that was trained in a study tags as the study cuts: languages, windows."""
    study = work / "study"
    assert run("init", str(study), cwd=work).code == 0
    settings = (study / "study.toml").read_text().replace('unit = "sentence"', 'unit = "paragraph"')
    (study / "study.toml").write_text(settings)
    texts = ["The minister defended plan {}.", "Campaigners attacked plan {} as cruel."]
    with (study / "news.jsonl").open("w") as out:
        for k in range(12):
            row = {"id": f"n{k}", "text": "\n".join(texts).format(k, k), "outlet": str(k)}
            out.write(json.dumps(row) + "\n")
    assert run("corpus", "add", "news.jsonl", cwd=study).code == 0
    rows = [
        Gold(
            unit["unit_id"],
            "stance",
            (("government_position", "rights_critique")[k % 2],),
            "single",
        )
        for k, unit in enumerate(load_units(study / "corpus"))
    ]
    write_gold(study / "annotations" / "gold.jsonl", rows)
    words = ("train", "--label", "stance", "--encoder", "tfidf", "-o", "m")
    done = run(*words, cwd=study)
    assert done.code == 0, done.err
    french = {"text": "Le gouvernement a confirmé mardi que les discussions étaient en cours."}
    news = (study / "news.jsonl").read_text()
    copy = {**json.loads(news.splitlines()[0]), "id": "copy"}
    lines = news + json.dumps(copy) + "\n" + json.dumps(french)
    found = run("tag", "m", "-", "-o", "tags", "--json", cwd=study, text=lines)

    told = json.loads(found.out)
    assert (told["records"], told["articles"], told["aside"], told["units"]) == (14, 13, 1, 26)
    assert told["copies"] == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("train --data none.csv --label stance -o x", 1, "none.csv: no such file"),
        ("train --data coded.csv --label stanze -o x", 1, "did you mean 'stance'?"),
        ("train --data coded.csv --label stance --group g -o x", 1, "'g'"),
        ("train --data coded.csv --label stance --encoder x -o y", 1, "unknown encoder 'x'"),
        ("train --data coded.csv --label stance --goal f1 -o y", 1, "'f1' is not a goal"),
        ("train --data coded.csv --label stance --context all -o y", 1, "unknown context 'all'"),
        ("train --data coded.csv --label stance --context title -o y", 1, "no column 'title'"),
        ("train --data coded.csv --label stance --target-column who -o y", 1, "'who'"),
        ("train --data coded.csv --label stance --votes -o y", 1, "'stance_votes'"),
        ("train --data coded.csv --label stance --fast --thorough -o y", 2, "--fast"),
        ("encoders add none", 1, "model.safetensors: is missing"),
        ("train --data coded.csv -o x", 2, "--label"),
        ("train --data coded.csv --label stance", 2, "--output"),
        ("train", 1, "is not in a study"),
        ("evaluate none --data later.csv", 1, "no such model"),
        ("evaluate m --data later.csv --label frames", 1, "'frames'"),
        ("tag m none.jsonl -o x.jsonl", 1, "none.jsonl"),
        ("tag m coded.csv -o x.xlsx", 1, "'.xlsx'"),
        ("tag m coded.csv -o x.csv --unit word", 1, "unknown unit 'word'"),
        ("encoders pull nothing", 1, "unknown encoder to pull 'nothing'"),
    ],
)
def test_wrong_words(work: Path, run: Run, words: str, code: int, told: str) -> None:
    """Each is refused with what to do, and leaves nothing."""
    before = sorted(work.iterdir())
    done = run(*words.split(), cwd=work)

    assert done.code == code
    assert told in done.err
    assert sorted(work.iterdir()) == before
    if code == 1:
        assert len(done.err.strip().splitlines()) <= 2


@pytest.mark.slow
def test_candidates_are_compared(work: Path, run: Run) -> None:
    """Encoders that are named twice are compared; the choice is told, and stands in the JSON."""
    words = ["train", "--data", "coded.csv", "--label", "stance", "--folds", "3"]
    words += ["--encoder", "tfidf", "--encoder", "hashed", "-o", "compared"]
    done, told = run(*words, cwd=work), json.loads(run(*words, "--json", cwd=work).out)

    assert "chosen of 2: tfidf, before hashed\n  average precision 1.000 to " in done.out
    assert "paired over groups" in done.out
    assert "the scores below include the choosing" in done.out
    assert [one["name"] for one in told["choice"]["candidates"]] == ["tfidf", "hashed"]
    assert set(told["choice"]["difference_to_runner_up"]) == {
        "macro_f1",
        "low",
        "high",
        "average_precision_error",
    }


def test_encoders_are_listed(work: Path, run: Run) -> None:
    """TF-IDF is always ready."""
    found = json.loads(run("encoders", "--json", cwd=work).out)["encoders"]

    assert {one["name"]: one["ready"] for one in found}["tfidf"] is True


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--keep-debris", "--fix-encoding"])
def test_articles_are_tagged_in_the_units_that_were_coded(
    tmp_path: Path, run: Run, option: str
) -> None:
    """How `corpus add` treated the texts is what `tag` does with the same articles."""
    assert run("init", str(tmp_path), cwd=tmp_path).code == 0
    with (tmp_path / "news.jsonl").open("w", encoding="utf-8") as out:
        for k in range(12):
            # Articles are no near-duplicates and share no unit: folds need groups.
            said, replied = (" ".join(f"{word}{k}" for word in words) for words in WORDS)
            text = f"The minister defended {said} at the cafÃ©.\nCampaigners attacked {replied}."
            if k == 0:
                text += "\nShare this article on Facebook"
            out.write(json.dumps({"id": f"n{k}", "text": text}) + "\n")
    assert run("corpus", "add", "news.jsonl", option, cwd=tmp_path).code == 0
    units = load_units(tmp_path / "corpus")
    labels = ("government_position", "rights_critique")
    # The line that all articles share would tie them into one group.
    coded = [unit for unit in units if "Share" not in unit["text"]]
    rows = [
        Gold(unit["unit_id"], "stance", (labels[k % 2],), "single") for k, unit in enumerate(coded)
    ]
    write_gold(tmp_path / "annotations" / "gold.jsonl", rows)
    words = ("train", "--label", "stance", "--encoder", "tfidf", "--fast", "-o", "m")
    trained = run(*words, cwd=tmp_path)
    tagged = run("tag", "m", "news.jsonl", "-o", "tags.jsonl", cwd=tmp_path)

    assert (trained.code, tagged.code) == (0, 0), trained.err + tagged.err
    lines = (tmp_path / "tags.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["unit_id"] for line in lines] == list(units["unit_id"])


def test_a_corpus_keeps_debris_or_not(tmp_path: Path, run: Run) -> None:
    """Cleaned articles and articles as they are do not mix, and a corpus goes on as it began."""
    assert run("init", "whole", cwd=tmp_path).code == 0
    for name in ("a", "b"):
        text = f"The minister spoke of {name}.\nShare this article on Facebook\nNobody listened."
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": name, "text": text}) + "\n")
    assert run("corpus", "add", "../a.jsonl", "--keep-debris", cwd=tmp_path / "whole").code == 0
    assert run("corpus", "add", "../b.jsonl", cwd=tmp_path / "whole").code == 0
    kept = [unit["article_id"] for unit in load_units(tmp_path / "whole" / "corpus")]
    assert run("init", "other", cwd=tmp_path).code == 0
    assert run("corpus", "add", "../a.jsonl", cwd=tmp_path / "other").code == 0
    refused = run("corpus", "add", "../b.jsonl", "--keep-debris", cwd=tmp_path / "other")

    assert kept.count("a") == kept.count("b") == 3
    assert refused.code == 1
    assert "holds articles that were cleaned; leave --keep-debris out" in refused.err


def test_rows_of_one_article_are_its_units(work: Path, run: Run) -> None:
    """A file that people coded, with several rows an article, is tagged row by row."""
    done = run("tag", "m", "coded.csv", "-o", "coded.jsonl", cwd=work)
    lines = (work / "coded.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    assert done.code == 0, done.err
    assert done.out.startswith("30 units (row) tagged")
    assert "each row is one unit" in done.out
    assert [row["article_id"] for row in rows] == [f"a{k // 2}" for k in range(30)]
    assert rows[0]["text"] == "The minister defended plan 0."


def test_no_file_of_others_is_replaced(work: Path, run: Run, tmp_path: Path) -> None:
    """An input, a file of something else and a folder of something else stay as they are."""
    news = tmp_path / "news.jsonl"
    news.write_text('{"id": "n", "text": "The minister defended the plan."}\n')
    notes = tmp_path / "notes.csv"
    notes.write_text("mine\n1\n")
    extension = tmp_path / "extension"
    extension.mkdir()
    (extension / "manifest.json").write_text('{"manifest_version": 3, "name": "mine"}')
    model = str(work / "m")
    itself = run("tag", model, "news.jsonl", "-o", "news.jsonl", "--force", cwd=tmp_path)
    foreign = run("tag", model, "news.jsonl", "-o", "notes.csv", cwd=tmp_path)
    words = ("--data", str(work / "coded.csv"), "--label", "stance", "--encoder", "tfidf")
    folder = run("train", *words, "-o", "extension", cwd=tmp_path)
    device = run("tag", model, "news.jsonl", "-o", "/dev/null", cwd=tmp_path)

    assert [itself.code, foreign.code, folder.code, device.code] == [1, 1, 1, 1]
    assert "news.jsonl is one of the inputs; name another file" in itself.err.replace(":", "")
    assert "is a file that this command did not write" in foreign.err
    assert "holds something other than a model" in folder.err
    assert device.err.count("\n") == 1
    assert news.read_text().startswith('{"id"')
    assert notes.read_text() == "mine\n1\n"
    assert list(extension.iterdir()) == [extension / "manifest.json"]
    assert run("tag", model, "news.jsonl", "-o", "notes.csv", "--force", cwd=tmp_path).code == 0
    assert run("tag", model, "news.jsonl", "-o", "notes.csv", cwd=tmp_path).code == 0


def test_output_inside_the_input_is_left_out(work: Path, run: Run, tmp_path: Path) -> None:
    """Tags that lie among the articles are not read as articles the next time."""
    (tmp_path / "a.jsonl").write_text('{"id": "n", "text": "The minister defended the plan."}\n')
    words = ("tag", str(work / "m"), ".", "-o", "tags", "--format-out", "jsonl")
    first, again = (run(*words, cwd=tmp_path) for _ in range(2))

    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert "finished before" in again.err


@pytest.mark.slow
def test_a_model_folder_keeps_what_is_not_the_models(work: Path, run: Run, tmp_path: Path) -> None:
    """Training again replaces the model's files and no others."""
    words = ("train", "--data", str(work / "coded.csv"), "--label", "stance", "--fast", "-o", "m")
    assert run(*words, "--encoder", "tfidf", cwd=tmp_path).code == 0
    (tmp_path / "m" / "notes.txt").write_text("mine")
    assert run(*words, "--encoder", "hashed", cwd=tmp_path).code == 0

    assert (tmp_path / "m" / "notes.txt").read_text() == "mine"
    assert run("tag", "m", str(work / "later.csv"), "-o", "t.csv", cwd=tmp_path).code == 0


@pytest.mark.parametrize("name", ["manifest.json", "weights.safetensors"])
def test_a_device_in_a_model_folder_is_refused(
    work: Path, run: Run, tmp_path: Path, name: str
) -> None:
    """A pipe, which would hang, and a file without an end are told in one line."""
    for kind in ("pipe", "zero"):
        copy = tmp_path / kind
        shutil.copytree(work / "m", copy)
        (copy / name).unlink()
        if kind == "pipe":
            os.mkfifo(copy / name)
        else:
            (copy / name).symlink_to("/dev/zero")
        done = run("tag", str(copy), str(work / "later.csv"), "-o", "t.csv", cwd=tmp_path)

        assert done.code == 1
        assert done.err.count("\n") == 1


def test_tags_that_leave_the_coded_shares_behind_are_reported(tmp_path: Path, run: Run) -> None:
    """One coded unit in ten is of security, nearly all tags are: `tag` says so, and counts on."""
    with (tmp_path / "coded.csv").open("w") as out:
        out.write("text,frame,article_id\n")
        for k in range(60):
            words = "Police guard the border fence" if k % 10 == 0 else "Talks on the budget go on"
            out.write(f"{words} in town {k}.,{'security' if k % 10 == 0 else 'money'},a{k}\n")
    texts = {"alike": ["border fence"] * 4 + ["budget"] * 36, "other": ["border fence"] * 40}
    for name, about in texts.items():
        with (tmp_path / f"{name}.jsonl").open("w") as out:
            for k, word in enumerate(about):
                begin = "Police guard" if word == "border fence" else "Talks go on about"
                out.write(json.dumps({"id": f"n{k}", "text": f"{begin} the {word} {k}."}) + "\n")
    options = ("--label", "frame", "--encoder", "tfidf", "-o", "m")
    trained = run("train", "--data", "coded.csv", *options, cwd=tmp_path)
    alike, other = (run("tag", "m", f"{n}.jsonl", "-o", n, cwd=tmp_path) for n in texts)
    again = run("tag", "m", "other.jsonl", "-o", "other", "--json", cwd=tmp_path)

    assert trained.code == alike.code == other.code == 0, trained.err + alike.err + other.err
    assert "note:" not in alike.out
    assert "frame: 100 % of the units have security, of the coded units 10 %" in other.out
    assert "100 % of the units have security" in json.loads(again.out)["notes"][0]
