from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.errors import InputError, MissingFileError, UnknownLabelError, UnknownNameError
from standfirst.labels import (
    ADJUDICATION,
    Annotation,
    check_annotations,
    current,
    load_codebook,
    merge_annotations,
    read_annotations,
    read_coded,
    ready_codebooks,
    write_annotations,
    write_long,
    write_wide,
)

rows_ = st.lists(
    st.builds(
        Annotation,
        unit_id=st.sampled_from(["u1", "u2"]),
        coder=st.sampled_from(["ann", "bo"]),
        dimension=st.just("stance"),
        labels=st.sampled_from([("favour",), ("against",)]),
        created=st.sampled_from(["", "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z"]),
    )
)


@given(rows_, rows_)
def test_merging_loses_nothing_and_doubles_nothing(
    a: list[Annotation], b: list[Annotation]
) -> None:
    """Everything of both is there once, and merging again changes nothing."""
    merged = merge_annotations(a, b)

    assert set(merged) == {*a, *b}
    assert len(merged) == len(set(merged))
    assert merge_annotations(merged, b) == merged


def test_round_trip_is_sorted_and_stable(tmp_path: Path) -> None:
    """What is written comes back; the order of arrival does not move lines."""
    rows = [
        Annotation("u2", "ann", "stance", ("favour",), seconds=3.5, comment="“so”"),
        Annotation("u1", "bo", "stance", (), status="skipped"),
        Annotation("u1", "ann", "stance", ("against",)),
    ]
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write_annotations(one, rows)
    write_annotations(two, rows[::-1])

    assert one.read_bytes() == two.read_bytes()
    assert read_annotations(one) == [rows[2], rows[1], rows[0]]


