"""`measure coders` from the outside: a study, files, and what is refused."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.labels import read_annotations

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def test_a_study_and_the_same_as_files(run: Run, coded_study: Path) -> None:
    """Both give the same figures; the tidy table has a row for each of them."""
    done = run("measure", "coders", "--json", cwd=coded_study)
    assert done.code == 0, done.err
    study = json.loads(done.out)["dimensions"]["stance"]
    shown = run("measure", "coders", "-o", "coders.csv", cwd=coded_study)
    rows = read_annotations(coded_study / "annotations" / "annotations.jsonl")
    with (coded_study / "coded.csv").open("w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["unit", "coder", "dimension", "label", "article"])
        table.writerows([r.unit_id, r.coder, r.dimension, r.labels[0], r.article_id] for r in rows)
    words = ("tags/corpus.parquet", "--from", "coded.csv", "--json")
    files = json.loads(run("measure", "coders", *words, cwd=coded_study).out)["dimensions"][
        "stance"
    ]
    with (coded_study / "coders.csv").open(encoding="utf-8-sig") as table_file:
        tidy = list(csv.DictReader(table_file))

    assert study["n_units"] == 120
    assert [one["coder"] for one in study["coders"]] == ["ann", "bo", "cem", "dea"]
    assert study["difference"]["low"] < study["difference"]["value"] < study["difference"]["high"]
    assert [one["epsilon"] for one in study["omega"]] == [0.0, 0.05, 0.1, 0.15, 0.2]
    assert files["omega"] == study["omega"]
    for name in ("model_f1", "coder_f1", "rho"):
        assert files[name] == pytest.approx(study[name])
    assert "the model could stand in for this share of coders (omega, by epsilon)" in shown.out
    assert {row["kind"] for row in tidy} == {"all", "coder", "label"}


def test_what_is_refused(run: Run, coded_study: Path) -> None:
    """A dimension that nobody coded, and a file without tags: one line each."""
    other = run("measure", "coders", "--dimension", "stanc", cwd=coded_study)
    bare = run("measure", "coders", "--from", "coded.csv", cwd=coded_study)
    (coded_study / "annotations" / "annotations.jsonl").unlink()
    none = run("measure", "coders", cwd=coded_study)

    assert (other.code, bare.code, none.code) == (1, 2, 1)
    assert "did you mean 'stance'?" in other.err
    assert "run: standfirst annotate pull" in none.err
