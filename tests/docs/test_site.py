"""The docs: links lead somewhere, and the site needs no network."""

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]


def prose(page: Path) -> str:
    """Give a page without its blocks of code."""
    return re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    """Every link to a file of the repository leads to one, as the repository shows it."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", prose(page))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_no_how_to_stands_behind_a_benchmark() -> None:
    """Benchmarks and their pictures stand under Evidence, and nowhere else."""
    outside = [page for page in DOCS.rglob("*.md") if page.parent.name != "evidence"]

    assert len(outside) > 20
    assert [page.name for page in outside if "benchmarks/" in prose(page)] == [ALLOWED]


ALLOWED = "models.md"
"""Its one mention is of a check, and has no figures."""


def test_every_page_is_in_the_navigation() -> None:
    """No page can be reached by its address only."""
    named = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))

    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} == named


@pytest.fixture(scope="module")
def site() -> Path:
    """Build the site from this tree."""
    pytest.importorskip("zensical", reason="the extra docs is not installed")
    built = subprocess.run(
        [sys.executable, str(DOCS / "make.py"), "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return ROOT / "site"


@pytest.mark.browser
def test_the_site_is_read_and_searched_from_a_folder(site: Path, page: "Page") -> None:
    """Opened as a file, pages ask no other host for anything, and the search finds a function."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("index.html", "howto/team.html", "reference/api/labels.html"):
        page.goto((site / path).as_uri())
    page.keyboard.press("/")
    page.get_by_placeholder("Search").fill("competence")
    page.locator("a", has_text="standfirst.labels").filter(has_text="competence").first.wait_for()

    own = ("file:", "data:", "about:")
    assert [address for address in asked if not address.startswith(own)] == []
