"""The wheel holds the package, whole, and nothing else."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
OUTSIDE = {"tests", "docs", "benchmarks", "build", "dist", "site", "standfirst.egg-info"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build a wheel from this tree, and give the names of its files."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)],
        check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def expected() -> set[str]:
    """Give the files of the tree that a user's install must have."""
    kinds = {".css", ".j2", ".js", ".json", ".jsonl", ".py", ".toml", ".yaml"}
    return {
        f"standfirst/{path.relative_to(ROOT)}"
        for path in ROOT.rglob("*")
        if path.is_file()
        and (path.suffix in kinds or path.name == "py.typed")
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        and path.relative_to(ROOT).parts[0] not in OUTSIDE
        and path.name != "pyproject.toml"
    }


@pytest.mark.slow
def test_the_wheel_is_the_tree(wheel: set[str]) -> None:
    """A subpackage or data file that pyproject.toml forgets would be missing here."""
    packaged = {name for name in wheel if name.startswith("standfirst/")}

    assert expected() - packaged == set()
    assert {name for name in packaged - expected() if not name.endswith(".md")} == set()
    assert {name.split("/")[0] for name in wheel - packaged} <= {
        name.split("/")[0] for name in wheel if ".dist-info/" in name
    }


@pytest.mark.slow
def test_every_subpackage_is_listed() -> None:
    """What pyproject.toml lists is what has an __init__.py."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        ".".join(("standfirst", *path.parent.relative_to(ROOT).parts))
        for path in ROOT.rglob("__init__.py")
        if path.relative_to(ROOT).parts[0] not in OUTSIDE
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }

    assert set(listed) == found


def test_files_of_other_tools_fit() -> None:
    """Forms and hooks are YAML, and the image installs extras and files that are there."""
    forms = [*(ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"), ROOT / ".pre-commit-config.yaml"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    image = (ROOT / "Dockerfile").read_text()
    (wanted,) = re.findall(r"whl\)\[([a-z0-9,-]+)\]", image)

    assert all(isinstance(yaml.safe_load(path.read_text()), dict) for path in forms)
    assert set(wanted.split(",")) <= extras.keys()
    for name in re.findall(r"^COPY (\w\S*) ", image, re.MULTILINE):
        assert (ROOT / name).is_file()
