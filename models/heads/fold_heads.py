"""Heads that each left out a fold of the units, so that the same labels can train and measure.

A head's answers on the units that it learned from are too good to correct anything by. A head of a
fold did not learn from the units of that fold, and answers them as it answers units that nobody
coded. So the units of training get the answer of the head that left them out, and all other units
the mean of the answers of all heads: with these, gold that trained a model can correct its shares.

The folds are of units and not of articles, unlike those of the score: most units of a corpus have a
coded one in their article, and so must those that stand for them.

References
----------
Zrnic, T. & Candès, E. J. (2024). Cross-prediction-powered inference. PNAS 121.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..labelled.same_text import hash_texts
from .head import Head

__all__ = ["FoldHeads", "rounded"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FoldHeads:
    """The heads of all folds."""

    heads: Mapping[str, tuple[Head, ...]]
    """Id of the dimension to one head a fold."""
    texts: npt.NDArray[np.uint64]
    """Hashes of the texts of training, sorted."""
    folds: npt.NDArray[np.uint8]
    """Fold of each of them: the head of this number did not learn from it."""

    def all(self) -> list[Head]:
        """Return all heads, dimension by dimension."""
        return [head for heads in self.heads.values() for head in heads]

    def fold_of(self, texts: Iterable[str]) -> npt.NDArray[np.int64]:
        """Return the fold of each text; -1 for texts that are not of training."""
        hashes = hash_texts(texts)
        index = np.minimum(np.searchsorted(self.texts, hashes), len(self.texts) - 1)
        return np.where(self.texts[index] == hashes, self.folds[index].astype(np.int64), -1)

    def answers(self, scores: Sequence[Floats], fold: npt.NDArray[np.int64]) -> dict[str, Floats]:
        """Return the probabilities of each dimension by heads that did not learn from the text.

        Parameters
        ----------
        scores
            What each head of `all` scores, in that order.
        fold
            Of each text, as `fold_of` gives it.
        """
        given: dict[str, Floats] = {}
        start = 0
        for name, heads in self.heads.items():
            each = [
                head.from_scores(some)
                for head, some in zip(heads, scores[start : start + len(heads)], strict=True)
            ]
            start += len(heads)
            given[name] = np.mean(each, axis=0)
            for number, by_fold in enumerate(each):
                given[name][fold == number] = by_fold[fold == number]
        return given

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what must be stored."""
        stored: dict[str, npt.NDArray[Any]] = {"texts": self.texts, "folds": self.folds}
        for name, heads in self.heads.items():
            for number, head in enumerate(heads):
                made = head.arrays()
                made["bytes"], made["steps"] = _packed(made.pop("weights"))
                stored |= {f"{name}/{number}/{key}": array for key, array in made.items()}
        return stored

    @classmethod
    def restore(
        cls, arrays: Mapping[str, npt.NDArray[Any]], multiple: Mapping[str, bool]
    ) -> "FoldHeads | None":
        """Make them again from what was stored; None where nothing was.

        Parameters
        ----------
        arrays
            As `arrays` gave them.
        multiple
            Id of each dimension to whether a unit takes any number of labels.
        """
        if "texts" not in arrays:
            return None
        heads = {}
        for name, several in multiple.items():
            made: list[Head] = []
            while f"{name}/{len(made)}/seen" in arrays:
                start = f"{name}/{len(made)}/"
                own = {k[len(start) :]: a for k, a in arrays.items() if k.startswith(start)}
                own["weights"] = _unpacked(own)
                made.append(Head.restore(own, multiple=several, strength=0.0))
            if made:
                heads[name] = tuple(made)
        texts, folds = arrays["texts"], arrays["folds"]
        if texts.ndim != 1 or not len(texts) or texts.shape != folds.shape:
            raise ValueError(f"folds of the shape {folds.shape} for texts of {texts.shape}")
        return cls(heads, texts, folds)


def rounded(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Round the weights of a fold's head to what is stored of them: a byte each.

    The steps of a label are a power of 2, less than 1/63 of its largest weight, so that rounding
    twice changes nothing. Ten heads for each that tags would make up nearly all of a model's
    folder; on the demonstration's, this halves it and moves probabilities by .001 on average.

    Parameters
    ----------
    weights
        Shape (n_labels, dim).

    Examples
    --------
    >>> rounded(np.array([[1.0, 0.5, -0.26, 0.003]])).tolist()
    [[1.0, 0.5, -0.265625, 0.0]]
    """
    number, step = _packed(weights)
    return number.astype(np.float32) * step[:, None]


def _packed(
    weights: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    largest = np.abs(weights).max(axis=1, initial=np.finfo(np.float32).tiny)
    step = np.exp2(np.ceil(np.log2(largest.astype(np.float64) / 127))).astype(np.float32)
    return np.rint(weights / step[:, None]).astype(np.int8), step


def _unpacked(arrays: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    """Give the weights of a head; older models hold them as numbers of 16 bits."""
    if "weights" in arrays:
        return arrays["weights"].astype(np.float32)
    number, step = arrays.pop("bytes"), arrays.pop("steps")
    if number.ndim != 2 or step.shape != number.shape[:1] or not np.isfinite(step).all():
        raise ValueError(f"weights of the shape {number.shape} in steps of {step.shape}")
    return number.astype(np.float32) * step.astype(np.float32)[:, None]
