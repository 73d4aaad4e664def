"""A real language model, half a billion parameters small, behind the real server of llama.cpp."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from standfirst.annotate.design.plan import read_design
from standfirst.labels import Annotation, load_codebook, read_annotations, write_annotations
from standfirst.study.contents import units_of
from standfirst.study.folder import StudyFolder
from standfirst.tests import local_model
from standfirst.tests.chat_endpoint import Answer, Endpoint

pytestmark = pytest.mark.llm

CODEBOOK = """\
id: ferry
title: What is said of the ferry
version: "1"
dimensions:
  - id: tone
    question: How does the sentence speak of the ferry?
    labels:
      - {id: warm, name: Warm, definition: It is praised.}
      - {id: cold, name: Cold, definition: It is blamed.}
"""
PLACES = ("Nordby", "Sandvig", "Havn", "Kirkby", "Moss", "Lund")


@pytest.fixture
def study(tmp_path: Path, run: Callable[..., Any]) -> StudyFolder:
    """Make a study of twelve sentences, half of them warm, that two people have coded blind."""
    (tmp_path / "ferry.yaml").write_text(CODEBOOK)
    assert run("init", "study", "--codebook", "ferry.yaml", cwd=tmp_path).code == 0
    rows = [
        {"id": f"a{n}", "text": f"{place} thanked the ferry. {place} was angry at the ferry."}
        for n, place in enumerate(PLACES)
    ]
    articles = tmp_path / "articles.jsonl"
    articles.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = StudyFolder.find(tmp_path / "study")
    for command in (("corpus", "add", str(articles)), ("annotate", "sample", "8", "--test", "4")):
        done = run(*command, cwd=made.root)
        assert done.code == 0, done.err
    texts = {unit["unit_id"]: str(unit["text"]) for unit in units_of(made)}
    revision = load_codebook(made.codebook_path).revision
    people = [
        Annotation(
            row.unit_id,
            coder,
            "tone",
            ("warm" if "thanked" in texts[row.unit_id] else "cold",),
            article_id=row.article_id,
            round=row.round,
            revision=revision,
        )
        for row in read_design(made.design)
        for coder in ("ann", "bo")
    ]
    write_annotations(made.annotations, people)
    assert run("labels", "gold", cwd=made.root).code == 0
    return made


def words(address: str, *more: str) -> tuple[str, ...]:
    """Write the command."""
    return ("annotate", "ask", "--endpoint", address, "--model", local_model.NAME, *more)


def answers_in(study: StudyFolder) -> list[dict[str, Any]]:
    """Read the raw answers of all coders."""
    files = study.annotations.parent.glob("language_models/*/answers.jsonl")
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_killed_in_the_middle_and_refused(
    language_model: str, endpoint: Endpoint, study: StudyFolder, run: Callable[..., Any]
) -> None:
    """Twelve units are asked once each across a kill, all add up, and the gate refuses the model.

    Between the command and the model stands a relay that counts, and holds the sixth request while
    the command is killed.
    """
    held, release, n_real = threading.Event(), threading.Event(), 0

    def relayed(_unit: dict[str, Any], call: int) -> Answer:
        nonlocal n_real
        if call == 6:
            held.set()
            release.wait(300)
            return 503, {}, b""
        n_real += 1
        url, body = f"{language_model}/chat/completions", endpoint.bodies[call - 1]
        got = httpx.post(url, json=body, timeout=300, trust_env=False)
        return got.status_code, {"content-type": "application/json"}, got.content

    endpoint.answer = relayed
    asked = words(endpoint.url, "--timeout", "300", "--json")
    command = [sys.executable, "-m", "standfirst", *asked]
    process = subprocess.Popen(
        command, cwd=study.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert held.wait(300)
    process.send_signal(signal.SIGKILL)
    process.wait()
    release.set()
    done = run(*asked, cwd=study.root)
    counts = json.loads(done.out)
    again = json.loads(run(*asked, cwd=study.root).out)
    rows = answers_in(study)
    (folder,) = study.annotations.parent.glob("language_models/*/")
    labels = read_annotations(folder / "annotations.jsonl")
    gate = run("annotate", "validate", counts["coder"], cwd=study.root)

    assert process.returncode == -signal.SIGKILL
    assert done.code == 0, done.err
    assert n_real == 12
    assert sorted(endpoint.texts[:5] + endpoint.texts[6:]) == sorted({*endpoint.texts})
    assert (counts["n_units"], counts["n_new"], counts["n_failed"]) == (12, 7, 0)
    assert counts["n_answered"] + counts["n_rejected"] == 12
    assert (again["n_new"], again["n_answered"]) == (0, counts["n_answered"])
    assert counts["n_answer"] == sum(row["reply"]["n_answer"] for row in rows) > 0
    assert {row.unit_id for row in labels} == {r["unit_id"] for r in rows if not r["problem"]}
    assert not any(row["reply"]["cut"] and not row["problem"] for row in rows)
    assert gate.code == 1
    assert "may not be used" in gate.err
    assert "it takes 30 units with blind gold and an answer" in gate.err


def test_an_answer_that_is_cut_is_no_label(
    language_model: str, study: StudyFolder, run: Callable[..., Any]
) -> None:
    """Where the model may say too little to close its answer, none of what it says is a label."""
    cut = ("--form", "json-object", "--most-tokens", "3", "--limit", "2", "--timeout", "300")
    done = run(*words(language_model, *cut, "--json"), cwd=study.root)
    counts = json.loads(done.out)
    rows = answers_in(study)
    (folder,) = study.annotations.parent.glob("language_models/*/")

    assert done.code == 0, done.err
    assert (counts["n_answered"], counts["n_rejected"], counts["n_left"]) == (0, 2, 10)
    assert [row["reply"]["cut"] for row in rows] == [True, True]
    assert {row["problem"] for row in rows} == {"cut: longer than an answer may be"}
    assert all(row["reply"]["content"] for row in rows)
    assert read_annotations(folder / "annotations.jsonl") == []
