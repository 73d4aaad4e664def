"""Files that were exported from Label Studio before the codebook changed, and come in after it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standfirst.annotate.page.tasks import result, task
from standfirst.labels import load_codebook, parse_codebook, read_annotations
from standfirst.study.folder import StudyFolder

BOOK = """\
id: harbour
title: Harbours
version: "1"
dimensions:
  - id: tone
    question: Which tone?
    labels: [{id: warm, name: Warm}, {id: cold, name: Cold}]
"""


def test_an_old_export_is_carried_over(tmp_path: Path, run: Callable[..., Any]) -> None:
    """Answers by the old codebook follow the migration; those by the new one are taken as given."""
    study = StudyFolder.create(tmp_path / "s", BOOK)
    old = parse_codebook(BOOK, "old").revision
    given = {"u1": "warm", "u2": "cold", "u3": "cool", "u4": "frosty"}
    tasks = [
        {
            **task({"unit_id": unit, "article_id": "a", "text": "Ships."}, revision=old),
            "id": number,
            "annotations": [
                {
                    "id": number,
                    "completed_by": {"email": "ann@example.org"},
                    "result": result({"tone": [label]}),
                    "updated_at": "2026-03-01T09:00:00Z",
                }
            ],
        }
        for number, (unit, label) in enumerate(given.items())
    ]
    (study.root / "early.json").write_text(json.dumps(tasks[:1]))
    (study.root / "late.json").write_text(json.dumps([*tasks, {"data": {}}, 3]))
    (study.root / "map.yaml").write_text("tone:\n  rename: {cold: cool}\n")
    first = run("annotate", "import", "early.json", cwd=study.root)
    study.codebook_path.write_text(BOOK.replace("id: cold, name: Cold", "id: cool, name: Cold"))
    migrated = run("labels", "migrate", "--map", "map.yaml", cwd=study.root)
    done = run("annotate", "import", "late.json", "--json", cwd=study.root)
    rows = {row.unit_id: row for row in read_annotations(study.annotations)}

    assert (first.code, migrated.code, done.code) == (0, 0, 0)
    assert {unit: row.labels for unit, row in rows.items()} == {
        "u1": ("warm",),
        "u2": ("cool",),
        "u3": ("cool",),
    }
    assert {row.revision for row in rows.values()} == {load_codebook(study.codebook_path).revision}
    assert json.loads(done.out)["n_rejected"] == 3
    assert "'frosty' is not a label of the codebook" in done.err + (
        study.annotations.with_name("rejects.jsonl").read_text(encoding="utf-8")
    )
