"""English sentences, by Punkt and the rules of news that it cannot know.

The base is nupunkt (Punkt: Kiss & Strunk, 2006). Of its list of abbreviations only the dotted ones
are kept. The rest was learned from legal documents and holds thousands of ordinary words ("art",
"bus", "coal", "month"), which hide the ends of sentences; ``languages.toml`` stands in their place.
Around that come rules of news: what joins a piece to the one before (emoticons, "Yahoo! and",
"No. 4", "Rep. Omar"), and what parts a line ("you and I. Did").

References
----------
Kiss, T. & Strunk, J. (2006). Unsupervised multilingual sentence boundary detection. Computational
Linguistics 32(4), 485-525.
"""

import re
from collections.abc import Sequence

from .splitter import Span, Splitter, language_table, parted_by_newlines
from .sure_stops import SureStops

__all__ = ["English"]

_CONTINUES = frozenset(")]}”’»*.!?…\"'")
_QUOTED = re.compile(r"[\"']\w")
_MARK = re.compile(r"(?:[•⁃▪◦●‣]\s*)?\(?(?:\d{1,3}|[a-zA-Z])(?:\.\)|\.|\))$")
_LONGEST_MARK = 12
_INSIDE = frozenset(",;)]}…:=")
_STARTS_INSIDE = re.compile(r"[,;)\]}…]|[:;=]['’]?-?[()DPp/|](?:\s|$)|:\s")
_LAST_WORD = re.compile(r"[\"'“‘(\[«]*(?:\w{1,5}['’])?([^\s\"'“”‘’(\[]+?)([.!?…]+)([\"'”’)\]]*)$")
_NEXT_WORD = re.compile(r"[A-Z][a-z]+")
_SPEAKER_I = re.compile(r"\b(?:and|or|than|but|as) I\.\s+(?=[A-Z])")
_PM_TITLE = re.compile(r"\b[AP]\.M\.\s+(?=(?:Mr|Mrs|Ms|Dr)\.\s)")
_FUNCTION_WORD = re.compile(
    r"[\"'“‘(\[]*(?:The|A|An|He|She|It|They|We|I|You|This|That|These|Those|There|Here|In|On|At|By|For|From|With|But|"
    r"And|Or|So|If|When|While|After|Before|As|His|Her|Its|Their|Our|My|Not|No|Yes|What|Who|How|Why|Where)\b"
)


class English(Splitter):
    """Split English text into sentences."""

    hints = (" I. ", ".M. ")
    cuts = (*Splitter.cuts, _SPEAKER_I, _PM_TITLE)

    def __init__(self) -> None:
        from nupunkt import load_default_model

        known = language_table()["en"]
        self._titles = frozenset(known["titles"])
        self._numbered = frozenset(known["numbered"])
        self._offices = frozenset(known["offices"])
        self._punkt = load_default_model()
        abbreviations = self._punkt.parameters.abbrev_types
        dotted = {word for word in abbreviations if "." in word}
        abbreviations.clear()
        abbreviations.update(dotted, self._titles, known["general"], "abcdefghijklmnopqrstuvwxyz")
        self._punkt.clear_decision_cache()
        self._sure = SureStops(self._punkt)

    def breaks(self, text: str, lines: Sequence[Span]) -> list[int]:
        """Return where Punkt starts a sentence; it is asked about what is out of the common."""
        if not parted_by_newlines(text):
            return self._by_punkt(text)
        breaks: list[int] = []
        for begin, end in lines:
            indented = begin > 0 and text[begin - 1] != "\n"
            if indented or (text[begin] in _CONTINUES and not _QUOTED.match(text, begin)):
                # What Punkt says of one line may rest on another.
                return self._by_punkt(text)
            breaks += self._sure.starts(text, begin, end)
        return breaks

    def _by_punkt(self, text: str) -> list[int]:
        return [start for start, _ in self._punkt.span_tokenize(text)]

    def goes_on(self, text: str, before: str, at: int) -> bool:
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
        if "." in word and (follows.islower() or _word(text, at) in self._offices):
            return True
        return word in self._titles and follows.isupper() and not _FUNCTION_WORD.match(text, at)


def _word(text: str, at: int) -> str:
    match = _NEXT_WORD.match(text, at)
    return match.group().lower() if match else ""
