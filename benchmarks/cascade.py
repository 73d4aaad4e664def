"""What a cascade keeps of its teacher, how much faster it is, and whether it keeps its promise.

Five folds over the articles of a set. In each, a teacher is trained on 1,000 labelled rows of four
folds. The other rows of these folds, without their labels, are the corpus: of them students learn,
and on a part of them the promise is tested; sentences of the other sets are only learned from.
Teacher and cascade answer the fifth fold: macro-F1 is over all rows together. Seconds are CPU
seconds from Arrow to Arrow in one process, both models on the same rows.

    python benchmarks/cascade.py [--set babe] [--teacher minilm] [--student hashed-pieces]
        [--rate 0.97] [--folds 5] [--labels 1000] [--others 5000] [--smoke]
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
from distil import Remembering, some  # type: ignore[import-not-found]

from standfirst.models import Model, from_file, train
from standfirst.models.cascade.cascade import Cascade
from standfirst.models.cascade.promise import choose_level, most_assured
from standfirst.models.labelled.folds import grouped_folds
from standfirst.models.labelled.training_set import TrainingSet
from standfirst.models.predictor import Predictor
from standfirst.models.scores import macro_f1
from standfirst.models.tagging.tags import tag_units
from standfirst.models.training.distil import pool_rows
from standfirst.models.training.teach_cascade import Taught, teach_cascade

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
SETS = {"babe": "bias", "newsmtsc": "sentiment", "csta_immigration": "topic"}
OTHERS = (*SETS, "newssd_eng")
RATES = (0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)

Bools = npt.NDArray[np.bool_]


@dataclasses.dataclass
class Rate:
    """What was seen at one rate."""

    answers: Bools
    """Of the cascade, on all rows."""
    shares: list[float]
    """Share that was sent on, fold by fold."""
    kept: list[float]
    """Agreement with the teacher, fold by fold."""
    seconds: list[float]
    """CPU seconds of the cascade, fold by fold."""


def seconds(model: Predictor, texts: Sequence[str]) -> float:
    """Measure the CPU seconds of tagging texts."""
    units = pa.table({"unit_id": [str(k) for k in range(len(texts))], "text": list(texts)})
    tag_units(model, units.slice(0, 20))
    begun = time.process_time()
    tag_units(model, units)
    return time.process_time() - begun


def quick(model: Model, *, smoke: bool) -> Model:
    """Return a model that looks the vectors of its network up where they were made before."""
    if smoke:
        return model
    kept: Any = Remembering(model.encoder)
    return dataclasses.replace(model, encoder=kept, _table=[])


def taught_by(
    teacher: Model, data: TrainingSet, labelled: Sequence[int], rest: Sequence[int], options: Any
) -> Taught:
    """Teach the students of one fold."""
    owners = [str(data.groups[row]) for row in rest]
    known = [data.texts[row] for row in (*labelled, *rest)]
    own = [data.texts[row] for row in rest]
    rows = pool_rows(own, owners, leave_out=[data.texts[row] for row in labelled]).tolist()
    further = others(options)
    further = [further[row] for row in pool_rows(further, leave_out=known).tolist()]
    return teach_cascade(
        teacher,
        [own[row] for row in rows],
        [owners[row] for row in rows],
        students=options.student or ["hashed-pieces"],
        learn_only=[*(data.texts[row] for row in labelled), *further],
        rate=0.5,
    )


def others(options: Any) -> list[str]:
    """Read the sentences of the other sets."""
    texts = [
        json.loads(line)["text"]
        for name in OTHERS
        if name != options.set
        for line in (DATA / f"{name}.jsonl").open(encoding="utf-8")
    ]
    order = np.random.default_rng(0).permutation(len(texts))
    return [texts[row] for row in order[: options.others].tolist()]


def main() -> None:
    options = _options()
    if not (DATA / f"{options.set}.jsonl").is_file():
        print(f"{DATA} is not here: nothing to measure")
        return
    dimension = SETS[options.set]
    data = from_file(DATA / f"{options.set}.jsonl", [dimension])
    rows, truth = data.truth(dimension)
    if options.smoke:
        rows, truth = rows[:900], truth[:900]
    data = some(data, rows)
    rates = options.rate or RATES
    by_teacher = np.zeros(truth.shape, bool)
    seen = {rate: Rate(by_teacher.copy(), [], [], []) for rate in rates}
    alone: list[float] = []
    scored = np.zeros(len(truth), bool)
    for number, (part, test) in enumerate(grouped_folds(truth, data.groups, 5, 0)[: options.folds]):
        drawn = np.random.default_rng(number).permutation(part)
        labelled, rest = np.sort(drawn[: options.labels]), np.sort(drawn[options.labels :])
        teacher = train(some(data, labelled), encoder=options.teacher, n_folds=2).model
        # Heads that left out a fold serve to measure shares; here they would only take time.
        teacher = dataclasses.replace(teacher, folds=None)
        fast = quick(teacher, smoke=options.smoke)
        taught = taught_by(fast, data, labelled.tolist(), rest.tolist(), options)
        texts = [data.texts[row] for row in test]
        by_teacher[test] = fast.predict(texts)[dimension].chosen
        scored[test] = True
        timed = np.sort(np.random.default_rng(number).permutation(len(test))[: options.timed])
        timed_texts = [texts[row] for row in timed.tolist()]
        alone.append(seconds(teacher, timed_texts))
        for rate, found in seen.items():
            promise = choose_level(taught.held, rate)
            cascade = Cascade.of(fast, taught.students, promise)
            answer = cascade.predict(texts)[dimension]
            found.answers[test] = answer.chosen
            found.shares.append(float(np.mean(np.asarray(answer.stage) == len(taught.students))))
            found.kept.append(float((answer.chosen == by_teacher[test]).all(axis=1).mean()))
            real = Cascade.of(teacher, taught.students, promise)
            found.seconds.append(seconds(real, timed_texts))
        print(
            f"fold {number}: {len(labelled)} labels, {len(taught.held)} held out of "
            f"{taught.n_pool}, assures {most_assured(taught.held.articles):.4f}; teacher "
            f"{macro_f1(truth[test], by_teacher[test]):.3f}; sent on "
            + ", ".join(f"{found.shares[-1]:.2f} at {rate:g}" for rate, found in seen.items()),
            flush=True,
        )
    _table(options, truth[scored], by_teacher[scored], seen, alone, scored=scored)


def _table(
    options: Any,
    truth: Bools,
    by_teacher: Bools,
    seen: dict[float, Rate],
    alone: list[float],
    *,
    scored: Bools,
) -> None:
    full = macro_f1(truth, by_teacher)
    stages = " > ".join([*(options.student or ["hashed-pieces"]), options.teacher])
    print(f"\n{options.set}, {len(truth)} rows, {len(alone)} folds, {stages}: teacher {full:.3f}")
    print(
        "| promised | sent on | macro-F1 (difference) | agreement, lowest fold | kept in | "
        "times the speed |\n|---|---|---|---|---|---|"
    )
    for rate, found in seen.items():
        own = macro_f1(truth, found.answers[scored])
        kept = float((found.answers[scored] == by_teacher).all(axis=1).mean())
        n_kept = sum(one >= rate for one in found.kept)
        times = sum(alone) / sum(found.seconds)
        print(
            f"| {rate:g} | {np.mean(found.shares):.1%} | {own:.3f} ({100 * (own - full):+.1f}) | "
            f"{kept:.4f}, {min(found.kept):.4f} | {n_kept} of {len(alone)} | {times:.1f} |"
        )


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=list(SETS), default="babe")
    parser.add_argument("--teacher", default="minilm")
    parser.add_argument("--student", action="append", help="the fastest first")
    parser.add_argument("--rate", action="append", type=float)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--labels", type=int, default=1_000)
    parser.add_argument("--others", type=int, help="sentences of other sets; all by default")
    parser.add_argument("--timed", type=int, default=600, help="rows a fold to measure seconds on")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if options.smoke:
        options.student, options.teacher, options.folds = ["hashed"], "tfidf", 2
        options.labels, options.rate = 200, [0.8, 0.9]
        options.others, options.timed = 500, 50
    return options


if __name__ == "__main__":
    main()
