"""Reading from an S3 store: a local server, started and stopped here."""

import sys
from typing import Any

import pytest

from standfirst.corpus import Article, read_articles
from standfirst.errors import InputError, MissingExtraError, MissingFileError

pytestmark = [
    # The S3 client's own habits, not ours.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    """Give a bucket that holds two files."""
    s3.mkdir("news")
    s3.pipe("news/2026/a.jsonl", b'{"id": "a", "text": "One."}\n{"text": 4}\n')
    s3.pipe("news/2026/b.txt", b"Talks resume\n\nThey talk.")
    s3.pipe("news/2026/c.png", b"\x89PNG")
    return "s3://news/2026"


def test_a_folder_of_a_store(bucket: str) -> None:
    """It is read as a folder on disk is; rejects name the URL."""
    records = list(read_articles([bucket]))

    assert [one.text for one in records if isinstance(one, Article)] == ["One.", "They talk."]
    names = ["a.jsonl", "a.jsonl", "b.txt", "c.png"]
    assert [one.file for one in records] == [f"{bucket}/{name}" for name in names]


def test_files_and_globs_of_a_store(bucket: str) -> None:
    """A file and a pattern name what they name on a disk."""
    (one,) = read_articles([f"{bucket}/b.txt"])
    found = list(read_articles([f"{bucket}/*.jsonl"]))

    assert isinstance(one, Article)
    assert one.title == "Talks resume"
    assert len(found) == 2


def test_what_is_not_there_is_told(bucket: str) -> None:
    """A wrong key, bucket or kind of store is one line that names the URL."""
    with pytest.raises(MissingFileError, match="no such file or folder; check the URL"):
        list(read_articles([f"{bucket}/gone.txt"]))
    with pytest.raises(InputError, match=r"nosuch://x: .*; check the URL and its access rights"):
        list(read_articles(["nosuch://x"]))


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the client, the error says what to install."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)

    with pytest.raises(MissingExtraError, match=r"run: pip install 'standfirst\[s3\]'"):
        list(read_articles(["s3://news/a.jsonl"]))
