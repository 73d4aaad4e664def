"""The sets, splits and draws that all benchmarks of classifiers share.

Five sets of `../shared/data` give six tasks, and two of them in part. For each seed the articles
are cut into a training side and a test side (a third, at most `MOST_TEST` rows, whole articles,
similar shares of labels); from the training side 50, 200, 1,000 and all rows are drawn, each draw
holding the smaller ones. The first rows of a draw are two of each label, from different articles
where there are such, so that every classifier can be fitted; the others come at random, as an
analyst would code them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from standfirst.models.labelled.folds import grouped_folds, join_groups

__all__ = ["DATA", "SEEDS", "SIZES", "TASKS", "Rows", "Split", "Task", "load", "split"]

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
"""Where the annotated sets lie."""

SIZES = (50, 200, 1_000, None)
"""Rows that are drawn to learn from; None: all of the training side."""

SEEDS = (0, 1, 2, 3, 4)
"""One split, and one chain of draws, a seed."""

MOST_TEST = 2_000
"""Rows on the test side, at most."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Task:
    """One dimension of one set."""

    file: str
    """Name of the set."""
    label: str
    """Name of the dimension."""
    multiple: bool = False
    """Whether a row can have any number of labels."""
    target: bool = False
    """Whether the label is about a target in the text."""
    most: int | None = None
    """Rows that are taken, whole articles at random; all if None."""


TASKS: dict[str, Task] = {
    "babe-bias": Task("babe", "bias"),
    "babe-part": Task("babe", "bias", most=1_800),
    "newsmtsc": Task("newsmtsc", "sentiment", target=True),
    "newsmtsc-part": Task("newsmtsc", "sentiment", target=True, most=1_800),
    "csta-topic": Task("csta_immigration", "topic"),
    "csta-stance": Task("csta_immigration", "stance"),
    "narrative-frames": Task("narrative_frames", "frames", multiple=True),
    "newssd": Task("newssd_eng", "subjectivity"),
}
"""Name to task. Parts are for what takes a minute a thousand rows."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The labelled rows of one task."""

    name: str
    """Name of the task."""
    texts: list[str]
    """The units."""
    labels: list[list[str]]
    """The labels of each row; exactly one for single choice."""
    groups: list[int]
    """Number of each row's article; rows with the same text share it."""
    names: list[str]
    """All labels, in alphabetical order."""
    targets: list[tuple[int, int]] | None
    """Where the target stands in each text; None for tasks without."""
    before: list[str]
    """The sentence before, empty where there is none."""
    after: list[str]
    """The sentence after."""

    @property
    def truth(self) -> npt.NDArray[np.bool_]:
        """Which labels each row has, shape (n_rows, n_labels)."""
        return np.array([[name in found for name in self.names] for found in self.labels], bool)

    @property
    def context(self) -> dict[str, Any]:
        """What stands around each text, and its target where the task has one."""
        context: dict[str, Any] = {"before": self.before, "after": self.after}
        if self.targets:
            texts = zip(self.texts, self.targets, strict=True)
            context["target"] = [text[start:end] for text, (start, end) in texts]
            context["target_span"] = self.targets
        return context


@dataclass(frozen=True, slots=True)
class Split:
    """What is learned from, and what is asked then, in numbers of rows."""

    test: Ints
    """Rows of the test side, ascending."""
    draws: dict[str, Ints]
    """`50`, `200`, `1000`, `all` to rows of the training side; sizes that it lacks are left out."""


def load(name: str) -> Rows | None:
    """Read a task; None where its set is not here."""
    task = TASKS[name]
    path = DATA / f"{task.file}.jsonl"
    if not path.is_file():
        return None
    rows = [json.loads(line) for line in path.read_text().split("\n") if line]
    rows = [row for row in rows if row["labels"].get(task.label) is not None]
    if task.most is not None:
        articles = sorted({row["article_id"] or row["id"] for row in rows})
        place = dict(
            zip(np.random.default_rng(0).permutation(articles), range(len(rows)), strict=False)
        )
        rows = sorted(rows, key=lambda row: place[row["article_id"] or row["id"]])[: task.most]
    found = [row["labels"][task.label] for row in rows]
    labels = [one if isinstance(one, list) else [one] for one in found]
    texts = [row["text"] for row in rows]
    spans = None
    if task.target:
        spans = [(row["meta"]["target_from"], row["meta"]["target_to"]) for row in rows]
    return Rows(
        name,
        texts,
        labels,
        join_groups(texts, [row["article_id"] for row in rows]).tolist(),
        sorted({label for one in labels for label in one}),
        spans,
        [row["context"]["previous"] or "" for row in rows],
        [row["context"]["next"] or "" for row in rows],
    )


def split(rows: Rows, seed: int) -> Split:
    """Cut rows into a training and a test side, and draw from the training side."""
    truth, groups = rows.truth, np.array(rows.groups)
    train, test = grouped_folds(truth, groups, 3, seed)[0]
    rng = np.random.default_rng(seed)
    if len(test) > MOST_TEST:
        # Whole articles, in random order, as long as they fit.
        order = rng.permutation(np.unique(groups[test]))
        place = np.argsort(order)[np.searchsorted(np.sort(order), groups[test])]
        test = np.sort(test[np.argsort(place, kind="stable")][:MOST_TEST])
    order = rng.permutation(train)
    first: list[int] = []
    for label in np.argsort(truth[train].sum(axis=0), kind="stable"):
        have = [row for row in order if truth[row, label]]
        apart = list({groups[row]: row for row in reversed(have)}.values())[::-1]
        first += [row for row in (apart if len(apart) > 1 else have)[:2] if row not in first]
    order = np.concatenate([first, order[~np.isin(order, first)]]).astype(np.int64)
    draws = {str(n): order[:n] for n in SIZES if n is not None and n < len(order)}
    return Split(test, {**draws, "all": order})
