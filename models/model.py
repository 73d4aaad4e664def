"""The model as users hold it: a predictor that can be saved, loaded and put to work on tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .bundle.folder import load, save
from .predictor import Predictor

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Model"]


@dataclass(frozen=True, slots=True)
class Model(Predictor):
    """A trained model: `predict` on texts, `tag` on tables, `save` and `load` as a folder."""

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

    def save(self, folder: str | Path) -> None:
        """Write the model as a folder; see `bundle.folder.save`."""
        save(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a model folder, check it, and re-run its golden sentences."""
        return load(Path(folder), cls)
