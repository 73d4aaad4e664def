"""Training: one classifier a dimension, and a held-out score that means what it says.

The score is nested (`selection`). The rows are cut into grouped folds; for each, everything is
chosen and fitted on the other folds (encoder, context, rareness of n-grams, penalty, calibration,
decision rule), and only then is the fold scored. The model that is kept is fitted on all rows.
Beside the score stands the *leak gap*: how much better the same classifier would have looked had
the folds been drawn at random, so that sentences of one article stood on both sides.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...errors import InputError, UnknownNameError
from ...progress import Progress
from ..about import About
from ..bundle.folder import check_codebook
from ..encoders.registry import device_of
from ..evaluation.cautions import find_cautions
from ..heads.decision import Goal, parse_goal
from ..heads.head import Head
from ..heads.linear import rotate
from ..labelled.familiar_words import FamiliarWords
from ..labelled.folds import Fold, random_folds
from ..labelled.languages import find_languages
from ..labelled.same_text import hash_texts
from ..labelled.training_set import TrainingSet, check_rows, find_dimension
from ..matrix import Matrix, even_out, scaled
from ..metrics import Metrics
from ..model import Model
from ..scores import calibration_error, macro_f1, score
from ..tagging.tallies import check_columns
from ..threads import side_by_side
from ..views import CONTEXTS, VIEWS
from .candidates import EFFORTS, propose
from .codebook_rows import CodebookRows, read_codebook
from .cross_folds import fit_folds
from .features import Features
from .question import Job, make_jobs
from .ranking import Asked
from .report import DimensionReport, Report
from .selection import Compared, compare

__all__ = ["train", "usual_folds"]

_FEW = 500

_MOSTLY_ALONE = 0.95

_SEVERAL = 0.05
"""Where fewer rows than this share have several labels, the user should know that they decide."""


def train(
    data: TrainingSet,
    *,
    encoder: str | Sequence[str] | None = None,
    context: str | None = None,
    effort: str = "default",
    goal: Goal | str = Goal(),  # noqa: B008 - frozen
    n_folds: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Train one classifier for each dimension, and score it by grouped folds.

    Parameters
    ----------
    data
        Texts with answers. A target, where it has one, is always read.
    encoder
        A name in `ENCODERS`, several joined by ``+``, or a folder; a sequence of them is compared;
        by default the effort decides.
    context
        A name in `views.CONTEXTS`; by default the folds decide.
    effort
        One of `candidates.EFFORTS`: how much is compared.
    goal
        What labels should be good at; also as `parse_goal` reads it.
    n_folds
        Number of outer folds, fewer where there are fewer groups; by default `usual_folds`.
    seed
        Of the folds and of the bootstrap.
    progress
        Receives a report after each step.

    Raises
    ------
    InputError
        A dimension cannot be learned (one label only, or one group only), the data lacks the
        context that was named, or a name would make a model that cannot be read again.
    UnknownNameError
        No such effort, or no such context.

    Examples
    --------
    >>> from standfirst.models import from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> report = train(from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2)
    >>> report.model.predict(["It will surely work in town."])["stance"].chosen.tolist()
    [[True, False]]
    """
    from threadpoolctl import threadpool_limits

    check_rows(data)
    _check_options(effort, context, seed)
    aim = parse_goal(str(goal))
    check_codebook(data.codebook, data.source)
    check_columns([find_dimension(data.codebook, name) for name in data.answers], data.source)
    for dimension in data.answers:
        _check(data, dimension)
    named = [encoder] if isinstance(encoder, str) else list(encoder or ())
    present = _present(data, context)
    languages = find_languages(data.texts, data.groups)
    candidates = propose(
        len(data), present, encoders=named, context=context, effort=effort, languages=languages
    )
    n_folds = n_folds or usual_folds(len(data))
    said = read_codebook(data)
    features = Features(said.below(data), candidates, progress)
    # One thread a fit: sums in a fixed order make the same bundle to the byte, and fits this small
    # are quicker so. Fits stand side by side, and would take turns in setting filters of warnings.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        jobs = make_jobs(data, aim, seed, said)
        compared = compare(
            features, candidates, jobs, data.groups, n_folds=n_folds, seed=seed, progress=progress
        )
        return _keep(data, said, features, jobs, compared, languages=languages, progress=progress)


