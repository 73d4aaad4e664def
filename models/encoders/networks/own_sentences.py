"""Sentences of our own, on which networks are measured and compared."""

import json
from importlib.resources import files

from ....corpus import sentences

__all__ = ["own_sentences"]

_N_ARTICLES = 140
"""The first articles of the corpus. It grows at its end; what is measured on it must not change."""


def own_sentences(n: int) -> list[str]:
    """Return so many sentences of the bundled corpus, from all over its first articles.

    Examples
    --------
    >>> len(own_sentences(48))
    48
    """
    lines = files("standfirst.corpus.demo").joinpath("articles.jsonl").read_text("utf-8")
    articles = map(json.loads, lines.splitlines()[:_N_ARTICLES])
    whole = [text for article in articles for text in sentences(article["text"])]
    return whole[:: max(1, len(whole) // n)][:n]
