"""The store: appended whole, incremental, and the same whatever happened in between."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from standfirst.corpus import (
    Article,
    Preparation,
    Reject,
    add,
    load_articles,
    load_rejects,
    load_units,
    read_articles,
    recut,
)
from standfirst.corpus.storing import add as ingest
from standfirst.errors import StudyError

SHARED = Path(__file__).parents[4] / "shared"


def articles(n: int) -> list[Article | Reject]:
    made: list[Article | Reject] = [
        Article(
            f"a{i}", f"Story {i}", f"The minister of town {i} spoke. Number {i} is a fact.", "Post"
        )
        for i in range(n)
    ]
    made.insert(n // 2, Reject("x.jsonl", 3, "broken JSON", "{"))
    return made


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_counts_add_up(tmp_path: Path) -> None:
    """Every record that was read is counted once, and the tables hold what was counted."""
    records = [*articles(5), Article("a1", "Other", "Another text in the place of the first.")]
    records += [
        Article("fr", "", "Le gouvernement a confirmé mardi que les discussions étaient en cours.")
    ]

    counts = add(tmp_path, records)

    assert (counts.read, counts.added, counts.aside, counts.rejected) == (8, 5, 1, 2)
    assert len(load_articles(tmp_path)) == 6
    assert len(load_units(tmp_path)) == counts.units == 10
    assert (
        "taken by an article with another text"
        in load_rejects(tmp_path / "rejects.jsonl")[1].reason
    )
    assert [row["aside"] for row in load_articles(tmp_path) if row["aside"]] == ["language is fr"]


def test_adding_again_adds_nothing(tmp_path: Path) -> None:
    """The files stay the same to the byte."""
    add(tmp_path, articles(5))
    before = digests(tmp_path)

    counts = add(tmp_path, articles(5))

    assert (counts.known, counts.added, counts.units) == (5, 0, 0)
    assert digests(tmp_path) == before


def test_an_interrupted_run_ends_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed between parts and is started again gives the same bytes."""
    monkeypatch.setattr(ingest, "PART", 3)

    def dies() -> Iterator[Article | Reject]:
        yield from articles(10)[:8]
        raise KeyboardInterrupt

    add(tmp_path / "whole", articles(10))
    with pytest.raises(KeyboardInterrupt):
        add(tmp_path / "killed", dies())
    assert len(load_articles(tmp_path / "killed")) == 6
    add(tmp_path / "killed", articles(10))

    assert digests(tmp_path / "killed") == digests(tmp_path / "whole")


