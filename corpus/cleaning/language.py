"""Detect the language of an article, with py3langid (Lui & Baldwin's langid.py, refitted).

Many texts are looked at together: py3langid walks through each text byte by byte in Python, which
would take longer than all else that is done with an article. Where two languages are as good as
even, it decides.

The first few hundred characters are enough for a whole article. Short texts are guessed badly by
every detector: of single English sentences from the web, one in five was taken for another
language. So the languages that a study expects are believed unless another one is far more
probable; that leaves one in a hundred and fifty, and still recognises sentences in other languages.

References
----------
Lui, M. & Baldwin, T. (2012). langid.py: an off-the-shelf language identification tool. Proceedings
of the ACL 2012 System Demonstrations, 25-30.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["detect", "detect_all"]

_ENOUGH = 400
_FAR_MORE = 20
_TOGETHER = 500
# Sums of logarithms that are added up in another order differ by less than this.
_EVEN = 0.01
_LOG_FAR_MORE = math.log(_FAR_MORE)


def detect(text: str, expected: Sequence[str] = ()) -> str:
    """Detect the language of a text.

    Parameters
    ----------
    text
        The text; its beginning is looked at.
    expected
        ISO 639-1 codes of the languages that it is probably in.

    Returns
    -------
    An ISO 639-1 code: of the most probable language; or of the most probable one of those expected,
    unless another is at least twenty times as probable.

    Examples
    --------
    >>> detect("Le gouvernement a confirmé mardi que les discussions étaient en cours.", ["en"])
    'fr'
    >>> detect("Nobody spoke."), detect("Nobody spoke.", ["en", "fr"])
    ('cs', 'en')
    """
    ranked: list[tuple[str, float]] = _identifier().rank(text[:_ENOUGH])
    best, most = ranked[0]
    near = ((name, share) for name, share in ranked if name in expected)
    name, share = next(near, (best, most))
    return str(name if most < _FAR_MORE * share else best)


def detect_all(texts: Sequence[str], expected: Sequence[str] = ()) -> list[str]:
    """Detect the languages of texts, each as `detect` does.

    Examples
    --------
    >>> detect_all(["Nobody spoke.", "Le gouvernement a confirmé les discussions."], ["en", "fr"])
    ['en', 'fr']
    """
    languages: list[str] = []
    for first in range(0, len(texts), _TOGETHER):
        some = [text[:_ENOUGH] for text in texts[first : first + _TOGETHER]]
        names = _tables().decide([_as_bytes(text) for text in some], expected)
        languages += [
            name or detect(text, expected) for name, text in zip(names, some, strict=True)
        ]
    return languages


def _as_bytes(text: str) -> bytes:
    """Encode a text as py3langid does."""
    lower = text.lower() if text.isupper() else text
    return unicodedata.normalize("NFC", lower).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class _Tables:
    """The automaton of py3langid that finds features in bytes, and their weights, as arrays."""

    moves: npt.NDArray[np.uint32]
    """The next state, by the row of a state and the next byte."""
    rows: npt.NDArray[np.int64]
    """Where the moves of each state begin."""
    features: npt.NDArray[np.int32]
    """The feature that a state completes; -1 for none."""
    weights: npt.NDArray[np.float16]
    """Of each feature for each language, shape (n_features, n_columns)."""
    priors: npt.NDArray[np.float32]
    """Of each language, shape (n_columns,)."""
    names: tuple[str, ...]
    """The language of each column; some have two."""

    def decide(self, texts: Sequence[bytes], expected: Sequence[str]) -> list[str]:
        """Return the language of each text, as `detect` would; empty where that is close."""
        scores = self._scores(texts)
        best, most = scores.argmax(axis=1), scores.max(axis=1)
        close = (scores > most[:, None] - _EVEN).sum(axis=1) > 1
        near = [self.names.index(name) for name in expected if name in self.names]
        if near:
            of_expected = scores[:, near]
            likely = of_expected.max(axis=1)
            behind = most - likely
            close |= (of_expected > likely[:, None] - _EVEN).sum(axis=1) > 1
            close |= np.abs(behind - _LOG_FAR_MORE) < _EVEN
            best = np.where(
                behind < _LOG_FAR_MORE, np.array(near)[of_expected.argmax(axis=1)], best
            )
        return [
            "" if even else self.names[column]
            for column, even in zip(best.tolist(), close.tolist(), strict=True)
        ]

    def _scores(self, texts: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """Return the logarithm of how probable each language is for each text, up to a constant."""
        rows, features = self._found(texts)
        n_features = len(self.weights)
        pairs, counts = np.unique(rows * n_features + features, return_counts=True)
        ends = np.searchsorted(pairs, np.arange(len(texts) + 1) * n_features)
        used, columns = np.unique(pairs % n_features, return_inverse=True)
        weighed = np.log1p(counts, dtype=np.float32)
        matrix = sparse.csr_array((weighed, columns, ends), (len(texts), len(used)))
        scores = matrix @ self.weights[used].astype(np.float32) + self.priors
        sizes = np.array([len(text) or 1 for text in texts], np.float32)
        scores /= np.sqrt(sizes)[:, None]
        for column, name in enumerate(self.names):
            first = self.names.index(name)
            if first != column:
                scores[:, first] = np.logaddexp(scores[:, first], scores[:, column])
                scores[:, column] = -np.inf
        # Where nothing is known of a text, all are even.
        scores[ends[1:] == ends[:-1]] = 0
        return np.asarray(scores, np.float32)

    def _found(self, texts: Sequence[bytes]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Walk through all texts at once, and return the rows and features of what is found."""
        order = np.argsort([-len(text) for text in texts], kind="stable")
        sizes = np.array([len(texts[row]) for row in order])
        longest = int(sizes.max(initial=0))
        letters = np.zeros((longest, len(texts)), np.uint8)
        for column, row in enumerate(order):
            letters[: sizes[column], column] = np.frombuffer(texts[row], np.uint8)
        states = np.zeros(letters.shape, np.uint32)
        now = np.zeros(len(texts), np.uint32)
        # The texts that reach a letter are the first ones, since they are in order of length.
        n_left = np.searchsorted(-sizes, -np.arange(longest), side="left").tolist()
        for at, n in enumerate(n_left):
            now = self.moves[self.rows[now[:n]] + letters[at, :n]]
            states[at, :n] = now
        found = self.features[states]
        found[np.arange(longest)[:, None] >= sizes[None, :]] = -1
        places = np.flatnonzero(found >= 0)
        return order[places % len(texts)], found.ravel()[places]


@cache
def _tables() -> _Tables:
    known = _identifier()
    return _Tables(
        np.asarray(known.tk_nextmove),
        np.asarray(known.tk_row, np.int64) << 8,
        np.asarray(known.tk_output, np.int32),
        known.nb_ptc,
        known.nb_pc,
        tuple(known.nb_classes),
    )


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
