"""Do estimates from tilted draws cover the true share? Two thousand draws of each design.

On real data with known labels: babe (bias, half of the sentences) and csta_immigration (topic, 3.5
percent positive). Ten models are each trained on 200 units drawn at random; every design then draws
400 of the others 200 times for each model, with the command's own rules and defaults (the root of
the score, a fifth at random), and `annotate.share` estimates the share of all units in the pool.
Beside it stands what one gets who counts labels without weights, with the usual interval. `margin`
is left out, because with two labels it draws as `least-confidence` does.

"two rounds" draws 150 at random, trains on them, and draws 250 more by that model: every one of its
draws has a model of its own, as later rounds depend on what earlier ones found. To make thousands
of fits and regions affordable, these models and the regions of `diversity` use the 32 main axes of
the vectors, and regions are found once for each of the ten models.

    python benchmarks/design.py ../shared/data [--draws 2000] [--plot docs/images] [--smoke]
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from standfirst.annotate.design.model_rules import distances, draw_regions, regions_of
from standfirst.annotate.design.plan import Drawn
from standfirst.annotate.design.pool import Aim, Pool, Scores
from standfirst.annotate.design.rules import RULES
from standfirst.annotate.design.shares import share
from standfirst.models.encoders.registry import default_network, make_encoder
from standfirst.models.heads.head import Head, fit_head
from standfirst.models.matrix import States

SETS = {
    "csta_immigration": ("topic", "immigration", "immigra|asylum"),
    "babe": ("bias", "biased", ""),
}
"""Data set to dimension, label, and what a reader of the codebook would search for."""

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Inverse penalties that training tries."""

LAYER = 384
N_TRAIN, N_DRAWN, N_FIRST, N_MODELS = 200, 400, 150, 10
AIM = Aim("label", 1)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Data:
    """A data set of which everything is known."""

    name: str
    vectors: NDArray[np.float32]
    truth: NDArray[np.bool_]
    """Shape (n_rows, 2); the second column is the label whose share is estimated."""
    keyword: NDArray[np.bool_]
    axes: NDArray[np.float32]
    """The vectors on their main axes, for models and regions that are quickly found."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one draw told."""

    value: float
    covered: bool
    width: float
    plain: float
    """The share without weights."""
    plain_covered: bool


def read(folder: Path, name: str, most: int | None = None) -> Data:
    """Read a data set and encode it (once: the vectors are cached)."""
    from sklearn.decomposition import PCA

    dimension, label, keyword = SETS[name]
    rows = [
        row
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        if (row := json.loads(line))["labels"].get(dimension) is not None
    ][:most]
    texts = [row["text"] for row in rows]
    positive = np.array([row["labels"][dimension] == label for row in rows])
    vectors = make_encoder("minilm").begin(texts)[1]
    return Data(
        f"{name} ({dimension})",
        vectors,
        np.column_stack([~positive, positive]),
        np.array([bool(keyword and re.search(keyword, t, re.IGNORECASE)) for t in texts]),
        PCA(32, random_state=0).fit_transform(vectors).astype(np.float32),
    )


def fit(
    data: Data, vectors: NDArray[np.float32], rows: Ints, strengths: Sequence[float]
) -> Head | None:
    """Fit the project's classifier; None while only one label was seen."""
    if not data.truth[rows].any(axis=0).all():
        return None
    # As `train` does it; the main axes are no states of the network.
    width = vectors.shape[1]
    states = [] if vectors is data.axes else [States(0, width - LAYER, width)]
    return fit_head(
        vectors[rows],
        data.truth[rows],
        np.arange(len(rows)),
        multiple=False,
        strengths=strengths,
        states=states,
    )[0]


def ask(head: Head | None, vectors: NDArray[np.float32]) -> Floats:
    """Give probabilities; all alike where there is no classifier."""
    return np.full((len(vectors), 2), 0.5) if head is None else head.probabilities(vectors)


def take(pool: Pool, rule: str, name: str, n: int, rng: np.random.Generator) -> list[Drawn]:
    """Draw a round and write it down as the command does."""
    return write_down(pool, rule, name, RULES[rule].draw(pool, n, rng))


def write_down(
    pool: Pool, rule: str, name: str, drawn: tuple[Sequence[int], Sequence[float], Sequence[str]]
) -> list[Drawn]:
    """Make the lines of the design."""
    return [
        Drawn(pool.unit_ids[place], "", "coding", name, rule, stratum, chance, len(pool.strata), 0)
        for place, chance, stratum in zip(*drawn, strict=True)
    ]


def told(data: Data, rows: Sequence[Drawn], true: float) -> Result:
    """Estimate with and without weights."""
    holds = {row.unit_id: float(data.truth[int(row.unit_id), 1]) for row in rows}
    found = share(rows, holds)
    plain = float(np.mean(list(holds.values())))
    half = 1.96 * (plain * (1 - plain) / len(holds)) ** 0.5
    value, low, high = found.numbers()
    return Result(value, low <= true <= high, high - low, plain, abs(plain - true) <= half)


