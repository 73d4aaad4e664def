"""Exports as programs and people leave them: read for what they are, and what is odd is said."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from standfirst.corpus import Article, Reject, read_articles

TEXTS = ["The minister spoke.", "Nobody came, and nobody left."]
LINE = "_" * 60


def read(path: Path) -> tuple[list[Article], list[str]]:
    records = list(read_articles([str(path)]))
    return (
        [record for record in records if isinstance(record, Article)],
        [record.reason for record in records if isinstance(record, Reject)],
    )


def sheet(path: Path, *rows: list[Any], hidden: bool = False) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    if hidden:
        more = book.create_sheet("Old")
        more.append(["id", "text"])
        more.append(["h", "Hidden."])
        more.sheet_state = "hidden"
    book.save(path)
    return path


def test_a_download_of_proquest(tmp_path: Path) -> None:
    """Articles are split and have their fields; a line of the text that looks like one stays."""
    entry = (
        "Title: Talks resume\n\nAuthor: Ruiz, Ana\n\nPublication title: The Post; London\n\n"
        "Publication date: May 2, 2023\n\nFull text: They talk.\n\nNote: nobody left.\n\n"
        "Subject: Talks; Money\n\nProQuest document ID: {n}\n\nDocument URL: http://x.org/{n}\n\n"
    )
    parts = [entry.format(n=n) for n in (28, 29)]
    content = f"{LINE}\n\n".join(["", *parts, "Database copyright 2023"])
    (tmp_path / "a.txt").write_text(content)
    articles, _ = read(tmp_path / "a.txt")

    assert [one.id for one in articles] == ["28", "29"]
    for one in articles:
        assert (one.title, one.outlet) == ("Talks resume", "The Post; London")
        assert one.published == "2023-05-02"
        assert one.text == "They talk.\n\nNote: nobody left."
        assert one.meta["subject"] == "Talks; Money"


@pytest.mark.parametrize("delimiter", ["\t", "|", ";"])
def test_a_table_that_is_called_a_text(delimiter: str, tmp_path: Path) -> None:
    """Its rows are articles; prose with a comma stays prose."""
    rows = [["id", "text"], ["a", TEXTS[0]], ["b", TEXTS[1]]]
    (tmp_path / "a.txt").write_text("".join(delimiter.join(row) + "\n" for row in rows))
    (tmp_path / "b.txt").write_text("Talks, text\n\nThe minister spoke, and left.\n")

    assert [one.text for one in read(tmp_path / "a.txt")[0]] == TEXTS
    assert len(read(tmp_path / "b.txt")[0]) == 1


def test_workbooks_as_people_make_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Lines above the header are passed over, a header that comes again is no article."""
    rows = [["id", "text"], ["a", TEXTS[0]], ["id", "text"], ["b", TEXTS[1]]]
    path = sheet(tmp_path / "a.xlsx", ["Report on news"], [], *rows, hidden=True)
    articles, reasons = read(path)

    assert [one.text for one in articles] == [*TEXTS, "Hidden."]
    assert [one.record for one in articles] == [4, 6, 2]
    assert reasons == ["the header stands here again"]
    assert "the 2 rows before the header are passed over" in caplog.text
    assert "the hidden sheet 'Old' is read, too" in caplog.text


def test_a_sheet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    """It is one reject that names them, because nobody knows which is meant."""
    path = sheet(tmp_path / "a.xlsx", ["id", "text", "text"], ["a", *TEXTS])

    assert read(path) == ([], ["two columns are called 'text': rename one"])


def test_a_workbook_without_rows(tmp_path: Path) -> None:
    """It is one reject, whether it has a header or nothing at all."""
    bare = sheet(tmp_path / "a.xlsx")
    headed = sheet(tmp_path / "b.xlsx", ["id", "text"])

    assert read(bare) == read(headed) == ([], ["the file is empty"])


def test_a_sheet_of_one_column(tmp_path: Path) -> None:
    """Its first row is the header; what stands beside a later row without a name is kept."""
    path = sheet(tmp_path / "a.xlsx", ["text"], [TEXTS[0]], [TEXTS[1], "see page 3"])

    articles, _ = read(path)

    assert [one.text for one in articles] == TEXTS
    assert [one.meta for one in articles] == [{}, {"column_2": "see page 3"}]


