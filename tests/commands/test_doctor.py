import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.label_studio.local_server import free_port
from standfirst.models.encoders.weights.published import SOURCES
from standfirst.study.machine import EXTRAS

Run = Callable[..., Any]


def found(run: Run, folder: Path) -> tuple[int, dict[str, dict[str, str]]]:
    """Give the exit code and what was found, by name."""
    done = run("doctor", "--json", cwd=folder)
    return done.code, {row["name"]: row for row in json.loads(done.out)["findings"]}


def test_a_line_for_everything(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line begins with ok or hint where nothing is broken, and a hint has its remedy."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path))
    done = run("doctor", cwd=tmp_path)
    lines = done.out.splitlines()

    assert done.code == 0
    assert {line.split()[0] for line in lines} <= {"ok", "hint"}
    wanted = ("python", "standfirst", "[torch]", "minilm", "port", "disk", "processor", "memory")
    for name in wanted:
        assert any(line.split()[1] == name for line in lines), name
    assert any("standfirst encoders pull minilm" in line for line in lines)
    assert any("none is known here; annotate start runs one" in line for line in lines)


def test_what_is_broken_is_a_problem(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that are not the published ones, and a server that does not answer, exit with 1."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path))
    folder = tmp_path / "encoders" / "minilm"
    for name in SOURCES["minilm"].files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("not these")
    monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "s3cret-t0ken")
    code, rows = found(run, tmp_path)

    assert code == 1
    assert rows["minilm"]["state"] == rows["label studio"]["state"] == "problem"
    assert "is not the published file" in rows["minilm"]["detail"]
    assert "s3cret" not in json.dumps(rows)


def test_every_extra_is_looked_for() -> None:
    """What pyproject.toml offers has a line that says what it is for; only we build the docs."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")

    assert {*EXTRAS, "docs"} == tomllib.loads(text)["project"]["optional-dependencies"].keys()


@pytest.mark.slow
@pytest.mark.weights
def test_encoders_are_measured(run: Run, tmp_path: Path) -> None:
    """With --bench, every encoder that is ready says how many sentences it takes in a second."""
    done = run("doctor", "--bench", "--json", cwd=tmp_path)
    rows = {
        row["name"]: row for row in json.loads(done.out)["findings"] if "a second" in row["detail"]
    }

    assert {"hashed", "tfidf", "minilm", "minilm-int8"} <= set(rows)
    assert "times as many as minilm" in rows["minilm-int8"]["detail"]
    assert rows["minilm-int8"]["state"] == "ok" or "take minilm" in rows["minilm-int8"]["remedy"]


@pytest.mark.slow
def test_words_are_measured_without_weights(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encoders that need no weights are measured where there are none."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path))
    done = run("doctor", "--bench", cwd=tmp_path)
    measured = [line.split()[1] for line in done.out.splitlines() if "a second" in line]

    assert measured == ["hashed", "hashed-pieces", "tfidf"]
