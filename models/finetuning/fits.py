"""Fitting tuned and frozen models on parts of a data set; see `ensemble` for what comes out.

Everything that does not change from fold to fold is made once: tokens, the frozen vectors, the
weights to start from.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...progress import Progress
from ..encoders.networks.transformer import Transformer
from ..encoders.networks.tuned import SUFFIX, Tuned
from ..encoders.side_by_side import MARKED, SHARES, Beside, Part
from ..heads.calibration import Calibration
from ..heads.decision import Rule, parse_goal
from ..heads.head import Head
from ..heads.linear import LinearFit, fit_path
from ..heads.other_tasks import other_tasks
from ..labelled.training_set import TrainingSet
from ..matrix import Matrix, States, even_out, scaled, stack
from ..model import Model
from ..training.features import states_of
from ..training.question import Job, make_jobs
from ..views import Inputs
from .ensemble import NEVER, Ensemble
from .recipe import Lesson, Recipe, Tokens

__all__ = ["Fitter", "Tuner"]

Ints = npt.NDArray[np.int64]
Tuner = Callable[..., tuple[dict[str, npt.NDArray[np.float16]], list[LinearFit]]]
"""What `learn.tune` is."""

_START = 1.0
"""Inverse penalty of the regressions to start from, and of those on contrastive vectors."""


class Fitter:
    """Fits tuned and frozen models on parts of a data set; holds what these fits share.

    Parameters
    ----------
    data
        The rows.
    model
        A frozen model that was trained on them.
    tuner
        What tunes.
    about
        What tuned networks store of how they were made, beside the recipe.

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
        networks = [part for part in parts if isinstance(part.encoder, Transformer)]
        if not networks or isinstance(networks[0].encoder, Tuned):
            problem = f"the encoder {model.encoder_name!r} has no network that can be tuned"
            raise InputError("--fine-tune", problem, "train with --encoder minilm")
        self.part, self.model = networks[0], model
        self._base: Transformer = self.part.encoder
        self._tuner, self._about = tuner, about
        self._kind = model.about.head
        self.jobs = make_jobs(data, parse_goal(model.about.goal), seed)
        self._inputs = Inputs(data.texts, data.context or {})
        self._tasks = other_tasks(data.texts)
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
        # As `Beside` scales the columns of each view, so that fits hold for a model that is kept.
        width, views = self._base.width, ("text",) if self._spans is None else MARKED
        self._views = views
        self._scale = np.repeat([np.float32(SHARES[view]) for view in views], width)
        self._tensors = load(self._base.weights.read("model.safetensors"))

    def frozen(self, rows: Ints) -> tuple[Any, Matrix, tuple[Head, ...]]:
        """Fit the frozen encoder and its classifiers on some rows.

        Returns
        -------
        The encoder, the vectors of all rows, and one head a dimension.
        """
        encoder = self._empty.fit(self._prepared[rows])
        vectors = encoder.transform(self._prepared)
        parts = [job.cut((rows, rows))[0] for job in self.jobs]
        states = states_of(encoder, self._tasks)
        heads = [
            job.fit(vectors, part, self._kind, states)[0]
            if len(part)
            else _no_head(job, vectors.shape[1])
            for job, part in zip(self.jobs, parts, strict=True)
        ]
        return encoder, vectors, tuple(heads)

    def tuned(
        self, rows: Ints, ask: Ints, recipe: Recipe, progress: Progress | None = None
    ) -> Ensemble:
        """Tune the network on some rows, and fit both classifiers on them.

        Parameters
        ----------
        rows
            The rows to learn from.
        ask
            Rows that will be asked for.
        recipe
            How the network is tuned.
        progress
            Receives how many texts have been learned from.
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
            progress=progress,
        )
        about = {**recipe.as_json(), **self._about, "n_texts": len(rows)}
        encoder = Tuned(base.weights, base.layers, tensors, about)
        contrastive = recipe.method == "contrastive"
        asked = np.union1d(ask, rows) if contrastive else ask
        block = np.zeros((len(self._inputs), self._start.shape[1]), np.float32)
        if len(asked):
            block[asked] = self._read(encoder, asked) * self._scale
        if contrastive:
            fits = [self._fit(job, rows, block) for job in self.jobs]
        else:
            fits = [LinearFit(fit.weights / self._scale, fit.intercept) for fit in fits]
        frozen_encoder, vectors, frozen = self.frozen(rows)
        return Ensemble(encoder, frozen_encoder, stack([block, vectors]), tuple(fits), frozen)

    def joined(
        self, ensemble: Ensemble, heads: Mapping[str, Head]
    ) -> tuple[str, Any, dict[str, Head]]:
        """Return name, encoder and heads of a model that reads with an ensemble's encoders.

        Where no head asks for the frozen one, it is left out.
        """
        parts = [Part(f"{self._base.weights.name}{SUFFIX}", ensemble.encoder, 1.0, self._views)]
        width = self._start.shape[1]
        if any(head.fit.weights[:, width:].any() for head in heads.values()):
            parts += _parts(replace(self.model, encoder=ensemble.frozen_encoder))
        else:
            heads = {name: _first_columns(head, width) for name, head in heads.items()}
        name = "+".join(part.name for part in parts)
        alone = len(parts) == 1 and self._views == ("text",)
        return name, ensemble.encoder if alone else Beside(parts), dict(heads)

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
            return LinearFit(np.zeros((n_labels, vectors.shape[1])), np.full(n_labels, NEVER))
        some = vectors[job.rows[part]]
        width = self._base.width
        starts = range(0, some.shape[1], width)
        scale = even_out(some, [States(start, start, start + width) for start in starts])
        rows_even = scaled(some, scale)
        fit = fit_path(rows_even, job.truth[part], [_START], job.multiple, weight)[0]
        return LinearFit(fit.weights * scale, fit.intercept)

    def _lesson(self, job: Job, rows: Ints) -> Lesson:
        n, n_labels = len(self._inputs), job.truth.shape[1]
        truth, answered, weight = np.zeros((n, n_labels), bool), np.zeros(n, bool), np.ones(n)
        truth[job.rows], answered[job.rows] = job.truth, True
        if job.weight is not None:
            weight[job.rows] = job.weight
        start = self._fit(job, rows, self._start)
        return Lesson(answered[rows], truth[rows], job.multiple, start, weight[rows])


def _first_columns(head: Head, width: int) -> Head:
    """Leave the first columns of a head's weights."""
    weights = np.ascontiguousarray(head.fit.weights[:, :width])
    return replace(head, fit=replace(head.fit, weights=weights))


def _no_head(job: Job, width: int) -> Head:
    """Return a head that knows no label, for a dimension of which no row is answered."""
    seen = np.zeros(job.truth.shape[1], bool)
    fit = LinearFit(np.zeros((0, width), np.float32), np.zeros(0))
    return Head(job.multiple, seen, fit, Calibration.none(0), Rule.none(0), _START)


def _parts(model: Model) -> list[Part]:
    """Return the encoders of a model as parts."""
    if isinstance(model.encoder, Beside):
        return list(model.encoder.parts)
    return [Part(model.encoder_name, model.encoder)]
