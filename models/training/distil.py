"""Distillation: a fast student learns from a good model's answers on unlabelled text.

The teacher gives every text of the pool its probabilities; the student, a linear model over hashed
n-grams, learns their log-odds by ridge regression. The penalty is chosen on a tenth of the pool
that the fit does not see, and there the student's probabilities are brought to the teacher's once
more, because ridge regression shrinks them. Rules for the decision are taken over from the teacher.

Gold is only used to measure what was lost. Texts of the gold, and all texts of its articles, are
left out of the pool, so that the student is scored on rows that neither it nor its penalty has met.

References
----------
Hinton, G., Vinyals, O. & Dean, J. (2015). Distilling the Knowledge in a Neural Network. Ba, J. &
Caruana, R. (2014). Do Deep Nets Really Need to be Deep? NeurIPS (regression on log-odds).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...progress import Progress
from ..about import About
from ..encoders.registry import make_encoder
from ..evaluation.evaluate import evaluate
from ..heads.calibration import Calibration
from ..heads.head import Head
from ..heads.linear import LinearFit
from ..labelled.same_text import hash_texts
from ..labelled.training_set import TrainingSet
from ..matrix import Matrix
from ..metrics import DistilledDimension, DistilledMetrics
from ..model import Model
from ..predictor import Prediction, Predictor
from ..scores import Score

__all__ = [
    "LEAST",
    "PENALTIES",
    "STUDENT",
    "Distilled",
    "about_student",
    "ask",
    "check_teaching",
    "distil",
    "learn",
    "make_pool",
    "pool_rows",
]

STUDENT = "hashed-pieces"
"""The encoder of a student, unless another is named."""

LEAST = 100
"""Texts that a pool needs."""

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Penalties of ridge regression that are tried."""

_CLIP = 1e-3
_AT_ONCE = 2_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distilled:
    """A student, and what it lost.

    Examples
    --------
    >>> from standfirst.models import distil, from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> model = train(
    ...     from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2
    ... ).model
    >>> pool = [
    ...     f"It {verb} {word} {i}."
    ...     for i in range(30)
    ...     for verb in ("will", "is")
    ...     for word in ("work", "cruel")
    ... ]
    >>> sorted(distil(model, pool, student="hashed-pieces").agreement)
    ['stance']
    """

    model: Model
    """The student."""
    n_pool: int
    """Texts that it learned from."""
    agreement: dict[str, float]
    """Dimension to the share of held-out texts of the pool with the teacher's answer."""
    gold: dict[str, tuple[Score, Score]]
    """Dimension to the scores of teacher and student on gold."""
    n_seen: int
    """Gold rows that the teacher was trained on: its score flatters unless it is 0."""


def make_pool(
    texts: Sequence[str],
    articles: Sequence[str] | None = None,
    *,
    leave_out: Collection[str] = (),
    leave_out_articles: Collection[str] = (),
    limit: int | None = None,
    seed: int = 0,
) -> list[str]:
    """Choose the texts to learn from: each once, none of the gold and none of its articles.

    Parameters
    ----------
    texts
        The unlabelled texts.
    articles
        Id of the article of each.
    leave_out
        Texts of the gold; case and spacing do not count.
    leave_out_articles
        Ids of its articles.
    limit
        Draw this many at random.
    seed
        Of the draw.

    Examples
    --------
    >>> make_pool(["Yes.", "No.", "yes. ", "Perhaps."], ["a", "a", "b", "c"], leave_out=["no."])
    ['Yes.', 'Perhaps.']
    """
    rows = pool_rows(
        texts,
        articles,
        leave_out=leave_out,
        leave_out_articles=leave_out_articles,
        limit=limit,
        seed=seed,
    )
    return [texts[row] for row in rows.tolist()]


def pool_rows(
    texts: Sequence[str],
    articles: Sequence[str] | None = None,
    *,
    leave_out: Collection[str] = (),
    leave_out_articles: Collection[str] = (),
    limit: int | None = None,
    seed: int = 0,
) -> npt.NDArray[np.int64]:
    """Return the rows of the texts that `make_pool` chooses, ascending."""
    hashes = hash_texts(texts)
    first = np.zeros(len(texts), bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    kept = first & ~np.isin(hashes, hash_texts(leave_out))
    if articles is not None and leave_out_articles:
        away = set(leave_out_articles)
        kept &= np.array([article not in away for article in articles])
    rows = np.flatnonzero(kept)
    if limit is not None and len(rows) > limit:
        rows = np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))
    return rows


