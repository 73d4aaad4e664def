"""What is said of a larger network after training."""

import pytest

from standfirst.models.training import larger
from standfirst.models.training.larger import larger_network_note


@pytest.mark.parametrize("ready", [True, False])
def test_it_is_told_with_what_it_costs_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
    ready: bool,  # noqa: FBT001
) -> None:
    """The gain depends on how many labels there are; what is here already need not be pulled."""
    monkeypatch.setattr(larger, "is_ready", lambda name: ready and name == "mpnet")
    monkeypatch.setattr(larger, "_GAINS", {50: (1, 2), 200: (3, 4)})
    few, many = (larger_network_note("minilm+tfidf", ["en"], n) or "" for n in (99, 100))

    assert "1 to 2 points of macro-F1 better with 50 labels" in few
    assert "3 to 4 points of macro-F1 better with 200 labels" in many
    assert ("pull mpnet" in few) is not ready
    assert few.endswith("train --encoder mpnet+tfidf")

    monkeypatch.setattr(larger, "_GAINS", {50: (-1, 2)})
    behind = larger_network_note("minilm", ["en"], 50) or ""
    assert "between 1 worse and 2 points of macro-F1 better with 50 labels" in behind


@pytest.mark.parametrize(
    ("encoder", "languages"),
    [("tfidf", ["en"]), ("mpnet+tfidf", ["en"]), ("hashed", []), ("minilm", ["es", "en"])],
)
def test_nothing_is_said_where_it_would_not_stand_in_for_minilm(
    encoder: str, languages: list[str]
) -> None:
    """Of words, of the larger network itself, and of languages that it has not learned."""
    assert larger_network_note(encoder, languages, 500) is None
