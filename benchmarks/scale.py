"""How tagging scales: memory over the number of articles, time over the number of processes.

    python benchmarks/scale.py memory [N ...]    peak memory of each process; 50,000 and 200,000
    python benchmarks/scale.py copies [N ...]    the same where near-duplicates are looked for
    python benchmarks/scale.py minilm [N ...]    the same with MiniLM, articles mostly one short
                                                 sentence
    python benchmarks/scale.py speed [N]         one process against two; 100,000 articles,
                                                 1 million sentences
    python benchmarks/scale.py parts             where the time goes, from 2,000 articles
    python benchmarks/scale.py beside TREE [N]   this tree beside another one, such as a worktree of
                                                 an older commit; 2,000 articles
    python benchmarks/scale.py --smoke           where the time goes, from 20 articles

Articles are generated (`ingest.write`): ten sentences each, one in fifty a copy with another
opening. Memory is the peak resident set of each process (``VmHWM``); it holds the libraries too, of
which processes share the pages. ``speed`` tells wall time, and CPU seconds of the workers: where
the machine does other work, or its two cores are two threads of one, CPU seconds tell whether the
work itself grew. Start-up (imports, loading the model) is left out of both.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from standfirst.benchmarks.ingest import write
from standfirst.benchmarks.kills import labelled

CORES = 2


def trained(scratch: Path, encoder: str) -> Path:
    """Train a model on generated rows."""
    model = scratch / encoder
    train = ["train", "--data", str(labelled(scratch / "rows.jsonl")), "--label", "stance"]
    train += ["--encoder", encoder, "-o", str(model)]
    subprocess.run([sys.executable, "-m", "standfirst", *train], check=True, capture_output=True)
    return model


class Watch:
    """Peak memory and CPU seconds of a process and its children, by looking at them."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peaks, self.cpu = pid, dict[int, float](), dict[int, float]()

    def look(self) -> None:
        """Look once."""
        tick = os.sysconf("SC_CLK_TCK")
        for pid in [self.pid, *self._children()]:
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if b"resource_tracker" in line or "VmHWM" not in status:
                continue
            self.peaks[pid] = int(status.split("VmHWM:")[1].split()[0]) / 1024
            self.cpu[pid] = (int(fields[11]) + int(fields[12])) / tick

    def _children(self) -> list[int]:
        try:
            told = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(child) for child in told.split()]


@contextmanager
def watched(pid: int) -> Iterator[Watch]:
    """Look ten times a second until the block ends."""
    watch, ended = Watch(pid), threading.Event()

    def run() -> None:
        while not ended.wait(0.1):
            watch.look()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()


def tagged(model: Path, source: Path, out: Path, *more: str) -> tuple[Watch, dict[str, Any]]:
    """Run the command, and watch it."""
    words = [sys.executable, "-m", "standfirst", "tag", str(model), str(source), "-o", str(out)]
    with subprocess.Popen([*words, "--quiet", *more], stdout=subprocess.DEVNULL) as running:
        with watched(running.pid) as watch:
            running.wait()
        assert running.returncode == 0
    return watch, json.loads((out / "_SUCCESS").read_text())


def memory(scratch: Path, encoder: str, sizes: list[int], *more: str) -> None:
    """Count peak memory for corpora of several sizes."""
    model = trained(scratch, encoder)
    print(f"{encoder} {' '.join(more)}: peak MB of the parent, of the largest worker")
    first: tuple[float, float] | None = None
    for size in sizes:
        source, out = scratch / "news.jsonl", scratch / f"out-{encoder}-{size}-{len(more)}"
        if encoder == "minilm":
            short(source, size)
        else:
            write(source, size)
        watch, counts = tagged(model, source, out, "--processes", str(CORES), *more)
        parent, *workers = watch.peaks.values()
        now = parent, max(workers or [parent])
        first = first or now
        grown = [f"{after / before - 1:+.1%}" for before, after in zip(first, now, strict=True)]
        print(
            f"{counts['articles']:8,} articles {counts['units']:10,} units {counts['shards']:5} "
            f"shards  parent {now[0]:5.0f} ({grown[0]})  worker {now[1]:5.0f} ({grown[1]})",
            flush=True,
        )


def short(path: Path, n_articles: int) -> None:
    """Write articles of one short sentence, so that a slow model comes to its end.

    One in two hundred keeps its ten long ones, which fill whole batches of the network.
    """
    write(path, n_articles)
    whole = path.with_suffix(".whole")
    path.rename(whole)
    with whole.open() as lines, path.open("w") as out:
        for number, line in enumerate(lines):
            row = json.loads(line)
            if number % 200:
                row["text"] = row["text"].split(", and ")[0].split("\n")[-1][:80] + "."
            out.write(json.dumps(row) + "\n")
    whole.unlink()


