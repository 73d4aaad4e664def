"""Tagging from a store to a store: a local S3 server, started and stopped here."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.errors import ExistsError, StandfirstError
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.run import Options, prepare, run

pytestmark = [
    # The S3 client's own habits, not ours.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

OPTIONS = Options(shard=2_000)


@pytest.fixture(scope="module")
def store(s3: Any) -> Any:
    """Give a store with an empty bucket."""
    s3.mkdir("tagging")
    return s3


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory, store: Any) -> Path:
    """Give a folder of articles in three formats; the bucket holds the same."""
    folder = tmp_path_factory.mktemp("s3") / "news"
    folder.mkdir()
    texts = [f"The minister defended plan {k}. Campaigners called it cruel." for k in range(90)]
    lines = [json.dumps({"id": f"j{k}", "text": text}) for k, text in enumerate(texts)]
    lines[40] = "{broken"
    (folder / "a.jsonl").write_text("\n".join(lines))
    cells = [f'c{k},"{text}\nIt is over."' for k, text in enumerate(texts)]
    (folder / "b.csv").write_text("\n".join(["id,text", *cells]))
    table = pa.table({"id": [f"j{k}" for k in range(80, 120)], "text": texts[:40]})
    parquet.write_table(table, folder / "c.parquet", row_group_size=10)
    for path in folder.iterdir():
        store.put_file(str(path), f"tagging/news/{path.name}")
    return folder


def rows(folder: Path) -> dict[str, bytes]:
    found = {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.is_file()}
    kept = {name: p for name, p in found.items() if not name.startswith(("_", "."))}
    return {name: path.read_bytes() for name, path in kept.items()}


@pytest.mark.slow
def test_from_store_to_store(saved_model: Path, store: Any, news: Path, tmp_path: Path) -> None:
    """The rows are those of a run on this machine; rejects name the URL; nothing is left over."""
    here = run(prepare(saved_model, [str(news)], str(tmp_path / "here"), OPTIONS), Local(1))
    url = "s3://tagging/tags"
    there = run(prepare(saved_model, ["s3://tagging/news"], url, OPTIONS), Local(2))
    store.get("tagging/tags", str(tmp_path / "there"), recursive=True)

    counts = (there.records, there.articles, there.duplicates, there.rejects, there.units)
    assert counts == (here.records, here.articles, here.duplicates, here.rejects, here.units)
    assert there.rejects == 11
    assert there.shards > 8
    found, expected = rows(tmp_path / "there"), rows(tmp_path / "here")
    told = found.pop("rejects.jsonl").decode().replace("s3://tagging/news", str(news))
    assert told == expected.pop("rejects.jsonl").decode()
    assert found == expected
    left = {path.removeprefix("tagging/tags/").split("/")[0] for path in store.find("tagging/tags")}
    assert left == {"tags", "articles.parquet", "rejects.jsonl", "_manifest.json", "_SUCCESS"}


@pytest.mark.slow
def test_going_on_in_a_store(saved_model: Path, store: Any, news: Path, tmp_path: Path) -> None:
    """What is done is not done again; other options are refused; a finished folder is left."""
    url = "s3://tagging/again"

    stopped = prepare(saved_model, ["s3://tagging/news"], url, OPTIONS)

    def stop(*_: object) -> None:
        if stopped.state.shards == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stopped, Local(1), progress=stop)
    prepared = prepare(saved_model, ["s3://tagging/news"], url, OPTIONS)
    assert len(prepared.done) == 3
    run(prepared, Local(1))
    store.get("tagging/again", str(tmp_path / "again"), recursive=True)
    run(prepare(saved_model, [str(news)], str(tmp_path / "here"), OPTIONS), Local(1))

    found, expected = rows(tmp_path / "again"), rows(tmp_path / "here")
    assert {n: v for n, v in found.items() if n != "rejects.jsonl"} == {
        n: v for n, v in expected.items() if n != "rejects.jsonl"
    }
    assert prepare(saved_model, ["s3://tagging/news"], url, OPTIONS).finished is not None
    with pytest.raises(ExistsError, match="text was true, now false"):
        prepare(saved_model, ["s3://tagging/news"], url, Options(shard=2_000, text=False))


@pytest.mark.slow
@pytest.mark.usefixtures("news")
def test_a_single_file_in_a_store(saved_model: Path, store: Any) -> None:
    """It is there whole, with its rejects beside it, and nothing else; a foreign one stays."""
    out = "s3://tagging/single/tags.csv"
    store.pipe_file("tagging/single/notes.csv", b"title,text\n")
    with pytest.raises(ExistsError, match=r"notes\.csv: is a file that this command did not write"):
        prepare(saved_model, ["s3://tagging/news"], "s3://tagging/single/notes.csv", OPTIONS)
    store.rm_file("tagging/single/notes.csv")
    summary = run(prepare(saved_model, ["s3://tagging/news"], out, OPTIONS), Local(1))

    assert sorted(store.find("tagging/single")) == [
        "tagging/single/tags.csv",
        "tagging/single/tags.csv.rejects.jsonl",
    ]
    text = store.cat_file("tagging/single/tags.csv").decode("utf-8-sig")
    assert text.count("The minister defended") == summary.articles
    assert prepare(saved_model, ["s3://tagging/news"], out, OPTIONS).single == out


@pytest.mark.slow
def test_a_bucket_that_is_not_there(saved_model: Path, store: Any, news: Path) -> None:
    """It is told in one line, with the URL."""
    with pytest.raises(StandfirstError, match="s3://nowhere/tags"):
        run(prepare(saved_model, [str(news)], "s3://nowhere/tags", OPTIONS), Local(1))


@pytest.mark.slow
def test_outputs_among_the_inputs_of_a_store(saved_model: Path, store: Any, tmp_path: Path) -> None:
    """Tags in the folder of inputs are left out, whoever wrote them; no input is replaced."""
    store.pipe("tagging/mixed/a.jsonl", b'{"id": "a", "text": "They talk. Nobody left."}\n')
    url = "s3://tagging/mixed"
    first = run(prepare(saved_model, [url], f"{url}/one", OPTIONS), Local(1))
    again = prepare(saved_model, [url], f"{url}/one", OPTIONS)
    second = run(prepare(saved_model, [url], f"{url}/two.csv", OPTIONS), Local(1))

    assert first.records == second.records == 1
    assert again.finished is not None
    with pytest.raises(ExistsError, match="is one of the inputs"):
        prepare(saved_model, [f"{url}/a.jsonl"], f"{url}/a.jsonl", OPTIONS)
