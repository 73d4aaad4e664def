"""`measure drift` from the outside: in a study, with a labelled file, and what is refused."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from standfirst.models import Model

Run = Callable[..., Any]


@pytest.mark.slow
def test_in_a_study_with_its_own_model(run: Run, coded_study: Path) -> None:
    """A model that the study trained is found by its tags; articles of other words differ."""
    options = ("--encoder", "tfidf", "--folds", "2", "-o", "models/one")
    assert run("train", *options, cwd=coded_study).code == 0
    with (coded_study / "new.jsonl").open("w") as out:
        for number in range(30):
            text = " ".join(
                f"Parliament number{k} debates budget{number} at length." for k in "abc"
            )
            out.write(json.dumps({"id": f"n{number}", "text": text, "outlet": "Gazette"}) + "\n")
    done = run("tag", "models/one", "new.jsonl", "-o", "tags/new", cwd=coded_study)
    assert done.code == 0, done.err
    told = run("measure", "drift", "tags/new", "--json", "-o", "drift.csv", cwd=coded_study)
    assert told.code == 0, told.err
    made = json.loads(told.out)
    by_name = {one["what"]: one for one in made["signals"]}

    assert made["differs"]
    assert by_name["words"]["differs"]
    assert by_name["new words"]["value"] > 0.9
    assert "Gazette" in by_name["outlets"]["said"]
    assert (coded_study / "drift.csv").read_text(encoding="utf-8-sig").startswith("what,value")


def write_rows(path: Path, n: int, first: int, *, article: str) -> None:
    """Write sentences of n articles on two matters, with words from a hundred on."""
    rng = np.random.default_rng(first)
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["text", "frame", "article_id"])
        for i in range(5 * n):
            label = ("law", "money")[i % 2]
            drawn = (first + rng.integers(0, 100, 10)).tolist()
            words = ["".join("abcdefghij"[int(k)] for k in f"{number:04}") for number in drawn]
            rows.writerow([f"The {label} {' '.join(words)}.", label, f"{article}{i // 5}"])


@pytest.mark.slow
def test_tag_says_when_articles_are_unlike_those_of_training(run: Run, tmp_path: Path) -> None:
    """Other words are told in a line, the same ones are not praised; older models say nothing."""
    for name, first in (("coded", 0), ("same", 0), ("other", 500)):
        write_rows(tmp_path / f"{name}.csv", 30, first, article=name)
    words = ("--data", "coded.csv", "--label", "frame", "--group", "article_id", "--fast")
    options = ("--encoder", "tfidf", "--folds", "2", "-o", "model")
    assert run("train", *words, *options, cwd=tmp_path).code == 0
    replace(Model.load(tmp_path / "model"), familiar=None).save(tmp_path / "old")

    def tag(model: str, name: str, *options: str) -> Any:
        output = f"{model}-{name}{len(options)}.parquet"
        words = ("tag", model, f"{name}.csv", "-o", output, "--unit", "row", *options)
        done = run(*words, cwd=tmp_path)
        assert done.code == 0, done.err
        return json.loads(done.out) if options else done.out

    other, same = tag("model", "other", "--json"), tag("model", "same", "--json")

    assert (other["unlike_training"], same["unlike_training"]) == (True, False)
    assert other["new_words"] > 0.8
    assert same["new_words"] < 0.1
    assert "unlike what the model learned from: " in tag("model", "other")
    assert "unlike" not in tag("model", "same")
    assert tag("old", "other", "--json")["unlike_training"] is None


def test_what_is_refused(run: Run, coded_study: Path) -> None:
    """Tags of a model that is gone, and tags without texts: one line with the remedy."""
    gone = run("measure", "drift", "tags/corpus.parquet", cwd=coded_study)
    path = coded_study / "tags" / "corpus.parquet"
    parquet.write_table(parquet.read_table(path).drop_columns(["text"]), path)
    (coded_study / "coded.csv").write_text("text,frame\n" + "The court ruled.,law\nA,money\n" * 20)
    words = ("--data", "coded.csv", "--label", "frame")
    bare = run("measure", "drift", "tags/corpus.parquet", *words, cwd=coded_study)

    assert (gone.code, bare.code) == (1, 1)
    assert "name the model's folder with --model" in gone.err
    assert "has no column 'text'; tag again without --no-text" in bare.err
