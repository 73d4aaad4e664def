"""Everything that goes wrong in files of strangers, fed through the command and counted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

LINES: list[tuple[bytes, str]] = [
    (b'{"id": "a1", "text": "Talks resumed."}', ""),
    (b'{"id": "x", "text": "cut off', "broken JSON"),
    (b'{"id": "a2", "text": "The court in Orl\xc3\xa9ans ruled."}', ""),
    (b'{"id": "x", "text": "a\\u0000b"}', "a NUL byte in the text"),
    (b'{"id": "x", "text": "a\0b"}', "broken JSON"),
    (b'{"id": "x", "text": "caf\xe9"}', "broken JSON"),
    (b'{"id": "x", "text": "' + b"x" * 100_000_000 + b'"}', "longer than 16 MB"),
    (b'{"id": "a3", "text": "Nobody spoke.", "n": 4}', ""),
    (b'{"id": "x", "headline": "No body"}', "no column for the text"),
    (b'{"id": "x", "text": null}', "the text is missing"),
    (b'{"id": "x", "text": 4}', "the text is not a string but int"),
    (b'{"id": "x", "text": ["a", "b"]}', "the text is not a string but list"),
    (b'{"id": "x", "text": " \\n "}', "the text is empty"),
    (b'{"id": "x", "text": "Share this:"}', "nothing but debris"),
    (b'{"id": "a1", "text": "Another text."}', "the id is taken"),
    (b'["text"]', "not a JSON object"),
    (b'{"id": 4, "text": "A number as an id.", "n": "four"}', ""),
    (b"", ""),
    (b'{"id": "a5", "text": "The end."}', ""),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """Make a study, and beside it a folder of bad files."""
    folder = tmp_path_factory.mktemp("work")
    run("init", "deals", cwd=folder)
    news = folder / "news"
    news.mkdir()
    (news / "lines.jsonl").write_bytes(b"\n".join(line for line, _ in LINES) + b"\n")
    (news / "mark.csv").write_bytes(
        b"\xef\xbb\xbfid,text\nb1,The mark is no text.\nb2,one,two\nb3,caf\xe9 closed\nb4,a\0b\n"
        b"b5,The last row.\n"
    )
    (news / "empty.jsonl").touch()
    (news / "empty.txt").touch()
    (news / "wide.txt").write_text("The minister left.", encoding="utf-16")
    (news / "latin.txt").write_bytes(
        ("The café in Orléans was closed by the préfet, and nobody was told why. " * 5).encode(
            "latin-1"
        )
    )
    return folder / "deals"


def test_good_rows_come_out_and_bad_rows_are_kept(study: Path, run: Run) -> None:
    """Each record is an article or a reject with its file, line and reason, and the sum is told."""
    done = run("corpus", "add", "../news", "--json", cwd=study)
    counts = json.loads(done.out)
    ids = {row.split()[0] for row in run("corpus", "show", cwd=study).out.splitlines()}
    lines = (study / "corpus/rejects.jsonl").read_bytes().splitlines()
    rejects = [json.loads(line) for line in lines]

    told = {(Path(one["file"]).name, one["record"]): one["reason"] for one in rejects}
    wanted = {
        ("lines.jsonl", number): reason for number, (_, reason) in enumerate(LINES, 1) if reason
    } | {
        ("mark.csv", 3): "3 cells where the header has 2",
        ("mark.csv", 4): "invalid UTF-8 in the column 'text'",
        ("mark.csv", 5): "a NUL byte in the text",
        ("empty.jsonl", None): "the file is empty",
        ("empty.txt", 1): "the text is empty",
    }
    assert done.code == 0
    assert told.keys() == wanted.keys()
    assert all(told[place].startswith(reason) for place, reason in wanted.items())
    assert all(len(one["raw"]) <= 2_000 for one in rejects)
    assert ids >= {"a1", "a2", "a3", "4", "a5", "b1", "b5"}
    assert counts["added"] == len(ids) == 9
    assert counts["rejected"] == len(rejects) == len(wanted)
    assert counts["read"] == counts["added"] + counts["rejected"]


def test_the_same_again_changes_nothing(study: Path, run: Run) -> None:
    """Articles are known, rejects are kept once; the words say so, and --strict exits with 1."""
    before = (study / "corpus/rejects.jsonl").read_bytes()

    again = run("corpus", "add", "../news", "--strict", cwd=study)

    assert again.code == 1
    assert again.out.splitlines()[0] == "27 records read: 0 added, 9 there already, 18 rejected"
    assert (study / "corpus/rejects.jsonl").read_bytes() == before
