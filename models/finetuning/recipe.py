"""What fine-tuning is given: the texts as tokens, the answers, and how to learn from them.

These values are kept apart from `learn`, which needs torch, so that everything around it can be
imported and tested without.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import UnknownNameError
from ..heads.linear import LinearFit

__all__ = ["METHODS", "Lesson", "Recipe", "Tokens", "make_recipe"]

METHODS = ("contrastive", "end-to-end")
"""How the network can learn."""

_TEXTS = 3_000
"""Texts that are learned from, counted once for each pass."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Texts as a network reads them."""

    ids: Sequence[Sequence[int]]
    """Numbers of the tokens of each text."""
    marks: Sequence[npt.NDArray[np.float32]] | None = None
    """How much each token counts for target, left and right, shape (3, n_tokens); None without."""

    def take(self, rows: npt.NDArray[np.int64]) -> "Tokens":
        """Return some of the texts."""
        marks = None if self.marks is None else [self.marks[row] for row in rows]
        return Tokens([self.ids[row] for row in rows], marks)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned on one dimension."""

    answered: npt.NDArray[np.bool_]
    """Which texts have an answer, shape (n_texts,)."""
    truth: npt.NDArray[np.bool_]
    """Which labels each text has, shape (n_texts, n_labels); none where there is no answer."""
    multiple: bool
    """Whether a text takes any number of labels."""
    start: LinearFit
    """The classifier to start from."""
    weight: npt.NDArray[np.float64] | None = None
    """Weight of each text; all alike if None."""

    def importance(self) -> npt.NDArray[np.float64]:
        """Weigh each label of each text, so that rare labels count as much as frequent ones.

        As scikit-learn's `class_weight="balanced"`: for single choice a row sums to the weight of
        its label; for multiple choice every label is a question of its own, with two answers. On
        average a text weighs 1.

        Returns
        -------
        Shape (n_texts, n_labels); zero where there is no answer.
        """
        truth, n = self.truth, max(int(self.answered.sum()), 1)
        have = truth.sum(axis=0)
        if self.multiple:
            yes, no = n / (2 * np.maximum(have, 1)), n / (2 * np.maximum(n - have, 1))
            weights = np.where(truth, yes, no) / truth.shape[1]
        else:
            weights = truth * n / (max(int((have > 0).sum()), 1) * np.maximum(have, 1))
        weights = weights * self.answered[:, None]
        return weights if self.weight is None else weights * self.weight[:, None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is tuned."""

    method: str
    """One of `METHODS`."""
    epochs: int
    """How often every text is learned from."""
    rate: float = 5e-5
    """Learning rate of the highest layer."""
    decay: float = 0.9
    """What the rate is multiplied with from one layer to the one below."""
    head_rate: float = 1e-3
    """Learning rate of the classifiers that go along."""
    tuned_share: float = 2 / 3
    """Share of the layers that learn, from above."""
    batch: int = 16
    """Texts a step."""
    dropout: float = 0.1
    """Share of values that are dropped while learning."""
    weight_decay: float = 0.01
    """Pull of the weights towards zero."""
    warm_up: float = 0.1
    """Share of the steps in which the rate rises."""
    averaged: float = 0.5
    """Share of the steps, from the end, over which the weights are averaged."""
    seed: int = 0
    """Of order and dropping."""
    device: str = "cpu"
    """Where it runs."""

    def first_layer(self, n_layers: int) -> int:
        """Return the number of the first layer that learns, from 1.

        Examples
        --------
        >>> Recipe("end-to-end", 3).first_layer(6)
        3
        """
        return n_layers - max(1, round(self.tuned_share * n_layers)) + 1

    def as_json(self) -> dict[str, Any]:
        """Return everything that a reader needs to do it again, as JSON values."""
        return {
            name: round(v, 8) if isinstance(v, float) else v for name, v in asdict(self).items()
        }


def make_recipe(
    method: str, n_texts: int, *, epochs: int | None = None, seed: int = 0, device: str = "cpu"
) -> Recipe:
    """Make the usual recipe for a number of texts.

    Parameters
    ----------
    method
        One of `METHODS`.
    n_texts
        Number of labelled texts. The fewer, the more passes, from 3 to 6.
    epochs
        Number of passes; by `n_texts` if None.
    seed
        Of order and dropping.
    device
        `cpu` or `cuda`.

    Raises
    ------
    UnknownNameError
        No such method.

    Examples
    --------
    >>> make_recipe("end-to-end", 200).epochs, make_recipe("end-to-end", 5_000).epochs
    (6, 3)
    """
    if method not in METHODS:
        raise UnknownNameError("method of fine-tuning", method, METHODS)
    passes = epochs or min(6, max(3, round(_TEXTS / max(n_texts, 1))))
    return Recipe(method, passes, seed=seed, device=device)
