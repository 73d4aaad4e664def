"""Split an article into sentences, with offsets that are exact.

The base is nupunkt (Punkt: Kiss & Strunk, 2006), one line of the text at a time: newsrooms end
paragraphs, headings and list items with a line break, and honouring it is worth more than the
choice of library. Of nupunkt's own list of abbreviations only the dotted ones are kept. The rest
was learned from legal documents and holds thousands of ordinary words ("art", "bus", "coal",
"month"), which hide the ends of sentences; ``abbreviations.toml`` stands in their place, for six
languages. Around that come the rules of news that Punkt cannot know: what joins a piece to the one
before (emoticons, "Yahoo! and", "No. 4", "Rep. Omar"), and what parts a line (numbered lists that
run on, bullets).

Text that is wrapped at a fixed width must be unwrapped first (`cleaning.unwrap`), or each line
would be a sentence.

References
----------
Kiss, T. & Strunk, J. (2006). Unsupervised multilingual sentence boundary detection. Computational
Linguistics 32(4), 485-525.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from ...errors import UnknownNameError

__all__ = ["LANGUAGES", "SEGMENTERS", "Segmenter", "Span", "get_segmenter", "lines", "sentences"]

Span = tuple[int, int]
"""Start and end offset, in Unicode code points, the end exclusive."""

LANGUAGES = ("en", "fr", "es", "pt", "it", "de")
"""Languages with a list of abbreviations of their own; others get what all have in common."""


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


_LINE = re.compile(r"\S(?:[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*\S)?")
_BULLET = re.compile(r" +(?=[•⁃▪◦●‣]\s*\S)")
_ITEM = re.compile(r"\s*(?P<open>\(?)(?P<n>1|[aA])(?P<close>\.\)|\.|\))\s*(?=\S)")
_MARK = re.compile(r"(?:[•⁃▪◦●‣]\s*)?\(?(?:\d{1,3}|[a-zA-Z])(?:\.\)|\.|\))$")
_LONGEST_MARK = 12
_LONGEST_ORDINAL = 2
_INSIDE = frozenset(",;)]}…:=")
_STARTS_INSIDE = re.compile(r"[,;)\]}…]|[:;=]['’]?-?[()DPp/|](?:\s|$)|:\s")
_LAST_WORD = re.compile(r"[\"'“‘(\[«]*(?:\w{1,5}['’])?([^\s\"'“”‘’(\[]+?)([.!?…]+)([\"'”’)\]]*)$")
_NEXT_WORD = re.compile(r"[A-Z][a-z]+")
_SPEAKER_I = re.compile(r"\b(?:and|or|than|but|as) I\.\s+(?=[A-Z])")
_PM_TITLE = re.compile(r"\b[AP]\.M\.\s+(?=(?:Mr|Mrs|Ms|Dr)\.\s)")
_CUTS = (_BULLET, _SPEAKER_I, _PM_TITLE)
_BULLETS = "•⁃▪◦●‣"
_FUNCTION_WORD = re.compile(
    r"[\"'“‘(\[]*(?:The|A|An|He|She|It|They|We|I|You|This|That|These|Those|There|Here|In|On|At|By|For|From|With|But|"
    r"And|Or|So|If|When|While|After|Before|As|His|Her|Its|Their|Our|My|Not|No|Yes|What|Who|How|Why|Where)\b"
)


def lines(text: str) -> Iterator[Span]:
    r"""Return the spans of a text's lines that hold more than blanks, without blanks at their ends.

    Examples
    --------
    >>> list(lines("Talks resume\n\n  The minister left. \n"))
    [(0, 12), (16, 34)]
    """
    return (match.span() for match in _LINE.finditer(text))


class Sentences:
    """Split text into sentences.

    Parameters
    ----------
    language
        ISO 639-1 code; a language outside `LANGUAGES` is split with what all languages have in
        common.
    """

    def __init__(self, language: str = "en") -> None:
        known = _abbreviations(language if language in LANGUAGES else "")
        self._titles = known["titles"]
        self._numbered = known["numbered"]
        self._offices = known["offices"]
        self._ordinals = language == "de"
        self._punkt = _punkt(language, frozenset(self._titles | known["general"]))

    def segment(self, text: str) -> list[Span]:
        """Return the sentences' spans, in order; no character but blanks is outside of them."""
        spans: list[Span] = []
        breaks = [start for start, _ in self._punkt.span_tokenize(text)]
        # A last entry that no line reaches ends the list.
        breaks.append(len(text) + 1)
        special = " I. " in text or ".M. " in text or (not text.isascii() and _bulleted(text))
        at = 0
        for line in _LINE.finditer(text):
            begin, end = line.span()
            while breaks[at] <= begin:
                at += 1
            inside = at
            while breaks[at] < end:
                at += 1
            parts = breaks[inside:at]
            listed = text[begin] in "(1aA" and _ITEM.match(text, begin, end)
            cuts = _extra_cuts(text[begin:end], begin) if special or listed else []
            for cut in sorted({*parts, *cuts}) if cuts else parts:
                before = text[begin:cut].rstrip()
                if before and (cut in cuts or not self._joins(text, before, cut)):
                    spans.append((begin, begin + len(before)))
                    begin = cut
            spans.append(_trimmed(text, begin, end) if text[begin].isspace() else (begin, end))
        return spans

    def _joins(self, text: str, before: str, at: int) -> bool:
        """Whether the piece that starts at an offset belongs to the one before."""
        follows = text[at]
        if follows in _INSIDE and _STARTS_INSIDE.match(text, at):
            return True
        if len(before) < _LONGEST_MARK and _MARK.match(before):
            return True
        tail = before[before.rfind(" ") + 1 :]
        if tail[-1] == "." and tail[:-1].isalpha():
            # Nearly always; the rule below says the same of it, and takes longer.
            word = tail[:-1].lower()
        else:
            last = _LAST_WORD.match(tail)
            if last is None:
                return False
            word, stop, closed = last.group(1).lower(), last.group(2), last.group(3)
            if stop == "!" and not closed and follows.islower():
                # A name that carries its mark ("Yahoo! and AOL"), not the end of a cry.
                return last.group(1)[0].isupper() and len(before) - len(tail) + last.start(1) > 0
            if stop != "." or closed:
                return False
        if word in self._numbered and follows.isdigit():
            return True
        if self._ordinals and word.isdigit() and len(word) <= _LONGEST_ORDINAL:
            # "am 3. Oktober", "im 20. Jahrhundert": German writes ordinals with a stop.
            return True
        if "." in word and (follows.islower() or _word(text, at) in self._offices):
            return True
        return word in self._titles and follows.isupper() and not _FUNCTION_WORD.match(text, at)


