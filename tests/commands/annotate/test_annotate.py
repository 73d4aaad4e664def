import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.local_server import LocalServer, free_port
from standfirst.annotate.label_studio.sync import push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.other_tools.exchange import export_tasks
from standfirst.annotate.page.tasks import result, task
from standfirst.corpus import load_units
from standfirst.errors import StudyError
from standfirst.files import locked
from standfirst.labels import (
    Annotation,
    Codebook,
    load_codebook,
    read_annotations,
    ready_codebooks,
)
from standfirst.study.folder import StudyFolder

ARTICLE = (
    "The minister for {0} defended the {0} agreement on Monday. The {0} court will sit in May. "
    "Critics say that {0} is cruel. The opposition asked for the {0} figures. Nobody in {0} "
    "answered the {0} question."
)
TOPICS = ["ports", "fish", "coal", "rail", "wheat", "steel", "tolls", "wool", "timber", "salt"]
"""One for each article, so that they are no copies of each other."""


@pytest.fixture
def study(tmp_path: Path, run: Callable[..., Any]) -> Path:
    """Give a study with ten short articles."""
    codebook = ready_codebooks()["transfer-deals"].read_text(encoding="utf-8")
    root = StudyFolder.create(tmp_path / "deals", codebook, title="Deals").root
    rows = [
        {
            "id": f"a{i}",
            "title": f"Day {i}",
            "text": ARTICLE.format(TOPICS[i]),
            "outlet": "Post" if i % 2 else "Echo",
            "published": f"2026-03-{i + 1:02}",
        }
        for i in range(10)
    ]
    source = tmp_path / "articles.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    added = run("corpus", "add", str(source), cwd=root)
    assert added.code == 0, added.err
    return root


