"""Sentences of our own, on which networks are measured and compared."""

import json
from importlib.resources import files

from ....corpus import sentences

__all__ = ["own_sentences"]


def own_sentences(n: int) -> list[str]:
    """Return so many sentences of the bundled corpus, from all over it.

    Examples
    --------
    >>> len(own_sentences(48))
    48
    """
    lines = files("standfirst.corpus.demo").joinpath("articles.jsonl").read_text("utf-8")
    whole = [text for line in lines.splitlines() for text in sentences(json.loads(line)["text"])]
    return whole[:: max(1, len(whole) // n)][:n]
