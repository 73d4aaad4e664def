"""Near-duplicates: copies are found, strangers are not, and the order does not matter."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from standfirst.corpus.near_duplicates.clusters import THRESHOLD, clusters
from standfirst.corpus.near_duplicates.sketch import jaccard, shingles, sketch

Indices = NDArray[np.int64]

RANDOM = random.Random(5)
WORDS = ["".join(RANDOM.choices("abcdefghij", k=6)) for _ in range(3_000)]


def sentence(seed: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=20)).capitalize() + "."


def story(first: int, last: int) -> str:
    return " ".join(sentence(number) for number in range(first, last))


WIRE = story(0, 20)
TEXTS = {
    "wire": WIRE,
    "boilerplate": f"From our own desk in Lurani, with additional reporting. {WIRE}",
    "shortened": story(0, 12),
    "edited": WIRE.replace(sentence(3), sentence(300)).replace(sentence(9), sentence(900)),
    "half": f"{story(100, 111)} {story(0, 9)}",
    "stranger": story(200, 220),
    "other stranger": story(400, 420),
}


def found(texts: dict[str, str], threshold: float = THRESHOLD) -> dict[str, str]:
    kept = list(texts.values())

    def asked(wanted: Indices) -> Iterator[tuple[Indices, list[str]]]:
        yield wanted, [kept[at] for at in wanted.tolist()]

    return clusters(list(texts), sketch(kept), asked, threshold=threshold)


def test_copies_are_found() -> None:
    """Added boilerplate, cuts, edits, and copy that makes up half of another article."""
    copies = ("wire", "boilerplate", "shortened", "edited", "half")

    assert found(TEXTS) == dict.fromkeys(copies, "boilerplate")


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(st.permutations(sorted(TEXTS)))
def test_order_does_not_matter(names: list[str]) -> None:
    """The clusters are those of the set of articles."""
    assert found({name: TEXTS[name] for name in names}) == found(TEXTS)


def test_formulas_tie_nothing() -> None:
    """Three sentences that stand in more than fifty articles do not make copies of them."""
    formula = story(1_000, 1_003)
    texts = {str(n): f"{formula} {story(2_000 + 4 * n, 2_003 + 4 * n)}" for n in range(60)}
    few = {name: texts[name] for name in list(texts)[:2]}

    assert len(set(found(few).values())) == 1
    assert found(texts, threshold=0.9) == {}


def test_copies_are_found_among_many_that_look_alike() -> None:
    """Where every article shares stock phrases with every other, copies are still found."""
    drawn = random.Random(7)
    stock = [sentence(number) for number in range(40)]
    reports = {f"r{n:03}": " ".join(drawn.sample(stock, 8)) for n in range(300)}
    reports = {name: f"{text} {story(5_000 + 20 * n, 5_016 + 20 * n)}"
               for n, (name, text) in enumerate(reports.items())}  # fmt: skip
    copies = {f"s{n:03}": f"Seen here too. {reports[f'r{n:03}']}" for n in range(20)}

    assert found(reports | copies) == {
        name: f"r{n:03}" for n in range(20) for name in (f"r{n:03}", f"s{n:03}")
    }


@given(st.lists(st.lists(st.sampled_from(WORDS[:8]), max_size=12), min_size=2, max_size=2))
def test_hashed_runs_measure_as_words_do(words: list[list[str]]) -> None:
    """The similarity of hashed 5-grams is that of the 5-grams themselves."""
    one, other = (
        {tuple(each[at : at + 5]) for at in range(max(len(each) - 4, 1))} for each in words
    )

    assert jaccard(*shingles([" ".join(each) for each in words])) == pytest.approx(
        len(one & other) / len(one | other)
    )


def test_nothing_and_one() -> None:
    """No article, one article, and empty texts are no error."""
    assert found({}) == {}
    assert found({"a": ""}) == {}
