"""Write docs/commands.md, the reference of the command line, from the commands themselves.

``python docs/make.py`` writes it; ``--check`` exits with 1 when it is not what the commands say.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["TERMINAL_WIDTH"] = "96"
os.environ["NO_COLOR"] = "1"

import click
import typer

from standfirst.cli import app

PAGE = Path(__file__).with_name("commands.md")
HEAD = """\
# The command line

Written by `make docs` from the commands themselves. Every command takes `--help`; those that work
on a study find it from the current folder upwards, or take `--study DIR`. Exit codes: 0 done, 1
refused (one line says what to do), 2 wrong usage, 130 interrupted.
"""


def pages(command: click.Command, path: tuple[str, ...]) -> Iterator[str]:
    """Give the help of a command and of all below it."""
    context = click.Context(command, info_name=" ".join(path), max_content_width=96)
    text = command.get_help(context)
    yield f"## {' '.join(path)}\n\n```text\n{text.strip()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from pages(below, (*path, name))


def main() -> int:
    """Write or check the page."""
    page = "\n".join([HEAD, *pages(typer.main.get_command(app), ("standfirst",))])
    if "--check" in sys.argv:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
            return 0
        print("docs/commands.md is out of date; run: make docs", file=sys.stderr)
        return 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
