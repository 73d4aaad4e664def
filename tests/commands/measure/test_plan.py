"""`measure plan` from the outside: before a study, in the middle of one, and for a score."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def planned(run: Run, folder: Path, *words: str) -> Any:
    """Give what the command prints as JSON."""
    done = run("measure", "plan", *words, "--json", cwd=folder)
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_before_there_is_a_study(run: Run, tmp_path: Path) -> None:
    """From an expected share and agreement alone, for a corpus of a known size or a large one."""
    words = ("--share", "0.5", "--half-width", "0.05", "--alpha", "0.8")
    large = planned(run, tmp_path, *words)["requirements"]
    small = planned(run, tmp_path, *words, "--units", "1000", "-o", "plan.csv")["requirements"]
    with (tmp_path / "plan.csv").open(encoding="utf-8-sig") as table:
        rows = list(csv.DictReader(table))

    assert [(one["what"], one["n_labels"]) for one in large] == [("share", 385), ("agreement", 79)]
    assert small[0]["n_labels"] == 278
    assert [row["n_labels"] for row in rows] == ["278", "79"]


def test_in_a_study(run: Run, coded_study: Path) -> None:
    """By tags and gold: fewer labels with the model, fewest by precise; agreement by the pilot."""
    made = planned(run, coded_study, "--half-width", "0.01", "--lower", "0.7")["requirements"]
    shares = {(one["of"], one["way"]): one for one in made if one["what"] == "share"}
    alpha = [one for one in made if one["what"] == "agreement"]
    shown = run("measure", "plan", cwd=coded_study)

    for label in ("rights_critique", "neutral_reporting"):
        of = f"stance={label}"
        alone, drawn, best = (
            shares[of, way]["n_labels"] for way in ("gold alone", "random", "precise")
        )
        assert 2 <= best < drawn < alone
        assert shares[of, "random"]["basis"] == "120 coded units"
    assert [one["of"] for one in alpha] == ["stance"]
    assert alpha[0]["n_labels"] < 120
    assert "drawn by --rule precise, corrected by the model" in shown.out


def test_before_anything_is_coded(run: Run, coded_study: Path) -> None:
    """The model's promise alone: rare labels stand as "at best", with half as many again."""
    (coded_study / "annotations" / "gold.jsonl").unlink()
    (coded_study / "annotations" / "annotations.jsonl").unlink()
    made = planned(run, coded_study)
    shown = run("measure", "plan", cwd=coded_study)

    assert "model's own promise" in made["notes"][0]
    assert {one["basis"] for one in made["requirements"]} == {"the model's probabilities"}
    rare = [one for one in made["requirements"] if one["at_best"]]
    assert rare
    for one in rare:
        assert one["n_reckoned"] == min(480, -(-3 * one["n_labels"] // 2))
    assert "at best" in shown.out


def test_nothing_to_plan_by(run: Run, tmp_path: Path) -> None:
    """Without tags, gold and answers it is refused in one line that says what helps."""
    assert run("init", "deals", cwd=tmp_path).code == 0
    (tmp_path / "a.txt").write_text("The court ruled on Monday. Talks resume.")
    assert run("corpus", "add", "../a.txt", cwd=tmp_path / "deals").code == 0
    empty = run("measure", "plan", cwd=tmp_path / "deals")
    outside = run("measure", "plan", cwd=tmp_path)
    alone = run("measure", "plan", "--alpha", "0.8", cwd=tmp_path)
    above = run("measure", "plan", "--share", "0.1", "--alpha", "0.6", cwd=tmp_path)

    assert (empty.code, outside.code, above.code, alone.code) == (1, 1, 1, 2)
    assert "--share 0.1" in empty.err
    assert "make one with: standfirst init" in outside.err
    assert "--lower: 0.667 for an alpha of 0.6; use a lower one" in above.err
    for done in (empty, outside, above):
        assert done.err.count("\n") == 1


def labelled(path: Path, n: int) -> None:
    """Write rows whose label hangs on some words, in articles of four."""
    rng = np.random.default_rng(2)
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["text", "frame", "article_id"])
        for i in range(n):
            label = ("law", "money")[int(rng.random() < 0.4)]
            cues = {"law": "court judge ruling statute", "money": "budget cost price funds"}[label]
            noise = " ".join(f"word{k}" for k in rng.integers(0, 400, 8))
            cue = rng.choice(cues.split()) if rng.random() < 0.8 else "statement"
            rows.writerow([f"The {cue} {noise}.", label, f"a{i // 4}"])


@pytest.mark.slow
def test_a_score_by_its_learning_curve(run: Run, tmp_path: Path) -> None:
    """What was reached early is planned for, what is out of reach has no number."""
    labelled(tmp_path / "coded.csv", 400)
    words = ("--data", "coded.csv", "--dimension", "frame", "--group", "article_id")
    options = (*words, "--encoder", "tfidf")
    near = planned(run, tmp_path, *options, "--f1", "0.5")["requirements"]
    far = planned(run, tmp_path, *options, "--f1", "0.999")["requirements"]

    assert near[0]["n_labels"] <= 300
    assert near[0]["basis"] == "a learning curve up to 300 labels, read to 600"
    assert far[0]["n_labels"] is None


def test_too_few_labels_for_a_curve(run: Run, tmp_path: Path) -> None:
    """A curve from few labels is not extrapolated; the note says how many it takes."""
    labelled(tmp_path / "coded.csv", 100)
    made = planned(
        run,
        tmp_path,
        *("--data", "coded.csv", "--dimension", "frame", "--f1", "0.8", "--encoder", "tfidf"),
    )

    assert made["requirements"][0]["n_labels"] is None
    assert "a learning curve takes 267 and 30" in made["notes"][0]
