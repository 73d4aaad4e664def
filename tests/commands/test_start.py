"""``standfirst start``: by options, by answers on a terminal, and after an interruption."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.design.plan import read_design

Run = Callable[..., Any]


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Write some articles whose text stands in a column of its own name."""
    folder = tmp_path / "news"
    folder.mkdir()
    text = "The {0}{0} quay opened. Nobody of {0}{1} came. The {1}{1} ferry sailed from {0}."
    rows = [
        {"id": f"a{i}", "story": text.format(a, b), "paper": "Post"}
        for i, (a, b) in enumerate(zip("bcdfghjklm", "nprstvwxzq", strict=True))
    ]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


OPTIONS = (
    *("--study", "deals", "--codebook", "stance", "--text", "story", "--units", "10"),
    *("--coder", "ann@example.org", "--coder", "bo@example.org"),
)


def test_by_options(news: Path, run: Run) -> None:
    """Nothing is asked where all is named: the study has its articles and its first round."""
    done = run("start", "news", *OPTIONS, cwd=news.parent)
    study = news.parent / "deals"
    design = read_design(study / "annotations" / "design.jsonl")
    again = run("start", "news", *OPTIONS, cwd=news.parent)

    assert done.code == 0, done.err
    assert "10 records read: 10 added\n30 sentences" in done.out
    assert len(design) == 10
    assert {who for row in design for who in row.coders} == {"ann@example.org", "bo@example.org"}
    assert sum(row.n_coders for row in design) == 13
    assert done.err.count("next: ") == 1
    assert "next: cd deals && standfirst annotate start  # Label Studio" in done.err
    assert again.code == 0
    assert read_design(study / "annotations" / "design.jsonl") == design


def test_without_a_terminal_the_options_are_named(news: Path, run: Run) -> None:
    """Nothing is asked and nothing is made; defaults are taken only if that is wished."""
    silent = run("start", "news", "--study", "deals", cwd=news.parent)
    missing = run("start", "--yes", cwd=news.parent)

    assert silent.code == missing.code == 1
    assert "name --codebook, --coder, --units, or take the defaults with --yes" in silent.err
    assert "name FOLDER_OF_ARTICLES\n" in missing.err
    assert not (news.parent / "deals").exists()


def test_an_interrupted_start_goes_on(news: Path, run: Run) -> None:
    """What was done stays: the study, its articles; the same command does the rest."""
    run("init", "deals", "--codebook", "stance", cwd=news.parent)
    run("corpus", "add", "../news", "--text", "story", cwd=news.parent / "deals")
    done = run("start", "news", *OPTIONS, cwd=news.parent)

    assert done.code == 0, done.err
    assert "10 records read: 0 added, 10 there already" in done.out
    assert "round 1: 10 units drawn" in done.out


@pytest.mark.slow
def test_by_answers(news: Path) -> None:
    """On a terminal it asks, and again after a slip; it shows what each size gives."""
    ours, theirs = pty.openpty()
    answers = ["news", "n", "body", "", "", "", "story", "", "paper", "", "y", "deals"]
    answers += ["stanze", "stance", "ann@example.org, bo", "ann@example.org, bo@example.org"]
    answers += ["999", "12"]
    os.write(ours, ("\n".join(answers) + "\n").encode())
    done = subprocess.run(
        [sys.executable, "-m", "standfirst", "start"],
        cwd=news.parent, stdin=theirs, capture_output=True, text=True, check=False,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    design = read_design(news.parent / "deals" / "annotations" / "design.jsonl")

    assert done.returncode == 0, done.stderr
    assert "text = story (The bb quay opened." in done.stderr
    assert "unknown column 'body'; known: id, story, paper" in done.stderr
    assert "policy-frames" in done.stderr
    assert "did you mean 'stance'?" in done.stderr
    assert "'bo' is no e-mail address" in done.stderr
    assert "share of a half" in done.stdout
    assert len(design) == 12
    assert "next: cd deals && standfirst annotate start" in done.stderr
