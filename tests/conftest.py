"""Fixtures that several rooms share: commands as typed, a real Label Studio, coders, a codebook."""

import contextlib
import importlib.util
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import settings

from standfirst.annotate.label_studio.access import Access
from standfirst.annotate.label_studio.connection import Server, connect
from standfirst.annotate.label_studio.local_server import LocalServer, free_port, start_local
from standfirst.cli import main
from standfirst.files import locked
from standfirst.labels import Codebook, load_codebook, ready_codebooks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Nothing is timed in tests: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PASSWORD = "Harbour-Post-1862"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
SUBMIT = "[data-testid=bottombar-submit-button]"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that finds tests which hang on rounding."""
    parser.addoption("--perturb", action="store_true", help="scores are off by a millionth")


def pytest_configure(config: pytest.Config) -> None:
    """Perturb the scores of all classifiers, if asked to."""
    if config.getoption("--perturb"):
        from standfirst.tests.perturb import perturb_programs, perturb_scores

        perturb_scores()
        folder = tempfile.TemporaryDirectory(prefix="perturb-")
        config.add_cleanup(folder.cleanup)
        perturb_programs(Path(folder.name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call every test slow that needs a server, a browser or a model; begin with the slow files.

    Workers take whole files: one that takes minutes must not be the last.
    """
    slow: Counter[Path] = Counter()
    for item in items:
        if any(item.get_closest_marker(name) for name in ("server", "browser", "llm")):
            item.add_marker("slow")
            slow[item.path] += 10
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: -slow[item.path])


@dataclass(frozen=True, slots=True)
class Coder:
    """Somebody with an account on the test server."""

    email: str
    """Their address, by which annotations name them."""
    password: str
    """Their password, for the browser."""
    server: Server
    """The server, with their own token."""


