"""Runs: shards, going on, refusals, copies across shards, rejects and counts that add up."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.errors import (
    BundleError,
    ExistsError,
    MissingFileError,
    TaskError,
    TooManyRejectsError,
    UnknownNameError,
)
from standfirst.models import Report
from standfirst.models.about import About
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.inputs.plan import Task
from standfirst.models.runs.run import Options, Summary, prepare, run
from standfirst.models.runs.task import Count, Done, Job
from standfirst.tests.models.runs.processes import members

pytestmark = pytest.mark.slow

SMALL = Options(shard=1_000)
HERE = Local(1)


@pytest.fixture
def model(saved_model: Path) -> Path:
    """Give the folder of a model."""
    return saved_model


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Give a file of articles, some of them of no use."""
    path = tmp_path / "news.jsonl"
    with path.open("w") as out:
        for k in range(60):
            text = f"The minister defended plan {k}. Campaigners called plan {k} cruel."
            out.write(json.dumps({"id": f"a{k}", "text": text, "title": f"Plan {k}"}) + "\n")
            if k % 20 == 5:
                out.write('{"text": 4}\n')
    return path


def tagged(
    model: Path,
    inputs: Sequence[Path | str],
    out: Path | str,
    options: Options = SMALL,
    engine: Any = HERE,
    **more: Any,
) -> Summary:
    return run(prepare(model, [str(one) for one in inputs], str(out), options), engine, **more)


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [
        row for path in sorted(out.glob("tags/*")) for row in parquet.read_table(path).to_pylist()
    ]


