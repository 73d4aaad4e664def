"""How far a model carries to a writer that it has not read: macro-F1 by folds of writers.

Twelve writers wrote the demonstration's articles, none of whom saw the others' texts (see
`corpus/demo/README.md`). The sentences of each are judged by a model that learned from the others,
with the codebook's rows as `train` has them; penalty, layers, calibration and rule are chosen by
folds of articles within these. The first line tells what a second reader reaches against the first,
on the sentences that both have read: the harder ones, as drawn; blank where nobody read twice.

    python benchmarks/writers.py                          stance, the methods that are ready
    python benchmarks/writers.py --dimension position --only tfidf minilm
    python benchmarks/writers.py --seeds 3                more inner folds, for the noise of these

*In passage*: sentences stand with their neighbours in one text that the network reads in one pass,
and the states of the sentence's own tokens are pooled, as those of a target are. *Answers around*:
a second classifier reads what a first one says on all dimensions of the sentence, of those before
and after it, and of its article as a whole; what it learns from was said by models that had not
read that writer either. *Mean of ...* is that of these methods' probabilities. *Lower mpnet* pools
layers 6, 8 and 10 in place of 6, 9 and 12; they were chosen on these rows.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from standfirst.labels import load_codebook, ready_codebooks
from standfirst.models import TrainingSet, from_rows
from standfirst.models.encoders.networks.transformer import is_ready
from standfirst.models.heads.decision import Goal
from standfirst.models.labelled.same_text import hash_texts
from standfirst.models.scores import macro_f1
from standfirst.models.training.candidates import Candidate
from standfirst.models.training.codebook_rows import read_codebook
from standfirst.models.training.features import Features
from standfirst.models.training.question import Job, make_jobs
from standfirst.models.training.ranking import Answers

DEMO = Path(__file__).parents[1] / "corpus" / "demo"
NEIGHBOURS = ("before", "after")
BASE = "minilm"
SECOND_STRENGTHS = (0.003, 0.01, 0.03, 0.1)
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Method:
    """What is measured under one name."""

    candidate: Candidate
    """Encoder and views."""
    in_passage: bool = False
    """Whether the text is the sentence between its neighbours, and the sentence the target."""
    around: bool = False
    """Whether a second classifier reads the answers on the sentence and around it."""
    beside: tuple[Candidate, ...] = ()
    """Whose answers are averaged with its own before they are read."""


TFIDF, MINILM, MPNET = map(Candidate, ("tfidf", "minilm", "mpnet"))
LOWER = Candidate("mpnet", layers=(6, 8, 10))
METHODS = {
    "tfidf": Method(TFIDF),
    "minilm": Method(MINILM),
    "minilm+tfidf": Method(Candidate("minilm+tfidf")),
    "minilm, neighbours": Method(Candidate("minilm", ("text", *NEIGHBOURS))),
    "minilm, neighbours, title": Method(Candidate("minilm", ("text", *NEIGHBOURS, "title"))),
    "minilm, in passage": Method(Candidate("minilm", ("text", "target")), in_passage=True),
    "minilm, tfidf, answers around": Method(MINILM, around=True, beside=(TFIDF,)),
    "mpnet": Method(MPNET),
    "mpnet+tfidf": Method(Candidate("mpnet+tfidf")),
    "mpnet, neighbours": Method(Candidate("mpnet", ("text", *NEIGHBOURS))),
    "mpnet, tfidf, answers around": Method(MPNET, around=True, beside=(TFIDF,)),
    "lower mpnet": Method(LOWER),
    "lower mpnet, tfidf, answers around": Method(LOWER, around=True, beside=(TFIDF,)),
}
TOGETHER = {
    "mean of minilm, tfidf": ("minilm", "tfidf"),
    "mean of mpnet, tfidf": ("mpnet", "tfidf"),
    "mean of lower mpnet, tfidf": ("lower mpnet", "tfidf"),
    "... and lower, answers around": (
        "lower mpnet",
        "tfidf",
        "lower mpnet, tfidf, answers around",
    ),
}
"""Methods whose probabilities are averaged."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The labelled sentences of the demonstration."""

    sentences: TrainingSet
    """The sentences, labelled by the first reading."""
    passages: TrainingSet
    """The same, each between its neighbours, with the sentence as the target."""
    articles: npt.NDArray[Any]
    """The article of each; its sentences stand in order, and without gaps."""
    writers: npt.NDArray[Any]
    """Who wrote each."""
    second: list[list[str] | None]
    """What the second reader said; None where nobody read a second time."""


