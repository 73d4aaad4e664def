"""`measure regression` and `measure outcomes` from the outside."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

Run = Callable[..., Any]

GOLD = ("--gold", "gold.csv")


def test_files_of_your_own(run: Run, files: dict[str, Any]) -> None:
    """Tags, gold alone and corrected stand side by side, on the screen, as JSON and as a table."""
    folder = files["folder"]
    table = files["table"].slice(0, 1197)
    parquet.write_table(table, folder / "tags.parquet")
    words = ("measure", "regression", "critique ~ outlet", "tags.parquet", *GOLD, "--random")
    shown = run(*words, "-o", "made.csv", cwd=folder)
    made = json.loads(run(*words, "--json", cwd=folder).out)
    log_odds = json.loads(run(*words, "--json", "--logit", cwd=folder).out)

    assert shown.code == 0
    assert shown.out.splitlines()[0] == (
        "critique ~ outlet (share of stance=critique): 1,197 units in 1,197 clusters, "
        "150 coded in 150"
    )
    assert "outlet[Valley News]" in shown.out
    assert "no column article_id" in shown.err
    one = made["coefficients"]["outlet[Valley News]"]
    assert set(one) == {"naive", "gold", "corrected", "detectable"}
    assert one["corrected"]["low"] < one["corrected"]["value"] < one["corrected"]["high"]
    assert log_odds["model"] == "logit"
    assert log_odds["coefficients"]["(intercept)"]["corrected"]["value"] < 0
    with (folder / "made.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["coefficient"], row["fit"]) for row in rows][3:] == [
        ("outlet[Valley News]", fit) for fit in ("naive", "gold", "corrected")
    ]


def test_a_study(run: Run, study: Path) -> None:
    """Outlets, months and articles are the study's; a trend needs no gold in every month."""
    path = study / "tags" / "corpus.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.append_column("stance_cross", table["stance_prob"]), path)
    done = run(
        "measure", "regression", "rights_critique ~ outlet + trend + C(month)", "--json", cwd=study
    )
    trend = run("measure", "regression", "rights_critique ~ outlet + trend", "--json", cwd=study)

    assert done.code == 1
    assert "month[2026-03] is a combination of the columns before it" in done.err
    assert trend.code == 0, trend.err
    made = json.loads(trend.out)
    assert list(made["coefficients"]) == ["(intercept)", "outlet[Post]", "trend"]
    assert (made["n_clusters"], made["n_gold"]) == (60, 120)


def test_outcomes_for_other_programs(run: Run, study: Path) -> None:
    """A column for each label with an outcome, beside what a regression explains it by."""
    path = study / "tags" / "corpus.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.append_column("stance_cross", table["stance_prob"]), path)
    done = run("measure", "outcomes", "-o", "outcomes.parquet", cwd=study)
    odd = run("measure", "outcomes", "-o", "out.csv", "--column", "outlit", cwd=study)
    made = parquet.read_table(study / "outcomes.parquet")

    assert done.code == 0, done.err
    assert made.column_names[:6] == [
        "unit_id",
        "article_id",
        "cluster",
        "outlet",
        "published",
        "language",
    ]
    assert made["stance_dsl"].type == pa.list_(pa.float64())
    assert len(made) == 480
    shares = json.loads(run("measure", "shares", "--json", cwd=study).out)
    share = shares["dimensions"]["stance"]["labels"]["rights_critique"]["corrected"]
    mean = sum(made["rights_critique_dsl"].to_pylist()) / 480
    assert mean == pytest.approx(share["share"], abs=0.05)
    assert odd.code == 1
    assert "unknown column: 'outlit'; did you mean 'outlet'" in odd.err


def test_what_is_refused(run: Run, files: dict[str, Any]) -> None:
    """Each in one line, and never a number."""
    cases = {
        "critique ~ outlet": "outlet[Tiny Gazette] has 0 coded units, and takes 5",
        "critique ~ sum(outlet)": "write a label, ~, and columns",
        "critique ~ region": "unknown column: 'region'",
        "critic ~ outlet": "did you mean 'critique'",
    }
    for formula, message in cases.items():
        done = run("measure", "regression", formula, "tags.parquet", *GOLD, cwd=files["folder"])

        assert done.code == 1
        assert message in done.err.splitlines()[-1]
        assert not done.out
