"""Whether intervals of held-out scores hold the score of the final model on fresh rows.

Rows of whole articles are drawn from a set of which every label is known, a model is trained on
them as `train` does (grouped folds, one candidate, nested tuning; MiniLM's vectors on their 48 main
axes, so that a fit takes a fraction of a second), and the macro-F1 of the model that is kept is
measured on all rows that were not drawn. *Plain* is the bootstrap over articles, *printed* what
`train` prints: wider, because a score by folds is that of several models (`models/scores.py`). How
much wider was chosen on babe-part with 200 rows alone; the others judge it. Where few rows are
fresh, as in newssd, their own noise counts as a fault of the interval.

    python benchmarks/score_intervals.py                                all sets, 200 and 500 rows
    python benchmarks/score_intervals.py newssd --sizes 200 --runs 300
    python benchmarks/score_intervals.py --fixed     one penalty: ten times as fast, and rougher
    python benchmarks/score_intervals.py --whole --runs 40 --sizes 200    all that `train` fits

With --whole nothing is cut down: the candidates that `train` proposes, all columns, other tasks
(without the set at hand), nested choice, and at most 2,000 of the fresh rows.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
from sets import TASKS, load  # type: ignore[import-not-found]

from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.heads.decision import Goal
from standfirst.models.heads.head import STRENGTHS
from standfirst.models.labelled.folds import grouped_folds
from standfirst.models.matrix import Matrix, States
from standfirst.models.scores import Score, macro_f1, score
from standfirst.models.training.candidates import Candidate, propose
from standfirst.models.training.features import Features
from standfirst.models.training.question import Job
from standfirst.models.training.selection import compare
from standfirst.models.training.train import usual_folds
from standfirst.models.views import Inputs

AXES = 48
MOST_FRESH = 2_000
CHOSEN_ON = "babe-part"
JUDGES = ("newssd", "csta-topic", "newsmtsc-part", "babe-bias")
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def draw(groups: Ints, n: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Draw about n rows of whole articles; rows alone where articles are larger than that.

    Returns
    -------
    The rows, their groups, and all other rows.
    """
    alone = len(np.unique(groups)) < n / 2
    ties = np.arange(len(groups)) if alone else groups
    order = np.argsort(rng.permutation(ties.max() + 1)[ties], kind="stable")
    while n < len(order) and ties[order[n]] == ties[order[n - 1]]:
        n += 1
    rows = np.sort(order[:n])
    return rows, ties[rows], np.setdiff1d(order, rows)


Run = Callable[[Job, Ints, Ints], tuple[Bools, Bools]]
"""From a job, its rows in the set and fresh rows to the held-out answers and those on the fresh."""


def on_axes(rows: Any, strengths: list[float]) -> Run:
    """Train on the main axes of vectors, with these penalties."""
    from sklearn.decomposition import PCA

    candidate = Candidate("minilm" if is_ready() else "hashed")
    vectors = Features(Inputs(rows.texts, {}), [candidate]).fit(candidate, None)[1]
    vectors = vectors.toarray() if hasattr(vectors, "toarray") else vectors
    vectors = PCA(AXES, random_state=0).fit_transform(vectors).astype(np.float32)

    def one_run(job: Job, drawn: Ints, fresh: Ints) -> tuple[Bools, Bools]:
        mine, chosen = vectors[drawn], np.zeros_like(job.truth)
        for part, test in grouped_folds(job.truth, job.groups, 5, job.seed):
            head = job.fit_rows(mine[part], part, "logistic", strengths)[0]
            chosen[test] = head.decide(head.probabilities(mine[test]))
        head = job.fit_rows(mine, np.arange(len(mine)), "logistic", strengths)[0]
        return chosen, head.decide(head.probabilities(vectors[fresh]))

    return one_run


class Drawn:
    """The columns of drawn rows, out of those of a set that is read once."""

    def __init__(self, features: Features, drawn: Ints) -> None:
        self._features, self._drawn = features, drawn

    def fit(self, candidate: Candidate, rows: Ints) -> tuple[Any, Matrix]:
        """Fit a candidate on some of the drawn rows; the vectors of all drawn ones."""
        encoder, vectors = self._features.fit(candidate, self._drawn[rows])
        return encoder, vectors[self._drawn]

    def states(self, encoder: Any) -> list[States]:
        """Return the columns that hold states of a network."""
        return self._features.states(encoder)


