"""Articles of a table in memory: a data frame, a dataset, a list of rows.

The table is read as its Parquet would be, so that columns are guessed, dates decided and records
rejected in the same way as those of files.
"""

import io
from collections.abc import Iterator
from contextlib import nullcontext

from ...errors import InputError
from ...tables.in_memory import Rows, made_of_rows
from ..article import Article
from .fields import Fields, Observer, Reject
from .read import read_sources
from .source import Source

__all__ = ["NAME", "read_articles_of_table"]

NAME = "table"
"""What stands in the place of a file's name, in articles and in rejects."""


def read_articles_of_table(
    rows: Rows, *, fields: Fields | None = None, observer: Observer | None = None
) -> Iterator[Article | Reject]:
    """Read articles from a table in memory.

    Parameters
    ----------
    rows
        A data frame of pandas or Polars, a dataset, an Arrow table, or a list of dicts.
    fields
        Names of columns; what is None is guessed.
    observer
        Sees which columns are taken, and what the user should know.

    Yields
    ------
    An `Article` for each row that can be used, a `Reject` for each that cannot.

    Raises
    ------
    InputError
        It is no table, or it has no row.
    UnknownNameError
        A named column is not there.

    Examples
    --------
    >>> rows = [{"headline": "Talks", "body": "Talks resume."}, {"headline": "Empty"}]
    >>> [type(row).__name__ for row in read_articles_of_table(rows)]
    ['Article', 'Reject']
    """
    import pyarrow as pa
    from pyarrow import parquet

    table = made_of_rows(rows)
    if not len(table):
        raise InputError("rows", "the table has no row", "give articles")
    written = io.BytesIO()
    try:
        parquet.write_table(table, written)
    except pa.ArrowException as error:
        problem = f"cannot be read as articles: {str(error).splitlines()[0]}"
        raise InputError("rows", problem, "leave such columns out") from error
    source = Source(
        NAME, ".parquet", lambda: nullcontext(io.BytesIO(written.getvalue())), form=".parquet"
    )
    yield from read_sources([source], fields=fields, observer=observer)
