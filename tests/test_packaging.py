"""The wheel holds the package, whole, and nothing else."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
OUTSIDE = {"tests", "docs", "benchmarks", "build", "dist", "site", "standfirst.egg-info"}


def expected() -> set[str]:
    """Give the files of the tree that a user's install must have."""
    kinds = {".css", ".j2", ".js", ".json", ".jsonl", ".npz", ".py", ".toml", ".yaml"}
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
def test_the_wheel_is_the_tree(wheel: Path) -> None:
    """A subpackage or data file that pyproject.toml forgets would be missing here."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packaged = {name for name in names if name.startswith("standfirst/")}

    assert expected() - packaged == set()
    assert {name for name in packaged - expected() if not name.endswith(".md")} == set()
    assert {name.split("/")[0] for name in names - packaged} <= {
        name.split("/")[0] for name in names if ".dist-info/" in name
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
