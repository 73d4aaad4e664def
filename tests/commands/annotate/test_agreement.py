import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
CODED = "unit,coder,dimension,label,article\n"


def table(path: Path, *, good: bool) -> Path:
    # A bad second coder answers by another rhythm, which agrees as often as chance does.
    tones = "cold", "warm"
    lines = [
        f"u{u},{coder},tone,{tones[(u if good or coder == 'ann' else u // 2) % 2]},a{u}"
        for u in range(40)
        for coder in ("ann", "bo")
    ]
    path.write_text(CODED + "\n".join(lines) + "\n")
    return path


def test_json_from_a_csv(tmp_path: Path, run: Run) -> None:
    """Without a study, a CSV gives the figures as JSON."""
    table(tmp_path / "coded.csv", good=True)
    done = run("annotate", "agreement", "--from", "coded.csv", "--json", cwd=tmp_path)

    tone = json.loads(done.out)["dimensions"]["tone"]
    assert done.code == 0
    assert (tone["alpha"], tone["n_units"], tone["n_coders"]) == (1.0, 40, 2)
    assert set(tone["labels"]) == {"cold", "warm"}
    assert {"low", "high"} <= set(tone)


def test_the_gate_stops_a_script(tmp_path: Path, run: Run) -> None:
    """Below the gate: the figures on stdout, one line on stderr, exit code 1; above it: 0."""
    table(tmp_path / "bad.csv", good=False)
    table(tmp_path / "good.csv", good=True)
    words = ("annotate", "agreement", "--gate", "0.8", "--lower", "0.667", "--from")
    bad, good = (run(*words, name, cwd=tmp_path) for name in ("bad.csv", "good.csv"))

    assert bad.code == 1
    assert "no better than chance" in bad.out
    assert bad.err.startswith("error: agreement: tone: alpha ")
    assert bad.err.count("\n") == 1
    assert good.code == 0


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, run: Run) -> None:
    """No file, no column, no study, no such dimension."""
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    table(tmp_path / "good.csv", good=True)
    for words, message in (
        (("--from", "none.csv"), "none.csv: no such file"),
        (("--from", "x.csv"), "x.csv:1: no column 'unit'"),
        ((), "is not in a study"),
        (("--from", "good.csv", "--dimension", "ton"), "did you mean 'tone'?"),
    ):
        done = run("annotate", "agreement", *words, cwd=tmp_path)

        assert done.code == 1
        assert message in done.err
        assert done.err.count("\n") == 1
