"""The model as users hold it: a predictor that can be saved, loaded and put to work on tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..arguments import checked
from .bundle.folder import load, save
from .predictor import Predictor

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Model"]


@dataclass(frozen=True, slots=True, repr=False)
class Model(Predictor):
    """A trained model: `predict` on texts, `tag` on tables, `save` and `load` as a folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.models import Model, from_rows, train
    >>> texts = {"for": "It will work in town {}.", "no": "Critics call plan {} cruel."}
    >>> rows = [
    ...     {"text": text.format(i), "stance": label, "article_id": str(i)}
    ...     for i in range(12)
    ...     for label, text in texts.items()
    ... ]
    >>> model = train(
    ...     from_rows(rows, "stance"), encoder="tfidf", effort="fast", n_folds=2
    ... ).model
    >>> with TemporaryDirectory() as folder:
    ...     model.save(Path(folder) / "model")
    ...     again = Model.load(Path(folder) / "model")
    >>> again.predict(["It will surely work in town."])["stance"].chosen.tolist()
    [[True, False]]
    """

    @checked
    def tag(self, units: Any, *, abstain_below: float = 0.0) -> "Dataset":
        """Tag a table of units.

        Parameters
        ----------
        units
            A data frame of pandas or Polars, a `datasets.Dataset` or an Arrow table with a column
            `text`; its columns unit_id, article_id, start and end are kept where there are any.
        abstain_below
            Answers with less confidence are left out.
        """
        from .tagging.tags import tag_table

        return tag_table(self, units, abstain_below=abstain_below)

    @checked
    def save(self, folder: str | Path) -> None:
        """Write the model as a folder; see `bundle.folder.save`."""
        save(self, Path(folder))

    @classmethod
    @checked
    def load(cls, folder: str | Path) -> Self:
        """Read a model folder, check it, and re-run its golden sentences."""
        return load(Path(folder), cls)
