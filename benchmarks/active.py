"""How many labels a design saves: learning curves of active draws against random ones.

The classifier is the project's own (`fit_head` on MiniLM's vectors, no sample weights: weighting by
the design, in full or by its root, was tried and changed nothing). Each round goes by the model of
the rounds before it, as in a study. Draws lean by the root of the score with a fifth at random, as
the command's do. No held-out article is ever drawn from.

babe (bias): three folds of whole articles, others for each seed. csta_immigration (topic, 3.5 %
positive) has only nine manifestos, and one of them holds half of the positives; so its folds are
fixed: BNP and SNP; Conservatives, Liberal Democrats and their coalition agreement, which repeats
both; Labour, Greens, UKIP and Plaid Cymru. Each manifesto is scored by models that saw nothing of
its fold, and macro-F1 is computed over all nine together. Seeds differ in what is drawn.

"labels needed" is where the mean curve first reaches the macro-F1 of random sampling, read between
the rounds on a straight line. Labels count those of one training.

    python benchmarks/active.py ../shared/data [--seeds 10] [--plot docs/images] [--smoke]
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from standfirst.annotate.design.pool import Aim, Pool, Scores
from standfirst.annotate.design.rules import RULES
from standfirst.models.encoders.registry import default_network, make_encoder
from standfirst.models.heads.head import Head, fit_head
from standfirst.models.labelled.folds import grouped_folds
from standfirst.models.matrix import States
from standfirst.models.scores import macro_f1

MANIFESTOS = (
    ("BNP 2010", "SNP 2010"),
    ("Con 2010", "LD 2010", "Coalition 2010"),
    ("Lab 2010", "Greens 2010", "UKIP 2010", "PC 2010"),
)
"""Manifestos that are held out together."""

AIM = Aim("label", 1)
LAYER = 384
HALVES = (slice(0, LAYER), slice(LAYER, 2 * LAYER))
"""Layers 4 and 6 of MiniLM: the two encoders that can disagree."""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Task:
    """A labelled data set, and how it is used."""

    name: str
    vectors: NDArray[np.float32]
    truth: Bools
    """Shape (n_rows, 2); the second column is the label that is looked for."""
    articles: Ints
    keyword: Bools
    """Rows that hold a word which a reader of the codebook would search for."""
    step: int
    """Labels of a round of the active designs."""
    random_step: int
    """Labels after which random sampling is looked at."""
    top: int
    """Labels of the active designs at the end."""
    random_top: int
    """Labels of random sampling at the end, which serves as the yardstick."""
    fixed: tuple[Ints, ...] = ()
    """The folds, where they are the same for every seed."""

    def folds(self, seed: int) -> Sequence[Ints]:
        """Give the rows that each fold holds out."""
        if self.fixed:
            return self.fixed
        return [test for _, test in grouped_folds(self.truth, self.articles, 3, seed)]


@dataclass(frozen=True, slots=True)
class Design:
    """How the rounds are drawn."""

    name: str
    first: str
    """Rule of the first round."""
    later: str
    """Rule of the others."""


def task(folder: Path, name: str, most: int | None = None) -> Task:
    """Read a data set, and encode its sentences (once: the vectors are cached)."""
    file, dimension, label, keyword, step, random_step, top, random_top = {
        "csta": ("csta_immigration", "topic", "immigration", "immigra|asylum", 100, 200, 600, 1200),
        "babe": ("babe", "bias", "biased", "", 100, 100, 600, 600),
    }[name]
    rows = [
        row
        for line in (folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
        if (row := json.loads(line))["labels"].get(dimension) is not None
    ][:most]
    texts = [row["text"] for row in rows]
    articles = [row["article_id"] for row in rows]
    numbers = {article: i for i, article in enumerate(dict.fromkeys(articles))}
    positive = np.array([row["labels"][dimension] == label for row in rows])
    fixed = [np.flatnonzero(np.isin(articles, held)) for held in MANIFESTOS]
    return Task(
        f"{file} ({dimension})",
        make_encoder("minilm").begin(texts)[1],
        np.column_stack([~positive, positive]),
        np.array([numbers[article] for article in articles]),
        np.array([bool(keyword and re.search(keyword, t, re.IGNORECASE)) for t in texts]),
        step,
        random_step,
        top,
        random_top,
        tuple(fixed) if name == "csta" else (),
    )


def rounds(
    data: Task, design: Design, test: Ints, seed: Sequence[int]
) -> Iterator[tuple[Ints, Head | None]]:
    """Draw round after round by the models of those before; give all rows drawn, and the model."""
    rng = np.random.default_rng(seed)
    pool = np.setdiff1d(np.arange(len(data.truth)), test)
    drawn = np.zeros(0, np.int64)
    plain = design.later == "random"
    top, step = (data.random_top, data.random_step) if plain else (data.top, data.step)
    whole = slice(None)
    head: Head | None = None
    while len(drawn) < top:
        rule = design.later if len(drawn) else design.first
        scores = Scores()
        if rule == "diversity":
            scores = Scores(vectors=data.vectors[pool])
        elif rule in {"rare", "entropy", "disagreement"}:
            heads: list[tuple[Head | None, slice]] = [(head, whole)]
            if rule == "disagreement":
                heads = [(fit(data, drawn, part), part) for part in HALVES]
            scores = Scores([{"label": ask(head, data.vectors[pool][:, p])} for head, p in heads])
        by_word = rule == "keyword"
        strata = ["hit" if by_word and hit else "" for hit in data.keyword[pool]]
        given = Pool([str(row) for row in pool], strata, scores, AIM)
        chosen = np.array(RULES[rule].draw(given, step, rng)[0])
        drawn = np.concatenate([drawn, pool[chosen]])
        pool = np.delete(pool, chosen)
        head = fit(data, drawn, whole)
        yield drawn, head


def fit(data: Task, drawn: Ints, part: slice) -> Head | None:
    """Fit the project's classifier; None while only one label was seen."""
    truth = data.truth[drawn]
    if not truth.any(axis=0).all():
        return None
    vectors = data.vectors[drawn][:, part]
    # As `train` does it: all columns are states of the network.
    width = vectors.shape[1]
    states = [States(0, width - LAYER, width)]
    return fit_head(vectors, truth, data.articles[drawn], multiple=False, states=states)[0]


