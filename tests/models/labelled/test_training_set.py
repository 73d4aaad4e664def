import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.errors import InputError, MissingFileError, UnknownLabelError, UnknownNameError
from standfirst.labels import infer_codebook
from standfirst.models import TrainingSet, from_file
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
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
