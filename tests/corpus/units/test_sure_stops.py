"""English sentences: what is sure without Punkt is what Punkt says."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from standfirst.corpus.units.english import English
from standfirst.corpus.units.splitter import Span

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"

WORDS = (
    *("talks", "Talks", "U.S", "U.N", "Mr", "mr", "Gov", "No", "no", "Jr", "Inc", "p.m", "P.M"),
    *("A", "I", "a", "i", "x", "iv", "civil", "Civic", "B", "e.g", "etc", "Ph.D", "R-Ill", "St"),
    *("3", "12", "2024", "3.4", "1,000", "$5", "5%", "2nd", "G20", "-5", ".5", "5,", "IV", "_"),
    *("co-founder", "don't", "won’t", "O'Neil", "it's", "Jan", "mid-Jan", "café", "Дом", "東京"),
    *("Yahoo!", "what?", "...", "…", "..", ".", "!", "?", "?!", "--", "—", "-", "@Jeb", "#tag"),
    *("The", "He", "he", "and", "However", "Said", "breitbart", "Excerpt", "sep", "Ripley", "I'm"),
    *("https://a.b/c.d?e=f", "a@b.org", "www.x.com", "1)", "(a)", "1", "Art", "•", "*", "item"),
)
OPENERS = ("", "", "", "", "“", "‘", '"', "'", "(", "[", "«", "“(", "¿", "$", "{", "*")
MARKS = ("", "", ".", ".", ".", "!", "?", "…", "...", ",", ";", ":", "?!", "!!", ". . .", ". .")
CLOSERS = ("", "", "", "”", "’", '"', "'", ")", "]", ".”", ")”", "'s", "’s", "»", "*", ").", "}")
GAPS = (" ", " ", " ", " ", " ", "  ", "\n", "\n\n", "\n ", "", "\u00a0", "\t", "\r\n", "\u2028")

PIECES = st.tuples(*map(st.sampled_from, (OPENERS, WORDS, MARKS, CLOSERS, GAPS))).map("".join)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
NOISE = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("aB1 .!?…\n\t\"'”’()\u00a0")))


class ByPunkt(English):
    """English sentences with every stop left to Punkt."""

    def breaks(self, text: str, lines: Sequence[Span]) -> list[int]:
        """Return where Punkt starts a sentence in the whole text."""
        del lines
        return self._by_punkt(text)


QUICK, BY_PUNKT = English(), ByPunkt()


@given(st.one_of(TEXTS, NOISE))
@settings(max_examples=500)
@example("He said no. .@Jeb left. . . . He (the Rep.), said “No.”’ Yes.")
@example("In 2024. Breitbart wrote. At 5 p.m. EST. . .\n... and so on. Mr. The left.")
@example("Civil. iv. Talks ended. IV. Art")
def test_sure_stops_are_what_punkt_says(text: str) -> None:
    """Sentences are the same where every stop is left to Punkt."""
    assert QUICK.segment(text) == BY_PUNKT.segment(text)


def test_same_sentences_in_the_bundled_articles() -> None:
    """All bundled articles fall into the same sentences."""
    rows = (ROOT / "corpus" / "demo" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(row)["text"] for row in rows]

    assert [QUICK.segment(text) for text in texts] == [BY_PUNKT.segment(text) for text in texts]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared")
@pytest.mark.parametrize(
    "name",
    [
        *("babe", "csta_immigration", "extraction_aeb", "narrative_frames", "newsmtsc"),
        *("segmentation_ewt", "segmentation_languages", "segmentation_pud"),
    ],
)
def test_same_sentences_in_real_news(name: str) -> None:
    """Real texts, of other languages too, fall into the same sentences."""
    with (DATA / f"{name}.jsonl").open(encoding="utf-8") as rows:
        texts = [json.loads(row)["text"] for row in rows]
    different = [text for text in texts if QUICK.segment(text) != BY_PUNKT.segment(text)]

    assert different == []