def ask(head: Head | None, vectors: NDArray[np.float32]) -> Floats:
    """Give probabilities; all alike where there is no classifier."""
    return np.full((len(vectors), 2), 0.5) if head is None else head.probabilities(vectors)


def curve(data: Task, design: Design, seed: int) -> tuple[list[float], list[float]]:
    """Give macro-F1 and the number of positives drawn after each round, over all folds."""
    truth: dict[int, list[Bools]] = {}
    answers: dict[int, list[Bools]] = {}
    found: dict[int, list[int]] = {}
    for number, test in enumerate(data.folds(seed)):
        for drawn, head in rounds(data, design, test, [seed, number]):
            answer = np.tile([True, False], (len(test), 1))
            if head is not None:
                answer = head.decide(head.probabilities(data.vectors[test]))
            truth.setdefault(len(drawn), []).append(data.truth[test])
            answers.setdefault(len(drawn), []).append(answer)
            found.setdefault(len(drawn), []).append(int(data.truth[drawn, 1].sum()))
    scores = [macro_f1(np.vstack(truth[n]), np.vstack(answers[n])) for n in truth]
    return scores, [float(np.mean(found[n])) for n in found]


def needed(labels: Sequence[int], scores: Floats, goal: float) -> float:
    """Give the number of labels at which a curve first reaches a score; infinite if it never does.

    >>> needed([100, 200], np.array([0.5, 0.7]), 0.6)
    150.0
    """
    if scores[0] >= goal:
        return float(labels[0])
    for place in range(1, len(scores)):
        if scores[place] >= goal:
            share = (goal - scores[place - 1]) / (scores[place] - scores[place - 1])
            return float(labels[place - 1] + share * (labels[place] - labels[place - 1]))
    return float("inf")


