"""Tables that are in memory already: pandas, Polars, DuckDB, `datasets` and Arrow, all as Arrow."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, Union

from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from datasets import Dataset

__all__ = ["ArrowStream", "Rows", "as_arrow", "made_of_rows"]


class ArrowStream(Protocol):
    """A table that gives itself as Arrow: of Polars, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give it by the Arrow PyCapsule interface."""


Rows: TypeAlias = Union[
    "pd.DataFrame", "Dataset", "pa.Table", ArrowStream, Sequence[Mapping[str, Any]]
]
"""A table in memory, of any of these libraries, or a list of rows, column to value."""


def as_arrow(rows: Any) -> Any:
    """Return a table of any of these libraries as a `pyarrow.Table`, and anything else as it came.

    None of them is imported: pandas and `datasets` are known by what they offer, the others by the
    Arrow PyCapsule interface.

    Raises
    ------
    pyarrow.ArrowException
        A column holds cells of several types.

    Examples
    --------
    >>> import pandas as pd
    >>> as_arrow(pd.DataFrame({"text": ["Talks fail."]})).column_names
    ['text']
    >>> as_arrow([{"text": "Talks fail."}])
    [{'text': 'Talks fail.'}]
    """
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    if hasattr(rows, "features") and hasattr(rows, "with_format"):
        return (
            rows.with_format("arrow")[:] if len(rows) else rows.features.arrow_schema.empty_table()
        )
    if hasattr(rows, "columns") and hasattr(rows, "iloc"):
        return pa.Table.from_pandas(rows, preserve_index=False)
    if hasattr(rows, "__arrow_c_stream__"):
        return pa.table(rows)
    return rows


def made_of_rows(rows: Rows) -> "pa.Table":
    """Return any table in memory, or a list of rows, as a `pyarrow.Table`.

    Raises
    ------
    InputError
        It is none, or a column holds cells of several types.

    Examples
    --------
    >>> made_of_rows([{"text": "Talks fail."}, {"text": "Talks resume.", "outlet": "Post"}])[
    ...     "outlet"
    ... ].to_pylist()
    [None, 'Post']
    """
    import pyarrow as pa

    try:
        table = as_arrow(rows)
        if isinstance(table, list | tuple) and all(isinstance(row, Mapping) for row in table):
            names = list(dict.fromkeys(name for row in table for name in row))
            table = pa.table({name: [row.get(name) for row in table] for name in names})
    except (pa.ArrowException, TypeError, ValueError) as error:
        problem = f"cannot be read as a table: {str(error).splitlines()[0]}"
        raise InputError("rows", problem, "give each column cells of one type") from error
    if not isinstance(table, pa.Table):
        problem = f"{type(rows).__name__} is no table"
        raise InputError("rows", problem, "give a data frame, or a list of dicts")
    return table
