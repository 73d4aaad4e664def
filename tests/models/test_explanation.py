"""Which words an answer rests on: the ones that the labels hang on, wherever they stand."""

import json

import numpy as np
import pytest

from standfirst.errors import InputError
from standfirst.models import Model, from_file, train
from standfirst.models.explanation import explain


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Train on sentences whose tone hangs on one word each."""
    rng = np.random.default_rng(3)
    fill = [f"w{i}ord" for i in range(40)]
    path = tmp_path_factory.mktemp("explained") / "rows.jsonl"
    with path.open("w") as out:
        for number in range(160):
            word, tone = (("sunny", "warm"), ("icebound", "cold"))[number % 2]
            words = [*rng.choice(fill, 6).tolist(), word]
            rng.shuffle(words)
            row = {"text": " ".join(words), "tone": tone, "article_id": f"a{number // 4}"}
            out.write(json.dumps(row) + "\n")
    return train(from_file(path, ["tone"], group="article_id"), encoder="tfidf").model


def test_the_deciding_word_has_the_largest_effect(model: Model) -> None:
    """It is found at its place in the text, and speaks for the label that is given."""
    texts = ["w1ord w2ord sunny w3ord", "icebound; w4ord w5ord"]
    found = explain(model, texts)

    for text, (reason,), word, label in zip(
        texts, found, ("sunny", "icebound"), ("warm", "cold"), strict=True
    ):
        best = max(reason.words, key=lambda one: one.effect)
        assert text[best.start : best.end] == word
        assert best.effect > 1
        assert reason.label == label
        assert reason.given
        assert [text[w.start : w.end] for w in reason.words] == text.replace(";", "").split()


def test_effects_are_those_of_asking_again(model: Model) -> None:
    """An effect is what the log-odds lose when the word is not there."""
    text, without = "w1ord sunny w3ord", "w1ord  w3ord"
    p = [model.predict([one])["tone"].probabilities[0] for one in (text, without)]
    (reason,) = explain(model, [text])[0]
    k = model.dimensions[0].label_ids.index(reason.label)
    lost = np.log(p[0][k] / (1 - p[0][k])) - np.log(p[1][k] / (1 - p[1][k]))

    assert reason.words[1].effect == pytest.approx(lost, rel=1e-6)


def test_an_empty_text_is_refused(model: Model) -> None:
    """It has no word to go by; one line says which it is."""
    with pytest.raises(InputError, match="text 2: is empty"):
        explain(model, ["sunny", "  "])
