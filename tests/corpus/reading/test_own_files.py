"""What Standfirst wrote is not read as news where it lies among the inputs, and that is said."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.corpus import Article, read_articles
from standfirst.errors import InputError

TAGS = {"unit_id": ["u"], "text": ["They talk."], "tone": ["for"], "model_version": ["0"]}
UNITS = {"unit_id": ["u"], "article_id": ["a"], "text": ["They talk."], "cluster": ["a"],
         "before": [""], "after": [""]}  # fmt: skip


def write(path: Path, content: str = '{"text": "They talk."}\n') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def texts(folder: Path) -> list[str]:
    """Read a folder; give the names of the files whose articles came out."""
    records = read_articles([str(folder)])
    return [Path(one.file).name for one in records if isinstance(one, Article)]


def test_a_study_and_its_outputs_among_the_inputs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Runs, models, tags, units and a study's own folders are left out, and nothing else."""
    for name in ("news.jsonl", "corpus/mine.jsonl", "run/manifest.json.jsonl", "x.jsonl"):
        write(tmp_path / name)
    for name in ("corpus/rejects.jsonl", "annotations/annotations.jsonl", "study.toml"):
        write(tmp_path / "study" / name)
    write(tmp_path / "study" / "news" / "more.jsonl")
    for name in ("_manifest.json", "_SUCCESS", "tags/00000.jsonl", "rejects.jsonl"):
        write(tmp_path / "tagged" / name)
    for name in ("manifest.json", "weights.safetensors", "codebook.yaml", "CARD.md"):
        write(tmp_path / "model" / name)
    parquet.write_table(pa.table(TAGS), tmp_path / "tags.parquet")
    write(tmp_path / "tags.jsonl", json.dumps({name: one for name, (one,) in TAGS.items()}))
    write(tmp_path / "tags.jsonl.rejects.jsonl")
    parquet.write_table(pa.table(UNITS), tmp_path / "units.parquet")

    assert texts(tmp_path) == [
        *("mine.jsonl", "news.jsonl", "manifest.json.jsonl", "more.jsonl", "x.jsonl")
    ]
    assert f"{tmp_path}: left out, since Standfirst wrote it: model/CARD.md" in caplog.text


def test_what_was_named_itself_is_read(tmp_path: Path) -> None:
    """A file of tags or units, and a folder of units for tagging, are read when they are named."""
    parquet.write_table(pa.table(UNITS), tmp_path / "units.parquet")
    parquet.write_table(pa.table(TAGS), tmp_path / "tags.parquet")

    assert texts(tmp_path / "units.parquet") == ["units.parquet"]
    assert texts(tmp_path / "tags.parquet") == ["tags.parquet"]
    with pytest.raises(InputError, match="no readable file in this folder"):
        texts(tmp_path)
