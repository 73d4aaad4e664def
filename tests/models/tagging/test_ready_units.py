"""Ready units: column by column from Parquet gives what record by record gives."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.corpus import Fields, Preparation, content_id
from standfirst.models import Report
from standfirst.models.runs.inputs.pieces import Lines, Piece, read_piece
from standfirst.models.runs.inputs.unit_columns import read_units
from standfirst.models.tagging.blocks import Counts, tag_blocks
from standfirst.models.tagging.ready_units import Rows

N = 2_600


def plain() -> pa.Table:
    """Give units of articles, four each."""
    return pa.table(
        {
            "unit_id": [f"u{k}" for k in range(N)],
            "article_id": [f"a{k // 4}" for k in range(N)],
            "start": pa.array([k % 4 * 20 for k in range(N)], pa.int32()),
            "end": pa.array([k % 4 * 20 + 18 for k in range(N)], pa.int32()),
            "text": [f"The minister said that plan {k} will work." for k in range(N)],
            "title": [f" Plan {k // 4} " for k in range(N)],
            "outlet": ["Élan" if k % 3 else None for k in range(N)],
            "published": [dt.date(2024, 1, 1 + k // 4 % 28) for k in range(N)],
            "language": ["EN "] * N,
        }
    )


def change(table: pa.Table, name: str, give: Callable[[int, Any], Any]) -> pa.Table:
    """Give a table with other values in a column."""
    values = [give(k, value) for k, value in enumerate(table[name].to_pylist())]
    column = pa.array(values, table.schema.field(name).type)
    return table.set_column(table.schema.get_field_index(name), name, column)


def cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    """Give a table with another type in a column."""
    at = table.schema.get_field_index(name)
    return table.set_column(at, name, table[name].cast(kind))


def odd_texts(table: pa.Table) -> pa.Table:
    """Set texts of no use, and some that only look so, between the others."""
    odd = {3: None, 50: "", 51: " \u2003", 700: "\x1c", 1_500: "a\0b", 1_501: "\u0301", 2_599: " "}
    return change(table, "text", odd.get)


def odd_ids(table: pa.Table) -> pa.Table:
    """Leave out ids and offsets."""
    table = change(table, "unit_id", lambda k, value: (value, None, "")[k % 3])
    table = change(table, "article_id", lambda k, value: (value, None, "", " x ")[k % 4])
    table = change(table, "start", lambda k, value: (value, None, -1)[k % 3])
    return change(table, "end", lambda k, value: None if k % 5 == 0 else value)


def two_ids(table: pa.Table) -> pa.Table:
    """Give an id beside that of the article."""
    return table.append_column("id", pa.array([f"i{k}" if k % 2 else "" for k in range(N)]))


TABLES: dict[str, tuple[Callable[[pa.Table], pa.Table], Fields]] = {
    "plain": (lambda table: table, Fields()),
    "texts": (odd_texts, Fields()),
    "ids": (odd_ids, Fields()),
    "two ids": (lambda table: odd_ids(two_ids(table)), Fields()),
    "an id that is named": (two_ids, Fields(id="unit_id")),
    "another text": (lambda table: change(table, "title", lambda k, v: v), Fields(text="title")),
    "a column that is not there": (lambda table: table, Fields(id="key")),
    "only units": (lambda table: table.select(["unit_id", "text"]), Fields()),
    "no text": (lambda table: table.drop_columns(["text"]), Fields()),
    "large strings": (lambda table: cast(table, "text", pa.large_string()), Fields()),
    "categories": (
        lambda table: cast(table, "outlet", pa.dictionary(pa.int32(), pa.string())),
        Fields(),
    ),
    "offsets as text": (lambda table: cast(table, "start", pa.string()), Fields()),
    "a NUL in a title": (
        lambda table: change(table, "title", lambda k, v: "a\0" if k == 1_700 else v),
        Fields(),
    ),
    "lists": (
        lambda table: table.drop_columns(["outlet"]).append_column("outlet", [[["x"]] * N]),
        Fields(),
    ),
}


def tagged(report: Report, records: Any) -> tuple[Any, ...]:
    """Tag, and give all that comes out."""
    counts, rejects = Counts(), []
    tables: list[Any] = []
    for one in tag_blocks(report.model, records, counts, Preparation(unit="row")):
        tables += [one.tags, one.tallies]
        rejects += counts.rejects
        counts.rejects.clear()
    numbers = counts.read, counts.articles, counts.units, counts.labels
    return tables, [*rejects, *counts.rejects], numbers


@pytest.mark.slow
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("name", TABLES)
def test_both_ways_give_the_same(report: Report, tmp_path: Path, name: str, whole: bool) -> None:  # noqa: FBT001
    """Units, rejects with their places, counts and blocks are those of records read one by one."""
    make, fields = TABLES[name]
    path = tmp_path / "units.parquet"
    parquet.write_table(make(plain()), path, row_group_size=900)
    piece = Piece(str(path), "units.parquet", ".parquet", *((0, None) if whole else (450, 2_550)))
    expected = tagged(report, read_piece(piece, fields, Lines()))
    found = tagged(report, read_units(piece, fields, Lines(), ()))

    assert found == expected
    assert found[2][0] == (N if whole else 2_100)


def test_context_comes_along(tmp_path: Path) -> None:
    """What a model needs beside the text is there, blank where it is not told."""
    path = tmp_path / "units.parquet"
    table = plain().slice(0, 3).append_column("before", pa.array(["x", None, "z"]))
    parquet.write_table(table, path)
    piece = Piece(str(path), "units.parquet", ".parquet")
    (rows,) = read_units(piece, Fields(), Lines(), ("before", "after", "title"))

    assert isinstance(rows, Rows)
    assert rows.units["before"].to_pylist() == ["x", "", "z"]
    assert rows.units["after"].to_pylist() == ["", "", ""]
    assert rows.units["title"].to_pylist() == ["Plan 0"] * 3


def test_broken_files(report: Report, tmp_path: Path) -> None:
    """A file that is cut, bent, empty or not UTF-8 is told as when it is read record by record."""
    path = tmp_path / "units.parquet"
    parquet.write_table(plain(), path, row_group_size=900)
    raw = path.read_bytes()
    bent = bytearray(raw)
    bent[len(raw) // 3 : len(raw) // 3 + 2_000] = b"\xff" * 2_000
    texts = pa.array([b"A plan.", b"\xff\xfe bad"] * 1_300, pa.binary())
    wrong = pa.Array.from_buffers(pa.string(), N, texts.buffers())
    parquet.write_table(plain().slice(0, 0), tmp_path / "empty.parquet")
    parquet.write_table(
        pa.table({"unit_id": plain()["unit_id"], "text": wrong}), tmp_path / "wrong.parquet"
    )
    (tmp_path / "cut.parquet").write_bytes(raw[: len(raw) // 2])
    (tmp_path / "bent.parquet").write_bytes(bent)
    for name in ("empty", "wrong", "cut", "bent"):
        piece = Piece(str(tmp_path / f"{name}.parquet"), name, ".parquet")
        found = tagged(report, read_units(piece, Fields(), Lines(), ()))

        assert found == tagged(report, read_piece(piece, Fields(), Lines()))
        assert found[1], name


def test_equal_texts_of_one_article_are_units_of_their_own(tmp_path: Path, report: Report) -> None:
    """The first keeps the id that it always had; ids of the user's own are not changed."""
    rows = [("a", "No."), ("a", "Yes."), ("a", "No."), ("b", "No."), ("a", "No.")]
    table = pa.table({"article_id": [a for a, _ in rows], "text": [text for _, text in rows]})
    found = {}
    for name, records in (("all", table), ("first", table.slice(0, 2))):
        parquet.write_table(records, tmp_path / f"{name}.parquet")
        piece = Piece(str(tmp_path / f"{name}.parquet"), name, ".parquet")
        units = read_units(piece, Fields(), Lines(), ())
        blocks = tag_blocks(report.model, units, Counts(), Preparation(unit="row"))
        found[name] = [one for block in blocks for one in block.tags["unit_id"].to_pylist()]
    own = table.append_column("unit_id", pa.array(["u"] * len(rows)))
    parquet.write_table(own, tmp_path / "own.parquet")
    units = read_units(
        Piece(str(tmp_path / "own.parquet"), "own", ".parquet"), Fields(), Lines(), ()
    )
    (block,) = tag_blocks(report.model, units, Counts(), Preparation(unit="row"))

    assert len(set(found["all"])) == len(rows)
    assert found["all"][:2] == found["first"]
    assert found["all"][0] == content_id("a", "row", "No.")
    assert set(block.tags["unit_id"].to_pylist()) == {"u"}
