"""Do corrected regressions, differences and trends cover the truth? Hundreds of draws.

On real data: babe, bias by the leaning of the outlet, and outlets against each other. Each draw
resamples articles, as a regression speaks of articles like these, and codes 200 units of them at
random; differences are of the corpus as it is.

On data of a stated process, so that no constant can have been chosen by looking at it: articles of
1 to 12 units have an outlet (of four), a month (of twelve) and an effect of their own; a unit has
the label with the probability expit(a + outlet + 0.05 month + article + 1.2 x). The model is the
project's own, fitted on 300 units of other articles; it sees a noisy x in 12 columns and misses
what outlet, month and article add, so that it errs by outlet and month. Twice: with a label of a
third of the units, and with a rare one. Each draw makes a new corpus.

    python benchmarks/regression_coverage.py ../shared/data [--draws 300] [--plot DIR] [--smoke]
"""

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from design import ask, fit, read
from numpy.typing import NDArray
from share_coverage import train_rows
from threadpoolctl import threadpool_limits

from standfirst.labels.gold.gold import Gold
from standfirst.measure import Tags, shares
from standfirst.measure.inputs.samples import from_probabilities
from standfirst.measure.inputs.tagged import TaggedDimension
from standfirst.measure.inputs.usable_gold import Coded
from standfirst.measure.regressions.corrected_outcomes import Outcome
from standfirst.measure.regressions.corrected_regression import explain
from standfirst.measure.regressions.formula import parse_formula
from standfirst.measure.regressions.predictors import predictors
from standfirst.models.encoders.registry import default_network
from standfirst.models.heads.head import STRENGTHS, Head, fit_head

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

N_MODELS = 10
N_GOLD = 200
LABELS = ("no", "yes")
LEANING = {
    "Alternet": "left",
    "MSNBC": "left",
    "HuffPost": "left",
    "Daily Beast": "left",
    "Reuters": "centre",
    "USA Today": "centre",
    "Breitbart": "right",
    "Federalist": "right",
    "Fox News": "right",
}
OUTLETS = np.array([0.0, 0.4, -0.4, 0.8])
RATES = {"a third": -1.6, "rare": -4.6}