def load(dimension: str, most: int | None = None) -> Corpus:
    """Read sentences, and the second reading on a dimension; at most so many of each writer."""
    lines = (DEMO / "articles.jsonl").read_text("utf-8").splitlines()
    writer_of = {row["id"]: row["writer"] for row in map(json.loads, lines)}
    book = load_codebook(ready_codebooks()["transfer-deals"])
    names = [one.id for one in book.dimensions]
    rows: list[dict[str, Any]] = []
    writers: list[str] = []
    second: list[list[str] | None] = []
    for task in json.loads((DEMO / "readings.json").read_text("utf-8")):
        writer = writer_of[task["data"]["article_id"]]
        if most is not None and writers.count(writer) >= most:
            continue
        by_reader: dict[str, dict[str, list[str]]] = {}
        for reading in task["annotations"]:
            name = reading["completed_by"]["email"].split("@")[0]
            choices = {r["from_name"]: r["value"]["choices"] for r in reading["result"]}
            by_reader[name] = {one: choices.get(one, []) for one in names}
        kept = {name: task["data"][name] for name in ("article_id", "text", *NEIGHBOURS, "title")}
        rows.append({**kept, **by_reader["first"]})
        writers.append(writer)
        second.append(by_reader["second"][dimension] if "second" in by_reader else None)
    sentences, passages = (
        from_rows(some, names, codebook=book) for some in (rows, [*map(in_passage, rows)])
    )
    article = np.array([row["article_id"] for row in rows])
    return Corpus(sentences, passages, article, np.array(writers), second)


def in_passage(row: dict[str, Any]) -> dict[str, Any]:
    """Set a sentence between its neighbours, as the target of that text."""
    before, text, after = (row[name].strip() for name in ("before", "text", "after"))
    start = len(before) + 1 if before else 0
    whole = " ".join(part for part in (before, text, after) if part)
    target = {"target": text, "target_from": start, "target_to": start + len(text)}
    return {**row, "text": whole, **target}


def judge(
    corpus: Corpus, dimension: str, methods: dict[str, Method], seed: int
) -> Iterator[tuple[str, Answers]]:
    """Let each method judge the sentences of each writer, from those of the others."""
    said = read_codebook(corpus.sentences)
    for data in (corpus.sentences, corpus.passages):
        some = {n: m for n, m in methods.items() if m.in_passage == (data is corpus.passages)}
        if not some:
            continue
        candidates = [one for m in some.values() for one in (m.candidate, *m.beside)]
        features = Features(said.below(data), candidates)
        jobs = {job.name: job for job in make_jobs(data, Goal(), seed, said)}
        job = jobs[dimension]
        for name, method in some.items():
            answers = job.nothing()
            for writer in np.unique(corpus.writers):
                test = np.flatnonzero(corpus.writers == writer)
                part = others(corpus, test)
                if method.around:
                    vectors = around(corpus, features, method, [*jobs.values()], part)
                    head, _ = job.fit_rows(vectors[part], part, "logistic", SECOND_STRENGTHS)
                else:
                    encoder, vectors = features.fit(method.candidate, part)
                    head, _ = job.fit(vectors, part, "logistic", features.states(encoder))
                answers.probability[test] = head.probabilities(vectors[test])
                answers.chosen[test] = head.decide(answers.probability[test])
            yield name, answers


def others(corpus: Corpus, test: Ints) -> Ints:
    """Give all rows but these; a few short questions stand in the articles of several writers."""
    texts = hash_texts(corpus.sentences.texts)
    return np.flatnonzero(~np.isin(texts, texts[test]))


