"""A model's suggestions by commands alone: pushed once, and served while people code."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from standfirst.annotate.design.sampling import read_design
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.local_server import LocalServer, free_port
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.annotate.suggestions.registration import TITLE
from standfirst.annotate.suggestions.suggestion import blind_units
from standfirst.labels import ready_codebooks
from standfirst.study.folder import StudyFolder

pytestmark = pytest.mark.slow

MAIN = "from standfirst.cli import main; main()"
SENTENCES = {
    "The minister defended the agreement on day {}.": (
        *("government_position", "supports", "government", "security"),
    ),
    "Critics called the plan a cruel trade in people, part {}.": (
        *("rights_critique", "opposes", "civil_society", "humanitarian"),
    ),
    "The court will hear case number {} in May.": (
        *("legal_check", "neither", "nobody", "legality"),
    ),
    "The report of {} pages lists costs.": ("neutral_reporting", "neither", "nobody", "economy"),
}
DIMENSIONS = ("stance", "position", "speaker", "framing")


@pytest.fixture
def study(
    tmp_path: Path,
    run: Callable[..., Any],
    label_studio: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Give a study with twenty short articles that knows the server."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    codebook = ready_codebooks()["transfer-deals"].read_text(encoding="utf-8")
    title = f"Suggestions {tmp_path.name[-20:]}"
    root = StudyFolder.create(tmp_path / "deals", codebook, title=title).root
    rows = [
        {"id": f"a{i}", "title": f"Day {i}", "text": " ".join(s.format(i + 2) for s in SENTENCES)}
        for i in range(20)
    ]
    source = tmp_path / "articles.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("corpus", "add", str(source), cwd=root).code == 0
    return root


def answer(server: Server, projects: list[dict[str, Any]], n: int) -> dict[str, tuple[int, Any]]:
    """Answer the first n tasks of each project as the sentences are, and give all tasks."""
    ids = {}
    for one in projects:
        for i, row in enumerate(tasks_of(server, one["project"])):
            ids[row["data"]["unit_id"]] = row["id"], i < n
            text = row["data"]["text"]
            (said,) = (s for t, s in SENTENCES.items() if text.startswith(t.split("{")[0]))
            if i < n:
                made = result({name: [x] for name, x in zip(DIMENSIONS, said, strict=True)})
                server.client.annotations.create(id=row["id"], result=made, lead_time=3.0)
    return ids


@pytest.mark.server
def test_backend_learns_while_people_code(
    study: Path, run: Callable[..., Any], server: Server
) -> None:
    """Started without a model it trains on request, and suggests for open, assisted units only."""
    pytest.importorskip("uvicorn")
    drawn = run("annotate", "sample", "64", "--test", "4", "--overlap", "0.1", cwd=study)
    assert drawn.code == 0, drawn.err
    pushed = json.loads(run("annotate", "push", "--json", cwd=study).out)["projects"]
    ids = answer(server, pushed, 48)
    port = free_port()
    words = [sys.executable, "-c", MAIN, "annotate", "backend", "--port", str(port)]
    with (
        subprocess.Popen(
            words, cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running,
        ExitStack() as stack,
    ):
        assert running.stdout is not None
        # Whatever fails below, the backend must not outlive the test.
        stack.callback(running.kill)
        address = running.stdout.readline().strip()
        assert address == f"http://127.0.0.1:{port}", running.communicate()
        file = study / ".standfirst" / "backend-secret"
        secret = file.read_text(encoding="utf-8").strip()
        assert file.stat().st_mode & 0o777 == 0o600
        assert httpx.get(f"{address}/health").status_code == 401
        (connection,) = [
            one for one in server.client.ml.list(project=pushed[0]["project"]) if one.title == TITLE
        ]
        server.client.ml.train(connection.id)
        until = time.monotonic() + 200
        health: dict[str, Any] = {}
        while not health.get("trained"):
            assert time.monotonic() < until, health
            assert not health.get("problem"), health
            time.sleep(0.5)
            health = httpx.get(f"{address}/{secret}/health").json()
        version = health["model_version"]
        blind = blind_units(read_design(study / "annotations" / "design.jsonl"))
        shown = {
            unit: server.raw("GET", f"/api/tasks/{number}/")["predictions"]
            for unit, (number, answered) in ids.items()
            if not answered
        }
        os.kill(running.pid, signal.SIGTERM)
        _, said = running.communicate(timeout=60)

    assert running.returncode == 0, said
    assert version.startswith("transfer-deals@")
    assert {unit for unit, found in shown.items() if found} == set(shown) - blind
    assert {one["model_version"] for found in shown.values() for one in found} == {version}
    assert all(0 <= one["score"] <= 1 for found in shown.values() for one in found)
    assert secret not in said
    assert server.url not in said
    assert said.endswith("stopped\n")

    # The model that came of it is pushed to whoever has no suggestion yet.
    model = str(study / "models" / "transfer-deals")
    again = json.loads(run("annotate", "push", "--model", model, "--json", cwd=study).out)
    given = [one["suggestions"] for one in again["projects"]]
    assert {one["model"] for one in given} == {version}
    assert sum(one["n_sent"] for one in given) == len(set(shown) - blind)
    articles = ("push", "--view", "article", "--model", model, "--json")
    paged = json.loads(run("annotate", *articles, cwd=study).out)["projects"]
    design = read_design(study / "annotations" / "design.jsonl")
    allowed = {row.unit_id for row in design} - blind
    assert sum(one["suggestions"]["n_sent"] for one in paged) == len(allowed)
    suggested = {
        region["id"]
        for one in paged
        for row in tasks_of(server, one["project"])
        for found in server.raw("GET", f"/api/tasks/{row['id']}/")["predictions"]
        for region in found["result"]
        if region["type"] == "choices"
    }
    assert suggested == allowed

    refused = run("annotate", "push", "--round", "test", "--model", model, cwd=study)
    assert (refused.code, refused.out) == (1, "")
    assert "all these units are coded blind" in refused.err
    pulled = run("annotate", "pull", "--all", cwd=study)
    assert (pulled.code, pulled.err.count("\n")) == (0, 1), pulled.err
    assert pulled.err.startswith("next: ")


@pytest.mark.server
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backend", "--model", "nowhere"), "nowhere: no such model; make one with"),
        (("backend", "--host", ".".join("0000")), "name one with --url"),
        (("push", "--view", "page"), "unknown view 'page'"),
        (("push", "--model", "nowhere"), "nowhere: no such"),
        (("adjudicate",), "has no annotations yet; run: standfirst annotate pull"),
    ],
)
def test_refusals_are_one_line(
    study: Path, run: Callable[..., Any], words: tuple[str, ...], said: str
) -> None:
    """What cannot be done is reported in one line before anything is sent."""
    assert run("annotate", "sample", "4", cwd=study).code == 0
    done = run("annotate", *words, cwd=study)

    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert said in done.err
