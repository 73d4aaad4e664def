"""Cut an article into units: sentences, windows of sentences, paragraphs, or all of it."""

from collections.abc import Sequence
from typing import Any

from ...errors import UnknownNameError
from ..article import Article
from .segment import get_segmenter
from .splitter import Span, lines
from .unit import KINDS, Unit, unit_ids

__all__ = ["cut", "unit_rows"]


def cut(
    article: Article, *, kind: str = "sentence", context: int = 1, size: int = 3, stride: int = 1
) -> list[Unit]:
    r"""Cut an article into units.

    Parameters
    ----------
    article
        The article, cleaned.
    kind
        One of `KINDS`.
    context
        Number of sentences (of paragraphs, for paragraphs) before and after that come along.
    size
        Sentences in a window.
    stride
        Sentences from the start of a window to the start of the next.

    Returns
    -------
    The units in order; ``text == article.text[start:end]`` holds for each.

    Raises
    ------
    UnknownNameError
        No such kind of unit.

    Examples
    --------
    >>> article = Article("a", "Talks", "Talks resume. The minister left.\nNo deal yet.")
    >>> [unit.text for unit in cut(article)]
    ['Talks resume.', 'The minister left.', 'No deal yet.']
    >>> cut(article)[1].before, cut(article)[1].after
    ('Talks resume.', 'No deal yet.')
    >>> [unit.text for unit in cut(article, kind="paragraph")]
    ['Talks resume. The minister left.', 'No deal yet.']
    """
    return [Unit(*row) for row in unit_rows(article, kind, context, size, stride)]


def unit_rows(
    article: Article, kind: str, context: int, size: int, stride: int
) -> list[tuple[Any, ...]]:
    """Cut an article as `cut` does, into rows with the columns of `UNIT_SCHEMA`."""
    if kind not in KINDS:
        raise UnknownNameError("kind of unit", kind, KINDS)
    pieces = _pieces(article, kind)
    if not pieces:
        return []
    if kind == "window":
        # The last window reaches the end, so that no sentence is left out when the stride does not
        # fit.
        firsts = [*range(0, max(len(pieces) - size, 0), stride), max(len(pieces) - size, 0)]
        groups = [(first, min(first + size, len(pieces))) for first in firsts]
    elif kind == "article":
        groups = [(0, len(pieces))]
    else:
        groups = [(at, at + 1) for at in range(len(pieces))]
    text = article.text
    spans = [(pieces[first][0], pieces[last - 1][1]) for first, last in groups]
    texts = [text[start:end] for start, end in spans]
    ids = unit_ids(article.id, kind, texts)
    same = (article.outlet, article.published, article.language)
    return [
        (
            ids[index],
            article.id,
            index,
            *spans[index],
            texts[index],
            kind,
            article.id,
            article.title,
            _joined(text, pieces[max(first - context, 0) : first]),
            _joined(text, pieces[last : last + context]),
            *same,
        )
        for index, (first, last) in enumerate(groups)
    ]


def _pieces(article: Article, kind: str) -> list[Span]:
    if kind == "paragraph":
        return list(lines(article.text))
    return get_segmenter("sentences", article.language or "en").segment(article.text)


def _joined(text: str, spans: Sequence[Span]) -> str:
    return " ".join([text[start:end] for start, end in spans]) if spans else ""
