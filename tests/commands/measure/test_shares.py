"""`measure shares` from the outside: a file of gold, a study, and what is refused."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

Run = Callable[..., Any]

N_UNITS, N_GOLD = 1200, 150


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


def test_differences_and_a_trend(run: Run, study: Path) -> None:
    """They stand below the shares, in JSON, and in the tidy table."""
    path = study / "tags" / "corpus.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.append_column("stance_cross", table["stance_prob"]), path)
    words = ("--by", "outlet", "--differences", "--trend")
    shown = run("measure", "shares", *words, "-o", "shares.csv", cwd=study)
    made = measured(run, study, *words)
    one_way = measured(run, study, "--by", "month", "--against", "2026-02")
    missing = run("measure", "shares", "--differences", cwd=study)

    assert "differences between groups\n" in shown.out
    assert "News - Post" in shown.out
    assert "rise of the share in a month\n" in shown.out
    n_labels = len(made["dimensions"]["stance"]["labels"])
    assert f"{n_labels} comparisons, of which chance alone" in shown.err
    assert len(made["differences"]) == len(made["trends"]) == n_labels
    gap = made["differences"][0]
    post, news = (made["groups"][name]["dimensions"]["stance"] for name in ("Post", "News"))
    expected = (one["labels"][gap["label"]]["corrected"]["share"] for one in (news, post))
    assert gap["corrected"]["value"] == pytest.approx(next(expected) - next(expected))
    assert gap["p_holm"] >= gap["corrected"]["p"]
    assert {one["against"] for one in one_way["differences"]} == {"2026-02"}
    with (study / "shares.csv").open(encoding="utf-8-sig") as lines:
        kinds = [row["kind"] for row in csv.DictReader(lines)]
    assert kinds.count("difference") == 2 * n_labels
    assert kinds.count("trend") == 3 * n_labels
    assert missing.code == 2
    assert "name --by" in missing.err
