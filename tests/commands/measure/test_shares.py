"""`measure shares` from the outside: a file of gold, a study, and what is refused."""

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
from standfirst.labels import load_codebook
from standfirst.labels.gold.gold import Gold, write_gold

Run = Callable[..., Any]

LABELS = ("critique", "neutral", "support")
FRAMES = ("economy", "law")
N_UNITS, N_GOLD = 1200, 150


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


def measured(run: Run, folder: Path, *words: str) -> Any:
    """Give what the command prints as JSON."""
    done = run("measure", "shares", *words, "--json", cwd=folder)
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_a_file_of_gold(run: Run, files: dict[str, Any]) -> None:
    """Shares by all estimators come out; the corrected ones lie where the truth is."""
    made = measured(run, files["folder"], "tags.parquet", "--gold", "gold.csv")

    stance, frame = made["dimensions"]["stance"], made["dimensions"]["frame"]
    assert (stance["n_units"], stance["n_gold"]) == (N_UNITS, N_GOLD)
    assert (frame["n_units"], frame["n_gold"]) == (N_UNITS, N_GOLD)
    assert stance["worth"] > N_GOLD
    for label, true in files["stance"].items():
        one = stance["labels"][label]
        assert one["count"]["share"] == pytest.approx(files["count"][label])
        assert one["corrected"]["low"] <= true <= one["corrected"]["high"]
        assert set(one) == {"count", "gold", "predictive", "corrected", "rogan_gladen"}
    for label, true in files["frame"].items():
        one = frame["labels"][label]["corrected"]
        assert one["low"] <= true <= one["high"]
    for name in ("count", "gold", "predictive", "corrected"):
        total = sum(one[name]["share"] for one in stance["labels"].values())
        assert total == pytest.approx(1, abs=1e-12)


