"""Near-duplicates: copies are found, strangers are not, and the order does not matter."""

import random

from hypothesis import given
from hypothesis import strategies as st

from standfirst.corpus.dedupe import clusters, fingerprint, signature

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


def found(texts: dict[str, str]) -> dict[str, str]:
    return clusters(
        list(texts),
        [signature(text) for text in texts.values()],
        texts.__getitem__,
        fingerprints=[fingerprint(text) for text in texts.values()],
    )


def test_copies_are_found() -> None:
    """Added boilerplate, cuts, edits, and copy that makes up half of another article."""
    copies = ("wire", "boilerplate", "shortened", "edited", "half")

    assert found(TEXTS) == dict.fromkeys(copies, "boilerplate")


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
    assert clusters(
        list(texts), [signature(text) for text in texts.values()],
        texts.__getitem__, fingerprints=[fingerprint(text) for text in texts.values()],
        threshold=0.9,
    ) == {}  # fmt: skip


def test_nothing_and_one() -> None:
    """No article, one article, and empty texts are no error."""
    assert found({}) == {}
    assert found({"a": ""}) == {}
