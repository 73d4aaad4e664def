"""A tuned model on some of the rows: tuned network and frozen encoder, with their classifiers.

The score of a label is the sum of two: that of the tuned network's classifier and that of the
frozen encoder's, each divided by how far such scores spread on rows that were held out. That is
steadier than either alone, unless held-out rows say otherwise; and it is one linear classifier over
both encoders' columns, so that a tuned model is stored and tagged with like any other.

References
----------
Wortsman, M. et al. (2022). Robust fine-tuning of zero-shot models. CVPR (both together).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .beside import Beside, Part
from .calibrate import calibrate_multiple, calibrate_single, sigmoid, softmax
from .choose import Job, make_jobs
from .classifier import Head
from .data import TrainingSet
from .goals import MARGIN, Rule, find_rule, parse_goal
from .inputs import Inputs
from .linear import LinearFit, fit_path
from .matrix import Matrix, dense_product, stack
from .model import Model
from .recipe import Lesson, Recipe, Tokens
from .transformer import Transformer
from .tuned import SUFFIX, Tuned

__all__ = ["Arm", "Held", "Tell", "Tuner", "Unseen", "Workshop", "make_head"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Held = tuple[Floats, Floats]
"""Scores of the tuned and of the frozen classifier, each of shape (n_rows, n_labels)."""
Tell = Callable[[int, int], None]
"""Takes how many of how many texts have been learned from."""
Tuner = Callable[..., tuple[dict[str, npt.NDArray[np.float16]], list[LinearFit]]]
"""What `finetune.tune` is."""

_START = 1.0
"""Inverse penalty of the regressions to start from, and of those on contrastive vectors."""

_NEVER = -4.0
"""Score of a label that no row had, as in `linear`."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A tuned network, and two classifiers a dimension."""

    encoder: Tuned
    """The network."""
    frozen_encoder: Any
    """The frozen encoder, fitted on the same rows."""
    vectors: Matrix
    """Columns of the tuned network, then those of the frozen encoder; zeros for rows that nobody
    asked for."""
    tuned: tuple[LinearFit, ...]
    """Classifiers on the tuned network's columns."""
    frozen: tuple[Head, ...]
    """Classifiers on the frozen encoder's columns."""

    def scores(self, place: int, rows: Ints) -> Held:
        """Score some rows on the dimension at a place."""
        tuned, frozen = self.tuned[place], _all_labels(self.frozen[place])
        width, some = tuned.weights.shape[1], self.vectors[rows]
        return (
            dense_product(some[:, :width], tuned.weights) + tuned.intercept,
            dense_product(some[:, width:], frozen.weights) + frozen.intercept,
        )


