"""How reports look on a terminal, and elsewhere."""

import pty
import subprocess
import sys
from pathlib import Path

import pytest

from standfirst.commands.shared import progress as shown
from standfirst.commands.shared.progress import ProgressLine

SCRIPT = """
from standfirst.commands.shared.progress import ProgressLine
with ProgressLine(bar=True) as progress:
    progress("reading [bold]", 0, 4, "texts")
    progress("reading [bold]", 4, 4, "texts")
"""


def test_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal there are plain lines; what has no unit or total shows no number."""
    monkeypatch.setattr(shown, "EVERY", 0.0)
    with ProgressLine() as progress:
        progress("reading", 0, 20, "texts")
        progress("coding", 3, None, "units")
        progress("stance is fitted", 1, None, "")
        progress("fold 1 of 5: tfidf", 0, 10, "")
    with ProgressLine(quiet=True) as progress:
        progress("silence", 1, 2, "texts")

    assert capsys.readouterr().err.splitlines() == [
        "reading: 0 of 20 texts",
        "coding: 3 units",
        "stance is fitted",
        "fold 1 of 5: tfidf",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="has no pty")
def test_terminal(tmp_path: Path) -> None:
    """On a terminal it is one line, text is not taken for markup, and nothing of it is left."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], stderr=follower, check=True, cwd=tmp_path, timeout=60
    )
    with open(leader, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
        written = stream.read(65536).decode()

    assert done.returncode == 0
    assert "reading [bold]: 4 of 4 texts, about 0 s left" in written
    assert written.endswith("\x1b[2K")
