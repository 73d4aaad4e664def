"""How often corrected shares cover the truth where tags are labels that err towards one of them.

A language model's answers have no probabilities, and are not wrong at random. So the process is
stated here: a population of 5,000 units whose labels have given shares, and a coder that is wrong
on 10, 20 or 30 percent of all units, each time towards the same label: the most frequent one, or
the rarest. Gold of 50 to 500 units is drawn at random, and each time the steps of `measure.shares`
give the tags probabilities and correct them. A line has 2,000 draws, 200 from each of ten
populations of its own.

- *four labels* of one choice, with shares of 50, 30, 15 and 5 percent;
- *two labels*, a rare one (6 percent) and the others;
- *several of three labels* at once (40, 20 and 5 percent), where a wrong answer adds the label.

`naive` is the interval that takes the counted tags for a sample of all that could be counted.

    python benchmarks/machine_coverage.py [--draws 2000] [--seed 0] [--only PROCESS] [--save FILE]
                                          [--smoke]
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from standfirst.measure.estimates.estimators import Population, corrected
from standfirst.measure.estimates.recalibration import recalibrated
from standfirst.measure.inputs.samples import from_probabilities
from standfirst.measure.inputs.tagged import TaggedDimension
from standfirst.measure.inputs.usable_gold import Coded

Bools = NDArray[np.bool_]

N_UNITS = 5_000
N_POPULATIONS = 10
SIZES = (50, 100, 200, 500)
ERRORS = (0.2, 0.1, 0.3)
Z = 1.959964
KINDS: dict[str, tuple[tuple[float, ...], bool]] = {
    "four labels": ((0.5, 0.3, 0.15, 0.05), False),
    "two labels": ((0.94, 0.06), False),
    "several of three": ((0.4, 0.2, 0.05), True),
}
"""Name of a process to the shares of its labels, and whether a unit takes several."""


@dataclass(slots=True)
class Tally:
    """What was covered, arrays of shape (n_draws, n_labels)."""

    corrected: list[Bools]
    naive: list[Bools]
    width: list[NDArray[np.float64]]


def population(
    share: tuple[float, ...], error: float, to: int, rng: np.random.Generator, *, multiple: bool
) -> tuple[Bools, Bools]:
    """Make the true labels of all units, and the tags of a coder that errs towards one label."""
    if multiple:
        truth = rng.random((N_UNITS, len(share))) < share
    else:
        truth = np.eye(len(share), dtype=bool)[rng.choice(len(share), N_UNITS, p=share)]
    could = np.flatnonzero(~truth[:, to])
    wrong = rng.choice(could, min(round(error * N_UNITS), len(could)), replace=False)
    tags = truth.copy()
    if not multiple:
        tags[wrong] = False
    tags[wrong, to] = True
    return truth, tags


def draws(
    truth: Bools, tags: Bools, n_draws: int, rng: np.random.Generator, *, multiple: bool
) -> Iterator[tuple[int, Bools, Bools, NDArray[np.float64]]]:
    """Draw gold of each size, and say which labels are covered: corrected, and naively."""
    names = tuple(f"l{k}" for k in range(truth.shape[1]))
    one = TaggedDimension(
        "tone", names, multiple, tags.astype(np.float32), tags, crossed=True, n_abstained=0
    )
    true, counted = truth.mean(axis=0), tags.mean(axis=0)
    naive = np.abs(counted - true) <= Z * (counted * (1 - counted) / N_UNITS) ** 0.5
    for _ in range(n_draws):
        order = rng.permutation(N_UNITS)
        for n in SIZES:
            sample = from_probabilities(order[:n], None, N_UNITS)
            coded = Coded(sample, truth[sample.index], ())
            p = recalibrated(one, coded)[0].probabilities
            made = corrected(
                Population.of(p),
                sample,
                p[sample.index].astype(np.float64),
                coded.truth,
                multiple=multiple,
            )
            yield n, (made.low <= true) & (true <= made.high), naive, made.high - made.low


def measured(
    kind: str, error: float, to: int, n_draws: int, seed: int
) -> Iterator[dict[str, object]]:
    """Measure one process, one line for each size of gold."""
    share, multiple = KINDS[kind]
    tallies = {n: Tally([], [], []) for n in SIZES}
    for number in range(N_POPULATIONS):
        rng = np.random.default_rng([seed, number, round(100 * error), to, len(share), multiple])
        truth, tags = population(share, error, to, rng, multiple=multiple)
        each = max(1, n_draws // N_POPULATIONS)
        for n, covered, naive, width in draws(truth, tags, each, rng, multiple=multiple):
            tallies[n].corrected.append(covered)
            tallies[n].naive.append(naive)
            tallies[n].width.append(width)
    for n, tally in tallies.items():
        corrected = np.mean(tally.corrected, axis=0)
        yield {
            "kind": kind,
            "wrong": error,
            "towards": to,
            "gold": n,
            "draws": len(tally.corrected),
            "corrected": corrected.tolist(),
            "naive": np.mean(tally.naive, axis=0).tolist(),
            "width": np.mean(tally.width, axis=0).tolist(),
        }


def told(row: dict[str, object]) -> None:
    every = " ".join(f"{value:6.1%}" for value in row["corrected"])  # type: ignore[attr-defined]
    naive = " ".join(f"{value:6.1%}" for value in row["naive"])  # type: ignore[attr-defined]
    print(
        f"{row['kind']:<17} {row['wrong']:>4.0%} towards l{row['towards']}  gold {row['gold']:>3}  "
        f"draws {row['draws']:>5}  corrected {every}  naive {naive}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="a file for the figures")
    parser.add_argument("--only", choices=KINDS, help="one of the processes")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    rows = []
    with threadpool_limits(1):
        for kind, (share, _) in KINDS.items():
            if options.only not in (None, kind):
                continue
            for error in ERRORS[:1] if options.smoke else ERRORS:
                for to in (0, len(share) - 1):
                    if error * N_UNITS > (1 - share[to]) * N_UNITS:
                        # Fewer units than that have another label.
                        continue
                    for row in measured(
                        kind, error, to, 10 if options.smoke else options.draws, options.seed
                    ):
                        told(row)
                        rows.append(row)
                        if options.save:
                            options.save.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
