"""Reading: every record comes out as an article or as a reject with its place and reason."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

from standfirst.corpus import Article, Fields, Reject, read_articles
from standfirst.corpus.reading.source import find
from standfirst.errors import InputError, MissingFileError, UnknownNameError
from standfirst.tables import RECORD_LIMIT


def read(path: Path, **fields: Any) -> tuple[list[Article], list[Reject]]:
    records = list(read_articles([str(path)], fields=Fields(**fields)))
    return (
        [one for one in records if isinstance(one, Article)],
        [one for one in records if isinstance(one, Reject)],
    )


GOOD = json.dumps({"id": "a", "text": "Élan resumes."}, ensure_ascii=False).encode()
BAD_LINES = {
    "broken": (b'{"text": "x"', "broken JSON"),
    "nul": (b'{"text": "a\\u0000b"}', "a NUL byte in the text"),
    "raw nul": (b'{"text": "a\0b"}', "broken JSON"),
    "utf-8": (b'{"text": "caf\xe9"}', "broken JSON"),
    "surrogate": (b'{"text": "\\ud800"}', ""),
    "no text": (b'{"headline": "x"}', "no column for the text"),
    "null": (b'{"text": null}', "the text is missing"),
    "number": (b'{"text": 4}', "the text is not a string but int"),
    "empty": (b'{"text": "  "}', "the text is empty"),
    "list": (b'["text"]', "not a JSON object"),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_is_set_aside_alone(kind: str, tmp_path: Path) -> None:
    """The lines around it are read; it is told with file, line, reason and raw text."""
    bad, reason = BAD_LINES[kind]
    path = tmp_path / "news.jsonl"
    path.write_bytes(b"\n".join([GOOD, bad, GOOD.replace(b'"a"', b'"b"')]))

    articles, rejects = read(path)

    assert [article.id for article in articles] == ["a", "b"]
    assert [(one.file, one.record) for one in rejects] == [(str(path), 2)]
    assert reason in rejects[0].reason
    assert rejects[0].raw


def test_a_line_beyond_the_limit_is_skipped(tmp_path: Path) -> None:
    """A line of many megabytes is one reject, and the next line is read."""
    path = tmp_path / "news.jsonl"
    path.write_bytes(b'{"text": "' + b"x" * (2 * RECORD_LIMIT + 5) + b'"}\n' + GOOD + b"\n")

    articles, rejects = read(path)

    assert [article.id for article in articles] == ["a"]
    assert [(one.record, one.reason) for one in rejects] == [(1, "longer than 16 MB")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_honoured(encoding: str, tmp_path: Path) -> None:
    """Whatever mark a file begins with, its text is read."""
    path = tmp_path / "news.jsonl"
    path.write_text('{"text": "Élan."}\n{"text": "Größe."}\n', encoding=encoding)

    articles, rejects = read(path)

    assert [article.text for article in articles] == ["Élan.", "Größe."]
    assert rejects == []


@pytest.mark.parametrize("name", ["e.txt", "e.csv", "e.jsonl", "e.tsv", "e.md"])
def test_an_empty_file_is_told(name: str, tmp_path: Path) -> None:
    """It is a reject, not an error and not nothing."""
    (tmp_path / name).touch()

    articles, rejects = read(tmp_path / name)

    assert articles == []
    assert "empty" in rejects[0].reason


def test_columns_are_guessed_and_the_rest_is_kept(tmp_path: Path) -> None:
    """Usual names are found whatever their case; what no field claims is meta."""
    path = tmp_path / "news.csv"
    path.write_text("ID;Headline;Full text;Newspaper;Date;topic\n007;Hi;Text.;Post;2026-01-02;t\n")

    articles, _ = read(path)

    assert articles == [
        Article(
            "007",
            "Hi",
            "Text.",
            "Post",
            "2026-01-02",
            meta={"topic": "t"},
            file=str(path),
            record=2,
        )
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    """A named column wins over a guess, and one that is not there is told."""
    path = tmp_path / "news.jsonl"
    path.write_text('{"text": "wrong", "main": "Right."}\n{"text": "wrong"}\n')

    articles, rejects = read(path, text="main")

    assert [article.text for article in articles] == ["Right."]
    assert rejects[0].reason == "no column 'main'"


def test_bad_rows_of_a_csv(tmp_path: Path) -> None:
    """A ragged row and one that is not UTF-8 are rejects; the rows around them are read."""
    path = tmp_path / "news.csv"
    path.write_bytes(
        "id,text\n1,Élan.\n2,a,b\n3,caf".encode() + b"\xe9\n" + b'4,"two\nlines"\n5,End.\n'
    )

    articles, rejects = read(path)

    assert [article.id for article in articles] == ["1", "4", "5"]
    assert [one.record for one in rejects] == [3, 4]
    assert rejects[0].reason == "3 cells where the header has 2"
    assert rejects[1].reason == "invalid UTF-8 in the column 'text'"


def test_another_encoding_is_found(tmp_path: Path) -> None:
    """A Latin-1 text is read as what it is, and the article says so."""
    path = tmp_path / "article.txt"
    text = "Le gouvernement a confirmé mardi que les négociations étaient avancées. " * 4
    path.write_bytes(text.encode("latin-1"))

    articles, _ = read(path)

    assert articles[0].text == text
    assert articles[0].meta["encoding"] in {"cp1252", "latin_1", "cp1250", "iso8859_1"}


def test_a_text_file_gives_its_headline(tmp_path: Path) -> None:
    """A first line that a blank line follows is the title, a sentence is not."""
    (tmp_path / "a.txt").write_text("Talks resume\n\nThey talk.\nAgain.")
    (tmp_path / "b.txt").write_text("They talk.\n\nAgain.")

    titled, untitled = (read(tmp_path / name)[0][0] for name in ("a.txt", "b.txt"))

    assert (titled.title, titled.text) == ("Talks resume", "They talk.\nAgain.")
    assert (untitled.title, untitled.text) == ("", "They talk.\n\nAgain.")


def test_parquet_and_compressed_files(tmp_path: Path) -> None:
    """Parquet, .gz and .zst give the same articles; a broken or cut one is told."""
    table = pa.table({"id": ["a", "b"], "text": ["One.", "Two."], "n": [1, None]})
    parquet.write_table(table, tmp_path / "x.parquet")
    lines = b'{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n'
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "x.jsonl.zst").write_bytes(zstandard.compress(lines))
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(lines * 5_000)[:-20])
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:-20])

    for name in ("x.parquet", "x.jsonl.gz", "x.jsonl.zst"):
        articles, rejects = read(tmp_path / name)
        assert [(one.id, one.text) for one in articles] == [("a", "One."), ("b", "Two.")]
        assert rejects == []
    assert "cannot be read to its end" in read(tmp_path / "cut.jsonl.gz")[1][-1].reason
    assert "broken Parquet" in read(tmp_path / "cut.parquet")[1][0].reason


def test_what_has_no_suffix_is_told_by_its_beginning(tmp_path: Path) -> None:
    """JSON Lines, a page, Parquet and compressed files are read whatever they are called."""
    parquet.write_table(pa.table({"text": ["One."]}), tmp_path / "table")
    (tmp_path / "lines").write_bytes(b'{"text": "One."}')
    (tmp_path / "packed").write_bytes(zstandard.compress(b'{"text": "One."}'))
    (tmp_path / "misnamed.jsonl").write_bytes(gzip.compress(b'{"text": "One."}'))
    (tmp_path / "prose").write_text("One.")
    (tmp_path / "rows").write_text("id,text\n1,One.\n")
    (tmp_path / "numbers").write_text("id,n\n1,2\n2,3\n3,4\n")

    for name in ("table", "lines", "packed", "misnamed.jsonl", "prose", "rows"):
        assert [one.text for one in read(tmp_path / name)[0]] == ["One."]
    with pytest.raises(UnknownNameError, match=r"format of .*numbers \(name it with --format\)"):
        read(tmp_path / "numbers")


@pytest.mark.parametrize(
    ("part", "suffix"),
    [
        ("word/document.xml", ".docx"),
        ("xl/workbook.xml", ".xlsx"),
        ("content.xml", ".odt"),
        ("a.txt", ".zip"),
    ],
)
def test_zipped_formats_are_told_apart(part: str, suffix: str, tmp_path: Path) -> None:
    """A document, a workbook and an archive are known by what they hold, in any order."""
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr("pictures/large", "x" * 10_000)
        archive.writestr(part, "x")
    (source,) = find([str(tmp_path / "x")], ())

    assert source.kind() == suffix


def test_folders_and_globs(tmp_path: Path) -> None:
    """Files are found in a stable order, each once; hidden ones are left."""
    for name in ("b.txt", "a.jsonl", ".hidden.txt", "picture.png"):
        (tmp_path / name).write_text('{"text": "One."}')

    names = [one.file for one in read_articles([str(tmp_path), str(tmp_path / "*.txt")])]

    assert names == [str(tmp_path / name) for name in ("a.jsonl", "b.txt", "picture.png")]


def test_what_cannot_be_read_is_refused_at_once(tmp_path: Path) -> None:
    """A missing path, an empty folder, an unknown format: told before anything is read."""
    (tmp_path / "x.bin").touch()

    with pytest.raises(MissingFileError, match="no such file"):
        list(read_articles([str(tmp_path / "gone.txt")]))
    with pytest.raises(MissingFileError, match="no file matches"):
        list(read_articles([str(tmp_path / "*.txt")]))
    with pytest.raises(InputError, match="no readable file in this folder"):
        list(read_articles([str(tmp_path)]))
    with pytest.raises(UnknownNameError, match=r"unknown format of .*x\.bin \(name it .*: '\.bin'"):
        list(read_articles([str(tmp_path / "x.bin")]))


PAGE = (
    b"<html><head><title>Talks resume</title></head><body><nav>Home</nav><article><h1>Talks</h1>"
    b"<p>The minister said on Monday that the talks would go on until the end of the month.</p>"
    b"<p>Nobody from the other side of the river was ready to confirm what she had said.</p>"
    b"<p>A first draft of the text is expected before parliament meets again in the autumn.</p>"
    b"</article></body></html>"
)


def warc(page: bytes, kind: bytes = b"text/html", status: bytes = b"200 OK") -> bytes:
    """Give one response record of an archive."""
    body = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        status, kind, len(page), page
    )  # fmt: skip
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://post.example/talks\r\n"
        b"WARC-Date: 2026-01-01T00:00:00Z\r\n"
        b"WARC-Record-ID: <urn:uuid:12345678-1234-1234-1234-123456789012>\r\n"
        b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
    ) % (len(body), body)


@pytest.mark.slow
def test_web_pages(tmp_path: Path) -> None:
    """The article is found on the page; a page without one is told."""
    (tmp_path / "a.html").write_bytes(PAGE)
    (tmp_path / "b.html").write_bytes(b"<html><body></body></html>")

    (article,), _ = read(tmp_path / "a.html")
    _, (reject,) = read(tmp_path / "b.html")

    assert article.title == "Talks"
    assert "The minister said on Monday" in article.text
    assert "Home" not in article.text
    assert reject.reason == "no article on this page"


@pytest.mark.parametrize("name", ["news.warc", "news.warc.gz"])
def test_web_archives(name: str, tmp_path: Path) -> None:
    """Each HTML response gives an article; what is no page is passed over; a break is told."""
    records = [warc(PAGE), warc(b"%PDF", b"application/pdf"), warc(PAGE, status=b"404 Not Found")]
    records += [warc(b"<html></html>"), b"no record at all\r\n\r\n"]
    pack = gzip.compress if name.endswith(".gz") else bytes
    (tmp_path / name).write_bytes(b"".join(map(pack, records)))

    articles, rejects = read(tmp_path / name)

    assert [(one.url, one.record) for one in articles] == [("https://post.example/talks", 1)]
    assert [(one.record, one.reason) for one in rejects[:1]] == [(4, "no article on this page")]
    assert "WARC" in rejects[-1].reason


def test_workbooks(tmp_path: Path) -> None:
    """Each row of a sheet is a record; a row whose text is a number is told."""
    book = openpyxl.Workbook()
    for row in (("Headline", "Body"), ("Talks", "They talk."), (None, None), ("Sum", 7)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "b.xlsx").write_bytes(b"PK nothing")

    articles, rejects = read(tmp_path / "a.xlsx")

    assert [(one.title, one.text, one.record) for one in articles] == [("Talks", "They talk.", 2)]
    assert [(one.record, one.reason) for one in rejects] == [
        (4, "the text is not a string but int")
    ]
    assert "broken workbook" in read(tmp_path / "b.xlsx")[1][0].reason


def test_exports_of_annotation_tools(tmp_path: Path) -> None:
    """Label Studio's tasks and Prodigy's examples give their texts; a break in the file is told."""
    tasks = [{"id": 1, "data": {"text": "One.", "outlet": "Post"}}]
    examples = [{"text": "Two.", "meta": {"source": "Wire"}, "answer": "accept"}]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    (tmp_path / "prodigy.json").write_text(json.dumps(examples))
    (tmp_path / "broken.json").write_text('[{"text": "Three."}, {"te')

    (task,), _ = read(tmp_path / "tasks.json")
    (example,), _ = read(tmp_path / "prodigy.json")
    broken = read(tmp_path / "broken.json")

    assert (task.text, task.outlet) == ("One.", "Post")
    assert (example.text, example.outlet, example.meta) == ("Two.", "Wire", {"answer": "accept"})
    assert broken[0][0].text == "Three."
    assert (broken[1][0].record, broken[1][0].reason[:11]) == (2, "broken JSON")


def test_an_archive_that_was_cut(tmp_path: Path) -> None:
    """Wherever a plain archive ends, a record is whole or a reject; never half an article."""
    record = warc(PAGE)
    whole = len(record) - len(b"\r\n\r\n")
    for size in (whole, whole - 1, whole - 200, record.index(b"<p>") + 5, 40):
        (tmp_path / "a.warc").write_bytes(record + record[:size])

        articles, rejects = read(tmp_path / "a.warc")

        assert len(articles) == (2 if size == whole else 1)
        assert {article.text for article in articles} == {articles[0].text}
        assert len(articles) + len(rejects) >= 2


def workbook(path: Path, part: str, content: bytes) -> None:
    """Write a workbook with one part of it replaced."""
    book = openpyxl.Workbook()
    book.active.append(("text",))
    book.save(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()} | {part: content}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, raw in parts.items():
            new.writestr(name, raw)


def test_broken_and_swollen_workbooks_are_one_reject(tmp_path: Path) -> None:
    """Whatever is wrong in one, the files beside it are read."""
    sheet = "xl/worksheets/sheet1.xml"
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    cell = b'<sheetData><row r="1"><c t="inlineStr"><is><t>%s</t></is></c></row></sheetData>'
    workbook(tmp_path / "a.xlsx", sheet, start + cell % (b"A" * (RECORD_LIMIT + 2**21)))
    workbook(tmp_path / "b.xlsx", sheet, start + b"<sheetData><row r='x'><c r='1'")
    workbook(tmp_path / "c.xlsx", "xl/workbook.xml", b"<workbook")
    (tmp_path / "d.txt").write_text("They talk.")

    records = list(read_articles([str(tmp_path)]))

    assert [Path(record.file).name for record in records if isinstance(record, Article)] == [
        "d.txt"
    ]
    assert {Path(record.file).name for record in records} == {"a.xlsx", "b.xlsx", "c.xlsx", "d.txt"}