class Workshop:
    """The rows of a data set, and everything that fits on parts of it have in common.

    Parameters
    ----------
    data
        The rows.
    model
        A frozen model that was trained on them.
    tuner
        What tunes.
    about
        What tuned networks should tell of how they were made, beside the recipe.

    Raises
    ------
    InputError
        The model has no network that can be tuned.
    """

    def __init__(
        self, data: TrainingSet, model: Model, tuner: Tuner, about: Mapping[str, Any], seed: int
    ) -> None:
        from safetensors.numpy import load

        parts = _parts(model)
        networks = [one for one in parts if isinstance(one.encoder, Transformer)]
        if not networks or isinstance(networks[0].encoder, Tuned):
            problem = f"the encoder {model.encoder_name!r} has no network that can be tuned"
            raise InputError("--fine-tune", problem, "train with --encoder minilm")
        self.part, self.model = networks[0], model
        self._base: Transformer = self.part.encoder
        self._tuner, self._about = tuner, about
        self._kind = str(model.about.get("head", "logistic"))
        self.jobs = make_jobs(data, parse_goal(str(model.about.get("goal", "macro-f1"))), seed)
        self._inputs = Inputs(data.texts, data.context or {})
        whole = Beside(parts) if isinstance(model.encoder, Beside) else model.encoder
        context = {"context": self._inputs.context} if isinstance(whole, Beside) else {}
        self._empty, self._prepared = whole.begin(data.texts, **context)
        self._spans = self._inputs.spans() if "target" in self.part.views else None
        if self._spans is None:
            self._start = self._base.begin(data.texts)[1]
        else:
            self._start = self._base.begin_marked(data.texts, self._spans)[1]
        ids, marks = self._base.tokens(data.texts, self._spans)
        self._tokens = Tokens(ids, None if self._spans is None else marks)
        self._tensors = load(self._base.weights.read("model.safetensors"))

    def frozen(self, rows: Ints) -> tuple[Any, Matrix, tuple[Head | None, ...]]:
        """Fit the frozen encoder and its classifiers on some rows.

        Returns
        -------
        The encoder, the vectors of all rows, and one head a dimension; None where none of the rows
        is answered.
        """
        encoder = self._empty.fit(self._prepared[rows])
        vectors = encoder.transform(self._prepared)
        parts = [job.cut((rows, rows))[0] for job in self.jobs]
        heads = [
            job.fit(vectors, part, self._kind)[0] if len(part) else None
            for job, part in zip(self.jobs, parts, strict=True)
        ]
        return encoder, vectors, tuple(heads)

    def tuned(self, rows: Ints, ask: Ints, recipe: Recipe, tell: Tell | None = None) -> Arm:
        """Tune the network on some rows, and fit both classifiers on them.

        Parameters
        ----------
        rows
            The rows to learn from.
        ask
            Rows that will be asked for.
        recipe
            How the network is tuned.
        tell
            Told how far it has come.
        """
        lessons = [self._lesson(job, rows) for job in self.jobs]
        base = self._base
        tensors, fits = self._tuner(
            self._tensors,
            base.weights.network,
            base.layers,
            tokens=self._tokens.take(rows),
            lessons=lessons,
            recipe=recipe,
            told=tell,
        )
        about = {**recipe.as_json(), **self._about, "n_texts": len(rows)}
        encoder = Tuned(base.weights, base.layers, tensors, about)
        contrastive = recipe.method == "contrastive"
        asked = np.union1d(ask, rows) if contrastive else ask
        block = np.zeros((len(self._inputs), self._start.shape[1]), np.float32)
        if len(asked):
            block[asked] = self._read(encoder, asked)
        if contrastive:
            fits = [self._fit(job, rows, block) for job in self.jobs]
        frozen_encoder, vectors, heads = self.frozen(rows)
        frozen = tuple(
            head or _no_head(job, vectors.shape[1])
            for head, job in zip(heads, self.jobs, strict=True)
        )
        return Arm(encoder, frozen_encoder, stack([block, vectors]), tuple(fits), frozen)

    def joined(self, arm: Arm, heads: Mapping[str, Head]) -> tuple[str, Any, dict[str, Head]]:
        """Give name, encoder and heads of a model that reads with an arm's encoders.

        Where no head asks for the frozen one, it is left out.
        """
        views = ("text",) if self._spans is None else ("text", "target")
        parts = [Part(f"{self._base.weights.name}{SUFFIX}", arm.encoder, 1.0, views)]
        width = self._start.shape[1]
        if any(head.weights[:, width:].any() for head in heads.values()):
            parts += _parts(replace(self.model, encoder=arm.frozen_encoder))
        else:
            cut = {name: np.ascontiguousarray(h.weights[:, :width]) for name, h in heads.items()}
            heads = {name: replace(head, weights=cut[name]) for name, head in heads.items()}
        name = "+".join(part.name for part in parts)
        alone = len(parts) == 1 and views == ("text",)
        return name, arm.encoder if alone else Beside(parts), dict(heads)

    def _read(self, encoder: Tuned, rows: Ints) -> npt.NDArray[np.float32]:
        texts = [self._inputs.texts[row] for row in rows]
        if self._spans is None:
            return encoder.prepare(texts)
        return encoder.prepare_marked(texts, [self._spans[row] for row in rows])

    def _fit(self, job: Job, rows: Ints, vectors: Matrix) -> LinearFit:
        part = job.cut((rows, rows))[0]
        weight = None if job.weight is None else job.weight[part]
        if not len(part):
            n_labels = job.truth.shape[1]
            return LinearFit(np.zeros((n_labels, vectors.shape[1])), np.full(n_labels, _NEVER))
        some = vectors[job.rows[part]]
        return fit_path(some, job.truth[part], [_START], job.multiple, weight)[0]

    def _lesson(self, job: Job, rows: Ints) -> Lesson:
        n, n_labels = len(self._inputs), job.truth.shape[1]
        truth, answered, weight = np.zeros((n, n_labels), bool), np.zeros(n, bool), np.ones(n)
        truth[job.rows], answered[job.rows] = job.truth, True
        if job.weight is not None:
            weight[job.rows] = job.weight
        start = self._fit(job, rows, self._start)
        return Lesson(answered[rows], truth[rows], job.multiple, start, weight[rows])


