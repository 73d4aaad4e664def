"""Every promise of the README has tests that hold it, by name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "evidence" / "promises.md").read_text(encoding="utf-8")


def test_every_promise_is_held() -> None:
    """What the README sets in bold under its promises stands on the page, and nothing else."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What it promises\n")[2].partition("\n## ")[0]
    promised = {name.rstrip(".") for name in re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)}

    assert len(promised) == 5
    assert set(re.findall(r"^\| \*\*(.+?)\*\*", PAGE, re.MULTILINE)) == promised


def test_the_tests_are_there() -> None:
    """Each test that holds a promise is in the file that the page names."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in named}

    assert len(named) > 20
    assert [test for file, test in named if f"def {test}(" not in texts[file]] == []
    assert PAGE.count("`tests/") == len(named) + 1
