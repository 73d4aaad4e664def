"""Plans: every record is in exactly one task, whatever the file looks like."""

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from standfirst.corpus import Article, Fields, Reject, read_articles
from standfirst.models.runs.inputs.cuts import MOST_PASSES
from standfirst.models.runs.inputs.pieces import Lines, read_piece
from standfirst.models.runs.inputs.plan import Plan, holds_units, inputs_of, plan


def pieced(found: Plan) -> list[Article | Reject]:
    """Read all tasks, and number the records as the end of a run does."""
    records: list[Article | Reject] = []
    before = 0
    for task in found.tasks:
        lines = Lines()
        for piece in task.pieces:
            for one in read_piece(piece, Fields(), lines):
                shift = before if piece.shift is None else 0
                number = None if one.record is None else one.record + shift
                records.append(replace(one, record=number))
        before += lines.n
    return records


def check(path: Path, shard: int) -> Plan:
    """Hold that the pieces give what the whole file gives."""
    found = plan(inputs_of([str(path)], None), shard=shard)
    whole = [replace(one, file="") for one in read_articles([str(path)])]

    assert [replace(one, file="") for one in pieced(found)] == whole
    assert [task.number for task in found.tasks] == list(range(len(found.tasks)))
    return found


LINES = st.sampled_from(
    [
        '{"text": "Élan."}',
        '{"text": "A longer line of text, with a \\n in it."}',
        "",
        "{broken",
        '{"text": 4}',
        '{"id": "x", "text": "Größe."}\r',
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=30), st.booleans(), st.integers(1, 90), st.booleans())
def test_ranges_of_json_lines(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    marked: bool,  # noqa: FBT001
    shard: int,
    ended: bool,  # noqa: FBT001
) -> None:
    """Whatever the lines and the size of a shard, each line is read once, with its number."""
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    text = "\n".join(lines) + "\n" * ended
    path.write_text(text, encoding="utf-8-sig" if marked else "utf-8", newline="")

    check(path, shard)


CELLS = st.text(st.sampled_from('abé",;\n\r x'), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=25), st.integers(1, 120))
def test_ranges_of_csv(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], shard: int
) -> None:
    """Quoted cells may hold delimiters and line ends: no record is torn, and numbers are right."""
    path = tmp_path_factory.mktemp("cells") / "a.csv"
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["outlet", "text"])
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")

    check(path, shard)


def test_a_broken_csv(tmp_path: Path) -> None:
    """Ragged rows and bytes that are not UTF-8 stay one reject each."""
    path = tmp_path / "a.csv"
    row = b'%d,"two\nlines"\n%d,caf\xe9\n%d,a,b\n%d,\xc3\x89lan\n%d,\xc3\x89toile\n'
    path.write_bytes(b"id,text\n" + b"".join(row % ((k,) * 5) for k in range(40)))

    assert len(check(path, 100).tasks) > 5


@pytest.mark.parametrize("suffix", [".gz", ".zst", ""])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_compressed_files(tmp_path: Path, suffix: str, form: str) -> None:
    """They are cut too, into a bounded number of ranges."""
    path = tmp_path / f"a.{form}{suffix}"
    pack = zstandard.compress if suffix == ".zst" else gzip.compress
    if form == "jsonl":
        rows = [json.dumps({"id": str(k), "text": f"Text {k} of many."}) for k in range(2_000)]
    else:
        rows = ["id,text", *(f'{k},"Text\n{k}"' for k in range(2_000))]
    path.write_bytes(pack("\n".join(rows).encode()))

    assert len(check(path, 1_000).tasks) == MOST_PASSES


def test_a_truncated_archive(tmp_path: Path) -> None:
    """What can be read is read, and the break is told once."""
    path = tmp_path / "a.jsonl.gz"
    rows = "".join(
        json.dumps({"id": str(k), "text": f"Text {k * k}."}) + "\n" for k in range(9_000)
    )
    path.write_bytes(gzip.compress(rows.encode())[:-2_000])
    found = pieced(plan(inputs_of([str(path)], None), shard=1_000))

    rejects = [one for one in found if isinstance(one, Reject)]
    assert [one.reason[:26] for one in rejects] == ["cannot be read to its end:"]
    assert len(found) == len(list(read_articles([str(path)])))


@pytest.mark.parametrize("size", [7, 50, 1_000])
def test_rows_of_parquet(tmp_path: Path, size: int) -> None:
    """Row groups are put together or cut, and each row is read once."""
    path = tmp_path / "a.parquet"
    rows = {"id": [str(k) for k in range(300)], "text": [f"Text {k}." for k in range(300)]}
    rows["text"][17] = None  # type: ignore[call-overload]
    parquet.write_table(pa.table(rows), path, row_group_size=size)

    assert len(check(path, 600).tasks) > 3


def test_small_files_are_read_together(tmp_path: Path) -> None:
    """A task takes several, in order; other alphabets and broken files are read whole."""
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text(f"Text number {number}.")
    (tmp_path / "wide.jsonl").write_text('{"text": "Élan."}\n' * 90, encoding="utf-16")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1" * 90)
    found = plan(inputs_of([str(tmp_path)], None), shard=100)

    assert 5 <= len(found.tasks) <= 7
    texts = [one.text for one in pieced(found) if isinstance(one, Article)]
    assert [text for text in texts if "number" in text] == [f"Text number {k}." for k in range(30)]
    assert texts.count("Élan.") == 90
    assert plan(inputs_of([str(tmp_path)], None), shard=100) == found


def test_ready_units_are_known(tmp_path: Path) -> None:
    """By their columns, in every format that has some, or by several rows an article."""
    table = pa.table({"unit_id": ["u"], "text": ["One."], "article_id": ["a"]})
    parquet.write_table(table, tmp_path / "u.parquet")
    (tmp_path / "u.jsonl").write_text('{"unit_id": "u", "text": "One."}\n')
    (tmp_path / "u.csv").write_text("unit_id;text\nu;One.\n")
    (tmp_path / "a.jsonl").write_text('{"id": "u", "text": "One."}\n')
    rows = [{"article_id": f"a{k // 3}", "text": f"Sentence {k}."} for k in range(9)]
    (tmp_path / "coded.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    versions = [{"article_id": f"a{k % 8}", "text": f"Story {k}."} for k in range(9)]
    (tmp_path / "versions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in versions))

    told = {
        name: holds_units(inputs_of([str(tmp_path / name)], None), Fields())
        for name in ("u.parquet", "u.jsonl", "u.csv", "a.jsonl", "coded.jsonl", "versions.jsonl")
    }
    assert [name for name, units in told.items() if units] == [
        "u.parquet",
        "u.jsonl",
        "u.csv",
        "coded.jsonl",
    ]


def test_fingerprints_follow_the_content(tmp_path: Path) -> None:
    """The same bytes have the same one, wherever and whenever; other bytes have another."""
    for name, text in (("a.txt", "One."), ("b.txt", "One."), ("c.txt", "Two.")):
        (tmp_path / name).write_text(text)
    a, b, c = (one.fingerprint for one in inputs_of([str(tmp_path)], None))

    assert a == b != c
