"""What says how probable each label is, as far as rules need to know: a function of units.

A trained model is one, passed in by the caller; a comparison with the definitions of a codebook can
be another. This package knows neither.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ...errors import InputError
from ...progress import Progress
from .pool import Floats, Scores

__all__ = ["Scorer", "score_units"]

_AT_ONCE = 2_000


class Scorer(Protocol):
    """Whatever can say how probable each label is."""

    def __call__(self, units: Sequence[Mapping[str, Any]]) -> Mapping[str, Floats]:
        """Return probabilities by dimension, each of shape (n_units, n_labels)."""


def score_units(
    units: Sequence[Mapping[str, Any]],
    scorers: Sequence[Scorer],
    *,
    dimension: str = "",
    multiple: Collection[str] = (),
    progress: Progress | None = None,
) -> Scores:
    """Ask scorers about units, some thousands at a time.

    Parameters
    ----------
    units
        Rows with `text` and what else the scorers look at, in the order of the pool.
    scorers
        What makes the scores; several for rules of disagreement.
    dimension
        The dimension to score; when empty, all that every scorer answers.
    multiple
        Dimensions on which a unit takes any number of labels.
    progress
        Receives how many units each scorer has answered.

    Raises
    ------
    InputError
        The scorers have no dimension in common.

    Examples
    --------
    >>> def coin(units):
    ...     return {"stance": np.full((len(units), 2), 0.5)}
    >>> score_units([{"text": "Talks fail."}], [coin]).answers[0]["stance"].tolist()
    [[0.5, 0.5]]
    """
    answers = []
    for number, scorer in enumerate(scorers, start=1):
        parts: dict[str, list[Floats]] = {}
        if progress is not None:
            progress(f"model {number} scores", 0, len(units), "units")
        for start in range(0, len(units), _AT_ONCE):
            some = units[start : start + _AT_ONCE]
            for name, probabilities in scorer(some).items():
                if dimension in ("", name):
                    parts.setdefault(name, []).append(np.asarray(probabilities, np.float64))
            if progress is not None:
                progress(f"model {number} scores", start + len(some), len(units), "units")
        answers.append({name: np.concatenate(blocks) for name, blocks in parts.items()})
    common = (
        [name for name in answers[0] if all(name in given for given in answers)] if answers else []
    )
    if answers and not common:
        raise InputError("--model", "no dimension in common", "use models of one codebook")
    chosen = [{name: given[name] for name in common} for given in answers]
    return Scores(chosen, frozenset(multiple).intersection(common))