def read_json(done: Any) -> Any:
    """Give what a command printed as JSON."""
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_without_a_server(study: Path, run: Callable[..., Any]) -> None:
    """Sample, export, code elsewhere, import, status: all by files."""
    drawn = run(
        *("annotate", "sample", "12", "--rule", "equal", "--by", "outlet", "--test", "6"),
        *("--coder", "ann@x.org", "--coder", "bo@x.org", "--overlap", "0.5"),
        cwd=study,
    )
    assert drawn.code == 0, drawn.err
    assert drawn.out.startswith("round 1: 12 units drawn\nprobabilities from 0.24 to 0.4")
    assert "\ntest: 6 units set aside, from 2 clusters drawn at random\n" in drawn.out
    exported = run("annotate", "export", "-o", "tasks.json", "--round", "1", cwd=study)
    assert exported.out == "12 tasks in tasks.json\n"
    assert (study / "tasks.xml").exists()

    tasks = json.loads((study / "tasks.json").read_text(encoding="utf-8"))
    for i, one in enumerate(tasks):
        choices = {"stance": ["bogus" if i == 0 else "legal_check"]}
        one["annotations"] = [
            {
                "id": i,
                "completed_by": {"email": "ann@x.org"},
                "result": result(choices),
                "lead_time": 6,
            }
        ]
    (study / "coded.json").write_text(json.dumps(tasks), encoding="utf-8")
    imported = run("annotate", "import", "coded.json", cwd=study)

    assert imported.out.startswith("12 answers of 1 coders on 12 tasks (0 skipped, 0 drafts)")
    assert "1 answers were set aside, with reasons, in" in imported.err
    again = read_json(run("annotate", "import", "coded.json", "--json", cwd=study))
    assert (again["n_new"], again["n_annotations"]) == (0, 47)
    status = read_json(run("annotate", "status", "--json", cwd=study))["rows"]
    ann = next(row for row in status if (row["round"], row["coder"]) == ("1", "ann@x.org"))
    assert (ann["n_done"], ann["seconds"]) == (12, 6.0)
    table = run("annotate", "status", cwd=study).out
    assert table.splitlines()[0].split() == [
        *("round", "coder", "units", "done", "skipped", "left", "s/unit", "time", "left"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sample", "900"), "900 units wanted, 50 left of 50; draw fewer, or add articles"),
        (("sample", "5", "--rule", "randm"), "did you mean 'random'?"),
        (("sample", "5", "--rule", "equal"), "name them with --by or --keyword"),
        (("sample", "5", "--by", "outlet"), "add --rule stratified or --rule equal"),
        (("sample", "5", "--rule", "equal", "--keyword", "("), "mend the expression"),
        (
            ("export", "-o", "t.json", "--round", "9"),
            "no unit is drawn; run: standfirst annotate sample 100",
        ),
        (("import", "nowhere.json"), "nowhere.json: no such file"),
        (("import", "codebook.yaml"), "in Label Studio choose Export > JSON"),
        (("import", "codebook.yaml", "--format", "prodigy"), "try another --format: label-studio"),
        (("push",), "no unit is drawn; run: standfirst annotate sample 100"),
        (("pull",), "run: standfirst annotate start"),
    ],
)
def test_refusals_are_one_line(
    study: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    """What cannot be done is reported in one line that says what to do, and nothing is printed."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    done = run("annotate", *words, cwd=study)

    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert said in done.err


@pytest.mark.server
def test_with_a_server(
    study: Path,
    run: Callable[..., Any],
    label_studio: LocalServer,
    server: Server,
    sign_up: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sample, push, two coders answer, pull, status, agreement: the whole way, and twice."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    assert run("annotate", "sample", "15", "--overlap", "1", cwd=study).code == 0
    pushed = read_json(run("annotate", "push", "--json", cwd=study))["projects"]
    again = read_json(run("annotate", "push", "--json", cwd=study))["projects"]
    assert [(one["title"], one["n_sent"]) for one in pushed] == [("Deals - 2 coders", 15)]
    assert [(one["n_sent"], one["n_known"]) for one in again] == [(0, 15)]

    rows = list(tasks_of(server, pushed[0]["project"]))
    for email, differs in (("cy@example.org", 0), ("di@example.org", 3)):
        coder = sign_up(email)
        for i, row in enumerate(rows):
            answers = {
                "stance": ["legal_check" if i % 2 or i < differs else "neutral_reporting"],
                "position": ["neither" if i % 3 else "opposes"],
                "speaker": ["nobody"],
                "framing": ["legality"],
            }
            coder.server.client.annotations.create(
                id=row["id"], result=result(answers), lead_time=5
            )
    pulled = read_json(run("annotate", "pull", "--json", cwd=study))
    file = study / "annotations" / "annotations.jsonl"
    before = file.read_bytes()

    assert (pulled["n_answers"], pulled["n_new"], pulled["n_rejected"]) == (30, 120, 0)
    assert pulled["coders"] == ["cy@example.org", "di@example.org"]
    assert read_json(run("annotate", "pull", "--json", cwd=study))["n_new"] == 0
    assert file.read_bytes() == before
    status = read_json(run("annotate", "status", "--json", cwd=study))["rows"]
    assert sum(row["n_left"] for row in status) == 0
    alpha = read_json(run("annotate", "agreement", "--json", cwd=study))["dimensions"]
    assert alpha["position"]["alpha"] == 1.0
    assert alpha["stance"]["n_units"] == 15
    assert alpha["stance"]["alpha"] < 1.0


@pytest.mark.server
def test_start_and_stop(study: Path, label_studio: LocalServer) -> None:
    """`annotate start` prints the address when ready, tells no secret, and ends on SIGTERM."""
    folder = study / ".standfirst" / "label-studio"
    template = label_studio.log.parent
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("server.log"))
    port = free_port()
    script = "from standfirst.cli import main; main()"
    words = [sys.executable, "-c", script, "annotate", "start", "--port", str(port)]
    with subprocess.Popen(
        words, cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == f"http://127.0.0.1:{port}\n"
        os.kill(running.pid, signal.SIGTERM)
        _, said = running.communicate(timeout=60)

    assert running.returncode == 0
    assert "coders sign up here: http://127.0.0.1" in said
    assert "stop with Ctrl-C\nnext: standfirst annotate sample" in said
    assert said.endswith("\nstopped\n")
    assert label_studio.access.password not in said
    assert label_studio.access.token not in said
    time.sleep(0.5)
    assert free_again(port)


def free_again(port: int) -> bool:
    """Tell whether nobody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_planned_name_is_joined_with_an_address(study: Path, run: Callable[..., Any]) -> None:
    """Who codes under another name than planned is reported at once, and joined by one command."""
    assert run("annotate", "sample", "4", "--coder", "ann", cwd=study).code == 0
    run("annotate", "export", "-o", "tasks.json", cwd=study)
    tasks = json.loads((study / "tasks.json").read_text(encoding="utf-8"))
    for one in tasks:
        answer = {"completed_by": {"id": 3, "email": "a.miller@x.org"}}
        one["annotations"] = [answer | {"result": result({"stance": ["legal_check"]})}]
    (study / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    assert run("annotate", "import", "tasks.json", cwd=study).code == 0

    command = "standfirst annotate coders --same ann a.miller@x.org"
    assert command in run("annotate", "status", cwd=study).err
    joined = run(*command.split()[1:], "--json", cwd=study)
    (who,) = read_json(joined)["coders"]
    assert who == {"coder": "ann", "also": ["3", "a.miller@x.org"], "planned": 4, "units": 4}
    left = run("annotate", "status", "--json", cwd=study)
    assert (left.err, [row["n_left"] for row in read_json(left)["rows"]]) == ("", [0])
    assert "0 new annotations" in run("annotate", "import", "tasks.json", cwd=study).out
    twice = run("annotate", "import", "tasks.json", "--coder", "bo", cwd=study)
    assert twice.code == 0
    assert "have both answered 4 units" in run(*command.split()[1:-1], "bo", cwd=study).err


@pytest.mark.slow
def test_two_imports_at_once_lose_nothing(study: Path) -> None:
    """Whoever imports at the same time waits for the other, so that both coders' answers stay."""
    units = load_units(study / "corpus").to_list()
    for coder in ("ann@x.org", "bo@x.org"):
        answers = [Annotation(u["unit_id"], coder, "stance", ("legal_check",)) for u in units]
        codebook = load_codebook(study / "codebook.yaml")
        export_tasks(study / f"{coder}.json", units, codebook, annotations=answers)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "standfirst", "annotate", "import", f"{coder}.json"],
            cwd=study,
            stdout=subprocess.DEVNULL,
        )
        for coder in ("ann@x.org", "bo@x.org")
    ]
    codes = [process.wait() for process in running]
    rows = read_annotations(study / "annotations" / "annotations.jsonl")

    assert codes == [0, 0]
    assert Counter(row.coder for row in rows if row.labels) == {
        "ann@x.org": len(units),
        "bo@x.org": len(units),
    }


