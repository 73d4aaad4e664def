"""Untrusted text in Markdown: shown as written, and never taken for markup or HTML."""

import re

__all__ = ["as_code", "as_text"]

_MARKS = re.compile(r"[\\`*_<>\[\]|~&]")
_AT_THE_START = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")


def as_text(text: str) -> str:
    r"""Write a text on one line, with a backslash before what would be markup or HTML.

    Examples
    --------
    >>> as_text("# a *b*\n<script>"), as_text("- 3 < 4"), as_text("no marks - at all")
    ('\\# a \\*b\\* \\<script\\>', '\\- 3 \\< 4', 'no marks - at all')
    """
    line = _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
    return _AT_THE_START.sub(lambda m: f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", line)


def as_code(text: str) -> str:
    """Write a text as a span of code, fenced by more backticks than it holds in a row.

    Examples
    --------
    >>> as_code("stance"), as_code("a`<b>")
    ('`stance`', '`` a`<b> ``')
    """
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"{fence}{line}{fence}"
