"""A small world to make mistakes in: a finished study, two empty ones, and files of all kinds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

FILES = {
    "note.txt": "Nothing but a note.",
    "empty.csv": "",
    "titles.csv": "id,headline\n1,Quay opened\n",
    "coded.csv": "unit,coder,dimension,label\nu1,ann,tone,warm\nu1,bo,tone,worm\n",
    "columns.csv": "unit,coder,dimenson,label\nu1,ann,tone,warm\n",
    "labelled.csv": "text,tone,article_id\nThe quay was praised,warm,a\nThe crane failed,cold,b\n",
    "gold_alone.csv": "unit_id,tone\nu1,warm\n",
    "gold_percent.csv": "unit_id,tone,probability\nu1,warm,50\n",
    "gold_elsewhere.csv": "unit_id,tone,probability\nu1,warm,0.5\n",
    "gold_twice.csv": "unit_id,tone\nu1,warm\nu1,cold\n",
    "status.csv": "unit,coder,dimension,label,status\nu1,ann,tone,warm,maybe\n",
    "foreign/manifest.json": '{"format": "somebody else\'s"}',
    "damaged/study.toml": "[study\n",
}


def _study(root: Path, run: Run, harbour: Any) -> None:
    def done(*words: str) -> None:
        ended = run(*words, cwd=root / "quays")
        assert ended.code == 0, f"{words}: {ended.err}"

    run("init", "quays", "--codebook", "book.yaml", cwd=root)
    done("corpus", "add", "../in.jsonl")
    done("annotate", "sample", "60", "--coder", "eve@example.org", "--coder", "flo@example.org")
    done("annotate", "export", "-o", "tasks.json")
    study = root / "quays"
    harbour.answer(study / "tasks.json", study / "answers.json", "mia@example.org")
    done("annotate", "import", "answers.json")
    done("labels", "gold")
    done("train", "--fast", "--encoder", "tfidf")
    done("corpus", "units", "-o", "units.parquet")
    done("tag", "models/harbour", "units.parquet", "-o", "tags/corpus.parquet")
    done("tag", "models/harbour", "../unseen.jsonl", "-o", "../unseen_tags.csv")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, run: Run, harbour: Any) -> Path:
    """Make the world once; mistakes leave it as it is."""
    root = tmp_path_factory.mktemp("world")
    book = harbour.book
    books = {
        "book.yaml": book,
        "tabs.yaml": book.replace("  - id: tone", "\t- id: tone"),
        "typo.yaml": book.replace("    labels:", "    choise: multiple\n    labels:"),
        "nobody.yaml": book.partition("dimensions:")[0] + "dimensions: []\n",
        "twice.yaml": book.replace("id: cold", "id: warm"),
    }
    for name, text in {**FILES, **books}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    (root / "latin.txt").write_bytes("Le café".encode("latin-1"))
    (root / "void").mkdir()
    (root / "in.jsonl").write_text(harbour.articles(0, 30))
    (root / "unseen.jsonl").write_text(harbour.articles(40, 3))
    _study(root, run, harbour)
    run("init", "bare", "--codebook", "book.yaml", cwd=root)
    run("init", "other", "--codebook", "stance", cwd=root)
    model = root / "quays" / "models" / "harbour"
    shutil.copytree(model, root / "half", ignore=shutil.ignore_patterns("weights*"))
    shutil.copytree(model, root / "cut")
    weights = root / "cut" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    return root
