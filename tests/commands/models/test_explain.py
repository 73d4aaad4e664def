"""`explain` from the outside: words in lines, and all of them in JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., Any]


def test_words_for_and_against(run: Run, tmp_path: Path) -> None:
    """The word that decides is named; an empty text and a missing model get one line."""
    with (tmp_path / "rows.jsonl").open("w") as out:
        for number in range(120):
            word, tone = (("sunny", "warm"), ("icebound", "cold"))[number % 2]
            text = f"w{number % 7}ord {word} w{number % 11}ash w{number % 5}est"
            out.write(json.dumps({"text": text, "tone": tone, "article_id": number // 3}) + "\n")
    trained = run(
        *("train", "--data", "rows.jsonl", "--label", "tone", "--encoder", "tfidf", "-o", "tones"),
        cwd=tmp_path,
    )
    assert trained.code == 0, trained.err
    text = "w1ord sunny icy"
    done = run("explain", "tones", "--text", text, cwd=tmp_path)
    told = json.loads(run("explain", "tones", "--text", text, "--json", cwd=tmp_path).out)
    empty = run("explain", "tones", "--text", " ", cwd=tmp_path)
    gone = run("explain", "none", "--text", text, cwd=tmp_path)

    assert done.code == 0, done.err
    assert "tone: warm" in done.out
    assert "for it: sunny +" in done.out
    assert [word["word"] for word in told[0]["reasons"][0]["words"]] == ["w1ord", "sunny", "icy"]
    for refused, words in ((empty, "text 1: is empty"), (gone, "no such model")):
        assert refused.code == 1
        assert words in refused.err
        assert refused.err.count("\n") == 1
