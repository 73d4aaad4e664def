"""A study in mid-life: drawn, coded by four people, resolved, and its corpus tagged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.annotate.design.plan import read_design
from standfirst.corpus import load_units
from standfirst.labels import Annotation, load_codebook, write_annotations
from standfirst.labels.gold.gold import Gold, write_gold

CODERS = ("ann", "bo", "cem", "dea")


@pytest.fixture
def coded_study(tmp_path: Path, run: Callable[..., Any]) -> Path:
    """Make a study of sixty invented articles whose stance four coders know to nine tenths."""
    with (tmp_path / "news.jsonl").open("w") as out:
        for number in range(60):
            words = [f"{'bcdfghjklm'[(number * 7 + i) % 10]}o{number}r{i}" for i in range(40)]
            text = " ".join(f"The {' '.join(words[i : i + 5])} sailed." for i in range(0, 40, 5))
            row = {"id": f"a{number}", "text": text, "outlet": ("Post", "News")[number % 2]}
            out.write(json.dumps({**row, "published": f"2026-0{1 + number % 3}-05"}) + "\n")
    assert run("init", "deals", cwd=tmp_path).code == 0
    root = tmp_path / "deals"
    assert run("corpus", "add", "../news.jsonl", cwd=root).code == 0
    target = ("--test", "40", "--target", "stance=rights_critique:0.02")
    done = run("annotate", "sample", "80", *target, cwd=root)
    assert done.code == 0, done.err
    units = list(load_units(root / "corpus"))
    book = load_codebook(root / "codebook.yaml")
    labels = book.dimension("stance").label_ids
    rng = np.random.default_rng(6)
    # The last label is rare.
    p = rng.dirichlet([*[0.15] * (len(labels) - 1), 0.02], len(units))
    truth = (p.cumsum(axis=1) > rng.random((len(units), 1))).argmax(axis=1).clip(0, len(labels) - 1)
    drawn = {row.unit_id for row in read_design(root / "annotations" / "design.jsonl")}
    gold, said = [], []
    for i, unit in enumerate(units):
        if unit["unit_id"] not in drawn:
            continue
        true = labels[truth[i]]
        one = {"revision": book.revision, "article_id": unit["article_id"]}
        gold.append(Gold(unit["unit_id"], "stance", (true,), "unanimous", **one))
        for coder in CODERS:
            given = true if rng.random() < 0.9 else labels[rng.integers(len(labels))]
            said.append(Annotation(unit["unit_id"], coder, "stance", (given,), **one))
    write_gold(root / "annotations" / "gold.jsonl", gold)
    write_annotations(root / "annotations" / "annotations.jsonl", said)
    prob = pa.array([row.tolist() for row in p], pa.list_(pa.float32()))
    table = pa.table(
        {
            "unit_id": [unit["unit_id"] for unit in units],
            "article_id": [unit["article_id"] for unit in units],
            "text": [unit["text"] for unit in units],
            "stance": [labels[k] for k in p.argmax(axis=1)],
            "stance_prob": prob,
            "stance_cross": prob,
            "stance_abstained": [False] * len(units),
        }
    )
    (root / "tags").mkdir(exist_ok=True)
    parquet.write_table(table, root / "tags" / "corpus.parquet")
    return root
