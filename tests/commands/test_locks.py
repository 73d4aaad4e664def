"""Commands that write to a study wait for each other, and say in one line whom they waited for."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.labels import Annotation, load_codebook, ready_codebooks, write_annotations
from standfirst.study.folder import StudyFolder

HOLD = """
import sys
from pathlib import Path
from standfirst.files import locked
sys.argv = ["standfirst", "annotate", "import"]
with locked(Path(sys.stdin.readline().strip())):
    print("held", flush=True)
    sys.stdin.readline()
"""
WRITERS = [
    ("labels", "gold"),
    ("labels", "migrate", "--map", "map.yaml"),
    ("annotate", "sample", "1"),
    ("annotate", "import", "export.json"),
    ("annotate", "coders", "--same", "ann", "ann@example.org"),
]


@pytest.fixture
def study(tmp_path: Path, run: Callable[..., Any]) -> StudyFolder:
    """Give a study with an article, an answer, and a file to import."""
    text = ready_codebooks()["stance"].read_text(encoding="utf-8")
    made = StudyFolder.create(tmp_path / "s", text)
    (made.root / "news.csv").write_text("id,text\n1,The toll was raised.\n")
    assert run("corpus", "add", "news.csv", cwd=made.root).code == 0
    revision = load_codebook(made.codebook_path).revision
    write_annotations(
        made.annotations, [Annotation("u1", "ann", "stance", ("favour",), revision=revision)]
    )
    (made.root / "export.json").write_text("[]")
    (made.root / "map.yaml").write_text("{}")
    return made


@pytest.fixture
def held(study: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hold the lock of the study in another process, and let commands not wait for it."""
    for module in (
        "files",
        "annotate.answers.merge",
        "commands.annotate.coders",
        "commands.labels.changes",
        "study.drawing",
        "study.resolving",
    ):
        monkeypatch.setattr(f"standfirst.{module}.WAIT", 0.0)
    words = [sys.executable, "-c", HOLD]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(f"{study.annotations.parent}\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.stdin.close()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("words", WRITERS)
def test_a_held_study_is_one_line(
    study: StudyFolder, run: Callable[..., Any], words: tuple[str, ...]
) -> None:
    """Who cannot have the lock says who holds it, and writes nothing."""
    if words[1] == "migrate":
        words = (*words[:2], "codebook.yaml", "codebook.yaml", *words[2:])
    before = {p: p.read_bytes() for p in study.annotations.parent.iterdir() if p.suffix != ".part"}
    done = run(*words, cwd=study.root)
    after = {p: p.read_bytes() for p in study.annotations.parent.iterdir() if p.suffix != ".part"}

    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "another run is writing here; wait for it to end" in done.err
    assert "standfirst annotate import, process" in done.err
    assert after == before
