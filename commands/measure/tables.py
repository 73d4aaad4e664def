"""How the commands of `measure` write their tidy tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..shared.options import say

__all__ = ["OutputOption", "write_rows"]

OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write a tidy table: .csv, .parquet or .jsonl."),
]


def write_rows(rows: Iterable[Mapping[str, Any]], output: Path) -> None:
    """Write a tidy table by the suffix of its name."""
    import pyarrow as pa

    from ...tables import write_table
    from ...tables.foreign import refuse_foreign

    table = pa.Table.from_pylist([dict(row) for row in rows])
    refuse_foreign(output, table.column_names)
    write_table(table, output)
    say(f"written to {output}")
