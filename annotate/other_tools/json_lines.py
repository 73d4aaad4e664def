"""JSON Lines of other tools: what each line holds, and a reject for each that does not fit."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError

from ...corpus import Reject
from ...labels import Annotation
from ..answers.from_label_studio import Read, first_problem

__all__ = ["read_lines"]


def read_lines(
    lines: Iterable[tuple[int, Any]], parse: Callable[[Any], list[Annotation]], *, where: str
) -> Read:
    """Read answers line by line.

    Parameters
    ----------
    lines
        Numbers of lines, and what they hold.
    parse
        Gives the annotations of a line, none where nobody has answered. A `ValueError` sets the
        line aside.
    where
        The file, as rejects name it.

    Returns
    -------
    The annotations in the order of the lines, and what was set aside. Lines without an answer are
    counted as tasks, and are no answers.

    Examples
    --------
    >>> read = read_lines([(1, "?")], lambda line: [int(line)], where="x.jsonl")
    >>> read.n_tasks, read.n_answers, read.rejects[0].record
    (1, 0, 1)
    """
    read = Read()
    for number, raw in lines:
        read.n_tasks += 1
        try:
            rows = parse(raw)
        except ValueError as error:
            text = json.dumps(raw, ensure_ascii=False, default=str)
            reason = first_problem(error) if isinstance(error, ValidationError) else str(error)
            read.rejects.append(Reject.of(where, number, reason, text))
            continue
        read.n_answers += bool(rows)
        read.n_skipped += any(row.status == "skipped" for row in rows)
        read.annotations += rows
    return read
