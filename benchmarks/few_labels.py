"""Macro-F1 with 25 to 1,000 labels, beside the plain probe and counted words in the same run.

The probe is what anybody would write: the last layer of MiniLM, rows of length 1, logistic
regression with balanced labels, its penalty by grouped folds. Counted words get the same. The
default is what `train` fits, and what it knows of other tasks leaves out the set at hand
(`standfirst.models.heads.other_tasks`); `alone` is the default without other tasks. Articles are
split and labels drawn as in `quality.py`; all methods see the same rows.

    python benchmarks/few_labels.py [TASK ...] [--splits 20] [--sizes 25 50 100 200 500 1000]
        [--larger] [--save FOLDER] [--smoke]

It prints macro-F1 of each method, how far the default is from the others (points, with the standard
error over splits), the average precision and recall of the rarest label, and CPU seconds of a fit.
With --larger MPNet is measured in MiniLM's place, too, on at most 3,000 rows of a set, as it reads
seven times as slowly.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

sys.path.insert(0, str(Path(__file__).parent))
import sets  # type: ignore[import-not-found]

from standfirst.models.encoders.networks.transformer import Transformer, is_ready
from standfirst.models.encoders.registry import default_encoder
from standfirst.models.encoders.words.tfidf import Tfidf
from standfirst.models.heads.head import fit_head
from standfirst.models.heads.linear import fit_path
from standfirst.models.heads.other_tasks import OtherTasks
from standfirst.models.labelled.folds import grouped_folds
from standfirst.models.matrix import Matrix
from standfirst.models.scores import macro_f1
from standfirst.models.training.candidates import Candidate
from standfirst.models.training.features import Features, states_of
from standfirst.models.views import Inputs

TASKS = {
    "babe-bias": sets.TASKS["babe-bias"],
    "babe-opinion": sets.Task("babe", "opinion"),
    "babe-topics": sets.Task("babe", ""),
    "newsmtsc": sets.Task("newsmtsc", "sentiment", target=True, most=5_000),
    "newssd": sets.TASKS["newssd"],
    "csta-topic": sets.TASKS["csta-topic"],
    "frames": sets.TASKS["narrative-frames"],
}
"""The tasks of five sets; topics are the nine largest ones of babe."""

NONE = OtherTasks(())

FIVE = ("babe-bias", "newsmtsc", "newssd", "csta-topic", "frames")
"""One task a set, for means over sets."""

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
MOST_TEST = 1_200
MOST_OF_LARGER = 3_000

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def probe(vectors: Matrix, truth: Bools, groups: Ints, test: Matrix, *, multiple: bool) -> Any:
    """Fit the plain probe and answer; scores above zero, or the largest."""

    def chosen(scores: npt.NDArray[np.float64]) -> Bools:
        if multiple:
            return scores > 0
        answer = np.zeros(scores.shape, bool)
        answer[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return answer

    held = [np.zeros(truth.shape) for _ in STRENGTHS]
    for train, other in grouped_folds(truth, groups, 5, 0):
        path = fit_path(vectors[train], truth[train], STRENGTHS, multiple)
        for scores, fit in zip(held, path, strict=True):
            scores[other] = fit.scores(vectors[other])
    best = int(np.argmax([macro_f1(truth, chosen(scores)) for scores in held]))
    scores = fit_path(vectors, truth, STRENGTHS[: best + 1], multiple)[-1].scores(test)
    return chosen(scores), scores


def load(name: str, most: int | None = None) -> Any:
    """Read the rows of a task, at most so many; None where its set is not here."""
    sets.TASKS[name] = TASKS[name] if most is None else replace(TASKS[name], most=most)
    if name != "babe-topics":
        return sets.load(name)
    path = sets.DATA / "babe.jsonl"
    if not path.is_file():
        return None
    rows = [json.loads(line) for line in path.read_text().split("\n") if line]
    topics = [row["meta"]["topic"] for row in rows]
    kept = sorted(set(topics), key=lambda topic: -topics.count(topic))[:9]
    rows = [row for row in rows if row["meta"]["topic"] in kept]
    texts = [row["text"] for row in rows]
    nothing = [""] * len(rows)
    groups = sets.join_groups(texts, [row["article_id"] for row in rows]).tolist()
    labels = [[row["meta"]["topic"]] for row in rows]
    return sets.Rows(name, texts, labels, groups, sorted(kept), None, nothing, nothing)


class Task:
    """One task, read once by all methods."""

    def __init__(self, name: str, rows: Any, *, larger: bool) -> None:
        self.multiple = TASKS[name].multiple
        self.truth, self.groups = rows.truth, np.array(rows.groups)
        target = ["target"] if rows.targets else []
        self.candidates = {"default": Candidate(default_encoder(), ("text", *target))}
        if larger:
            self.candidates["larger"] = Candidate("mpnet+tfidf", ("text", *target))
        context = Inputs(rows.texts, rows.context)
        self.features = Features(context, list(self.candidates.values()))
        network = Transformer.named("minilm")
        # Of the same cache: a set is read once for all methods.
        width, states = network.weights.network.width, network.begin(rows.texts)[1]
        self.last = states[:, -width:]
        self.words, self.counts = Tfidf().begin(rows.texts)

    def measure(self, drawn: Ints, test: Ints, seed: int) -> dict[str, list[float]]:
        """Fit all methods: macro-F1, the rarest label's precision and recall, CPU seconds."""
        truth, groups = self.truth[drawn], self.groups[drawn]
        seen = truth.any(axis=0)
        rare = int(np.where(self.truth.any(axis=0), self.truth.mean(axis=0), 2).argmin())
        found = {}
        tasks = self.features.tasks
        fits = {name: (one, tasks) for name, one in self.candidates.items()}
        for name, (candidate, known) in (fits | {"alone": (fits["default"][0], NONE)}).items():
            encoder, vectors = self.features.fit(candidate, drawn)
            began = time.process_time()
            head, _ = fit_head(
                vectors[drawn],
                truth,
                groups,
                multiple=self.multiple,
                states=states_of(encoder, known),
                seed=seed,
            )
            spent = time.process_time() - began
            scores = head.probabilities(vectors[test])
            found[name] = self._scored(head.decide(scores), scores, test, rare, spent)
        words = self.words.fit(self.counts[drawn]).transform(self.counts)
        for name, rows in (("probe", self.last), ("words", words)):
            began = time.process_time()
            some, scores = probe(
                rows[drawn], truth[:, seen], groups, rows[test], multiple=self.multiple
            )
            spent = time.process_time() - began
            answer = np.zeros((len(test), len(seen)), bool)
            full = np.full(answer.shape, -1e9)
            answer[:, seen], full[:, seen] = some, scores
            found[name] = self._scored(answer, full, test, rare, spent)
        return found

    def _scored(
        self, answer: Bools, scores: npt.NDArray[np.float64], test: Ints, rare: int, spent: float
    ) -> list[float]:
        truth = self.truth[test]
        hits = float((answer & truth)[:, rare].sum())
        precision = hits / max(int(answer[:, rare].sum()), 1)
        recall = hits / max(int(truth[:, rare].sum()), 1)
        ranked = float(average_precision_score(truth[:, rare], scores[:, rare]))
        return [macro_f1(truth, answer), precision, recall, ranked, spent]


