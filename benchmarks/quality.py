"""Few-label quality: macro-F1 and CPU seconds at 50, 200, 1,000 and all labels.

Splits and draws are those of `sets.py`: whole articles on one side, five seeds. Every method is
`standfirst` as a user runs it, without tuning by hand: penalty, calibration and rule are chosen by
folds within the draw. Vectors are made once and kept outside of the repository; CPU seconds are
those of fitting, choosing and answering, without the networks (rates: docs/evidence/speed.md).

    python benchmarks/quality.py                       all tasks, the methods that are ready
    python benchmarks/quality.py babe-bias newsmtsc    some tasks
    python benchmarks/quality.py --seeds 2 --plot      fewer seeds; docs/images/quality.png
    python benchmarks/quality.py newsmtsc --sizes 200 1000 --only default "minilm, no target"

mpnet is measured on the `-part` tasks, and elsewhere with --mpnet (a minute a thousand rows).
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
from sets import (  # type: ignore[import-not-found]
    DATA,
    SEEDS,
    TASKS,
    Rows,
    Split,
    load,
    split,
)

from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.heads.head import fit_head
from standfirst.models.scores import calibration_error, macro_f1
from standfirst.models.training.candidates import Candidate
from standfirst.models.training.features import Features
from standfirst.models.views import Inputs

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "quality.png"
SIZES = ("50", "200", "1000", "all")
Found = dict[tuple[str, str, str], list[tuple[float, float, float]]]
"""Task, method, size to macro-F1, CPU seconds and calibration error, one a seed."""


def methods(rows: Rows, *, with_mpnet: bool) -> dict[str, dict[str, Candidate]]:
    """Give the methods of a task: name to the candidate of each size."""
    networks = [name for name in ("minilm", "mpnet") if is_ready(name)]
    if not (with_mpnet or rows.name.endswith("-part")):
        networks = [name for name in networks if name != "mpnet"]
    target = ("target",) if rows.targets else ()
    made = {"tfidf": Candidate("tfidf", ("text", *target))}
    for name in networks:
        if target:
            made[f"{name}, no target"] = Candidate(name)
        made[name] = Candidate(name, ("text", *target))
        made[f"{name}+tfidf"] = Candidate(f"{name}+tfidf", ("text", *target))
        if any(rows.before):
            made[f"{name}, neighbours"] = Candidate(name, ("text", "before", "after"))
    found = {name: dict.fromkeys(SIZES, candidate) for name, candidate in made.items()}
    if "minilm" in made:
        found["default"] = found["minilm+tfidf"]
    return found


def measure(
    rows: Rows, cut: Split, features: Features, key: tuple[Candidate, str], seed: int
) -> tuple[float, float, float]:
    """Learn from a draw and answer the test side."""
    candidate, size = key
    truth, groups, drawn = rows.truth, np.array(rows.groups), cut.draws[size]
    began = time.process_time()
    encoder, vectors = features.fit(candidate, drawn)
    head, _ = fit_head(
        vectors[drawn],
        truth[drawn],
        groups[drawn],
        multiple=TASKS[rows.name].multiple,
        states=features.states(encoder),
        seed=seed,
    )
    probability = head.probabilities(vectors[cut.test])
    answer = head.decide(probability)
    spent = time.process_time() - began
    held: npt.NDArray[np.bool_] = truth[cut.test]
    return macro_f1(held, answer), spent, calibration_error(held, probability)


def run(
    task: str, seeds: int, *, sizes: list[str], only: list[str], with_mpnet: bool
) -> Iterator[tuple[str, str, str, list[float]]]:
    """Measure the methods of a task."""
    rows = load(task)
    if rows is None:
        print(f"{task}: {DATA} does not have it; skipped")
        return
    found = methods(rows, with_mpnet=with_mpnet)
    found = {name: one for name, one in found.items() if not only or name in only}
    candidates = list({one: None for by_size in found.values() for one in by_size.values()})
    features = Features(Inputs(rows.texts, rows.context), candidates)
    for seed in SEEDS[:seeds]:
        cut = split(rows, seed)
        known: dict[tuple[Candidate, str], tuple[float, float, float]] = {}
        for method, by_size in found.items():
            for size in [one for one in cut.draws if one in sizes]:
                key = by_size[size], size
                if key not in known:
                    known[key] = measure(rows, cut, features, key, seed)
                yield task, method, size, list(known[key])


def table(found: Found, task: str) -> None:
    """Print one task: mean macro-F1 and its standard error over seeds, then CPU seconds."""
    names = list(dict.fromkeys(method for one, method, _ in found if one == task))
    sizes = [size for size in SIZES if any((task, name, size) in found for name in names)]
    print(f"\n{task:<22}" + "".join(f"{size:>16}" for size in sizes) + "    ECE   CPU s")
    for name in names:
        cells = []
        for size in sizes:
            f1 = np.array([one[0] for one in found[task, name, size]])
            error = f1.std(ddof=1) / len(f1) ** 0.5 if len(f1) > 1 else float("nan")
            cells.append(f"{f1.mean():9.3f} ±{error:5.3f}")
        last = "1000" if "1000" in sizes else sizes[-1]
        ece = np.mean([one[2] for one in found[task, name, last]])
        spent = np.mean([one[1] for one in found[task, name, last]])
        print(f"  {name:<20}" + "".join(cells) + f"  {ece:6.3f} {spent:6.2f}")


def plot(found: Found) -> None:
    """Draw macro-F1 by number of labels, one panel a task."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("matplotlib is not installed: no plot")
        return
    mpl.use("agg")
    from matplotlib import pyplot as plt

    tasks = list(dict.fromkeys(task for task, _, _ in found))
    columns = min(3, len(tasks))
    n_rows = -(-len(tasks) // columns)
    figure, axes = plt.subplots(
        n_rows, columns, figsize=(3.6 * columns, 2.9 * n_rows), squeeze=False
    )
    shown = {"tfidf": "#888888", "default": "#1b6ca8", "mpnet": "#c0392b"}
    shown["minilm, no target"] = "#8fbbda"
    for axis, task in zip(axes.flat, tasks, strict=False):
        sizes = [size for size in SIZES if any((task, name, size) in found for name in shown)]
        for name, colour in shown.items():
            means, errors = [], []
            for size in sizes:
                f1 = np.array([one[0] for one in found.get((task, name, size), [])])
                if len(f1) > 1:
                    means.append(f1.mean())
                    errors.append(f1.std(ddof=1) / len(f1) ** 0.5)
            if len(means) == len(sizes):
                axis.errorbar(
                    range(len(sizes)), means, errors, label=name, color=colour, marker="o", ms=3
                )
        axis.set_title(task, fontsize=9)
        axis.set_xticks(range(len(sizes)), sizes, fontsize=8)
        axis.tick_params(axis="y", labelsize=8)
        axis.grid(alpha=0.25)
    for axis in axes.flat[len(tasks) :]:
        axis.axis("off")
    named = {
        label: handle
        for axis in axes.flat
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        named.values(), named.keys(), fontsize=8, loc="lower right", bbox_to_anchor=(0.98, 0.03)
    )
    figure.supxlabel("labelled rows", fontsize=9)
    figure.supylabel("macro-F1 on other articles", fontsize=9)
    figure.tight_layout()
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(IMAGE, dpi=90)
    print(f"\nwritten: {IMAGE}")


def main() -> None:
    """Measure, print, and draw if asked."""
    from threadpoolctl import threadpool_limits

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("tasks", nargs="*", default=list(TASKS))
    options.add_argument("--seeds", type=int, default=len(SEEDS))
    options.add_argument("--plot", action="store_true")
    options.add_argument("--mpnet", action="store_true")
    options.add_argument("--sizes", nargs="+", default=list(SIZES))
    options.add_argument("--only", nargs="+", default=[], help="methods, as the table names them")
    options.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    asked = options.parse_args()
    if asked.smoke:
        asked.tasks, asked.seeds, asked.sizes, asked.only = ["babe-bias"], 1, ["50"], ["tfidf"]
    found: Found = defaultdict(list)
    print("macro-F1 ± standard error over seeds; ECE and CPU seconds at 1,000 labels, or all")
    for task in asked.tasks:
        with threadpool_limits(1):
            for one, method, size, values in run(
                task, asked.seeds, sizes=asked.sizes, only=asked.only, with_mpnet=asked.mpnet
            ):
                found[one, method, size].append((values[0], values[1], values[2]))
        if any(one == task for one, _, _ in found):
            table(found, task)
            sys.stdout.flush()
    if asked.plot and found:
        plot(found)


if __name__ == "__main__":
    main()
