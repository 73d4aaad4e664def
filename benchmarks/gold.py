"""Compare gold by majority with gold by a model of coders' errors.

Of every unit 3 to 5 votes are kept at random, gold is made of them, and compared with the majority
of all votes (units tied there are left out). "agree" counts a tie as no answer; "ties by coin"
gives each tie an even chance. crowd-kit's models run on the same votes where crowd-kit is
installed.

    python benchmarks/gold.py ../shared/data [--seeds 20] [--smoke]
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from standfirst.labels.gold.dawid_skene import dawid_skene

Ints = NDArray[np.int64]


def read(path: Path, dimension: str) -> tuple[Ints, Ints, Ints, list[str]]:
    """Read one vote a coder and unit: the first."""
    votes: dict[tuple[str, str], str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for answer in row["annotations"]:
            label = answer["labels"].get(dimension)
            if label is not None:
                votes.setdefault((row["id"], answer["annotator"]), label)
    units = {name: i for i, name in enumerate(dict.fromkeys(unit for unit, _ in votes))}
    coders = {name: i for i, name in enumerate(sorted({coder for _, coder in votes}))}
    labels = sorted(set(votes.values()))
    rows = sorted(
        (units[unit], coders[coder], labels.index(label)) for (unit, coder), label in votes.items()
    )
    unit, coder, value = np.array(rows, np.int64).T
    return unit, coder, value, labels


def keep(unit: Ints, n_units: int, rng: np.random.Generator) -> Ints:
    """Keep 3 to 5 votes of each unit, drawn without looking at them."""
    wanted = rng.integers(3, 6, n_units)
    order = np.lexsort((rng.random(len(unit)), unit))
    rank = np.arange(len(unit)) - np.searchsorted(unit[order], np.arange(n_units))[unit[order]]
    return np.sort(order[rank < wanted[unit[order]]])


def majority(unit: Ints, value: Ints, n_units: int, n_labels: int) -> Ints:
    """Give the label with most votes; -1 for a tie."""
    votes = np.zeros((n_units, n_labels))
    np.add.at(votes, (unit, value), 1)
    best = votes == votes.max(axis=1, keepdims=True)
    return np.where(best.sum(axis=1) == 1, votes.argmax(axis=1), -1)


def own_models(n_labels: int) -> Iterator[tuple[str, Callable[[Ints, Ints, Ints], Ints]]]:
    """Give the models that `standfirst labels gold` offers."""

    def accuracy(unit: Ints, coder: Ints, value: Ints) -> Ints:
        found = dawid_skene(unit, coder, value, n_labels)
        return np.asarray(found.probabilities.argmax(axis=1), np.int64)

    def matrix(unit: Ints, coder: Ints, value: Ints) -> Ints:
        found = dawid_skene(unit, coder, value, n_labels, errors="matrix")
        return np.asarray(found.probabilities.argmax(axis=1), np.int64)

    def even_votes(unit: Ints, coder: Ints, value: Ints) -> Ints:
        n_units = int(unit.max()) + 1
        votes = np.zeros((n_units, n_labels))
        np.add.at(votes, (unit, value), 1)
        found = dawid_skene(unit, coder, value, n_labels).probabilities
        among = np.where(votes == votes.max(axis=1, keepdims=True), found, -1)
        return np.asarray(among.argmax(axis=1), np.int64)

    yield "majority-dawid-skene", even_votes
    yield "dawid-skene", accuracy
    yield "dawid-skene-matrix", matrix


def crowdkit_models() -> Iterator[tuple[str, Callable[[Ints, Ints, Ints], Ints]]]:
    """Give crowd-kit's models, if they are installed."""
    try:
        import pandas as pd
        from crowdkit.aggregation import DawidSkene, OneCoinDawidSkene
    except ImportError:
        return

    def run(model: type, unit: Ints, coder: Ints, value: Ints) -> Ints:
        table = pd.DataFrame({"task": unit, "worker": coder, "label": value})
        return np.asarray(model(n_iter=50).fit_predict(table).sort_index().to_numpy(), np.int64)

    yield "crowd-kit one coin", lambda *votes: run(OneCoinDawidSkene, *votes)
    yield "crowd-kit matrix", lambda *votes: run(DawidSkene, *votes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: {options.data} is not there")
        return
    n_seeds = 1 if options.smoke else options.seeds
    for name, dimension in (
        ("csta_immigration", "topic"),
        ("csta_immigration", "stance"),
        ("babe", "bias"),
        ("babe", "opinion"),
    ):
        unit, coder, value, labels = read(options.data / f"{name}.jsonl", dimension)
        n_units, n_labels = int(unit.max()) + 1, len(labels)
        full = majority(unit, value, n_units, n_labels)
        sure = full >= 0
        shares: dict[str, list[float]] = {}
        seconds: dict[str, float] = {}
        for seed in range(n_seeds):
            rows = keep(unit, n_units, np.random.default_rng(seed))
            votes = unit[rows], coder[rows], value[rows]
            plain = majority(votes[0], votes[2], n_units, n_labels)
            right, tied = (plain == full)[sure], (plain < 0)[sure]
            shares.setdefault("majority, agree", []).append(float(right.mean()))
            by_coin = float((right + tied / n_labels).mean())
            shares.setdefault("majority, ties by coin", []).append(by_coin)
            models = [*own_models(n_labels), *(crowdkit_models() if seed < 3 else ())]
            for model, run in models:
                start = time.perf_counter()
                found = run(*votes)
                seconds[model] = seconds.get(model, 0) + time.perf_counter() - start
                shares.setdefault(model, []).append(float((found == full)[sure].mean()))
        print(f"{name} {dimension}: {n_units} units, {len(value)} votes, {n_seeds} seeds")
        for model, share in shares.items():
            agree = shares["majority, agree"][: len(share)]
            coin = shares["majority, ties by coin"][: len(share)]
            wins = sum(a >= b for a, b in zip(share, agree, strict=True))
            even = sum(a >= b for a, b in zip(share, coin, strict=True))
            took = f", {seconds[model] / len(share):.2f} s" if model in seconds else ""
            print(
                f"  {model:<24} {np.mean(share):.5f} (lowest {min(share):.5f}); at least majority "
                f"in {wins}/{len(share)}, with ties by coin {even}/{len(share)}{took}"
            )


if __name__ == "__main__":
    main()
