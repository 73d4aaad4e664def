"""The languages of labelled texts: what a model's card says of them, as found in the texts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...corpus.cleaning.language import detect

__all__ = ["find_languages"]

_MOST_GROUPS = 500
_LEAST_SHARE = 0.05
_ENOUGH = 400


def find_languages(texts: Sequence[str], groups: npt.NDArray[np.int64]) -> list[str]:
    """Find the languages of at least one group (article) in twenty, the most frequent first.

    A group is judged by its texts together. Short texts are often taken for a language that is
    nobody's, so that those which are frequent at a first look are expected at a second.

    Parameters
    ----------
    texts
        The text of each row.
    groups
        Number of each row's group; of more than 500 groups every so many is looked at.

    Examples
    --------
    >>> texts = ["El gobierno confirmó las conversaciones.", "Los jueces han rechazado el plan."]
    >>> find_languages(texts, np.array([0, 1]))
    ['es']
    """
    joined: dict[int, str] = {}
    for text, group in zip(texts, groups.tolist(), strict=True):
        before = joined.get(group, "")
        if len(before) < _ENOUGH:
            joined[group] = f"{before} {text}".strip()
    samples = list(joined.values())
    samples = samples[:: -(-len(samples) // _MOST_GROUPS)]
    frequent: list[str] = []
    for _ in range(2):
        counts = Counter(detect(sample, frequent) for sample in samples)
        least = _LEAST_SHARE * len(samples)
        frequent = [name for name, n in sorted(counts.items(), key=_by_size) if n >= least]
    return frequent


def _by_size(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
