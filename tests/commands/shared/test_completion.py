import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def offered(folder: Path, typed: str) -> list[str]:
    """Give what the shell offers for a line that ends where the cursor stands."""
    words = typed.split(" ")
    program = "import sys; from standfirst.cli import main; sys.argv = ['standfirst']; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder, capture_output=True, text=True, check=False,
        env={
            **os.environ,
            "_STANDFIRST_COMPLETE": "complete_bash",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
        },
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.slow
def test_names_of_the_study_are_offered(tmp_path: Path, run: Run) -> None:
    """Commands, rounds, dimensions, coders, models and codebooks; nothing outside of a study."""
    (tmp_path / "in.jsonl").write_text('{"id": "a", "text": "The quay opened. Nobody came."}\n')
    run("init", "deals", cwd=tmp_path)
    study = tmp_path / "deals"
    run("corpus", "add", "../in.jsonl", cwd=study)
    run("annotate", "sample", "2", "--round", "pilot", "--coder", "ann@example.org", cwd=study)
    (study / "models" / "mine").mkdir(parents=True)
    (study / "models" / "mine" / "manifest.json").touch()

    assert offered(study, "standfirst annotate pu") == ["push", "pull"]
    assert offered(study, "standfirst annotate push --round ") == ["pilot"]
    assert offered(study, "standfirst annotate agreement --dimension s") == ["speaker", "stance"]
    assert offered(study, "standfirst annotate export --coder a") == ["ann@example.org"]
    assert offered(study, "standfirst evaluate models/m") == ["models/mine", "models/mine/"]
    assert offered(tmp_path, "standfirst init new --codebook po") == ["policy-frames"]
    assert offered(tmp_path, "standfirst annotate push --round ") == []