def usual_folds(n_rows: int) -> int:
    """Return the number of outer folds where nobody names one: twice as many for few rows.

    What is scored has learned from the other folds only. A fifth of 200 rows is missed: the score
    would be a point too low, as a mean over sets (docs/evidence/classifier.md).

    Examples
    --------
    >>> usual_folds(200), usual_folds(2_000)
    (10, 5)
    """
    return 10 if n_rows < _FEW else 5


def _keep(
    data: TrainingSet,
    said: CodebookRows,
    features: Features,
    jobs: Sequence[Job],
    compared: Compared,
    *,
    languages: Sequence[str],
    progress: Progress | None,
) -> Report:
    """Fit what was chosen on all rows, and report."""
    encoder, vectors = features.fit(compared.best, np.arange(len(data)))
    states = features.states(encoder)
    labelled = vectors[: len(data)]
    even = scaled(labelled, even_out(labelled, states))
    heads: dict[str, Head] = {}

    def fit(job: Job) -> Head:
        return job.fit(vectors, np.arange(len(job.rows)), compared.best.head, states)[0]

    for job, head in zip(jobs, side_by_side(fit, jobs), strict=True):
        heads[job.name] = head
        if progress is not None:
            progress(f"{job.name} is fitted", len(heads), None, "")
    # Only then, as the gap has fits side by side of its own.
    reports = [
        _report(data, compared, job, head, _leak_gap(even, compared, job, head))
        for job, head in zip(jobs, heads.values(), strict=True)
    ]
    folds = fit_folds(data.texts, vectors, jobs, heads, kind=compared.best.head, states=states)
    taught = np.zeros(len(data), bool) if data.weak is None else data.weak.rows
    people, n_weak, weak = ~taught, int(taught.sum()), None
    if data.weak is not None:
        weak = {"coder": data.weak.coder, "n_rows": n_weak, "weight": data.weak.weight}
    name = "+".join(dict.fromkeys(part.name for part in compared.best.parts()))
    about = About(
        data=data.fingerprint,
        n_rows=len(data) - n_weak,
        n_groups=len(np.unique(data.groups[people])),
        grouped_by=data.grouped_by,
        languages=languages,
        n_folds=len(compared.folds),
        seed=jobs[0].seed,
        head=compared.best.head,
        goal=str(jobs[0].goal),
        device=device_of(name, encoder.state()[0]),
        chosen=str(compared.best),
        weak=weak,
        codebook_taught={
            name: round(head.codebook, 2) for name, head in heads.items() if head.codebook
        },
        other_tasks=features.taught_by(states),
    )
    metrics = Metrics(
        dimensions={report.dimension: report.as_json() for report in reports},
        choice=compared.choice.as_json(),
    )
    trained_on = np.unique(hash_texts([*data.texts, *said.texts]))
    familiar = FamiliarWords.of(data.texts, data.groups, seed=jobs[0].seed)
    model = Model(data.codebook, name, encoder, heads, about, metrics, trained_on, folds, familiar)
    return Report(model, tuple(reports), compared, len(data) - n_weak, data.grouped_by)


def _check_options(effort: str, context: str | None, seed: int) -> None:
    if not 0 <= seed < 2**32:
        problem = f"{seed} is out of range"
        raise InputError("seed", problem, "give a whole number from 0 to 4294967295")
    if effort not in EFFORTS:
        raise UnknownNameError("effort", effort, EFFORTS)
    if context is not None and context not in CONTEXTS:
        raise UnknownNameError("context", context, list(CONTEXTS))


def _present(data: TrainingSet, context: str | None) -> set[str]:
    """Return the views that the data has, and refuse a context that it lacks."""
    present = {name for name in VIEWS if name in (data.context or {})}
    missing = [view for view in CONTEXTS[context or "none"] if view not in present]
    if missing:
        problem = f"no column {missing[0]!r}, which --context {context} needs"
        raise InputError(data.source, problem, "add it, or name another context")
    return present


