"""Coders' votes as weights: a row on which coders agree teaches more than one that they dispute.

The weight of a row is the share of its coders who stand behind its label (several labels: the mean
share over them), brought to a mean of 1 over all rows, so that a penalty means the same as without.

References
----------
Peterson, J., Battleday, R., Griffiths, T. & Russakovsky, O. (2019). Human uncertainty makes
classification more robust. ICCV. (Why a classifier should know of disagreement.)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError

__all__ = ["LEAST", "agreed_shares", "normalised"]

LEAST = 0.1
"""The smallest weight before they are brought to a mean of 1: somebody did give the label."""


def agreed_shares(
    answers: Sequence[tuple[str, ...] | None], cells: Sequence[Any], locations: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Read votes, one cell a row, and give the weight of each row.

    Parameters
    ----------
    answers
        The labels of each row.
    cells
        A share between 0 and 1, ``a:3|b:1``, an object label to number, or nothing (no weight is
        known: the row counts as agreed on).
    locations
        File and line of each row, for errors.

    Examples
    --------
    >>> agreed_shares([("a",), ("b",)], ["a:3|b:1", {"b": 1, "a": 3}], ["x:1", "x:2"]).tolist()
    [1.5, 0.5]
    """
    return normalised(
        [
            1.0 if answer is None else _share(answer, cell, where)
            for answer, cell, where in zip(answers, cells, locations, strict=True)
        ]
    )


def normalised(shares: Sequence[float]) -> npt.NDArray[np.float64]:
    """Bring weights to a mean of 1."""
    weights = np.maximum(np.array(shares, np.float64), LEAST)
    return np.asarray(weights / weights.mean()) if len(weights) else weights


def _share(answer: tuple[str, ...], cell: Any, where: str) -> float:
    remedy = "write a share between 0 and 1, or votes as a:3|b:1"
    try:
        if cell is None or cell == "":
            return 1.0
        if isinstance(cell, str) and ":" in cell:
            pairs = [vote.rsplit(":", 1) for vote in cell.split("|") if vote.strip()]
            cell = {label.strip(): float(number) for label, number in pairs}
        if not isinstance(cell, Mapping):
            share = float(cell)
            if not 0 <= share <= 1:
                raise InputError(where, f"{cell!r:.40} is not a share", remedy)
            return share
        votes = {str(label): float(number or 0) for label, number in cell.items()}
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(where, f"{cell!r:.40} are not votes", remedy) from error
    total = sum(votes.values())
    if total <= 0 or min(votes.values()) < 0:
        raise InputError(where, f"{cell!r:.40} are not votes", remedy)
    return sum(votes.get(label, 0.0) / total for label in answer) / max(len(answer), 1)
