"""Teaching the students of a cascade, and holding out the texts on which it is tested.

The articles of the unlabelled texts fall into three parts. From the first the students learn, as
in `distil`. The second chooses their penalty, brings their probabilities to the teacher's and fits
how sure they are. The third is left alone until all is done: what students and teacher say on it
decides from which sureness on a student may answer (`cascade.promise`). Texts that the teacher was
trained on, and the other texts of their articles, go to the first part: it is surer of them than of
those that nobody labelled.

Where the teacher has heads that each left out a fold of its labels, the students have them, too: a
student's head of a fold learns from the teacher's head of that fold. So the tags of a cascade come
with cross-predictions, and gold that taught the teacher can correct shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...progress import Progress
from ..cascade.cascade import Student
from ..cascade.promise import HeldOut, most_assured
from ..cascade.sureness import Sureness, agrees, fit_sureness, margin
from ..encoders.registry import make_encoder
from ..heads.fold_heads import FoldHeads, rounded
from ..heads.head import Head
from ..labelled.folds import join_groups
from ..labelled.same_text import hash_texts
from ..matrix import Matrix
from ..predictor import Prediction, Predictor
from .distil import STUDENT, about_student, ask, check_teaching, learn

__all__ = ["Parts", "Taught", "split_pool", "teach_cascade"]

_SHARE_HELD = 0.2
_ENOUGH_HELD = 3_000
"""Held-out texts that a promise of .99 leaves little to be wished for."""
_MOST_HELD = 1 / 3
_SHARE_TUNED = 0.1

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Parts:
    """What each text of the pool is for."""

    tune: Bools
    """Chooses penalties and fits sureness, shape (n_texts,)."""
    held: Bools
    """Tests what is promised."""
    articles: npt.NDArray[np.int64]
    """Number of the article of each text."""


@dataclass(frozen=True, slots=True)
class Taught:
    """Students, and what they and their teacher said on held-out texts."""

    students: tuple[Student, ...]
    """The fastest first."""
    held: HeldOut
    """Answers on texts that none of them has learned from."""
    n_pool: int
    """Texts that the teacher was asked about."""


def split_pool(
    texts: Sequence[str],
    articles: Sequence[str] | None,
    learned: npt.NDArray[np.uint64],
    *,
    learn_only: int = 0,
    seed: int = 0,
) -> Parts:
    """Decide what each text is for, whole articles together.

    Parameters
    ----------
    texts
        The pool, each text once.
    articles
        Id of the article of each; None where each text stands for itself.
    learned
        Hashes of the texts that the teacher was trained on, sorted.
    learn_only
        How many texts at the end are only learned from.
    seed
        Of the draw.

    Examples
    --------
    >>> parts = split_pool([f"Text {n}." for n in range(400)], None, np.zeros(0, np.uint64))
    >>> int(parts.held.sum()), int(parts.tune.sum())
    (133, 40)
    """
    keys = [None] * len(texts) if articles is None else list(articles)
    groups = join_groups(texts, keys)
    n_groups = int(groups.max(initial=-1)) + 1
    sizes = np.bincount(groups, minlength=n_groups)
    away = np.zeros(n_groups, bool)
    away[groups[np.isin(hash_texts(texts), learned)]] = True
    if learn_only:
        away[groups[-learn_only:]] = True
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~away))
    n = int(sizes[~away].sum())
    n_held = max(_SHARE_HELD * n, min(_ENOUGH_HELD, _MOST_HELD * n))
    ends = np.cumsum(sizes[order])
    n_first, n_second = np.searchsorted(ends, [n_held, n_held + _SHARE_TUNED * n], side="right")
    part = np.zeros(n_groups, np.int8)
    part[order[:n_first]] = 2
    part[order[n_first:n_second]] = 1
    return Parts(part[groups] == 1, part[groups] == 2, groups)


def teach_cascade(
    teacher: Predictor,
    pool: Sequence[str],
    articles: Sequence[str] | None = None,
    *,
    students: Sequence[str] = (STUDENT,),
    learn_only: Sequence[str] = (),
    rate: float = 0.99,
    seed: int = 0,
    progress: Progress | None = None,
) -> Taught:
    """Teach the students of a cascade.

    Parameters
    ----------
    teacher
        The good model; it must read nothing but the text.
    pool
        Unlabelled texts like those that will be tagged, each once: see `distil.make_pool`.
    articles
        Id of the article of each.
    students
        Encoders of the students, the fastest first.
    learn_only
        Further texts, perhaps of other kinds, that are learned from and not held out.
    rate
        The rate that will be asked for; refused where no number of agreeing texts could assure it.
    seed
        Of the parts.
    progress
        Receives how many texts the teacher has answered.

    Raises
    ------
    InputError
        The teacher needs more than the text, or the pool is too small.
    """
    check_teaching(teacher, pool, "a cascade needs 1,000, better 50,000")
    if any(dimension.id == "stage" for dimension in teacher.dimensions):
        problem = "has a dimension that is called as a column of a cascade's tags: stage"
        raise InputError("the codebook", problem, "give it another id, and train again")
    texts = [*pool, *learn_only]
    keys = None if articles is None else [*articles, *(f"\0{n}" for n in range(len(learn_only)))]
    parts = split_pool(texts, keys, teacher.trained_on, learn_only=len(learn_only), seed=seed)
    articles_held = parts.articles[parts.held]
    if (most := most_assured(articles_held)) < rate or not parts.tune.any():
        n_articles = len(np.unique(articles_held))
        problem = (
            f"{len(articles_held)} texts of {n_articles} articles that can be held out assure "
            f"{most:.3f} at most"
        )
        remedy = f"for {rate:g} take more articles, or ask for a lower rate"
        raise InputError("the corpus", problem, remedy)
    given = _asked(teacher, texts, progress)
    made: list[Student] = []
    sure, agreed = [], []
    held_texts = [texts[row] for row in np.flatnonzero(parts.held).tolist()]
    for name in students:
        student = _student(teacher, name, texts, given, parts, seed=seed)
        answers, certain = student.answer(held_texts)
        made.append(student)
        sure.append(certain)
        wanted = {key: _some(one, parts.held) for key, one in given.answers.items()}
        agreed.append(np.stack([agrees(answers[key], wanted[key]) for key in wanted], axis=1))
    held = HeldOut(
        tuple(given.answers),
        np.stack(sure, axis=1),
        np.stack(agreed, axis=1),
        articles_held,
    )
    return Taught(tuple(made), held, len(texts))


@dataclass(frozen=True, slots=True)
class _Given:
    """What the teacher said."""

    answers: dict[str, Prediction]
    by_fold: dict[str, list[npt.NDArray[np.float32]]]
    """Dimension to what the head of each fold said."""


class _Once:
    """An encoder that gives vectors that were made before."""

    needs = ()

    def __init__(self, vectors: Matrix) -> None:
        self._vectors = vectors

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Give the vectors; the texts are those that they were made of."""
        del texts
        return self._vectors


