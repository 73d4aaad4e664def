from standfirst.models.tagging.other_languages import other_languages


def test_languages_that_were_not_learned_are_named() -> None:
    """From one article in ten on, the most frequent first, and what the encoder never met."""
    found = {"en": 60, "es": 25, "it": 10, "cs": 5}
    (note,) = other_languages(found, ["en"], "minilm")

    assert note.startswith("35 % of the articles looked at are in es, it, and the model learned")
    assert "(minilm has never learned es, it)" in note
    assert "never learned" not in other_languages(found, ["en"], "tfidf")[0]
    assert other_languages(found, ["en", "es", "it"], "multilingual") == []
    assert other_languages({"en": 99, "es": 9}, ["en"], "minilm") == []
    assert other_languages(found, [], "minilm") == []
    assert other_languages({}, ["en"], "minilm") == []
