import numpy as np
import pytest

from standfirst.errors import InputError
from standfirst.measure.checks.drift import Drift, Side, compare_texts


def articles(n: int, seed: int, *, words: range = range(400), name: str = "a") -> Side:
    """Make articles of five sentences, each about some words that Zipf's law draws."""
    rng = np.random.default_rng(seed)
    chance = 1 / np.arange(1, len(words) + 1)
    chance /= chance.sum()
    made, of = [], []
    for number in range(n):
        topic = rng.choice(len(words), 4)
        for _ in range(5):
            drawn = [*rng.choice(len(words), 10, p=chance), *rng.choice(topic, 2)]
            made.append("The " + " ".join(_word(words[k]) for k in drawn) + ".")
            of.append(f"{name}{number}")
    return Side(made, of)


def _word(number: int) -> str:
    return "".join("bcdfghjklm"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{number:04}")


def signals(made: Drift) -> dict[str, bool]:
    """Tell what differs."""
    return {one.what: one.differs for one in made.signals}


@pytest.mark.slow
def test_articles_of_one_kind_do_not_differ() -> None:
    """More of the same lies among halves of the training articles, which proves nothing."""
    alarms = [
        compare_texts(articles(80, seed), articles(60, 100 + seed, name="b")) for seed in range(6)
    ]

    assert sum(one.differs for one in alarms) <= 1
    calm = next(one for one in alarms if not one.differs)
    assert "does not make the tags right" in repr(calm)
    assert "valid" not in repr(calm)


def test_articles_of_another_kind_differ() -> None:
    """Half of the words are others: classifier and new words both say so, and what to do."""
    made = compare_texts(articles(60, 1), articles(40, 2, words=range(200, 600), name="b"))

    assert signals(made) == {"words": True, "new words": True}
    assert made.signals[0].value > 0.8
    assert "code some of them" in made.advice
    assert made.as_json()["differs"] is True


@pytest.mark.slow
def test_training_texts_among_the_tagged_are_left_out() -> None:
    """A corpus holds what was learned from: only the rest is compared."""
    training, more = articles(40, 3), articles(30, 4, name="b")
    both = Side([*training.texts, *more.texts], [*training.articles, *more.articles])
    made = compare_texts(training, both)

    assert (made.n_tagged, made.n_training) == (150, 200)
    assert made.signals == compare_texts(training, more).signals


def test_outlets_months_and_confidence_are_told_in_words() -> None:
    """New outlets and months are named; how sure the model is stands beside what it was."""
    training, more = articles(20, 5), articles(20, 6, name="b")
    rng = np.random.default_rng(7)
    training = Side(
        training.texts,
        training.articles,
        ["Post"] * 100,
        ["2026-01"] * 100,
        {"stance": rng.uniform(0.8, 1, 100)},
    )
    more = Side(
        more.texts,
        more.articles,
        ["Post"] * 50 + ["Gazette"] * 50,
        ["2026-01"] * 95 + ["2026-02"] * 5,
        {"stance": rng.uniform(0.4, 0.8, 100)},
    )
    made = compare_texts(training, more)
    said = {one.what: one.said for one in made.signals}

    assert signals(made)["outlets"]
    assert not signals(made)["months"]
    assert signals(made)["confidence of stance"]
    assert (
        "50% of the units are of outlets without any unit of training (Gazette)" in said["outlets"]
    )
    assert "0.61 on average, and 0.90 on units of training" in said["confidence of stance"]


def test_too_few_articles_are_refused() -> None:
    """Nine articles on either side have no halves to speak of."""
    with pytest.raises(InputError, match="9 articles of training; it takes 10"):
        compare_texts(articles(9, 1), articles(40, 2, name="b"))
    with pytest.raises(InputError, match="9 articles to compare with it"):
        compare_texts(articles(40, 1), articles(9, 2, name="b"))
