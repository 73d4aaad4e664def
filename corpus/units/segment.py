"""Split an article into sentences of its language, with offsets that are exact.

English is split by Punkt (`english`), all other languages by a table of their marks and
abbreviations (`by_table`).
"""

from collections.abc import Callable
from functools import cache
from typing import Protocol

from ...errors import UnknownNameError
from .by_table import ByTable
from .english import English
from .splitter import Span, language_table

__all__ = ["SEGMENTERS", "Segmenter", "get_segmenter", "is_known", "sentences"]


class Segmenter(Protocol):
    """What splits a text into units.

    Examples
    --------
    >>> from standfirst.corpus import Segmenter, get_segmenter
    >>> by_sentence: Segmenter = get_segmenter("sentences")
    >>> list(by_sentence.segment("Talks resume. The minister left."))
    [(0, 13), (14, 32)]
    """

    def segment(self, text: str) -> list[Span]:
        """Return the units' spans, in order, not overlapping, without blanks at their ends."""
        ...


def _of(language: str) -> Segmenter:
    return English() if language == "en" else ByTable(language)


SEGMENTERS: dict[str, Callable[[str], Segmenter]] = {"sentences": _of}
"""Name to factory, which takes the language."""


@cache
def get_segmenter(name: str = "sentences", language: str = "en") -> Segmenter:
    """Return a segmenter by name.

    Parameters
    ----------
    name
        One of `SEGMENTERS`.
    language
        ISO 639-1 code; a language that is not known is split by what languages have in common.

    Raises
    ------
    UnknownNameError
        No segmenter has that name.

    Examples
    --------
    >>> from standfirst.corpus import get_segmenter
    >>> text = "Mr. Ruiz left. Talks resume."
    >>> [text[start:end] for start, end in get_segmenter("sentences").segment(text)]
    ['Mr. Ruiz left.', 'Talks resume.']
    """
    if name not in SEGMENTERS:
        raise UnknownNameError("segmenter", name, sorted(SEGMENTERS))
    return SEGMENTERS[name](language)


def is_known(language: str) -> bool:
    """Whether the sentences of a language have rules of their own.

    Examples
    --------
    >>> is_known("sw"), is_known("th")
    (True, False)
    """
    return language in language_table() and language != "other"


def sentences(text: str, language: str = "en") -> list[str]:
    """Split a text into sentences.

    Examples
    --------
    >>> sentences("The U.S. Supreme Court ruled at 5 p.m. on Monday. “It is over.” He left.")
    ['The U.S. Supreme Court ruled at 5 p.m. on Monday.', '“It is over.”', 'He left.']
    >>> sentences("«Мы едем!» — сказал он. Суд решит.", "ru")
    ['«Мы едем!» — сказал он.', 'Суд решит.']
    """
    return [text[start:end] for start, end in get_segmenter("sentences", language).segment(text)]
