"""Do corrected shares cover the true ones, and how much narrower are they? Thousands of draws.

On real data with known labels: babe (bias, half of the sentences) and csta_immigration (topic, 3.5
percent positive). Models are trained by the project's own fit on MiniLM's vectors; the population
is everything else; gold is drawn from it again and again, and each time all that is known of the
rest is forgotten. Widths are means, relative to those of gold alone with the same number of labels
(for `precise`: drawn at random).

- *random*: ten models for each size of the training set, gold of 50 to 500 units at random.
- *precise*: gold drawn by the root of p (1 - p), a fifth at random, with known probabilities.
- *cells*: shares of babe's outlets; those with fewer than five coded units are not corrected.
- *cross*: the same labels train and measure, by ten folds of units; beside it the split (half of
  the labels train, half measure) and the shortcut (the model that learned from all of them is
  corrected on the same). Each draw takes twelve fits, so that these are fewer, and on the 48 main
  axes of the vectors.
- *two rounds*: 150 at random, a model of them, 150 by `rare`, and all of them cross-fitted.

A draw that takes fits of its own takes seconds, two thousand of them hours. With `--save FILE` what
was measured is kept after every 25 such draws, and the same command goes on from there.

    python benchmarks/share_coverage.py ../shared/data [--draws 2000] [--cross 300] [--save FILE]
                                        [--plot DIR] [--smoke]
"""

import argparse
import json
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from design import Data, ask, fit, read
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from standfirst.annotate.design.inclusion import inclusion_probabilities, systematic
from standfirst.annotate.design.pool import Aim, Pool, Scores
from standfirst.annotate.design.rules import MODEL_RULES
from standfirst.measure.estimates.estimators import Estimates, Population, corrected, from_gold
from standfirst.measure.inputs.samples import Sample, SampledRound, from_probabilities
from standfirst.models.encoders.registry import default_network
from standfirst.models.heads.head import STRENGTHS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_MODELS = 10
K = 10
MIX = 0.2
AXES = 48
STEP = 25
SIZES = (50, 100, 200, 500)
CROSS = {"babe": 200, "csta_immigration": 300}
TRAINED: dict[str, tuple[int, ...]] = {"babe": (300, 1000), "csta_immigration": (300, 1000)}


@dataclass(slots=True)
class Tally:
    """How one estimator did."""

    covered: list[bool] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    error: list[float] = field(default_factory=list)

    def add(self, made: Estimates, true: float) -> None:
        """Note one draw, by the second label."""
        self.covered.append(bool(made.low[1] <= true <= made.high[1]))
        self.width.append(float(made.high[1] - made.low[1]))
        self.error.append(float(made.share[1] - true))

    def join(self, later: "Tally") -> None:
        """Add the draws of another."""
        self.covered += later.covered
        self.width += later.width
        self.error += later.error

    def row(self, name: str, base: "Tally") -> dict[str, object]:
        """Sum it up; widths relative to another's."""
        return {
            "name": name,
            "draws": len(self.covered),
            "covered": float(np.mean(self.covered)),
            "width": float(np.mean(self.width) / np.mean(base.width)),
            "bias": float(np.mean(self.error)),
            "rmse": float(np.mean(np.square(self.error)) ** 0.5),
        }


def told(row: dict[str, object]) -> None:
    print(
        f"  {row['name']:<44}{row['draws']:>6}{row['covered']:>9.1%}{row['width']:>8.2f}"
        f"{row['bias']:>+9.4f}{row['rmse']:>8.4f}",
        flush=True,
    )


def train_rows(groups: Ints, n: int, rng: np.random.Generator) -> Ints:
    """Draw units to train on: whole articles where a set has many, else units."""
    order = rng.permutation(len(groups))
    if len(np.unique(groups)) < n:
        return order[:n]
    rank = np.empty(groups.max() + 1, np.int64)
    rank[rng.permutation(groups.max() + 1)] = np.arange(groups.max() + 1)
    return np.argsort(rank[groups], kind="stable")[:n]


