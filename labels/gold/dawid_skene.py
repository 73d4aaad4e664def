"""Dawid and Skene's model: each coder errs in their own way, as their answers show.

The truth and the coders' errors are estimated in turn until they settle. Errors come in two sizes:

- ``accuracy``: each coder is right with one probability, whatever the label ("one coin"), and no
  label is likelier than another before the answers are seen. It is the default, because with three
  to five answers a unit little more can be learned.
- ``matrix``: the model of 1979, with a confusion matrix for each coder and the labels' shares.
  Where a label is rare it pulls units with mixed answers to one side, so it wants many answers a
  coder.

In both, a coder with few answers borrows from the others: the pooled errors of all coders count as
`_PRIOR` further answers. crowd-kit has both models without the borrowing, needs pandas tables, and
brings transformers along with it, some hundred megabytes for sixty lines of arithmetic; it serves
``benchmarks/gold.py`` as a second opinion.

References
----------
Dawid, A. P. & Skene, A. M. (1979). Maximum Likelihood Estimation of Observer Error-Rates Using the
EM Algorithm. Applied Statistics 28(1), 20-28.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Truth", "dawid_skene"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PRIOR = 10.0
_MOST_ROUNDS = 200
_SETTLED = 1e-6


@dataclass(frozen=True, slots=True)
class Truth:
    """The model's estimates."""

    probabilities: Floats
    """Of each label on each unit, shape (n_units, n_labels)."""
    confusion: Floats
    """Of each answer given each true label, for each coder, shape (n_coders, n_labels, n_labels).
    """


def dawid_skene(
    unit: Ints,
    coder: Ints,
    value: Ints,
    n_labels: int,
    *,
    errors: Literal["accuracy", "matrix"] = "accuracy",
    prior: float = _PRIOR,
) -> Truth:
    """Estimate the true labels and the coders' errors.

    Parameters
    ----------
    unit, coder, value
        Positions of each answer's unit, coder and label, shape (n_answers,); every unit has an
        answer.
    n_labels
        Number of labels.
    errors
        What is estimated for each coder.
    prior
        How many answers the other coders' errors weigh; 0 estimates each coder alone.

    Examples
    --------
    >>> unit, coder = np.divmod(np.arange(12), 3)
    >>> value = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0])
    >>> dawid_skene(unit, coder, value, 2).probabilities.argmax(axis=1).tolist()
    [0, 1, 0, 1]
    """
    n_units, n_coders = int(unit.max()) + 1, int(coder.max()) + 1
    truth: Floats = np.zeros((n_units, n_labels))
    np.add.at(truth, (unit, value), 1.0)
    truth /= truth.sum(axis=1, keepdims=True)
    # Answers are laid out twice, by coder and by unit, so that both sums are sums of slices.
    cell = coder * n_labels + value
    by_cell, by_unit = np.argsort(cell, kind="stable"), np.argsort(unit, kind="stable")
    cells, cell_starts = np.unique(cell[by_cell], return_index=True)
    unit_starts = np.searchsorted(unit[by_unit], np.arange(n_units))
    confusion: Floats = np.zeros((n_coders, n_labels, n_labels))
    shares: Floats = np.full(n_labels, 1 / n_labels)
    for _ in range(_MOST_ROUNDS):
        counts = np.zeros((n_coders * n_labels, n_labels))
        counts[cells] = np.add.reduceat(truth[unit[by_cell]], cell_starts, axis=0)
        by_coder = counts.reshape(n_coders, n_labels, n_labels).swapaxes(1, 2)
        if errors == "matrix":
            shares = (truth.sum(axis=0) + 1) / (n_units + n_labels)
            confusion = _matrix(by_coder, prior)
        else:
            confusion = _accuracy(by_coder, prior)
        likelihood = np.log(confusion).swapaxes(1, 2).reshape(-1, n_labels)
        logs = np.log(shares) + np.add.reduceat(likelihood[cell[by_unit]], unit_starts, axis=0)
        fresh = np.exp(logs - logs.max(axis=1, keepdims=True))
        fresh /= fresh.sum(axis=1, keepdims=True)
        moved = np.abs(fresh - truth).max()
        truth = fresh
        if moved < _SETTLED:
            break
    return Truth(truth, confusion)


def _matrix(counts: Floats, prior: float) -> Floats:
    """Turn counts (coder, true label, answer) into probabilities that lean on the other coders."""
    pooled = counts.sum(axis=0) + 1.0 / counts.shape[2]
    pooled /= pooled.sum(axis=1, keepdims=True)
    leaning = counts + prior * pooled + 1e-9
    return np.asarray(leaning / leaning.sum(axis=2, keepdims=True))


def _accuracy(counts: Floats, prior: float) -> Floats:
    """Turn counts into one accuracy a coder; what is left is shared by the wrong answers."""
    n_labels = counts.shape[2]
    right, given = np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2))
    leaning = prior * right.sum() / given.sum()
    accuracy = np.clip((right + leaning) / (given + prior + 1e-9), 1e-6, 1 - 1e-6)
    confusion = np.repeat((1 - accuracy) / max(n_labels - 1, 1), n_labels**2)
    confusion = confusion.reshape(len(counts), n_labels, n_labels)
    diagonal = np.arange(n_labels)
    confusion[:, diagonal, diagonal] = accuracy[:, None]
    return np.asarray(confusion)
