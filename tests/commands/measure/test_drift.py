"""`measure drift` from the outside: in a study, with a labelled file, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

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