def test_who_writes_to_a_study_is_named(tmp_path: Path) -> None:
    """A command that waits in vain names the one that it waits for, and follows no link."""
    with (
        locked(tmp_path / "annotations"),
        pytest.raises(StudyError, match=r"wait for it to end \(.+process \d+\)"),
        locked(tmp_path / "annotations", wait=0.1),
    ):
        pass
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ".lock.part").symlink_to(tmp_path / "outside")

    with pytest.raises(OSError, match="symbolic"), locked(tmp_path / "linked"):
        pass
    assert not (tmp_path / "outside").exists()


@pytest.mark.server
def test_projects_belong_to_a_study(
    study: Path,
    run: Callable[..., Any],
    label_studio: LocalServer,
    server: Server,
    codebook: Codebook,
    new_project: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another study's project is never taken, two pushes make one, no title sends a unit twice."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    foreign = new_project(codebook, "Whales")
    push(server, foreign, [task({"unit_id": "theirs", "text": "A whale."}, revision="r")])
    before = server.client.projects.get(foreign).label_config
    assert run("annotate", "sample", "8", cwd=study).code == 0

    refused = run("annotate", "push", "--title", "Whales", cwd=study)
    assert (refused.code, "tasks that are not of this study" in refused.err) == (1, True)
    server.client.projects.update(foreign, description="Standfirst study 0123456789ab ()")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "standfirst", "annotate", "push", "--title", "Whales"],
            cwd=study,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert [process.wait() for process in running] == [0, 0]
    ours = [p for p in server.client.projects.list(title="Whales") if p.id != foreign]
    assert [p.task_number for p in ours] == [8]
    assert server.client.projects.get(foreign).label_config == before

    # As in a copy on another machine, which has no memory of numbers.
    (study / ".standfirst" / "projects.json").unlink()
    (again,) = read_json(run("annotate", "push", "--title", "Porpoises", "--json", cwd=study))[
        "projects"
    ]
    assert (again["project"], again["n_sent"], again["n_known"]) == (ours[0].id, 0, 8)
    assert run("annotate", "sample", "4", cwd=study).code == 0
    (more,) = read_json(run("annotate", "push", "--title", "Porpoises", "--json", cwd=study))[
        "projects"
    ]
    assert more["project"] != ours[0].id
    assert (more["n_sent"], more["n_known"]) == (4, 8)
    assert "0 answers" in run("annotate", "pull", cwd=study).out
