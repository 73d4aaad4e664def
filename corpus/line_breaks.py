"""Line breaks that part nothing: text that was broken at a width, and how its lines are joined."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

__all__ = ["ended", "joined", "unwrap"]

_ENDS = tuple(".!?:;…。！？；：؟।۔")
_CLOSING = "\"'”’»）」』)]"
_NARROW = re.compile(r"[\0-\u10ff\u2000-\u2319]+")
"""Letters of alphabets and the usual punctuation, of which none is as wide as two."""
_DIVIDED = re.compile(r"[^\W\d_]{2}[-\u2010]$")
_FEW = 3
"""With fewer lines than this, each must end in the middle of a sentence, for all to see."""
_USUAL = 40
_WIDTHS = range(16, 501)
_INNER = 0.5
"""So many lines are not the last of their paragraph."""
_FULL = 0.8
"""Of so many lines, the next word would not have fitted."""
_OPEN = 0.6
"""So many lines end within a sentence."""
_LOWER = 0.3
"""So many lines that begin with a letter of either case begin with a small one (German: fewest)."""
_SHORT = 0.75
"""A line that had room, and is shorter than this part of the width, ends a paragraph."""


def unwrap(text: str) -> str:
    r"""Join lines that were broken at a width; lines that are paragraphs stay.

    Wrapped text is known by its lines: whatever the width, the first word of the next line had no
    room on most of them, and most end within a sentence. A line with room to spare is the last of
    its paragraph, whether a blank line follows or not.

    Examples
    --------
    >>> unwrap("One line.\nAnother line.")
    'One line.\nAnother line.'
    """
    blocks = [
        [line.strip() for line in block.split("\n")] for block in re.split(r"\n[ \t]*\n", text)
    ]
    pairs = [(line, after) for block in blocks for line, after in pairwise(block) if line and after]
    # Looked at first: of nearly all texts, the lines are paragraphs and end as such.
    if sum(not ended(line) for line, _ in pairs) < _INNER * _OPEN * len(pairs) or not pairs:
        return text
    widths = sorted(_width(line) for line, _ in pairs)
    # A word longer than the width, an address say, makes a line of its own.
    width = widths[-1 - len(widths) // 10]
    inner = [pair for pair in pairs if not _ends_short(*pair, width)]
    n_full = sum(not _fits(*pair, width) for pair in inner)
    n_open = sum(not ended(line) for line, _ in inner)
    n_lower = sum(after[0].islower() for _, after in inner)
    n_upper = sum(after[0].isupper() for _, after in inner)
    is_wrapped = (
        width in _WIDTHS
        and len(inner) >= _INNER * len(pairs)
        and n_full >= _FULL * len(inner)
        and n_open >= _OPEN * len(inner)
        and n_lower >= _LOWER * (n_lower + n_upper)
    )
    if len(pairs) < _FEW:
        is_wrapped = is_wrapped and width >= _USUAL and n_open == n_lower == len(inner)
    if not is_wrapped:
        return text
    return "\n\n".join("\n".join(_paragraphs(block, width, text)) for block in blocks)


def ended(line: str) -> bool:
    """Tell whether a line ends a sentence, whatever closes behind its mark.

    Examples
    --------
    >>> ended("He said: “No.”"), ended("He said")
    (True, False)
    """
    return line.rstrip(_CLOSING).endswith(_ENDS)


def joined(lines: Sequence[str], written: str) -> str:
    """Join the lines of a paragraph, and make words whole that were divided at their ends.

    A hyphen stays where ``written``, the whole text, has the word with its hyphen within a line.

    Examples
    --------
    >>> joined(["The govern-", "ment and the well-", "known judge"], "a well-known man")
    'The government and the well-known judge'
    """
    return "".join(_pieces(lines, written)).strip()


def _pieces(lines: Sequence[str], written: str) -> Iterator[str]:
    for line, after in zip(lines, (*lines[1:], ""), strict=True):
        if not (_DIVIDED.search(line) and after[:1].islower()):
            yield line if _is_wide(line[-1:]) and _is_wide(after[:1]) else line + " "
            continue
        first, second = line[:-1].split()[-1], after.split()[0].rstrip(".,;:!?\"'”’)")
        compound = re.search(rf"\b{re.escape(first)}-{re.escape(second)}\b", written)
        yield line if compound else line[:-1]


def _paragraphs(block: Sequence[str], width: int, written: str) -> Iterator[str]:
    begun: list[str] = []
    for line, after in zip(block, (*block[1:], ""), strict=True):
        begun.append(line)
        if after and _ends_short(line, after, width):
            yield joined(begun, written)
            begun = []
    yield joined(begun, written)


def _ends_short(line: str, after: str, width: int) -> bool:
    return _fits(line, after, width) and (_width(line) < _SHORT * width or ended(line))


def _fits(line: str, after: str, width: int) -> bool:
    # Scripts without spaces break before any character.
    word = after[:1] if _is_wide(after[:1]) else after.split(maxsplit=1)[0]
    between = 0 if _is_wide(after[:1]) else 1
    return _width(line) + between + _width(word) <= width


def _width(text: str) -> int:
    return len(text) + sum(map(_is_wide, _NARROW.sub("", text)))


def _is_wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"
