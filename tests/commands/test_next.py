"""Every command that people read ends with what comes next."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from standfirst import Study
from standfirst.cli import app

Run = Callable[..., Any]

AFTER: dict[str, list[str]] = {
    "annotate agreement": [],
    "annotate coders": [],
    "annotate export": ["-o", "again.json"],
    "annotate import": ["coded.json"],
    "annotate sample": ["2"],
    "annotate status": [],
    "compare": ["models/harbour", "copy", "--data", "later.csv", "--label", "tone"],
    "corpus add": ["news.jsonl"],
    "corpus cut": [],
    "corpus fields": [],
    "corpus show": [],
    "corpus stats": [],
    "corpus units": ["-o", "again.parquet"],
    "encoders": [],
    "evaluate": ["models/harbour"],
    "explain": ["models/harbour", "--text", "The quay was praised."],
    "labels check": [],
    "labels coders": [],
    "labels export": ["coded.csv"],
    "labels gold": [],
    "labels guide": ["-o", "guide.html"],
    "measure doubts": [],
    "measure outcomes": ["-o", "outcomes.csv"],
    "measure plan": [],
    "measure regression": ["warm ~ outlet"],
    "measure shares": [],
    "report": [],
    "status": [],
    "tag": ["models/harbour", "news.jsonl", "-o", "tags/news.parquet"],
    "train": ["--fast", "--encoder", "tfidf", "-o", "models/second"],
}
"""Command to its words, in a study that is tagged."""

ELSEWHERE = {
    "annotate adjudicate": "tests/commands/annotate, with a server",
    "annotate audit": "tests/commands/annotate, by an experiment",
    "annotate pull": "tests/docs/test_tutorial.py",
    "annotate push": "tests/docs/test_tutorial.py",
    "annotate start": "tests/docs/test_tutorial.py",
    "annotate ask": "tests/commands/annotate/test_ask.py",
    "annotate validate": "tests/commands/annotate/test_validate.py",
    "demo": "tests/test_demo.py",
    "distil": "tests/commands/models",
    "doctor": "below",
    "encoders add": "needs a folder of weights",
    "encoders pull": "needs weights",
    "init": "below",
    "labels diff": "below",
    "labels migrate": "tests/commands/labels",
    "measure coders": "tests/commands/measure, with three coders",
    "measure drift": "tests/commands/measure, with more articles",
    "start": "tests/commands/test_start.py",
}
"""Commands that are tried in other tests, or cannot be tried here."""

SILENT = {
    "annotate backend": "runs until it is stopped",
    "labels schema": "prints what a program reads",
}


def commands(group: typer.Typer, path: str = "") -> Iterator[str]:
    """Give the words of every command."""
    for command in group.registered_commands:
        name = str(command.name or getattr(command.callback, "__name__", ""))
        yield f"{path} {name.strip('_').replace('_', '-')}".strip()
    for below in group.registered_groups:
        if below.typer_instance is not None:
            yield from commands(below.typer_instance, f"{path} {below.name}".strip())


def test_none_is_forgotten() -> None:
    """A new command stands in one of the three lists."""
    assert set(commands(app)) <= {*AFTER, *ELSEWHERE, *SILENT}


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory, harbour: Any) -> Path:
    """Make a study that is tagged, with a file of articles and one of labelled rows."""
    root = tmp_path_factory.mktemp("next") / "harbours"
    root.parent.joinpath("harbour.yaml").write_text(harbour.book)
    study = Study.create(root, root.parent / "harbour.yaml")
    rows = [json.loads(line) for line in harbour.articles(0, 30).splitlines()]
    study.add([row | {"outlet": "AB"[n % 2]} for n, row in enumerate(rows)])
    study.sample(80, test=20, seed=3)
    study.export_tasks(root / "tasks.json")
    harbour.answer(root / "tasks.json", root / "coded.json", "adam@example.org")
    study.import_answers(root / "coded.json")
    study.resolve()
    study.train(encoder="tfidf", effort="fast", n_folds=2)
    study.tag()
    shutil.copytree(root / "models" / "harbour", root / "copy")
    (root / "news.jsonl").write_text(harbour.articles(40, 5))
    lines = [f"The {n} quay was praised.,warm\nThe {n} crane failed.,cold" for n in range(9)]
    (root / "later.csv").write_text("\n".join(["text,tone", *lines]))
    return root


@pytest.mark.slow
@pytest.mark.parametrize("command", AFTER)
def test_it_ends_with_what_comes_next(command: str, tagged: Path, tmp_path: Path, run: Run) -> None:
    """In a study the last line is the next command, or says that nothing is left to do."""
    shutil.copytree(tagged, tmp_path / "harbours")
    done = run(*command.split(), *AFTER[command], cwd=tmp_path / "harbours")

    assert done.code == 0, done.err
    assert done.err.splitlines()[-1].startswith("next: "), done.err


def test_it_does_before_there_is_anything(tmp_path: Path, run: Run) -> None:
    """So do the first commands that one types, with a study, with a file, and with neither."""
    first = run("init", "deals", cwd=tmp_path)
    study = tmp_path / "deals"
    checked = run("labels", "check", "deals/codebook.yaml", cwd=tmp_path)
    empty = run("annotate", "status", cwd=study)
    diff = run("labels", "diff", "deals/codebook.yaml", "deals/codebook.yaml", cwd=tmp_path)

    assert "next: cd deals && standfirst corpus add" in first.err
    assert "next: standfirst init STUDY --codebook deals/codebook.yaml" in checked.err
    assert "next: standfirst corpus add" in empty.err
    assert "next: standfirst init STUDY --codebook" in diff.err


def test_files_of_ones_own(tmp_path: Path, run: Run) -> None:
    """A plan, agreement and definitions without a study say what can be done with them."""
    (tmp_path / "coded.csv").write_text(
        "unit,coder,dimension,label\n"
        + "".join(f"u{n},{who},tone,{'ab'[n % 2]}\n" for n in range(8) for who in ("ann", "bo"))
    )
    plan = run("measure", "plan", "--share", "0.1", cwd=tmp_path)
    agreed = run("annotate", "agreement", "--from", "coded.csv", "--draws", "0", cwd=tmp_path)

    assert plan.err.splitlines()[-1].startswith("next: standfirst annotate sample"), plan.err
    assert agreed.err.splitlines()[-1].startswith(
        "next: standfirst train --data coded.csv --label tone"
    ), agreed.err