def _report(
    data: TrainingSet, compared: Compared, job: Job, final: Head, gap: float | None
) -> DimensionReport:
    dimension = data.codebook.dimension(job.name)
    answers, asked = compared.nested[job.name].of(job.counted()), job.asked()
    scored = score(
        asked.truth,
        answers.chosen,
        dimension.label_ids,
        asked.groups,
        multiple=job.multiple,
        by_folds=True,
        seed=job.seed,
    )
    return DimensionReport(
        job.name,
        scored,
        len(compared.folds),
        gap,
        calibration_error(asked.truth, answers.probability),
        final.strength,
        bool(final.rule.bonus.any()),
        float((~answers.chosen.any(axis=1)).mean()) if final.rule.least.any() else 0.0,
        _warnings(asked, dimension.label_ids, len(compared.folds), multiple=job.multiple),
        find_cautions(scored, job.goal),
    )


def _leak_gap(vectors: Matrix, compared: Compared, job: Job, final: Head) -> float | None:
    """Compare random with grouped folds, both with the final candidate, penalty, and no tuning.

    What an encoder learns of all texts without their labels is the same for both, so that one
    rotation of the rows serves all fits.
    """
    # With hardly a row that shares its group, the difference would be chance.
    if len(np.unique(job.groups)) > _MOSTLY_ALONE * len(job.groups):
        return None
    rows = rotate(vectors[job.rows]).rows

    def scored(folds: Sequence[Fold]) -> float:
        answers = job.nothing()

        def answer(fold: Fold) -> None:
            part, test = fold
            if len(part) and len(test):
                head = job.fit_rows(rows[part], part, compared.best.head, [final.strength])[0]
                answers.chosen[test] = head.decide(head.probabilities(rows[test]))

        list(side_by_side(answer, folds))
        kept = job.counted()
        return macro_f1(job.truth[kept], answers.chosen[kept])

    grouped = [job.cut(fold) for fold in compared.folds]
    return scored(random_folds(job.truth, len(grouped), job.seed)) - scored(grouped)


def _warnings(
    job: Asked, labels: Sequence[str], n_folds: int, *, multiple: bool
) -> tuple[str, ...]:
    notes = []
    n_several = int((job.truth.sum(axis=1) > 1).sum())
    if multiple and n_several < _SEVERAL * len(job.truth):
        notes.append(
            f"learned as multiple choice, though only {n_several} of {len(job.truth)} rows have "
            "several labels; if these are slips, correct them"
        )
    for k, label in enumerate(labels):
        n_groups = len(np.unique(job.groups[job.truth[:, k]]))
        if n_groups == 0:
            notes.append(f"no row has the label {label!r}; it will never be given")
        elif n_groups == 1:
            notes.append(f"{label!r} occurs in one group only and cannot be scored; code more")
        elif n_groups < n_folds:
            notes.append(f"{label!r} occurs in {n_groups} groups only; its score is uncertain")
    return tuple(notes)


def _check(data: TrainingSet, dimension: str) -> None:
    rows, truth = data.truth(dimension)
    if data.weak is not None:
        by_people = ~data.weak.rows[rows]
        rows, truth = rows[by_people], truth[by_people]
    where = f"{data.source}: {dimension}"
    if len(rows) == 0:
        raise InputError(where, "no row is labelled", "fill in the column, or name another")
    multiple = data.codebook.dimension(dimension).choice == "multiple"
    varied: npt.NDArray[np.bool_] = np.asarray(truth.any(axis=0) & ~truth.all(axis=0))
    if not varied.any():
        names = data.codebook.dimension(dimension).label_ids
        only = [name for k, name in enumerate(names) if truth[:, k].any()]
        problem = f"all {len(rows)} rows have the same answer ({', '.join(only) or 'no label'})"
        raise InputError(where, problem, "a classifier needs two; code rows that differ")
    n_groups = len(np.unique(data.groups[rows]))
    if n_groups < 2:
        problem = f"all {len(rows)} rows belong to one group, so that nothing can be held out"
        raise InputError(where, problem, "label a second article, or name the right --group")
    by_label = [len(np.unique(data.groups[rows[truth[:, k]]])) for k in np.flatnonzero(varied)]
    if not multiple and max(by_label) < 2:
        problem = "every label occurs in one group only, so that none can be held out"
        raise InputError(where, problem, "label more articles")
