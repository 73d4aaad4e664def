import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.models import Model, TrainingSet, train
from standfirst.models.encoders.networks.transformer import Transformer
from standfirst.models.encoders.registry import ENCODERS
from standfirst.models.encoders.tokens import minilm_tokens as tokenvectors
from standfirst.models.encoders.tokens.static import Static
from standfirst.models.encoders.tokens.wordpiece import WordPiece
from standfirst.models.encoders.weights.on_disk import find_weights
from standfirst.models.strings import as_strings

pytestmark = pytest.mark.weights

STRANGE = [
    "[SEP] a [UNK] [clS]",
    "[CLSx] [CL",
    "",
    " \u00a0\t\r\n",
    "x" * 100 + " " + "x" * 101,
    "é" * 100 + "e\u0301" * 60,
    "日本 x 🙂 y",
    "a\x00b\x07c\ufffd d\u200be\u00ad",
    "İstanbul ŠKODA — “x”… £5 €6 ½ ﬁn ΑΣ",
    "\ud800 odd",
]
TEXTS = st.lists(st.text(st.characters(codec=None), max_size=60), max_size=6)
NEWSLIKE = st.text("abcdefghijklmnopqrstuvwxyzABC .,'’“”-–[]#0123é£\u0301\u00a0", max_size=120)


@pytest.fixture(scope="module")
def vocabulary() -> tuple[str, ...]:
    told = json.loads(find_weights("minilm").read("tokenizer.json"))
    numbers: dict[str, int] = told["model"]["vocab"]
    return tuple(sorted(numbers, key=numbers.__getitem__))


@pytest.fixture(scope="module")
def pieces(vocabulary: tuple[str, ...]) -> WordPiece:
    return WordPiece(vocabulary)


@pytest.fixture(scope="module")
def static(pieces: WordPiece) -> Static:
    """Give a static encoder with vectors that are quick to make."""
    table = np.random.default_rng(0).normal(size=(len(pieces.vocabulary), 16))
    return Static(pieces, table.astype(np.float16).astype(np.float32))


def check(pieces: WordPiece, texts: list[str]) -> None:
    """Compare with the published tokenizer."""
    from tokenizers import Tokenizer

    published = Tokenizer.from_file(str(find_weights("minilm").folder / "tokenizer.json"))
    published.no_padding()
    published.no_truncation()
    tokens, ends = pieces.tokens(as_strings(texts))

    for row, text in enumerate(texts):
        whole = text.encode("utf-8", "replace").decode()
        expected = published.encode(whole, add_special_tokens=False).ids
        assert tokens[ends[row] : ends[row + 1]].tolist() == expected, text


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(texts=st.one_of(TEXTS, st.lists(NEWSLIKE, max_size=6)))
def test_tokens_are_the_published_ones(pieces: WordPiece, texts: list[str]) -> None:
    """Any text is cut as the tokenizer that the weights came with cuts it."""
    check(pieces, texts)


def test_strange_texts(pieces: WordPiece) -> None:
    """Names of special tokens, endless words, accents, controls, ideographs, lone surrogates."""
    check(pieces, STRANGE)


def test_numba_changes_nothing(static: Static, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled or not, vectors are the same to the last bit."""
    texts = [*STRANGE, "The minister said that it will work.", "Plain talk, again."]
    compiled = static.encode(texts)
    monkeypatch.setattr("standfirst.models.encoders.tokens.static.is_compiled", lambda: False)

    assert np.array_equal(compiled, static.encode(texts))


@pytest.mark.slow
def test_bundle_is_whole(
    static: Static, data: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model with static vectors is used where nothing was pulled."""
    monkeypatch.setitem(ENCODERS, "static", lambda: static)
    model = train(data, encoder="static", n_folds=2).model
    model.save(tmp_path / "model")
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path / "empty"))
    loaded = Model.load(tmp_path / "model")

    for name, found in loaded.predict(data.texts).items():
        assert np.allclose(found.probabilities, model.predict(data.texts)[name].probabilities)


def test_token_states_are_those_of_a_text(pieces: WordPiece) -> None:
    """A token's states are what the network gives for a text of this one word."""
    words = ["minister", "cruel"]
    tokens, _ = pieces.tokens(as_strings(words))
    marks = pieces.vocabulary.index("[CLS]"), pieces.vocabulary.index("[SEP]")

    assert np.allclose(
        tokenvectors._states(tokens, marks), Transformer.named("minilm").encode(words), atol=1e-5
    )


def test_vectors_are_kept_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: WordPiece
) -> None:
    """Vectors are made once; a damaged file is made again."""
    made = []

    def make(progress: object) -> tokenvectors.TokenVectors:
        made.append(progress)
        return tokenvectors.TokenVectors(pieces.vocabulary, np.ones((30522, 2), np.float16))

    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path))
    monkeypatch.setattr(tokenvectors, "_make", make)
    kept = tmp_path / "encoders" / "static" / "vectors.safetensors"
    for n_made, damage in ((1, False), (1, False), (2, True)):
        if damage:
            kept.write_bytes(kept.read_bytes()[:-1] + b"!")
        tokenvectors.token_vectors.cache_clear()
        found = tokenvectors.token_vectors()
        assert len(made) == n_made
        assert found.vocabulary == pieces.vocabulary
    tokenvectors.token_vectors.cache_clear()


@pytest.mark.slow
def test_axes_keep_what_varies_most() -> None:
    """The main axes keep distances, and their direction does not depend on chance."""
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(400, 20)).astype(np.float32)
    states = np.hstack([flat, np.zeros((400, 300), np.float32)])
    found = tokenvectors._main_axes(states)

    assert found.shape == (400, tokenvectors.WIDTH)
    assert np.linalg.norm(found[0] - found[1]) == pytest.approx(
        np.linalg.norm(flat[0] - flat[1]), rel=1e-4
    )
