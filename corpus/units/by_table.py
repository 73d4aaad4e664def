"""Sentences of all languages but English, by ``languages.toml``.

A stop with a blank behind it may end a sentence; so does a mark that means nothing else ("。", "؟",
"।"), also without the blank. Whether it does is decided by both sides. A lower-case letter goes on,
also behind a closing quotation mark, a dash or an opening mark ("„Ja!“, sagte er", "«Мы едем!» —
сказал он"). What follows an abbreviation, an initial or an ordinal goes on too, unless it is one of
the words that begin most sentences of the language.

Libraries were tried in its place. Punkt with these abbreviations misses what has no blank or no
capital; sentencex knows the marks, and scores lower in nine of eleven languages (`docs/evidence`).
"""

import re
from collections.abc import Sequence
from typing import Any

from .splitter import Span, Splitter, language_table

__all__ = ["ByTable"]

_STOPS = ".!?…"
_CLOSERS = "\"'”’“‘»«›‹)\\]}」』】）》〉*"
_CLOSERS_UNSPACED = "'”’»›)\\]}」』】）》〉＂"
_OPENERS = "\"'“”‘’„‚«»‹›(\\[{「『【（《〈¿¡*"
_QUOTING = frozenset("\"'“„‚‘«»‹›(¿¡")
_INSIDE = frozenset(",;)]}…:=،؛，、；：）」』.!?\"'”’»›")
_STARTS_INSIDE = re.compile(
    r"[,;)\]}…،؛，、；：）」』.!?]|[:=]['’]?-?[()DPp/|](?:\s|$)|:\s|[\"'”’»›]+[.,;،؛)]|[”»›](?=\s|$)"
    r"|(?<!\s)[\"'’]+(?=\s|$)"
)
_BLANKS = re.compile(r"[ \u00a0\u3000]*")
# "’s Avonds" begins a Dutch sentence.
_OPENING = re.compile(rf"(?:['’‘][snt] (?=[A-Z])|[{_OPENERS}\u00a0 ]|[—–-]+\s*)*")
_LIST_MARK = re.compile(r"(?:[•⁃▪◦●‣]\s*)?\(?(?:\d{1,3}|[a-zA-Zα-ωΑ-Ωа-яА-Я])(?:\.\)|\.|\))$")
_LONGEST_MARK = 12
_LAST_WORD = re.compile(
    rf"(?:^|[{_OPENERS}\s/—–-])(?:\w{{1,5}}['’](?=\w))?"
    rf"([^\s{_OPENERS}/—–]+?)([{_STOPS}]+)([{_CLOSERS}\u00a0 ]*)$"
)
_LONGEST_WORD = 40
_LONGEST_UNLISTED = 4
_LONGEST_ORDINAL = 2
_LONGEST_ROMAN = 5
_LONGEST_PHRASE = 16
_DOTTED = re.compile(r"[^\W\d_](?:\.-?[^\W\d_]){1,3}")
_ROMAN = re.compile(r"[IVXLC]+\b")
_NEXT_WORD = re.compile(r"[^\W\d_]+(?:['’](?=\w))?")
# Unicode takes Georgian letters for lower case; running text has no capitals.
_CASELESS = re.compile(r"[\u10d0-\u10ff]")
_FIRST_SIGN = "\u2e80"
_REPORTS = re.compile(
    r"(?:と|って|など|という|とか)|[^。！？，、“”「」\s]{0,12}?(?:说|說|道|问|問|表示|称|稱|指出|喊)[。，：]"
)


