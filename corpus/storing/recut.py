"""Cut the stored articles again, after the settings of a study have changed.

The articles, their ids and what cleaning took out stay as they are. Units are named by their
content, so those that are cut as before keep their ids, and annotations stay with them.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ...errors import StudyError
from ...files import locked
from ..article import Article
from ..preparation import Preparation
from .add import as_before
from .part import ARTICLE_SCHEMA, aside, units_of, without_rules
from .store import (
    part_path,
    parts,
    publish_part,
    read_preparation,
    sweep,
    write_preparation,
)

__all__ = ["Recut", "recut"]

_FIELDS = ["id", "title", "text", "outlet", "published", "language"]


@dataclass(slots=True)
class Recut:
    """What cutting again changed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, Preparation, add, recut
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder), [Article("a1", "Talks", "Talks resume. The minister left.")]
    ...     )
    ...     done = recut(Path(folder), Preparation(context=2))
    ...     done.units, done.same, done.gone
    (2, 2, 0)
    """

    units: int = 0
    """Units that there are now."""
    same: int = 0
    """Of these, units that were there before."""
    gone: int = 0
    """Units that were there before and are not any more."""
    aside: int = 0
    """Articles in a language that is not kept, without units now."""
    taken_in: int = 0
    """Articles that were set aside and have units now."""
    without_rules: dict[str, int] = field(default_factory=dict)
    """Language without rules for its sentences to number of articles with units."""
    keep: str = "all"
    """Whether copies have units (``all``) or not (``first``)."""


def recut(folder: Path, preparation: Preparation, *, keep: str | None = None) -> Recut:
    """Cut all articles of a corpus again.

    Parameters
    ----------
    folder
        The corpus folder.
    preparation
        How the articles are cut, and the languages that are kept. Cleaned texts stay as they are.
    keep
        As for `add`.

    Raises
    ------
    StudyError
        The corpus is empty, or another run is writing to it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.corpus import Article, Preparation, add, recut
    >>> with TemporaryDirectory() as folder:
    ...     _ = add(
    ...         Path(folder), [Article("a1", "Talks", "Talks resume. The minister left.")]
    ...     )
    ...     done = recut(Path(folder), Preparation(unit="article"))
    ...     done.units, done.gone
    (1, 2)
    """
    with locked(folder):
        sweep(folder)
        if not parts(folder):
            remedy = "add articles with: standfirst corpus add"
            raise StudyError(folder, "the corpus is empty", remedy)
        preparation = as_before(read_preparation(folder), preparation, keep)
        result = Recut(keep=preparation.keep)
        for part in parts(folder):
            _part(folder, part, preparation, result)
        # Last, so that a run that was killed in between is told to be started again.
        write_preparation(folder, preparation)
        return result


def _part(folder: Path, part: Path, preparation: Preparation, result: Recut) -> None:
    table = parquet.ParquetFile(part).read()
    rows = table.select(_FIELDS).to_pylist()
    reasons = [aside(row["language"], preparation) for row in rows]
    kept = [Article(**row) for row, reason in zip(rows, reasons, strict=True) if not reason]
    units = units_of(kept, preparation)
    before = parquet.ParquetFile(folder / "units" / part.name).read(columns=["unit_id"])["unit_id"]
    same = int(pc.sum(pc.is_in(units["unit_id"], before.combine_chunks())).as_py() or 0)
    was = table["aside"].to_pylist()
    at = ARTICLE_SCHEMA.get_field_index("aside")
    table = table.set_column(at, ARTICLE_SCHEMA.field(at), pa.array(reasons, pa.string()))
    paths = [part_path(folder, kind, part.name) for kind in ("units", "articles")]
    for contents, path in zip((units, table), paths, strict=True):
        parquet.write_table(contents, path, compression="zstd")
    publish_part(*paths)
    result.units += len(units)
    result.same += same
    result.gone += len(before) - same
    result.aside += sum(map(bool, reasons))
    for language, n in without_rules(kept, preparation).items():
        result.without_rules[language] = result.without_rules.get(language, 0) + n
    result.taken_in += sum(bool(a) and not b for a, b in zip(was, reasons, strict=True))
