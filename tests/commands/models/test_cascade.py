"""`distil --cascade` and `tag --cascade` from the outside."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from standfirst.models.cascade.folder import FOLDER

pytestmark = pytest.mark.slow

Run = Callable[..., Any]
DISTIL = ("distil", "models/deals", "news/", "--unit", "row", "--cascade", "0.97")
TAG = ("tag", "models/deals", "news/", "-o", "tagged/", "--cascade", "0.97")


def rows(n: int, seed: int) -> list[str]:
    """Make texts whose words are for a tone, against it, or neither."""
    rng = np.random.default_rng(seed)
    words = [*(f"sunny{k}" for k in range(9)), *(f"icy{k}" for k in range(9)), "day", "the", "of"]
    return [" ".join(rng.choice(words, 5)) for _ in range(n)]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """Train a model in a folder of its own, and lay articles beside it."""
    folder = tmp_path_factory.mktemp("deals")
    with (folder / "coded.jsonl").open("w") as out:
        for number, text in enumerate(rows(150, 0)):
            tone = "warm" if text.count("sunny") > text.count("icy") else "cold"
            out.write(json.dumps({"text": text, "tone": tone, "article_id": number // 2}) + "\n")
    (folder / "news").mkdir()
    with (folder / "news" / "a.jsonl").open("w") as out:
        for number, text in enumerate(rows(1_200, 1)):
            out.write(json.dumps({"id": f"a{number}", "text": f"{text} {number}"}) + "\n")
    words = ("--data", "coded.jsonl", "--label", "tone", "--encoder", "tfidf")
    done = run("train", *words, "-o", "models/deals", cwd=folder)
    assert done.code == 0, done.err
    return folder


def test_from_students_to_tags(work: Path, run: Run) -> None:
    """Students are taught, the plan says what to expect, and the run does it and says so."""
    made = run(*DISTIL, cwd=work)
    plan = json.loads(run(*TAG, "--unit", "row", "--plan", "--json", cwd=work).out)
    planned = run(*TAG, "--unit", "row", "--plan", cwd=work)
    done = run(*TAG, "--unit", "row", cwd=work)
    tags = parquet.read_table(work / "tagged" / "tags")
    counts = json.loads((work / "tagged" / "_SUCCESS").read_text())
    promised = json.loads((work / "tagged" / "_manifest.json").read_text())["cascade"]

    assert made.code == planned.code == done.code == 0, made.err + done.err
    assert "students written to models/deals/cascade" in made.out
    assert "sent on to the model at other rates: " in made.out
    assert plan["cascade"] == {**promised, "first_units": plan["cascade"]["first_units"]}
    assert promised["rate"] == 0.97
    assert promised["agreement"]["tone"][0] >= 0.97
    assert plan["estimated_seconds"] > 0
    assert f"tfidf answers {promised['sent_on']:.1%}" in planned.out
    assert "answered by: hashed-pieces " in done.out
    assert "promised at 0.97: " in done.out
    assert counts["stages"] == {
        name: tags["stage"].to_pylist().count(name) for name in ("hashed-pieces", "tfidf")
    }
    assert sum(counts["stages"].values()) == 1_200


def test_into_a_copy(work: Path, run: Run) -> None:
    """With -o the model stays as it is, and the copy answers as it does where it is asked alone."""
    before = {path.name: path.read_bytes() for path in (work / "models/deals").glob("*.*")}
    done = run(*DISTIL, "-o", "copy", "--data", "coded.jsonl", "--json", cwd=work)
    scores = json.loads(done.out)["dimensions"]["tone"]
    after = {path.name: path.read_bytes() for path in (work / "copy").glob("*.*")}

    assert done.code == 0, done.err
    assert after == before
    assert (work / "copy" / FOLDER / "cascade.json").exists()
    assert {"teacher", "cascade"} == scores.keys()


_NEWS = ("models/deals", "news/", "--unit", "row")


@pytest.fixture(scope="module")
def bare(work: Path, run: Run) -> str:
    """Train a model that has no students."""
    words = ("--data", "coded.jsonl", "--label", "tone", "--encoder", "tfidf", "--fast")
    assert run("train", *words, "-o", "bare", cwd=work).code == 0
    return "bare"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("distil", *_NEWS), 2, "-o"),
        (("distil", *_NEWS, "-o", "m", "--student", "hashed", "--student", "x"), 2, "--cascade"),
        (("distil", *_NEWS, "--cascade", "0.999", "-o", "m"), 1, "400 texts of 400 articles"),
        (("distil", "none", "news/", "--cascade", "0.9"), 1, "none"),
        (("tag", "models/deals", "news/", "-o", "t", "--cascade", "1"), 2, "--cascade"),
        (("tag", "bare", "news/", "-o", "t", "--cascade", "0.9"), 1, "make them: standfirst"),
    ],
)
def test_refusals(
    work: Path, bare: str, run: Run, words: tuple[str, ...], code: int, message: str
) -> None:
    """One line that says what is missing, and nothing is written."""
    done = run(*words, cwd=work)

    assert done.code == code
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (work / "m").exists()
    assert not (work / "t").exists()