class ByTable(Splitter):
    """Split text of a language other than English into sentences.

    Parameters
    ----------
    language
        ISO 639-1 code; a language that the table does not have is split by its entry ``other``.
    """

    def __init__(self, language: str) -> None:
        table = language_table()
        known: dict[str, Any] = table.get(language, table["other"])
        self._titles = frozenset(known.get("titles", ()))
        self._numbered = frozenset(known.get("numbered", ()))
        self._general = frozenset(known.get("general", ()))
        self._last = frozenset(known.get("last", ()))
        self._first = frozenset(known.get("first", ()))
        self._ordinals = bool(known.get("ordinals", False))
        self._listed = self._titles | self._numbered | self._general
        self._words = self._listed | self._last
        # Abbreviations of several words, as "a. C.": their ends, and what goes on inside.
        self._phrases = tuple(word for word in self._last if " " in word)
        self._pairs = {tuple(word.rsplit(" ", 2)[-2:]) for word in self._words if ". " in word}
        marks, pairs = known.get("marks", ""), known.get("pairs", ())
        self._marks = marks + "".join(pairs)
        self._ends = _ends(marks, pairs, known.get("soft_marks", ""))

    def breaks(self, text: str, lines: Sequence[Span]) -> list[int]:
        """Return where a sentence may begin: behind a stop, its closing marks and blanks."""
        del lines
        breaks = [match.end() for match in self._ends.finditer(text)]
        return self._behind_quotes(text, breaks) if self._marks and '"' in text else breaks

    def goes_on(self, text: str, before: str, at: int) -> bool:
        """Whether the piece that starts at an offset belongs to the one before."""
        follows = text[at]
        if follows in _INSIDE and _STARTS_INSIDE.match(text, at):
            return True
        if follows.isupper() and before[-1] == ".":
            # Nearly always; the rules below say the same of it, and take longer.
            tail = before[before.rfind(" ") + 1 : -1]
            if len(tail) > _LONGEST_ROMAN and tail.isalpha() and tail.lower() not in self._words:
                return False
        if len(before) < _LONGEST_MARK and (
            _LIST_MARK.match(before) or not any(map(str.isalnum, before))
        ):
            return True
        if self._marks and (ended := self._ends_by_mark(text, before, at)) is not None:
            return not ended
        first = follows
        if not follows.isalnum() and (opening := _OPENING.match(text, at)):
            first = text[opening.end() : opening.end() + 1]
        lower = first.islower() and not _CASELESS.match(first)
        if lower and (before[-1] != "." or before[-2:] == ".." or _reports(follows)):
            return True
        found = _LAST_WORD.search(before, max(len(before) - _LONGEST_WORD, 0))
        if found is None or before[-1] in "!?":
            return False
        word, stop, closed = found.groups()
        if stop != "." or closed.strip():
            # An ellipsis ends a sentence before a capital; letters without case tell nothing.
            return (
                stop[-1] in ".…"
                and stop != "."
                and not closed
                and first.isalpha()
                and (not first.isupper())
            )
        if lower:
            return follows not in "¿¡" and self._is_short(word.lower())
        if first.isdigit():
            return word.lower() in self._listed or (
                word.lower() in self._last and not self._ordinals
            )
        return self._abbreviates(text, before, at, word)

    def _abbreviates(self, text: str, before: str, at: int, written: str) -> bool:
        """Whether a word with a stop goes on before a capital, or a letter without case."""
        word = written.lower()
        if word in self._titles or word.rpartition("-")[2] in self._titles:
            return True
        if self._pairs and (word + ".", _next_word(text, at)) in self._pairs:
            return True
        if word in self._numbered and _ROMAN.match(text, at):
            return True
        if self._ends_phrase(before):
            return False
        if word in self._last:
            return len(word) == 1 and not _measures(before)
        starter = self._starts(text, at)
        if word in self._general:
            return not starter and text[at] not in _QUOTING
        if self._ordinals and word.isdigit():
            # "am 3. Oktober"
            return len(word) <= _LONGEST_ORDINAL and not starter
        if self._ordinals and len(word) > 1 and _ROMAN.fullmatch(written):
            # "Friedrich II. König"
            return not starter
        if len(written) == 1 and written.isalpha():
            # An initial. Lower-case letters are words; signs of syllables and words are no letters.
            return not written.islower() and written < _FIRST_SIGN and not _measures(before)
        if not any(map(str.islower, written)) and _DOTTED.fullmatch(written):
            return not starter
        # Dotted letters of a script without capitals.
        return "." in written and not written.isascii() and written.upper() == written.lower()

    def _is_short(self, word: str) -> bool:
        """Whether a word with a stop before a lower-case letter looks like an abbreviation."""
        return len(word) <= _LONGEST_UNLISTED or not word.isalpha() or word in self._words

    def _ends_by_mark(self, text: str, before: str, at: int) -> bool | None:
        """Whether a mark that means nothing else ends the piece; None where there is none."""
        bare = before.rstrip(_CLOSERS_UNSPACED + '"' + _STOPS)
        mark = bare[-1:]
        if not mark or mark not in self._marks:
            return None
        if mark == "៖" and text[at] in _QUOTING:
            # Khmer's colon: it ends a sentence, but not the words before a quotation.
            return False
        if before[-1] in "）)" and max(before.rfind("（"), before.rfind("(")) > 0:
            # A cry in brackets, inside a sentence.
            return False
        quoted = len(bare) < len(before) and before[-1] in '”’」』"»'
        return not (quoted and not text[at - 1].isspace() and _REPORTS.match(text, at))

    def _behind_quotes(self, text: str, breaks: list[int]) -> list[int]:
        """Move the breaks before a straight quotation mark that closes behind it."""
        moved = []
        n_quotes = counted = 0
        for at in breaks:
            if (line := text.rfind("\n", counted, at)) >= 0:
                n_quotes, counted = 0, line
            n_quotes += text.count('"', counted, at)
            counted = at
            closes = n_quotes % 2 and text[at] == '"' and text[at - 1] in self._marks + "!?"
            blanks = _BLANKS.match(text, at + 1) if closes else None
            moved.append(blanks.end() if blanks else at)
        return moved

    def _ends_phrase(self, before: str) -> bool:
        if not self._phrases:
            return False
        return " ".join(before[-_LONGEST_PHRASE:-1].lower().split()).endswith(self._phrases)

    def _starts(self, text: str, at: int) -> bool:
        """Whether the next word is one of those that begin most sentences."""
        opening = _OPENING.match(text, at)
        return _next_word(text, opening.end() if opening else at) in self._first


