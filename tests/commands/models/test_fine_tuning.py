"""``standfirst train --fine-tune`` from the outside; see also `test_finetune` and `test_tuning`."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

WORDS = ("train", "--data", "coded.csv", "--label", "stance", "-o", "m", "--fine-tune")


@pytest.fixture
def coded(tmp_path: Path) -> Path:
    """Write a labelled file."""
    lines = ["text,stance,article_id"]
    for k in range(20):
        lines.append(f"The minister defended plan {k}.,government,a{k}")
        lines.append(f"Campaigners attacked plan {k} as cruel.,critique,a{k}")
    (tmp_path / "coded.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_without_torch(coded: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch one line names the extra, before anything is done."""
    monkeypatch.setitem(sys.modules, "torch", None)
    done = run(*WORDS, "auto", cwd=coded)

    assert done.code == 1
    assert done.err.strip() == (
        "error: fine-tuning needs the extra 'torch'; run: pip install 'standfirst[torch]'"
    )
    assert not (coded / "m").exists()


def test_wrong_words(coded: Path, run: Run) -> None:
    """A method or device that nobody knows is told with those that there are."""
    done = run(*WORDS, "contrast", cwd=coded)
    assert done.code == 1
    assert "unknown method of fine-tuning 'contrast'; did you mean 'contrastive'?" in done.err

    done = run(*WORDS, "auto", "--device", "gpu", cwd=coded)
    assert done.code == 1
    assert "unknown device 'gpu'; did you mean 'cpu'?" in done.err


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--device", "gpu", "unknown device 'gpu'; did you mean 'cpu'?"),
        ("--epochs", "3", "--epochs: it is about fine-tuning, and nothing is fine-tuned; "),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    coded: Path, run: Run, option: str, value: str, told: str
) -> None:
    """Whoever names a device or passes expects them to be used."""
    done = run(*WORDS[: WORDS.index("--fine-tune")], option, value, cwd=coded)

    assert done.code == 1
    assert told in done.err
    assert not (coded / "m").exists()


def test_no_network(coded: Path, run: Run) -> None:
    """Counted words cannot be tuned."""
    pytest.importorskip("torch")
    done = run(*WORDS, "auto", "--encoder", "tfidf", cwd=coded)

    assert done.code == 1
    assert "the encoder 'tfidf' has no network that can be tuned; name minilm or mpnet" in done.err
