"""Every bad input goes through `tag`: each record is tagged or told, and none is lost."""

import gzip
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.corpus import Article, Reject, load_rejects, read_articles
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.run import Options, Summary, prepare, run
from standfirst.tables import RECORD_LIMIT

GOOD = "The minister defended plan {}. Campaigners called it cruel."


def good(name: str) -> bytes:
    """Give a line that is of use."""
    return json.dumps({"id": name, "text": GOOD.format(name), "outlet": "Post"}).encode()


BAD_LINES = (
    b'{"text": "x"',
    b'{"text": "a\\u0000b"}',
    b'{"text": "a\0b"}',
    b'{"text": "caf\xe9"}',
    b'{"text": "\\ud800"}',
    b'{"headline": "x"}',
    b'{"text": null}',
    b'{"text": 4}',
    b'{"text": "  "}',
    b'["text"]',
    b'{"text": ["a", "b"]}',
    b'{"id": "good-3", "text": "Another text under an id that is taken."}',
    b'{"text": "Leave a comment"}',
    b"\t",
    b"NaN",
)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with everything that can be wrong."""
    folder = tmp_path_factory.mktemp("bad") / "inputs"
    folder.mkdir()
    lines = [line for k, bad in enumerate(BAD_LINES) for line in (good(f"good-{k}"), bad)]
    lines.insert(9, b'{"text": "' + b"x" * (2 * RECORD_LIMIT + 5) + b'"}')
    (folder / "lines.jsonl").write_bytes(b"\n".join(lines))
    (folder / "marked.jsonl").write_bytes(b"\xef\xbb\xbf" + good("marked") + b"\n" + good("good-1"))
    (folder / "wide.jsonl").write_text('{"text": "Élan."}\n{"text": 4}\n', encoding="utf-16")
    (folder / "latin.txt").write_bytes(("Le président a confirmé l’été. " * 9).encode("cp1252"))
    (folder / "empty.jsonl").touch()
    (folder / "empty.csv").touch()
    (folder / "empty.txt").touch()
    (folder / "blank.txt").write_text(" \n\n ")
    (folder / "nul.txt").write_bytes(b"One.\0Two.")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 4)
    rows = b"".join(
        b'%d,"The plan\nwill work in %d."\n%d,a,b\n%d,caf\xe9\n%d,\xc3\x89lan en %d.\n%d,=1+%d\n'
        % ((k,) * 8)
        for k in range(30)
    )
    (folder / "ragged.csv").write_bytes(b"id,text\n" + rows)
    (folder / "no-column.csv").write_text("id,headline\n1,x\n2,y\n")
    (folder / "quote.csv").write_text('id,text\nq1,"never closed\nq2,x\n')
    compressed = gzip.compress(b"\n".join(good(f"z{k}") for k in range(600)))
    (folder / "cut.jsonl.gz").write_bytes(compressed[:-50])
    (folder / "no-archive.jsonl.gz").write_bytes(b"no archive at all")
    table = pa.table(
        {"id": [f"p{k}" for k in range(60)], "text": [GOOD.format(k) for k in range(60)]}
    )
    parquet.write_table(table, folder / "fine.parquet", row_group_size=10)
    whole = (folder / "fine.parquet").read_bytes()
    (folder / "short.parquet").write_bytes(whole[:-20])
    (folder / "numbers.parquet").write_bytes(b"")
    parquet.write_table(pa.table({"text": [1, 2, 3]}), folder / "numbers.parquet")
    (folder / "broken.json").write_text('[{"text": "Three plans failed."}, 4, {"te')
    (folder / "no-list.json").write_text('{"text": "x"}')
    (folder / "no-page.html").write_text("<html><body></body></html>")
    (folder / "no-archive.warc").write_bytes(b"no record at all\r\n\r\n")
    (folder / "no-book.xlsx").write_bytes(b"PK nothing")
    book = openpyxl.Workbook()
    for row in (("Headline", "Body"), ("Talks", "They talk."), (None, None), ("Sum", 7)):
        book.active.append(row)
    book.save(folder / "book.xlsx")
    return folder


def tagged(model: Path, inputs: Path, out: Path, shard: int) -> Summary:
    return run(prepare(model, [str(inputs)], str(out), Options(shard=shard)), Local(1))


@pytest.mark.slow
@pytest.mark.parametrize("shard", [1_000, 4 * 2**20])
def test_every_bad_input_is_told(
    saved_model: Path, inputs: Path, tmp_path: Path, shard: int
) -> None:
    """Counts add up, and the rejects are those that a plain reading of the folder tells."""
    records = list(read_articles([str(inputs)]))
    summary = tagged(saved_model, inputs, tmp_path / "out", shard)
    rejects = load_rejects(tmp_path / "out" / "rejects.jsonl")
    articles = parquet.read_table(tmp_path / "out" / "articles.parquet")
    units = parquet.read_table(tmp_path / "out" / "tags")

    told = summary.articles + summary.aside + summary.duplicates + summary.rejects
    assert summary.records == len(records) == told
    assert len(articles) == summary.articles
    assert len(units) == summary.units == sum(articles["n_units"].to_pylist())
    assert len(rejects) == summary.rejects
    own = ("is taken by", "nothing but debris")
    expected = [(one.file, one.record, one.reason) for one in records if isinstance(one, Reject)]
    found = [
        (one.file, one.record, one.reason)
        for one in rejects
        if not any(reason in one.reason for reason in own)
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)
    ids = {one.id for one in records if isinstance(one, Article)}
    debris = sum("nothing but debris" in one.reason for one in rejects)
    assert debris == 1
    assert len(ids) == summary.articles + debris
    assert [one.record for one in rejects if "another text: 'good-3'" in one.reason] == [25]


def test_a_torn_parquet(saved_model: Path, inputs: Path, tmp_path: Path) -> None:
    """Read in ranges, a file loses the row group that is torn, and not those behind it."""
    whole = (inputs / "fine.parquet").read_bytes()
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(whole[:900] + bytes(60) + whole[960:])
    one = tagged(saved_model, torn, tmp_path / "one", 4 * 2**20)
    ranges = tagged(saved_model, torn, tmp_path / "ranges", 1_000)

    assert one.rejects == ranges.rejects == 1
    assert one.articles < ranges.articles < 60
    assert ranges.first_reject.startswith(f"{torn}:")
