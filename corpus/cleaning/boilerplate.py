"""Find the lines that an outlet puts on all of its pages: what no pattern can know beforehand.

A short line is boilerplate where it stands at the top or the bottom of a good part of an outlet's
articles. It is looked for in one part of the corpus at a time, so that articles stream and a run
that was interrupted finds the same.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from .debris import Cleaned, Removal

__all__ = ["without_boilerplate"]

_TOP, _BOTTOM = 2, 4
_LONGEST = 200
_LEAST_ARTICLES = 5
_LEAST_SHARE = 0.3


def without_boilerplate(articles: Sequence[Cleaned]) -> list[Cleaned]:
    r"""Take repeated lines out of the articles of each outlet.

    Parameters
    ----------
    articles
        Cleaned articles; those of an outlet are compared with each other. Articles that say the
        same throughout are counted once, so that a story that was sent twice is no boilerplate.

    Examples
    --------
    >>> from ..article import Article
    >>> pages = [
    ...     Cleaned(Article(str(i), "", f"Story {i}.\nThe Post stands for truth.", "Post"))
    ...     for i in range(6)
    ... ]
    >>> first = without_boilerplate(pages)[0]
    >>> first.article.text, first.removed[0].reason
    ('Story 0.', 'boilerplate of the outlet')
    """
    texts: dict[str, set[str]] = defaultdict(set)
    for cleaned in articles:
        if cleaned.article.outlet:
            texts[cleaned.article.outlet].add(cleaned.article.text)
    repeated = {outlet: _repeated(bodies) for outlet, bodies in texts.items()}
    return [_without(each, repeated.get(each.article.outlet, frozenset())) for each in articles]


def _repeated(texts: set[str]) -> frozenset[str]:
    if len(texts) < _LEAST_ARTICLES:
        return frozenset()
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update({line.strip() for line in _edges(text.split("\n"))})
    least = max(_LEAST_ARTICLES, _LEAST_SHARE * len(texts))
    return frozenset(line for line, n in seen.items() if n >= least)


def _edges(lines: list[str]) -> list[str]:
    filled = [line for line in lines if line.strip()]
    edges = filled[:_TOP] + filled[max(len(filled) - _BOTTOM, _TOP) :]
    return [line for line in edges if len(line) <= _LONGEST]


def _without(cleaned: Cleaned, repeated: frozenset[str]) -> Cleaned:
    if not repeated:
        return cleaned
    lines = cleaned.article.text.split("\n")
    gone = {line for line in _edges(lines) if line.strip() in repeated}
    kept = [line for line in lines if line not in gone]
    if not gone or not any(line.strip() for line in kept):
        return cleaned
    removed = [Removal("boilerplate of the outlet", line.strip()) for line in lines if line in gone]
    article = replace(cleaned.article, text="\n".join(kept).strip("\n"))
    return replace(cleaned, article=article, removed=(*cleaned.removed, *removed))
