"""Tables that are in memory already: pandas, Polars, DuckDB, `datasets` and Arrow, all as Arrow."""

from typing import Any

__all__ = ["as_arrow"]


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
