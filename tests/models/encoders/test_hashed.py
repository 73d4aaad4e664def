from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.models import Model, TrainingSet, train
from standfirst.models.encoders.words import ngrams
from standfirst.models.encoders.words.hashed import Hashed, HashedPieces
from standfirst.models.encoders.words.ngrams import Kind, count
from standfirst.models.strings import as_strings
from standfirst.models.tagging.tags import tag_units

TEXTS = st.lists(st.text(st.characters(codec=None), max_size=90), max_size=8)
STRANGE = [
    "İstanbul ŠKODA — “x”",
    "x" * 200 + " y",
    "a 𝒳 𠀀𠀀 b",
    "e\u0301 हिन्दी",
    "\ud800 odd",
    "ΣΑΣ",
]


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngrams, "is_compiled", lambda: False)


def both(texts: list[str], kind: Kind) -> None:
    strings = as_strings(texts)
    table = np.random.default_rng(0).random((1 << kind.bits, 3)).astype(np.float32)
    compiled, added = count(strings, kind), ngrams.sums(strings, kind, table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngrams, "is_compiled", lambda: False)
        plain, added_plainly = count(strings, kind), ngrams.sums(strings, kind, table)

    assert np.array_equal(compiled.ends, plain.ends)
    assert np.array_equal(compiled.numbers, plain.numbers)
    # To the last bit: the same numbers are added in the same order.
    assert np.array_equal(added, added_plainly)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(TEXTS, st.booleans())
def test_numba_changes_nothing(texts: list[str], pieces: bool) -> None:  # noqa: FBT001
    """Compiled or not, any texts have the same n-grams and the same sums."""
    both(texts, Kind(bits=10, pieces=pieces))


@pytest.mark.parametrize("pieces", [False, True])
def test_strange_letters(pieces: bool) -> None:  # noqa: FBT001
    """Letters without a short lower case, long words, rare planes and lone surrogates, too."""
    both(STRANGE, Kind(pieces=pieces))


def test_words_and_pairs() -> None:
    """Case and punctuation do not count; three words have two pairs; pairs do not cross texts."""
    a, b = ("Talks fail again.", "“talks” — FAIL, again!")
    found = count(as_strings([a, b, "again"]), Kind())

    assert found.ends.tolist() == [0, 5, 10, 11]
    assert found.numbers[:5].tolist() == found.numbers[5:10].tolist()
    assert len(set(found.numbers[:5].tolist())) == 5
    assert found.numbers[10] == found.numbers[3]


def test_broken_utf8_is_no_way_out() -> None:
    """Bytes that are no UTF-8, cut at the end, read nothing of the next text."""
    raw = pa.array([b"a \xf0", b"secret", b"\xe2\x82", b"\xff\xfe b"]).view(pa.string())
    alone = pa.array([b"a \xf0"]).view(pa.string())
    found = count(as_strings(raw), Kind())

    assert (
        found.numbers[: found.ends[1]].tolist() == count(as_strings(alone), Kind()).numbers.tolist()
    )


@pytest.mark.parametrize("encoder", [Hashed, HashedPieces])
def test_scores_are_a_product(encoder: type[Hashed], data: TrainingSet) -> None:
    """The short way from bytes to scores gives what vectors times weights give."""
    begun, prepared = encoder().begin(data.texts)
    fitted = begun.fit(prepared)
    weights = np.random.default_rng(1).normal(size=(3, fitted.width)).astype(np.float32)
    texts = [*data.texts[:20], "", "nothing known", *STRANGE]
    expected = fitted.encode(texts) @ weights.T

    assert np.allclose(fitted.scores(texts, fitted.table(weights)), expected, atol=1e-5)


@pytest.fixture(scope="module")
def model(data: TrainingSet) -> Model:
    return train(data, encoder="hashed", n_folds=2).model


@pytest.mark.slow
def test_arrow_in_whatever_form(model: Model, data: TrainingSet) -> None:
    """Slices, chunks, large strings and dictionaries of the same texts get the same tags."""
    texts = pa.array(data.texts)
    forms = [
        texts,
        pa.concat_arrays([pa.array(["x"]), texts]).slice(1),
        pa.chunked_array([texts.slice(0, 7), texts.slice(7)]),
        texts.cast(pa.large_string()),
        texts.dictionary_encode(),
    ]
    tags = [tag_units(model, pa.table({"text": form})) for form in forms]

    assert all(one.equals(tags[0]) for one in tags)
    assert tags[0].column("stance").to_pylist() == [a[0] for a in data.answers["stance"] if a]
    frames = [tuple(one) for one in tags[0].column("frames").to_pylist()]
    assert frames == list(data.answers["frames"])


@pytest.mark.slow
def test_without_numba_the_same_tags(
    model: Model, data: TrainingSet, tmp_path: Path, without_numba: None
) -> None:
    """A bundle made with numba answers the same without."""
    model.save(tmp_path / "model")
    units = pa.table({"text": data.texts})

    assert tag_units(Model.load(tmp_path / "model"), units).equals(tag_units(model, units))
