"""What `train` and `evaluate` share: the options that name rows, and how scores are printed."""

from typing import TYPE_CHECKING, Annotated

import typer

from ..shared import completion

if TYPE_CHECKING:
    from ...models import Score

__all__ = [
    "GroupOption",
    "LabelOption",
    "TextOption",
    "groups_text",
    "interval_text",
    "label_table",
]

LabelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="Dimension: a column of the file, or of the study; repeatable.",
        autocompletion=completion.dimensions,
    ),
]
TextOption = Annotated[str, typer.Option(help="Column of the text.")]
GroupOption = Annotated[
    str | None,
    typer.Option(
        help="Column whose values keep rows together, such as article_id.",
        show_default="group, article_id",
    ),
]


def interval_text(result: "Score") -> str:
    """Write macro-F1 with its interval."""
    return f"{result.macro_f1:.3f} ({result.low:.3f} to {result.high:.3f})"


def groups_text(result: "Score", grouped_by: str) -> str:
    """Write how many groups a score rests on."""
    return f"{result.n_groups} groups" + (f" by {grouped_by}" if grouped_by != "row" else "")


def label_table(result: "Score") -> list[str]:
    """Write the score of each label, one a line."""
    width = max(5, *(len(name) for name in result.labels))
    lines = [f"{'label':{width}}  precision  recall     F1       n"]
    lines += [
        f"{label:{width}}  {own.precision:9.3f}  {own.recall:6.3f}  {own.f1:5.3f}  {own.support:6}"
        for label, own in result.labels.items()
    ]
    return lines