@pytest.mark.parametrize(
    "record",
    [
        '{"_index": "n", "_id": "1", "_source": {"title": "Talks", "text": "They talk."}}',
        '{"id": "w", "webTitle": "Talks", "fields": {"bodyText": "They talk."}}',
    ],
)
def test_records_in_records(record: str, tmp_path: Path) -> None:
    """Elasticsearch and the Guardian wrap an article once more."""
    (tmp_path / "a.json").write_text(f'{{"response": {{"results": [{record}, {record}]}}}}')
    articles, reasons = read(tmp_path / "a.json")

    assert [(one.title, one.text) for one in articles] == [("Talks", "They talk.")] * 2
    assert reasons == []


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    """Such a record of a list is one reject; the others are read."""
    record = '{"text": "One.", "meta": {"text": "x"}}'
    (tmp_path / "a.json").write_text(f'[{record}, {{"text": "Two.", "text": "Three."}}]')
    articles, reasons = read(tmp_path / "a.json")

    assert [one.text for one in articles] == ["One."]
    assert reasons == ["2 columns are named 'text'"]


def test_what_a_sheet_hides_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Merged cells, hidden rows, and formulas that no program has computed are counted."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (["id", "text", "outlet"], [1, TEXTS[0], "The Post"], [2, TEXTS[1], None]):
        page.append(row)
    page.append([3, TEXTS[0], "=A1"])
    page.merge_cells("C2:C3")
    page.row_dimensions[3].hidden = True
    book.save(tmp_path / "a.xlsx")
    articles, _ = read(tmp_path / "a.xlsx")

    assert [one.outlet for one in articles] == ["The Post", "", ""]
    assert "merged ranges, in which only the first cell has the value: 1" in caplog.text
    assert "hidden rows, which are read, too: 1" in caplog.text
    assert "formulas without a stored value, whose cells are empty until a" in caplog.text


def test_a_mark_of_the_encoding_within_a_file(tmp_path: Path) -> None:
    """Where two files were joined, the second header is no article, and no id begins with it."""
    table = "id,text\na,One.\n"
    (tmp_path / "a.csv").write_text(f"{table}\ufeff{table}\ufeffb,Two.\n", encoding="utf-8")
    articles, reasons = read(tmp_path / "a.csv")

    assert [one.id for one in articles] == ["a", "a", "b"]
    assert reasons == ["the header stands here again"]


TALKS = '{"headline": "Talks", "body": "They talk.", "tags": [{"k": "a"}, {"k": "b"}]}'
RISE = '{"headline": "Fees", "body": "They rise."}'


@pytest.mark.parametrize(
    "text",
    [
        f"{TALKS}\n{RISE}\n",
        f"\n{TALKS}\r\n\r\n{RISE}",
        f"{TALKS}{RISE}",
        TALKS.replace(", ", ",\n") + RISE.replace(", ", ",\n"),
        f'{{"x1": {TALKS}, "x2": {RISE}}}',
        f'{{"facets": [{{"n": 1}}, {{"n": 2}}, {{"n": 3}}], "hits": [{TALKS}, {RISE}]}}',
        f'{{"text": "a query", "articles": [{TALKS}, {RISE}]}}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_ways_of_json(text: str, encoding: str, tmp_path: Path) -> None:
    """A record on each line, one after the other, by id, beside other lists: in any encoding."""
    path = tmp_path / "a.json"
    path.write_bytes(text.encode(encoding))
    articles, reasons = read(path)

    assert [one.title for one in articles] == ["Talks", "Fees"]
    assert reasons == []


def test_a_record_with_lists_is_a_record(tmp_path: Path) -> None:
    """What people wrote below an article, or its authors, are no articles."""
    path = tmp_path / "a.json"
    path.write_text(f'{TALKS[:-1]}, "comments": [{{"text": "Good."}}, {{"text": "Bad."}}]}}')
    articles, reasons = read(path)

    assert [one.text for one in articles] == ["They talk."]
    assert reasons == []


def test_a_broken_line_of_json(tmp_path: Path) -> None:
    """It is one reject, with its line, and the next line is read."""
    path = tmp_path / "a.json"
    path.write_text(f'{TALKS}\n{{"headline": "Cut", "bo\n{RISE}\n')
    articles, reasons = read(path)

    assert [one.title for one in articles] == ["Talks", "Fees"]
    assert len(reasons) == 1


def test_ids_by_which_records_stand(tmp_path: Path) -> None:
    """They are the articles' ids, unless the record has its own."""
    path = tmp_path / "a.json"
    path.write_text(f'{{"x1": {RISE}, "x2": {TALKS[:-1]}, "id": "own"}}}}')
    articles, _ = read(path)

    assert [one.id for one in articles] == ["x1", "own"]
