"""What training found out: scores of each dimension, and how the candidates compared."""

from dataclasses import dataclass, field
from html import escape

from ..metrics import DimensionMetrics
from ..model import Model
from ..score_table import score_html, score_lines
from ..scores import Score
from .selection import Choice, Compared

__all__ = ["DimensionReport", "Report"]


@dataclass(frozen=True, slots=True)
class DimensionReport:
    """What training found out about one dimension.

    Examples
    --------
    >>> from standfirst.models import from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> (stance,) = train(
    ...     from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2
    ... ).dimensions
    >>> stance.n_folds, stance.score.n
    (2, 24)
    """

    dimension: str
    """Its id."""
    score: Score
    """Held-out score over all folds together; the choice of candidates is nested in it."""
    n_folds: int
    """Number of outer folds."""
    leak_gap: float | None
    """Macro-F1 of random folds minus that of grouped folds; None where each row is a group."""
    calibration_error: float
    """Expected calibration error of the held-out probabilities."""
    strength: float
    """The inverse penalty of the final fit."""
    weighted: bool
    """Whether the decision helps rare labels beyond their probability."""
    abstained: float
    """Share of held-out rows on which the model abstained for the sake of its goal."""
    warnings: tuple[str, ...] = ()
    """What the user should know of the data."""
    cautions: tuple[str, ...] = ()
    """What the user should know of the score; see `evaluation.cautions`."""

    def as_json(self) -> DimensionMetrics:
        """Return everything as JSON values, as in metrics.json."""
        return {
            **self.score.as_json(),
            "n_groups": self.score.n_groups,
            "n_folds": self.n_folds,
            "accuracy": round(self.score.accuracy, 6),
            "leak_gap": None if self.leak_gap is None else round(self.leak_gap, 6),
            "calibration_error": round(self.calibration_error, 6),
            "inverse_penalty": self.strength,
            "weighted_decision": self.weighted,
            "abstained": round(self.abstained, 6),
            "confusion": self.score.confusion,
            "warnings": [*self.warnings, *self.cautions],
        }


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """The result of training.

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
    >>> report.n_rows, [row.dimension for row in report.dimensions]
    (24, ['stance'])
    """

    model: Model
    """The model, fitted on all rows."""
    dimensions: tuple[DimensionReport, ...]
    """One report a dimension."""
    compared: Compared = field(compare=False)
    """The folds, and what was answered on them."""
    n_rows: int
    """Number of rows in the training set."""
    grouped_by: str
    """What made a group."""

    def __repr__(self) -> str:
        return "\n".join([self._about(), *score_lines(self._scores())])

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._about())}</p>{score_html(self._scores(), 'Held-out macro-F1')}"

    def _about(self) -> str:
        about = self.model.about
        taken = self.choice.standings
        among = f", the best of {len(taken)} candidates" if len(taken) > 1 else ""
        return (
            f"Report on {self.n_rows:,} rows in {about.n_groups:,} groups ({self.grouped_by}), "
            f"held out in {about.n_folds} folds; encoder {taken[0].name}{among}"
        )

    def _scores(self) -> dict[str, DimensionMetrics]:
        return {score.dimension: score.as_json() for score in self.dimensions}

    @property
    def choice(self) -> Choice:
        """What was compared, and what came of it."""
        return self.compared.choice
