"""Press Ctrl-C in ``standfirst tag`` at random moments, and tell how long it takes to end.

    python benchmarks/interrupt.py [N] [hashed|minilm|alone|ray ...]

20 moments for each of the four by default: two local processes with the hashed tier, two with
MiniLM, one with MiniLM (which then works in the command's own process), and the hashed tier on a
Ray cluster of two nodes, on loopback addresses.

SIGINT goes to the whole group of processes, as from a terminal, at a moment drawn evenly over the
length of a run: start, reading, tagging, near-duplicates, the last files. Time runs until the last
process of the session is gone. Then the same words are given again, and interrupted again;
whenever a run comes to its end, its folder is compared with that of a run that was left alone, byte
for byte.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from standfirst.benchmarks.ingest import write
from standfirst.benchmarks.kill import files
from standfirst.benchmarks.scale import trained

KINDS = {
    "hashed": ("hashed", 6_000, "0.5"),
    "minilm": ("minilm", 120, "0.05"),
    "alone": ("minilm", 60, "0.05"),
    "ray": ("hashed", 3_000, "0.5"),
}
"""Kind to encoder, number of articles of ten sentences, and megabytes of a shard."""


def members(session: int) -> list[int]:
    """Give the processes of a session that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(of) == session and state not in "ZX":
            found.append(int(stat.parent.name))
    return found


def interrupted(words: list[str], after: float) -> tuple[float, int, str] | None:
    """Start the command and interrupt it; None where it had ended by then.

    Returns
    -------
    Seconds until the last of its processes was gone, the exit code, and what it said.
    """
    with tempfile.TemporaryFile("w+") as told:
        running = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True
        )
        try:
            running.wait(after)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGINT)
        else:
            assert running.returncode == 0, f"the command ended with {running.returncode}"
            return None
        begun = time.perf_counter()
        while running.poll() is None or members(running.pid):
            time.sleep(0.01)
        spent = time.perf_counter() - begun
        told.seek(0)
        return spent, running.returncode, told.read()


@contextmanager
def cluster(kind: str) -> Iterator[list[str]]:
    """Start a Ray cluster where one is wanted, and give the words that name it."""
    if kind != "ray":
        yield ["--processes", "1" if kind == "alone" else "2"]
        return
    from standfirst.benchmarks.ray_nodes import ray_nodes

    with ray_nodes(Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp")), 2) as nodes:
        os.environ |= nodes.environment
        yield ["--engine", "ray", "--address", nodes.address]


def measure(scratch: Path, kind: str, n: int, rng: random.Random) -> None:
    """Interrupt so many times, and tell the slowest."""
    encoder, n_articles, shard = KINDS[kind]
    source, model = scratch / "news.jsonl", trained(scratch, encoder)
    write(source, n_articles)
    spent: list[tuple[float, float]] = []
    odd: list[str] = []
    n_out = n_equal = n_runs = n_late = 0
    with cluster(kind) as more:

        def words(out: Path) -> list[str]:
            given = ["tag", str(model), str(source), "-o", str(out), "--near-duplicates"]
            return [sys.executable, "-m", "standfirst", *given, "--shard-mb", shard, *more]

        begun = time.perf_counter()
        subprocess.run(words(scratch / f"{kind}-whole"), check=True, capture_output=True)
        alone = time.perf_counter() - begun
        whole = files(scratch / f"{kind}-whole")

        def compare(out: Path) -> None:
            nonlocal n_runs, n_equal
            n_runs += 1
            n_equal += files(out) == whole

        out = scratch / f"{kind}-{n_out}"
        while len(spent) < n:
            after = rng.uniform(0.5, alone)
            found = interrupted(words(out), after)
            if found is None:
                compare(out)
                n_out += 1
                out = scratch / f"{kind}-{n_out}"
                continue
            seconds, code, told = found
            spent.append((seconds, after))
            if (out / "_SUCCESS").exists():
                # It came when the work was done, and is told of no more.
                continue
            n_late += seconds > 1
            # To a shell both are 130; where Python was compiling, it ends by the signal.
            if (
                code not in (130, -signal.SIGINT)
                or "The same words go on" not in told
                or "Traceback" in told
            ):
                odd.append(f"after {after:.2f} s: code {code}, {told.strip()[-200:]!r}")
        subprocess.run(words(out), check=True, capture_output=True)
        compare(out)
    spent.sort()
    print(
        f"{kind}: {n} times Ctrl-C in a run of {alone:.1f} s: median {spent[n // 2][0]:.2f} s, "
        f"slowest {spent[-1][0]:.2f} s (after {spent[-1][1]:.1f} s), over a second: {n_late}; "
        f"{n_equal} of {n_runs} finished runs equal",
        flush=True,
    )
    for one in odd:
        print(f"  {one}")


def main() -> None:
    """Interrupt and tell."""
    n = int(next((word for word in sys.argv[1:] if word.isdigit()), 20))
    kinds = [word for word in sys.argv[1:] if not word.isdigit()] or list(KINDS)
    rng = random.Random(5)
    with tempfile.TemporaryDirectory() as name:
        for kind in kinds:
            if kind == "ray" and find_spec("ray") is None:
                print("ray is not installed: left out")
                continue
            measure(Path(name), kind, n, rng)


if __name__ == "__main__":
    main()
