from collections.abc import Callable
from pathlib import Path
from typing import Any

from standfirst.labels import load_codebook, ready_codebooks
from standfirst.study.folder import Study


def test_a_new_study_takes_unit_and_revision_of_its_codebook(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    """A codebook for articles makes a study of articles, and its first revision is kept."""
    text = ready_codebooks()["stance"].read_text(encoding="utf-8")
    (tmp_path / "book.yaml").write_text(text.replace("unit: sentence", "unit: article"))
    run("init", "s", "--codebook", "book.yaml", cwd=tmp_path)

    assert Study(tmp_path / "s").settings().preparation.unit == "article"
    revision = load_codebook(tmp_path / "book.yaml").revision
    assert [path.name for path in (tmp_path / "s" / "codebooks").iterdir()] == [
        f"001-{revision}.yaml"
    ]