def report(data: Task, curves: dict[str, Floats], found: dict[str, float]) -> None:
    """Print curves, and how many labels each design needs for what random sampling reaches."""
    n_seeds = len(curves["random"])
    marks = list(range(data.random_step, data.random_top + 1, data.random_step))
    print(f"{data.name}: {len(data.truth)} units, {n_seeds} seeds")
    print(f"  mean macro-F1 after so many labels; positives among {data.top}")
    print(f"  {'design':<24}" + "".join(f"{n:>12}" for n in marks) + "   positives")
    for name, scores in curves.items():
        at = dict(zip(labels_of(data, name, scores), scores.mean(axis=0).tolist(), strict=True))
        cells = [f"{at[n]:12.3f}" if n in at else " " * 12 for n in marks]
        print(f"  {name:<24}{''.join(cells)}   {found[name]:.0f}")
    print("  labels needed for what random sampling has reached at so many, and their share")
    # A curve that dips is read at its best so far: nobody goes on to get worse.
    yardstick = np.maximum.accumulate(curves["random"].mean(axis=0))
    for name, scores in curves.items():
        best = np.maximum.accumulate(scores.mean(axis=0))
        cells = []
        for n, goal in zip(marks, yardstick, strict=True):
            labels = needed(labels_of(data, name, scores), best, float(goal))
            told = "more" if np.isinf(labels) else f"{labels:.0f} ({labels / n:.2f})"
            cells.append(f"{told:>12}")
        print(f"  {name:<24}{''.join(cells)}", flush=True)


def labels_of(data: Task, name: str, scores: Floats) -> list[int]:
    """Give the number of labels at each point of a curve."""
    step = data.random_step if name == "random" else data.step
    return [step * (place + 1) for place in range(scores.shape[1])]


def plot(data: Task, curves: dict[str, Floats], path: Path) -> None:
    """Draw the curves with one standard error around them."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=110)
    colours = ["#555555", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]
    for (name, scores), colour in zip(curves.items(), colours, strict=False):
        labels, mean = labels_of(data, name, scores), scores.mean(axis=0)
        error = scores.std(axis=0, ddof=1) / len(scores) ** 0.5 if len(scores) > 1 else 0 * mean
        dashes = "--" if name == "random" else "-"
        axes.plot(labels, mean, dashes, color=colour, label=name, linewidth=1.8)
        axes.fill_between(labels, mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("labels")
    axes.set_ylabel("macro-F1 on held-out articles")
    axes.set_title(f"{data.name}: mean of {len(curves['random'])} seeds, with one standard error")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


DESIGNS = {
    "csta": (
        Design("random", "random", "random"),
        Design("rare", "random", "rare"),
        Design("diversity, then rare", "diversity", "rare"),
        Design("keyword, then rare", "keyword", "rare"),
        Design("entropy", "random", "entropy"),
    ),
    "babe": (
        Design("random", "random", "random"),
        Design("entropy", "random", "entropy"),
        Design("diversity, then entropy", "diversity", "entropy"),
        Design("disagreement", "random", "disagreement"),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--only", choices=sorted(DESIGNS))
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if not options.data.is_dir() or default_network() != "minilm":
        print("skipped: needs ../shared/data and MiniLM's weights")
        return
    names = [options.only] if options.only else sorted(DESIGNS, reverse=True)
    most, n_seeds = (400, 1) if options.smoke else (None, options.seeds)
    for name in ["babe"] if options.smoke else names:
        data = task(options.data, name, most)
        if options.smoke:
            data = replace(data, step=50, random_step=50, top=100, random_top=100)
        curves, found = {}, {}
        for design in DESIGNS[name][: 2 if options.smoke else None]:
            made = [curve(data, design, seed) for seed in range(n_seeds)]
            curves[design.name] = np.array([scores for scores, _ in made])
            at = data.top // data.step - 1
            found[design.name] = float(np.mean([positives[at] for _, positives in made]))
            means = ", ".join(f"{mean:.3f}" for mean in curves[design.name].mean(axis=0))
            print(f"{name}, {design.name}: {means}", flush=True)
        report(data, curves, found)
        if options.plot:
            options.plot.mkdir(parents=True, exist_ok=True)
            plot(data, curves, options.plot / f"active-{name}.png")


if __name__ == "__main__":
    main()
