"""The held-out scores of a model in short, for a console and for a notebook."""

from collections.abc import Iterator, Mapping
from html import escape

from ..look.plots import Mark, Row, dots
from .metrics import ShownMetrics

__all__ = ["score_html", "score_lines"]

_MOST_NOTES = 3
_HEAD = ("question", "macro-F1", "95 % interval", "by chance", "rows", "groups")


def score_lines(dimensions: Mapping[str, ShownMetrics]) -> list[str]:
    """Write one line for each question, and the first of what should be known beside them.

    Parameters
    ----------
    dimensions
        Id of each question to its scores, as in metrics.json.
    """
    rows = [_HEAD, *_rows(dimensions)]
    if len(rows) == 1:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if number in (0, 2) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    notes = [*_notes(dimensions)]
    lines += [f"note: {note}" for note in notes[:_MOST_NOTES]]
    n_more = len(notes) - _MOST_NOTES
    return [*lines, f"and {n_more} more notes"] if n_more > 0 else lines


def score_html(dimensions: Mapping[str, ShownMetrics], title: str) -> str:
    """Draw the scores with their intervals, chance beside them, and write the table below.

    Parameters
    ----------
    dimensions
        As in `score_lines`.
    title
        What is read aloud.
    """
    if not dimensions:
        return ""
    drawn = []
    for name, one in dimensions.items():
        interval = f"{one['macro_f1']:.3f} {_interval(one)}"
        marks = [
            Mark(
                "corrected",
                one["macro_f1"],
                one["macro_f1_low"],
                one["macro_f1_high"],
                f"macro-F1 {interval}, {one['n']:,} rows",
            )
        ]
        chance = one.get("chance_macro_f1")
        if chance is not None:
            marks.append(Mark("count", chance, hint=f"by chance: {chance:.3f}"))
        drawn.append(Row(name, tuple(marks)))
    head = "".join(f"<th>{cell}</th>" for cell in _HEAD)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in _rows(dimensions)
    )
    notes = "".join(f"<p>note: {escape(note)}</p>" for note in _notes(dimensions))
    picture = dots(drawn, title, bounds=(0.0, 1.0), tick="{:.1f}".format)
    return f"{picture}<table><tr>{head}</tr>{body}</table>{notes}"


def _rows(dimensions: Mapping[str, ShownMetrics]) -> Iterator[tuple[str, ...]]:
    for name, one in dimensions.items():
        chance = one.get("chance_macro_f1")
        yield (
            name,
            f"{one['macro_f1']:.3f}",
            _interval(one),
            "-" if chance is None else f"{chance:.3f}",
            f"{one['n']:,}",
            f"{one['n_groups']:,}",
        )


def _interval(one: ShownMetrics) -> str:
    return f"[{one['macro_f1_low']:.3f}, {one['macro_f1_high']:.3f}]"


def _notes(dimensions: Mapping[str, ShownMetrics]) -> Iterator[str]:
    for name, one in dimensions.items():
        for note in one["warnings"]:
            yield f"{name}: {note}"
