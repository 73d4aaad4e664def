"""What the commands of `measure` are tried on: files of one's own, and a study."""

import csv
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

Run = Callable[..., Any]

LABELS = ("critique", "neutral", "support")
FRAMES = ("economy", "law")
N_UNITS, N_GOLD = 1200, 150
CODERS = ("ann", "bo", "cem", "dea")


def prob(values: Any) -> Any:
    """Make a column of probabilities."""
    return pa.array([row.tolist() for row in values], pa.list_(pa.float32()))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    """Write tags of a single and a multiple choice, and gold on some units drawn at random."""
    rng = np.random.default_rng(4)
    p = rng.dirichlet((0.3, 0.8, 0.2), N_UNITS)
    truth = (p.cumsum(axis=1) > rng.random((N_UNITS, 1))).argmax(axis=1)
    q = rng.beta(0.5, 1.0, (N_UNITS, 2))
    framed = rng.random((N_UNITS, 2)) < q
    ids = [f"u{i:04}" for i in range(N_UNITS)]
    table = pa.table(
        {
            "unit_id": ids,
            "outlet": [
                ("Harbour Post", "Valley News", "Tiny Gazette")[i % 997 % 2]
                for i in range(N_UNITS - 3)
            ]
            + ["Tiny Gazette"] * 3,
            "stance": [LABELS[k] for k in p.argmax(axis=1)],
            "stance_prob": prob(p),
            "stance_abstained": [False] * N_UNITS,
            "frame": [[FRAMES[k] for k in range(2) if row[k] > 0.5] for row in q],
            "frame_prob": prob(q),
            "frame_abstained": [False] * N_UNITS,
        }
    )
    parquet.write_table(table, tmp_path / "tags.parquet")
    with (tmp_path / "gold.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["unit_id", "stance", "frame", "probability"])
        for i in rng.permutation(N_UNITS - 3)[:N_GOLD].tolist():
            frames = "|".join(FRAMES[k] for k in range(2) if framed[i, k])
            rows.writerow([ids[i], LABELS[truth[i]], frames, N_GOLD / N_UNITS])
    return {
        "folder": tmp_path,
        "stance": {LABELS[k]: float((truth == k).mean()) for k in range(3)},
        "frame": {FRAMES[k]: float(framed[:, k].mean()) for k in range(2)},
        "count": {LABELS[k]: float((p.argmax(axis=1) == k).mean()) for k in range(3)},
        "table": table,
    }


@pytest.fixture
def study(tmp_path: Path, run: Run) -> Path:
    """Make a study with sixty invented articles, a test part, a coding round, gold and tags."""
    with (tmp_path / "news.jsonl").open("w") as out:
        for number in range(60):
            words = [f"{'bcdfghjklm'[(number * 7 + i) % 10]}o{number}r{i}" for i in range(40)]
            text = " ".join(f"The {' '.join(words[i : i + 5])} sailed." for i in range(0, 40, 5))
            row = {"id": f"a{number}", "text": text, "outlet": ("Post", "News")[number % 2]}
            out.write(json.dumps({**row, "published": f"2026-0{1 + number % 3}-05"}) + "\n")
    assert run("init", "deals", cwd=tmp_path).code == 0
    root = tmp_path / "deals"
    assert run("corpus", "add", "../news.jsonl", cwd=root).code == 0
    done = run("annotate", "sample", "80", "--test", "40", cwd=root)
    assert done.code == 0, done.err
    units = list(load_units(root / "corpus"))
    book = load_codebook(root / "codebook.yaml")
    labels = book.dimension("stance").label_ids
    rng = np.random.default_rng(6)
    p = rng.dirichlet(np.full(len(labels), 0.4), len(units))
    truth = (p.cumsum(axis=1) > rng.random((len(units), 1))).argmax(axis=1)
    drawn = {row.unit_id for row in read_design(root / "annotations" / "design.jsonl")}
    gold = [
        Gold(unit["unit_id"], "stance", (labels[truth[i]],), "single", revision=book.revision)
        for i, unit in enumerate(units)
        if unit["unit_id"] in drawn
    ]
    write_gold(root / "annotations" / "gold.jsonl", gold)
    table = pa.table(
        {
            "unit_id": [unit["unit_id"] for unit in units],
            "stance": [labels[k] for k in p.argmax(axis=1)],
            "stance_prob": prob(p),
            "stance_abstained": [False] * len(units),
        }
    )
    (root / "tags").mkdir(exist_ok=True)
    parquet.write_table(table, root / "tags" / "corpus.parquet")
    return root


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
    table = pa.table(
        {
            "unit_id": [unit["unit_id"] for unit in units],
            "article_id": [unit["article_id"] for unit in units],
            "text": [unit["text"] for unit in units],
            "stance": [labels[k] for k in p.argmax(axis=1)],
            "stance_prob": prob(p),
            "stance_cross": prob(p),
            "stance_abstained": [False] * len(units),
        }
    )
    (root / "tags").mkdir(exist_ok=True)
    parquet.write_table(table, root / "tags" / "corpus.parquet")
    return root
