"""Write docs/commands.md, the reference of the command line, from the commands themselves.

``python docs/make.py`` writes it; ``--check`` exits with 1 when it is not what the commands say.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.testing import CliRunner

from standfirst.cli import app

PAGE = Path(__file__).with_name("commands.md")
HEAD = """\
# The command line

Written by `make docs` from the commands themselves. Every command takes `--help`; those that work
on a study find it from the current folder upwards, or take `--study DIR`. Exit codes: 0 done, 1
refused (one line says what to do), 2 wrong usage, 130 interrupted.
"""


def commands(group: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the words of every command, in the order of the help."""
    for command in group.registered_commands:
        name = str(command.name or getattr(command.callback, "__name__", ""))
        yield (*path, name.replace("_", "-"))
    for below in group.registered_groups:
        if below.typer_instance is not None:
            name = below.name or ""
            yield (*path, str(name))
            yield from commands(below.typer_instance, (*path, str(name)))


def page() -> str:
    """Paste the help of every command together."""
    run = CliRunner(env={"COLUMNS": "96", "TERMINAL_WIDTH": "96", "NO_COLOR": "1"})
    parts = [HEAD]
    for words in ((), *commands(app)):
        told = run.invoke(app, [*words, "--help"], prog_name="standfirst").output.strip()
        parts.append(f"## {' '.join(('standfirst', *words))}\n\n```text\n{told}\n```\n")
    return "\n".join(parts)


def main() -> int:
    """Write or check the page."""
    written = page()
    if "--check" in sys.argv:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == written:
            return 0
        print("docs/commands.md is out of date; run: make docs", file=sys.stderr)
        return 1
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
