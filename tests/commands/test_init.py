from collections.abc import Callable
from pathlib import Path
from typing import Any

from standfirst.labels import load_codebook, ready_codebooks
from standfirst.study.folder import StudyFolder


def test_a_new_study_takes_unit_and_revision_of_its_codebook(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    """A codebook for articles makes a study of articles, and its first revision is kept."""
    text = ready_codebooks()["stance"].read_text(encoding="utf-8")
    (tmp_path / "book.yaml").write_text(text.replace("unit: sentence", "unit: article"))
    run("init", "s", "--codebook", "book.yaml", cwd=tmp_path)

    assert StudyFolder(tmp_path / "s").settings().preparation.unit == "article"
    revision = load_codebook(tmp_path / "book.yaml").revision
    assert [path.name for path in (tmp_path / "s" / "codebooks").iterdir()] == [
        f"001-{revision}.yaml"
    ]


def test_files_that_an_editor_on_windows_has_saved(tmp_path: Path, run: Callable[..., Any]) -> None:
    """A byte order mark before the codebook or the settings changes nothing."""
    marked = tmp_path / "book.yaml"
    text = ready_codebooks()["stance"].read_text(encoding="utf-8")
    marked.write_text(text, encoding="utf-8-sig")
    done = run("init", "s", "--codebook", str(marked), "--language", "de", cwd=tmp_path)
    file = tmp_path / "s" / "study.toml"
    file.write_text(file.read_text(encoding="utf-8"), encoding="utf-8-sig")

    assert done.code == 0, done.err
    assert StudyFolder(tmp_path / "s").settings().preparation.languages == ("de",)
