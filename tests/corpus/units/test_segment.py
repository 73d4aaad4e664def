"""Sentences: what a careful reader would write down, with exact offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.corpus import get_segmenter, sentences
from standfirst.errors import UnknownNameError

NEWS = [
    "The U.S. Supreme Court ruled on Monday.| The U.N. Security Council meets at 5 p.m. today.",
    "His remarks followed comments by U.S. Secretary of State Mara Rule, who left.| She stayed.",
    "It happened on Sunday, May 4, 2025, in Port Essen.| Nobody was hurt.",
    "“We will not sign.” |He left at once.",
    "She asked: “Who pays?” and sat down.| Nobody answered.",
    "“It is over,” he said.| “We lost.”",
    "The plan (see annex 3.) was shelved.| (It had cost 3.4 million.)| Nothing followed.",
    "Dr. A. B. Nkemba, Gen. Holt and Rep. Omar agreed.| Mr. Tan did not.",
    "See No. 4 of the treaty.| He said no.| Then he left.",
    "Art. 33 forbids it.| The exhibition shows art.| Critics liked it.",
    "Costs rose by 2.5 percent to $1.2 bn.| That is a record.",
    "He waited... and waited.| Then he left.",
    "Read https://example.org/a.b?c=d. |It is all there.",
    "She works at Yahoo! and likes it.| Really!| Yes.",
    "The firm, Acme Inc., closed.| Its owner, J. R. Smith Jr., moved to the U.K. in May.",
    "We make a good team, you and I. |Did you see it?",
    "1. Sign the deal. |2. Pay the money. |3. Build the camp.",
    "• Talks resume • |• Court to rule",
]


@pytest.mark.parametrize("marked", NEWS[:-1])
def test_news_sentences(marked: str) -> None:
    """Abbreviations, quotes, numbers, lists and names do not mislead it."""
    expected = [piece.strip() for piece in marked.split("|")]

    assert sentences(marked.replace("|", "")) == expected


def test_line_breaks_end_sentences() -> None:
    """A headline without a stop and a list item stand alone."""
    text = "Talks resume\n\nThe minister left. No deal\r\n- first point\n- second point"

    assert sentences(text) == [
        "Talks resume",
        "The minister left.",
        "No deal",
        "- first point",
        "- second point",
    ]


NOISE = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from(list("aB1 .!?\n\t\"'”“’()•\u00a0\u200b…")))
)


@given(
    st.one_of(
        NOISE,
        st.lists(st.sampled_from([piece for row in NEWS for piece in row.split("|")])).map("".join),
    )
)
def test_nothing_is_lost(text: str) -> None:
    """Spans are in order, do not overlap, are trimmed, and hold every character but blanks."""
    spans = get_segmenter("sentences", "en").segment(text)
    flat = [offset for span in spans for offset in span]
    kept = "".join(text[start:end] for start, end in spans)

    assert flat == sorted(flat)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())


def test_unknown_segmenter_is_refused() -> None:
    """The error names what there is."""
    with pytest.raises(UnknownNameError, match="unknown segmenter 'spacy'; known: sentences"):
        get_segmenter("spacy")
