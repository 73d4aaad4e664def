"""Where Punkt begins English sentences, found without it as far as its answer is sure.

Nine in ten stops of news stand behind an ordinary word, or between two words of kinds about which
Punkt was asked before. There its answer follows from the word alone, or is known; its machinery
takes longer to give it than all else that is done with a sentence. So a stop is looked at by the
word before it, and Punkt is asked about the few words around a stop that is out of the common. What
comes out is the same as without this: the tests hold it on generated texts and on real ones.
"""

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["SureStops"]

_MARK = re.compile(r"[.!?…]")
_CLOSERS = frozenset("\"'”’)")
# Before these and blanks, Punkt looks at a stop; before all else it is the inside of a word.
_LOOKED_AT = frozenset("\"'”’);}]*:@({[!?»")
# What may stand at the end of a word that ends a sentence.
_MAY_BE_STOP = frozenset(".!?…\"')]}”’»*;:,")
# With these no sentence begins, or not surely.
_NO_BEGINNING = frozenset(".!?…,;:=)]}”’»*")
_STRAIGHT_QUOTES = frozenset("\"'")
_OPENERS = "“‘\"'(["
_PLAIN = re.compile(r"[^\W\d_]{2,}(?:[-'’][^\W\d_]{2,})*")
_PARTS = re.compile(r"[-'’]")
_NUMBER = re.compile(r"\d+(?:[,.]\d+)*")
# Any word with no stop but before a letter or digit: "U.S", "3.4m".
_UNBROKEN = re.compile(r"[^\s.!?…]+(?:\.[^\W_][^\s.!?…]*)*")
_NEXT_CHUNK = re.compile(r"\s*\S*")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxlcIVXLC]{1,6})\)?\.")
_ROMAN = re.compile(r"[ivxlc]{1,6}")
_LONGEST_ENUMERATOR = 12
_MOST_REMEMBERED = 2**15

# Punkt is asked about two words in a line of their own, and not at its beginning. Words between
# which it makes no difference are asked about by one of them.
_SOME_WORDS = "The talks resumed in "
_SOME_NUMBER, _SOME_NAME, _SOME_WORD = "12", "Rivermouth", "rivermouth"
# What `_word` says of words that need no question, and of those about which none can be asked.
_ORDINARY, _STRANGE = "ordinary", ""
_INSIDE, _UNSURE = 0, -1


