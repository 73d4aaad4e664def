"""Text that was broken at a width is put together again; lines that part something stay."""

import textwrap

import pytest

from standfirst.corpus import Article, Preparation
from standfirst.corpus.cleaning.debris import Cleaned
from standfirst.corpus.line_breaks import unwrap
from standfirst.corpus.storing.prepare import prepare

TALKS = (
    "The minister said on Monday that the talks with the government in Lurani would go on until "
    "the end of the month, and that no text had been agreed upon by both sides so far. Nobody "
    "else spoke, and the doors of the long hall by the harbour stayed shut until late at night."
)
BOATS = (
    "Campaigners fear that the boats will leave before there is an answer. Two of them had asked "
    "for leave to enter the port, which a court in the capital refused to give them last Friday."
)


@pytest.mark.parametrize("width", [28, 40, 72, 110, 132, 160])
@pytest.mark.parametrize("between", ["\n", "\n\n", "\n \n\n"])
def test_whatever_the_width_no_line_ends_within_a_sentence(width: int, between: str) -> None:
    """Paragraphs come back, where a blank line stands between them."""
    wrapped = between.join("\n".join(textwrap.wrap(one, width)) for one in (TALKS, BOATS))
    lines = [line for line in unwrap(wrapped).split("\n") if line]

    assert " ".join(lines) == f"{TALKS} {BOATS}"
    assert all(line.endswith(".") for line in lines)
    assert between == "\n" or lines == [TALKS, BOATS]


def test_a_divided_word_is_made_whole() -> None:
    """Of one sentence on two lines, too; a compound keeps its hyphen."""
    text = "Last Friday a judge of renown wrote that the govern-\nment must answer it."
    compound = "Whether a well-known judge or not, whoever is well-\nknown must answer it."

    assert unwrap(text) == text.replace("-\n", "")
    assert unwrap(compound) == compound.replace("\n", "")


def test_scripts_without_spaces() -> None:
    """No space is put between their letters."""
    text = "".join(chr(0x4E00 + n) for n in range(90)) + "。"
    wrapped = "\n".join(text[at : at + 20] for at in range(0, len(text), 20))

    assert unwrap(wrapped) == text


@pytest.mark.parametrize(
    "text",
    [
        "The minister spoke.\nThe court ruled.\nNobody else spoke.\nThe end.",
        "Talks resume in Lurani\nCourt stops the boats\nMinister to leave\nPort stays shut",
        "apples\npears\nplums\ncherries\nfigs",
        "A headline of the day without its full stop\nThe port is shut. Nobody spoke of it.",
    ],
)
def test_lines_that_are_paragraphs_stay(text: str) -> None:
    """Sentences, headlines and lists."""
    assert unwrap(text) == text


def test_texts_that_keep_their_debris_are_unwrapped_too() -> None:
    """A line of a fixed width is no debris, and would be cut into sentences."""
    wrapped = "\n".join(textwrap.wrap(TALKS, 60)) + "\n\nShare this article"
    made = prepare(Article("a", "", wrapped), Preparation(keep_debris=True))

    assert isinstance(made, Cleaned)
    assert made.article.text == f"{TALKS}\n\nShare this article"
