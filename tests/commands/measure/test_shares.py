"""`measure shares` from the outside: a file of gold, a study, and what is refused."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.annotate.design.plan import read_design
from standfirst.labels import (
    Annotation,
    dump_codebook,
    load_codebook,
    read_gold,
    write_annotations,
    write_gold,
)
from standfirst.labels.codebook.codebook import Condition

pytestmark = pytest.mark.slow

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
    for name in ("gold", "corrected"):
        expected = (one["labels"][gap["label"]][name]["share"] for one in (news, post))
        assert gap[name]["value"] == pytest.approx(next(expected) - next(expected))
    assert gap["p_holm"] >= gap["corrected"]["p"]
    assert {one["against"] for one in one_way["differences"]} == {"2026-02"}
    with (study / "shares.csv").open(encoding="utf-8-sig") as lines:
        kinds = [row["kind"] for row in csv.DictReader(lines)]
    assert kinds.count("difference") == 3 * n_labels
    assert kinds.count("trend") == 3 * n_labels
    assert missing.code == 2
    assert "name --by" in missing.err


def test_answers_with_a_suggestion_in_view_are_left_out(run: Run, study: Path) -> None:
    """They follow the model; where there are no others, nothing is measured."""
    gold = read_gold(study / "annotations" / "gold.jsonl")
    test = {
        r.unit_id for r in read_design(study / "annotations" / "design.jsonl") if r.part == "test"
    }
    path = study / "annotations" / "annotations.jsonl"

    def annotate(shown: set[str]) -> None:
        write_annotations(
            path,
            [
                Annotation(
                    row.unit_id,
                    "ann",
                    row.dimension,
                    row.labels,
                    suggestion="kept" if row.unit_id in shown else "none",
                )
                for row in gold
            ],
        )

    tags = study / "tags" / "corpus.parquet"
    table = parquet.read_table(tags)
    parquet.write_table(table.append_column("stance_cross", table["stance_prob"]), tags)
    coding = sorted({row.unit_id for row in gold} - test)
    annotate(set(coding[:30]))
    some = run("measure", "shares", "--json", cwd=study)
    annotate({row.unit_id for row in gold})
    all_of_them = run("measure", "shares", cwd=study)

    assert some.code == 0
    assert json.loads(some.out)["dimensions"]["stance"]["n_gold"] == 90
    assert "30 answers were given with a model's suggestion in view" in some.err
    assert all_of_them.code == 1
    assert "all gold was coded with a model's suggestion in view" in all_of_them.err
    assert not all_of_them.out


def test_a_study_refuses_what_it_cannot_know(run: Run, study: Path) -> None:
    """A test part in few blocks, gold of another revision, no design: one line, no number."""
    folder = study / "annotations"
    gold, design = read_gold(folder / "gold.jsonl"), read_design(folder / "design.jsonl")
    test = [row for row in design if row.part == "test"]
    blocks = sorted({row.stratum for row in test})[:9]
    within = {row.unit_id for row in test if row.stratum in blocks}
    write_gold(folder / "gold.jsonl", [row for row in gold if row.unit_id in within])
    few = run("measure", "shares", cwd=study)
    write_gold(folder / "gold.jsonl", [replace(row, revision="0123456789ab") for row in gold])
    old = run("measure", "shares", cwd=study)
    (folder / "design.jsonl").unlink()
    picked = run("measure", "shares", cwd=study)

    assert few.code == old.code == picked.code == 1
    assert "the test part lies in 9 clusters, too few for an interval; it takes 10" in few.err
    assert "was resolved by revision 0123456789ab" in old.err
    assert "nothing was drawn, so that gold stands for nothing" in picked.err


def test_a_dimension_with_a_condition(run: Run, study: Path) -> None:
    """Its shares are of all units, and those that were not asked are a label of their own."""
    path = study / "codebook.yaml"
    book = load_codebook(path)
    condition = Condition("stance", book.dimension("stance").label_ids[:1])
    asked = replace(book.dimension("position"), when=condition)
    book = replace(book, dimensions=(book.dimension("stance"), asked))
    path.write_text(dump_codebook(book), encoding="utf-8")
    folder = study / "annotations"
    gold = [replace(row, revision=book.revision) for row in read_gold(folder / "gold.jsonl")]
    first, labels = condition.labels[0], asked.label_ids
    gold += [
        replace(row, dimension="position", labels=labels[:1])
        for row in gold
        if row.labels == (first,)
    ]
    write_gold(folder / "gold.jsonl", gold)
    tags = study / "tags" / "corpus.parquet"
    table = parquet.read_table(tags)
    p = np.full((len(table), len(labels)), 0.1)
    p[:, 0] = 1.1 - 0.1 * len(labels)
    asked_of = [stance == first for stance in table["stance"].to_pylist()]
    table = table.append_column(
        "position", pa.array([labels[0] if here else None for here in asked_of])
    )
    table = table.append_column("position_prob", pa.array(p.tolist(), pa.list_(pa.float32())))
    table = table.append_column("position_abstained", pa.array([False] * len(table)))
    parquet.write_table(table, tags)
    done = run("measure", "shares", "--json", cwd=study)
    alone = run("measure", "shares", "--json", "--dimension", "position", cwd=study)

    assert done.code == 0, done.err
    made = json.loads(done.out)["dimensions"]
    shares = {name: one["corrected"] for name, one in made["position"]["labels"].items()}
    assert list(shares) == [*labels, "(not asked)"]
    assert sum(one["share"] for one in shares.values()) == pytest.approx(1)
    assert made["position"]["n_gold"] == made["stance"]["n_gold"] == 40
    counted = made["position"]["labels"]["(not asked)"]["count"]["share"]
    assert counted == pytest.approx(1 - np.mean(asked_of))
    assert "position is asked under a condition; its shares are of all units" in done.err
    assert json.loads(alone.out)["dimensions"]["position"] == made["position"]
