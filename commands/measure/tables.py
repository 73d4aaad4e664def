"""How the commands of `measure` write their tidy tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..shared.options import say

__all__ = ["OutputOption", "check_output", "write_rows"]

_COLUMNS = {
    "coders": ("dimension", "kind", "figure"),
    "doubts": ("unit_id", "gold", "model", "doubt"),
    "drift": ("what", "value", "usual", "differs"),
    "outcomes": ("unit_id", "_dsl"),
    "plan": ("what", "goal", "way", "n_labels"),
    "regression": ("coefficient", "fit", "detectable"),
    "shares": ("kind", "group", "estimator", "share"),
}
"""What the tables of each command hold."""


def check_output(context: typer.Context, output: Path | None) -> Path | None:
    """Refuse a file that is not ours, or that cannot be written, before any work."""
    from ...tables.foreign import refuse_foreign
    from ...tables.writing import check_format

    if output is not None:
        check_format(output)
        refuse_foreign(output, _COLUMNS[str(context.info_name)])
    return output


OutputOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="Write a tidy table: .csv, .parquet or .jsonl.",
        callback=check_output,
    ),
]


def write_rows(rows: Iterable[Mapping[str, Any]], output: Path) -> None:
    """Write a tidy table by the suffix of its name."""
    import pyarrow as pa

    from ...tables import write_table

    write_table(pa.Table.from_pylist([dict(row) for row in rows]), output)
    say(f"written to {output}")
