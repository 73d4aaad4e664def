"""Kill commands at random moments, run them again, and compare; and let two write at once.

    python benchmarks/kills.py [KIND ...] [--kills 200] [--races 20] [--smoke]

``add``, ``import``, ``gold``, ``migrate``, ``train`` and ``tag`` are killed by SIGKILL at a random
moment of their run, and run again; what they leave must be, file by file and byte for byte, what a
run leaves that nobody disturbed. ``rename`` kills ``tag`` in a rename (before it or behind it), and
``worker`` kills one of its two worker processes, from which it goes on by itself. ``push`` and
``pull`` are killed by ``faults.py``, against a server. Commands are forked from a process that has
imported everything, which saves two seconds each; those with workers are started anew.

A race starts the imports of two coders' answers at once (and every second time the same articles
twice). A command that is refused, because another one writes, is run again; in the end both must be
there once.
"""

import argparse
import hashlib
import importlib
import json
import os
import pathlib
import random
import shutil
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
from standfirst.corpus import load_units
from standfirst.labels import load_codebook, read_annotations, ready_codebooks

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
    for stream in (0, 1, 2):
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
        """Kill the command so many times; each is followed by the same command."""
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
            if running.wait():
                # A task whose process is killed three times stops the run, which then goes on.
                subprocess.run(given, check=True, stdout=subprocess.DEVNULL)
            self.compare(out)


def study_of(folder: Path) -> None:
    """Make a study with a corpus, two coders' answers as files, and a changed codebook."""
    book = load_codebook(ready_codebooks()["stance"])
    news = folder / "news.jsonl"
    write(news, 40)
    for name in ("empty", "coded"):
        quietly("init", str(folder / name), "--codebook", "stance")
        study = folder / name
        if name == "coded":
            quietly("corpus", "add", str(news), "--study", str(study))
    units = [row["unit_id"] for row in load_units(folder / "coded" / "corpus")]
    for coder in ("ann", "bo"):
        tasks = [
            {
                "id": number,
                "data": {"unit_id": unit},
                "annotations": [answer(number, coder, book.dimensions[0].label_ids[number % 3])],
            }
            for number, unit in enumerate(units)
        ]
        (folder / f"{coder}.json").write_text(json.dumps(tasks))
    shutil.copytree(folder / "coded", folder / "answered")
    quietly("annotate", "import", str(folder / "ann.json"), "--study", str(folder / "answered"))
    shutil.copytree(folder / "answered", folder / "renamed")
    quietly("labels", "check", "--study", str(folder / "renamed"))
    changed = folder / "renamed" / "codebook.yaml"
    changed.write_text(changed.read_text().replace("id: favour", "id: pro"))
    (folder / "map.yaml").write_text("stance: {rename: {favour: pro}}\n")


def answer(number: int, coder: str, label: str) -> dict[str, Any]:
    """Make an answer as Label Studio exports it."""
    return {
        "id": number,
        "completed_by": {"email": f"{coder}@example.org"},
        "created_at": "2026-01-02T03:04:05Z",
        "result": [
            {"from_name": "stance", "to_name": "text", "type": "choices"}
            | {"value": {"choices": [label]}}
        ],
    }


def quietly(*given: str) -> int:
    """Run a command in a copy of this process, and give its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(forked(list(given)), 0)[1])


def in_study(scratch: Path, kind: str, study: Path) -> list[str]:
    """Give the words of a command that works on a study."""
    given = {
        "add": ["corpus", "add", str(scratch / "news.jsonl")],
        "import": ["annotate", "import", str(scratch / "ann.json")],
        "gold": ["labels", "gold"],
        "migrate": ["labels", "migrate", "--map", str(scratch / "map.yaml")],
    }
    if kind == "train":
        source, model = str(scratch / "rows.jsonl"), str(study / "model")
        return ["train", "--data", source, "--label", "stance", "--encoder", "tfidf", "-o", model]
    return [*given[kind], "--study", str(study)]


BEFORE = {"add": "empty", "import": "coded", "gold": "answered", "migrate": "renamed"}
"""Kind to the study from which it starts."""


def tree(folder: Path) -> dict[str, str]:
    """Hash all files of a folder by name; locks, and what nobody reads, are left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".lock") and path.suffix != ".part"
    }


