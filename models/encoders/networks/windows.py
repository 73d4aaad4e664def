"""Texts that are longer than a network reads at once: cut into windows, and put together again.

The windows of a text are as good as equally long, and each has the special tokens around it that
the network was trained with. The vector of the text is the mean of theirs, each counting by its
tokens (for a target and its sides: by what its tokens count there), brought to length 1 again. So
all of a whole article is read, and not its beginning alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...views import Span
from .graph import MARKS

__all__ = [
    "BATCH",
    "MOST",
    "Marks",
    "Window",
    "cut",
    "distinct",
    "feeds",
    "put_together",
    "shortened",
]

MOST = 16
"""Windows of a text that are read; what follows them is not."""

BATCH = 16
"""Windows that are computed at once."""

_NOTHING = 1e-6

Marks = npt.NDArray[np.float32]
"""How much each token counts for a target and for its sides, shape (3, n_tokens)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some tokens of a text, or all."""

    row: int
    """Number of the text."""
    ids: Sequence[int]
    """Numbers of the tokens."""
    marks: Marks | None
    """How much each counts, if the text has a target; no row is all zero."""
    weights: npt.NDArray[np.float64] | None
    """What the window counts in each block of the text's vector; None if it is all of the text."""


def cut(row: int, text: Any, marks: Marks | None, longest: int) -> list[Window]:
    """Cut an encoded text into windows of limited length.

    Parameters
    ----------
    row
        Number of the text.
    text
        What `tokenizers` made of it: its ids, and which of them are special.
    marks
        How much its tokens count, if it has a target.
    longest
        Number of tokens that the network reads.
    """
    ids = text.ids
    if len(ids) <= longest:
        return [Window(row, ids, marks, None)]
    lead, tail = _specials(text)
    n_body = len(ids) - lead - tail
    n_windows = -(-n_body // (longest - lead - tail))
    windows = []
    for tokens in np.array_split(np.arange(lead, lead + n_body), n_windows):
        whole = [*range(lead), *tokens.tolist(), *range(len(ids) - tail, len(ids))]
        weights, part = [float(len(tokens))], None
        if marks is not None:
            part = marks[:, whole].copy()
            counted = marks[:, tokens].sum(axis=1)
            weights += np.where(counted > _NOTHING, counted, 0).tolist()
            part[counted <= _NOTHING] = 1
        windows.append(Window(row, [ids[k] for k in whole], part, np.array(weights)))
    return windows


def distinct(windows: Sequence[Window]) -> tuple[list[Window], list[int]]:
    """Return the windows that the network must read, and the place of each window among them.

    A sentence that an agency sent to many papers is read once, and so are two that differ in case
    alone, to a network without capitals.

    Examples
    --------
    >>> windows = [Window(row, ids, None, None) for row, ids in enumerate([[1, 2], [3], [1, 2]])]
    >>> first, places = distinct(windows)
    >>> [window.row for window in first], places
    ([0, 1], [0, 1, 0])
    """
    first: dict[tuple[tuple[int, ...], bytes], int] = {}
    kept: list[Window] = []
    places = []
    for window in windows:
        key = tuple(window.ids), b"" if window.marks is None else window.marks.tobytes()
        place = first.setdefault(key, len(kept))
        if place == len(kept):
            kept.append(window)
        places.append(place)
    return kept, places


def feeds(
    windows: Sequence[Window], n_at_once: int = BATCH
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Yield the inputs of a graph, batch by batch, from the shortest window to the longest."""
    for start in range(0, len(windows), n_at_once):
        yield _padded(windows[start : start + n_at_once])


def _padded(windows: Sequence[Window]) -> dict[str, npt.NDArray[Any]]:
    """Pad windows to the length of the last."""
    shape = (len(windows), len(windows[-1].ids))
    feed: dict[str, npt.NDArray[Any]]
    feed = {"ids": np.zeros(shape, np.int32), "mask": np.zeros(shape, np.int32)}
    if windows[0].marks is not None:
        feed |= {name: np.zeros(shape, np.float32) for name in MARKS}
    for k, window in enumerate(windows):
        length = len(window.ids)
        feed["ids"][k, :length] = window.ids
        feed["mask"][k, :length] = 1
        if window.marks is not None:
            for name, weight in zip(MARKS, window.marks, strict=True):
                feed[name][k, :length] = weight
    return feed


def put_together(
    windows: Sequence[Window], vectors: npt.NDArray[np.float32], n_texts: int, width: int
) -> npt.NDArray[np.float32]:
    """Make one vector of each text.

    Parameters
    ----------
    windows
        The windows of all texts.
    vectors
        Theirs, shape (n_windows, n_blocks * n_layers * width), each layer of length 1.
    n_texts
        Number of texts.
    width
        Number of values of one state.
    """
    if len(windows) == n_texts:
        return vectors
    sums = np.zeros((n_texts, vectors.shape[1]))
    for window, vector in zip(windows, vectors, strict=True):
        if window.weights is None:
            sums[window.row] = vector
        else:
            each = np.repeat(window.weights, len(vector) // len(window.weights))
            sums[window.row] += vector * each
    for row in {window.row for window in windows if window.weights is not None}:
        parts = sums[row].reshape(-1, width)
        length = np.linalg.norm(parts, axis=1, keepdims=True)
        sums[row] = (parts / np.maximum(length, 1e-12)).ravel()
    return sums.astype(np.float32)


def shortened(text: Any, longest: int) -> tuple[list[int], Sequence[Span]]:
    """Return the ids and offsets of an encoded text, without what a network cannot read at once."""
    ids, offsets = text.ids, text.offsets
    if len(ids) <= longest:
        return ids, offsets
    _, tail = _specials(text)
    kept, behind = longest - tail, len(ids) - tail
    return [*ids[:kept], *ids[behind:]], [*offsets[:kept], *offsets[behind:]]


def _specials(text: Any) -> tuple[int, int]:
    """Count the special tokens before and behind the text."""
    special = text.special_tokens_mask
    plain = [k for k, mark in enumerate(special) if not mark]
    return (plain[0], len(special) - 1 - plain[-1]) if plain else (0, 0)