def one_round(data: Data, rule: str, n_draws: int) -> Iterator[tuple[Result, float]]:
    """Draw by a model that was trained before, from units that it has not seen."""
    cut = np.hsplit(data.vectors, 2) if rule == "disagreement" else [data.vectors]
    regions: list[str] = []
    for number in range(N_MODELS):
        rng = np.random.default_rng([number, 1])
        order = rng.permutation(len(data.truth))
        seen, left = order[:N_TRAIN], np.sort(order[N_TRAIN:])
        scores = Scores()
        if rule == "diversity":
            # They are found once a model: probabilities are given the regions.
            regions = regions_of(data.axes[left], N_DRAWN, rng)
        elif rule == "coreset":
            scores = Scores(distance=distances(data.vectors[left], data.vectors[seen]))
        elif rule not in {"random", "keyword"}:
            scores = Scores(
                [
                    {"label": ask(fit(data, vectors, seen, STRENGTHS), vectors[left])}
                    for vectors in cut
                ]
            )
        strata = ["hit" if rule == "keyword" and hit else "" for hit in data.keyword[left]]
        pool = Pool([str(row) for row in left], strata, scores, AIM)
        true = float(data.truth[left, 1].mean())
        for _ in range(n_draws // N_MODELS):
            if regions:
                drawn = write_down(pool, rule, "1", draw_regions(regions, N_DRAWN, AIM.mix, rng))
            else:
                drawn = take(pool, rule, "1", N_DRAWN, rng)
            yield told(data, drawn, true), true


def two_rounds(data: Data, rule: str, n_draws: int) -> Iterator[tuple[Result, float]]:
    """Draw at random, train on that, and draw by that model."""
    true, everything = float(data.truth[:, 1].mean()), np.arange(len(data.truth))
    for seed in range(n_draws):
        rng = np.random.default_rng([seed, 2])
        pool = Pool([str(row) for row in everything], [""] * len(everything))
        first = take(pool, "random", "1", N_FIRST, rng)
        seen = np.array([int(row.unit_id) for row in first])
        left = np.setdiff1d(everything, seen)
        answers = ask(fit(data, data.axes, seen, (3.0,)), data.axes[left])
        pool = Pool([str(r) for r in left], [""] * len(left), Scores([{"label": answers}]), AIM)
        second = take(pool, rule, "2", N_DRAWN - N_FIRST, rng)
        yield told(data, [*first, *second], true), true


def measure(
    data: Data, n_draws: int, known: dict[str, tuple[float, float]], *, smoke: bool
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Print a table, and give the coverage with and without weights by design."""
    rules = ["random", "rare", "least-confidence", "entropy", "disagreement"]
    rules += ["coreset", "diversity", *(["keyword"] if data.keyword.any() else [])]
    if smoke:
        rules = ["random"]
    designs = {rule: one_round(data, rule, n_draws) for rule in rules}
    designs["two rounds, rare"] = two_rounds(data, "rare", 2 if smoke else n_draws)
    true = data.truth[:, 1].mean()
    print(f"{data.name}: {len(data.truth)} units, true share {true:.2%}; {N_DRAWN} drawn")
    print(f"  {'design':<24}{'bias':>8}{'covered':>9}{'width':>8}{'unweighted':>12}{'covered':>9}")
    for name, made in designs.items():
        if name in known:
            print(f"  {name:<24}{'':8}{known[name][0]:9.1%}{'':20}{known[name][1]:9.1%}  (kept)")
            continue
        pairs = list(made)
        results = [result for result, _ in pairs]
        bias = np.mean([result.value - truth for result, truth in pairs])
        covered = float(np.mean([result.covered for result in results]))
        width = np.mean([result.width for result in results])
        plain = np.mean([result.plain for result in results])
        plain_covered = float(np.mean([result.plain_covered for result in results]))
        told_row = f"{bias:+8.2%}{covered:9.1%}{width:8.2%}{plain:12.2%}{plain_covered:9.1%}"
        print(f"  {name:<24}{told_row}", flush=True)
        yield name, (covered, plain_covered)


def plot(found: dict[str, dict[str, tuple[float, float]]], path: Path) -> None:
    """Draw the coverage of every design, with and without weights."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(found), figsize=(9, 4.2), dpi=110, squeeze=False)
    for axes, (name, coverage) in zip(panels[0], found.items(), strict=True):
        places = np.arange(len(coverage))[::-1]
        axes.axvspan(0.93, 0.97, color="#009e73", alpha=0.2, linewidth=0)
        for column, mark, colour, label in (
            (1, "x", "#d55e00", "unweighted"),
            (0, "o", "#0072b2", "weighted by the design"),
        ):
            shares = [pair[column] for pair in coverage.values()]
            axes.plot(shares, places, mark, color=colour, label=label)
        axes.set_yticks(places, list(coverage))
        axes.set_xlim(-0.03, 1.03)
        axes.set_xlabel("95 % intervals that hold the true share")
        axes.set_title(name)
        axes.grid(alpha=0.3)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--keep", type=Path, help="a file from which a run goes on that was ended")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    if not options.data.is_dir() or default_network() != "minilm":
        print("skipped: needs ../shared/data and MiniLM's weights")
        return
    keep = options.keep
    found: dict[str, dict[str, tuple[float, float]]] = {}
    if keep and keep.exists():
        found = json.loads(keep.read_text(encoding="utf-8"))
    most, n_draws = (700, N_MODELS) if options.smoke else (None, options.draws)
    for name in ["babe"] if options.smoke else SETS:
        data = read(options.data, name, most)
        done = found.setdefault(data.name, {})
        for design, coverage in measure(data, n_draws, dict(done), smoke=options.smoke):
            done[design] = coverage
            if keep:
                keep.write_text(json.dumps(found, indent=2), encoding="utf-8")
    if options.plot:
        options.plot.mkdir(parents=True, exist_ok=True)
        plot(found, options.plot / "design-coverage.png")


if __name__ == "__main__":
    main()