def timed(model: Path, source: Path, out: Path, processes: int) -> tuple[float, float, int]:
    """Give wall seconds, CPU seconds of the workers, and units, without start-up."""
    from standfirst.models.runs.engines.local import Local
    from standfirst.models.runs.run import Options, prepare, run

    marks: list[tuple[float, float, int]] = []
    watch = Watch(os.getpid())

    options = Options({"near_duplicates": False})
    engine = _Apart(1) if processes == 1 else Local(processes)
    prepared = prepare(model, [str(source)], str(out), options)

    def seen(*_: object) -> None:
        # From the moment at which every worker has begun to work.
        if prepared.state.shards >= processes:
            watch.look()
            cpu = sum(seconds for pid, seconds in watch.cpu.items() if pid != watch.pid)
            marks.append((time.perf_counter(), cpu, prepared.state.units))

    run(prepared, engine, progress=seen)
    (begun, before, first), (ended, after, last) = marks[0], marks[-1]
    return ended - begun, after - before, last - first


def _Apart(processes: int) -> Any:  # noqa: N802 - a class, made where its base is imported
    """Give the local engine with one process apart, as it has with several."""
    from standfirst.models.runs.engines.local import Local

    class Apart(Local):
        def run(self, job: Any, tasks: Any, count: Any) -> Any:
            yield from self._side_by_side(job, tasks, count, processes)

    return Apart(processes)


def speed(scratch: Path, n_articles: int) -> None:
    """Count how much faster two processes are than one."""
    from standfirst.models.threads import with_threads

    source = scratch / "news.jsonl"
    write(source, n_articles)
    model = trained(scratch, "hashed")
    rates = {}
    for processes in (1, CORES):
        with with_threads(1):
            wall, cpu, units = timed(model, source, scratch / f"out-{processes}", processes)
        rates[processes] = units / wall, units / cpu
        print(
            f"{processes} processes: {units:,} units in {wall:.1f} s = {units / wall:,.0f} a "
            f"second; {cpu:.1f} CPU s = {units / cpu:,.0f} units a CPU second",
            flush=True,
        )
    (alone, alone_cpu), (both, both_cpu) = rates.values()
    by_cpu = CORES * both_cpu / alone_cpu
    print(f"{CORES} over 1: {both / alone:.2f} times by the clock; by CPU seconds {by_cpu:.2f}")


def parts(
    scratch: Path,
    n_articles: int,
    encoders: tuple[str, ...] = ("hashed", "tfidf", "minilm"),
) -> None:
    """Count the CPU seconds of each stage, one after the other, on the same articles."""
    import pyarrow as pa
    from pyarrow import parquet

    from standfirst.corpus import clean, read_articles
    from standfirst.corpus.cleaning.boilerplate import without_boilerplate
    from standfirst.corpus.cleaning.language import detect_all
    from standfirst.corpus.near_duplicates.sketch import sketch
    from standfirst.corpus.preparation import Preparation
    from standfirst.corpus.units.cut import unit_rows
    from standfirst.corpus.units.segment import get_segmenter
    from standfirst.models import Model
    from standfirst.models.tagging.tags import tag_units
    from standfirst.models.tagging.tallies import tally
    from standfirst.models.tagging.units import make_units

    source = scratch / "news.jsonl"
    write(source, n_articles)
    spent: dict[str, float] = {}

    def stage(name: str, work: Any) -> Any:
        begun = time.process_time()
        found = work()
        spent[name] = time.process_time() - begun
        return found

    detect_all(["warm"]), sketch(["warm"])
    get_segmenter("sentences", "en").segment("Warm. Up.")
    articles = stage("read", lambda: list(read_articles([str(source)])))
    cleaned = stage("clean", lambda: without_boilerplate([clean(one) for one in articles]))
    texts = [one.article.text for one in cleaned]
    stage("language", lambda: detect_all(texts))
    segment = get_segmenter("sentences", "en").segment
    stage("segment", lambda: [segment(text) for text in texts])
    stage("cut", lambda: [unit_rows(one.article, "sentence", 0, 3, 3) for one in cleaned])
    stage("near-duplicates", lambda: sketch(texts).rows())
    # Cutting finds the sentences itself.
    spent["cut"] -= spent["segment"]
    block, _ = make_units([one.article for one in cleaned], Preparation(keep_debris=True))
    n_units = len(block.units)
    for encoder in encoders:
        try:
            model = Model.load(trained(scratch, encoder))
        except (subprocess.CalledProcessError, OSError):
            print(f"{encoder}: not here, left out")
            continue
        some = block.units.slice(0, 400 if encoder == "minilm" else n_units)
        tag_units(model, some.slice(0, 100))
        tags = stage(encoder, lambda model=model, some=some: tag_units(model, some))
        spent[encoder] *= n_units / len(some)
        if encoder == "hashed":
            fast, dimensions = tags, model.dimensions
    stage("tally", lambda: tally(block, fast, lambda _: (0, 0), dimensions, text=True))
    table = fast.append_column("model_version", pa.repeat("0" * 16, n_units))
    stage("write", lambda: parquet.write_table(table, scratch / "x", compression="zstd"))
    print(f"{n_units:,} units of {len(articles):,} articles; microseconds of CPU a unit")
    for name, seconds in spent.items():
        print(f"{name:16} {seconds / n_units * 1e6:8.1f}")


