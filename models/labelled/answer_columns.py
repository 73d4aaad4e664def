"""From the cells of a labelled file to answers: what is decided by a column as a whole."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ...labels.codebook.codebook import Codebook, Dimension
from ...tables.answers import Cell, near_equal, spelled_alike
from .training_set import Answer, find_dimension

__all__ = ["column_answers"]


def column_answers(
    columns: Mapping[str, Sequence[Cell]], lines: Sequence[int], codebook: Codebook | None
) -> tuple[dict[str, list[Answer]], set[str], list[str]]:
    """Make answers of the cells of each column.

    Parameters
    ----------
    columns
        Cells by dimension, in the order of the rows.
    lines
        The line of each row, for messages.
    codebook
        The dimensions, if they are known.

    Returns
    -------
    The answers, the dimensions that take several labels, and what the user should know.

    Examples
    --------
    >>> cells = [Cell(("law", "cost"), "several"), Cell((), "empty"), Cell((), "missing")]
    >>> column_answers({"frame": cells}, [2, 3, 4], None)[0]
    {'frame': [('law', 'cost'), (), None]}
    """
    answers: dict[str, list[Answer]] = {}
    multiple: set[str] = set()
    messages: list[str] = []
    for name, cells in columns.items():
        counts = Counter(label for cell in cells for label in cell.labels)
        several = [k for k, cell in enumerate(cells) if cell.kind == "several"]
        known: tuple[str, ...] = ()
        is_multiple = bool(several)
        if codebook is not None:
            dimension = find_dimension(codebook, name)
            known, is_multiple = dimension.label_ids, dimension.choice == "multiple"
        else:
            messages += near_equal(counts, name)
            n_answered = sum(cell.kind in ("one", "several") for cell in cells)
            if several and 2 * len(several) < n_answered:
                first = "|".join(cells[several[0]].labels)
                messages.append(
                    f"column {name} takes several labels, as {len(several)} of {n_answered} rows "
                    f"hold several (the first on line {lines[several[0]]}: {first})"
                )
        spelling = spelled_alike(counts, known)
        messages += [
            f"column {name}: {label!r} ({counts[label]}) read as {other!r}"
            for label, other in spelling.items()
        ]
        n_empty = sum(cell.kind == "empty" for cell in cells)
        if is_multiple:
            multiple.add(name)
        if is_multiple and n_empty:
            messages.append(
                f"column {name} takes several labels; an empty cell there means that none applies "
                f"({n_empty} {'row' if n_empty == 1 else 'rows'}); write NA where nobody answered"
            )
        answers[name] = [_answer(cell, spelling, multiple=is_multiple) for cell in cells]
        if codebook is not None and (n := _n_not_alone(answers[name], dimension)):
            messages.append(
                f"column {name}: {n} {'row holds' if n == 1 else 'rows hold'} a label that stands "
                "alone beside others; it is left out there"
            )
    return answers, multiple, messages


def _n_not_alone(answers: Iterable[Answer], dimension: Dimension) -> int:
    alone = dimension.alone | {label.name for label in dimension.labels if label.alone}
    return sum(len(a) > 1 and 0 < len(alone.intersection(a)) < len(a) for a in answers if a)


def _answer(cell: Cell, spelling: Mapping[str, str], *, multiple: bool) -> Answer:
    if cell.kind == "missing" or (cell.kind == "empty" and not multiple):
        return None
    return tuple(dict.fromkeys(spelling.get(label, label) for label in cell.labels))