SignUp = Callable[[str], Coder]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left."""

    code: int
    """Its exit code."""
    out: str
    """What it printed as its result."""
    err: str
    """What else it said."""


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def run() -> Run:
    """Give a function that runs ``standfirst WORDS`` in a folder."""

    def command(*words: str, cwd: Path, text: str = "") -> Done:
        out, err = io.StringIO(), io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(cwd)
            patch.setattr(sys, "argv", ["standfirst", *words])
            patch.setattr(sys, "stdin", stdin)
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                pytest.raises(SystemExit) as ended,
            ):
                main()
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return command


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel from this tree."""
    folder, root = tmp_path_factory.mktemp("wheel"), Path(__file__).parents[1]
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (root / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((root / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)],
        check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


HARBOUR = """\
id: harbour
title: Harbours
version: "1"
dimensions:
  - id: tone
    question: Which tone?
    labels:
      - {id: warm, name: Warm}
      - {id: cold, name: Cold}
"""


class Harbour:
    """Invented articles in which every second sentence is warm, and their coding."""

    book = HARBOUR
    """The codebook."""

    def articles(self, first: int, n: int) -> str:
        """Write articles as JSON Lines."""
        text = "The {0} quay was praised in {0}. The {0} crane of {0} failed. "
        rows = [
            {"id": f"a{i}", "text": text.format(f"{'bcdfghjk'[i % 8]}o{i}r") * 2}
            for i in range(first, first + n)
        ]
        return "".join(json.dumps(row) + "\n" for row in rows)

    def answer(self, exported: Path, coded: Path, second: str) -> None:
        """Answer exported tasks as eve@example.org, and every fifth as somebody else, too."""
        from standfirst.annotate.page.tasks import result

        tasks = json.loads(exported.read_bytes())
        for number, task in enumerate(tasks):
            label = "warm" if "praised" in task["data"]["text"] else "cold"
            task["annotations"] = [
                {"completed_by": {"email": who}, "result": result({"tone": [label]})}
                for who in ["eve@example.org", second][: 1 + (number % 5 == 0)]
            ]
        coded.write_text(json.dumps(tasks))


@pytest.fixture(scope="session")
def harbour() -> Harbour:
    """Give the articles about harbours, and what people say of them."""
    return Harbour()


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    """Give the ready codebook that the demonstration uses."""
    return load_codebook(ready_codebooks()["transfer-deals"])


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """Give an S3 store without buckets, on a server on loopback.

    There is one for all tests: the client keeps its connections by the words that they were asked
    for with, and these do not name the server.
    """
    s3fs = pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        yield s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
    server.stop()


@pytest.fixture(scope="session")
def label_studio(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalServer]:
    """Run a real Label Studio on a free port, with a database that nobody used before.

    The first start builds the database, which takes most of a minute; what it leaves is kept in
    pytest's cache and copied from there.
    """
    if importlib.util.find_spec("label_studio") is None:
        pytest.skip("Label Studio is not installed")
    template = pytestconfig.cache.mkdir("label-studio") / version("label-studio")
    # Several processes may run the tests; one of them builds it.
    with locked(template.parent, wait=600):
        if not template.exists():
            fresh = tmp_path_factory.mktemp("template") / "label-studio"
            with start_local(fresh, port=free_port()):
                pass
            part = template.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(fresh, part)
            part.rename(template)
    folder = tmp_path_factory.mktemp("server") / "label-studio"
    shutil.copytree(template, folder)
    with start_local(folder, port=free_port(), backend=True) as running:
        yield running


@pytest.fixture(scope="session")
def server(label_studio: LocalServer) -> Iterator[Server]:
    """Give a connection with the owner's token."""
    with connect(label_studio.access) as connected:
        yield connected


@pytest.fixture(scope="session")
def sign_up(server: Server) -> Iterator[SignUp]:
    """Give a function that makes an account by the invitation link, as a coder does."""
    coders: dict[str, Coder] = {}

    def made(email: str) -> Coder:
        if email not in coders:
            coders[email] = _sign_up(server, email)
        return coders[email]

    yield made
    for coder in coders.values():
        coder.server.close()


@pytest.fixture(scope="session")
def join() -> Callable[[str, str], str]:
    """Give a function that makes an account behind an invitation link; it tells the password."""

    def joined(link: str, email: str) -> str:
        with httpx.Client(timeout=60) as browser:
            _join(browser, link, email)
        return PASSWORD

    return joined


@pytest.fixture(scope="session")
def kill_often() -> Callable[..., str]:
    """Give a function that kills a program again and again, and lets it end at last.

    The program must print "go" when its work begins, and "done" at its end. The moments are random,
    and each is drawn anew, sooner, until the program still runs; what it prints at last is given.
    """

    def killed(words: list[str], n_kills: int, longest: float, seed: int) -> str:
        dice, n_hit = random.Random(seed), 0
        while n_hit < n_kills:
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
                assert running.stdout is not None
                assert running.stdout.readline() == "go\n"
                time.sleep(dice.uniform(0.05, longest))
                os.kill(running.pid, signal.SIGKILL)
            if running.returncode == -signal.SIGKILL:
                n_hit += 1
            else:
                longest *= 0.8
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    return killed


@pytest.fixture
def new_project(server: Server, tmp_path: Path) -> Callable[..., int]:
    """Give a function that makes a project of its own for a test."""
    from standfirst.annotate.label_studio.projects import Batch, project

    def made(codebook: Codebook, title: str, n_coders: int = 1) -> int:
        return project(server, codebook, Batch(title, n_coders, ()), tmp_path / "projects.json")

    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """Start a headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            headless=True,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """Give a page as large as a laptop's screen, without what another test's page knew or asked."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def artefacts(pytestconfig: pytest.Config) -> Path:
    """Give the folder in which screenshots are kept."""
    named = os.environ.get("STANDFIRST_ARTEFACTS")
    folder = Path(named) if named else pytestconfig.cache.mkdir("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True, slots=True)
class Editor:
    """Label Studio's labelling page, driven as a coder does."""

    page: "Page"
    """The browser's page."""

    def log_in(self, url: str, email: str, password: str) -> None:
        """Log in with a form, as somebody else than before."""
        self.page.context.clear_cookies()
        self.page.goto(f"{url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda address: "/user/login" not in address)

    def open(self, url: str, project: int) -> None:
        """Open the stream of a project's tasks."""
        self.page.goto(f"{url}/projects/{project}/data?labeling=1")
        self.page.wait_for_selector(SUBMIT, timeout=60_000)
        self.page.wait_for_timeout(1000)

    def press(self, keys: str) -> None:
        """Answer by hotkeys and submit."""
        for key in keys:
            self.page.keyboard.press(key)
        with self.page.expect_response(
            lambda answer: "/annotations" in answer.url and answer.request.method == "POST"
        ):
            self.page.keyboard.press("Control+Enter")


@pytest.fixture
def editor(page: "Page") -> Editor:
    """Give the labelling page."""
    return Editor(page)


def _join(browser: httpx.Client, link: str, email: str) -> None:
    """Fill in the form behind an invitation link, as a coder does."""
    browser.get(link)
    form = {
        "email": email,
        "password": PASSWORD,
        "allow_newsletters": "false",
        "csrfmiddlewaretoken": browser.cookies["csrftoken"],
    }
    signed = browser.post(link, data=form, headers={"Referer": link})
    assert signed.status_code == 302, signed.text[:500]


def _sign_up(server: Server, email: str) -> Coder:
    link = server.invitation()
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        _join(browser, link, email)
        token: dict[str, Any] = browser.get("/api/current-user/token").json()
    return Coder(email, PASSWORD, connect(Access(server.url, token["token"])))
