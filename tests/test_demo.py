"""The demonstration: the whole way holds together, and its corpus is what its README says."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml
from pyarrow import parquet

import standfirst
from standfirst.corpus import add, load_units, read_articles
from standfirst.demo import walk
from standfirst.errors import ExistsError
from standfirst.labels import load_codebook, read_annotations, ready_codebooks

DATA = Path(standfirst.__file__).parent / "corpus" / "demo"
SCHEMAS = Path(__file__).parents[1] / "docs" / "reference" / "schemas"


def rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give the study that the command leaves, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "study"
    done = subprocess.run(
        [sys.executable, "-m", "standfirst", "demo", "--keep", str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return folder, done.stdout


@pytest.mark.slow
def test_every_step_is_told(kept: tuple[Path, str]) -> None:
    """The steps stand in order, each with the command that does it."""
    _, printed = kept

    steps = re.findall(r"^standfirst (.+)$", printed, flags=re.MULTILINE)
    assert steps == [
        "init",
        "corpus add",
        "annotate sample",
        "annotate import",
        "annotate agreement",
        "labels gold",
        "train",
        "tag",
        "evaluate",
        "measure shares",
        "report",
    ]


@pytest.mark.slow
def test_the_report_is_right(kept: tuple[Path, str]) -> None:
    """Its numbers are made again from the study's files, to the last digit."""
    folder, _ = kept
    done = subprocess.run(
        [sys.executable, "-m", "standfirst", "report", "--verify", "report.html"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "every number is what the study's files give" in done.stdout


@pytest.mark.slow
def test_corrected_shares_stand_beside_the_true_ones(kept: tuple[Path, str]) -> None:
    """The last step's intervals hold most of the true shares, and a command makes them again."""
    folder, printed = kept
    number = r"([\d.]+)%"
    line = rf"^ +\w+ +\w+ +{number} +{number} \[{number}, {number}\] +{number}$"
    found = [[float(cell) for cell in row] for row in re.findall(line, printed, re.MULTILINE)]
    words = ("measure", "shares", "tags/unseen.parquet", "--gold", "annotations/unseen.csv")
    done = subprocess.run(
        [sys.executable, "-m", "standfirst", *words, "--model", "models/demo", "--json"],
        capture_output=True, text=True, check=True, cwd=folder,
    )  # fmt: skip

    assert len(found) == 8
    assert sum(low <= true <= high for _, _, low, high, true in found) >= 7
    corrected = json.loads(done.stdout)["dimensions"]["stance"]["labels"].values()
    made = [round(100 * one["corrected"]["share"], 1) for one in corrected]
    assert {row[1] for row in found[:4]} <= set(made)


@pytest.mark.slow
def test_files_are_as_the_docs_describe_them(kept: tuple[Path, str]) -> None:
    """Each file fits the JSON Schema that the docs give, and a row that was changed does not."""
    folder, _ = kept
    files = {
        name: [
            json.loads(line) for line in (folder / "annotations" / name).read_bytes().splitlines()
        ]
        for name in ("annotations.jsonl", "design.jsonl", "gold.jsonl")
    }
    files["codebook"] = [yaml.safe_load((folder / "codebook.yaml").read_bytes())]
    files["manifest"] = [json.loads((folder / "models" / "demo" / "manifest.json").read_bytes())]
    files["tags"] = parquet.read_table(folder / "tags" / "unseen.parquet").to_pylist()
    for name, lines in files.items():
        schema = json.loads((SCHEMAS / f"{name.removesuffix('.jsonl')}.json").read_bytes())
        check = jsonschema.Draft202012Validator(schema)

        assert lines
        assert [error.message for row in lines for error in check.iter_errors(row)] == []
        assert not check.is_valid({key: {} for key in lines[0]})


@pytest.mark.slow
def test_the_study_can_be_gone_on_with(kept: tuple[Path, str]) -> None:
    """Its files are those of any study, and other commands read them."""
    folder, _ = kept
    annotations = read_annotations(folder / "annotations" / "annotations.jsonl")
    done = subprocess.run(
        [sys.executable, "-m", "standfirst", "corpus", "stats", "--json"],
        capture_output=True, text=True, check=True, cwd=folder,
    )  # fmt: skip

    assert not (folder / "annotations" / "rejects.jsonl").exists()
    assert {row.coder for row in annotations} == {"first@readers.example", "second@readers.example"}
    assert len({row.unit_id for row in annotations}) == 1300
    assert json.loads(done.stdout)["units"] == len(load_units(folder / "corpus")) == 4727
    assert (folder / "tags" / "unseen.parquet").stat().st_size > 0


@pytest.mark.slow
def test_the_model_has_learned_something(kept: tuple[Path, str]) -> None:
    """On every dimension its held-out macro-F1 is well above that of no model."""
    _, printed = kept
    found = re.findall(r"(\w+) +([.\d]+) \(([.\d]+) to [.\d]+\); without a model ([.\d]+)", printed)

    assert [name for name, *_ in found] == ["stance", "position", "speaker", "framing"]
    assert all(float(low) > float(without) for _, _, low, without in found)


def test_the_corpus_is_what_its_readme_says() -> None:
    """Articles of 200 to 400 words by twelve writers; every sentence is read once or twice."""
    labelled, unseen, coded = (
        rows("articles.jsonl"),
        rows("unseen.jsonl"),
        rows("unseen_labels.jsonl"),
    )
    readings = json.loads((DATA / "readings.json").read_bytes())
    words = [len(str(row["text"]).split()) for row in [*labelled, *unseen]]
    second = [task for task in readings if len(task["annotations"]) == 2]

    assert (len(labelled), len(unseen)) == (301, 45)
    assert (len(readings), len(second), len(coded)) == (4727, 1747, 707)
    assert Counter(row["writer"] for row in [*labelled, *unseen]) == {
        "house": 60, "wire": 26, "cast": 26, "local": 26,
        "south": 26, "press": 26, "gulf": 26, "plain": 26, "trade": 26,
        "live": 26, "metro": 26, "civic": 26,
    }  # fmt: skip
    assert min(words) >= 200
    assert max(words) <= 410


@pytest.mark.slow
def test_sentences_are_found_as_they_were_written(tmp_path: Path) -> None:
    """Each reading is of a sentence that the articles, cleaned and cut, have today."""
    files = [str(DATA / name) for name in ("articles.jsonl", "unseen.jsonl")]
    add(tmp_path / "corpus", read_articles(files))
    found = {unit["text"] for unit in load_units(tmp_path / "corpus")}
    read = [task["data"]["text"] for task in json.loads((DATA / "readings.json").read_bytes())]

    assert set(read) | {str(row["text"]) for row in rows("unseen_labels.jsonl")} <= found


def test_readings_fit_the_codebook() -> None:
    """Every answer is one that the ready codebook allows, and `other` stands alone."""
    codebook = load_codebook(ready_codebooks()["transfer-deals"])
    for task in json.loads((DATA / "readings.json").read_bytes()):
        assert task["data"]["codebook"] == codebook.revision
        for annotation in task["annotations"]:
            answers = {one["from_name"]: one["value"]["choices"] for one in annotation["result"]}
            assert list(answers) == [dimension.id for dimension in codebook.dimensions]
            for dimension in codebook.dimensions:
                assert set(answers[dimension.id]) <= set(dimension.label_ids)
            assert "other" not in answers["framing"] or answers["framing"] == ["other"]


@pytest.mark.slow
def test_a_folder_that_is_a_study_is_refused(kept: tuple[Path, str]) -> None:
    """Nothing is overwritten."""
    done = subprocess.run(
        [sys.executable, "-m", "standfirst", "demo", "--keep", str(kept[0])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "is a study already; choose another folder" in done.stderr


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    """The demonstration does not mix its study with what lies in a folder."""
    (tmp_path / "model.json").write_text("{}")

    with pytest.raises(ExistsError, match="is not empty; name a new folder"):
        next(walk(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
