"""Ingest a large corpus: time, peak memory, and the same bytes after a SIGKILL in the middle.

Writes a generated JSON Lines file of articles, adds it with ``standfirst corpus add`` without
interruption, and again killed at a random moment and started again; then compares every file.

    python benchmarks/ingest.py [N_ARTICLES]      200,000 by default; ten sentences each
"""

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SUBJECTS = ["The minister", "A court in Lurani", "The opposition", "Refuge Now", "The U.N. agency"]
VERBS = ["rejected", "defended", "delayed", "welcomed", "questioned", "published", "amended"]
OBJECTS = ["the transfer plan", "a new treaty", "the budget", "the ruling", "the camera scheme"]
TAILS = ["on Monday", "after long talks", "for 3.4 million crowns", "despite protests", "at 5 p.m."]


def write(path: Path, n_articles: int, seed: int = 0) -> None:
    """Write generated articles; one in fifty is a copy of an earlier one with another opening."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(LETTERS, k=rng.randint(3, 9))) for _ in range(30_000)]
    kept: list[str] = []
    with path.open("w", encoding="utf-8") as out:
        for number in range(n_articles):
            sentences = [
                f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} "
                f"{rng.choice(TAILS)}, and {' '.join(rng.choices(words, k=14))}."
                for _ in range(10)
            ]
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
    n_articles = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "news.jsonl"
        write(source, n_articles)
        size = source.stat().st_size / 1e6

        whole = study(Path(scratch) / "whole")
        begin = time.perf_counter()
        subprocess.run(command(whole, source), check=True, stderr=subprocess.DEVNULL)
        wall = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

        killed = study(Path(scratch) / "killed")
        running = subprocess.Popen(
            command(killed, source), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(random.uniform(0.3, 0.7) * wall)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        n_parts = len(list((killed / "corpus" / "articles").glob("*.parquet")))
        subprocess.run(command(killed, source), check=True, stderr=subprocess.DEVNULL)

        same = digest(whole / "corpus") == digest(killed / "corpus")
        print(f"\n{n_articles} articles, {size:.0f} MB: {wall:.0f} s, peak {peak:.0f} MB")
        print(f"killed after {n_parts} parts and started again: the same bytes: {same}")


if __name__ == "__main__":
    main()
