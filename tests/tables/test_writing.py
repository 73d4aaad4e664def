"""Tables in the three formats that people open."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.errors import UnknownNameError
from standfirst.tables import FORMATS, table_writer, write_table

TABLE = pa.table(
    {
        "text": ["=cmd()", "plain"],
        "p": pa.array([[0.1, 0.9], None], pa.list_(pa.float32())),
        "exact": [0.1 + 0.2, None],
    }
)


@pytest.mark.parametrize("suffix", FORMATS)
def test_streamed_equals_whole(suffix: str, tmp_path: Path) -> None:
    """A table written piece by piece holds the same rows as one written at once."""
    whole, streamed = tmp_path / f"whole{suffix}", tmp_path / f"streamed{suffix}"
    write_table(TABLE, whole)
    with table_writer(streamed, TABLE.schema) as write:
        write(TABLE.slice(0, 1))
        write(TABLE.slice(1))

    if suffix == ".parquet":
        assert parquet.read_table(streamed).equals(parquet.read_table(whole))
    else:
        assert streamed.read_bytes() == whole.read_bytes()


def test_csv_is_inert_and_jsonl_is_not(tmp_path: Path) -> None:
    """Only the format that spreadsheets open changes a cell that begins a formula."""
    write_table(TABLE, tmp_path / "t.csv")
    write_table(TABLE, tmp_path / "t.jsonl")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.reader(file))
    first = json.loads((tmp_path / "t.jsonl").read_text("utf-8").splitlines()[0])

    assert cells[1] == ["'=cmd()", "0.1|0.9", "0.30000000000000004"]
    assert first == {"text": "=cmd()", "p": [0.1, 0.9], "exact": 0.1 + 0.2}


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A file appears whole or not at all."""
    with pytest.raises(RuntimeError), table_writer(tmp_path / "t.csv", TABLE.schema) as write:  # noqa: PT012
        write(TABLE)
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    """A suffix that nobody writes is reported with those that are known."""
    with pytest.raises(UnknownNameError, match=r"\.xls"):
        write_table(TABLE, tmp_path / "t.xls")
