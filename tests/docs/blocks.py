"""Blocks of code in a Markdown page, what each is, and whether a line was printed as shown."""

import re
import shlex
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

__all__ = ["Block", "blocks", "commands", "looks_like"]

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code."""

    page: Path
    """The page that it stands on."""
    line: int
    """The line of its first fence, from 1."""
    language: str
    """What follows the fence."""
    text: str
    """What stands between the fences."""
    mark: str
    """The comment above it, which says what a test needs to run it; empty without one."""


def blocks(page: Path) -> list[Block]:
    """Give the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start("language")) + 1, found["language"],
              found["text"], found["mark"] or "")
        for found in _BLOCK.finditer(text)
    ]  # fmt: skip


def commands(block: Block) -> list[list[str]]:
    """Give the words of each command of a shell block, without comments."""
    lines = [shlex.split(line, comments=True) for line in block.text.splitlines()]
    parted = (part for line in lines for is_and, part in groupby(line, "&&".__eq__) if not is_and)
    return [list(words) for words in parted]


def looks_like(line: str) -> str:
    """Give a line without what differs from run to run: numbers, addresses, blanks."""
    return re.sub(r"\s+", " ", re.sub(r"[-+]?\.?\d[\d.,:]*", "0", line)).strip()
