"""Macro-F1 with few labels, with and without what a codebook says of them; and with no labels.

The codebooks stand in `codebooks/`: a definition, a list of cases and one or two examples a label,
written for this, with no text out of the sets. The default is fitted on the same rows with and
without them (`standfirst.models.training.codebook_rows`), and what it knows of other tasks leaves
out the set at hand. With no labels, prototypes answer (`from_definitions`); chance gives each label
as often as it occurs.

    python benchmarks/codebook_rows.py [TASK ...] [--splits 20] [--sizes 25 50 100] [--smoke]

Differences are points, with the standard error over splits; the last column sets a size with the
codebook beside the next larger one without.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
import few_labels  # type: ignore[import-not-found]
import sets  # type: ignore[import-not-found]

from standfirst.labels.codebook.codebook import Dimension
from standfirst.labels.codebook.file import load_codebook
from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.encoders.registry import default_encoder
from standfirst.models.heads.head import fit_head
from standfirst.models.scores import macro_f1
from standfirst.models.training.candidates import Candidate
from standfirst.models.training.codebook_rows import sayings
from standfirst.models.training.features import Features
from standfirst.models.training.from_definitions import prototype_model
from standfirst.models.views import Inputs

BOOKS = Path(__file__).parent / "codebooks"

Floats = npt.NDArray[np.float64]


def dimension_of(name: str, rows: Any) -> tuple[Dimension, list[int]]:
    """Return the codebook's question, and the number of each of its labels among the rows'."""
    (dimension,) = load_codebook(BOOKS / f"{name}.yaml").dimensions
    ids = [label.replace(" ", "_").replace("-", "_") for label in rows.names]
    return dimension, [ids.index(label.id) for label in dimension.labels]


def without_labels(name: str, rows: Any) -> tuple[float, float]:
    """Let prototypes answer; return their macro-F1 and that of chance."""
    dimension, order = dimension_of(name, rows)
    model = prototype_model(load_codebook(BOOKS / f"{name}.yaml"))
    some = np.random.default_rng(1).permutation(len(rows.texts))[:3_000]
    truth = rows.truth[some][:, order]
    (answer,) = model.predict([rows.texts[row] for row in some]).values()
    rng, share = np.random.default_rng(0), truth.mean(axis=0)
    chance = []
    for _ in range(50):
        if dimension.choice == "multiple":
            drawn = rng.random(truth.shape) < share
        else:
            drawn = np.eye(len(share), dtype=bool)[rng.choice(len(share), len(truth), p=share)]
        chance.append(macro_f1(truth, drawn))
    return macro_f1(truth, answer.chosen), float(np.mean(chance))


def measure(
    name: str, rows: Any, seeds: Sequence[int], sizes: Sequence[int]
) -> dict[tuple[int, bool], Floats]:
    """Fit on draws of each size, without and with the codebook; macro-F1, one value a split."""
    dimension, order = dimension_of(name, rows)
    said = [(text, order[k]) for k, label in enumerate(dimension.labels) for text in sayings(label)]
    taught = np.eye(len(order), dtype=bool)[[label for _, label in said]]
    context: dict[str, Any] = dict(rows.context)
    for key, values in context.items():
        context[key] = [*values, *([None if key == "target_span" else ""] * len(said))]
    candidate = Candidate(default_encoder(), ("text", *(["target"] if rows.targets else [])))
    texts = [*rows.texts, *(text for text, _ in said)]
    features = Features(Inputs(texts, context), [candidate])
    found: dict[tuple[int, bool], list[float]] = {}
    for seed in seeds:
        sets.SIZES = (*sizes, None)
        cut = sets.split(rows, seed)
        test = np.random.default_rng(seed).permutation(cut.test)[: few_labels.MOST_TEST]
        for size in sizes:
            if str(size) not in cut.draws:
                continue
            drawn = cut.draws[str(size)]
            encoder, vectors = features.fit(candidate, drawn)
            for codebook in (None, (vectors[len(rows.texts) :], taught)):
                head, _ = fit_head(
                    vectors[drawn],
                    rows.truth[drawn],
                    np.array(rows.groups)[drawn],
                    multiple=dimension.choice == "multiple",
                    states=features.states(encoder),
                    seed=seed,
                    codebook=codebook,
                )
                answer = head.decide(head.probabilities(vectors[test]))
                score = macro_f1(rows.truth[test], answer)
                found.setdefault((size, codebook is not None), []).append(score)
    return {key: np.array(scores) for key, scores in found.items()}


def points(difference: Floats) -> str:
    """Write a mean over splits and its standard error, in points."""
    error = difference.std(ddof=1) / len(difference) ** 0.5
    return f"{100 * difference.mean():+.1f} ± {100 * error:.1f}"


def main() -> None:
    """Measure, and print."""
    from threadpoolctl import threadpool_limits

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=list(few_labels.FIVE))
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[25, 50, 100])
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if options.smoke:
        options.tasks, options.splits, options.sizes = ["newssd"], 2, [25, 50]
    if not is_ready():
        print("MiniLM's weights are not here; skipped")
        return
    seeds = range(100, 100 + options.splits)
    ahead: dict[int, list[float]] = {}
    print("| set | labels | without | with | with - without | beside more labels without |")
    print("|---|---|---|---|---|---|")
    with threadpool_limits(1):
        for name in options.tasks:
            if (rows := few_labels.load(name)) is None:
                print(f"{name}: {sets.DATA} does not have it; skipped")
                continue
            prototypes, chance = without_labels(name, rows)
            print(f"| {name} | 0 | {chance:.3f} (chance) | {prototypes:.3f} | | |", flush=True)
            found = measure(name, rows, seeds, options.sizes)
            for size, more in pairwise([*options.sizes, 0]):
                if (size, True) not in found:
                    continue
                without, taught = found[size, False], found[size, True]
                apart = ""
                if len(found.get((more, False), ())) == len(taught):
                    beside = taught - found[more, False]
                    apart = f"{points(beside)} ({more})"
                    ahead.setdefault(size, []).append(100 * float(beside.mean()))
                cells = f"{without.mean():.3f} | {taught.mean():.3f} | {points(taught - without)}"
                print(f"| {name} | {size} | {cells} | {apart} |", flush=True)
    for size, values in ahead.items():
        told = f"{np.mean(values):+.1f} points beside the next size without"
        print(f"{size} labels with the codebook, mean of {len(values)} sets: {told}")


if __name__ == "__main__":
    main()
