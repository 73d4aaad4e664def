"""Learn which directions in the states of MiniLM coded news turns on, for `train` to start from.

For each question of the sets in `../shared/data` that asks for tone or framing, a classifier is
fitted on all rows: evened-out states, one penalty. Its weights, turned onto their own axes, are the
directions; all questions of a set weigh as much as those of another. Topics are left out: they turn
on other things in each set, and the last layer has them. What is stored: the directions, and short
hashes of the texts, by which training leaves a set out that it is itself given.

    python benchmarks/other_tasks.py [--network minilm] [--write] [--smoke]
    python benchmarks/other_tasks.py --network mpnet --most 3000 --write

It prints how far the directions of a set lie within those of the others (1: wholly; by chance, the
square root of their number by the number of columns), and with --write stores them in
models/heads/other_tasks.npz, beside those of other networks.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from standfirst.models.encoders.networks.transformer import Transformer, is_ready
from standfirst.models.heads.linear import fit_path
from standfirst.models.heads.other_tasks import FILE, short_hashes

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
STORED = Path(__file__).resolve().parents[1] / "models" / "heads" / FILE
QUESTIONS = {
    "babe": ("bias", "opinion"),
    "narrative_frames": ("frames",),
    "newsmtsc": ("sentiment",),
    "newssd_eng": ("subjectivity",),
}
"""Set to its questions about tone or framing."""

STRENGTH = 3.0
MOST = 3_000
"""Rows that a classifier learns from, at most: the directions hardly move behind that."""

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Learn, print and store the directions."""
    from threadpoolctl import threadpool_limits

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="minilm")
    parser.add_argument("--most", type=int, help="rows of a set that are read (all)")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if not DATA.is_dir() or not is_ready(options.network):
        print(f"{DATA} or the weights of {options.network} are not here: nothing to learn from")
        return
    encoder = Transformer.named(options.network)
    every = {name: _rows(name) for name in QUESTIONS}
    most = 120 if options.smoke else options.most
    rows = {name: _some(of_set, most) for name, of_set in every.items()}
    states = {
        name: encoder.begin([row["text"] for row in some])[1].astype(np.float64)
        for name, some in rows.items()
    }
    everything = np.concatenate(list(states.values()))
    middle, spread = everything.mean(axis=0), everything.std(axis=0)
    # A column that never varies says nothing.
    even = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0) / everything.shape[1] ** 0.5
    found: dict[str, Floats] = {}
    with threadpool_limits(1):
        for name, questions in QUESTIONS.items():
            vectors = (states[name] - middle) * even
            axes = [_axes(vectors, rows[name], question) for question in questions]
            found[name] = np.concatenate(axes) / len(axes) ** 0.5
    _tell(found)
    if options.write:
        _write(encoder, found, every, even)


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _some(rows: list[dict[str, Any]], most: int | None) -> list[dict[str, Any]]:
    """Draw rows at random; all, in their order, where there are no more or no number is given."""
    if most is None or len(rows) <= most:
        return rows
    drawn = np.random.default_rng(1).permutation(len(rows))[:most]
    return [rows[k] for k in np.sort(drawn)]


def _axes(vectors: Floats, rows: list[dict[str, Any]], question: str) -> Floats:
    """Fit one question, and give its weights on their own axes; the whole has length 1."""
    answered = [k for k, row in enumerate(rows) if row["labels"].get(question)]
    drawn = np.random.default_rng(0).permutation(answered)[:MOST]
    given = [rows[k]["labels"][question] for k in drawn]
    multiple = isinstance(given[0], list)
    labels = [one if multiple else [one] for one in given]
    names = sorted({label for some in labels for label in some})
    truth = np.array([[name in some for name in names] for some in labels])
    weights = fit_path(vectors[drawn], truth, [STRENGTH], multiple)[0].weights.astype(np.float64)
    if not multiple:
        weights = weights - weights.mean(axis=0)
    _, lengths, axes = np.linalg.svd(weights, full_matrices=False)
    kept = lengths > 1e-3 * lengths[0]
    scaled: Floats = lengths[kept, None] * axes[kept] / np.sqrt((lengths[kept] ** 2).sum())
    return scaled


def _tell(found: dict[str, Floats]) -> None:
    for name, own in found.items():
        others = np.concatenate([some for other, some in found.items() if other != name])
        base = np.linalg.qr(others.T)[0]
        within = np.linalg.norm(own @ base) / np.linalg.norm(own)
        chance = (base.shape[1] / own.shape[1]) ** 0.5
        print(f"{name:<18} {len(own)} directions, within the others' {within:.2f} ({chance:.2f})")


def _write(
    encoder: Transformer,
    found: dict[str, Floats],
    rows: dict[str, list[dict[str, Any]]],
    even: Floats,
) -> None:
    network = encoder.weights.name
    kept: dict[str, Any] = {}
    if STORED.is_file():
        with np.load(STORED) as stored:
            kept = {key: stored[key] for key in stored if not key.startswith(f"{network}/")}
    for name, some in rows.items():
        kept[f"texts/{name}"] = short_hashes(row["text"] for row in some)
    directions = np.concatenate(list(found.values())) * even
    kept[f"{network}/directions"] = directions.astype(np.float32)
    kept[f"{network}/layers"] = np.array(encoder.layers, np.uint8)
    names = [name for name, some in found.items() for _ in some]
    kept[f"{network}/sets"] = np.array(names)
    np.savez_compressed(STORED, **kept)
    print(f"written: {STORED}, {STORED.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
