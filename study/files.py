"""The files of a study that measuring takes, each read once, when it is first asked for."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..annotate.design.plan import Drawn, read_design
from ..labels.gold.gold import Gold
from .contents import annotations_of, codebook_of, gold_of, units_of

if TYPE_CHECKING:
    from ..labels import Annotation, Codebook
    from .folder import StudyFolder

__all__ = ["StudyFiles"]

_COLUMNS = ("unit_id", "text", "outlet", "published", "language", "article_id", "cluster")


class StudyFiles:
    """What lies in a study; whatever is wrong with a file is raised each time it is asked for.

    Parameters
    ----------
    study
        The study.
    columns
        Columns of the units, beside those that measuring takes.
    """

    def __init__(self, study: "StudyFolder", columns: Sequence[str] = ()) -> None:
        self.study = study
        self._columns = [*_COLUMNS, *columns]

    @cached_property
    def codebook(self) -> "Codebook":
        """The codebook."""
        return codebook_of(self.study)

    @cached_property
    def units(self) -> list[dict[str, Any]]:
        """The units; refused where there are none."""
        return units_of(self.study, self._columns)

    @cached_property
    def unit_ids(self) -> list[str]:
        """Ids of the units."""
        return [str(unit["unit_id"]) for unit in self.units]

    @cached_property
    def design(self) -> list[Drawn]:
        """How units were drawn; nothing before the first draw."""
        return read_design(self.study.design)

    @cached_property
    def annotations(self) -> "list[Annotation]":
        """The annotations; none before the first."""
        return annotations_of(self.study)

    @cached_property
    def gold(self) -> list[Gold]:
        """The gold; none where nothing was resolved."""
        return gold_of(self.study, self.codebook)
