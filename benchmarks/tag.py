"""How many units a second each tier tags, from an Arrow table to an Arrow table, beside its peers.

All learn from the same 1,000 labelled sentences and tag the same ones, on one thread; figures are
units a second of CPU, the better of two runs, so that other work on the machine disturbs little.
The table tells each bar: how many times as fast as its peer a tier is, and whether labels are the
same.

    python benchmarks/tag.py [--venvs DIR] [--setup] [--picture tag.png] [--smoke]

Peers live in environments of their own (``DIR/fasttext``, ``DIR/spacy``, ``DIR/torch``), which
--setup makes; those that are not there are left out, with a line.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
os.environ["STANDFIRST_THREADS"] = "1"

import numpy as np
import pyarrow as pa
from tag_peer import PEERS

from standfirst.models import Model, from_file, train
from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.encoders.weights.on_disk import home
from standfirst.models.tagging.tags import tag_units

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
TIERS = {
    "hashed": 400_000,
    "hashed-pieces": 100_000,
    "tfidf": 10_000,
    "minilm-int8": 600,
    "minilm": 400,
}
"""Tier to how many units it tags."""
BARS = (
    ("hashed", "TfidfVectorizer(1-2) + LR", 10),
    ("hashed", "fastText predict", 3),
    ("hashed-pieces", "model2vec encode + LR", 5),
    ("minilm", "sentence-transformers on torch + LR", 1.25),
    ("minilm-int8", "sentence-transformers on torch + LR", 2),
)
"""Tier, peer, and how many times as fast it should be."""
PACKAGES = {
    "fasttext": ["fasttext-community", "scikit-learn"],
    "spacy": ["spacy"],
    "torch": ["torch==2.13.0", "sentence-transformers", "model2vec[distill]", "datasets"],
}


def set_up(folder: Path) -> None:
    """Make the environments that are not there."""
    for name, packages in PACKAGES.items():
        if not (folder / name).is_dir():
            venv.create(folder / name, with_pip=True)
        for package in packages:
            python = str(folder / name / "bin" / "python")
            subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)


def quickest(model: Model, units: pa.Table) -> float:
    """Give units a second of CPU, in tables of 50,000."""
    tag_units(model, units.slice(0, 200))
    seconds = []
    for _ in range(2):
        begun = time.process_time()
        for start in range(0, len(units), 50_000):
            tag_units(model, units.slice(start, 50_000))
        seconds.append(time.process_time() - begun)
    return len(units) / min(seconds)


def peer(name: str, rows: dict[str, Any], units: list[str], venvs: Path) -> dict[str, Any] | None:
    """Run a peer; None where its environment is missing."""
    python = venvs / PEERS[name][0] / "bin" / "python"
    if not python.is_file():
        print(f"{name}: left out, there is no {python}; run: python benchmarks/tag.py --setup")
        return None
    weights = str(home() / "encoders" / "minilm")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as out:
        json.dump({"peer": name, "units": units, "weights": weights, **rows}, out)
        out.flush()
        command = [str(python), str(ROOT / "benchmarks" / "tag_peer.py"), out.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        print(f"{name}: failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    found: dict[str, Any] = json.loads(lines[0].removeprefix("RESULT "))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--setup", action="store_true")
    parser.add_argument("--venvs", type=Path, default=ROOT.parent / "venvs")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if options.setup:
        set_up(options.venvs)
    if not (DATA / "babe.jsonl").is_file():
        print(f"{DATA} is not here: nothing to measure")
        return
    learn = [json.loads(line) for line in (DATA / "babe.jsonl").open(encoding="utf-8")]
    learn = [row for row in learn if row["labels"].get("bias")][:1_000]
    tagged = [json.loads(line)["text"] for line in (DATA / "newsmtsc.jsonl").open(encoding="utf-8")]
    rows = {"texts": [r["text"] for r in learn], "labels": [r["labels"]["bias"] for r in learn]}
    rates: dict[str, float] = {}
    models: dict[str, Model] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in learn), encoding="utf-8")
        data = from_file(path, ["bias"])
    for name, n in ({"hashed": 2_000} if options.smoke else TIERS).items():
        if not is_ready() and name not in ("hashed", "hashed-pieces", "tfidf"):
            print(f"{name}: left out; run: standfirst encoders pull minilm")
            continue
        models[name] = train(data, encoder=name, n_folds=2).model
        texts = (tagged * (n // len(tagged) + 1))[:n]
        units = pa.table(
            {
                "unit_id": [f"u{k}" for k in range(n)],
                "article_id": ["a"] * n,
                "start": pa.array([0] * n, pa.int32()),
                "end": pa.array([1] * n, pa.int32()),
                "text": texts,
            }
        )
        rates[name] = quickest(models[name], units)
        print(f"{name}: {rates[name]:,.0f} units a second", flush=True)
    states = None
    for name, (_, _, n) in ({} if options.smoke else PEERS).items():
        found = peer(name, rows, (tagged * (n // len(tagged) + 1))[:n], options.venvs)
        if found is None:
            continue
        rates[name] = n / found["cpu"]
        states = found.get("states", states)
        print(f"{name}: {rates[name]:,.0f} units a second", flush=True)
    print("\n| tier | peer | times as fast | bar | |\n|---|---|---|---|---|")
    for tier, other, bar in BARS:
        if tier in rates and other in rates:
            times = rates[tier] / rates[other]
            print(f"| {tier} | {other} | {times:.2f} | {bar} | {'yes' if times >= bar else 'no'} |")
    told(models, tagged, states)
    if options.picture:
        picture(rates, options.picture)


def told(models: dict[str, Model], tagged: list[str], states: Any) -> None:
    """Tell on how many units labels are the same."""
    if "minilm" not in models:
        return
    full = models["minilm"].predict(tagged[:2_000])["bias"].chosen
    small = models["minilm-int8"].predict(tagged[:2_000])["bias"].chosen
    same = (full == small).all(axis=1).mean()
    print(f"\nminilm-int8 and minilm, each with its own head: same label on {same:.1%} of 2,000")
    head = models["minilm"].heads["bias"]
    quick: Any = models["minilm-int8"].encoder
    crossed = head.decide(head.probabilities(quick.encode(tagged[:2_000])))
    print(f"minilm-int8's vectors under minilm's head: {(crossed == full).all(axis=1).mean():.1%}")
    if states is not None:
        torch = head.decide(head.probabilities(np.array(states, np.float32)))
        same = (torch == full[: len(torch)]).all(axis=1).mean()
        print(f"minilm and the same network on torch: same label on {same:.1%} of {len(torch)}")


def picture(rates: dict[str, float], path: Path) -> None:
    """Draw units a second on a scale of powers of ten."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = sorted(rates, key=rates.__getitem__)
    figure, axis = plt.subplots(figsize=(8, 4.2), constrained_layout=True)
    colours = ["#1f5f8b" if name in TIERS else "#b8b8b8" for name in names]
    bars = axis.barh(names, [rates[name] for name in names], color=colours)
    axis.bar_label(bars, [f" {rates[name]:,.0f}" for name in names], fontsize=8)
    axis.set_xscale("log")
    axis.set_xlim(right=max(rates.values()) * 8)
    axis.set_xlabel("sentences a second and core, from units to labels (blue: Standfirst)")
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    main()
