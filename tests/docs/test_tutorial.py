"""The tutorial, run as it stands: a real server, a real browser, and two people who code."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import standfirst
from standfirst.annotate.label_studio.local_server import LocalServer
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.labels import assign_hotkeys, load_codebook, ready_codebooks
from standfirst.tests.docs.blocks import Block, blocks, commands, looks_like

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial.md"
PICTURES = DOCS / "images" / "tutorial"
DEMO = Path(standfirst.__file__).parent / "corpus" / "demo"
CODERS = ("ann@desk.example", "bo@desk.example")
SHOWN = {"x": 0, "y": 48, "width": 960, "height": 560}
"""What of the labelling page the picture shows."""


def readings(which: int) -> dict[str, Any]:
    """Give what a bundled reader answered, by sentence; the second read a part of them."""
    tasks = json.loads((DEMO / "readings.json").read_bytes())
    return {task["data"]["text"]: task["annotations"][-which:][0]["result"] for task in tasks}


def answer(coder: Any, project: int, which: int) -> None:
    """Answer the tasks of a project as a bundled reader did."""
    given = readings(which)
    for task in tasks_of(coder.server, project):
        coder.server.client.annotations.create(
            id=task["id"], result=given[task["data"]["text"]], lead_time=11.0 + which
        )


def as_printed(shown: Block, printed: str) -> str:
    """Give a block with the numbers of this run; its lines must have been printed, in order."""
    lines, made = iter(printed.splitlines()), []
    for line in shown.text.splitlines():
        if line in {"", "..."}:
            made.append(line)
            continue
        for candidate in lines:
            if looks_like(candidate) == looks_like(line):
                made.append(candidate.rstrip())
                break
        else:
            pytest.fail(f"{shown.page.name}:{shown.line}: {line!r} was not printed:\n{printed}")
    return "".join(f"{line}\n" for line in made)


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Install the wheel into an environment of its own, and give what runs its command there.

    What the wheel needs is found in the environment of the tests; the checkout is not.
    """
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # A path that stands in a .pth file is searched, but the .pth files in it are not read.
    (site / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")

    def command(*words: str, cwd: Path) -> Any:
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(words, cwd=cwd, env=own, capture_output=True, text=True, check=False)
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)

    shown = [str(python), "-c", "import standfirst; print(standfirst.__file__)"]
    assert command(*shown, cwd=folder).out.startswith(str(site))
    return lambda *words, cwd: command(str(folder / "bin" / "standfirst"), *words, cwd=cwd)


@pytest.mark.server
@pytest.mark.browser
def test_the_tutorial_prints_what_it_shows(
    tmp_path: Path,
    run: Callable[..., Any],
    label_studio: LocalServer,
    sign_up: Callable[[str], Any],
    page: "Page",
    editor: Any,
    artefacts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its commands run in order, print what stands below them, and make what its pictures show.

    They do with the wheel, without the checkout, in a folder that knows nothing of it.
    """
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.access.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.access.token)
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path / "home"))
    for folder, name, most in (("news", "articles", 48), ("later", "unseen", 12)):
        lines = (DEMO / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "articles.jsonl").write_text("".join(lines[:most]), encoding="utf-8")
    text, here, printed = TUTORIAL.read_text(encoding="utf-8"), tmp_path, ""
    projects: list[int] = []

    for block in blocks(TUTORIAL):
        if block.language == "text":
            text = text.replace(block.text, as_printed(block, printed))
            continue
        assert block.language == "sh"
        if block.mark == "in another terminal":
            continue
        if block.mark == "when all is coded":
            photograph_labelling(editor, sign_up(CODERS[0]), label_studio, projects[0], artefacts)
            for which, (email, project) in enumerate(zip(CODERS, projects, strict=True), start=1):
                answer(sign_up(email), project, which)
        printed = ""
        for words in commands(block):
            if words[0] == "cd":
                here /= words[1]
            elif words[0] != "pip":
                done = run(*words[1:], cwd=here)
                assert done.code == 0, (words, done.err)
                said = (done.out + done.err).replace(f"{here}/", "")
                printed += said.replace(label_studio.access.url, "http://127.0.0.1:8080")
        projects = [int(n) for n in re.findall(r"/projects/(\d+)", printed)] or projects
    (artefacts / TUTORIAL.name).write_text(text, encoding="utf-8")

    page.goto((here / "guide.html").as_uri())
    page.screenshot(path=artefacts / "guide.png")
    page.set_viewport_size({"width": 860, "height": 1060})
    page.goto((here / "report.html").as_uri())
    page.wait_for_selector("html[data-ready=true]")
    page.screenshot(path=artefacts / "report.png")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert sorted(path.stem for path in PICTURES.iterdir()) == ["guide", "labelling", "report"]
    assert all((artefacts / f"{path.stem}.png").exists() for path in PICTURES.iterdir())


def photograph_labelling(
    editor: Any, coder: Any, label_studio: LocalServer, project: int, folder: Path
) -> None:
    """Take the picture of a unit that a coder has answered and not submitted yet."""
    editor.log_in(label_studio.access.url, coder.email, coder.password)
    editor.open(label_studio.access.url, project)
    codebook = assign_hotkeys(load_codebook(ready_codebooks()["transfer-deals"]))
    for given in readings(1)[editor.page.locator(".sf-target").inner_text().strip()]:
        for label in codebook.dimension(given["from_name"]).labels:
            if label.id in given["value"]["choices"]:
                editor.page.keyboard.press(label.hotkey)
    editor.page.wait_for_timeout(500)
    editor.page.screenshot(path=folder / "labelling.png", clip=SHOWN)


def test_pictures_are_small_and_shown() -> None:
    """Each picture of the tutorial has less than 150 KB, and stands in it."""
    shown = re.findall(r"\]\(images/tutorial/(\S+?)\)", TUTORIAL.read_text(encoding="utf-8"))

    assert sorted(shown) == sorted(path.name for path in PICTURES.iterdir())
    assert max(path.stat().st_size for path in PICTURES.iterdir()) < 150_000


def test_the_worked_example_is_that_of_the_tutorial() -> None:
    """What a paper would say has the figures that the tutorial prints."""
    example = (DOCS / "howto" / "reviewers.md").read_text(encoding="utf-8").partition("worked")[2]
    figures = set(re.findall(r"\d+\.\d(?=%| %| to |\))", example))
    printed = set(re.findall(r"\d+\.\d", TUTORIAL.read_text(encoding="utf-8")))

    assert len(figures) >= 7
    assert figures <= printed
