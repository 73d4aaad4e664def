"""What a distilled student keeps of its teacher on babe's bias, and how much faster it tags.

Five folds over babe's articles. In each, MiniLM is trained on the labelled rows of four folds; it
then labels a pool that holds no text and no article of the fifth: the training side without its
labels, and the sentences of the other sets. Teacher and student are scored on the fifth fold; the
figures are over all rows together. Rates are units a second of CPU, from Arrow to Arrow.

    python benchmarks/distil.py [--student hashed-pieces] [--folds 5] [--smoke]
"""

import argparse
import dataclasses
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
os.environ["STANDFIRST_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from standfirst.models import Model, from_file, train
from standfirst.models.labelled.folds import grouped_folds
from standfirst.models.labelled.training_set import TrainingSet
from standfirst.models.scores import macro_f1
from standfirst.models.tagging.tags import tag_units
from standfirst.models.training.distil import distil, make_pool

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
OTHERS = ("newsmtsc", "csta_immigration", "newssd_eng")


def some(data: TrainingSet, rows: npt.NDArray[np.int64]) -> TrainingSet:
    """Take rows of a training set."""
    answers = {name: tuple(found[row] for row in rows) for name, found in data.answers.items()}
    texts = tuple(data.texts[row] for row in rows)
    return TrainingSet(
        data.source, data.codebook, texts, answers, data.groups[rows], data.grouped_by
    )


def rate(model: Model, texts: list[str]) -> float:
    """Give units a second of CPU."""
    units = pa.table({"unit_id": [str(k) for k in range(len(texts))], "text": texts})
    tag_units(model, units.slice(0, 100))
    begun = time.process_time()
    tag_units(model, units)
    return len(texts) / (time.process_time() - begun)


class Remembering:
    """A pretrained encoder that looks vectors up in the cache of training, so that folds share."""

    needs = ()

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def encode(self, texts: Sequence[str]) -> Any:
        """Give vectors, from the cache where it has them."""
        return self.encoder.begin(texts)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--student", action="append")
    parser.add_argument("--teacher", default="minilm", help="a pretrained encoder")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if options.smoke:
        options.student, options.teacher, options.folds = ["hashed"], "tfidf", 2
    if not (DATA / "babe.jsonl").is_file():
        print(f"{DATA} is not here: nothing to measure")
        return
    data = from_file(DATA / "babe.jsonl", ["bias"])
    rows, truth = data.truth("bias")
    if options.smoke:
        rows, truth = rows[:300], truth[:300]
    data = some(data, rows)
    unlabelled = [
        json.loads(line)["text"]
        for name in OTHERS
        for line in (DATA / f"{name}.jsonl").open(encoding="utf-8")
    ][: 1_000 if options.smoke else None]
    students = options.student or ["hashed", "hashed-pieces"]
    names = ["teacher", *students]
    answers = {name: np.zeros(truth.shape, bool) for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    pools = []
    for part, test in grouped_folds(truth, data.groups, options.folds, 0):
        teacher = train(some(data, part), encoder=options.teacher, n_folds=2).model
        quick = teacher
        if not options.smoke:
            kept: Any = Remembering(teacher.encoder)
            quick = dataclasses.replace(teacher, encoder=kept, _table=[])
        gold = some(data, test)
        pool = make_pool([*(data.texts[row] for row in part), *unlabelled], leave_out=gold.texts)
        pools.append(len(pool))
        answers["teacher"][test] = teacher.predict(gold.texts)["bias"].chosen
        rates["teacher"].append(rate(teacher, list(gold.texts)[:300]))
        for name in students:
            student = distil(quick, pool, student=name, gold=gold).model
            answers[name][test] = student.predict(gold.texts)["bias"].chosen
            rates[name].append(rate(student, pool[:10_000]))
        done = ", ".join(f"{n} {macro_f1(truth[test], answers[n][test]):.3f}" for n in names)
        print(f"fold of {len(test)}: {done}", flush=True)
    full = macro_f1(truth, answers["teacher"])
    print(f"\nbabe bias, {len(truth)} rows, {options.folds} folds of articles; pool {pools}")
    print("| model | macro-F1 | kept | units a second | times the teacher |\n|---|---|---|---|---|")
    for name in names:
        f1, speed = macro_f1(truth, answers[name]), float(np.median(rates[name]))
        times = speed / float(np.median(rates["teacher"]))
        print(f"| {name} | {f1:.3f} | {f1 / full:.1%} | {speed:,.0f} | {times:,.0f} |")


if __name__ == "__main__":
    main()