ONE_RUN = """
import sys, time
from pathlib import Path
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.run import Options, prepare, run

def seconds(source, out):
    prepared = prepare(Path(sys.argv[1]), [source], out, Options({"near_duplicates": False}))
    begun = time.process_time()
    summary = run(prepared, Local(1))
    return time.process_time() - begun, summary.units

seconds(sys.argv[2], sys.argv[4])  # loads libraries, and compiles
print(*seconds(sys.argv[3], sys.argv[5]))
"""
"""Tags a small file and then a large one in this process."""


def beside(scratch: Path, tree: Path, n_articles: int, rounds: int = 3) -> None:
    """Compare two trees: CPU seconds from articles to shards, one process, and what they write.

    Both run at the same time, so that what else the machine does slows both.
    """
    few, source = scratch / "few.jsonl", scratch / "news.jsonl"
    write(few, 100, seed=1)
    write(source, n_articles)
    model = trained(scratch, "hashed")
    spent: dict[str, list[float]] = {"this": [], "other": []}
    n_units = 0
    for number in range(rounds):
        running = {}
        for name, root in (("this", Path(__file__).parents[1]), ("other", tree)):
            package = scratch / name
            package.mkdir(exist_ok=True)
            if not (package / "standfirst").exists():
                (package / "standfirst").symlink_to(root.resolve())
            outs = [str(scratch / f"{name}-{kind}-{number}") for kind in ("few", "all")]
            words = [sys.executable, "-c", ONE_RUN, str(model), str(few), str(source), *outs]
            env = os.environ | {"PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
            running[name] = subprocess.Popen(words, stdout=subprocess.PIPE, env=env, text=True)
        for name, child in running.items():
            out, _ = child.communicate()
            seconds, units = out.split()
            spent[name].append(float(seconds))
            n_units = int(units)
    digests = {name: _written(scratch / f"{name}-all-0") for name in spent}
    for name, times in spent.items():
        each = ", ".join(f"{one:.2f}" for one in times)
        rate = n_units / min(times)
        print(f"{name} tree: {each} CPU s; at best {rate:,.0f} of {n_units:,} units a second")
    ratios = sorted(b / a for a, b in zip(spent["this"], spent["other"], strict=True))
    print(
        f"times as fast: {ratios[0]:.2f} to {ratios[-1]:.2f}, median {ratios[len(ratios) // 2]:.2f}"
    )
    print(
        f"same bytes in all files but the time in _SUCCESS: {digests['this'] == digests['other']}"
    )


def _written(folder: Path) -> dict[str, str]:
    """Hash the files of a run, but for that which says how long it took."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("_SUCCESS", ".lock.part")
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = ["memory", "copies", "minilm", "speed", "parts", "beside"]
    parser.add_argument("what", nargs="?", choices=kinds, default="speed")
    parser.add_argument("sizes", nargs="*")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    what = options.what
    tree = options.sizes.pop(0) if what == "beside" else ""
    sizes = [int(size) for size in options.sizes]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if options.smoke:
            parts(scratch, 20, ("hashed",))
            beside(scratch, Path(__file__).parents[1], 20, rounds=1)
        elif what == "beside":
            beside(scratch, Path(tree), sizes[0] if sizes else 2_000)
        elif what == "memory":
            memory(scratch, "hashed", sizes or [50_000, 200_000])
        elif what == "copies":
            memory(scratch, "hashed", sizes or [50_000, 200_000], "--near-duplicates")
        elif what == "minilm":
            memory(scratch, "minilm", sizes or [50_000, 200_000], "--shard-mb", "0.5")
        elif what == "parts":
            parts(scratch, sizes[0] if sizes else 2_000)
        else:
            speed(scratch, sizes[0] if sizes else 100_000)


if __name__ == "__main__":
    main()
