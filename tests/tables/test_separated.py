"""CSV and TSV, strictly: a broken row takes no other with it, and ranges read as the whole does."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.tables import RECORD_LIMIT, BadRow, Row, read_rows
from standfirst.tables.separated import records


def read(content: str | bytes, form: str = ".csv") -> tuple[list[Row], list[BadRow]]:
    raw = content.encode() if isinstance(content, str) else content
    rows = list(read_rows(io.BytesIO(raw), form))
    return (
        [row for row in rows if isinstance(row, Row)],
        [row for row in rows if isinstance(row, BadRow)],
    )


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("later", ["", '"quoted, too"', '""'])
def test_an_open_quote_costs_one_row(column: int, later: str) -> None:
    """Wherever a quote is never closed, the rows behind it are read, quoted cells among them."""
    lines = [[f"id{k}", f"title {k}", later or f"text {k}"] for k in range(40)]
    lines[7][column] = '"' + lines[7][column].strip('"')
    rows, bad = read("id,title,text\n" + "".join(",".join(line) + "\n" for line in lines))

    assert [row.values["id"] for row in rows] == [f"id{k}" for k in range(40) if k != 7]
    assert [(row.line, "quoted cell" in row.problem) for row in bad] == [(9, True)]


def test_a_quote_that_closes_late() -> None:
    """Rows that an open quote swallowed up to the next lone quote are rows of their own."""
    rows, bad = read('id,title,text\n1,"Open,a\n2,T,b\n3,T,c "\n4,T,d\n')

    assert [row.values["id"] for row in rows] == ["2", "3", "4"]
    assert [row.line for row in bad] == [2]


def test_lines_within_cells() -> None:
    """A quoted cell may hold any line end; a row is known by the line on which it begins."""
    cell = "a\nb\r\nc\u2028d\x85e\x0cf\x0bg"
    rows, bad = read(f'id,text\n1,"{cell}"\n2,{cell[8:]}\n3,x,y\n')

    assert [(row.line, row.values["text"]) for row in rows] == [(2, cell), (5, cell[8:])]
    assert [(row.line, row.problem) for row in bad] == [(6, "3 cells where the header has 2")]


def test_a_record_beyond_the_limit() -> None:
    """A line, or an open quote, of many megabytes is one bad row, whatever comes behind it."""
    long = "x" * (RECORD_LIMIT + 9)
    rows, bad = read(f'id,text\n1,{long}\n2,b\n3,"open\n4,{long}\n5,e\n')

    assert [row.values["id"] for row in rows] == ["2", "5"]
    assert [row.line for row in bad] == [3 - 1, 4, 5]


@pytest.mark.slow
def test_many_open_quotes_take_no_time() -> None:
    """Quotes that reopen on every line are followed once, not once for each line."""
    rows, bad = read("a,b,c\n" + 'a""",x,"\n' * 200_000)

    assert (len(rows), len(bad)) == (0, 200_000)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('sep=;\nid;text\n1;"A; b, c."\n2;D.\n', 3),
        ('"sep=|"\r\nid|text\r\n1|A; b, c.\r\n2|D.\r\n', 3),
        ("id|text\n1|A; b, c.\n2|D.\n", 2),
        ('"Results for: a, b"\nExported 2026\n\n"id","text"\n1,"A; b, c."\n2,D.\n', 5),
        ('All, of it\n\nid;text\n1;"A; b, c.";\n2;D.\n', 4),
        ('id,text,\n1,"A; b, c."\n2,D.,\n', 2),
        ('id,text\n1,"A; b, c.",\n2,D.,,\n', 2),
    ],
)
def test_dialects(content: str, line: int) -> None:
    """Lines before the header, bars, and delimiters at the end of a line do not hide a table."""
    rows, bad = read(content)

    assert bad == []
    assert rows[0] == Row(line, {"id": "1", "text": "A; b, c."})
    assert [row.values for row in rows[1:]] == [{"id": "2", "text": "D."}]


@pytest.mark.parametrize(
    "content",
    ["text\nHello, you.\nBye, you.\n", "id,text\n\n1,a,b\n2,c,d\n3,e,f\n", "a b\nx,y\nz,z\n1\n"],
)
def test_a_header_is_not_guessed_away(content: str) -> None:
    """Rows that do not fit make no other line the header."""
    _, bad = read(content)

    assert bad
    assert "cells where the header has" in bad[0].problem


def test_doubled_and_nameless_columns() -> None:
    """Two columns of one name are refused; one without a name loses nothing."""
    rows, bad = read("id,text,text\n1,a,b\n")

    assert (rows, bad[0].line, bad[0].problem) == ([], 1, "2 columns are named 'text'")
    rows, bad = read(",text,\n1,a,note\n2,b\n")
    assert bad == []
    assert [row.values for row in rows] == [
        {"column_1": "1", "text": "a", "column_3": "note"},
        {"column_1": "2", "text": "b"},
    ]


@given(st.lists(st.text('ab",\n', max_size=12), max_size=12))
def test_no_line_is_lost(lines: list[str]) -> None:
    """Records are the file's lines, each once; cut between records, they are the same records."""
    text = "\n".join(lines)

    def found(part: str) -> list[tuple[list[str], list[str], str]]:
        return [record[1:] for record in records(io.StringIO(part, newline="").readline, ",")]

    whole = found(text)

    assert "".join("".join(record[0]) for record in whole) == text
    for cut in range(1, len(whole)):
        before = "".join("".join(record[0]) for record in whole[:cut])
        header = "".join(whole[0][0])
        if len(whole[0][1]):
            behind = found(header + text[len(before) :])
            assert found(before) + behind[1:] == whole