def check_teaching(teacher: Predictor, pool: Sequence[str], remedy: str) -> None:
    """Refuse a teacher that reads more than the text, and a pool that is too small.

    Raises
    ------
    InputError
        Which of them; `remedy` says what a pool needs.
    """
    if teacher.needs:
        problem = f"reads {', '.join(teacher.needs)} beside the text, which a fast student cannot"
        raise InputError("the teacher", problem, "train one with --context none")
    if len(pool) < LEAST:
        problem = f"{len(pool)} texts are left that are not in the gold"
        raise InputError("the corpus", problem, remedy)


def about_student(teacher: Predictor, n_pool: int, seed: int) -> About:
    """Say what a student comes from: its teacher's labelled rows, and so many texts of a pool."""
    return About(
        data=teacher.about.data,
        n_rows=teacher.about.n_rows,
        n_groups=teacher.about.n_groups,
        grouped_by=teacher.about.grouped_by,
        languages=teacher.about.languages,
        seed=seed,
        teacher={"encoder": teacher.encoder_name, "data": teacher.about.data},
        n_pool=n_pool,
        other_tasks=teacher.about.other_tasks,
    )


def distil(
    teacher: Model,
    pool: Sequence[str],
    *,
    student: str = STUDENT,
    gold: TrainingSet | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Distilled:
    """Teach a fast model what a good one answers.

    Parameters
    ----------
    teacher
        The good model; it must read nothing but the text.
    pool
        Unlabelled texts, without those of the gold: see `make_pool`.
    student
        Name of the student's encoder.
    gold
        Labelled rows by which to measure what was lost.
    seed
        Of the tenth that is held out, and of the bootstrap.
    progress
        Receives how many texts the teacher has answered.

    Raises
    ------
    InputError
        The teacher needs more than the text, or the pool is too small.

    Examples
    --------
    >>> from standfirst.models import distil, from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> model = train(
    ...     from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2
    ... ).model
    >>> pool = [
    ...     f"It {verb} {word} {i}."
    ...     for i in range(30)
    ...     for verb in ("will", "is")
    ...     for word in ("work", "cruel")
    ... ]
    >>> distil(model, pool, student="hashed-pieces").n_pool
    120
    """
    check_teaching(teacher, pool, f"a student needs {LEAST}, better 10,000")
    answers = ask(teacher, pool, progress)
    held = np.zeros(len(pool), bool)
    held[np.random.default_rng(seed).permutation(len(pool))[: len(pool) // 10]] = True
    empty, prepared = make_encoder(student).begin(pool)
    encoder = empty.fit(prepared)
    vectors = encoder.transform(prepared)
    heads, agreement = {}, {}
    for name, head in teacher.heads.items():
        heads[name] = learn(vectors, answers[name].probabilities, head, held)
        own = heads[name].decide(heads[name].probabilities(vectors[held]))
        agreement[name] = float((own == answers[name].chosen[held]).all(axis=1).mean())
    about = about_student(teacher, len(pool), seed)
    seen = np.union1d(teacher.trained_on, hash_texts(pool))
    made = Model(
        teacher.codebook,
        student,
        encoder,
        heads,
        about,
        trained_on=seen,
        familiar=teacher.familiar,
    )
    scores, n_seen = {}, 0
    if gold is not None:
        by_teacher, by_student = (evaluate(model, gold, seed=seed) for model in (teacher, made))
        scores = {
            name: (by_teacher.scores[name], by_student.scores[name]) for name in by_student.scores
        }
        n_seen = by_teacher.n_seen
    made = replace(made, metrics={"distilled": _metrics(agreement, scores, n_seen)})
    return Distilled(made, len(pool), agreement, scores, n_seen)


def ask(
    teacher: Predictor, pool: Sequence[str], progress: Progress | None = None
) -> dict[str, Prediction]:
    """Have a teacher answer texts, some at a time.

    Parameters
    ----------
    teacher
        Who answers.
    pool
        The texts.
    progress
        Receives how many are answered.
    """
    parts: dict[str, list[Prediction]] = {name: [] for name in teacher.heads}
    if progress is not None:
        progress("the teacher answers", 0, len(pool), "texts")
    for start in range(0, len(pool), _AT_ONCE):
        some = pool[start : start + _AT_ONCE]
        for name, answer in teacher.predict(some).items():
            parts[name].append(answer)
        if progress is not None:
            progress("the teacher answers", start + len(some), len(pool), "texts")
    return {
        name: Prediction(
            np.concatenate([part.probabilities for part in answers]),
            np.concatenate([part.chosen for part in answers]),
            np.concatenate([part.asked for part in answers]),
            labels=answers[0].labels,
        )
        for name, answers in parts.items()
    }


def learn(
    vectors: Matrix,
    answers: Floats,
    head: Head,
    held: npt.NDArray[np.bool_],
    *,
    penalties: Sequence[float] = PENALTIES,
) -> Head:
    """Fit the student of one dimension.

    Parameters
    ----------
    vectors
        Of the texts of the pool.
    answers
        The teacher's probabilities for them, shape (n_texts, n_labels).
    head
        The teacher's head; its rule is taken over.
    held
        Which texts choose the penalty and calibrate, and are not fitted; shape (n_texts,).
    penalties
        The penalties that are tried, from loose to strict.
    """
    from sklearn.linear_model import Ridge

    teacher = answers[:, head.seen]
    target = np.log(np.clip(teacher, _CLIP, 1 - _CLIP))
    if head.multiple:
        target = target - np.log(np.clip(1 - teacher, _CLIP, 1 - _CLIP))
    else:
        target = target - target.mean(axis=1, keepdims=True)
    mirrored = not head.multiple and target.shape[1] == 2
    fitted_to = target[~held, :1] if mirrored else target[~held]
    best: tuple[float, Calibration, LinearFit, float] | None = None
    for penalty in penalties:
        fitted = Ridge(alpha=penalty, solver="lsqr", tol=1e-4).fit(vectors[~held], fitted_to)
        weights = np.atleast_2d(fitted.coef_)
        intercept = np.atleast_1d(fitted.intercept_).astype(np.float64)
        if mirrored:
            # The log-odds of two labels are each other's mirror image, and so are their fits.
            weights = np.concatenate([weights, -weights])
            intercept = np.concatenate([intercept, -intercept])
        fit = LinearFit(weights, intercept)
        scores = fit.scores(vectors[held])
        loss, calibration = _match(scores, teacher[held], multiple=head.multiple)
        # Ties go to the stricter penalty, which comes last.
        if best is None or loss <= best[0] + 1e-6:
            best = (loss, calibration, fit, 1 / penalty)
    assert best is not None  # noqa: S101 - there is at least one penalty
    _, calibration, fit, strength = best
    fit = LinearFit(fit.weights.astype(np.float32), fit.intercept)
    return Head(head.multiple, head.seen, fit, calibration, head.rule, strength)


def _match(scores: Floats, teacher: Floats, *, multiple: bool) -> tuple[float, Calibration]:
    """Find the calibration that brings scores closest to probabilities, by cross-entropy."""
    from scipy.optimize import minimize

    n_labels = teacher.shape[1]

    def calibration(parameters: Floats) -> Calibration:
        return Calibration(np.full(n_labels, np.exp(parameters[0])), parameters[1:])

    def loss(parameters: Floats) -> float:
        own = calibration(parameters).probabilities(scores, multiple=multiple)
        own = np.clip(own, 1e-9, 1 - 1e-9)
        value = teacher * np.log(own)
        if multiple:
            value = value + (1 - teacher) * np.log1p(-own)
        return float(-value.sum() / len(scores) + 1e-3 * (parameters**2).sum())

    bounds = [(-2.0, 3.0), *[(-8.0, 8.0)] * n_labels]
    best = minimize(loss, np.zeros(1 + n_labels), method="L-BFGS-B", bounds=bounds)
    return float(best.fun), calibration(np.asarray(best.x))


def _metrics(
    agreement: dict[str, float], gold: dict[str, tuple[Score, Score]], n_seen: int
) -> DistilledMetrics:
    dimensions: dict[str, DistilledDimension] = {}
    for name, share in agreement.items():
        dimensions[name] = {"agreement_with_teacher": round(share, 6)}
        if name in gold:
            teacher, student = gold[name]
            dimensions[name]["teacher"] = teacher.as_json()
            dimensions[name]["student"] = student.as_json()
            kept = student.macro_f1 / max(teacher.macro_f1, 1e-9)
            dimensions[name]["kept"] = round(kept, 6)
    return {"gold_rows_seen_by_teacher": n_seen, "dimensions": dimensions}
