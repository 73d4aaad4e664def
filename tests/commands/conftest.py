"""Run commands as a user types them, in this process, because imports are what takes long."""

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from standfirst.cli import main


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
