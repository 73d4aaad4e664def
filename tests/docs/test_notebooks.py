"""The notebooks of the docs: run from top to bottom they print what is stored in them."""

import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from standfirst.tests.docs.blocks import looks_like

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))

VERSION = re.compile(r"\b[0-9a-f]{16}\b")
"""A model's version, which is a hash of its weights."""

named = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the script that runs notebooks and makes their pages."""
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.setattr(os, "environ", os.environ.copy())
    yield import_module("notebooks")
    sys.modules.pop("notebooks", None)


def looks(line: str) -> str:
    """Give a line without figures and versions."""
    return looks_like(VERSION.sub("0", line))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@named
def test_it_prints_what_it_shows(path: Path, tools: Any, tmp_path: Path) -> None:
    """Each cell prints the stored lines, but for figures, which processors round differently."""
    import nbformat

    stored = nbformat.read(path, as_version=4)
    made = tools.executed(path, tmp_path)

    for number, (was, now) in enumerate(zip(stored.cells, made.cells, strict=True)):
        shown, printed = ([looks(line) for line in tools.shown(cell)] for cell in (was, now))
        assert sorted(printed) == sorted(shown), (number, was.source)


@named
def test_its_page_is_current(path: Path, tools: Any) -> None:
    """The page of the site is made of the stored notebook, which holds outputs and no error."""
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]

    page = path.with_suffix(".md").read_text(encoding="utf-8")
    assert page == tools.notebook_page(path)
    assert f"Download: [{path.name}]({path.name})." in page
    # Markdown takes marks that close themselves out of their figure, which is left empty.
    assert not re.search(r"<(?:circle|line|path|rect)\b[^<>]*/>", page)
    assert len(outputs) > 5
    assert [
        one for one in outputs if one.output_type == "error" or one.get("name") == "stderr"
    ] == []
