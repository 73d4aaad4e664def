"""Write the generated pages of the docs, and build their site.

``python docs/make.py`` writes ``reference/commands.md`` (from the commands), ``reference/files.md``
with its JSON Schemas (from the code that reads the files), the pages of the notebooks (from what is
stored in them; ``docs/notebooks.py`` runs them), and the site into ``site/``.
``--check`` changes no page: it exits with 1 when one is not what the code says, or when the site
has a problem.

The site is Zensical's, which stops at a page or anchor that is not there. Its pages ask for nothing
from other hosts, so that they can be read from a folder without a network.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import typer
from file_formats import file_formats
from notebooks import FOLDER, notebook_page
from typer.testing import CliRunner

from standfirst.cli import app

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SITE = ROOT / "site"
SOURCE = ROOT / "build" / "docs-source"
"""A copy of the package's modules, which mkdocstrings reads: the checkout has another name."""

HEAD = """\
# The command line

Written by `make docs` from the commands themselves. Every command takes `--help`; those that work
on a study find it from the current folder upwards, or take `--study DIR`. Exit codes: 0 done, 1
refused (one line says what to do), 2 wrong usage, 130 interrupted.
"""

SHIM = "https://unpkg.com/iframe-worker/shim"
"""The only thing that Zensical's pages would fetch; ours is `assets/search-from-file.js`."""

FETCHED = re.compile(
    r"""(?:<(?:script|img|iframe|source|video)\b[^>]*\bsrc|<link\b[^>]*\bhref)\s*=\s*["']?(?:https?:)?//[^"'\s>]+"""
    r"""|@import\s*["'(][^;]*//[^;]*|url\(\s*["']?(?:https?:)?//[^)]*"""
)


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


def command_line() -> str:
    """Paste the help of every command together."""
    run = CliRunner(env={"COLUMNS": "96", "TERMINAL_WIDTH": "96", "NO_COLOR": "1"})
    parts = [HEAD]
    for words in ((), *commands(app)):
        shown = run.invoke(app, [*words, "--help"], prog_name="standfirst").output.strip()
        parts.append(f"## {' '.join(('standfirst', *words))}\n\n```text\n{shown}\n```\n")
    return "\n".join(parts)


def pages() -> dict[Path, str]:
    """Give what is generated, by the path below `docs`."""
    notebooks = {
        path.with_suffix(".md").relative_to(DOCS): notebook_page(path)
        for path in FOLDER.glob("*.ipynb")
    }
    return {Path("reference/commands.md"): command_line(), **file_formats(), **notebooks}


def build() -> int:
    """Build the site, and return 1 when it has a problem."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in project["tool"]["setuptools"]["packages"]:
        folder = SOURCE.joinpath(*package.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        for module in ROOT.joinpath(*package.split(".")[1:]).glob("*.py"):
            shutil.copy(module, folder)
    zensical = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    built = subprocess.run(zensical, cwd=ROOT, capture_output=True, text=True, check=False)
    # Other tools would take the copy for a second package.
    shutil.rmtree(SOURCE)
    if built.returncode:
        print(built.stdout, built.stderr, file=sys.stderr)
        return 1
    for page in SITE.rglob("*.html"):
        up = "../" * (len(page.relative_to(SITE).parts) - 1)
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(SHIM, f"{up}assets/search-from-file.js"), encoding="utf-8")
    fetched = [
        f"{path.relative_to(SITE)} fetches from another host: {found}"
        for path in sorted(SITE.rglob("*"))
        if path.suffix in {".html", ".css"}
        for found in FETCHED.findall(path.read_text(encoding="utf-8"))
    ]
    print("\n".join(fetched), end="\n" if fetched else "", file=sys.stderr)
    return int(bool(fetched))


def main() -> int:
    """Write or check the pages, and build the site."""
    stale = 0
    for name, text in pages().items():
        path = DOCS / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"docs/{name} is out of date; run: make docs", file=sys.stderr)
            stale = 1
    return stale or build()


if __name__ == "__main__":
    sys.exit(main())
