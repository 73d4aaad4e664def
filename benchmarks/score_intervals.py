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
"""

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
from sets import TASKS, load  # type: ignore[import-not-found]

from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.heads.decision import Goal
from standfirst.models.heads.head import STRENGTHS, Head
from standfirst.models.labelled.folds import grouped_folds
from standfirst.models.scores import Score, macro_f1, score
from standfirst.models.training.candidates import Candidate
from standfirst.models.training.features import Features
from standfirst.models.training.question import Job
from standfirst.models.views import Inputs

AXES = 48
CHOSEN_ON = "babe-part"
JUDGES = ("newssd", "csta-topic", "newsmtsc-part", "babe-bias")
Ints = npt.NDArray[np.int64]


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


def one_run(
    job: Job, vectors: npt.NDArray[np.float32], strengths: list[float]
) -> tuple[npt.NDArray[np.bool_], Head]:
    """Give the held-out answers on the rows of a job, and the head that is kept."""
    chosen = np.zeros_like(job.truth)
    for part, test in grouped_folds(job.truth, job.groups, 5, job.seed):
        head = job.fit_rows(vectors[part], part, "logistic", strengths)[0]
        chosen[test] = head.decide(head.probabilities(vectors[test]))
    every = np.arange(len(job.rows))
    return chosen, job.fit_rows(vectors, every, "logistic", strengths)[0]


def measure(
    task: str, sizes: list[int], n_runs: int, strengths: list[float]
) -> Iterator[tuple[int, list[tuple[Score, Score, float]]]]:
    """Yield, for each size, the plain and the printed score and the fresh one of each run."""
    from sklearn.decomposition import PCA

    rows = load(task)
    if rows is None:
        print(f"{task}: ../shared/data does not have it; skipped")
        return
    candidate = Candidate("minilm" if is_ready() else "hashed")
    vectors = Features(Inputs(rows.texts, {}), [candidate]).fit(candidate, None)[1]
    vectors = vectors.toarray() if hasattr(vectors, "toarray") else vectors
    vectors = PCA(AXES, random_state=0).fit_transform(vectors).astype(np.float32)
    truth, groups, multiple = rows.truth, np.array(rows.groups), TASKS[task].multiple
    for n in sizes:
        found = []
        for seed in range(n_runs):
            drawn, ties, fresh = draw(groups, n, np.random.default_rng([seed, n, 78]))
            mine = truth[drawn]
            if mine.sum(axis=0).min() < 2:
                continue
            job = Job("d", np.arange(len(drawn)), mine, ties, None, multiple, Goal(), 0)
            chosen, head = one_run(job, vectors[drawn], strengths)
            plain, printed = (
                score(mine, chosen, rows.names, ties, multiple=multiple, by_folds=by_folds)
                for by_folds in (False, True)
            )
            answer = head.decide(head.probabilities(vectors[fresh]))
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
    print(
        f"{task:<16}{n:>5}{len(found):>6}  {gap.mean():+8.3f} {gap.std():6.3f}" + "".join(cells),
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
    options.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    asked = options.parse_args()
    if asked.smoke:
        asked.tasks, asked.sizes, asked.runs, asked.fixed = ["newssd"], [100], 2, True
    strengths = [1.0] if asked.fixed else list(STRENGTHS)
    print(
        f"{'set':<16}{'rows':>5}{'runs':>6}  {'held-out minus fresh':>15}"
        f"{'plain':>6} {'width':>7}{'printed':>10} {'width':>7}"
    )
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for task in asked.tasks:
            for n, found in measure(task, asked.sizes, asked.runs, strengths):
                table(task, n, found)


if __name__ == "__main__":
    main()
