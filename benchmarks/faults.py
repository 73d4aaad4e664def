"""Whether push and pull end whole, however often they are killed, and the server with them.

``python benchmarks/faults.py [--units 1000] [--kills 20]
[--smoke]`` makes a study, starts a Label Studio of
its own with a relay before it that counts requests, and then: kills `annotate push` by SIGKILL at
random moments that lie in all parts of its run, each time into a project that was empty, and runs
it again; kills the server by SIGKILL in the middle of a push, starts it again, and lets the push go
on; has units answered; and does the same with `annotate pull`. Only what hit a running command
counts. After each fault there must be one task a unit and one row an answer and question, and the
file that was pulled must be, to the byte, what a pull without faults gives.
"""

import argparse
import importlib.util
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from blows import Course, blows, course, run, slay  # type: ignore[import-not-found]
from relay import Relay  # type: ignore[import-not-found]

from standfirst.annotate.label_studio.access import Access
from standfirst.annotate.label_studio.connection import Server, connect
from standfirst.annotate.label_studio.local_server import LocalServer, free_port, start_local
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.labels import Codebook, load_codebook, ready_codebooks
from standfirst.study.folder import StudyFolder

WORDS = ("minister", "court", "plan", "critics", "talks", "border", "budget", "judge", "agency")
PUSH, PULL = ("annotate", "push", "--json"), ("annotate", "pull", "--all")


class Local:
    """A server that can be killed and started again on the same port, behind a relay."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.stack = folder, free_port(), ExitStack()
        self.local: LocalServer = self.stack.enter_context(start_local(folder, port=self.port))
        self.relay = Relay(self.port)

    def kill_and_restart(self) -> None:
        """Kill it without a word, and start it again."""
        self.local.process.kill()
        self.local.process.wait()
        self.local = self.stack.enter_context(start_local(self.folder, port=self.port))


def study_of(folder: Path, n_units: int) -> Path:
    """Make a study with so many sentences, all of them drawn."""
    book = ready_codebooks()["transfer-deals"].read_text(encoding="utf-8")
    root = StudyFolder.create(folder / "study", book, title="Faults").root
    dice = random.Random(1)
    rows = []
    for number in range(-(-n_units // 20)):
        sentences = [
            f"The {' '.join(dice.choices(WORDS, k=8))} on day {number * 20 + i}." for i in range(20)
        ]
        rows.append({"id": f"a{number}", "title": f"Day {number}", "text": " ".join(sentences)})
    source = folder / "articles.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run(root, "corpus", "add", str(source))
    run(root, "annotate", "sample", str(n_units))
    return root


def push_rounds(
    study: Path, local: Local, server: Server, *, n_units: int, n_kills: int, n_restarts: int
) -> int:
    """Kill push, and the server below it; give the number of the project in the end."""

    def fresh() -> None:
        for one in server.client.projects.list(title="Faults"):
            server.client.projects.delete(one.id)

    run(study, *PUSH)
    fresh()
    ran = course(study, PUSH, local.relay)
    at, found, doubles = [], Counter[int](), 0
    for request, _, _ in blows(study, PUSH, local.relay, ran, n_kills, fresh=fresh, kill=slay):
        (again,) = json.loads(run(study, *PUSH))["projects"]
        at.append(request)
        found[again["n_known"]] += 1
        doubles += again["n_doubles"]
        one_task_a_unit(server, n_units)
    print(f"  push killed in request {' '.join(map(str, at))} of {len(ran.gaps)}")
    there = ", ".join(f"{n} units {times} times" for n, times in sorted(found.items()))
    print(f"  run again it found {there}; it removed {doubles} doubled tasks")
    print(
        f"  {n_kills} of {n_kills} times {n_units} tasks of {n_units} units in the end", flush=True
    )

    restart_rounds(
        study,
        PUSH,
        local,
        ran,
        n=n_restarts,
        fresh=fresh,
        check=lambda: one_task_a_unit(server, n_units),
    )
    print(f"  {n_restarts} of {n_restarts} times {n_units} tasks of {n_units} units in the end")
    return one_task_a_unit(server, n_units)


def pull_rounds(study: Path, local: Local, n_rows: int, n_kills: int, n_restarts: int) -> None:
    """Kill pull, and the server below it."""
    file = study / "annotations" / "annotations.jsonl"

    def fresh() -> None:
        file.unlink(missing_ok=True)

    ran = course(study, PULL, local.relay)
    clean = file.read_bytes()
    at, whole = [], 0
    for request, _, _ in blows(study, PULL, local.relay, ran, n_kills, fresh=fresh, kill=slay):
        at.append(request)
        whole += file.exists()
        assert not file.exists() or file.read_bytes() == clean
        run(study, *PULL)
        _same(file, clean, n_rows)
    print(f"  pull killed in request {' '.join(map(str, at))} of {len(ran.gaps)}")
    print(f"  the file was absent {n_kills - whole} times, whole {whole} times, never in part")
    print(f"  {n_kills} of {n_kills} times {n_rows} rows, none twice, to the byte", flush=True)

    restart_rounds(
        study,
        PULL,
        local,
        ran,
        n=n_restarts,
        fresh=fresh,
        check=lambda: _same(file, clean, n_rows),
    )
    print(f"  {n_restarts} of {n_restarts} times {n_rows} rows, none twice, to the byte")


def restart_rounds(
    study: Path,
    words: tuple[str, ...],
    local: Local,
    ran: Course,
    *,
    n: int,
    fresh: Callable[[], None],
    check: Callable[[], object],
) -> None:
    """Kill the server below a command, start it again, and the command where it gave up."""
    kills = blows(
        study, words, local.relay, ran, n, fresh=fresh, kill=lambda _: local.kill_and_restart()
    )
    for request, code, said in kills:
        if code:
            run(study, *words)
        check()
        became = f"run again after {said!r}" if code else "went on by itself"
        print(f"  server killed in request {request} of {words[1]}: {became}", flush=True)


def one_task_a_unit(server: Server, n_units: int) -> int:
    """Check that each unit has one task, and give the project's number."""
    (number,) = {p.id for p in server.client.projects.list(title="Faults")}
    ids = Counter(row["data"]["unit_id"] for row in tasks_of(server, number))
    assert (len(ids), ids.total()) == (n_units, n_units), (len(ids), ids.total())
    return int(number)


