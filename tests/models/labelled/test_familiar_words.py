import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.models.labelled.familiar_words import FamiliarWords, words_of

TEXTS = [
    f"The court of district{'abcdefghij'[n % 10]} ruled on transfer{'klmnopqrst'[n // 10]} again "
    * 4
    for n in range(100)
]
GROUPS = np.arange(100) // 2


def summed() -> FamiliarWords:
    """Sum up a hundred sentences of fifty articles."""
    made = FamiliarWords.of(TEXTS, GROUPS)
    assert made is not None
    return made


def test_words_of_training_are_known_and_others_are_new() -> None:
    """Case, numbers and marks make no new word; two of these four are new."""
    known = summed()

    assert known.count(["THE Court, 2031: of Kigali's budget"]) == (5, 2)
    assert known.count(TEXTS)[1] == 0


def test_usual_is_what_left_out_articles_would_not_be_known_by() -> None:
    """A word that one tenth of the articles has alone is new there; here every word recurs."""
    known = summed()
    alone = FamiliarWords.of([f"{text} own{'x' * n}" for n, text in enumerate(TEXTS)], GROUPS)

    assert known.usual == known.most == 0
    assert alone is not None
    assert 0 < alone.usual <= alone.most < 0.1


def test_few_words_and_small_differences_are_no_sign() -> None:
    """It takes 200 words, more new ones than any tenth had, and a quarter more than usual."""
    known = FamiliarWords(frozenset(), usual=0.1, most=0.11)

    assert not known.unlike(100, 100)
    assert not known.unlike(1000, 120)
    assert known.unlike(1000, 130)
    assert not FamiliarWords(frozenset(), usual=0.1, most=0.2).unlike(1000, 190)


def test_too_little_to_tell_gives_nothing() -> None:
    """Nine articles, or a few words, are no summary."""
    assert FamiliarWords.of(TEXTS, np.arange(100) % 9) is None
    assert FamiliarWords.of(["Talks fail."] * 30, np.arange(30)) is None


def test_it_survives_being_stored() -> None:
    """What was stored comes back; older bundles have none, and damaged ones are refused."""
    known = summed()
    arrays = known.arrays()

    assert FamiliarWords.restore(arrays) == known
    assert FamiliarWords.restore({}) is None
    with pytest.raises(ValueError, match="damaged"):
        FamiliarWords.restore({**arrays, "new": np.array([np.nan, 0.0])})


@given(st.text())
def test_any_text_has_words(text: str) -> None:
    """No text breaks it, and words are in lower case."""
    assert all(word == word.casefold() for word in words_of(text))
    assert summed().count([text])[0] == len(words_of(text))