SEGMENTERS: dict[str, Callable[[str], Segmenter]] = {"sentences": Sentences}
"""Name to factory, which takes the language."""


@cache
def get_segmenter(name: str = "sentences", language: str = "en") -> Segmenter:
    """Return a segmenter by name.

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


def sentences(text: str, language: str = "en") -> list[str]:
    """Split a text into sentences.

    Examples
    --------
    >>> sentences("The U.S. Supreme Court ruled at 5 p.m. on Monday. “It is over.” He left.")
    ['The U.S. Supreme Court ruled at 5 p.m. on Monday.', '“It is over.”', 'He left.']
    """
    return [text[start:end] for start, end in get_segmenter("sentences", language).segment(text)]


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _word(text: str, at: int) -> str:
    match = _NEXT_WORD.match(text, at)
    return match.group().lower() if match else ""


@cache
def _abbreviations(language: str) -> dict[str, set[str]]:
    table = tomllib.loads((files(__package__) / "abbreviations.toml").read_text(encoding="utf-8"))
    kinds = ("titles", "numbered", "general", "offices")
    return {kind: set(table.get(language, {}).get(kind, ())) for kind in kinds}


@cache
def _punkt(language: str, abbreviations: frozenset[str]) -> Any:
    from nupunkt import PunktParameters, PunktSentenceTokenizer, load_default_model

    if language == "en":
        punkt = load_default_model()
        parameters = punkt.parameters
        dotted = {word for word in parameters.abbrev_types if "." in word}
        parameters.abbrev_types.clear()
        parameters.abbrev_types.update(dotted)
    else:
        # The model's statistics on capitals and first words are English; elsewhere an abbreviation
        # before a capital is left joined.
        parameters = PunktParameters()
        punkt = PunktSentenceTokenizer(parameters, include_common_abbrevs=False)
    parameters.abbrev_types.update(abbreviations)
    parameters.abbrev_types.update("abcdefghijklmnopqrstuvwxyz")
    punkt.clear_decision_cache()
    return punkt


def _bulleted(text: str) -> bool:
    return any(bullet in text for bullet in _BULLETS)


def _extra_cuts(line: str, start: int) -> list[int]:
    """Find where a line parts that Punkt leaves whole: bullets, lists that run on, "I. Did"."""
    cuts = [match.end() for rule in _CUTS for match in rule.finditer(line)]
    if (first := _ITEM.match(line)) is not None:
        cuts += _items(line, first)
    return [start + cut for cut in cuts]


def _items(line: str, first: re.Match[str]) -> list[int]:
    """Follow a list whose items count up ("1. ... 2. ... 3. ...") from its first one."""
    cuts = [first.start("open")]
    mark = first.group("n")
    at = first.end()
    while True:
        mark = str(int(mark) + 1) if mark.isdigit() else chr(ord(mark) + 1)
        marker = rf"(?<=\s){re.escape(first.group('open') + mark + first.group('close'))}\s*(?=\S)"
        match = re.compile(marker).search(line, at)
        if match is None:
            return cuts if len(cuts) > 1 else []
        cuts.append(match.start())
        at = match.end()
