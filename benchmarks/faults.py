"""Whether push and pull end whole, however often they are killed, and the server with them.

``python benchmarks/faults.py [--units 2000] [--kills 20]`` makes a study, starts a Label Studio of
its own, and then: kills `annotate push` by SIGKILL at random moments, and lets it end once; kills
the server by SIGKILL in the middle of a push, starts it again, and lets the push go on; has units
answered; and does the same with `annotate pull`. In the end there must be one task a unit and one
row an answer and question, and the file that was pulled must be, to the byte, what a pull without
faults gives.
"""

import argparse
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from standfirst.annotate.local import LocalServer, free_port, start_local
from standfirst.annotate.server import Server, connect
from standfirst.annotate.sync import tasks_of
from standfirst.annotate.tasks import result
from standfirst.labels import Codebook, load_codebook, ready_codebooks
from standfirst.study import Study

WORDS = ("minister", "court", "plan", "critics", "talks", "border", "budget", "judge", "agency")


class Local:
    """A server that can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.stack = folder, free_port(), ExitStack()
        self.local: LocalServer = self.stack.enter_context(start_local(folder, port=self.port))

    def kill_and_restart(self) -> None:
        """Kill it without a word, and start it again."""
        self.local.process.kill()
        self.local.process.wait()
        self.local = self.stack.enter_context(start_local(self.folder, port=self.port))


def study_of(folder: Path, n_units: int) -> Path:
    """Make a study with so many sentences, all of them drawn."""
    book = ready_codebooks()["transfer-deals"].read_text(encoding="utf-8")
    root = Study.create(folder / "study", book, title="Faults").root
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


def run(study: Path, *words: str) -> float:
    """Run a command to its end, and give the seconds that it took."""
    begun = time.perf_counter()
    subprocess.run([*_command(words)], cwd=study, check=True, capture_output=True)
    return time.perf_counter() - begun


def begin(study: Path, *words: str) -> "subprocess.Popen[bytes]":
    """Start a command."""
    return subprocess.Popen(
        [*_command(words)], cwd=study, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-c", "from standfirst.cli import main; main()", *words)


def kill_often(
    study: Path, words: tuple[str, ...], n_kills: int, longest: float, dice: random.Random
) -> int:
    """Kill a command again and again; give how often it was still running."""
    caught = 0
    for _ in range(n_kills):
        running = begin(study, *words)
        try:
            running.wait(timeout=dice.uniform(0.1, longest))
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            caught += 1
        running.communicate()
    return caught


def kill_server(study: Path, words: tuple[str, ...], local: Local, after: float) -> str:
    """Kill the server in the middle of a command, and start it again; say what became of both."""
    running = begin(study, *words)
    time.sleep(after)
    in_the_middle = running.poll() is None
    local.kill_and_restart()
    _, said = running.communicate()
    if running.returncode:
        run(study, *words)
    told = "went on by itself" if not running.returncode else f"run again after: {said[-90:]!r}"
    return f"{'in the middle' if in_the_middle else 'after its end'}, {told}"


def one_task_a_unit(server: Server, n_units: int) -> int:
    """Check that each unit has one task, and give the project's number."""
    (number,) = {p.id for p in server.client.projects.list(title="Faults")}
    ids = Counter(row["data"]["unit_id"] for row in tasks_of(server, number))
    print(f"{ids.total()} tasks of {len(ids)} units (wanted: {n_units} of {n_units})", flush=True)
    assert (len(ids), ids.total()) == (n_units, n_units)
    return int(number)


def label(server: Server, number: int, codebook: Codebook, n_answers: int) -> None:
    """Answer some units."""
    dice = random.Random(2)
    for row in list(tasks_of(server, number))[:n_answers]:
        answers = {d.id: [dice.choice(d.label_ids)] for d in codebook.dimensions}
        server.client.annotations.create(id=row["id"], result=result(answers), lead_time=2.0)


def walk(study: Path, local: Local, server: Server, n_units: int, n_kills: int) -> None:
    """Kill push, pull and the server, and check what is left."""
    dice = random.Random(3)
    codebook = load_codebook(study / "codebook.yaml")
    push, pull = ("annotate", "push"), ("annotate", "pull", "--all")

    # How long it takes is found on a project that is thrown away.
    longest = run(study, *push)
    (number,) = {p.id for p in server.client.projects.list(title="Faults")}
    server.client.projects.delete(number)
    caught = kill_often(study, push, n_kills, longest, dice)
    print(f"push: killed {caught} times of {n_kills} within {longest:.1f} s", flush=True)
    run(study, *push)
    one_task_a_unit(server, n_units)

    for share in (0.4, 0.8):
        (number,) = {p.id for p in server.client.projects.list(title="Faults")}
        server.client.projects.delete(number)
        told = kill_server(study, push, local, share * longest)
        print(f"push: server killed {told}", flush=True)
        number = one_task_a_unit(server, n_units)

    n_answers = n_units // 4
    label(server, number, codebook, n_answers)
    longest = run(study, *pull)
    file = study / "annotations" / "annotations.jsonl"
    clean = file.read_bytes()
    file.unlink()
    caught = kill_often(study, pull, n_kills, longest, dice)
    print(f"pull: killed {caught} times of {n_kills} within {longest:.1f} s", flush=True)
    run(study, *pull)
    _same(file, clean, n_answers * len(codebook.dimensions))
    for share in (0.4, 0.8):
        file.unlink()
        told = kill_server(study, pull, local, share * longest)
        print(f"pull: server killed {told}", flush=True)
        _same(file, clean, n_answers * len(codebook.dimensions))
    left = [path.name for path in study.rglob("*.part") if path.name != ".lock.part"]
    print(f"files that were left half written and are read by nobody: {len(left)}")


def _same(file: Path, clean: bytes, n_rows: int) -> None:
    found = file.read_bytes()
    rows = found.splitlines()
    print(f"{len(rows)} rows, {len(set(rows))} different (wanted: {n_rows}); to the byte as a pull")
    assert found == clean
    assert len(rows) == len(set(rows)) == n_rows


def main() -> int:
    """Run it."""
    options = argparse.ArgumentParser()
    options.add_argument("--units", type=int, default=2_000)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--template", type=Path, help="Folder of a server whose database is made.")
    asked = options.parse_args()
    if importlib.util.find_spec("label_studio") is None:
        print("Label Studio is not installed: skipped")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = study_of(folder, asked.units)
        if asked.template:
            shutil.copytree(asked.template, study / ".standfirst" / "label-studio")
        local = Local(study / ".standfirst" / "label-studio")
        with local.stack, connect(local.local.access) as server:
            walk(study, local, server, asked.units, asked.kills)
    print("one task a unit and one row an answer: held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