@dataclass(frozen=True, slots=True)
class Unseen:
    """Rows that no classifier of an arm like this one has seen, to calibrate on."""

    scores: Held
    """What the classifiers say."""
    truth: Bools
    """What is so, shape (n_rows, n_labels)."""
    seen: Bools
    """Which labels occurred in training, shape (n_labels,)."""


def make_head(arm: Arm, place: int, job: Job, unseen: Unseen) -> Head:
    """Join the two classifiers of a dimension into one that is calibrated.

    Both count alike, unless the tuned one alone is better by `MARGIN`.

    Parameters
    ----------
    arm
        Where they are.
    place
        Which dimension.
    job
        The dimension.
    unseen
        What calibration and decision rule are found on.
    """
    tuned, frozen, seen = arm.tuned[place], _all_labels(arm.frozen[place]), unseen.seen
    spread = [max(float(scores[:, seen].std()), 1e-6) for scores in unseen.scores]
    target = unseen.truth[:, seen]
    best: tuple[float, Rule, Floats, Floats] | None = None
    for share in (1.0, 0.0):
        scores = unseen.scores[0] / spread[0] + unseen.scores[1] / spread[1] * share
        scores = scores[:, seen]
        slope, shift = (calibrate_multiple if job.multiple else calibrate_single)(scores, target)
        calibrated = scores * slope + shift
        probabilities = sigmoid(calibrated) if job.multiple else softmax(calibrated)
        rule = find_rule(probabilities, target, shift, job.goal, multiple=job.multiple)
        if best is None or rule.f1 >= best[1].f1 + MARGIN:
            best = share, rule, slope, shift
    assert best is not None  # noqa: S101 - for the type checker
    share, rule, slope, shift = best
    weights = np.hstack([tuned.weights / spread[0], frozen.weights / spread[1] * share])
    intercept = tuned.intercept / spread[0] + frozen.intercept / spread[1] * share
    return replace(
        arm.frozen[place],
        seen=seen,
        weights=weights[seen].astype(np.float32),
        intercept=intercept[seen],
        slope=slope,
        shift=shift,
        bonus=rule.bonus,
        least=rule.least,
    )


def _all_labels(head: Head) -> LinearFit:
    """Give a head's scores of all labels, those that no row had among them."""
    weights = np.zeros((len(head.seen), head.weights.shape[1]))
    intercept = np.full(len(head.seen), _NEVER)
    weights[head.seen], intercept[head.seen] = head.weights, head.intercept
    return LinearFit(weights, intercept)


def _no_head(job: Job, width: int) -> Head:
    """Give a head that knows no label, for a dimension of which no row is answered."""
    none = np.zeros(0)
    seen = np.zeros(job.truth.shape[1], bool)
    weights = np.zeros((0, width), np.float32)
    return Head(job.multiple, seen, weights, none, none, none, none, none, _START)


def _parts(model: Model) -> list[Part]:
    """Give the encoders of a model as parts."""
    if isinstance(model.encoder, Beside):
        return list(model.encoder.parts)
    return [Part(model.encoder_name, model.encoder)]