class Killed:
    """A command on a study that is killed and run again."""

    def __init__(self, scratch: Path, kind: str, rng: random.Random) -> None:
        self.scratch, self.kind, self.rng = scratch, kind, rng
        study = self.fresh()
        begun = time.perf_counter()
        assert quietly(*in_study(scratch, kind, study)) == 0, kind
        self.seconds, self.whole = time.perf_counter() - begun, tree(study)
        self.n_kills = self.n_equal = self.n_ends = 0

    def fresh(self) -> Path:
        """Copy the study from which the command starts; always to the same path."""
        study = self.scratch / f"study-{self.kind}"
        shutil.rmtree(study, ignore_errors=True)
        if self.kind in BEFORE:
            shutil.copytree(self.scratch / BEFORE[self.kind], study)
        else:
            study.mkdir()
        return study

    def kill(self, n_kills: int) -> None:
        """Kill so many running commands; up to three times in one study before it may end."""
        longest = self.seconds
        while self.n_kills < n_kills:
            study = self.fresh()
            for _ in range(self.rng.randint(1, 3)):
                child = forked(in_study(self.scratch, self.kind, study))
                time.sleep(self.rng.uniform(0, longest))
                os.kill(child, signal.SIGKILL)
                if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
                    # It had come to its end; the machine may be quicker now than it was.
                    longest *= 0.9
                    break
                self.n_kills += 1
            # What a killed run has finished may be refused the second time (a migration is).
            quietly(*in_study(self.scratch, self.kind, study))
            self.n_ends += 1
            self.n_equal += tree(study) == self.whole


def race(scratch: Path, kind: str) -> bool:
    """Let two write into one study at once; tell whether both are there once in the end."""
    study = scratch / "race"
    shutil.rmtree(study, ignore_errors=True)
    shutil.copytree(scratch / ("coded" if kind == "import" else "empty"), study)
    files = ("ann.json", "bo.json") if kind == "import" else ("news.jsonl", "news.jsonl")
    first = ["annotate", "import"] if kind == "import" else ["corpus", "add"]
    given = [[*first, str(scratch / name), "--study", str(study)] for name in files]
    running = [forked(words) for words in given]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in running]
    assert all(code in (0, 1) for code in codes), codes
    for words, code in zip(given, codes, strict=True):
        assert code == 0 or quietly(*words) == 0
    units = [row["unit_id"] for row in load_units(study / "corpus")]
    if kind == "add":
        known = [row["unit_id"] for row in load_units(scratch / "coded" / "corpus")]
        return sorted(units) == sorted(known)
    rows = read_annotations(study / "annotations" / "annotations.jsonl")
    keys = [(row.unit_id, row.coder, row.dimension) for row in rows]
    coders = {coder for _, coder, _ in keys}
    return len(keys) == len(set(keys)) and len(coders) == 2 and len(keys) >= 2 * len(units)


KINDS = ("add", "import", "gold", "migrate", "train", "moment", "rename", "worker")


def main() -> int:
    """Kill, race and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", help=f"of {' '.join(KINDS)}, race; all by default")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--races", type=int, default=20)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    kinds = options.kinds or [*KINDS, "race"]
    if options.smoke:
        kinds, options.kills, options.races = ["import", "gold", "race"], 2, 2
    for heavy in ("standfirst.models.runs.engines.engine", "sklearn.feature_extraction.text"):
        importlib.import_module(heavy)
    share = -(-options.kills // max(1, len([kind for kind in kinds if kind != "race"])))
    good = True
    with tempfile.TemporaryDirectory() as name:
        scratch, rng = Path(name), random.Random(7)
        study_of(scratch)
        labelled(scratch / "rows.jsonl")
        for kind in kinds:
            if kind == "race":
                for pair in ("import", "add"):
                    equal = [race(scratch, pair) for _ in range(-(-options.races // 2))]
                    print(f"{len(equal)} races of two {pair}: {sum(equal)} with everything once")
                    good &= all(equal)
                continue
            if kind in ("moment", "rename", "worker"):
                n_equal, n_ends = tagged(scratch / "tag", kind, share)
            else:
                killed = Killed(scratch, kind, rng)
                killed.kill(share)
                n_equal, n_ends = killed.n_equal, killed.n_ends
            print(f"{kind}: {share} kills; {n_equal} of {n_ends} ends equal", flush=True)
            good &= n_equal == n_ends
    return 0 if good else 1


def tagged(scratch: Path, kind: str, n_kills: int) -> tuple[int, int]:
    """Kill `tag` in one of three ways; give how many ends were equal, and how many there were."""
    if not scratch.is_dir():
        scratch.mkdir()
        prepare(scratch)
    trials = Trials(scratch, seed=7)
    if kind == "worker":
        trials.worker(n_kills)
    else:
        trials.command(n_kills, rename=kind == "rename")
    for out in scratch.glob("out-*"):
        shutil.rmtree(out)
    shutil.rmtree(scratch / "whole")
    return trials.n_equal, trials.n_runs


if __name__ == "__main__":
    raise SystemExit(main())