def test_of_two_answers_without_a_time_the_first_counts() -> None:
    """Only a later time supersedes."""
    rows = [Annotation("u", "ann", "stance", (label,)) for label in ("favour", "against")]

    assert current(rows) == [rows[0]]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "a.jsonl:2: "),
        ('{"unit_id": "u"}', "a.jsonl:2: .*coder"),
        ('{"unit_id": 3, "coder": "a", "dimension": "d", "labels": []}', "a.jsonl:2: .*unit_id"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    """File, line and field stand in the message."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"\n{line}\n")

    with pytest.raises(InputError, match=problem):
        read_annotations(path)


def test_files_without_newer_fields_are_read(tmp_path: Path) -> None:
    """What was pulled before names of speakers were asked for stays readable."""
    path = tmp_path / "old.jsonl"
    path.write_text('{"unit_id": "u", "coder": "ann", "dimension": "stance", "labels": []}\n')

    assert [row.speaker_name for row in read_annotations(path)] == [""]


def test_missing_file(tmp_path: Path) -> None:
    """No file is not an empty one."""
    with pytest.raises(MissingFileError):
        read_annotations(tmp_path / "none.jsonl")


def test_labels_are_checked_against_the_codebook() -> None:
    """A label that is not there is named with the nearest one."""
    book = load_codebook(ready_codebooks()["stance"])

    with pytest.raises(UnknownLabelError, match="did you mean 'favour'"):
        check_annotations([Annotation("u", "ann", "stance", ("favor",))], book)


def test_answers_that_the_codebook_does_not_have() -> None:
    """A dimension of another name, or two labels on a single choice, are refused by their place."""
    book = load_codebook(ready_codebooks()["stance"])
    two = Annotation("u", "ann", "stance", ("favour", "against"))

    with pytest.raises(UnknownNameError, match="unknown dimension 'tone'; "):
        check_annotations([Annotation("u", "ann", "tone", ("warm",))], book)
    with pytest.raises(InputError, match=r"unit u, coder ann, stance: 2 labels .* keep one, or"):
        check_annotations([two], book)


def test_spreadsheet_round_trip(tmp_path: Path) -> None:
    """Long CSV comes back, formulas are made harmless, and the wide form has a column a coder."""
    path = tmp_path / "coded.csv"
    rows = [
        Annotation("=1+1", "ann", "frame", ("a", "b"), article_id="x", source="coded.csv"),
        Annotation("u2", "bo", "frame", ("b",), article_id="x", source="coded.csv"),
        Annotation("u3", "bo", "frame", ("b",), source="coded.csv", speaker_name="=Ana"),
    ]
    write_long(path, rows)
    wide = tmp_path / "wide.csv"
    write_wide(wide, rows)

    assert "'=1+1" in path.read_text()
    assert read_coded(path) == rows
    head, *_, last = wide.read_text().splitlines()
    assert head == "unit,article,dimension,coder_ann,coder_bo,speaker_name_bo"
    assert last == "u3,,frame,,b,'=Ana"

    decision = Annotation("u2", "bo", "frame", ("a",), created="2026-03-09", round=ADJUDICATION)
    write_wide(wide, [*rows[:2], decision])
    head, *_, last = wide.read_text().splitlines()
    assert head == "unit,article,dimension,coder_ann,coder_bo,decision"
    assert last == "u2,x,frame,,b,a"


def test_spreadsheet_doors(tmp_path: Path) -> None:
    """A missing column, a missing cell and an unknown label are named with their line."""
    book = load_codebook(ready_codebooks()["stance"])
    path = tmp_path / "c.csv"
    path.write_text("unit;coder;label\nu;a;b\n")
    with pytest.raises(InputError, match=r"c\.csv:1: no column 'dimension'"):
        read_coded(path)
    path.write_text("unit;coder;dimension;label\nu;;stance;favour\n")
    with pytest.raises(InputError, match=r"c\.csv:2: no coder"):
        read_coded(path)
    path.write_text("unit;coder;dimension;label\nu;a;stance;In favour\nu;b;stance;favor\n")
    with pytest.raises(UnknownLabelError, match=r"c\.csv:3: unknown label 'favor'"):
        read_coded(path, codebook=book)


@given(
    st.lists(
        st.text(st.sampled_from("a,;|\t\"'=+-@\r\n\x0b\x0c\x1c\x85\u2028\u2029"), max_size=6),
        min_size=1,
        max_size=3,
    )
)
def test_remarks_come_back_from_csv(comments: list[str]) -> None:
    """Quotes, separators, formulas and every kind of line end survive within a remark."""
    rows = [
        Annotation(f"u{i}", "ann", "stance", ("favour",), comment=f"a{x}a", speaker_name=x.strip())
        for i, x in enumerate(comments)
    ]
    with TemporaryDirectory() as folder:
        write_long(Path(folder) / "a.csv", rows)
        read = read_coded(Path(folder) / "a.csv")

    assert [(row.comment, row.speaker_name) for row in read] == [
        (row.comment, row.speaker_name) for row in rows
    ]


def test_answers_of_a_spreadsheet_come_back(tmp_path: Path) -> None:
    """None applies, no answer, and bars within labels are read back as they were written."""
    path = tmp_path / "coded.csv"
    rows = [
        Annotation("u1", "ann", "frame", ("a|b", "c"), source="coded.csv"),
        Annotation("u1", "bo", "frame", (), source="coded.csv"),
        Annotation("u2", "ann", "frame", (), status="open", source="coded.csv"),
        Annotation("u2", "bo", "frame", ("c",), source="coded.csv"),
    ]
    write_long(path, rows)

    assert read_coded(path) == rows


def test_cells_of_coders(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Spellings of no answer and of a number are one thing each, and are reported once."""
    head = "unit,coder,dimension,label\n"
    path = tmp_path / "c.csv"
    path.write_text(head + "u,a,d,1.0\nu,b,d,1\nu,c,d,NA\nv,a,d,#N/A\nv,b,d,\nv,c,d,2\n")
    with caplog.at_level("WARNING", "standfirst"):
        rows = read_coded(path)

    assert [row.labels for row in rows] == [("1",), ("1",), (), (), (), ("2",)]
    assert [row.status for row in rows] == ["answered"] * 2 + ["skipped"] * 2 + ["open", "answered"]
    assert caplog.text.count("NA taken as missing: 1 cell of column label (d)") == 1
    assert "'1.0' (1) read as '1'" in caplog.text
    assert "1 empty cells of label (d) taken as no answer" in caplog.text
    path.write_text(head + "u,NA,d,x\n")
    with pytest.raises(InputError, match=r"c\.csv:2: no coder"):
        read_coded(path)
    path.write_text(head.replace("coder", "coder,unit_id") + "u,a,v,d,x\n")
    with pytest.raises(InputError, match="2 columns stand for 'unit'"):
        read_coded(path)


def test_several_rows_of_one_answer(tmp_path: Path) -> None:
    """They are joined where the question takes several labels, and refused where it does not."""
    head = "unit,coder,dimension,label\n"
    path = tmp_path / "c.csv"
    path.write_text(head + "u,a,d,x\nu,a,d,y\nv,a,d,x\n")
    with pytest.raises(InputError, match=r"c\.csv:3: a second answer of a .*as a\|b"):
        read_coded(path)
    path.write_text(head + "u,a,d,x\nu,a,d,y\nv,a,d,x|y\nw,a,d,x\nw,a,d,x\n")

    assert [row.labels for row in read_coded(path)] == [("x", "y"), ("x", "y"), ("x",)]


def test_half_a_character_in_a_remark_stops_nothing(tmp_path: Path) -> None:
    """It is written as the sign for no character, and the file can be read again."""
    path = tmp_path / "annotations.jsonl"
    write_annotations(path, [Annotation("u1", "ann", "stance", ("no",), comment="odd \ud800 one")])

    (row,) = read_annotations(path)
    assert row.comment == "odd \ufffd one"


def test_the_wide_form_comes_back(tmp_path: Path) -> None:
    """Answers, answers without labels, missing ones and speakers: as the long form has them."""
    path = tmp_path / "wide.csv"
    rows = [
        Annotation("u1", "Ann@x.org", "frame", ("a|b", "c"), "answered", source="wide.csv"),
        Annotation("u1", "bo", "frame", (), "answered", source="wide.csv"),
        Annotation("u2", "bo", "frame", ("c",), source="wide.csv", speaker_name="=Ana"),
        Annotation("u2", "Ann@x.org", "tone", ("warm",), source="wide.csv"),
    ]
    write_wide(path, [*rows, Annotation("u3", "bo", "tone", (), "open")])

    read = read_coded(path)
    assert sorted(read, key=lambda row: (row.unit_id, row.dimension, row.coder)) == rows


def test_decisions_of_the_wide_form_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is made up who decided, and a line says so."""
    path = tmp_path / "wide.csv"
    given = [Annotation("u", who, "tone", (what,)) for who, what in (("a", "warm"), ("b", "cold"))]
    write_wide(path, [*given, Annotation("u", "c", "tone", ("cold",), round=ADJUDICATION)])

    assert [row.coder for row in read_coded(path)] == ["a", "b"]
    assert "the column decision is left out" in caplog.text


@pytest.mark.parametrize("name", ["export.json", "coded.xlsx", "coded.parquet"])
def test_files_of_other_kinds_are_refused(name: str, tmp_path: Path) -> None:
    """An export of a tool is not read as a broken CSV."""
    path = tmp_path / name
    path.write_text("[]")

    with pytest.raises(InputError, match=r"unknown format '\.\w+'; use CSV or TSV; an export"):
        read_coded(path)
