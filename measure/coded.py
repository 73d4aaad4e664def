"""Gold from a file: users arrive with one, made with whatever tool they have."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, UnknownNameError
from ..labels.gold.gold import Gold
from ..tables import read_strictly

__all__ = ["read_coded"]

_NO_ANSWER = {"", "na", "n/a", "nan", "null"}


def read_coded(
    path: Path, dimensions: Sequence[str], multiple: Mapping[str, bool]
) -> tuple[list[Gold], dict[str, float] | None]:
    """Read a table of gold: `unit_id`, a column for each dimension, and perhaps `probability`.

    Parameters
    ----------
    path
        JSON Lines, CSV, TSV or Parquet.
    dimensions
        Names of the dimensions that are wanted; those without a column are left out.
    multiple
        Whether each takes several labels, written as a list or ``a|b``. There an empty cell is an
        answer without labels, where another column of the row has an answer.

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
        answers = {name: _labels(row.get(name)) for name in names}
        answered = any(answer is not None for answer in answers.values())
        for name, answer in answers.items():
            labels = () if answer is None and multiple[name] and answered else answer
            if labels is not None:
                gold.append(Gold(unit, name, labels, "single"))
        if has_chance and answered:
            chances[unit] = _chance(row["probability"], where)
    return gold, chances if has_chance else None


def _labels(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(str(label) for label in value))
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if text.strip().lower() in _NO_ANSWER:
        return None
    return tuple(dict.fromkeys(one.strip() for one in text.split("|") if one.strip()))


def _chance(value: Any, where: str) -> float:
    try:
        chance = float(value)
    except (TypeError, ValueError):
        chance = math.nan
    if not 0 < chance <= 1:
        problem = f"probability = {value!r:.20}"
        raise InputError(where, problem, "give the probability of being drawn, above 0, at most 1")
    return chance
