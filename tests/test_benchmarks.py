"""Every benchmark runs: a tiny run of all its parts, or a line that says what it lacks."""

import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if "\ndef main(" in path.read_text("utf-8"))
WITH_SERVER = {"faults", "roundtrip"}
ALONE = [path for path in SCRIPTS if path.stem not in WITH_SERVER]


def smoke(path: Path, *more: str) -> str:
    done = subprocess.run(
        [sys.executable, str(path), "--smoke", *more],
        cwd=FOLDER.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_hide_no_library() -> None:
    """A script's folder comes first where it looks for modules: none is called as a library is."""
    names = {path.stem for path in FOLDER.glob("*.py")}

    assert {name for name in names if find_spec(name) is not None} == set()


@pytest.mark.slow
@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.stem)
def test_smoke(path: Path) -> None:
    """A tiny run ends well and prints something."""
    assert smoke(path).strip()


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("name", sorted(WITH_SERVER))
def test_smoke_with_a_server(name: str, label_studio: object, pytestconfig: pytest.Config) -> None:
    """So does a tiny run against a Label Studio of its own."""
    template = pytestconfig.cache.mkdir("label-studio") / version("label-studio")

    assert smoke(FOLDER / f"{name}.py", "--template", str(template)).strip()