def run(
    name: str, rows: Any, splits: int, sizes: Sequence[int], save: Path | None, *, larger: bool
) -> Any:
    """Measure a task; what was saved before is not measured again."""
    path = save / f"{name}.json" if save else None
    found = json.loads(path.read_text()) if path and path.is_file() else {}
    task = None
    for seed in range(100, 100 + splits):
        wanted = [size for size in sizes if f"{size}/{seed}" not in found]
        if not wanted:
            continue
        task = task or Task(name, rows, larger=larger)
        sets.SIZES = (*sizes, None)
        cut = sets.split(rows, seed)
        test = np.random.default_rng(seed).permutation(cut.test)[:MOST_TEST]
        for size in wanted:
            if str(size) in cut.draws:
                found[f"{size}/{seed}"] = task.measure(cut.draws[str(size)], test, seed)
        if path:
            path.write_text(json.dumps(found))
    return found


def table(name: str, found: Any, sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """Print one task, and give the mean distances of the default to the others."""
    distances: dict[int, dict[str, float]] = {}
    larger = any("larger" in one for one in found.values())
    print(
        f"\n{name}\n| labels | default | probe | words | default - probe | - words | - alone |",
        " larger - default |" if larger else "",
        " rarest label: precision, recall, average precision (probe) | CPU s |",
        sep="",
    )
    print("|---" * (10 if larger else 9) + "|")
    for size in sizes:
        rows = [one for key, one in found.items() if key.split("/")[0] == str(size)]
        if len(rows) < 2:
            continue
        values = {method: np.array([row[method] for row in rows]) for method in rows[0]}
        ours = values["default"][:, 0]
        cells = [f"{values[method][:, 0].mean():.3f}" for method in ("default", "probe", "words")]
        distances[size] = {}
        for other in ("probe", "words", "alone", "larger")[: 4 if larger else 3]:
            apart = 100 * (ours - values[other][:, 0]) * (-1 if other == "larger" else 1)
            distances[size][other] = float(apart.mean())
            cells.append(f"{apart.mean():+.1f} ± {apart.std(ddof=1) / len(apart) ** 0.5:.1f}")
        means, of_probe = values["default"].mean(axis=0), values["probe"].mean(axis=0)
        both = zip(means[1:4], of_probe[1:4], strict=True)
        cells += [", ".join(f"{one:.2f} ({two:.2f})" for one, two in both), f"{means[4]:.2f}"]
        print(f"| {size} | " + " | ".join(cells) + " |", flush=True)
    return distances


def main() -> None:
    """Measure, and print."""
    from threadpoolctl import threadpool_limits

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[25, 50, 100, 200, 500, 1_000])
    parser.add_argument("--larger", action="store_true", help="measure MPNet, too")
    parser.add_argument("--save", type=Path, help="folder in which to keep what was measured")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(TASKS):
        parser.error(f"no such task: {', '.join(sorted(unknown))}; known: {', '.join(TASKS)}")
    if options.smoke:
        options.tasks, options.splits, options.sizes = ["newssd"], 2, [25]
    if not is_ready() or (options.larger and not is_ready("mpnet")):
        print("the weights of MiniLM (or MPNet) are not here; skipped")
        return
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    apart: dict[str, dict[int, dict[str, float]]] = {}
    with threadpool_limits(1):
        for name in options.tasks:
            if (rows := load(name, MOST_OF_LARGER if options.larger else None)) is None:
                print(f"{name}: {sets.DATA} does not have it; skipped")
                continue
            found = run(
                name, rows, options.splits, options.sizes, options.save, larger=options.larger
            )
            apart[name] = table(name, found, options.sizes)
    for size in options.sizes:
        known = [apart[name][size] for name in FIVE if size in apart.get(name, {})]
        if known:
            told = ", ".join(f"{o} {np.mean([k[o] for k in known]):+.1f}" for o in known[0])
            print(
                f"{size} labels, mean of {len(known)} sets, default minus others (larger: minus "
                f"default): {told}"
            )


if __name__ == "__main__":
    main()
