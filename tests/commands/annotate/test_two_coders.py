"""Two people, a real server and a browser: from articles to adjudicated gold, by commands alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from standfirst.annotate.label_studio.local_server import LocalServer, free_port
from standfirst.labels import Codebook, assign_hotkeys, read_gold

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAIN = "from standfirst.cli import main; main()"
ARTICLES = (
    "The minister said that the agreement would save lives. The court will sit in May.",
    "Campaigners called the plan “a trade in human beings”. Nobody answered the question.",
)
SINGLE = {"stance": "legal_check", "position": "neither", "speaker": "nobody", "framing": "economy"}
CODERS = ("first@example.org", "second@example.org")

pytestmark = [pytest.mark.server, pytest.mark.browser]


@contextmanager
def started(study: Path, template: Path) -> Iterator[tuple[str, str]]:
    """Run `annotate start`, and give the address and the coders' link."""
    folder = study / ".standfirst" / "label-studio"
    # With the database of the tests' server, which takes most of a minute to build.
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("server.log"))
    words = [sys.executable, "-c", MAIN, "annotate", "start", "--port", str(free_port())]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LABEL_STUDIO_")}
    with subprocess.Popen(
        words, cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        url = running.stdout.readline().strip()
        said = ""
        while "sign up here: " not in said:
            said = running.stderr.readline()
        yield url, said.split("sign up here: ")[1].strip()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == 0


def test_from_articles_to_gold(
    tmp_path: Path,
    run: Callable[..., Any],
    label_studio: LocalServer,
    join: Callable[[str, str], str],
    codebook: Codebook,
    page: "Page",
    editor: Any,
    artefacts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Start, sample, push, label by hotkeys, pull, agreement, adjudicate, gold."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def done(*words: str) -> Any:
        found = run(*words, "--json", cwd=study)
        assert found.code == 0, found.err
        return json.loads(found.out)

    study = tmp_path / "deals"
    assert run("init", "deals", "--title", "Two coders", cwd=tmp_path).code == 0
    source = tmp_path / "articles.jsonl"
    rows = [{"id": f"a{i}", "title": f"Day {i}", "text": text} for i, text in enumerate(ARTICLES)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("corpus", "add", str(source), cwd=study).code == 0
    named = [word for coder in CODERS for word in ("--coder", coder)]
    assert done("annotate", "sample", "4", *named, "--overlap", "1")["double"] == 4
    keys = {
        (dimension.id, label.id): label.hotkey or ""
        for dimension in assign_hotkeys(codebook).dimensions
        for label in dimension.labels
    }
    with started(study, label_studio.log.parent) as (url, link):
        pushed = done("annotate", "push")["projects"]
        assert [one["n_sent"] for one in pushed] == [4, 4]
        for coder, one in zip(CODERS, pushed, strict=True):
            assert one["title"] == f"Two coders - {coder}"
            password = join(link, coder)
            editor.log_in(url, coder, password)
            editor.open(url, one["project"])
            if coder == CODERS[0]:
                page.screenshot(path=artefacts / "two-coders.png")
            for _ in range(4):
                text = page.locator(".sf-target").inner_text()
                answer = dict(SINGLE)
                if coder == CODERS[1] and "trade in human beings" in text:
                    answer["stance"] = "rights_critique"
                editor.press("".join(keys[pair] for pair in answer.items()))
                page.wait_for_timeout(2000)
        pulled = done("annotate", "pull")
        assert (pulled["n_answers"], pulled["n_annotations"]) == (8, 32)
        assert tuple(pulled["coders"]) == CODERS
        alpha = done("annotate", "agreement")["dimensions"]
        assert alpha["stance"]["n_units"] == 4
        assert alpha["stance"]["alpha"] < 1

        sent = done("annotate", "adjudicate", "--names")
        assert (sent["disputed"], sent["ties"], sent["sent"], sent["ties_left"]) == (1, 1, 1, 1)
        editor.log_in(url, CODERS[0], password)
        editor.open(url, sent["project"])
        shown = page.locator(".sf-readings").first.inner_text()
        assert f"{CODERS[0]}: Court or legal check" in shown
        assert f"{CODERS[1]}: Rights-group critique" in shown
        page.screenshot(path=artefacts / "adjudication.png")
        _apart(page)
        editor.press(keys["stance", "rights_critique"])
        page.wait_for_timeout(1000)
        decided = done("annotate", "adjudicate", "--names")
        again = done("annotate", "agreement")["dimensions"]

    assert (decided["sent"], decided["decided"], decided["ties_left"]) == (0, 1, 0)
    assert again == alpha
    gold = read_gold(study / "annotations" / "gold.jsonl")
    assert len(gold) == 16
    (ruling,) = (one for one in gold if one.rule == "adjudicated")
    assert (ruling.dimension, ruling.labels) == ("stance", ("rights_critique",))
    assert dict(ruling.votes) == {"legal_check": 1, "rights_critique": 1}
    assert {one.rule for one in gold if one is not ruling} == {"unanimous"}


def _apart(page: "Page") -> None:
    """Check that what was said, the answers and the buttons do not overlap."""
    bottom = page.locator("[data-testid=bottombar-submit-button]").bounding_box()
    assert bottom is not None
    for question in page.locator(".sf-question").all():
        said, first = question.locator(".sf-readings"), question.locator("label").first
        above, below = said.bounding_box(), first.bounding_box()
        last = question.locator("label").last.bounding_box()
        assert above is not None
        assert below is not None
        assert last is not None
        assert above["y"] + above["height"] <= below["y"]
        assert last["y"] + last["height"] <= bottom["y"]
