"""Kill ``standfirst tag`` at random moments, give the same words again, and compare every row.

    python benchmarks/kill.py [N_KILLS] [moment|rename|worker] [--smoke]

100 kills of all kinds by default.

A third of the SIGKILLs hit the command at a random moment of its run, a third hit it in a rename
(before it or behind it, the how-manieth by chance), a third hit one of two worker processes. After
each kill of the command the same words are given again, and may be killed again; after each kill of
a worker the command goes on by itself. Whenever a run comes to its end, its folder is compared with
that of a run that was left alone: all files, byte for byte, so row for row too, and the counts.

The inputs hold articles that stand twice, in other shards, and records of no use, so that the last
step of a run, which leaves copies out, is hit as well. Runs in one process are forked from one that
has imported everything, which saves two seconds each; those with workers are started anew.
"""

import argparse
import importlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from standfirst.benchmarks.ingest import write

N_ARTICLES = 300
SHARD = "0.02"
LEAST = 0.05


def labelled(path: Path) -> Path:
    """Write labelled rows."""
    words = {"critique": "Campaigners called plan {} cruel.", "defence": "It saves lives in {}."}
    rows = [
        {"text": text.format(k), "stance": label, "article_id": f"a{k}"}
        for k in range(20)
        for label, text in words.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def prepare(scratch: Path) -> None:
    """Write the inputs and train a model."""
    write(scratch / "news.jsonl", N_ARTICLES)
    lines = (scratch / "news.jsonl").read_text().splitlines()
    again = [lines[k] for k in range(0, N_ARTICLES, 7)]
    more = [
        line for k, one in enumerate(again) for line in (one, "{broken", '{"text": 4}')[: 1 + k % 3]
    ]
    (scratch / "more.jsonl").write_text("\n".join(more) + "\n")
    train = ["train", "--data", str(labelled(scratch / "rows.jsonl")), "--label", "stance"]
    train += ["--encoder", "tfidf", "-o", str(scratch / "model")]
    subprocess.run([sys.executable, "-m", "standfirst", *train], check=True, capture_output=True)


def words(scratch: Path, out: str, processes: int) -> list[str]:
    """Give the words of the command."""
    inputs = [str(scratch / "news.jsonl"), str(scratch / "more.jsonl")]
    return [
        *("tag", str(scratch / "model"), *inputs, "-o", str(scratch / out)),
        *("--shard-mb", SHARD, "--processes", str(processes), "--near-duplicates", "--quiet"),
    ]


def forked(given: list[str], before: Callable[[], Any] | None = None) -> int:
    """Run the command in a copy of this process, and give the copy's id."""
    child = os.fork()
    if child:
        return child
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    sys.argv = ["standfirst", *given]
    if before is not None:
        before()
    try:
        from standfirst.cli import main

        main()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    os._exit(0)


def dies_in_rename(number: int, *, behind: bool) -> None:
    """Let the n-th rename of this process be its end."""
    rename = pathlib.Path.replace
    seen = 0

    def renamed(path: Path, target: Path) -> Path:
        nonlocal seen
        seen += 1
        if seen == number and not behind:
            os.kill(os.getpid(), signal.SIGKILL)
        found = rename(path, target)
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    pathlib.Path.replace = renamed  # type: ignore[method-assign,assignment]


def ended(child: int) -> bool:
    """Wait for a process; tell whether it was killed."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"the command ended with {os.WEXITSTATUS(status)}"
    return False


def files(folder: Path) -> dict[str, Any]:
    """Give all files of a folder by name, and the counts without the seconds."""
    found: dict[str, Any] = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock.part"
    }
    counts = json.loads(found.pop("_SUCCESS"))
    del counts["seconds"]
    return {**found, "_SUCCESS": counts}


def workers(parent: int) -> list[int]:
    """Give the worker processes of a command."""
    found = []
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        line = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"spawn_main" in line:
            found.append(int(child))
    return found


def n_done(folder: Path) -> int:
    """Count the tasks that are done."""
    return len(list(folder.glob("_parts/0*.json")))


class Trials:
    """Kills, one after the other."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.scratch, self.rng = scratch, random.Random(seed)
        begun = time.perf_counter()
        assert not ended(forked(words(scratch, "whole", 1)))
        self.seconds = time.perf_counter() - begun
        self.whole = files(scratch / "whole")
        self.n_renames = 4 * self.whole["_SUCCESS"]["shards"] + 6
        self.n_runs = self.n_equal = self.n_folders = 0

    def compare(self, out: str) -> None:
        """Compare a finished folder."""
        self.n_runs += 1
        self.n_equal += files(self.scratch / out) == self.whole

    def fresh(self) -> str:
        """Name a new folder."""
        self.n_folders += 1
        return f"out-{self.n_folders}"

    def command(self, n_kills: int, *, rename: bool) -> None:
        """Kill the command so many times; each is followed by the same words."""
        out, n_killed = self.fresh(), 0
        while n_killed < n_kills:
            if rename:
                number, behind = self.rng.randint(1, self.n_renames // 3), self.rng.random() < 0.5
                fatal = partial(dies_in_rename, number, behind=behind)
                child = forked(words(self.scratch, out, 1), fatal)
            else:
                child = forked(words(self.scratch, out, 1))
                time.sleep(self.rng.uniform(LEAST, self.seconds))
                os.kill(child, signal.SIGKILL)
            if ended(child):
                n_killed += 1
                continue
            self.compare(out)
            out = self.fresh()
        assert not ended(forked(words(self.scratch, out, 1)))
        self.compare(out)

    def worker(self, n_kills: int) -> None:
        """Kill so many workers; the command goes on by itself."""
        n_killed = 0
        while n_killed < n_kills:
            out = self.fresh()
            given = [sys.executable, "-m", "standfirst", *words(self.scratch, out, 2)]
            running, before = subprocess.Popen(given, stdout=subprocess.DEVNULL), 0
            while running.poll() is None and n_killed < n_kills:
                # Any moment between two shards; whoever kills all that loads the model stops a run.
                if n_done(self.scratch / out) <= before:
                    time.sleep(0.01)
                    continue
                before = n_done(self.scratch / out)
                time.sleep(self.rng.uniform(0, self.seconds / 20))
                try:
                    found = workers(running.pid)
                    if found:
                        os.kill(self.rng.choice(found), signal.SIGKILL)
                        n_killed += 1
                except (FileNotFoundError, ProcessLookupError):
                    break
            assert running.wait() == 0, "the command did not survive its worker"
            self.compare(out)


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_kills", type=int, nargs="?", default=100)
    parser.add_argument("only", nargs="?", choices=["moment", "rename", "worker"])
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    n_kills, only = (1, "moment") if options.smoke else (options.n_kills, options.only)
    for heavy in ("standfirst.models.runs.engines.engine", "sklearn.feature_extraction.text"):
        importlib.import_module(heavy)

    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch))
        trials = Trials(Path(scratch), seed=7)
        counts = trials.whole["_SUCCESS"]
        print(
            f"{counts['records']} records, {counts['articles']} articles, {counts['units']} units, "
            f"{counts['duplicates']} read twice, {counts['rejects']} rejects, "
            f"{counts['shards']} shards; {trials.seconds:.1f} s alone",
            flush=True,
        )
        third = n_kills // 3
        kinds: dict[str, tuple[str, int, Callable[[int], None]]] = {
            "moment": ("the command, at any moment", third, partial(trials.command, rename=False)),
            "rename": ("the command, in a rename", third, partial(trials.command, rename=True)),
            "worker": ("a worker", n_kills - 2 * third, trials.worker),
        }
        if only:
            told, _, kill = kinds[only]
            kinds = {only: (told, n_kills, kill)}
        for told, n, kill in kinds.values():
            before = trials.n_runs, trials.n_equal
            kill(n)
            runs, equal = trials.n_runs - before[0], trials.n_equal - before[1]
            print(f"{n:4} kills of {told}: {equal} of {runs} finished runs equal", flush=True)
        print(f"{n_kills} kills: {trials.n_equal} of {trials.n_runs} finished runs equal the whole")
        assert trials.n_equal == trials.n_runs


if __name__ == "__main__":
    main()
