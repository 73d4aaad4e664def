import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.local_server import LocalServer
from standfirst.annotate.label_studio.task_list import answered, tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.labels import read_annotations

MAP = "tone:\n  rename: {cold: cool}\n"
TOPIC = """\
  - id: topic
    question: Which topics?
    choice: multiple
    required: false
    labels:
      - {id: ships, name: Ships}
      - {id: fish, name: Fish}
"""
TEXT = "The {0} quay opened on Monday. Nobody liked the {0} crane. The {0} ferry sails again."


@pytest.mark.server
def test_study_in_mid_life(
    tmp_path: Path,
    run: Callable[..., Any],
    harbour: Any,
    label_studio: LocalServer,
    server: Server,
    sign_up: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A renamed label, a new question and a third round, with two coders, and no hand on a file."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    book = tmp_path / "book.yaml"
    book.write_text(harbour.book, encoding="utf-8")
    assert run("init", "quays", "--codebook", "book.yaml", cwd=tmp_path).code == 0
    study = tmp_path / "quays"
    rows = [
        {"id": f"a{i}", "text": TEXT.format(w)} for i, w in enumerate(["north", "south", "east"])
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    people = ("eve@example.org", "flo@example.org")
    named = [word for who in people for word in ("--coder", who)]

    def done(*words: str) -> Any:
        made = run("annotate", *words, "--json", cwd=study)
        assert made.code == 0, made.err
        return json.loads(made.out)

    def code(label: str, n: int) -> None:
        for one in done("push")["projects"]:
            who = next(who for who in people if who in one["title"])
            left = [
                row
                for row in tasks_of(
                    server,
                    one["project"],
                    include="id,data,total_annotations,cancelled_annotations",
                )
                if not answered(row)
            ]
            for row in left[:n]:
                sign_up(who).server.client.annotations.create(
                    id=row["id"], result=result({"tone": [label]})
                )

    assert run("corpus", "add", "../in.jsonl", cwd=study).code == 0
    done("sample", "4", *named, "--overlap", "1")
    code("cold", 3)
    assert (done("pull")["n_new"], done("pull")["n_rejected"]) == (6, 0)

    # The label and the questions change while one unit of each is still to be coded.
    (study / "codebook.yaml").write_text(
        harbour.book.replace("cold", "cool") + TOPIC, encoding="utf-8"
    )
    refused = run("annotate", "push", cwd=study)
    assert (refused.code, "standfirst labels migrate --map" in refused.err) == (1, True)
    (study / "map.yaml").write_text(MAP, encoding="utf-8")
    migrated = run("labels", "migrate", "--map", "map.yaml", cwd=study)
    assert migrated.code == 0, migrated.err
    code("cool", 1)
    again = done("pull")

    # What was migrated is neither set aside nor doubled; the two new answers have both questions.
    assert (again["n_new"], again["n_rejected"]) == (4, 0)
    done("sample", "2", *named, "--overlap", "1")
    done("sample", "2", *named, "--overlap", "1")
    code("warm", 4)
    assert (done("pull")["n_new"], done("pull", "--all")["n_new"]) == (16, 0)
    kept = read_annotations(study / "annotations" / "annotations.jsonl")
    assert {row.labels for row in kept if row.dimension == "tone"} == {("cool",), ("warm",)}
    assert len({row.revision for row in kept}) == 1
    assert done("agreement")["dimensions"]["tone"]["alpha"] == 1.0
    assert [row["n_left"] for row in done("status")["rows"]] == [0] * 6