class SureStops:
    """Find where sentences begin in lines of English text.

    Parameters
    ----------
    punkt
        The tokenizer of nupunkt.
    """

    def __init__(self, punkt: Any) -> None:
        self._punkt = punkt
        known = punkt.parameters
        self._listed = {*known.abbrev_types, *(first for first, _ in known.collocations)}
        self._remarkable = {*known.sent_starters, *known.ortho_context}
        self._remarkable |= {second for _, second in known.collocations}
        self._words: dict[str, str] = {}
        self._answers: dict[tuple[str, str], bool] = {}

    def starts(self, text: str, begin: int, end_of_line: int) -> list[int]:
        """Return the offsets, ascending, at which Punkt begins sentences inside a line of a text.

        The line is given without blanks at its ends, and what Punkt says of it must not rest on the
        line before.
        """
        line = text[begin:end_of_line]
        starts: list[int] = []
        asked = 0
        for at in _marks(line):
            if at < asked:
                continue
            end = at + 1 if line[at + 1 : at + 2] == " " else _closed(line, at)
            if end == len(line):
                break
            if end == _INSIDE:
                continue
            start = end + 1
            while line[start] == " ":
                start += 1
            sure = None if end == _UNSURE else self._begins(line, at, end, start)
            if sure is None:
                first, asked = _stretch(line, at)
                part = line[first:asked]
                if asked == len(line):
                    part += text[end_of_line : _behind(text, end_of_line)]
                starts += (begin + start for start in self._ask(part, first) if at < start < asked)
            elif sure:
                starts.append(begin + start)
        return starts

    def _begins(self, line: str, at: int, end: int, start: int) -> bool | None:
        """Tell whether a sentence begins behind a mark; None where that is not sure.

        Parameters
        ----------
        line
            The line.
        at
            Offset of the mark.
        end
            Offset behind it and the closing marks that follow.
        start
            Offset of the next word.
        """
        follows = line[start]
        if end > at + 1 and follows.islower():
            # “Is it?” he asked.
            return False
        if follows in _NO_BEGINNING or follows.isspace():
            return None
        if follows in _STRAIGHT_QUOTES and not line[start + 1 : start + 2].isalnum():
            return None
        begin = line.rfind(" ", 0, at) + 1
        word = line[begin:at]
        if line[at] in "!?":
            return True if _UNBROKEN.fullmatch(word) else None
        known = self._words.get(word)
        like = self._word(word) if known is None else known
        if like == _STRANGE:
            return None
        if line[at] == ".":
            if like == _ORDINARY:
                return True
            if at < _LONGEST_ENUMERATOR and _ENUMERATOR.fullmatch(line, 0, at + 1):
                return False
        until = line.find(" ", start)
        following = line[start : until if until > 0 else len(line)]
        return self._answer(like + line[at:end], self._next_word(following))

    def _word(self, word: str) -> str:
        """Return the word by which Punkt is asked about a word before a stop, and remember it."""
        bare = word.lstrip(_OPENERS).lower()
        like = word if _UNBROKEN.fullmatch(word) else _STRANGE
        if _NUMBER.fullmatch(word):
            like = _SOME_NUMBER
        elif _PLAIN.fullmatch(bare) and not _ROMAN.fullmatch(bare):
            listed = self._listed.intersection((bare, *_PARTS.split(bare)))
            like = like if listed else _ORDINARY
        if len(self._words) >= _MOST_REMEMBERED:
            self._words.clear()
        self._words[word] = like
        return like

    def _next_word(self, word: str) -> str:
        """Return the word by which Punkt is asked about a word behind a stop."""
        bare = word.rstrip(",;:")
        if len(bare) > 1 and bare.isalpha() and bare.lower() not in self._remarkable:
            if bare[0].isupper():
                return _SOME_NAME
            if bare[0].islower():
                return _SOME_WORD
        return word

    def _answer(self, word: str, following: str) -> bool:
        """Ask Punkt whether a sentence begins between two words, and remember it."""
        answer = self._answers.get((word, following))
        if answer is None:
            start = len(word) + 1
            answer = start + 1 in self._ask(f"{word} {following}", 1)
            if len(self._answers) >= _MOST_REMEMBERED:
                self._answers.clear()
            self._answers[word, following] = answer
        return answer

    def _ask(self, part: str, first: int) -> Iterator[int]:
        """Yield where Punkt begins sentences in a part of a line that begins at an offset."""
        # Only at the beginning of a line, "1." is no sentence.
        before = _SOME_WORDS if first else ""
        for start, _ in self._punkt.span_tokenize(before + part):
            yield start - len(before) + first


def _marks(line: str) -> list[int]:
    """Return the offsets of all marks that may end a sentence."""
    if "!" in line or "?" in line or "…" in line:
        return [match.start() for match in _MARK.finditer(line)]
    stops = []
    at = line.find(".")
    while at >= 0:
        stops.append(at)
        at = line.find(".", at + 1)
    return stops


def _stretch(line: str, at: int) -> tuple[int, int]:
    """Return the span of the words around a mark, from one that ends in none to another."""
    begin = line.rfind(" ", 0, at) + 1
    while begin and _may_stop(line[begin - 2]):
        begin = line.rfind(" ", 0, begin - 1) + 1
    end = line.find(" ", at)
    while end > 0 and _may_stop(line[end - 1]):
        end = line.find(" ", end + 1)
    return begin, end if end > 0 else len(line)


def _behind(text: str, at: int) -> int:
    """Return the offset behind the blanks at an offset and the word that follows them."""
    match = _NEXT_CHUNK.match(text, at)
    return match.end() if match else at


def _may_stop(character: str) -> bool:
    return character in _MAY_BE_STOP or character.isspace()


def _closed(line: str, at: int) -> int:
    """Return the offset behind the closing marks of a stop; or `_INSIDE`, or `_UNSURE`."""
    end, size = at + 1, len(line)
    if end == size:
        return size
    behind = line[end]
    if behind not in _CLOSERS:
        return _UNSURE if behind in _LOOKED_AT or behind.isspace() else _INSIDE
    while end < size and line[end] in _CLOSERS:
        end += 1
    if end == size or line[end] == " ":
        return end
    # As in "Jr.'s".
    return _INSIDE if behind in "'’" and end == at + 2 and line[end].isalpha() else _UNSURE
