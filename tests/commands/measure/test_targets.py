"""Targets from the outside: what a round is to tell, and how near `annotate status` says it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.design.plan import read_design

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def test_status_tells_the_width_by_what_is_there(coded_study: Path, run: Run) -> None:
    """With tags it is that of the corrected share; without them that of gold, with the reason."""
    told = run("annotate", "status", "--json", cwd=coded_study)
    with_tags = json.loads(told.out)["targets"][0]
    shown = run("annotate", "status", cwd=coded_study)
    shares = json.loads(run("measure", "shares", "--json", cwd=coded_study).out)
    label = shares["dimensions"]["stance"]["labels"]["rights_critique"]["corrected"]
    (coded_study / "tags" / "corpus.parquet").unlink()
    without = run("annotate", "status", "--json", cwd=coded_study)
    alone = json.loads(without.out)

    assert with_tags["target"] == "stance=rights_critique:0.02"
    assert with_tags["half_width"] == pytest.approx((label["high"] - label["low"]) / 2)
    assert (with_tags["n_coded"], with_tags["corrected"], with_tags["reached"]) == (
        120,
        True,
        False,
    )
    assert 0 < with_tags["precise"] < with_tags["at_random"]
    assert "more by --rule precise or" in shown.out
    assert "significant" not in shown.out + shown.err
    assert alone["targets"][0]["corrected"] is False
    assert alone["targets"][0]["half_width"] > with_tags["half_width"]
    assert "standfirst corpus units" in alone["notes"][0]


def test_status_goes_on_without_gold(coded_study: Path, run: Run) -> None:
    """Before anything is resolved, the work is listed and the target's line says what to do."""
    (coded_study / "annotations" / "gold.jsonl").unlink()
    done = run("annotate", "status", cwd=coded_study)

    assert done.code == 0
    assert "round" in done.out
    assert "stance=rights_critique:0.02: cannot be told yet" in done.err
    assert "standfirst labels gold" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "stance=rights_critiqe:0.01"), "did you mean 'rights_critique'?"),
        (("--target", "stanc=rights_critique"), "unknown dimension of the codebook: 'stanc'"),
        (("--target", "stance"), "write it as DIMENSION=LABEL:0.01"),
        (("--target", "stance=rights_critique:1%"), "half-width '1%'; use a share above 0"),
        (("--rule", "precise", "--model", "m"), "'precise' draws for a share; name it: --target"),
        (("--rule", "precise", "--target", "stance=rights_critique"), "name one with --model"),
    ],
)
def test_targets_that_are_refused(
    coded_study: Path, run: Run, words: tuple[str, ...], said: str
) -> None:
    """What is not in the codebook, or no width: one line, and the design stays."""
    before = read_design(coded_study / "annotations" / "design.jsonl")
    done = run("annotate", "sample", "10", *words, cwd=coded_study)

    assert done.code == 1
    assert said in done.err
    assert done.err.count("\n") == 1
    assert read_design(coded_study / "annotations" / "design.jsonl") == before