def one_model(data: Data, groups: Ints, n_draws: int, name: str) -> Iterator[dict[str, object]]:
    """Draw gold at random, and by `precise`, for models of some sizes."""
    for n_train in TRAINED[name]:
        gold = {n: Tally() for n in SIZES}
        best = {n: Tally() for n in SIZES}
        sharp = Tally()
        for number in range(N_MODELS):
            rng = np.random.default_rng([number, n_train, 11])
            rows = train_rows(groups, n_train, rng)
            left = np.setdiff1d(np.arange(len(groups)), rows)
            p, y = ask(fit(data, data.vectors, rows, STRENGTHS), data.vectors[left]), data.truth
            y, population = y[left], Population.of(p)
            true = float(y[:, 1].mean())
            nameless = [""] * len(left)
            pool = Pool(nameless, nameless, Scores([{"label": p}]), Aim("label", 1))
            for _ in range(n_draws // N_MODELS):
                for n in SIZES:
                    index = rng.permutation(len(left))[:n]
                    sample = from_probabilities(index, None, len(left))
                    gold[n].add(from_gold(sample, y[index]), true)
                    made = corrected(population, sample, p[index], y[index], multiple=False)
                    best[n].add(made, true)
                drawn, chances, _ = MODEL_RULES["precise"].draw(pool, 200, rng)
                index = np.array(drawn)
                sample = from_probabilities(index, np.array(chances), len(left))
                made = corrected(population, sample, p[index], y[index], multiple=False)
                sharp.add(made, true)
        for n in SIZES:
            yield gold[n].row(f"model of {n_train}, {n} at random: gold only", gold[n])
            yield best[n].row(f"model of {n_train}, {n} at random: corrected", gold[n])
        yield sharp.row(f"model of {n_train}, 200 by precise: corrected", gold[200])


def cells(data: Data, groups: Ints, outlets: Ints, n_draws: int) -> Iterator[dict[str, object]]:
    """Correct the shares of outlets, with the lambda that fits within them."""
    from standfirst.measure.estimates.estimation import _pooled_lambda
    from standfirst.measure.inputs.usable_gold import Coded

    few, many = (Tally(), Tally()), (Tally(), Tally())
    naive: list[bool] = []
    n_refused = 0
    for number in range(N_MODELS):
        rng = np.random.default_rng([number, 12])
        rows = train_rows(groups, 800, rng)
        left = np.setdiff1d(np.arange(len(groups)), rows)
        p, y = ask(fit(data, data.vectors, rows, STRENGTHS), data.vectors[left]), data.truth[left]
        names, codes = np.unique(outlets[left], return_inverse=True)
        inside = [codes == name for name in range(len(names))]
        populations = [Population.of(p[one]) for one in inside]
        sizes = np.array([one.n_units for one in populations])
        variance = np.asarray(sizes @ np.array([one.variance for one in populations]) / len(left))
        for one in inside:
            true, count = y[one, 1].mean(), (p[one, 1] > 0.5).mean()
            half = 1.96 * (count * (1 - count) / one.sum()) ** 0.5
            naive.append(bool(abs(count - true) <= half))
        for _ in range(n_draws // N_MODELS):
            index = rng.permutation(len(left))[:400]
            sample = from_probabilities(index, None, len(left))
            lam = _pooled_lambda(Coded(sample, y[index], ()), p[index], codes[index], variance)
            for name, one in enumerate(inside):
                chosen = codes[index] == name
                if chosen.sum() < 5:
                    n_refused += 1
                    continue
                here, true = sample.within(chosen), float(y[one, 1].mean())
                made = corrected(
                    populations[name],
                    here,
                    p[here.index],
                    y[here.index],
                    multiple=False,
                    lam=lam,
                    cell=True,
                )
                pair = few if chosen.sum() < 20 else many
                pair[0].add(made, true)
                pair[1].add(from_gold(here, y[here.index]), true)
    print(
        f"  outlets counted by tags: {np.mean(naive):.1%} covered; {n_refused} cells not corrected"
    )
    yield few[0].row("outlets, 5 to 19 coded of 400: corrected", few[1])
    yield few[1].row("outlets, 5 to 19 coded of 400: gold only", few[1])
    yield many[0].row("outlets, 20 or more of 400: corrected", many[1])
    yield many[1].row("outlets, 20 or more of 400: gold only", many[1])


def cross_fit(data: Data, rows: Ints, rng: np.random.Generator) -> Floats:
    """Give probabilities of all units: of those coded by the fold that left them out."""
    fold = rng.permutation(len(rows)) % K
    total = np.zeros((len(data.truth), 2))
    own = np.zeros((len(rows), 2))
    for k in range(K):
        head = fit(data, data.axes, rows[fold != k], STRENGTHS)
        answers = ask(head, data.axes)
        total += answers / K
        own[fold == k] = answers[rows[fold == k]]
    total[rows] = own
    return total


def cross(data: Data, name: str, numbers: Iterable[int]) -> dict[str, Tally]:
    """Train and measure with the same labels."""
    n = CROSS[name]
    true = float(data.truth[:, 1].mean())
    tallies = {one: Tally() for one in ("gold only", "cross-prediction", "split", "in-sample")}
    for number in numbers:
        rng = np.random.default_rng([number, 13])
        rows = rng.permutation(len(data.truth))[:n]
        sample = from_probabilities(rows, None, len(data.truth))
        y = data.truth[rows]
        tallies["gold only"].add(from_gold(sample, y), true)
        p = cross_fit(data, rows, rng)
        made = corrected(Population.of(p), sample, p[rows], y, multiple=False)
        tallies["cross-prediction"].add(made, true)
        half = rows[n // 2 :]
        p = ask(fit(data, data.axes, rows[: n // 2], STRENGTHS), data.axes)
        kept = np.setdiff1d(np.arange(len(data.truth)), rows[: n // 2])
        place = np.searchsorted(kept, half)
        made = corrected(
            Population.of(p[kept]),
            from_probabilities(place, None, len(kept)),
            p[half],
            data.truth[half],
            multiple=False,
        )
        tallies["split"].add(made, float(data.truth[kept, 1].mean()))
        p = ask(fit(data, data.axes, rows, STRENGTHS), data.axes)
        made = corrected(Population.of(p), sample, p[rows], y, multiple=False)
        tallies["in-sample"].add(made, true)
    return {f"{n} labels train and measure: {one}": tally for one, tally in tallies.items()}


def two_rounds(data: Data, numbers: Iterable[int]) -> dict[str, Tally]:
    """Draw by a model of the first round, and train and measure with all of it."""
    true, n_units = float(data.truth[:, 1].mean()), len(data.truth)
    gold, best = Tally(), Tally()
    for number in numbers:
        rng = np.random.default_rng([number, 14])
        first = rng.permutation(n_units)[:150]
        answers = ask(fit(data, data.axes, first, STRENGTHS), data.axes)
        left = np.setdiff1d(np.arange(n_units), first)
        chance = inclusion_probabilities(answers[left, 1] ** 0.5, 150, mix=MIX)
        place = systematic(chance, rng)
        sample = joined(first, left[place], chance[place], n_units)
        rows = sample.index
        p = cross_fit(data, rows, rng)
        gold.add(from_gold(sample, data.truth[rows]), true)
        made = corrected(Population.of(p), sample, p[rows], data.truth[rows], multiple=False)
        best.add(made, true)
    name = "150 at random, 150 by rare"
    return {f"{name}: gold only": gold, f"{name}: cross-prediction": best}


def with_fits(
    data: Data, name: str, n_draws: int, kept: Path | None
) -> Iterator[dict[str, object]]:
    """Draw what takes fits of its own; go on from what a run before has kept in a file."""
    stored = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.exists() else {}
    parts: list[dict[str, Tally]] = [
        {line: Tally(*drawn) for line, drawn in part.items()} for part in stored.get("parts", [])
    ]
    for start in range(stored.get("draws", 0), n_draws, STEP):
        numbers = range(start, min(start + STEP, n_draws))
        made = [cross(data, name, numbers), two_rounds(data, numbers)]
        for part, later in zip(parts, made, strict=False):
            for line, tally in later.items():
                part[line].join(tally)
        parts = parts or made
        if kept:
            plain = [{line: asdict(tally) for line, tally in part.items()} for part in parts]
            lists = [{line: list(t.values()) for line, t in part.items()} for part in plain]
            text = json.dumps({"draws": numbers.stop, "parts": lists})
            kept.with_suffix(".new").write_text(text, encoding="utf-8")
            kept.with_suffix(".new").replace(kept)
    for part in parts:
        base = next(iter(part.values()))
        for line, tally in part.items():
            yield tally.row(line, base)


def joined(first: Ints, second: Ints, chance: Floats, n_units: int) -> Sample:
    """Join two rounds as `samples.from_design` does; see `annotate.design.shares.weights`."""
    n, m = len(first), len(second)
    weight = np.concatenate([np.full(n, 0.5 * n_units / n + 0.5), 0.5 / chance])
    total = weight.sum()
    even = np.full(n, n / n_units)
    rounds = (
        SampledRound(np.arange(n), even, np.zeros(n, np.int64), False, 0.5 / total),  # noqa: FBT003
        SampledRound(
            np.arange(n, n + m),
            chance,
            np.zeros(m, np.int64),
            False,  # noqa: FBT003
            0.5 / total,
        ),
    )
    return Sample(np.concatenate([first, second]), weight / total, rounds)


def plot(found: dict[str, list[dict[str, object]]], path: Path) -> None:
    """Draw the coverage of every estimator, and its width."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    n = max(map(len, found.values()))
    figure, panels = plt.subplots(
        1, len(found), figsize=(13, 0.25 * n + 1.5), dpi=110, squeeze=False
    )
    for axes, (name, rows) in zip(panels[0], found.items(), strict=True):
        places = np.arange(len(rows))[::-1]
        axes.axvspan(0.93, 0.985, color="#009e73", alpha=0.2, linewidth=0)
        axes.plot([row["covered"] for row in rows], places, "o", color="#0072b2", label="covered")
        axes.plot([row["width"] for row in rows], places, "x", color="#d55e00", label="width")
        axes.set_yticks(places, [str(row["name"]) for row in rows], fontsize=7)
        axes.set_xlim(0.2, 1.45)
        axes.set_title(name)
        axes.grid(alpha=0.3)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    from sklearn.decomposition import PCA

    from standfirst.models.labelled.folds import join_groups

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--cross", type=int, default=300, help="draws that take fits of their own")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--save", type=Path, help="a file for the figures")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if not options.data.is_dir() or default_network() != "minilm":
        print("skipped: needs ../shared/data and MiniLM's weights")
        return
    found: dict[str, list[dict[str, object]]] = {}
    sets = {}
    most = 1200 if options.smoke else None
    if options.smoke:
        TRAINED["babe"], options.draws, options.cross = (100,), N_MODELS, 1
    for name in ("babe",) if options.smoke else ("babe", "csta_immigration"):
        data = read(options.data, name, most)
        axes = PCA(AXES, random_state=0).fit_transform(data.vectors).astype(np.float32)
        data = replace(data, axes=axes)
        lines = (options.data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        dimension = "bias" if name == "babe" else "topic"
        rows = [row for row in rows if row["labels"].get(dimension) is not None][:most]
        groups = join_groups([row["text"] for row in rows], [row["article_id"] for row in rows])
        outlets = np.unique([row["outlet"] or "" for row in rows], return_inverse=True)[1]
        sets[name] = data, groups, outlets
        found[name] = []

    def note(name: str, made: Iterator[dict[str, object]]) -> None:
        for row in made:
            told(row)
            found[name].append(row)
            if options.save:
                options.save.write_text(json.dumps(found, indent=1), encoding="utf-8")

    # One thread: fits this small are quicker so. Convergence of single fits is told in training.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, (data, groups, outlets) in sets.items():
            true = data.truth[:, 1].mean()
            print(f"{data.name}: {len(data.truth)} units, true share {true:.2%}")
            print(f"  {'':<44}{'draws':>6}{'covered':>9}{'width':>8}{'bias':>9}{'rmse':>8}")
            note(name, one_model(data, groups, options.draws, name))
            if name == "babe":
                note(name, cells(data, groups, outlets, options.draws))
        for name, (data, _, _) in sets.items():
            print(f"{data.name}: labels that train and measure")
            kept = options.save and options.save.with_suffix(f".{name}.json")
            note(name, with_fits(data, name, options.cross, kept))
    if options.plot:
        options.plot.mkdir(parents=True, exist_ok=True)
        plot(found, options.plot / "coverage.png")


if __name__ == "__main__":
    main()
