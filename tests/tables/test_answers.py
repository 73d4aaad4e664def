"""Cells of answers: several labels, none, and no answer, written by us and read back."""

import logging
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.models import from_file
from standfirst.tables import FORMATS, write_table
from standfirst.tables.answers import AnswerCells, join_labels, near_equal, split_labels

LABEL = st.text(r"ab|\ ,", min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(LABEL, unique=True, max_size=4))
def test_labels_in_one_cell(labels: list[str]) -> None:
    """Whatever bars and backslashes labels hold, they come back from one cell."""
    assert split_labels(join_labels(labels)) == tuple(labels)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_we_write_is_read_back(suffix: str, tmp_path: Path) -> None:
    """Lists of labels, empty ones and missing ones give the same answers in each format."""
    path = tmp_path / f"rows{suffix}"
    frames = [["law"], [], None, ["on|off", "law"], ["-1", r"a\b"]]
    table = pa.table(
        {
            "text": [f"Text {k}." for k in range(5)],
            "frames": pa.array(frames, pa.list_(pa.string())),
            "stance": ["for", None, "no", "no", "for"],
        }
    )
    write_table(table, path)
    rows = from_file(path, ["frames", "stance"])

    assert [None if answer is None else set(answer) for answer in rows.answers["frames"]] == [
        None if labels is None else set(labels) for labels in frames
    ]
    assert rows.answers["stance"] == (("for",), None, ("no",), ("no",), ("for",))


def test_empty_cells_go_by_the_question(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An empty cell says that none of several labels applies, or that nobody chose one label."""
    path = tmp_path / "rows.csv"
    path.write_text("text,f,s\nA,law|cost,x\nB,,\nC,NA,N/A\nD,law,y\nE,law,x\nF,law,y\n")
    with caplog.at_level(logging.WARNING, "standfirst"):
        rows = from_file(path, ["f", "s"])

    assert [answer if answer is None else len(answer) for answer in rows.answers["f"]] == [
        *(2, 0, None, 1, 1, 1)
    ]
    assert rows.answers["s"][1:3] == (None, None)
    assert "NA taken as missing: 1 cell of column f; --missing none keeps them" in caplog.text
    assert "f takes several labels, as 1 of 4 rows hold several (the first on line 2" in caplog.text
    assert "an empty cell there means that none applies (1 row)" in caplog.text


def test_missing_is_switchable_and_gives_way_to_the_codebook() -> None:
    """No spelling is missing where the user says so, or where it is a label of the codebook."""
    assert AnswerCells(()).read("NA", "f").labels == ("NA",)
    assert AnswerCells(known={"f": ["None"]}).read("None", "f").labels == ("None",)
    assert AnswerCells().read("none", "f").labels == ("none",)
    assert AnswerCells(["-9"]).read("-9", "f").kind == "missing"


@pytest.mark.parametrize(
    ("cell", "labels", "kind"),
    [
        ('{"choices":["law","cost"]}', ("law", "cost"), "several"),
        ('{"choices":["law"]}', ("law",), "one"),
        ("{'choices': 'law'}", ("law",), "one"),
        ("['law']", ("law",), "several"),
        ("[]", (), "several"),
        ("[sic]", ("[sic]",), "one"),
        ("law|", ("law",), "several"),
        (2.0, ("2",), "one"),
        (float("nan"), (), "missing"),
    ],
)
def test_cells_of_other_programs(cell: object, labels: tuple[str, ...], kind: str) -> None:
    """Lists that a spreadsheet turned into text are lists; what only looks like one is a label."""
    read = AnswerCells().read(cell, "f")

    assert (read.labels, read.kind) == (labels, kind)


def test_numbers_and_near_equals(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """1 and 1.0 are one label where all labels are numbers; labels that look alike are reported."""
    path = tmp_path / "rows.csv"
    path.write_text("text,code,vote\nA,1,yes\nB,1.0,Yes\nC,2.0,no\nD,2,no\u00a0\n")
    with caplog.at_level(logging.WARNING, "standfirst"):
        rows = from_file(path, ["code", "vote"])

    assert rows.answers["code"] == (("1",), ("1",), ("2",), ("2",))
    assert "column code: '1.0' (1) read as '1'" in caplog.text
    assert "vote: 'yes' (1) and 'Yes' (1) differ only in case" in caplog.text
    labels = {"e\u0301": 1, "\u00e9": 2, "a\u00a0b": 1, "a b": 1, "x": 1}
    assert [line.partition(" differ")[0] for line in near_equal(labels, "c")] == [
        r"c: '\xe9' (2) and 'e\u0301' (1)",
        r"c: 'a\xa0b' (1) and 'a b' (1)",
    ]


def test_records_without_the_column_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A misspelt name in one record of JSON Lines is no answer, and is counted on the screen."""
    lines = ['{"text": "A.", "s": "x"}', '{"text": "B.", "S_": "x"}', '{"text": "C.", "s": "y"}']
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    rows = from_file(tmp_path / "rows.jsonl", ["s"])

    assert rows.answers["s"] == (("x",), None, ("y",))
    assert "1 record has no 's': taken as missing" in caplog.text
