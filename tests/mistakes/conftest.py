"""A small world to make mistakes in: a finished study, two empty ones, and files of all kinds."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.page.tasks import result

Run = Callable[..., Any]

BOOK = """\
id: harbour
title: Harbours
version: "1"
dimensions:
  - id: tone
    question: Which tone?
    labels:
      - {id: warm, name: Warm}
      - {id: cold, name: Cold}
"""
FILES = {
    "book.yaml": BOOK,
    "tabs.yaml": BOOK.replace("  - id: tone", "\t- id: tone"),
    "typo.yaml": BOOK.replace("    labels:", "    choise: multiple\n    labels:"),
    "nobody.yaml": BOOK.partition("dimensions:")[0] + "dimensions: []\n",
    "twice.yaml": BOOK.replace("id: cold", "id: warm"),
    "note.txt": "Nothing but a note.",
    "empty.csv": "",
    "titles.csv": "id,headline\n1,Quay opened\n",
    "coded.csv": "unit,coder,dimension,label\nu1,ann,tone,warm\nu1,bo,tone,worm\n",
    "columns.csv": "unit,coder,dimenson,label\nu1,ann,tone,warm\n",
    "labelled.csv": "text,tone,article_id\nThe quay was praised,warm,a\nThe crane failed,cold,b\n",
    "gold_alone.csv": "unit_id,tone\nu1,warm\n",
    "gold_percent.csv": "unit_id,tone,probability\nu1,warm,50\n",
    "gold_elsewhere.csv": "unit_id,tone,probability\nu1,warm,0.5\n",
    "foreign/manifest.json": '{"format": "somebody else\'s"}',
    "damaged/study.toml": "[study\n",
}


def articles(first: int, n: int) -> str:
    """Write articles as JSON Lines, in which every second sentence is warm."""
    text = "The {0} quay was praised in {0}. The {0} crane of {0} failed. "
    rows = [
        {"id": f"a{i}", "text": text.format(f"{'bcdfghjk'[i % 8]}o{i}r") * 2}
        for i in range(first, first + n)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def _study(root: Path, run: Run) -> None:
    def done(*words: str) -> None:
        ended = run(*words, cwd=root / "quays")
        assert ended.code == 0, f"{words}: {ended.err}"

    run("init", "quays", "--codebook", "book.yaml", cwd=root)
    done("corpus", "add", "../in.jsonl")
    done("annotate", "sample", "60", "--coder", "eve@example.org", "--coder", "flo@example.org")
    done("annotate", "export", "-o", "tasks.json")
    tasks = json.loads((root / "quays" / "tasks.json").read_bytes())
    for number, task in enumerate(tasks):
        label = "warm" if "praised" in task["data"]["text"] else "cold"
        task["annotations"] = [
            {"completed_by": {"email": f"{who}@example.org"}, "result": result({"tone": [label]})}
            for who in (("eve", "mia") if number % 5 == 0 else ("eve",))
        ]
    (root / "quays" / "answers.json").write_text(json.dumps(tasks))
    done("annotate", "import", "answers.json")
    done("labels", "gold")
    done("train", "--fast", "--encoder", "tfidf")
    done("corpus", "units", "-o", "units.parquet")
    done("tag", "models/harbour", "units.parquet", "-o", "tags/corpus.parquet")
    done("tag", "models/harbour", "../unseen.jsonl", "-o", "../unseen_tags.csv")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """Make the world once; mistakes leave it as it is."""
    root = tmp_path_factory.mktemp("world")
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    (root / "void").mkdir()
    (root / "in.jsonl").write_text(articles(0, 30))
    (root / "unseen.jsonl").write_text(articles(40, 3))
    _study(root, run)
    run("init", "bare", "--codebook", "book.yaml", cwd=root)
    run("init", "other", "--codebook", "stance", cwd=root)
    model = root / "quays" / "models" / "harbour"
    shutil.copytree(model, root / "half", ignore=shutil.ignore_patterns("weights*"))
    shutil.copytree(model, root / "cut")
    weights = root / "cut" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    return root
