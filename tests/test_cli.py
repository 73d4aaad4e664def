"""The command line as a whole: quick, helpful, and one line for what goes wrong."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import standfirst
from standfirst.cli import app

HEAVY = ("sklearn", "datasets", "torch", "ray", "numpy", "pandas", "label_studio_sdk", "pyarrow")


def commands(group: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for command in group.registered_commands:
        name = str(command.name or getattr(command.callback, "__name__", ""))
        yield (*path, name.replace("_", "-"))
    for below in group.registered_groups:
        assert below.typer_instance is not None
        yield from commands(below.typer_instance, (*path, str(below.name)))


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "standfirst", *words],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def test_help_imports_nothing_heavy() -> None:
    """``--help`` answers without the libraries that take seconds to load."""
    code = (
        "import sys; from standfirst.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"
    assert "Turn news into measured stance" in done.stdout


@pytest.mark.parametrize("path", list(commands(app)), ids=" ".join)
def test_every_command_has_an_example(path: tuple[str, ...]) -> None:
    """Its help says what to type, and the example names the command itself."""
    told = CliRunner().invoke(app, [*path, "--help"]).output

    assert f"Example: standfirst {' '.join(path)}" in " ".join(told.split())


def test_wrong_usage_is_exit_2() -> None:
    """An unknown option is told, with a hint."""
    done = run("init")

    assert done.returncode == 2
    assert "Missing argument 'STUDY'" in done.stderr


def test_a_refusal_is_one_line_and_exit_1(tmp_path: Path) -> None:
    """Outside of a study, a command says what to do."""
    done = run("corpus", "stats", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make one with: standfirst init STUDY" in done.stderr


def test_version() -> None:
    """The version is the package's."""
    assert run("--version").stdout.startswith("standfirst 0.")


def test_unknown_name() -> None:
    """A name that the package does not have is refused as by any module."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = standfirst.nothing