def around(
    corpus: Corpus, features: Features, method: Method, jobs: Sequence[Job], part: Ints
) -> npt.NDArray[np.float32]:
    """Say what first classifiers answer on each sentence and around it, as columns."""
    first = [np.zeros(job.truth.shape) for job in jobs]
    inside = np.unique(corpus.writers[part])
    for writer in (*inside, None):
        # Those who are learned from are left out in turn; the others are judged by all of them.
        learn = part[corpus.writers[part] != writer]
        ask = np.isin(corpus.writers, inside, invert=True)
        ask = ask if writer is None else corpus.writers == writer
        for candidate in (method.candidate, *method.beside):
            encoder, vectors = features.fit(candidate, learn)
            for job, found in zip(jobs, first, strict=True):
                states = features.states(encoder)
                head, _ = job.fit_rows(vectors[learn], learn, "logistic", [1.0], states=states)
                found[ask] += head.probabilities(vectors[np.flatnonzero(ask)])
    first = [found / (1 + len(method.beside)) for found in first]
    own = np.log(np.clip(np.hstack(first), 0.001, 1))
    own = (own - own[part].mean(axis=0)) / (own[part].std(axis=0) + 1e-6)
    columns = [own]
    for step in (1, -1):
        known = (np.roll(corpus.articles, step) == corpus.articles)[:, None]
        columns += [np.where(known, np.roll(own, step, axis=0), 0), known]
    _, article = np.unique(corpus.articles, return_inverse=True)
    total = np.zeros((article.max() + 1, own.shape[1]))
    np.add.at(total, article, own)
    columns.append((total / np.bincount(article)[:, None])[article])
    return np.hstack(columns).astype(np.float32)


def average(several: list[Answers], *, multiple: bool) -> Bools:
    """Answer by the mean of several methods' probabilities."""
    mean = np.mean([answers.probability for answers in several], axis=0)
    chosen: Bools = mean >= 0.5
    if not multiple:
        chosen = np.eye(mean.shape[1], dtype=bool)[mean.argmax(axis=1)]
    return chosen


def measure(truth: Bools, answer: Bools, parts: Sequence[Bools]) -> Floats:
    """Measure macro-F1 of each part of the rows; nan where it has none."""
    return np.array(
        [macro_f1(truth[part], answer[part]) if part.any() else np.nan for part in parts]
    )


def show(name: str, rows: Sequence[Floats], base: Sequence[Floats] = ()) -> None:
    """Print a line: means over seeds, and how much better than the base by writer."""
    mean = np.mean(rows, axis=0)
    line = f"{name:<36}" + "".join(" " * 7 if np.isnan(one) else f"{one:7.3f}" for one in mean)
    if len(base):
        by_writer = 100 * (mean - np.mean(base, axis=0))[2:]
        error = by_writer.std(ddof=1) / len(by_writer) ** 0.5
        line += f"{by_writer.mean():+7.1f} ± {error:.1f}"
    print(line)


def main() -> None:
    """Measure, and print a table."""
    from threadpoolctl import threadpool_limits

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--dimension", default="stance")
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--only", nargs="+", default=list(METHODS), help="methods, as printed")
    options.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    asked = options.parse_args()
    if asked.smoke:
        asked.only = ["tfidf", "minilm, tfidf, answers around"]
    corpus = load(asked.dimension, 40 if asked.smoke else None)
    dimension = corpus.sentences.codebook.dimension(asked.dimension)
    multiple = dimension.choice == "multiple"
    _, truth = corpus.sentences.truth(asked.dimension)
    methods = {
        name: method
        for name, method in METHODS.items()
        if name in asked.only
        and all(
            one == "tfidf" or is_ready(one)
            for candidate in (method.candidate, *method.beside)
            for one in candidate.encoder.split("+")
        )
    }
    names = [str(name) for name in np.unique(corpus.writers)]
    print(f"macro-F1 of {dimension.id}: all sentences, those read twice, and each writer's")
    print(f"{'':<36}" + "".join(f"{name:>7}" for name in ("all", "twice", *names)) + f"   - {BASE}")
    twice = np.array([answer is not None for answer in corpus.second])
    again = np.array([[one in (a or ()) for one in dimension.label_ids] for a in corpus.second])
    parts = [np.ones(len(truth), bool), twice, *(corpus.writers == name for name in names)]
    of_second = measure(truth, again, [part & twice for part in parts])
    show(f"second reader, {twice.sum()} sentences", [of_second])
    found: dict[str, list[Floats]] = {}
    for seed in range(asked.seeds):
        with threadpool_limits(1):
            answers = dict(judge(corpus, dimension.id, methods, seed))
        chosen = {name: one.chosen for name, one in answers.items()}
        for name, some in TOGETHER.items():
            if set(some) <= set(answers):
                mean = average([answers[one] for one in some], multiple=multiple)
                chosen[name] = mean
        for name, answer in chosen.items():
            values = measure(truth, answer, parts)
            found.setdefault(name, []).append(values)
    for name in sorted(found, key=[*METHODS, *found].index):
        show(name, found[name], found.get(BASE, ()))


if __name__ == "__main__":
    main()
