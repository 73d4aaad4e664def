"""Whether fine-tuning pays: macro-F1 and CPU seconds of a frozen and a tuned network.

Splits and draws are those of `sets.py`. The frozen model is what `train` takes by its rules
(MiniLM, from 200 labels on with TF-IDF beside it). *alone* is the tuned network with the
classifier that went along; *both* is what is kept in a bundle: the mean of its scores with those of
the frozen model. CPU seconds are those of tuning, on one thread, once; deciding by folds takes
seven times as long (docs/evidence/classifier.md).

    python benchmarks/finetune.py                              babe-bias; 200, 1,000 and all labels
    python benchmarks/finetune.py newsmtsc --sizes 1000 --seeds 1

It needs torch: pip install 'standfirst[torch]'.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
from sets import (  # type: ignore[import-not-found]
    DATA,
    SEEDS,
    Rows,
    load,
    split,
)

from standfirst.models import Model, TrainingSet, from_file
from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.encoders.registry import default_encoder, make_encoder
from standfirst.models.finetuning.fine_tune import load_tuner
from standfirst.models.finetuning.fits import Fitter
from standfirst.models.finetuning.recipe import METHODS, make_recipe
from standfirst.models.scores import macro_f1

Told = tuple[str, float, float]
"""Name of the way, macro-F1, and CPU seconds."""


def as_data(rows: Rows, some: npt.NDArray[np.int64]) -> TrainingSet:
    """Give some rows as the labelled file of a user."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w") as out:
            for row in some.tolist():
                told = {"text": rows.texts[row], "group": f"g{rows.groups[row]}"}
                told["label"] = rows.labels[row][0]
                if rows.targets is not None:
                    told["target"] = rows.texts[row][slice(*rows.targets[row])]
                out.write(json.dumps(told) + "\n")
        return from_file(path, ["label"])


def measure(rows: Rows, size: str, seed: int, methods: list[str], epochs: int) -> Iterator[Told]:
    """Learn from a draw in every way, and answer the test side."""
    cut = split(rows, seed)
    if size not in cut.draws:
        return
    drawn = cut.draws[size]
    data = as_data(rows, np.concatenate([drawn, cut.test]))
    learn = np.arange(len(drawn))
    test = np.arange(len(drawn), len(data))
    name = default_encoder()
    model = Model(data.codebook, name, make_encoder(name), {})
    tune, _, _ = load_tuner()
    fitter = Fitter(data, model, tune, {}, seed)
    truth = fitter.jobs[0].truth[test]
    began = time.process_time()
    _, vectors, (head, *_) = fitter.frozen(learn)
    assert head is not None
    answer = head.decide(head.probabilities(vectors[test]))
    yield f"frozen ({name})", macro_f1(truth, answer), time.process_time() - began
    for method in methods:
        began = time.process_time()
        recipe = make_recipe(method, len(learn), epochs=epochs or None, seed=seed)
        ensemble = fitter.tuned(learn, test, recipe)
        spent = time.process_time() - began
        tuned, frozen = ensemble.scores(0, test)
        both = tuned / tuned.std() + frozen / frozen.std()
        for told, scores in (("alone", tuned), ("both", both)):
            chosen = np.zeros_like(truth)
            chosen[np.arange(len(test)), scores.argmax(axis=1)] = True
            yield f"{method}, {told}", macro_f1(truth, chosen), spent


def main() -> None:
    """Measure, and print a table that grows with every seed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("tasks", nargs="*", default=["babe-bias"])
    parser.add_argument("--sizes", default="200,1000,all")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=0, help="0: by the number of labels")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    told = parser.parse_args()
    if told.smoke:
        told.tasks, told.sizes, told.seeds, told.epochs = ["babe-part"], "50", 1, 1
        told.methods = METHODS[0]
    if find_spec("torch") is None or not is_ready():
        print("torch or MiniLM's weights are not here; skipped")
        return
    import torch

    torch.set_num_threads(1)
    found: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for task in told.tasks:
        rows = load(task)
        if rows is None:
            print(f"{task}: {DATA} does not have it; skipped")
            continue
        for size in told.sizes.split(","):
            for seed in SEEDS[: told.seeds]:
                for name, f1, spent in measure(
                    rows, size, seed, told.methods.split(","), told.epochs
                ):
                    found[task, size, name].append((f1, spent))
                    print(f"{task} {size:>5} seed {seed}  {name:<24} {f1:.3f}  {spent:6.1f} s")
                    sys.stdout.flush()
    print(f"\n{'task':<12}{'labels':>7}  {'way':<24}  macro-F1            CPU s")
    for (task, size, name), values in found.items():
        f1, spent = np.array(values).T
        error = f1.std(ddof=1) / len(f1) ** 0.5 if len(f1) > 1 else float("nan")
        cells = f"{f1.mean():.3f} ±{error:.3f} ({len(f1)}) {spent.mean():7.1f}"
        print(f"{task:<12}{size:>7}  {name:<24}  {cells}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