def label(server: Server, number: int, codebook: Codebook, n_answers: int) -> None:
    """Answer some units."""
    dice = random.Random(2)
    for row in list(tasks_of(server, number))[:n_answers]:
        answers = {d.id: [dice.choice(d.label_ids)] for d in codebook.dimensions}
        server.client.annotations.create(id=row["id"], result=result(answers), lead_time=2.0)


def _same(file: Path, clean: bytes, n_rows: int) -> None:
    rows = file.read_bytes().splitlines()
    assert file.read_bytes() == clean
    assert len(rows) == len(set(rows)) == n_rows


def main() -> int:
    """Run it."""
    options = argparse.ArgumentParser()
    options.add_argument("--units", type=int, default=1_000)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--restarts", type=int, default=5)
    options.add_argument("--template", type=Path, help="the folder of a server, to copy")
    options.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    asked = options.parse_args()
    if asked.smoke:
        asked.units, asked.kills, asked.restarts = 40, 1, 0
    if importlib.util.find_spec("label_studio") is None:
        print("Label Studio is not installed: skipped")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = study_of(folder, asked.units)
        if asked.template:
            shutil.copytree(asked.template, study / ".standfirst" / "label-studio")
        local = Local(study / ".standfirst" / "label-studio")
        access = Access(local.relay.url, local.local.access.token)
        os.environ |= {"LABEL_STUDIO_URL": access.url, "LABEL_STUDIO_API_KEY": access.token}
        codebook = load_codebook(study / "codebook.yaml")
        with local.stack, connect(local.local.access) as server:
            number = push_rounds(
                study,
                local,
                server,
                n_units=asked.units,
                n_kills=asked.kills,
                n_restarts=asked.restarts,
            )
            n_answers = asked.units // 4
            label(server, number, codebook, n_answers)
            n_rows = n_answers * len(codebook.dimensions)
            pull_rounds(study, local, n_rows, asked.kills, asked.restarts)
        left = [path.name for path in study.rglob("*.part") if path.name != ".lock.part"]
        print(f"files that were left half written and are read by nobody: {len(left)}")
    print("one task a unit and one row an answer: held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
