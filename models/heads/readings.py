"""What a classifier reads of the vectors: which columns, and how much each of them counts.

No one way is best with few labels. Tone lives in the middle layers of a network, topics in its last
one, and counted words pay once there are rows enough. So classifiers are fitted on several
readings, and averaged by what held-out rows say of them (`trials`):

- all layers, evened out, with the words beside them;
- the last layer as it came, which is how sentence encoders are meant to be used;
- all layers again, and what *other tasks* were found to turn on there, which is where a new task
  likely turns, too. Where nothing is known of other tasks, all layers without the words;
- the words alone, which err elsewhere than a network does. They are seldom the better reading, and
  count by what they add to the others.

Every reading is linear in the columns, so that the mean is one linear classifier on them.

References
----------
Ando, R. & Zhang, T. (2005). A Framework for Learning Predictive Structures from Multiple Tasks and
Unlabeled Data. JMLR 6. (Classifiers of many tasks share a few directions.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import block_diag

from ..matrix import Matrix, States, even_out, scaled

__all__ = ["ALL_COLUMNS", "LAST_ALONE", "OTHER_TASKS", "Reading", "readings"]

ALL_COLUMNS = 0.5
"""Weight of all columns before any row is seen, beside that of all layers without words and with
what other tasks turn on, which is 1."""

LAST_ALONE = 9.0
"""Likewise of the last layer alone. It is high so that a topic is not learned worse from 25 rows
than by the last layer under a plain logistic regression; a question of tone outweighs it soon."""

OTHER_TASKS = 0.3
"""How far rows spread along the directions of other tasks, as a share of how far they spread over
all layers. With more, tone gains at 25 labels what topics lose."""

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One way to read the columns."""

    columns: npt.NDArray[np.int64] | None
    """The columns that are read; all if None."""
    scale: Floats32
    """What each of them is multiplied with."""
    turned: Floats32 | None = None
    """Further columns, each a mix of these, shape (n_further, n_columns); no others if None."""
    prior: float = 1.0
    """Its weight before any row is seen."""
    adds: bool = False
    """Whether it counts by what it adds to the others, rather than by how good it is alone."""

    def of(self, vectors: Matrix) -> Matrix:
        """Read vectors, shape (n_rows, n_columns + n_further)."""
        if self.columns is None:
            return scaled(vectors, self.scale)
        some = vectors[:, self.columns]
        if self.adds:
            return some
        dense = np.asarray(some.toarray() if sparse.issparse(some) else some, np.float32)
        read = dense * self.scale
        return read if self.turned is None else np.hstack([read, dense @ self.turned.T])

    def back(self, weights: npt.NDArray[Any], dim: int) -> npt.NDArray[Any]:
        """Bring weights of what was read to all `dim` columns."""
        own: npt.NDArray[Any] = weights[:, : len(self.scale)] * self.scale
        if self.turned is not None:
            own = own + weights[:, len(self.scale) :] @ self.turned
        if self.columns is None:
            return own
        full: npt.NDArray[Any] = np.zeros((len(weights), dim))
        full[:, self.columns] = own
        return full


def readings(vectors: Matrix, states: Sequence[States]) -> list[Reading]:
    """Propose readings of some rows; the first is what is taken where nothing can be compared.

    Those that add to the others stand last.

    Parameters
    ----------
    vectors
        Shape (n_rows, dim).
    states
        The columns that hold states of a network.

    Examples
    --------
    >>> rows = np.eye(4, dtype=np.float32)
    >>> [reading.prior for reading in readings(rows, [])]
    [1.0]
    >>> [reading.prior for reading in readings(rows, [States(0, 2, 4)])]
    [1.0, 9.0]
    >>> [reading.adds for reading in readings(rows, [States(0, 1, 2)])]
    [False, False, False, True]
    """
    even = even_out(vectors, states)
    if not states:
        return [Reading(None, even)]
    layers = np.concatenate([np.arange(view.start, view.end) for view in states])
    turned = _turned(vectors, even, states)
    better = turned is not None or len(layers) < len(even)
    made = [Reading(None, even, prior=ALL_COLUMNS if better else 1.0)]
    if better:
        made.append(Reading(layers, even[layers], turned))
    last = np.concatenate([np.arange(view.last, view.end) for view in states])
    made.append(Reading(last, _as_wide(vectors, even, layers, last), prior=LAST_ALONE))
    words = np.setdiff1d(np.arange(len(even)), layers)
    if len(words):
        made.append(Reading(words, np.ones(len(words), np.float32), adds=True))
    return made


def _as_wide(
    vectors: Matrix, even: Floats32, layers: npt.NDArray[np.int64], last: npt.NDArray[np.int64]
) -> Floats32:
    """Scale the last layer, its columns alike, so that rows spread as far as over all layers.

    One list of penalties serves both then.
    """
    spread = _spread(vectors[:, last])
    wide = _spread(scaled(vectors[:, layers], even[layers]))
    return np.full(len(last), (wide / spread) ** 0.5 if spread > 0 else 1, np.float32)


def _turned(vectors: Matrix, even: Floats32, states: Sequence[States]) -> Floats32 | None:
    """Scale the directions of other tasks, so that rows spread along them as they should."""
    blocks = []
    for view in states:
        if view.other_tasks is None:
            return None
        block = vectors[:, view.start : view.end]
        wide = _spread(scaled(block, even[view.start : view.end]))
        spread = _spread(np.asarray(block @ view.other_tasks.T))
        ratio = OTHER_TASKS * (wide / spread) ** 0.5 if spread > 0 else 0.0
        blocks.append(view.other_tasks * np.float32(ratio))
    return np.asarray(block_diag(*blocks), np.float32)


def _spread(rows: Matrix) -> float:
    """Return the sum of the variances of all columns."""
    dense = np.asarray(rows.toarray() if sparse.issparse(rows) else rows, np.float64)
    return float(dense.var(axis=0).sum())