@dataclass(slots=True)
class Tally:
    """How one estimator did."""

    covered: list[bool] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    error: list[float] = field(default_factory=list)

    def add(self, value: float, low: float, high: float, true: float) -> None:
        """Note one draw."""
        self.covered.append(low <= true <= high)
        self.width.append(high - low)
        self.error.append(value - true)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Units with truth, and what a model says of them."""

    p: Floats
    truth: Bools
    article: Ints
    columns: dict[str, pa.Array]

    def tagged(self) -> TaggedDimension:
        """Give what the model says as tags."""
        given = np.column_stack([self.p[:, 1] <= 0.5, self.p[:, 1] > 0.5])
        return TaggedDimension("label", LABELS, False, self.p.astype(np.float32), given, True, 0)  # noqa: FBT003


def rows_of(name: str, tallies: dict[str, Tally], base: str) -> Iterator[dict[str, object]]:
    for one, tally in tallies.items():
        yield {
            "name": f"{name}: {one}",
            "draws": len(tally.covered),
            "covered": float(np.mean(tally.covered)),
            "width": float(np.mean(tally.width) / np.mean(tallies[base].width)),
            "bias": float(np.mean(tally.error)),
        }


def regress(
    corpus: Corpus,
    formula: str,
    true: dict[str, float],
    tallies: dict[str, dict[str, Tally]],
    rng: np.random.Generator,
) -> None:
    """Code some units, and note the coefficients by all fits."""
    made = predictors(parse_formula(formula), corpus.columns, len(corpus.p))
    index = rng.permutation(len(corpus.p))[:N_GOLD]
    truth = np.column_stack([~corpus.truth, corpus.truth])[index]
    coded = Coded(from_probabilities(index, None, len(corpus.p)), truth, ())
    fitted = explain(
        parse_formula(formula), Outcome(corpus.tagged(), 1, coded), made, corpus.article
    )
    for name, value in true.items():
        one = fitted[name]
        for key, effect in (
            ("tags", one.naive),
            ("gold only", one.gold),
            ("corrected", one.corrected),
        ):
            if effect is not None:
                of_name = tallies.setdefault(name, {})
                of_name.setdefault(key, Tally()).add(effect.value, effect.low, effect.high, value)


def babe(folder: Path, n_draws: int, most: int | None) -> Iterator[dict[str, object]]:
    """Explain bias by the outlet's leaning, and compare outlets."""
    from standfirst.models.labelled.folds import join_groups

    data = read(folder, "babe", most)
    lines = (folder / "babe.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["labels"].get("bias") is not None][:most]
    groups = join_groups([row["text"] for row in rows], [row["article_id"] for row in rows])
    known = np.array([row["outlet"] in LEANING for row in rows])
    outlet = np.array([str(row["outlet"]) for row in rows])
    tallies: dict[str, dict[str, Tally]] = {}
    gaps, counted = Tally(), Tally()
    for number in range(N_MODELS):
        rng = np.random.default_rng([number, 21])
        trained = train_rows(groups, min(300, len(groups) // 3), rng)
        left = np.setdiff1d(np.flatnonzero(known), trained)
        p, truth = ask(fit(data, data.vectors, trained, STRENGTHS), data.vectors[left]), data.truth
        truth = truth[left, 1]
        leaning = np.array([LEANING[name] for name in outlet[left]])
        inside = [leaning == name for name in ("left", "right")]
        x = np.column_stack([np.ones(len(left)), *inside])
        values = np.linalg.lstsq(x, truth.astype(float), rcond=None)[0]
        true = {"leaning[left]": float(values[1]), "leaning[right]": float(values[2])}
        members = [np.flatnonzero(groups[left] == name) for name in np.unique(groups[left])]
        whole = Corpus(p, truth, groups[left], {})
        for _ in range(n_draws // N_MODELS):
            chosen = rng.integers(0, len(members), len(members))
            index = np.concatenate([members[i] for i in chosen])
            article = np.repeat(np.arange(len(chosen)), [len(members[i]) for i in chosen])
            columns = {"leaning": pa.array(leaning[index])}
            corpus = Corpus(p[index], truth[index], article, columns)
            regress(corpus, "yes ~ leaning", true, tallies, rng)
            compare(whole, outlet[left], gaps, counted, rng)
    for name, of_name in tallies.items():
        yield from rows_of(f"bias ~ leaning, {name}, {N_GOLD} coded", of_name, "gold only")
    pairs = {"corrected": gaps, "count": counted}
    yield from rows_of("babe, differences of outlets, 400 coded", pairs, "corrected")


def compare(
    corpus: Corpus, outlet: NDArray[np.str_], gaps: Tally, counted: Tally, rng: np.random.Generator
) -> None:
    """Code 400 units, and note all differences of outlets."""
    ids = [f"u{i}" for i in range(len(corpus.p))]
    tags = Tags("babe", pa.array(ids), {"label": corpus.tagged()}, pa.table({}), ())
    gold = [
        Gold(ids[i], "label", (LABELS[int(corpus.truth[i])],), "single")
        for i in rng.permutation(len(ids))[:400].tolist()
    ]
    made = shares(tags, gold, None, by=pa.array(outlet), compare=True, learned=())
    share = {name: corpus.truth[outlet == name].mean() for name in np.unique(outlet)}
    size = {name: (outlet == name).sum() for name in share}
    for one in made.differences:
        if one.label == "yes":
            true = float(share[one.group] - share[one.against])
            best = one.corrected
            gaps.add(best.value, best.low, best.high, true)
            error = sum(0.25 / size[name] for name in (one.group, one.against)) ** 0.5
            counted.add(one.count, one.count - 1.96 * error, one.count + 1.96 * error, true)


def process(n_articles: int, start: float, rng: np.random.Generator) -> tuple[Corpus, Floats]:
    """Make a corpus, without a model's answers, and what the model sees of it."""
    size = rng.integers(1, 13, n_articles)
    article = np.repeat(np.arange(n_articles), size)
    outlet, month = (
        rng.integers(0, 4, n_articles)[article],
        rng.integers(0, 12, n_articles)[article],
    )
    own = rng.normal(0, 0.7, n_articles)[article]
    x = rng.normal(size=len(article))
    score = start + OUTLETS[outlet] + 0.05 * month + own + 1.2 * x
    truth = rng.random(len(x)) < 1 / (1 + np.exp(-score))
    seen = np.column_stack([x + 0.6 * rng.normal(size=len(x)), rng.normal(size=(len(x), 11))])
    columns = {
        "outlet": pa.array([f"o{k}" for k in outlet]),
        "trend": pa.array(month.astype(float)),
    }
    return Corpus(np.zeros((len(x), 2)), truth, article, columns), seen


def trained(start: float, rng: np.random.Generator) -> Head:
    """Fit the project's own head on 300 units of other articles."""
    corpus, seen = process(60, start, rng)
    while corpus.truth[:300].sum() < 6:
        corpus, seen = process(60, start, rng)
    truth = np.column_stack([~corpus.truth, corpus.truth])[:300]
    return fit_head(
        seen[:300].astype(np.float32),
        truth,
        corpus.article[:300],
        multiple=False,
        strengths=STRENGTHS,
    )[0]


def simulated(n_draws: int) -> Iterator[dict[str, object]]:
    """Shares, coefficients and a trend of corpora that are made anew for each draw."""
    formula = "yes ~ outlet + trend"
    for name, start in RATES.items():
        # What a regression of all units of all such corpora gives.
        many, _ = process(100_000, start, np.random.default_rng(22))
        made = predictors(parse_formula(formula), many.columns, len(many.truth))
        x = made.matrix.toarray()
        values = np.linalg.solve(x.T @ x, x.T @ many.truth)
        true = {n: float(values[made.names.index(n)]) for n in ("outlet[o3]", "trend")}
        tallies: dict[str, dict[str, Tally]] = {}
        of_shares = {"gold only": Tally(), "corrected": Tally()}
        for number in range(N_MODELS):
            rng = np.random.default_rng([number, 23])
            head = trained(start, rng)
            for _ in range(n_draws // N_MODELS):
                corpus, seen = process(600, start, rng)
                p = head.probabilities(seen.astype(np.float32))
                corpus = Corpus(p, corpus.truth, corpus.article, corpus.columns)
                regress(corpus, formula, true, tallies, rng)
                share(corpus, of_shares, rng)
        yield from rows_of(f"process, {name}: share, 100 coded", of_shares, "gold only")
        for coefficient, of_name in tallies.items():
            yield from rows_of(f"process, {name}: {coefficient}", of_name, "gold only")


def share(corpus: Corpus, tallies: dict[str, Tally], rng: np.random.Generator) -> None:
    """Code 100 units, and note the share."""
    ids = [f"u{i}" for i in range(len(corpus.p))]
    tags = Tags("process", pa.array(ids), {"label": corpus.tagged()}, pa.table({}), ())
    gold = [
        Gold(ids[i], "label", (LABELS[int(corpus.truth[i])],), "single")
        for i in rng.permutation(len(ids))[:100].tolist()
    ]
    made = shares(tags, gold, None, learned=())["label"].labels[1]
    for name, one in (("gold only", made.gold), ("corrected", made.corrected)):
        if one is not None and one.low is not None and one.high is not None:
            tallies[name].add(one.share, one.low, one.high, float(corpus.truth.mean()))


def plot(found: list[dict[str, object]], path: Path) -> None:
    """Draw the coverage of all lines."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.26 * len(found) + 1.2), dpi=110)
    places = np.arange(len(found))[::-1]
    axes.axvspan(0.93, 0.97, color="#009e73", alpha=0.2, linewidth=0)
    axes.plot([float(str(row["covered"])) for row in found], places, "o", color="#0072b2")
    axes.set_yticks(places, [str(row["name"]) for row in found], fontsize=7)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("share of 95 % intervals that cover the truth")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if options.smoke:
        options.draws = N_MODELS
    parts: list[Callable[[], Iterator[dict[str, object]]]] = [lambda: simulated(options.draws)]
    if options.data.is_dir() and default_network() == "minilm":
        most = 1200 if options.smoke else None
        parts.append(lambda: babe(options.data, options.draws, most))
    else:
        print("without babe: needs ../shared/data and MiniLM's weights")
    found = []
    print(f"  {'':<58}{'draws':>6}{'covered':>9}{'width':>8}{'bias':>9}")
    # One thread: fits this small are quicker so. Convergence of single fits is told in training.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for part in parts:
            for row in part():
                found.append(row)
                print(
                    f"  {row['name']:<58}{row['draws']:>6}{row['covered']:>9.1%}"
                    f"{row['width']:>8.2f}{row['bias']:>+9.4f}",
                    flush=True,
                )
    if options.plot:
        options.plot.mkdir(parents=True, exist_ok=True)
        plot(found, options.plot / "regression_coverage.png")


if __name__ == "__main__":
    main()
