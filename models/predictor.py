"""What answers: an encoder, one head a dimension, and the codebook that says what the labels mean.

`bundle` stores it, `tagging` puts it to work; `model.Model` is the same with methods for both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError
from ..labels.codebook.codebook import Codebook, Dimension
from .about import About
from .encoders.protocol import Encoder
from .heads.fold_heads import FoldHeads
from .heads.head import Head
from .labelled.familiar_words import FamiliarWords
from .matrix import Matrix
from .metrics import Metrics
from .score_table import score_html, score_lines
from .strings import Strings, Texts, as_strings
from .views import Context, needed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Prediction", "Predictor", "refuse_prototype"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answers of a model on one dimension.

    Examples
    --------
    >>> import numpy as np
    >>> from standfirst.models import Prediction
    >>> p = np.array([[0.9, 0.1], [0.4, 0.6]])
    >>> answer = Prediction(p, p > 0.5, np.array([True, True]))
    >>> answer.chosen.tolist()
    [[True, False], [False, True]]
    """

    probabilities: npt.NDArray[np.float64]
    """Shape (n_texts, n_labels), in the codebook's order."""
    chosen: npt.NDArray[np.bool_]
    """Which labels are given, same shape; conditions are ignored.

    A row of a single choice has none where the model abstains for the sake of its goal.
    """
    asked: npt.NDArray[np.bool_]
    """Whether the dimension's condition holds by the model's own answers, shape (n_texts,)."""

    cross: npt.NDArray[np.float64] | None = None
    """The probabilities by heads that did not learn from the text; see `heads.fold_heads`."""
    labels: tuple[str, ...] = ()
    """Ids of the labels, in the order of the columns."""
    stage: npt.NDArray[np.int64] | None = None
    """Which stage of a cascade answered each text, 0 the fastest; None without stages."""

    @property
    def given(self) -> list[tuple[str, ...]]:
        """The ids of the labels that each text got, in the codebook's order.

        Examples
        --------
        >>> chosen = np.array([[True, False], [False, False]])
        >>> answer = Prediction(chosen * 0.9, chosen, np.ones(2, bool), labels=("warm", "cold"))
        >>> answer.given
        [('warm',), ()]
        """
        names = np.array(self.labels, dtype=object)
        return [tuple(names[row].tolist()) for row in self.chosen]

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row a text: the label given (joined by `|` where several), the probabilities."""
        import pandas as pd

        made = pd.DataFrame(self.probabilities, columns=list(self.labels))
        made.insert(0, "given", ["|".join(labels) for labels in self.given])
        return made

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """The probability that the answer is right, shape (n_texts,).

        For single choice it is the probability of the label given. For multiple choice it is the
        smallest, over the labels, of the probability that this label is rightly given or rightly
        left out.
        """
        if (self.chosen.sum(axis=1) <= 1).all() and np.allclose(self.probabilities.sum(axis=1), 1):
            given = np.where(self.chosen, self.probabilities, 0).max(axis=1)
            # Where the model abstains, the label that it would have given.
            none = ~self.chosen.any(axis=1)
            return np.asarray(np.where(none, self.probabilities.max(axis=1), given))
        right = np.where(self.chosen, self.probabilities, 1 - self.probabilities)
        return np.asarray(right.min(axis=1))


@dataclass(frozen=True, slots=True, repr=False)
class Predictor:
    """A trained encoder with its heads."""

    codebook: Codebook
    """The codebook of training; labels are in its order."""
    encoder_name: str
    """Name in the registry of encoders; several joined by `+`."""
    encoder: Encoder
    """The fitted encoder."""
    heads: Mapping[str, Head]
    """Id of the dimension to its classifier."""
    about: About = field(default_factory=About)
    """What the model rests on: data, folds, seeds."""
    metrics: Metrics = field(default_factory=Metrics)
    """What was measured of it: above all the held-out scores of training."""
    trained_on: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    """Hashes of the texts of training, sorted, so that an evaluation on them is noticed."""
    folds: FoldHeads | None = None
    """Heads that each left out a fold of the training units; None where a model has none."""
    familiar: FamiliarWords | None = None
    """The words of training; None where a model has learned from too little to tell."""
    _table: list[Any] = field(default_factory=list, repr=False, compare=False)

    def __repr__(self) -> str:
        return "\n".join([*self._about(), *score_lines(self.metrics.get("dimensions", {}))])

    def _repr_html_(self) -> str:
        scores = score_html(self.metrics.get("dimensions", {}), "Held-out macro-F1")
        return "".join(f"<p>{escape(line)}</p>" for line in self._about()) + scores

    def _about(self) -> list[str]:
        about, book = self.about, self.codebook
        reads = f", reading {', '.join(self.needs)} as well" if self.needs else ""
        learned = f"{about.n_rows:,} rows in {about.n_groups:,} groups ({about.grouped_by})"
        if about.prototype:
            learned = "definitions alone"
        questions = ", ".join(f"{one.id} ({len(one.labels)})" for one in self.dimensions)
        codebook = f"{book.id} {book.version} (revision {book.revision})"
        return [
            f"{type(self).__name__} by codebook {codebook}, encoder {self.encoder_name}{reads}",
            f"learned from {learned}; questions and their labels: {questions}",
        ]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions that the model answers, in the codebook's order."""
        return tuple(
            dimension for dimension in self.codebook.dimensions if dimension.id in self.heads
        )

    @property
    def needs(self) -> tuple[str, ...]:
        """What `predict` needs beside the texts: names of `views.VIEWS`; empty for most models."""
        return tuple(getattr(self.encoder, "needs", ()))

    @property
    def stages(self) -> tuple[str, ...]:
        """The encoders of the stages of a cascade, the fastest first; empty for a single model."""
        return ()

    def predict(self, texts: Texts, context: Context | None = None) -> dict[str, Prediction]:
        """Answer every dimension on texts.

        Parameters
        ----------
        texts
            The units' own texts: a list of strings, or a column of Arrow.
        context
            Name of each view that the model `needs` to one text a row. A target is looked for in
            its text unless `target_span` says where it is.

        Raises
        ------
        InputError
            The context lacks what the model needs, or the texts are not a list of strings.
        """
        # A column of `datasets` is no table, though it has the table's features.
        given: Any = texts
        texts = list(given) if hasattr(given, "column_name") else given
        _check_texts(texts)
        heads = [*self.heads.values(), *(self.folds.all() if self.folds else ())]
        each = self._direct(texts, heads)
        if each is None or self.folds:
            rows = texts if isinstance(texts, Sequence) else as_strings(texts).texts()
        if each is None:
            vectors = self.vectors(rows, context)
            each = [head.scores(vectors) for head in heads]
        scored = dict(zip(self.heads, each, strict=False))
        crossed: dict[str, npt.NDArray[np.float64]] = {}
        if self.folds:
            crossed = self.folds.answers(each[len(scored) :], self.folds.fold_of(rows))
        answers: dict[str, Prediction] = {}
        for dimension in self.dimensions:
            head = self.heads[dimension.id]
            probabilities = head.from_scores(scored[dimension.id])
            chosen = head.decide(probabilities)
            asked = np.ones(len(texts), bool)
            when = dimension.when
            if when is not None and when.dimension in answers:
                ids = self.codebook.dimension(when.dimension).label_ids
                among = np.array([label in when.labels for label in ids])
                above = answers[when.dimension]
                asked = above.asked & (above.chosen & among).any(axis=1)
            answers[dimension.id] = Prediction(
                probabilities, chosen, asked, crossed.get(dimension.id), dimension.label_ids
            )
        return answers

    def vectors(self, texts: Sequence[str], context: Context | None = None) -> Matrix:
        """Encode texts as the heads read them, shape (n_texts, dim)."""
        if not self.needs:
            return self.encoder.encode(texts)
        encoder: Any = self.encoder
        vectors: Matrix = encoder.encode(texts, needed(context, self.needs, len(texts)))
        return vectors

    def _direct(self, texts: Texts, heads: Sequence[Head]) -> list[npt.NDArray[np.float64]] | None:
        """Score all heads at once, where the encoder needs no vectors for that."""
        encoder: Any = self.encoder
        if not hasattr(encoder, "scores"):
            return None
        if not self._table:
            weights = np.concatenate([head.fit.weights for head in heads])
            self._table.append(encoder.table(weights))
        scores = encoder.scores(texts, self._table[0])
        ends = np.cumsum([len(head.fit.weights) for head in heads])
        parts = np.split(scores, ends[:-1], axis=1)
        return [part + head.fit.intercept for part, head in zip(parts, heads, strict=True)]


def _check_texts(texts: Any) -> None:
    """Refuse what would be answered, but not text by text: one string, a table, a set."""
    table = hasattr(texts, "columns") or hasattr(texts, "features")
    column = hasattr(texts, "__len__") and hasattr(texts, "__getitem__")
    if isinstance(texts, str | bytes | Mapping) or table or not column:
        remedy = "give a list of strings, or one column"
        raise InputError("the texts", f"are a single {type(texts).__name__}", remedy)
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        row = pc.index(texts.is_null(), True).as_py() if texts.null_count else -1
    elif isinstance(texts, Strings):
        row = -1
    else:
        row = next((n for n, text in enumerate(texts) if not isinstance(text, str)), -1)
    if row >= 0:
        raise InputError(f"the texts, row {row}", "no text", "leave the row out")


def refuse_prototype(about: About, where: str | Path = "the model") -> None:
    """Refuse a model that has seen no label.

    Parameters
    ----------
    about
        What the model rests on.
    where
        Name of the model, for the message.

    Raises
    ------
    InputError
        It was made by `from_definitions.prototype_model`.
    """
    if about.prototype:
        problem = "was made of definitions alone: it ranks units for coding, and measures nothing"
        raise InputError(where, problem, "label some units, then run: standfirst train")
