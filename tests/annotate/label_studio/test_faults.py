"""Push and pull are killed, and the server with them; what is left is whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standfirst.annotate.answers.merge import merge_answers
from standfirst.annotate.label_studio.connection import Server, connect
from standfirst.annotate.label_studio.local_server import LocalServer, free_port, start_local
from standfirst.annotate.label_studio.projects import Batch, project
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result, task
from standfirst.corpus import content_id
from standfirst.labels import Codebook

pytestmark = pytest.mark.server

PULL = """
import sys
from pathlib import Path
from standfirst.annotate.label_studio.access import Access
from standfirst.annotate.label_studio.projects import pull_all
from standfirst.annotate.label_studio.connection import connect
from standfirst.labels import load_codebook, ready_codebooks
url, token, state, annotations = sys.argv[1:]
book = load_codebook(ready_codebooks()["transfer-deals"])
print("go", flush=True)
with connect(Access(url, token)) as server:
    pull_all(server, book, annotations=Path(annotations), state=Path(state))
print("done", flush=True)
"""


def tasks(n: int, name: str) -> list[dict[str, Any]]:
    """Make tasks of short units."""
    units = [{"unit_id": content_id(name, str(i)), "text": f"unit {i}"} for i in range(n)]
    return [task(unit, revision="r") for unit in units]


def test_killed_pull_goes_on(
    server: Server,
    label_studio: LocalServer,
    codebook: Codebook,
    kill_often: Callable[..., str],
    tmp_path: Path,
) -> None:
    """A pull killed at random moments and started again gives what one without a fault gives."""
    state = tmp_path / "projects.json"
    number = project(server, codebook, Batch("Killed pull", 1, ()), state)
    push(server, number, tasks(60, "kp"))
    dice = random.Random(5)
    for row in list(tasks_of(server, number))[:40]:
        answers = {d.id: [dice.choice(d.label_ids)] for d in codebook.dimensions}
        server.client.annotations.create(id=row["id"], result=result(answers))
    merge_answers(tmp_path / "clean.jsonl", pull(server, number, codebook))
    access, file = label_studio.access, tmp_path / "annotations.jsonl"
    words = [sys.executable, "-c", PULL, access.url, access.token, str(state), str(file)]
    ended = kill_often(words, 4, 1.2, 5)

    assert ended.endswith("done\n")
    assert file.read_bytes() == (tmp_path / "clean.jsonl").read_bytes()
    assert len(file.read_bytes().splitlines()) == 40 * len(codebook.dimensions)


def test_server_dies_in_the_middle(
    label_studio: LocalServer, codebook: Codebook, tmp_path: Path
) -> None:
    """A push goes on when the server is back; one task a unit, and none is missing."""
    folder, port = tmp_path / "label-studio", free_port()
    shutil.copytree(
        label_studio.log.parent, folder, ignore=shutil.ignore_patterns("server.log", "*-journal")
    )
    made = tasks(300, "dies")
    with ExitStack() as stack:
        running = stack.enter_context(start_local(folder, port=port))
        server = stack.enter_context(connect(running.access))
        number = project(server, codebook, Batch("Dies", 1, ()), tmp_path / "projects.json")
        sent = threading.Event()
        done: list[Any] = []

        def send() -> None:
            def progress(_: str, done: int, *__: object) -> None:
                if done >= 60:
                    sent.set()

            done.append(push(server, number, made, batch=20, progress=progress))

        thread = threading.Thread(target=send)
        thread.start()
        assert sent.wait(60)
        running.process.kill()
        running.process.wait()
        stack.enter_context(start_local(folder, port=port))
        thread.join(120)
        ids = Counter(row["data"]["unit_id"] for row in tasks_of(server, number))

    assert (len(ids), ids.total()) == (300, 300)
    assert done[0].n_doubles == 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killed_starter_takes_its_server_along(label_studio: LocalServer, tmp_path: Path) -> None:
    """Whoever started the server may be killed without a word; the server ends too."""
    folder, port = tmp_path / "label-studio", free_port()
    shutil.copytree(label_studio.log.parent, folder, ignore=shutil.ignore_patterns("server.log"))
    script = (
        "import sys, time; from pathlib import Path\n"
        "from standfirst.annotate.label_studio.local_server import start_local\n"
        "with start_local(Path(sys.argv[1]), port=int(sys.argv[2])) as server:\n"
        "    print(server.process.pid, flush=True); time.sleep(600)"
    )
    words = [sys.executable, "-c", script, str(folder), str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        os.kill(starter.pid, signal.SIGKILL)
    until = time.monotonic() + 15
    while time.monotonic() < until and _runs(pid):
        time.sleep(0.1)

    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=20), st.integers(0, 2**32))
def test_any_text_comes_back(
    server: Server,
    new_project: Callable[..., int],
    codebook: Codebook,
    texts: list[str],
    name: int,
) -> None:
    """Whatever a text holds, the server gives it back as it was sent; NUL is left out before."""
    number = new_project(codebook, "Any text")
    units = [
        {"unit_id": content_id(str(name), str(i), text), "text": text, "title": text}
        for i, text in enumerate(texts)
    ]
    made = [task(unit, revision="r") for unit in units]
    push(server, number, made)
    got = {row["data"]["unit_id"]: row["data"] for row in tasks_of(server, number)}

    for unit, one in zip(units, made, strict=True):
        assert got[unit["unit_id"]] == one["data"]
        assert one["data"]["text"] == unit["text"].replace("\0", "")