@pytest.mark.slow
def test_workers_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What several processes make is what one makes, to the byte; nothing is left aside."""
    monkeypatch.setattr(ingest, "PART", 3)

    add(tmp_path / "one", articles(10))
    add(tmp_path / "two", articles(10), n_workers=2)

    assert digests(tmp_path / "two") == digests(tmp_path / "one")


def test_what_a_killed_run_left_aside_is_swept(tmp_path: Path) -> None:
    """A table that was being written when the process died is not there after the next run."""
    left = tmp_path / "articles" / ".00000.parquet.part"
    left.parent.mkdir()
    left.write_bytes(b"PAR1 half")

    add(tmp_path, articles(3))

    assert not left.exists()
    assert len(load_articles(tmp_path)) == 3


def test_copies_share_a_cluster(tmp_path: Path) -> None:
    """Syndicated copies are found within a run and across runs, whatever the order."""
    text = " ".join(
        f"The court of town {i} heard the {i}th case of the week on Monday." for i in range(20)
    )
    wire = Article("wire", "Cases heard", text)
    copy = Article("copy", "Court hears cases", f"Our own opening line. {text[:-60]}")
    other = Article(
        "other", "", "Quite another story about a river and the people who live beside it."
    )

    first = add(tmp_path, [wire, other])
    second = add(tmp_path, [copy])

    clusters = {row["article_id"]: row["cluster"] for row in load_units(tmp_path)}
    assert (first.copies, second.copies) == (0, 1)
    assert clusters == {"wire": "copy", "copy": "copy", "other": "other"}


def test_only_the_first_copy_is_kept_on_request(tmp_path: Path) -> None:
    """Copies stay stored and counted, and have no units, until all are kept again."""
    text = " ".join(f"The court of town {i} heard case {i} of the week." for i in range(20))
    pages = [Article("b", "", text), Article("a", "", f"Seen. {text}"), Article("c", "", "Other.")]

    counts = add(tmp_path, pages, keep="first")
    kept = set(load_units(tmp_path)["article_id"])
    again = add(tmp_path, [Article("d", "", "Quite another one.")])
    every = recut(tmp_path, Preparation(), keep="all")

    assert (counts.copies, counts.keep, again.keep) == (1, "first", "first")
    assert kept == {"b", "c"}
    assert every.keep == "all"
    assert set(load_units(tmp_path)["article_id"]) == {"a", "b", "c", "d"}


def test_languages_are_taken_in_later(tmp_path: Path) -> None:
    """What was set aside gets its units when the study names its language, and ids stay."""
    french = "Le gouvernement a confirmé mardi que les discussions étaient en cours. Il a refusé."
    add(tmp_path, [*articles(3), Article("fr", "", french)])
    before = set(load_units(tmp_path)["unit_id"])
    both = Preparation(languages=("en", "fr"))

    with pytest.raises(StudyError, match=r"languages en, now en fr\); .* standfirst corpus cut"):
        add(tmp_path, articles(4), both)
    result = recut(tmp_path, both)
    units = load_units(tmp_path)
    back = recut(tmp_path, Preparation())

    assert (result.units, result.same, result.gone, result.taken_in) == (8, 6, 0, 1)
    assert before < set(units["unit_id"])
    assert list(units["text"])[-1] == "Il a refusé."
    assert (back.units, back.same, back.gone, back.aside) == (6, 6, 2, 1)


def test_cut_again_as_another_kind(tmp_path: Path) -> None:
    """Paragraphs instead of sentences; the same settings again change no byte."""
    add(tmp_path, articles(3))

    recut(tmp_path, Preparation(unit="article"))
    once = digests(tmp_path)
    recut(tmp_path, Preparation(unit="article"))

    assert set(load_units(tmp_path)["kind"]) == {"article"}
    assert digests(tmp_path) == once


def test_some_columns_of_some_units(tmp_path: Path) -> None:
    """A large corpus can be read in part."""
    add(tmp_path, articles(3))

    table = load_units(tmp_path, ("text", "cluster"), article="a1")

    assert table.column_names == ["text", "cluster"]
    assert list(table["cluster"]) == ["a1", "a1"]


def test_an_empty_corpus_is_told(tmp_path: Path) -> None:
    """The error says which command comes first."""
    with pytest.raises(
        StudyError, match="corpus is empty; add articles with: standfirst corpus add"
    ):
        load_units(tmp_path)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared here")
def test_real_articles(tmp_path: Path) -> None:
    """The two scraped articles give what a careful reader would write down.

    The file holds the hash of each expected sentence, and no text.
    """
    counts = add(tmp_path, read_articles([str(SHARED / "articles")]))
    expected = json.loads(Path(__file__).with_name("real_articles.json").read_text())

    found = [
        [unit["start"], unit["end"], hashlib.sha256(unit["text"].encode()).hexdigest()[:16]]
        for unit in load_units(tmp_path)
    ]
    titles = [
        hashlib.sha256(title.encode()).hexdigest()[:16] if title else ""
        for title in load_articles(tmp_path)["title"]
    ]
    assert found == expected["units"]
    assert titles == expected["titles"]
    assert counts.removed == {"comment form": 1, "counter": 1}


def test_boilerplate_of_an_outlet_goes(tmp_path: Path) -> None:
    """A line that most articles of an outlet end with is taken out; one that two share is not."""
    lines = ["The Post stands for truth."] * 6 + ["Editing by A. Nomi."] * 2
    pages = [
        Article(f"p{i}", "", f"Story number {i}.\n{line}", "Post") for i, line in enumerate(lines)
    ]

    counts = add(tmp_path, pages)

    assert counts.removed == {"boilerplate of the outlet": 6}
    assert "The Post stands for truth." not in load_units(tmp_path)["text"]
    assert list(load_units(tmp_path)["text"]).count("Editing by A. Nomi.") == 2


def test_encoding_is_repaired_only_when_asked(tmp_path: Path) -> None:
    """Mojibake stays as it is unless the user says so; what was changed is counted."""
    page = Article("a", "", "The cafÃ© closed, the minister said on Monday.")

    as_is = add(tmp_path / "as-is", [page])
    repaired = add(tmp_path / "repaired", [page], Preparation(fix_encoding=True))

    assert (as_is.repaired, repaired.repaired) == (0, 1)
    assert "cafÃ©" in load_units(tmp_path / "as-is")["text"][0]
    assert "café" in load_units(tmp_path / "repaired")["text"][0]


def test_two_runs_do_not_write_at_once(tmp_path: Path) -> None:
    """The second is refused while the first is at work, and nothing is mixed up."""

    def meanwhile() -> Iterator[Article | Reject]:
        yield articles(2)[0]
        with pytest.raises(StudyError, match="another run is writing here; wait for it to end"):
            add(tmp_path, articles(3))

    assert add(tmp_path, meanwhile()).added == 1


def test_rejects_hold_any_text(tmp_path: Path) -> None:
    """A line separator inside a raw record does not break the file of rejects."""
    odd = Reject("x.jsonl", 1, "broken JSON", "one\u2028two\x85three")

    add(tmp_path, [odd])
    add(tmp_path, [odd])

    assert load_rejects(tmp_path / "rejects.jsonl") == [odd]
