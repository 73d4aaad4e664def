"""`measure doubts` and `annotate push --review` from the outside."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from standfirst.annotate.design.sampling import closed_units, read_design
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.local_server import LocalServer
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.corpus import load_units
from standfirst.labels import read_gold

Run = Callable[..., Any]


def listed(run: Run, folder: Path, *words: str) -> Any:
    """Give what the command prints as JSON."""
    done = run("measure", "doubts", *words, "--json", cwd=folder)
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_a_study_and_a_file(run: Run, coded_study: Path) -> None:
    """The coding part is ranked and the test part is not; a file of gold is ranked as it is."""
    study = listed(run, coded_study, "-n", "1000")
    shown = run("measure", "doubts", "-n", "5", "-o", "doubts.csv", cwd=coded_study)
    design = read_design(coded_study / "annotations" / "design.jsonl")
    shut = closed_units(list(load_units(coded_study / "corpus")), design)
    gold = read_gold(coded_study / "annotations" / "gold.jsonl")
    with (coded_study / "gold.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["unit_id", "stance"])
        rows.writerows([one.unit_id, one.labels[0]] for one in gold)
    words = ("tags/corpus.parquet", "--gold", "gold.csv", "-n", "1000")
    file = listed(run, coded_study, *words)
    with (coded_study / "doubts.csv").open(encoding="utf-8-sig") as table:
        tidy = list(csv.DictReader(table))

    ids = [one["unit_id"] for one in study["doubts"]]
    assert len(ids) == study["n_gold"] == 80
    assert not shut & set(ids)
    assert file["n_gold"] == 120
    assert [one["unit_id"] for one in file["doubts"] if one["unit_id"] in set(ids)] == ids
    assert [row["unit_id"] for row in tidy] == ids[:5]
    assert study["doubts"][0]["text"][:20] in shown.out


def test_tags_by_heart_are_refused(run: Run, coded_study: Path) -> None:
    """Without gold the way is told; --review goes with no other way of pushing."""
    path = coded_study / "tags" / "corpus.parquet"
    parquet.write_table(parquet.read_table(path).drop_columns(["stance_cross"]), path)
    told = run("measure", "doubts", cwd=coded_study)
    both = run("annotate", "push", "--review", "5", "--round", "1", cwd=coded_study)
    (coded_study / "annotations" / "gold.jsonl").unlink()
    none = run("measure", "doubts", cwd=coded_study)

    assert "name the model with --model" in told.err
    assert (both.code, none.code) == (2, 1)
    assert "run: standfirst labels gold" in none.err


@pytest.mark.server
def test_doubted_units_are_decided_on_a_server(
    run: Run,
    coded_study: Path,
    label_studio: LocalServer,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are sent once, without the model's answer; a decision becomes gold and ends it."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    ranked = [one["unit_id"] for one in listed(run, coded_study, "-n", "6")["doubts"]]

    def review(n: int) -> Any:
        done = run("annotate", "push", "--review", str(n), "--json", cwd=coded_study)
        assert done.code == 0, done.err
        return json.loads(done.out)

    first, again = review(4), review(4)
    tasks = {row["data"]["unit_id"]: row for row in tasks_of(server, first["project"])}
    assert (first["sent"], again["sent"], again["known"]) == (4, 0, 4)
    assert first["units"] == ranked[:4]
    assert set(tasks) == set(ranked[:4])
    shown = tasks[ranked[0]]["data"]
    assert shown["readings_stance"].startswith("Look again:\n")
    assert not tasks[ranked[0]].get("predictions")

    answer = result({"stance": ["legal_check"]})
    server.client.annotations.create(id=tasks[ranked[0]]["id"], result=answer)
    decided = run("annotate", "adjudicate", "--ties", "--json", cwd=coded_study)
    assert decided.code == 0, decided.err
    gold = {one.unit_id: one for one in read_gold(coded_study / "annotations" / "gold.jsonl")}
    ruling = gold[ranked[0]]
    assert (ruling.rule, ruling.labels) == ("adjudicated", ("legal_check",))
    assert ranked[0] not in review(4)["units"]
