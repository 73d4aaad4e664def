"""The next step, typed again and again, leads from an empty folder to the report."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.label_studio.access import Access, write_access
from standfirst.study.folder import StudyFolder
from standfirst.study.inventory import Inventory
from standfirst.study.next_step import next_step

Run = Callable[..., Any]


def next_of(done: Any) -> str:
    """Give the next command that a command named, without its comment."""
    (line,) = [line for line in done.err.splitlines() if line.startswith("next: ")]
    return str(line.removeprefix("next: ").split("  # ")[0])


def typed(run: Run, folder: Path, command: str, *more: str) -> Any:
    """Type a command as it stands, in a folder."""
    first, *words = shlex.split(command)
    assert first == "standfirst"
    done = run(*words, *more, cwd=folder)
    assert done.code == 0, f"{command}: {done.err}"
    return done


def status(run: Run, folder: Path) -> dict[str, Any]:
    """Give what status says."""
    done = run("status", "--json", cwd=folder)
    assert (done.code, done.err) == (0, "")
    made: dict[str, Any] = json.loads(done.out)
    return made


@pytest.fixture
def study(tmp_path: Path, run: Run, harbour: Any) -> Path:
    """Make an empty study, with articles beside it."""
    (tmp_path / "book.yaml").write_text(harbour.book)
    (tmp_path / "in.jsonl").write_text(harbour.articles(0, 30))
    (tmp_path / "more.jsonl").write_text(harbour.articles(30, 5))
    done = run("init", "quays", "--codebook", "book.yaml", cwd=tmp_path)
    assert next_of(done) == "cd quays && standfirst corpus add PATHS..."
    return tmp_path / "quays"


@pytest.mark.slow
def test_the_next_step_leads_to_the_report(study: Path, run: Run, harbour: Any) -> None:
    """What a command names as next can be typed as it stands, and status names the same."""
    command = next_of(run("corpus", "add", "../in.jsonl", cwd=study))
    walked: list[str] = []
    for _ in range(12):
        # Looking at shares leaves no trace.
        named = command if walked[-1:] != ["standfirst measure shares"] else walked[-1]
        assert status(run, study)["next"]["command"] == named
        walked.append(re.sub(r"[\d.]+$", "N", command))
        done = typed(run, study, command, *(["--fast"] if command.endswith("train") else []))
        if command.startswith("standfirst annotate sample"):
            # In place of a server, which is named as next.
            command = next_of(typed(run, study, "standfirst annotate export -o tasks.json"))
            walked.append(command)
            harbour.answer(study / "tasks.json", study / "FILE", "flo@example.org")
            typed(run, study, command)
            command = status(run, study)["next"]["command"]
            continue
        if "  # " not in done.err.rpartition("next: ")[2]:
            break
        command = next_of(done)

    assert walked == [
        "standfirst annotate sample N",
        "standfirst annotate import FILE",
        "standfirst labels gold",
        "standfirst train",
        "standfirst corpus units -o units.parquet",
        "standfirst tag models/harbour units.parquet -o tags/corpus.parquet",
        "standfirst measure shares",
        "standfirst report",
    ]
    done = status(run, study)
    assert done["next"] == {
        "command": "",
        "why": "nothing is left to do; open report.html in a browser",
    }
    assert done["odd"] == []


@pytest.mark.slow
def test_what_was_overtaken_is_odd(study: Path, run: Run, harbour: Any) -> None:
    """Articles, gold and codebooks that changed later are named, and the next step mends them."""
    run("corpus", "add", "../in.jsonl", cwd=study)
    for command in (
        "standfirst annotate sample 60 --coder eve@example.org --coder lia@example.org",
        "standfirst annotate export -o tasks.json",
    ):
        typed(run, study, command)
    harbour.answer(study / "tasks.json", study / "FILE", "flo@example.org")
    for command in (
        "standfirst annotate import FILE",
        "standfirst labels gold",
        "standfirst train --fast",
        "standfirst corpus units -o units.parquet",
        "standfirst tag models/harbour units.parquet -o tags/corpus.parquet",
        "standfirst report",
        "standfirst corpus add ../more.jsonl",
    ):
        typed(run, study, command)
    grown = status(run, study)
    (study / "codebook.yaml").write_text(harbour.book.replace("id: cold,", "id: cool,"))
    changed = status(run, study)

    odd = [one["what"] for one in grown["odd"]]
    assert "coded nothing: lia@example.org" in odd
    assert "code without being planned: flo@example.org" in odd
    assert "tags/corpus.parquet lacks 20 units: the corpus has grown since" in odd
    assert any(line.startswith("report.html is older than corpus/articles/0") for line in odd)
    assert grown["next"]["command"] == "standfirst corpus units -o units.parquet"
    assert any("of another" in one["what"] or "revision" in one["what"] for one in changed["odd"])
    assert changed["next"]["command"] == "standfirst labels diff"


def test_outside_of_a_study(tmp_path: Path, run: Run) -> None:
    """It says how to begin."""
    done = run("status", cwd=tmp_path)

    assert done.code == 1
    assert "make one with: standfirst init STUDY" in done.err


def test_damage_is_shown(study: Path, run: Run) -> None:
    """A file that cannot be read is named, and nothing else comes next."""
    run("corpus", "add", "../in.jsonl", cwd=study)
    run("annotate", "sample", "10", cwd=study)
    (study / "annotations" / "design.jsonl").write_text('{"unit_id": 3}\n')
    damaged = status(run, study)
    units = next((study / "corpus" / "units").glob("*.parquet"))
    units.write_bytes(units.read_bytes()[:50])
    worse = status(run, study)

    assert any("design.jsonl:1" in one["what"] for one in damaged["odd"])
    assert damaged["next"]["command"] == ""
    assert "design.jsonl:1" in damaged["next"]["why"]
    assert worse["next"]["command"] == ""
    assert worse["odd"]


@pytest.mark.slow
def test_the_next_step_while_people_code(study: Path, run: Run, harbour: Any) -> None:
    """Where a server is known: push what is drawn, then pull until all is coded, then resolve."""
    run("corpus", "add", "../in.jsonl", cwd=study)
    run("annotate", "sample", "20", cwd=study)
    run("annotate", "export", "-o", "tasks.json", cwd=study)
    state = study / ".standfirst"
    write_access(state / "label-studio" / "access.json", Access("http://127.0.0.1:8080", "t"))
    known = status(run, study)["next"]
    (state / "projects.json").write_text("{}")
    pushed = status(run, study)["next"]
    harbour.answer(study / "tasks.json", study / "coded.json", "flo@example.org")
    tasks = json.loads((study / "coded.json").read_bytes())
    (study / "some.json").write_text(json.dumps(tasks[:12]))
    some = run("annotate", "import", "some.json", cwd=study)
    rest = run("annotate", "import", "coded.json", cwd=study)

    assert known["command"] == "standfirst annotate push"
    assert pushed["command"] == next_of(some) == "standfirst annotate pull"
    assert pushed["why"].startswith("20 readings are left")
    assert next_of(rest) == "standfirst annotate agreement --gate 0.667"
    assert status(run, study)["next"]["command"] == "standfirst labels gold"
    review = next_step(Inventory(StudyFolder(study)), after="annotate push --review")
    assert review.command.endswith("&& standfirst annotate adjudicate")


def test_the_test_part_is_no_part_of_a_round(study: Path, run: Run) -> None:
    """Units for testing are counted beside those of the round that they were drawn with."""
    run("corpus", "add", "../in.jsonl", cwd=study)
    drawn = run("annotate", "sample", "10", "--test", "4", cwd=study)
    shown = run("status", cwd=study).out

    assert drawn.code == 0, drawn.err
    assert re.search(r"^drawn +10 in round 1.*; 4 for testing$", shown, re.MULTILINE), shown
    assert status(run, study)["test"] == 4
