"""Gold from a file: users arrive with one, made with whatever tool they have."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError, UnknownNameError
from ...labels.gold.gold import Gold
from ...tables import read_strictly, warn
from ...tables.answers import MISSING, AnswerCells, Cell

__all__ = ["read_coded"]


def read_coded(
    path: Path,
    dimensions: Sequence[str],
    multiple: Mapping[str, bool],
    *,
    missing: Collection[str] = MISSING,
) -> tuple[list[Gold], dict[str, float] | None]:
    """Read a table of gold: `unit_id`, a column for each dimension, and perhaps `probability`.

    Parameters
    ----------
    path
        JSON Lines, CSV, TSV or Parquet.
    dimensions
        Names of the dimensions that are wanted; those without a column are left out.
    multiple
        Whether each takes several labels. There an empty cell is an answer without labels, where
        another column of the row has an answer; ``[]`` is one everywhere.
    missing
        Spellings of no answer; what cells mean is told in `tables.answers`.

    Returns
    -------
    The answers, and the probability of each unit; None where there is no such column.

    Raises
    ------
    InputError, UnknownNameError
        A column, row or probability is of no use; told with file and line.
    """
    gold: list[Gold] = []
    chances: dict[str, float] = {}
    where_of: dict[str, str] = {}
    names: list[str] = []
    has_chance = False
    reader = AnswerCells(missing)
    for number, row in read_strictly(path):
        where = f"{path}:{number}"
        if not where_of:
            if "unit_id" not in row:
                raise UnknownNameError(f"column of {path}:", "unit_id", list(row))
            names = [name for name in dimensions if name in row]
            has_chance = "probability" in row
            if not names:
                problem = f"no column of a dimension ({', '.join(dimensions)})"
                raise InputError(path, problem, "name the columns as the tags do")
        unit = str(row.get("unit_id") or "").strip()
        if not unit:
            raise InputError(where, "no unit_id", "fill it in, or remove the row")
        if unit in where_of:
            problem = f"unit {unit!r} stands in {where_of[unit]} already"
            raise InputError(where, problem, "keep one row a unit")
        where_of[unit] = where
        answers = {name: _answer(reader, row.get(name), name, where) for name in names}
        answered = any(cell.kind in ("one", "several") for cell in answers.values())
        for name, cell in answers.items():
            none_applies = cell.kind == "empty" and multiple[name] and answered
            if none_applies or cell.kind in ("one", "several"):
                gold.append(Gold(unit, name, cell.labels, "single"))
        if has_chance and answered:
            chances[unit] = _chance(row["probability"], where)
    for message in reader.messages():
        warn(path)(message)
    return gold, chances if has_chance else None


def _answer(reader: AnswerCells, value: Any, name: str, where: str) -> Cell:
    try:
        return reader.read(value, name)
    except ValueError as error:
        raise InputError(
            where, f"{name}: {error}", "write a name, a list of names, or a|b"
        ) from error


def _chance(value: Any, where: str) -> float:
    try:
        chance = float(value)
    except (TypeError, ValueError):
        chance = math.nan
    if not 0 < chance <= 1:
        problem = f"probability = {value!r:.20}"
        raise InputError(where, problem, "give the probability of being drawn, above 0, at most 1")
    return chance
