"""JSON Lines and Parquet as other programs write them, in bounded memory."""

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

from standfirst.corpus import Article, Reject, read_articles
from standfirst.errors import InputError
from standfirst.tables import BadRow, Row, parquet_files, read_rows, read_strictly


def test_json_lines_of_other_programs() -> None:
    """NaN is no value, and a list over many lines is its records; a broken line is one bad row."""
    content = b'[\n{"a": NaN, "b": [1, -Infinity]},\n{"a": 1,}\n,{"a": 2}\n{"a": 3}]\n'
    message: list[str] = []
    rows = list(read_rows(io.BytesIO(content), ".jsonl", report=message.append))

    assert rows[0] == Row(2, {"a": None, "b": [1, None]})
    assert rows[-1] == Row(5, {"a": 3})
    assert [row.line for row in rows if isinstance(row, BadRow)] == [3]
    assert message == ["the file is one JSON list, and is read as a record on each line"]


def test_legacy_encodings(tmp_path: Path) -> None:
    """Text formats are decoded alike; a table that must be sound is UTF-8."""
    text = "Le café de Genève a fermé à la fin de l'été, près du théâtre."
    path = tmp_path / "a.jsonl"
    path.write_bytes(f'{{"text": "{text}"}}\n'.encode("cp1252"))
    message: list[str] = []
    (row,) = read_rows(io.BytesIO(path.read_bytes()), ".jsonl", report=message.append)

    assert row == Row(1, {"text": text})
    assert message == ["the file is not UTF-8, and is read as cp1252"]
    with pytest.raises(InputError, match=r"a\.jsonl:1: broken JSON"):
        list(read_strictly(path))


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_packed_parquet(packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read, unless it would unpack to more than the limit; that is one bad row."""
    table = pa.table({"a": ["x" * 1000] * 3})
    parquet.write_table(table, tmp_path / "a.parquet", compression="none")
    raw = (tmp_path / "a.parquet").read_bytes()
    pack: Any = {"gz": gzip.compress, "zst": zstandard.compress}[packing]
    unpack: Any = {"gz": _gunzip, "zst": _unzst}[packing]

    assert [row.line for row in read_rows(unpack(pack(raw)), ".parquet")] == [1, 2, 3]
    monkeypatch.setattr(parquet_files, "UNPACKED_LIMIT", 100)
    (bad,) = read_rows(unpack(pack(raw)), ".parquet")
    assert isinstance(bad, BadRow)
    assert "when it is unpacked" in bad.problem


def _gunzip(raw: bytes) -> Any:
    return gzip.GzipFile(fileobj=io.BytesIO(raw))


def _unzst(raw: bytes) -> Any:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw))


def test_doubled_columns_of_parquet(tmp_path: Path) -> None:
    """One of two columns with the same name would be lost, so the file is refused."""
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    parquet.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(InputError, match="2 columns are named 'text'"):
        list(read_strictly(tmp_path / "a.parquet"))


@pytest.mark.parametrize("damaged", [b"\xff" * 40, b"\0" * 40, b"a" * 40])
def test_a_damaged_page_of_parquet_is_one_line(tmp_path: Path, damaged: bytes) -> None:
    """What pyarrow says in several lines is said in one, with the file."""
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"text": [f"sentence {n}" for n in range(50)]}), path)
    content = path.read_bytes()
    path.write_bytes(content[:4] + damaged + content[4 + len(damaged) :])

    with pytest.raises(InputError, match=r"rows\.parquet: .*; write the file again") as refused:
        list(read_strictly(path))
    assert "\n" not in str(refused.value)


def test_a_list_on_one_line() -> None:
    """Each of its records is a row; what is no record is one bad row, and an empty list, too."""
    stream = io.BytesIO(b'[{"n": 1}, 2, {"n": NaN}]\n[]\n["n"]\n')
    rows = list(read_rows(stream, ".jsonl"))

    assert [row.values for row in rows if isinstance(row, Row)] == [{"n": 1}, {"n": None}]
    assert [(row.line, row.raw) for row in rows if isinstance(row, BadRow)] == [
        (1, "2"),
        (2, b"[]"),
        (3, b'["n"]'),
    ]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1252", "Élan à côté"),
        ("cp1252", "Größe und Maß"),
        ("cp1251", "План"),
        ("cp1251", "Министр сказал"),
    ],
)
def test_few_words_beyond_ascii(encoding: str, word: str) -> None:
    """They are not taken for an alphabet in which nobody writes tables any more."""
    rows = "".join(f"{n},The minister spoke {word} today\n" for n in range(4))
    content = f"id,text\n{rows}".encode(encoding)
    (first, *_) = read_rows(io.BytesIO(content), ".csv")

    assert isinstance(first, Row)
    assert first.values["text"] == f"The minister spoke {word} today"


def test_a_header_that_comes_again() -> None:
    """Files that were joined have it in the middle: it is a bad row, and no record."""
    rows = list(read_rows(io.BytesIO(b"id,text\na,One.\nid,text\nb,Two.\n"), ".csv"))
    column = list(read_rows(io.BytesIO(b"text\nOne.\ntext\n"), ".csv"))

    assert [getattr(row, "problem", "") for row in rows] == ["", "the header stands here again", ""]
    assert [row.line for row in column if isinstance(row, Row)] == [2, 3]


def test_a_key_that_stands_twice() -> None:
    """It is one bad row, also beside objects that have the same keys inside; these are sound."""
    lines = (
        b'{"text": "One.", "n": 1, "text": "Two."}',
        b'{"text": "One.", "meta": {"text": "x", "n": 1}}',
        b'{"text": "The key \\"n\\": it stands in the text.", "n" : 1}',
        b'{"meta": {"text": 1}, "text": "One.", "text": "Two."}',
    )
    rows = list(read_rows(io.BytesIO(b"\n".join(lines)), ".jsonl"))
    problem = "2 columns are named 'text'"

    assert [getattr(row, "problem", "") for row in rows] == [problem, "", "", problem]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_a_wide_file_that_is_cut_within_a_character(encoding: str, tmp_path: Path) -> None:
    """Only the line that is cut is of no use, in JSON Lines and in CSV."""
    lines = '{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n'
    table = "id,text\na,One.\nb,Two.\n"
    texts = {}
    for suffix, content in ((".jsonl", lines), (".csv", table)):
        raw = content.encode(encoding)
        if encoding == "utf-16-le":
            raw = b"\xff\xfe" + raw
        path = tmp_path / f"cut{suffix}"
        path.write_bytes(raw[:-5])
        texts[suffix] = list(read_articles([str(path)]))

    for found in texts.values():
        assert [one.text for one in found if isinstance(one, Article)][:1] == ["One."]
        assert [one for one in found if isinstance(one, Reject)]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".txt"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_that_is_out_of_step(suffix: str, encoding: str, tmp_path: Path) -> None:
    """Where a byte is missing, the lines behind it are counted in one reject, and none is read."""
    rows = {
        ".jsonl": "".join(f'{{"id": "{n}", "text": "Talk {n}."}}\n' for n in range(9)),
        ".csv": "id,text\n" + "".join(f"{n},Talk {n}.\n" for n in range(9)),
        ".txt": "".join(f"Talk {n}.\n" for n in range(9)),
    }[suffix]
    raw = f"\ufeff{rows}".encode(encoding)
    at = raw.index("Talk 4".encode(encoding))
    for new in (raw[:at] + raw[at + 1 :], raw[:at] + b"x" + raw[at:]):
        path = tmp_path / f"step{suffix}"
        path.write_bytes(new)
        *articles, reject = read_articles([str(path)])

        assert isinstance(reject, Reject)
        assert "out of step" in reject.reason or "invalid UTF-16" in reject.reason
        assert [one.text for one in articles if isinstance(one, Article)] == (
            [] if suffix == ".txt" else [f"Talk {n}." for n in range(4)]
        )


def test_a_mark_that_lies(tmp_path: Path) -> None:
    """A mark of UTF-16 before plain text costs no row."""
    rows = "".join(f"{n},Talk {n}.\n" for n in range(9))
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe" + f"id,text\n{rows}".encode())
    articles = [one for one in read_articles([str(tmp_path / "a.csv")]) if isinstance(one, Article)]

    assert [one.text for one in articles] == [f"Talk {n}." for n in range(9)]


def test_a_mark_of_utf_16_before_a_plain_file(tmp_path: Path) -> None:
    """It is one bad line, even where a few bytes beyond ASCII follow."""
    path = tmp_path / "marked.jsonl"
    path.write_bytes(b"\xff\xfe\n\xff\xfe\n" + b'{"id": "a", "text": "They talk."}\n')
    articles = [one for one in read_articles([str(path)]) if isinstance(one, Article)]

    assert [one.text for one in articles] == ["They talk."]
