"""Ingest a large corpus: time, peak memory of all processes, and the same bytes after a SIGKILL.

Writes a generated JSON Lines file of articles of ten sentences, adds it with ``standfirst corpus
add`` without interruption, and again killed in the middle and started again; then compares every
file. Memory is the resident set, summed over the command and its workers (pages that they share
count once for each), sampled five times a second.

    python benchmarks/ingest.py [N_ARTICLES] [--alike] [--smoke]

200,000 articles by default. One in fifty is a copy of an earlier one with another opening. With
``--alike``, articles are made of a few stock phrases, so that very many of them look like copies:
the worst case for finding near-duplicates.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUBJECTS = ["The minister", "A court in Lurani", "The opposition", "Refuge Now", "The U.N. agency"]
VERBS = ["rejected", "defended", "delayed", "welcomed", "questioned", "published", "amended"]
OBJECTS = ["the transfer plan", "a new treaty", "the budget", "the ruling", "the camera scheme"]
TAILS = ["on Monday", "after long talks", "for 3.4 million crowns", "despite protests", "at 5 p.m."]
PIECES = (
    *("ing", "ter", "con", "ment", "er", "tion", "re", "pro", "de", "in", "com", "per", "for"),
    *("est", "ate", "ous", "ly", "ness", "ship", "ward", "hood", "ful", "dis", "pre", "sub"),
    *("out", "over", "under", "land", "ston", "ham", "ford", "burn", "ley", "man", "son", "well"),
)


def write(path: Path, n_articles: int, *, alike: bool = False, seed: int = 0) -> None:
    """Write generated articles."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(PIECES, k=rng.randint(1, 3))) for _ in range(30_000)]
    words = words[:400] if alike else words
    kept: list[str] = []
    with path.open("w", encoding="utf-8") as out:
        for number in range(n_articles):
            phrases = [
                " ".join(map(rng.choice, (SUBJECTS, VERBS, OBJECTS, TAILS))) for _ in range(10)
            ]
            if alike:
                sentences = [f"{one} in week {rng.randint(1, 9)}." for one in phrases]
            else:
                sentences = [f"{one}, and {' '.join(rng.choices(words, k=14))}." for one in phrases]
            text = "\n".join(" ".join(sentences[at : at + 3]) for at in range(0, 10, 3))
            if kept and number % 50 == 0:
                text = f"From our own desk in district {number}.\n{rng.choice(kept)}"
            elif number % 100 == 1:
                kept.append(text)
            row = {"title": f"Story {number}", "text": text, "outlet": f"Outlet {number % 20}"}
            out.write(json.dumps(row) + "\n")


def command(study: Path, source: Path) -> list[str]:
    """Give the command that adds the file."""
    return [sys.executable, "-m", "standfirst", "corpus", "add", str(source), "--study", str(study)]


def study(folder: Path) -> Path:
    """Make an empty study."""
    made = [sys.executable, "-m", "standfirst", "init", str(folder)]
    subprocess.run(made, check=True, capture_output=True)
    return folder


def family(pid: int) -> list[int]:
    """Give a process and all that it started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def resident(pid: int) -> int:
    """Give the resident set of a process in bytes; none when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """Sample the memory of a process and its workers, in megabytes."""
    samples, over = [0.0], threading.Event()

    def sample() -> None:
        while not over.wait(0.2):
            samples.append(sum(map(resident, family(pid))) / 1e6)

    thread = threading.Thread(target=sample)
    thread.start()
    yield samples
    over.set()
    thread.join()


def digest(folder: Path) -> str:
    """Hash all files of a corpus, with their names."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(folder)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_articles", type=int, nargs="?", default=200_000)
    parser.add_argument("--alike", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    n_articles = 200 if options.smoke else options.n_articles
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "news.jsonl"
        write(source, n_articles, alike=options.alike)
        size = source.stat().st_size / 1e6

        whole = study(Path(scratch) / "whole")
        begin = time.perf_counter()
        with (
            subprocess.Popen(command(whole, source), stderr=subprocess.DEVNULL) as running,
            watched(running.pid) as samples,
        ):
            code = running.wait()
        wall = time.perf_counter() - begin
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if code != 0:
            sys.exit(f"the command ended with {code}")
        rate = n_articles / wall
        print(f"\n{n_articles} articles, {size:.0f} MB: {wall:.0f} s ({rate:.0f} a second)")
        print(f"{used.ru_utime + used.ru_stime:.0f} s of processor time in all processes")
        print(f"peak {max(samples):.0f} MB in all processes", flush=True)

        killed = study(Path(scratch) / "killed")
        with subprocess.Popen(
            command(killed, source), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            time.sleep(random.uniform(0.4, 0.6) * wall)
            os.kill(running.pid, signal.SIGKILL)
        n_parts = len(list((killed / "corpus" / "articles").glob("[0-9]*.parquet")))
        subprocess.run(command(killed, source), check=True, stderr=subprocess.DEVNULL)
        same = digest(whole / "corpus") == digest(killed / "corpus")
        n_files = sum(path.is_file() for path in (whole / "corpus").rglob("*"))
        print(
            f"killed after {n_parts} parts and started again: {n_files} files, same bytes: {same}"
        )


if __name__ == "__main__":
    main()
