"""Which encoding a text file has, and how its stream is decoded without being closed."""

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

__all__ = ["HEAD", "decoded", "encoding_of", "marked_encoding", "out_of_step", "peekable"]

HEAD = 256 * 2**10
"""How many bytes are looked at to tell an encoding."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

_USUAL = ("cp1252", "cp1251", "cp1250", "cp1256", "cp1254", "cp1253", "cp1255", "gb18030", "koi8_r")
_OTHERS = ("big5", "cp932", "cp949", "euc_jp", "mac_roman")
# What nobody writes texts in any more is not tried: short texts look like anything.
_MARGIN = 0.02


_SWAPPED_END = "\u0a00"
"""No character: the end of a line of UTF-16 whose bytes are taken in wrong pairs."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_LEAST, _SAMPLE = 32, 2**10
_ASCII = bytes(range(128))
_NO_CHARACTER = "standfirst.no-character"


def _no_character(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_NO_CHARACTER, _no_character)


def marked_encoding(head: bytes) -> str:
    """Tell the encoding that a byte order mark names; empty without a mark, or where it lies."""
    name = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    return "" if name == "utf-16" and _is_narrow(head[2:]) else name


def _is_narrow(text: bytes) -> bool:
    """Tell whether bytes are plain text of one byte a letter, which UTF-16 of any length is not.

    A few bytes beyond ASCII do not make it UTF-16, whose spaces and line ends hold a zero.
    """
    text = text[:_SAMPLE]
    n_beyond = len(text.translate(None, _ASCII))
    return len(text) >= _LEAST and n_beyond <= len(text) // 10 and _CONTROL.search(text) is None


def out_of_step(text: str) -> str:
    r"""Say of a line that UTF-16 is out of step in it; empty if it is not.

    Where a byte is missing, all that follows is taken in wrong pairs, and no line ends any more.

    Examples
    --------
    >>> out_of_step("Talks\n".encode("utf-16-be").decode("utf-16-le"))
    'UTF-16 out of step: a byte is missing or too many, and from here 1 line cannot be read'
    """
    if n_lines := text.count(_SWAPPED_END):
        lines = "1 line" if n_lines == 1 else f"{n_lines} lines"
        problem = "UTF-16 out of step: a byte is missing or too many"
        return f"{problem}, and from here {lines} cannot be read"
    return ""


def encoding_of(head: bytes, report: Callable[[str], object] = str) -> str:
    """Tell the encoding of a file from its first bytes, and report it where it is a guess.

    A byte order mark decides. Otherwise it is UTF-8 where most lines beyond ASCII are, so that one
    bad line is one bad line and does not turn all others into another alphabet. Otherwise
    charset-normalizer is asked.

    Examples
    --------
    >>> encoding_of("Élan".encode()), encoding_of("Élan".encode("utf-16"))
    ('utf-8', 'utf-16')
    """
    if marked := marked_encoding(head):
        return marked
    good = bad = 0
    for line in head.splitlines():
        if not line.isascii():
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    if bad <= good or bad == 0:
        return "utf-8"
    import charset_normalizer

    matches: list[Any] = list(
        charset_normalizer.from_bytes(head[:HEAD], cp_isolation=[*_USUAL, *_OTHERS])
    )
    if not matches:
        return "utf-8"
    best = matches[0]
    # Of encodings that read about as well, the one that more people use.
    likely = {
        name
        for match in matches
        if match.chaos <= best.chaos + _MARGIN and match.coherence >= best.coherence - 5 * _MARGIN
        for name in match.could_be_from_charset
    }
    guess = next((name for name in _USUAL if name in likely), str(best.encoding))
    report(f"the file is not UTF-8, and is read as {guess}")
    return guess


@contextmanager
def peekable(stream: BinaryIO) -> Iterator[Any]:
    """Look ahead in a stream, and leave it open."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), HEAD)
    try:
        yield buffered
    finally:
        buffered.detach()


@contextmanager
def decoded(stream: Any, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Read a stream as text, and leave it open.

    Bytes that the encoding does not have survive as lone surrogates, so that only the record that
    holds them is of no use.
    """
    # Half a unit of UTF-16 is no byte that could be kept.
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    errors = _NO_CHARACTER if wide else "surrogateescape"
    text = io.TextIOWrapper(stream, encoding, errors=errors, newline="")
    try:
        yield text
    finally:
        text.detach()
