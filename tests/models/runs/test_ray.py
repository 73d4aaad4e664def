"""The Ray engine on a cluster of three nodes on loopback addresses, started and stopped here."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra ray is not installed")

from standfirst.tests.models.runs.processes import members
from standfirst.tests.models.runs.ray_nodes import Nodes, ray_nodes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Give a head without cores, and two workers."""
    with (
        tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder,
        ray_nodes(Path(folder), 2) as started,
    ):
        yield started


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Give articles, some of them twice, and records of no use."""
    path = tmp_path / "news.jsonl"
    with path.open("w") as out:
        for k in range(3_000):
            text = f"The minister defended plan {k}. Campaigners called plan {k} cruel."
            out.write(json.dumps({"id": f"a{k - k % 97 % 2}", "text": text}) + "\n")
            out.write('{"text": 4}\n' if k % 500 == 5 else "")
    return path


def tag(model: Path, news: Path, out: Path, nodes: Nodes, *more: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "standfirst", "tag", str(model), str(news), "-o", str(out)]
    words += ["--shard-mb", "0.01", *more]
    return subprocess.Popen(
        words, env={**os.environ, **nodes.environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def rows(out: Path) -> dict[str, bytes]:
    kept = ("tags", "articles.parquet", "rejects.jsonl")
    return {
        str(path.relative_to(out)): path.read_bytes()
        for name in kept
        for path in sorted([out / name, *(out / name).glob("*")])
        if path.is_file()
    }


def test_ctrl_c_takes_its_own_cluster_along(saved_model: Path, news: Path, tmp_path: Path) -> None:
    """A cluster that the command started on this machine ends with it, to the last process."""
    words = [sys.executable, "-m", "standfirst", "tag", str(saved_model), str(news), "-o", "out"]
    words += ["--shard-mb", "0.01", "--engine", "ray", "--address", "local", "--processes", "1"]
    running = subprocess.Popen(
        words, cwd=tmp_path, text=True, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not [*tmp_path.glob("out/_parts/0*.json")] and time.monotonic() < deadline:
        time.sleep(0.02)
    n_before = len(members(running.pid))
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=30)
    begun = time.monotonic()
    while members(running.pid) and time.monotonic() - begun < 10:
        time.sleep(0.01)

    assert n_before > 5, "there was no cluster"
    assert running.returncode == 130
    assert err.endswith("are done and stay. Run the same command again to continue.\n")
    assert not members(running.pid)


def test_a_node_that_dies_costs_nothing(
    saved_model: Path, news: Path, tmp_path: Path, nodes: Nodes
) -> None:
    """A node is killed in the middle: the result is that of the local engine, to the byte."""
    _, err = tag(saved_model, news, tmp_path / "local", nodes).communicate(timeout=300)
    assert not err.count("error"), err
    cluster = ("--engine", "ray", "--address", nodes.address)
    running = tag(saved_model, news, tmp_path / "ray", nodes, *cluster)
    deadline = time.monotonic() + 240
    while len(list(tmp_path.glob("ray/_parts/0*.json"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    nodes.kill(2)
    n_done = len(list(tmp_path.glob("ray/_parts/0*.json")))
    out, err = running.communicate(timeout=300)

    assert running.returncode == 0, err
    n_shards = len(list(tmp_path.glob("local/tags/*")))
    assert 4 <= n_done < n_shards, "the node died too late"
    assert "3006 records read" in out
    assert rows(tmp_path / "ray") == rows(tmp_path / "local")


def test_what_is_refused(saved_model: Path, news: Path, tmp_path: Path, nodes: Nodes) -> None:
    """No cluster, a damaged model, standard input: one line each that says what to do."""
    gone = tag(
        saved_model, news, tmp_path / "x", nodes, "--engine", "ray", "--address", "127.0.0.9:9"
    )
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in saved_model.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "weights.safetensors").write_bytes(b"no weights")
    cluster = ("--engine", "ray", "--address", nodes.address)
    damaged = tag(broken, news, tmp_path / "y", nodes, *cluster)
    stdin = tag(saved_model, Path("-"), tmp_path / "z", nodes, *cluster)

    told = []
    for running in (gone, damaged, stdin):
        _, err = running.communicate(timeout=200)
        assert running.returncode == 1, err
        told.append([line for line in err.splitlines() if line.startswith("error:")])
    assert "start one with: ray start --head" in told[0][0]
    assert "weights.safetensors was changed or damaged" in told[1][0]
    assert told[2] == ["error: -: a cluster cannot read standard input; write it to a file"]


def test_the_cluster_of_the_docs_is_one_that_ray_takes() -> None:
    """`ray up` would accept the file in docs/howto/cluster.md."""
    import yaml
    from ray.autoscaler._private.util import prepare_config, validate_config

    page = (Path(__file__).parents[3] / "docs" / "howto" / "cluster.md").read_text("utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    config = prepare_config(yaml.safe_load(text))

    validate_config(config)
    assert config["head_node_type"] == "head"
    assert config["available_node_types"]["worker"]["min_workers"] == 8
    del config["available_node_types"]["worker"]["resources"]
    with pytest.raises(Exception, match="'resources' is a required property"):
        validate_config(config)