def test_equal_probabilities_are_a_random_sample(run: Run, files: dict[str, Any]) -> None:
    """The column of probabilities and the flag --random say the same, in all formats of tags."""
    folder, table = files["folder"], files["table"]
    by_column = measured(run, folder, "tags.parquet", "--gold", "gold.csv")
    by_flag = measured(run, folder, "tags.parquet", "--gold", "gold.csv", "--random")
    rows = table.to_pylist()
    with (folder / "tags.jsonl").open("w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    with (folder / "tags.csv").open("w", newline="", encoding="utf-8-sig") as out:
        cells = csv.writer(out)
        cells.writerow(table.column_names)
        for row in rows:
            cells.writerow(
                "|".join(map(str, v)) if isinstance(v, list) else v for v in row.values()
            )
    by_json = measured(run, folder, "tags.jsonl", "--gold", "gold.csv", "--random")
    by_csv = measured(run, folder, "tags.csv", "--gold", "gold.csv", "--random")

    assert by_json["dimensions"] == by_flag["dimensions"]
    for name in ("stance", "frame"):
        for label, one in by_flag["dimensions"][name]["labels"].items():
            for other in (by_column, by_csv):
                same = other["dimensions"][name]["labels"][label]["corrected"]
                assert same == pytest.approx(one["corrected"], abs=1e-6)


def test_groups(run: Run, files: dict[str, Any]) -> None:
    """Each outlet has shares of its own; one without gold is counted, and says what to do."""
    folder = files["folder"]
    made = measured(run, folder, "tags.parquet", "--gold", "gold.csv", "--by", "outlet")
    told = run(
        *("measure", "shares", "tags.parquet", "--gold", "gold.csv", "--by", "outlet"),
        *("-o", "shares.csv"),
        cwd=folder,
    )

    post = made["groups"]["Harbour Post"]["dimensions"]["stance"]
    tiny = made["groups"]["Tiny Gazette"]["dimensions"]["stance"]
    sizes = [one["dimensions"]["stance"]["n_units"] for one in made["groups"].values()]
    assert sum(sizes) == N_UNITS
    assert post["labels"]["critique"]["corrected"] is not None
    assert tiny["n_gold"] == 0
    assert tiny["labels"]["critique"]["corrected"] is None
    assert tiny["labels"]["critique"]["gold"] is None
    assert "standfirst annotate sample 100 --rule equal --by outlet" in told.err
    with (folder / "shares.csv").open(encoding="utf-8-sig") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 4 * 5 * 5
    assert {row["estimator"] for row in rows} == set(tiny["labels"]["critique"])


def test_what_is_refused(run: Run, files: dict[str, Any]) -> None:
    """Each in one line that says what to do, and never a number."""
    folder = files["folder"]
    lines = (folder / "gold.csv").read_text().splitlines()
    (folder / "bare.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines))
    (folder / "other.csv").write_text("unit_id,stance\nu0001,neutral\nx9,neutral\n")
    (folder / "label.csv").write_text("unit_id,stance\nu0001,neutral\nu0002,neutrl\n")
    (folder / "chance.csv").write_text("unit_id,stance,probability\nu0001,neutral,2\n")
    (folder / "sum.csv").write_text(
        "unit_id,stance,probability\n" + "".join(f"u000{i},neutral,.5\n" for i in range(9))
    )
    (folder / "twice.csv").write_text("unit_id,stance\nu0001,neutral\nu0001,neutral\n")
    parquet.write_table(files["table"].slice(0, 700), folder / "part.parquet")
    doubled = pa.concat_tables([files["table"], files["table"].slice(0, 5)])
    parquet.write_table(doubled, folder / "doubled.parquet")
    cases = {
        ("tags.parquet", "bare.csv"): "no column 'probability'; add it, or say",
        ("tags.parquet", "other.csv", "--random"): "1 of 2 coded units are not among the tags",
        ("tags.parquet", "label.csv", "--random"): "unknown label 'neutrl'; did you mean",
        ("tags.parquet", "chance.csv"): "chance.csv:2: probability = '2'",
        ("tags.parquet", "sum.csv"): "the gold stands for 18 units, not 1,200",
        ("tags.parquet", "twice.csv", "--random"): "stands in twice.csv:2 already",
        ("part.parquet", "gold.csv"): "coded units are not among the tags",
        ("doubled.parquet", "gold.csv"): "5 units stand in it twice",
        ("gold.csv", "gold.csv"): "holds no tags",
    }
    for (tags, gold, *rest), message in cases.items():
        done = run("measure", "shares", tags, "--gold", gold, *rest, cwd=folder)

        assert done.code == 1, (tags, gold)
        assert message in done.err
        assert done.err.count("\n") == 1
        assert not done.out


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


def test_a_study_without_arguments(run: Run, study: Path) -> None:
    """Its tags, gold and design are found; without cross-predictions the test part alone counts."""
    made = measured(run, study)
    path = study / "tags" / "corpus.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.append_column("stance_cross", table["stance_prob"]), path)
    crossed = measured(run, study, "--by", "outlet,month")

    assert made["dimensions"]["stance"]["n_gold"] == 40
    assert any("rest on the test part alone" in note for note in made["notes"])
    assert crossed["dimensions"]["stance"]["n_gold"] == 120
    assert set(crossed["groups"]) == {
        f"{outlet} | 2026-0{month}" for outlet in ("News", "Post") for month in (1, 2, 3)
    }


def test_a_study_refuses_tags_of_other_units(run: Run, study: Path) -> None:
    """Units that came after the draw are named; without tags of the corpus the way is told."""
    path = study / "tags" / "corpus.parquet"
    table = parquet.read_table(path)
    more = table.slice(0, 7).set_column(0, "unit_id", pa.array([f"new{i}" for i in range(7)]))
    parquet.write_table(pa.concat_tables([table, more]), path)
    later = run("measure", "shares", cwd=study)
    path.unlink()
    none = run("measure", "shares", cwd=study)

    assert later.code == none.code == 1
    assert "7 of 487 units came after the draw: not covered by gold" in later.err
    assert "standfirst corpus units -o units.parquet" in none.err