def _asked(teacher: Predictor, texts: Sequence[str], progress: Progress | None) -> _Given:
    """Ask the teacher, and the heads of its folds by the same vectors."""
    folds = teacher.folds
    by_fold: dict[str, list[list[Any]]] = {}

    class Asked:
        heads = teacher.heads

        def predict(self, some: Sequence[str]) -> dict[str, Prediction]:
            vectors = teacher.vectors(some)
            for name, heads in folds.heads.items() if folds else ():
                for number, head in enumerate(heads):
                    lists = by_fold.setdefault(name, [[] for _ in heads])
                    lists[number].append(head.probabilities(vectors).astype(np.float32))
            once: Any = _Once(vectors)
            return replace(teacher, encoder=once, folds=None, _table=[]).predict(some)

    asked: Any = Asked()
    answers = ask(asked, texts, progress)
    joined = {name: [np.concatenate(parts) for parts in lists] for name, lists in by_fold.items()}
    return _Given(answers, joined)


def _student(
    teacher: Predictor, name: str, texts: Sequence[str], given: _Given, parts: Parts, *, seed: int
) -> Student:
    seen = ~parts.held
    known = [texts[row] for row in np.flatnonzero(seen).tolist()]
    empty, prepared = make_encoder(name).begin(known)
    encoder = empty.fit(prepared)
    vectors = encoder.transform(prepared)
    tune = parts.tune[seen]
    heads = {
        key: learn(vectors, given.answers[key].probabilities[seen], head, tune)
        for key, head in teacher.heads.items()
    }
    folds = None
    if teacher.folds is not None:
        fold_heads = {
            key: tuple(
                _fold_head(vectors, by_fold[number][seen], head, tune, heads[key].strength)
                for number, head in enumerate(teacher.folds.heads[key])
            )
            for key, by_fold in given.by_fold.items()
        }
        folds = FoldHeads(fold_heads, teacher.folds.texts, teacher.folds.folds)
    about = about_student(teacher, len(texts), seed)
    model = Predictor(
        teacher.codebook,
        name,
        encoder,
        heads,
        about,
        trained_on=np.union1d(teacher.trained_on, hash_texts(known)),
        folds=folds,
        familiar=teacher.familiar,
    )
    tuning = [texts[row] for row in np.flatnonzero(parts.tune).tolist()]
    return Student(model, _curves(model, tuning, given, parts.tune))


def _fold_head(
    vectors: Matrix, answers: npt.NDArray[np.float32], head: Head, tune: Bools, strength: float
) -> Head:
    made = learn(vectors, answers.astype(np.float64), head, tune, penalties=(1 / strength,))
    # As it will be stored, so that a model answers the same before and after.
    arrays = made.arrays()
    arrays["weights"] = rounded(arrays["weights"])
    return Head.restore(arrays, multiple=made.multiple, strength=made.strength)


def _curves(
    model: Predictor, texts: Sequence[str], given: _Given, tune: Bools
) -> dict[str, Sureness]:
    answers = model.predict(texts)
    return {
        key: fit_sureness(
            margin(model.heads[key], answer.probabilities),
            agrees(answer, _some(given.answers[key], tune)),
        )
        for key, answer in answers.items()
    }


def _some(answer: Prediction, rows: Bools) -> Prediction:
    return Prediction(
        answer.probabilities[rows], answer.chosen[rows], answer.asked[rows], labels=answer.labels
    )