def _ends(marks: str, pairs: Sequence[str], soft: str) -> re.Pattern[str]:
    stop = f"[{re.escape(_STOPS + soft)}]"
    any_end = f"[{re.escape(_STOPS + soft) + marks}]"
    # A run is taken from its beginning and whole, so that a page of dots takes no longer.
    run = rf"{any_end}(?<!{stop}{{2}}){any_end}*+"
    spaced = rf"(?:\s?[»›”](?=\s)|[{_CLOSERS}])*+(?:\s++(?=\S)|(?=[¿¡]))"
    if not marks:
        return re.compile(run + spaced)
    unspaced = rf"(?:[{_CLOSERS_UNSPACED}]|\"(?=\s|$))*+\s*+(?=\S)"
    marked = rf"(?:(?<=[{marks}])|(?<=[{marks}]{stop})|(?<=[{marks}]{stop}{{2}})){unspaced}"
    signs = r"|(?<=[!?])(?=[\u3040-\u30ff\u3400-\u9fff])" if "。" in marks else ""
    more = "".join(rf"|{pair}{unspaced}" for pair in pairs)
    return re.compile(rf"{run}(?:{marked}|{spaced}{signs}){more}")


def _reports(follows: str) -> bool:
    """Whether a piece begins neither with a word nor with a Spanish question."""
    return not follows.isalnum() and follows not in "¿¡"


def _next_word(text: str, at: int) -> str:
    word = _NEXT_WORD.match(text, at)
    return word.group().lower().replace("’", "'") if word else ""


def _measures(before: str) -> bool:
    """Whether a letter and its stop are the unit of a number, as in "8 h."."""
    stands_before = before[:-2].rstrip()[-1:]
    return stands_before == "°" or (stands_before.isdigit() and not before[-2].isupper())
