import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from pyarrow import parquet

from standfirst.errors import InputError, MissingFileError, UnknownLabelError, UnknownNameError
from standfirst.labels import infer_codebook
from standfirst.models import (
    Goal,
    Report,
    TrainingSet,
    compare,
    evaluate,
    from_file,
    from_rows,
    train,
)
from standfirst.models.labelled.folds import grouped_folds

ROWS: list[dict[str, Any]] = [
    {"text": "Talks fail.", "article_id": "a", "stance": "critique", "frames": ["law", "cost"]},
    {"text": "They signed.", "article_id": "a", "stance": "neutral", "frames": []},
    {"text": "talks  fail.", "article_id": "b", "stance": "critique", "frames": ["law"]},
    {"text": "No comment.", "article_id": None, "stance": None, "frames": None},
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def check(data: TrainingSet) -> None:
    assert data.answers["stance"] == (("critique",), ("neutral",), ("critique",), None)
    assert data.codebook.dimension("frames").choice == "multiple"
    # The first and the third row have the same text, and so both articles are one group.
    assert data.groups.tolist() == [0, 0, 0, 1]


def test_formats_agree(tmp_path: Path) -> None:
    """JSON Lines, Parquet and nested labels give the same rows."""
    nested = [
        {k: v for k, v in row.items() if k not in ("stance", "frames")}
        | {"labels": {k: row[k] for k in ("stance", "frames")}}
        for row in ROWS
    ]
    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    plain = jsonl(tmp_path / "rows.jsonl", ROWS)
    deep = jsonl(tmp_path / "nested.jsonl", nested)
    sets = [from_file(p, ["stance", "frames"]) for p in (plain, deep, tmp_path / "rows.parquet")]

    for data in sets:
        check(data)
        assert data.answers["frames"] == (("cost", "law"), (), ("law",), None)
        assert data.fingerprint == sets[0].fingerprint


def test_csv_with_bars(tmp_path: Path) -> None:
    """A bar makes the dimension multiple choice; semicolons, a mark and line breaks are read."""
    path = tmp_path / "rows.csv"
    path.write_text(
        '\ufefftext;stance;frames;group\n"Talks\nfail.";critique;law|cost;a\nYes.;neutral;law;b\n'
    )
    data = from_file(path, ["stance", "frames"])

    assert data.texts == ("Talks\nfail.", "Yes.")
    assert data.answers["frames"] == (("cost", "law"), ("law",))
    assert data.grouped_by == "group"


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        ('{"text": "a", "stance": "x"}\n{"text": ', InputError, "rows.jsonl:2: broken JSON"),
        ('{"text": "a", "stance": "x"}\n[1]\n', InputError, "rows.jsonl:2: not a JSON object"),
        ('{"text": " ", "stance": "x"}\n', InputError, "rows.jsonl:1: no text"),
        ('{"body": "a", "stance": "x"}\n', UnknownNameError, "'text'"),
        ('{"text": "a", "stanse": "x"}\n', UnknownNameError, "did you mean 'stanse'?"),
        (
            '{"text": "a", "stance": {"a": 1}}\n',
            InputError,
            "rows.jsonl:1: stance: {'a': 1}",
        ),
    ],
)
def test_wrong_rows(tmp_path: Path, content: str, error: type[Exception], told: str) -> None:
    """What is wrong is told in one line, with file and line."""
    path = tmp_path / "rows.jsonl"
    path.write_text(content)

    with pytest.raises(error) as raised:
        from_file(path, ["stance"])
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_wrong_files(tmp_path: Path) -> None:
    """A missing file, a strange format, ragged CSV, other bytes than UTF-8."""
    with pytest.raises(MissingFileError, match="no such file"):
        from_file(tmp_path / "none.csv", ["stance"])
    (tmp_path / "rows.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match="unknown format"):
        from_file(tmp_path / "rows.xlsx", ["stance"])
    (tmp_path / "rows.csv").write_text("text,stance\na,b\na,b,c\n")
    with pytest.raises(InputError, match=r"rows\.csv:3: 3 cells where the header has 2"):
        from_file(tmp_path / "rows.csv", ["stance"])
    (tmp_path / "rows.csv").write_bytes("text,stance\nÉlan,b\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"rows\.csv:2: invalid UTF-8"):
        from_file(tmp_path / "rows.csv", ["stance"])


def test_codebook_decides(tmp_path: Path) -> None:
    """With a codebook, unknown labels and second labels of a single choice are refused."""
    book = infer_codebook({"stance": [("critique",), ("neutral",)]}, ())
    path = jsonl(tmp_path / "rows.jsonl", [{"text": "a", "stance": "critic"}])
    with pytest.raises(UnknownLabelError, match=r"rows\.jsonl:1: .* did you mean 'critique'"):
        from_file(path, ["stance"], codebook=book)
    jsonl(path, [{"text": "a", "stance": ["critique", "neutral"]}])
    with pytest.raises(InputError, match="2 labels, but is single choice"):
        from_file(path, ["stance"], codebook=book)


def test_folds_keep_groups_whole() -> None:
    """No group stands on both sides, and every row is tested once."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 30, 200)
    truth = np.eye(3, dtype=bool)[rng.integers(0, 3, 200)]
    folds = grouped_folds(truth, groups, 5, 0)

    assert sorted(np.concatenate([test for _, test in folds])) == list(range(200))
    for part, test in folds:
        assert not set(groups[part]) & set(groups[test])


def test_rows_from_memory_are_those_of_a_file(tmp_path: Path) -> None:
    """A list, a data frame, an Arrow table and a dataset give what the file gives, groups too."""
    names = ["stance", "frames"]
    read = from_file(jsonl(tmp_path / "rows.jsonl", ROWS), names)
    table = pa.Table.from_pylist(ROWS)
    for rows in (ROWS, table.to_pandas(), table, Dataset.from_list(ROWS)):
        data = from_rows(rows, names)

        assert data.answers == read.answers
        assert data.fingerprint == read.fingerprint
        assert data.grouped_by == "article_id"


@pytest.mark.parametrize("from_memory", [False, True])
def test_named_classes_keep_their_names(tmp_path: Path, from_memory: bool) -> None:  # noqa: FBT001
    """The numbers of a `ClassLabel` are no labels, alone or in a list; -1 is no answer."""
    kind = ClassLabel(names=["no", "yes"])
    features = Features({"text": Value("string"), "stance": kind, "frames": List(kind)})
    rows = {"text": ["A", "B", "C"], "stance": [1, 0, -1], "frames": [[0, 1], [], [1]]}
    made = Dataset.from_dict(rows, features=features)
    parquet.write_table(made.with_format("arrow")[:], tmp_path / "rows.parquet")
    names = ["stance", "frames"]
    data = from_rows(made, names) if from_memory else from_file(tmp_path / "rows.parquet", names)

    assert data.answers["stance"] == (("yes",), ("no",), None)
    assert data.answers["frames"] == (("no", "yes"), (), ("yes",))


def test_what_are_no_rows() -> None:
    """Each is refused in one line."""
    for rows, told in (
        ("rows.csv", "are a str"),
        ({"text": ["A"]}, "are a dict"),
        ([["A", "x"]], "is a list"),
        (pa.table({"txt": ["A"], "stance": ["x"]}), "column of rows: 'text'"),
    ):
        with pytest.raises(InputError if "column" not in told else UnknownNameError, match=told):
            from_rows(rows, "stance")


def test_paths_and_tables_are_no_training_set(report: Report, data: TrainingSet) -> None:
    """They are refused with how to read them; so are goals and seeds that are none."""
    for rows in ("rows.csv", Path("rows.csv"), pa.table({"text": ["A"]})):
        given: Any = rows
        with pytest.raises(InputError, match="from_rows"):
            train(given)
        with pytest.raises(InputError, match="from_rows"):
            evaluate(report.model, given)
        with pytest.raises(InputError, match="from_rows"):
            compare({"a": report.model, "b": report.model}, given)
    with pytest.raises(InputError, match="2 is not between 0 and 1"):
        train(data, goal=Goal("precision", 2.0))
    with pytest.raises(InputError, match="'f1' is not a goal"):
        train(data, goal="f1")
    with pytest.raises(InputError, match="seed is -1"):
        train(data, seed=-1)


def test_texts_without_an_order_are_refused(report: Report) -> None:
    """A set and a generator have none, a mapping has two; a column of a dataset is a list."""
    texts = ["Talks fail.", "They signed."]
    for given in ({*texts}, dict.fromkeys(texts), iter(texts)):
        unordered: Any = given
        with pytest.raises(InputError, match="give a list of strings"):
            report.model.predict(unordered)
    column: Any = Dataset.from_dict({"text": texts})["text"]

    assert len(report.model.predict(column)["stance"].chosen) == 2
