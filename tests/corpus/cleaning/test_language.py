"""Languages: many texts at once are told as each alone."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from standfirst.corpus.cleaning.language import detect, detect_all

SENTENCES = (
    *("Nobody spoke.", "The minister left on Monday.", "TALKS RESUME", "12", "", "...", "\ud800"),
    *("Le gouvernement a confirmé mardi.", "Der Minister ging am Montag.", "Суд решит завтра."),
    *("El ministro salió el lunes.", "大臣は月曜日に辞任した。", "ministre", "Il est", "a b c"),
)
TEXT = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(SENTENCES)).map(" ".join))
EXPECTED = st.sampled_from([(), ("en",), ("fr", "en"), ("de", "xx", "es"), ("sr", "zh")])


@given(st.lists(TEXT, max_size=12), EXPECTED)
@settings(max_examples=50, deadline=None)
@example([], ("en",))
@example(["", "x"], ())
def test_together_as_alone(texts: list[str], expected: tuple[str, ...]) -> None:
    """Which texts are looked at together changes no language."""
    assert detect_all(texts, expected) == [detect(text, expected) for text in texts]
