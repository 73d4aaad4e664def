"""Which words a model has met: a summary of the training texts that a bundle can keep.

It tells when articles are unlike what a model learned from: how many of their words it has never
met, beside how many words of its own training articles it would not know from the others. Words are
kept as hashes of 32 bits. That few words are new does not make a model right; only coded units of
the new articles can tell that.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FamiliarWords", "words_of"]

_WORD = re.compile(r"[^\W\d_]{2,}")
_FOLDS = 10
_LEAST_WORDS = 200
_CLEARLY = 1.25
"""How many times as many words as usual must be new: below, a difference is too small to matter."""


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case; numbers and single letters are none.

    Examples
    --------
    >>> words_of("The Court's 3rd ruling, a first")
    ['the', 'court', 'rd', 'ruling', 'first']
    """
    return _WORD.findall(text.casefold())


@dataclass(frozen=True, slots=True)
class FamiliarWords:
    """The words of training texts, and how many of an article's words are usually new."""

    words: frozenset[int]
    """Hashes of the words."""
    usual: float
    """Share of words of training articles that do not occur in the other nine tenths."""
    most: float
    """The largest such share of any tenth."""

    @classmethod
    def of(
        cls, texts: Sequence[str], groups: npt.NDArray[np.int64], *, seed: int = 0
    ) -> "FamiliarWords | None":
        """Sum up training texts; None where articles or words are too few.

        Parameters
        ----------
        texts
            The texts of all rows.
        groups
            Number of each row's article.
        seed
            Of the division of articles into tenths.
        """
        names, group = np.unique(groups, return_inverse=True)
        if len(names) < _FOLDS:
            return None
        order = np.random.default_rng([seed, 16]).permutation(len(names))
        fold = (order % _FOLDS)[group]
        counts: list[dict[int, int]] = [{} for _ in range(_FOLDS)]
        for text, number in zip(texts, fold.tolist(), strict=True):
            for word in _hashes(text):
                counts[number][word] = counts[number].get(word, 0) + 1
        sizes = [sum(of_fold.values()) for of_fold in counts]
        if min(sizes) < _LEAST_WORDS // 4 or sum(sizes) < _FOLDS * _LEAST_WORDS // 4:
            return None
        n_folds = _in_folds(counts)
        new = [
            sum(n for word, n in of_fold.items() if n_folds[word] == 1) / size
            for of_fold, size in zip(counts, sizes, strict=True)
        ]
        return cls(frozenset(n_folds), float(np.mean(new)), float(np.max(new)))

    def count(self, texts: Iterable[str]) -> tuple[int, int]:
        """Count the words of texts, and those of them that are new."""
        n_words = n_new = 0
        for text in texts:
            for word in _hashes(text):
                n_words += 1
                n_new += word not in self.words
        return n_words, n_new

    def unlike(self, n_words: int, n_new: int) -> bool:
        """Return whether articles with so many new words are unlike the training articles."""
        if n_words < _LEAST_WORDS:
            return False
        share = n_new / n_words
        return share > self.most and share > _CLEARLY * self.usual

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what must be stored."""
        hashes = np.array(sorted(self.words), np.uint32)
        return {"words": hashes, "new": np.array([self.usual, self.most])}

    @classmethod
    def restore(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "FamiliarWords | None":
        """Make it again from what was stored; None where a bundle is older than this."""
        if not arrays:
            return None
        new = arrays["new"]
        if arrays["words"].ndim != 1 or new.shape != (2,) or not np.isfinite(new).all():
            raise ValueError("the summary of the training texts is damaged")
        usual, most = new.tolist()
        return cls(frozenset(arrays["words"].tolist()), usual, most)


def _hashes(text: str) -> Iterator[int]:
    return (zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words_of(text))


def _in_folds(counts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    n_folds: dict[int, int] = {}
    for of_fold in counts:
        for word in of_fold:
            n_folds[word] = n_folds.get(word, 0) + 1
    return n_folds
