"""The Ray engine: a node that dies in the middle, and what Ray costs beside local processes.

    python benchmarks/cluster.py kill [TRIALS] [N]    5 trials, 1,500 articles
    python benchmarks/cluster.py cost [N]             8,000 articles

A cluster of three nodes with a core each (and a head without) is started on loopback addresses.
``kill`` kills one of them, all its processes at once, when some shards are there, and compares the
result with that of the local engine, row for row. ``cost`` runs the same tasks on two local
processes and on two cores of the cluster, from the moment at which each has done a task to the last
task: start-up (Ray, imports, the model) is left out of both.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyarrow import parquet

from standfirst.benchmarks.ingest import write
from standfirst.benchmarks.ray_nodes import ray_nodes
from standfirst.benchmarks.scale import trained

SHARD = 0.03
CORES = 2


def words(model: Path, source: Path, out: Path, *more: str) -> list[str]:
    """Give the words of the command."""
    given = ["tag", str(model), str(source), "-o", str(out), "--quiet"]
    return [sys.executable, "-m", "standfirst", *given, "--shard-mb", str(SHARD), *more]


def rows(out: Path) -> list[tuple[Any, ...]]:
    """Give all rows of a run, in order."""
    table = parquet.read_table(out / "tags")
    return list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))


def kill(scratch: Path, n_trials: int, n_articles: int) -> None:
    """Kill a node in the middle of a run, several times."""
    source, model = scratch / "news.jsonl", trained(scratch, "tfidf")
    write(source, n_articles)
    subprocess.run(words(model, source, scratch / "local"), check=True, capture_output=True)
    expected = rows(scratch / "local")
    n_shards, n_equal = len(list((scratch / "local" / "tags").iterdir())), 0
    print(f"{len(expected):,} units in {n_shards} shards", flush=True)
    rng = random.Random(3)
    for trial in range(n_trials):
        folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
        with ray_nodes(folder, 3) as nodes:
            out = scratch / f"ray-{trial}"
            running = subprocess.Popen(
                words(model, source, out, "--engine", "ray", "--address", nodes.address),
                env={**os.environ, **nodes.environment},
                stdout=subprocess.DEVNULL,
            )
            after = rng.randint(1, max(n_shards // 2, 1))
            while running.poll() is None and n_done(out) < after:
                time.sleep(0.01)
            done, victim = n_done(out), rng.randint(1, 3)
            nodes.kill(victim)
            code = running.wait()
        found = rows(out)
        n_equal += found == expected and code == 0
        ids, known = ([row[0] for row in one] for one in (found, expected))
        lost, doubled = len(set(known) - set(ids)), len(ids) - len(set(ids))
        print(
            f"trial {trial + 1}: node {victim} died after {done} of {n_shards} shards; exit code "
            f"{code}, {len(found):,} rows, {lost} lost, {doubled} doubled",
            flush=True,
        )
    print(f"{n_equal} of {n_trials} equal the local engine's result, row for row")
    assert n_equal == n_trials


def n_done(out: Path) -> int:
    """Count the tasks that are done."""
    return len(list(out.glob("_parts/0*.json")))


def cost(scratch: Path, n_articles: int) -> None:
    """Compare the time of the engines for the same tasks and cores."""
    from standfirst.models.runs.engines.engine import make_engine

    source, model = scratch / "news.jsonl", trained(scratch, "tfidf")
    write(source, n_articles)
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    seconds: dict[str, list[float]] = {"local": [], "ray": []}
    with ray_nodes(folder, CORES) as nodes:
        os.environ |= nodes.environment
        for turn in range(3):
            for name, found in seconds.items():
                engine = make_engine(name, CORES if name == "local" else None, nodes.address)
                spent, n_tasks = timed(model, source, scratch / f"{name}-{turn}", engine)
                found.append(spent)
                print(f"{name}: {n_tasks} tasks in {spent:.1f} s", flush=True)
    local, ray = (sorted(found)[1] for found in seconds.values())
    print(f"median of 3: local {local:.1f} s, ray {ray:.1f} s: {ray / local - 1:+.1%}")


def timed(model: Path, source: Path, out: Path, engine: Any) -> tuple[float, int]:
    """Give the seconds from the first tasks to the last, and the number of tasks between."""
    from standfirst.models.runs.run import Options, State, prepare, run

    marks: list[float] = []

    def seen(state: State) -> None:
        while len(marks) < state.shards:
            marks.append(time.perf_counter())

    options = Options(shard=4 * int(SHARD * 2**20))
    run(prepare(model, [str(source)], str(out), options), engine, progress=seen)
    # Both cores have begun when two tasks each are done.
    return marks[-1] - marks[2 * CORES - 1], len(marks) - 2 * CORES


def main() -> None:
    """Measure and print."""
    if find_spec("ray") is None:
        print("ray is not installed: left out")
        return
    what, *numbers = sys.argv[1:] or ["kill"]
    sizes = [int(one) for one in numbers]
    with tempfile.TemporaryDirectory() as name:
        if what == "cost":
            cost(Path(name), *(sizes or [8_000]))
        else:
            n_trials, n_articles = (*sizes, *(5, 1_500)[len(sizes) :])
            kill(Path(name), n_trials, n_articles)


if __name__ == "__main__":
    main()