def as_trained(rows: Any, n: int, n_folds: int) -> Run:
    """Train as `train` does on so many rows."""
    present = {"target"} if rows.targets else set()
    candidates = propose(n, present)
    context = {name: rows.context[name] for name in rows.context if name.startswith("target")}
    features = Features(Inputs(rows.texts, context), candidates)

    def one_run(job: Job, drawn: Ints, fresh: Ints) -> tuple[Bools, Bools]:
        mine: Any = Drawn(features, drawn)
        found = compare(mine, candidates, [job], job.groups, n_folds=n_folds, seed=job.seed)
        encoder, vectors = features.fit(found.best, drawn)
        head = job.fit(
            vectors[drawn], np.arange(len(drawn)), found.best.head, features.states(encoder)
        )[0]
        return found.nested[job.name].chosen, head.decide(head.probabilities(vectors[fresh]))

    return one_run


def measure(
    task: str,
    sizes: list[int],
    n_runs: int,
    strengths: list[float],
    *,
    whole: bool,
    n_folds: int | None,
) -> Iterator[tuple[int, list[tuple[Score, Score, float]]]]:
    """Yield, for each size, the plain and the printed score and the fresh one of each run."""
    rows = load(task)
    if rows is None:
        print(f"{task}: ../shared/data does not have it; skipped")
        return
    truth, groups, multiple = rows.truth, np.array(rows.groups), TASKS[task].multiple
    for n in sizes:
        run = as_trained(rows, n, n_folds or usual_folds(n)) if whole else on_axes(rows, strengths)
        found = []
        for seed in range(n_runs):
            rng = np.random.default_rng([seed, n, 78])
            drawn, ties, fresh = draw(groups, n, rng)
            mine = truth[drawn]
            if mine.sum(axis=0).min() < 2:
                continue
            if whole:
                fresh = np.sort(rng.permutation(fresh)[:MOST_FRESH])
            job = Job("d", np.arange(len(drawn)), mine, ties, None, multiple, Goal(), 0)
            chosen, answer = run(job, drawn, fresh)
            plain, printed = (
                score(mine, chosen, rows.names, ties, multiple=multiple, by_folds=by_folds)
                for by_folds in (False, True)
            )
            found.append((plain, printed, macro_f1(truth[fresh], answer)))
        yield n, found


def table(task: str, n: int, found: list[tuple[Score, Score, float]]) -> None:
    """Print a line."""
    cells = []
    fresh = np.array([one[2] for one in found])
    for scores in ([plain for plain, _, _ in found], [printed for _, printed, _ in found]):
        low, high = (np.array([getattr(one, end) for one in scores]) for end in ("low", "high"))
        held, width = np.mean((low <= fresh) & (fresh <= high)), np.mean(high - low)
        cells.append(f"{held:10.1%} {width:7.3f}")
    gap = np.array([one[0].macro_f1 for one in found]) - fresh
    error = gap.std(ddof=1) / len(gap) ** 0.5
    print(
        f"{task:<18}{n:>5}{len(found):>6}  {gap.mean():+.3f} ± {error:.3f} {gap.std():6.3f}"
        + "".join(cells),
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    from threadpoolctl import threadpool_limits

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("tasks", nargs="*", default=[CHOSEN_ON, *JUDGES])
    options.add_argument("--sizes", type=int, nargs="+", default=[200, 500])
    options.add_argument("--runs", type=int, default=300)
    options.add_argument("--fixed", action="store_true", help="one penalty, and no tuning")
    options.add_argument("--whole", action="store_true", help="all that `train` fits")
    options.add_argument("--folds", type=int, help="outer folds of --whole; by rows if not given")
    options.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    asked = options.parse_args()
    if asked.smoke:
        asked.tasks, asked.sizes, asked.runs, asked.fixed = ["newssd"], [100], 2, True
    strengths = [1.0] if asked.fixed else list(STRENGTHS)
    print(
        f"{'set':<18}{'rows':>5}{'runs':>6}  {'held-out minus fresh':>21}"
        f"{'plain':>10} {'width':>7}{'printed':>10} {'width':>7}"
    )
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for task in asked.tasks:
            for n, found in measure(
                task,
                asked.sizes,
                asked.runs,
                strengths,
                whole=asked.whole,
                n_folds=asked.folds,
            ):
                table(task, n, found)


if __name__ == "__main__":
    main()
