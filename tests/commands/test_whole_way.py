"""Two real articles go the whole way: text to sentences, a real server, and back as tags."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.local_server import LocalServer
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result
from standfirst.corpus import load_units
from standfirst.labels import Codebook, assign_hotkeys, current, read_annotations

ARTICLES = Path(__file__).parents[3] / "shared" / "articles"
SINGLE = {"stance": "legal_check", "position": "neither", "speaker": "nobody"}

Run = Callable[..., Any]

pytestmark = [
    pytest.mark.server,
    pytest.mark.shared,
    pytest.mark.skipif(not ARTICLES.is_dir(), reason="no ../shared here"),
]


def done(found: Any) -> str:
    """Give what a command printed, when it ended well."""
    assert found.code == 0, found.err
    return str(found.out)


@pytest.fixture
def study(
    tmp_path: Path, run: Run, label_studio: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give a study with the two articles, all of it drawn, that knows the server."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    done(run("init", "deals", "--title", f"Real {tmp_path.name[-30:]}", cwd=tmp_path))
    root = tmp_path / "deals"
    added = done(run("corpus", "add", str(ARTICLES), cwd=root))
    assert added.startswith("2 records read: 2 added\n38 sentences\n")
    return root


def pushed(run: Run, study: Path) -> int:
    """Push, and give the number of the project."""
    (one,) = json.loads(done(run("annotate", "push", "--json", cwd=study)))["projects"]
    return int(one["url"].rstrip("/").split("/projects/")[1].split("/")[0])


def test_by_the_api(
    study: Path,
    tmp_path: Path,
    run: Run,
    server: Server,
    sign_up: Callable[[str], Any],
    codebook: Codebook,
) -> None:
    """Every sentence is pushed, labelled, pulled and resolved, and the demo model tags it."""
    done(run("annotate", "sample", "38", cwd=study))
    project = pushed(run, study)
    coder = sign_up("api@example.org")
    for number, one in enumerate(tasks_of(server, project)):
        framing = codebook.dimension("framing").label_ids[number % 7]
        answers = {name: [label] for name, label in SINGLE.items()} | {"framing": [framing]}
        coder.server.client.annotations.create(id=one["id"], result=result(answers), lead_time=3.0)
    done(run("annotate", "pull", cwd=study))
    again = (study / "annotations" / "annotations.jsonl").read_bytes()
    done(run("annotate", "pull", cwd=study))
    done(run("labels", "gold", cwd=study))

    rows = current(read_annotations(study / "annotations" / "annotations.jsonl"))
    units = list(load_units(study / "corpus"))
    assert (study / "annotations" / "annotations.jsonl").read_bytes() == again
    assert {row.unit_id for row in rows} == {unit["unit_id"] for unit in units}
    assert len(rows) == 4 * 38
    assert {row.labels for row in rows if row.dimension == "stance"} == {("legal_check",)}

    done(run("demo", "--keep", str(tmp_path / "demo"), cwd=tmp_path))
    model, out = tmp_path / "demo" / "models" / "demo", tmp_path / "tags.jsonl"
    done(run("tag", str(model), str(ARTICLES), "-o", str(out), cwd=tmp_path))
    tags = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(tag["unit_id"], tag["text"]) for tag in tags] == [
        (unit["unit_id"], unit["text"]) for unit in units
    ]
    assert {tag["stance"] for tag in tags} <= set(codebook.dimension("stance").label_ids)


@pytest.mark.browser
def test_by_hotkeys(
    study: Path,
    run: Run,
    server: Server,
    sign_up: Callable[[str], Any],
    codebook: Codebook,
    editor: Any,
    artefacts: Path,
) -> None:
    """A coder answers five sentences by keys in a browser, and the answers come back."""
    done(run("annotate", "sample", "5", cwd=study))
    project = pushed(run, study)
    coder = sign_up("hotkeys@example.org")
    keys = {
        (dimension.id, label.id): label.hotkey or ""
        for dimension in assign_hotkeys(codebook).dimensions
        for label in dimension.labels
    }
    frames = ("security", "legality", "humanitarian", "sovereignty", "economy")
    editor.log_in(server.url, coder.email, coder.password)
    editor.open(server.url, project)
    editor.page.screenshot(path=artefacts / "real-article.png")
    for frame in frames:
        editor.press("".join(keys[pair] for pair in SINGLE.items()) + keys["framing", frame])
        editor.page.wait_for_timeout(2_500)
    pulled = done(run("annotate", "pull", cwd=study))

    rows = read_annotations(study / "annotations" / "annotations.jsonl")
    assert pulled.startswith("5 answers of 1 coders on 5 tasks")
    assert {row.coder for row in rows} == {"hotkeys@example.org"}
    assert sorted(row.labels for row in rows if row.dimension == "framing") == sorted(
        (frame,) for frame in frames
    )
    for name, label in SINGLE.items():
        assert {row.labels for row in rows if row.dimension == name} == {(label,)}
