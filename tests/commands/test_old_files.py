"""What was written by version 0.1.0 at commit 40399ec is read, to the same answers.

``old/study.zip`` is a study as that code left it: eight of the demonstration's articles with two
readings of a hundred sentences, gold, a model on counted words and one on hashed words, two
articles, and what its commands printed and wrote about them.
"""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
OLD = Path(__file__).parent / "old" / "study.zip"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Unpack the study, with what was printed then."""
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(tmp_path)
    return tmp_path


@pytest.mark.parametrize("model", ["counted", "hashed"])
def test_an_old_model_gives_the_same_tags(run: Run, study: Path, model: str) -> None:
    """A model folder from before tags new articles as it did when it was made."""
    done = run("tag", f"models/{model}", "unseen.jsonl", "-o", "new.jsonl", cwd=study)
    now, then = (
        [json.loads(line) for line in (study / name).read_text("utf-8").splitlines()]
        for name in ("new.jsonl", f"{model}.jsonl")
    )

    assert done.code == 0, done.err
    assert [row["unit_id"] for row in now] == [row["unit_id"] for row in then]
    for new, old in zip(now, then, strict=True):
        for name, value in old.items():
            if name.endswith(("_prob", "_confidence")):
                assert new[name] == pytest.approx(value, abs=1e-5)
            elif name != "model_version":
                assert new[name] == value


def test_an_old_study_gives_the_same_agreement(run: Run, study: Path) -> None:
    """Annotations from before have the same alpha, units and coders."""
    done = run("annotate", "agreement", "--json", cwd=study)
    then = json.loads((study / "agreement.json").read_text("utf-8"))["dimensions"]

    assert done.code == 0, done.err
    now = json.loads(done.out)["dimensions"]
    assert now.keys() == then.keys()
    for name, old in then.items():
        assert now[name]["alpha"] == pytest.approx(old["alpha"], abs=1e-9)
        assert (now[name]["n_units"], now[name]["n_coders"]) == (old["n_units"], old["n_coders"])


@pytest.mark.slow
def test_an_old_study_goes_on(run: Run, study: Path) -> None:
    """Its corpus takes the same article no second time, its gold is resolved and learned from."""
    counted = json.loads((study / "stats.json").read_text("utf-8"))
    before = (study / "annotations" / "gold.jsonl").read_bytes()

    added = run("corpus", "add", "unseen.jsonl", "--json", cwd=study)
    again = run("corpus", "add", "unseen.jsonl", "--json", cwd=study)
    gold = run("labels", "gold", cwd=study)
    drawn = run("annotate", "sample", "5", cwd=study)
    trained = run("train", "--fast", "--encoder", "tfidf", "--label", "stance", cwd=study)

    assert (added.code, json.loads(added.out)["added"]) == (0, 2)
    assert (again.code, json.loads(again.out)["added"]) == (0, 0)
    stats = json.loads(run("corpus", "stats", "--json", cwd=study).out)
    assert stats["articles"] == counted["articles"] + 2
    assert gold.code == drawn.code == trained.code == 0, gold.err + drawn.err + trained.err
    assert (study / "annotations" / "gold.jsonl").read_bytes() == before