def files_of(out: Path) -> dict[str, bytes]:
    """Give the bytes of all files but the counts, which tell the seconds."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in ("_SUCCESS", ".lock.part")
    }


def test_a_folder(model: Path, news: Path, tmp_path: Path) -> None:
    """Shards, articles, rejects and counts; nothing is left of the way."""
    out = tmp_path / "out"
    summary = tagged(model, [news], out)
    rows, articles = rows_of(out), parquet.read_table(out / "articles.parquet").to_pylist()
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]

    assert summary.shards == len(list(out.glob("tags/*"))) > 3
    assert (summary.records, summary.articles, summary.rejects, summary.units) == (63, 60, 3, 120)
    assert [row["article_id"] for row in rows] == [f"a{k // 2}" for k in range(120)]
    assert [one["article_id"] for one in articles] == [f"a{k}" for k in range(60)]
    assert articles[7]["title"] == "Plan 7"
    assert [one["record"] for one in rejects] == [7, 28, 49]
    assert {row["model_version"] for row in rows} == {
        json.loads((model / "manifest.json").read_text())["digest"][:16]
    }
    assert sum(summary.labels["stance"].values()) == 120
    names = {path.name for path in out.iterdir()} - {".lock.part"}
    assert names == {"tags", "articles.parquet", "rejects.jsonl", "_manifest.json", "_SUCCESS"}


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
@pytest.mark.parametrize("single", [True, False])
def test_formats_hold_the_same(
    model: Path,
    news: Path,
    tmp_path: Path,
    form: str,
    single: bool,  # noqa: FBT001
) -> None:
    """A file or shards, Parquet, JSON Lines or CSV: the same units, copies left out of each."""
    twice = tmp_path / "twice.jsonl"
    twice.write_text(news.read_text() + '{"id": "=x", "text": "=cmd|calc is a trap."}\n')
    out = tmp_path / (f"tags.{form}" if single else "tags")
    options = SMALL if single else replace(SMALL, form_out=form)
    summary = tagged(model, [news, twice], out, options)
    paths = [out] if single else sorted(out.glob("tags/*"))
    if form == "parquet":
        rows = [row for path in paths for row in parquet.read_table(path).to_pylist()]
    elif form == "jsonl":
        rows = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    else:
        rows = []
        for path in paths:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows += list(csv.DictReader(file))
        assert (rows[-1]["article_id"], rows[-1]["text"][:5]) == ("'=x", "'=cmd")
        rows[-1]["article_id"] = "=x"

    assert [row["article_id"] for row in rows] == [*(f"a{k // 2}" for k in range(120)), "=x"]
    assert (summary.records, summary.articles, summary.duplicates) == (127, 61, 60)
    assert rows[0]["stance"] == "government"
    rejects = tmp_path / f"tags.{form}.rejects.jsonl" if single else out / "rejects.jsonl"
    assert len(rejects.read_text().splitlines()) == summary.rejects == 6
    if single:
        beside = {path.name for path in tmp_path.iterdir()} - {"news.jsonl", "twice.jsonl"}
        assert {name for name in beside if not name.startswith(".")} == {out.name, rejects.name}


def test_engines_and_processes_do_not_matter(model: Path, news: Path, tmp_path: Path) -> None:
    """Two processes write the same bytes as one."""
    tagged(model, [news], tmp_path / "one")
    tagged(model, [news], tmp_path / "two", engine=Local(2))

    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_no_text(model: Path, news: Path, tmp_path: Path) -> None:
    """Neither shards nor articles quote a sentence."""
    tagged(model, [news], tmp_path / "out", replace(SMALL, text=False))

    assert "text" not in rows_of(tmp_path / "out")[0]
    names = parquet.read_schema(tmp_path / "out" / "articles.parquet").names
    assert "first_unit" in names
    assert not [name for name in names if name.endswith("_text")]


def test_an_id_that_is_taken_in_another_shard(model: Path, tmp_path: Path) -> None:
    """The first text stays, the other is a reject with its place."""
    lines = [json.dumps({"id": f"a{k}", "text": f"The plan {k} will work."}) for k in range(40)]
    lines += ["", '{"id": "a1", "text": "Another text."}']
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    summary = tagged(model, [tmp_path / "x.jsonl"], tmp_path / "out")
    (reject,) = map(json.loads, (tmp_path / "out" / "rejects.jsonl").read_text().splitlines())

    assert (summary.records, summary.articles, summary.rejects, summary.units) == (41, 40, 1, 40)
    assert reject["record"] == 42
    assert reject["reason"] == "the id is taken by an article with another text: 'a1'"
    assert [row["text"] for row in rows_of(tmp_path / "out") if row["article_id"] == "a1"] == [
        "The plan 1 will work."
    ]


def test_near_duplicates_across_shards(model: Path, tmp_path: Path) -> None:
    """They are named by a cluster, tagged all the same, and counted."""
    story = " ".join(f"The minister defended clause {k} of the plan at length." for k in range(20))
    rows = [{"id": f"a{k}", "text": f"Story {k} says that {k} of {k * k} came."} for k in range(40)]
    rows.insert(1, {"id": "first", "text": story})
    rows.append({"id": "second", "text": f"From our own desk. {story}"})
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    options = replace(SMALL, preparation={"near_duplicates": True})
    summary = tagged(model, [tmp_path / "x.jsonl"], tmp_path / "out", options)
    articles = parquet.read_table(tmp_path / "out" / "articles.parquet").to_pylist()

    clusters = {one["article_id"]: one["cluster"] for one in articles}
    assert clusters["first"] == clusters["second"] == "first"
    assert (summary.copies, summary.articles) == (1, 42)
    fewer = tagged(
        model,
        [tmp_path / "x.jsonl"],
        tmp_path / "fewer",
        replace(SMALL, preparation={"keep": "first"}),
    )
    *_, last = parquet.read_table(tmp_path / "fewer" / "articles.parquet").to_pylist()
    assert (last["aside"], last["n_units"], last["stance_n"]) == ("a copy of first", 0, 0)
    assert last["stance_share_government"] is last["stance_strongest"] is None
    assert (fewer.articles, fewer.aside, fewer.units) == (41, 1, summary.units - 21)
    assert fewer.units == len(rows_of(tmp_path / "fewer"))
    assert sum(fewer.labels["stance"].values()) == fewer.units


def test_ready_units(model: Path, tmp_path: Path) -> None:
    """They are tagged as they are; an article that stands in several shards is one row."""
    units = {
        "unit_id": [f"u{k}" for k in range(200)],
        "article_id": [f"a{k % 50}" for k in range(200)],
        "start": list(range(200)),
        "end": [k + 30 for k in range(200)],
        "text": [f"Campaigners called plan {k} cruel." for k in range(200)],
    }
    parquet.write_table(pa.table(units), tmp_path / "units.parquet", row_group_size=40)
    summary = tagged(model, [tmp_path / "units.parquet"], tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    articles = parquet.read_table(tmp_path / "out" / "articles.parquet").to_pylist()

    assert [row["unit_id"] for row in rows] == units["unit_id"]
    assert [row["start"] for row in rows] == units["start"]
    assert (summary.shards > 1, summary.units, summary.rejects) == (True, 200, 0)
    assert [one["article_id"] for one in articles] == [f"a{k}" for k in range(50)]
    assert {one["n_units"] for one in articles} == {4}
    best = max((row for row in rows if row["article_id"] == "a3"), key=confidence)
    assert articles[3]["stance_strongest_unit"] == best["unit_id"]
    assert sum(summary.labels["stance"].values()) == 200


def confidence(row: dict[str, Any]) -> float:
    return float(row["stance_confidence"])


class Stops(Local):
    """An engine that is interrupted after some tasks."""

    def __init__(self, after: int) -> None:
        super().__init__(1)
        self.after, self.ran = after, 0

    def run(self, job: Job, tasks: Sequence[Task], count: Count) -> Iterator[Done]:
        """Run some."""
        for done in super().run(job, tasks, count):
            self.ran += 1
            yield done
            if self.ran == self.after:
                raise KeyboardInterrupt


def test_the_same_words_go_on(model: Path, news: Path, tmp_path: Path) -> None:
    """What is done is not done again, and the end is that of a run that was left alone."""
    reports: list[tuple[int, int | None]] = []
    prepared = prepare(model, [str(news)], str(tmp_path / "whole"), SMALL)
    run(prepared, HERE, progress=lambda _, done, total, __: reports.append((done, total)))
    with pytest.raises(KeyboardInterrupt):
        tagged(model, [news], tmp_path / "out", engine=Stops(2))
    (tmp_path / "out" / "tags" / ".00003.parquet.7.part").write_bytes(b"half")
    rest = Stops(99)
    summary = tagged(model, [news], tmp_path / "out", engine=rest)

    assert rest.ran == summary.shards - 2
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    assert (prepared.state.shards, prepared.state.read) == (summary.shards, 63)
    assert reports[0][0] == 0
    assert reports[-1][0] == reports[-1][1]
    again = Stops(99)
    assert tagged(model, [news], tmp_path / "out", engine=again).units == 120
    assert again.ran == 0


def test_other_words_are_refused(model: Path, news: Path, tmp_path: Path, report: Report) -> None:
    """Another input, model or option is told; so is a folder of something else."""
    out = tmp_path / "out"
    tagged(model, [news], out)
    other = tmp_path / "other"
    replace(report.model, about=About(seed=1)).save(other)

    with pytest.raises(ExistsError, match="the model was"):
        tagged(other, [news], out)
    with pytest.raises(ExistsError, match=r"abstain_below was 0.0, now 0.5"):
        tagged(model, [news], out, replace(SMALL, abstain_below=0.5))
    (tmp_path / "other.jsonl").write_text('{"text": "x"}')
    with pytest.raises(ExistsError, match=r"the input .*other.jsonl is new"):
        tagged(model, [news, tmp_path / "other.jsonl"], out)
    news.write_text(news.read_text().replace("Plan 7", "Plan 8"))
    with pytest.raises(ExistsError, match=r"the input .*news.jsonl has changed; name another"):
        tagged(model, [news], out)
    with pytest.raises(ExistsError, match="holds something other than tags"):
        tagged(model, [news], model)
    with pytest.raises(UnknownNameError, match=r"\.xlsx"):
        tagged(model, [news], tmp_path / "tags.xlsx")
    with pytest.raises(MissingFileError, match="no such model"):
        tagged(tmp_path / "gone", [news], tmp_path / "x")
    with pytest.raises(BundleError, match="is not a model"):
        tagged(tmp_path, [news], tmp_path / "x")


def test_a_damaged_model_stops_all_processes(model: Path, news: Path, tmp_path: Path) -> None:
    """What a process refuses is told as here."""
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in model.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "weights.safetensors").write_bytes(b"no weights")

    for processes in (1, 2):
        with pytest.raises(BundleError, match="changed or damaged"):
            tagged(broken, [news], tmp_path / "x", engine=Local(processes))


def test_too_many_rejects(model: Path, news: Path, tmp_path: Path) -> None:
    """The run stops with the counts; the rejects are there; a larger share goes on."""
    out = tmp_path / "out"
    with pytest.raises(TooManyRejectsError, match=r"3 of 63 records rejected \(4.8 %, at most 1.0"):
        tagged(model, [news], out, max_rejects=0.01)

    assert len((out / "rejects.jsonl").read_text().splitlines()) == 3
    assert not (out / "_SUCCESS").exists()
    rest = Stops(99)
    assert tagged(model, [news], out, engine=rest, max_rejects=0.1).rejects == 3
    assert rest.ran == 0


def test_many_rejects_stop_early(model: Path, tmp_path: Path) -> None:
    """A wrong column is not read to the end of a large input."""
    (tmp_path / "x.jsonl").write_text('{"headline": "x"}\n' * 20_000)
    engine = Stops(999)
    options = replace(SMALL, shard=20_000)
    with pytest.raises(TooManyRejectsError):
        tagged(model, [tmp_path / "x.jsonl"], tmp_path / "out", options, engine, max_rejects=0.5)

    assert engine.ran == 1
    assert len((tmp_path / "out" / "rejects.jsonl").read_text().splitlines()) > 1_000


def test_a_process_that_is_killed_is_replaced(model: Path, news: Path, tmp_path: Path) -> None:
    """Its task is run again by another; a task that kills each of them stops the run."""
    tagged(model, [news], tmp_path / "whole")
    killed: list[int] = []

    prepared = prepare(model, [str(news)], str(tmp_path / "out"), SMALL)

    def kill(*_: object) -> None:
        children = subprocess.run(
            ["pgrep", "-P", str(os.getpid()), "-f", "spawn_main"],
            capture_output=True, text=True, check=False,
        ).stdout.split()  # fmt: skip
        if prepared.state.shards >= 2 and not killed:
            killed.append(int(children[-1]))
            os.kill(killed[0], signal.SIGKILL)

    run(prepared, Local(2), progress=kill)

    assert killed
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_what_cannot_be_written(model: Path, news: Path, tmp_path: Path) -> None:
    """After three tries the shard and the reason are told."""
    prepared = prepare(model, [str(news)], str(tmp_path / "out"), SMALL)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tags").write_text("in the way")

    with pytest.raises(TaskError, match=r"shard 0 .*in the way|shard 0 .*exists|shard 0 .*Not a"):
        run(prepared, HERE)


def test_two_runs_do_not_mix(model: Path, news: Path, tmp_path: Path) -> None:
    """A second run in the same folder is refused while the first writes."""
    from standfirst.errors import StudyError

    refused: list[str] = []

    prepared = prepare(model, [str(news)], str(tmp_path / "out"), SMALL)

    def second(*_: object) -> None:
        if prepared.state.shards >= 1 and not refused:
            with pytest.raises(StudyError, match="another run is writing here"):
                tagged(model, [news], tmp_path / "out")
            refused.append("yes")

    run(prepared, HERE, progress=second)
    assert refused


def interrupted(words: list[str], folder: Path, until: Callable[[], bool]) -> tuple[float, str]:
    """Run a command, press Ctrl-C at a moment; give the seconds to its end, and what it said."""
    running = subprocess.Popen(
        [sys.executable, "-m", "standfirst", *words], cwd=folder, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not until() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT)
    begun = time.monotonic()
    while running.poll() is None or members(running.pid):
        assert time.monotonic() - begun < 30, "a process stays"
        time.sleep(0.01)
    spent = time.monotonic() - begun
    _, err = running.communicate()
    assert running.returncode == 130, err
    assert "Traceback" not in err
    return spent, err


@pytest.mark.parametrize("processes", [1, 2])
def test_interrupted_on_a_terminal(model: Path, tmp_path: Path, processes: int) -> None:
    """Ctrl-C ends all processes within a second, says how to go on, and nothing is lost."""
    with (tmp_path / "x.jsonl").open("w") as out:
        for k in range(2_500):
            text = f"The minister defended plan {k}. Campaigners called plan {k} cruel."
            out.write(json.dumps({"text": text}) + "\n")
    words = ["tag", str(model), "x.jsonl", "-o", "out", "--shard-mb", "0.01"]
    words += ["--processes", str(processes), "--near-duplicates"]
    early, err = interrupted(words, tmp_path, (tmp_path / "out" / "_manifest.json").exists)

    assert "0 of 20 shards are done and stay. Run the same command again to continue." in err
    late, err = interrupted(
        words, tmp_path, lambda: len([*tmp_path.glob("out/_parts/0*.json")]) > 4
    )
    n_done = len(list(tmp_path.glob("out/_parts/0*.json")))

    assert "are done and stay. Run the same command again to continue." in err
    # A second at rest; the rest is for machines that are busy.
    assert max(early, late) < 2
    whole = [sys.executable, "-m", "standfirst", *words]
    done = subprocess.run(whole, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"continuing; {n_done} of " in done.stderr
    assert "2500 records read: 2500 tagged" in done.stdout


def test_interrupted_inside_a_library(tmp_path: Path) -> None:
    """A call that does not hear Ctrl-C is ended with its children, and what must go is gone."""
    (tmp_path / "calls.py").write_text(
        "import ctypes, multiprocessing, pathlib, sys\n"
        "from standfirst.commands.shared.interrupt import stoppable\n"
        "from standfirst.worker_process import end_all\n"
        "leave = lambda: (end_all(), pathlib.Path('left').unlink())\n"
        "with stoppable(lambda: 'stopped', leave):\n"
        "    fork = multiprocessing.get_context('fork')\n"
        "    fork.Process(target=ctypes.CDLL(None).sleep, args=(60,)).start()\n"
        "    pathlib.Path('left').touch()\n"
        "    ctypes.CDLL(None).sleep(60)\n"
        "    ctypes.CDLL(None).sleep(60)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "calls.py"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not (tmp_path / "left").exists():
        time.sleep(0.01)
    begun = time.monotonic()
    os.kill(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=30)
    # A killed child is still on its way out for a moment, and counts until it is gone.
    while members(running.pid) and time.monotonic() - begun < 2:
        time.sleep(0.01)

    assert (running.returncode, err) == (130, "stopped\n")
    assert time.monotonic() - begun < 2
    assert not (tmp_path / "left").exists()
    assert not members(running.pid)
