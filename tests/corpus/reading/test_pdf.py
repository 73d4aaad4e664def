"""PDFs: lines become paragraphs, and so sentences, by where they stand."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from standfirst.corpus import Article, Reject, read_articles

Placed = tuple[str, float, float, float]


def pdf(path: Path, *pages: Sequence[Placed]) -> Path:
    """Write a PDF of lines: text, left, height and size. A page without any is a picture."""
    writer = PdfWriter()
    font = DictionaryObject(
        {NameObject(f"/{key}"): NameObject(f"/{value}") for key, value in
         (("Type", "Font"), ("Subtype", "Type1"), ("BaseFont", "Helvetica"))}
    )  # fmt: skip
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        fonts = DictionaryObject({NameObject("/F1"): font})
        held = {"/Font": fonts} if lines else {"/XObject": DictionaryObject()}
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject(name): value for name, value in held.items()}
        )
        stream = DecodedStreamObject()
        shown = (f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for text, x, y, size in lines)
        stream.set_data("\n".join(shown).encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    path.write_bytes(buffer.getvalue())
    return path


def set_in(*texts: str, top: float, x: float = 60, size: float = 10) -> list[Placed]:
    """Place lines below each other."""
    return [(text, x, top - 12 * n, size) for n, text in enumerate(texts)]


def only(path: Path) -> Article:
    (article,) = read_articles([str(path)])
    assert isinstance(article, Article)
    return article


def test_lines_are_joined_to_paragraphs(tmp_path: Path) -> None:
    """However wide they are; a divided word is whole again, a compound keeps its hyphen."""
    wide = "The minister said on Monday that the plan, which was announced a year ago and has been"
    lines = (
        ("Talks resume", 60, 780, 18),
        *set_in(
            f"{wide} {wide}", "contested in long-", "term inquiries since, would go ahead.", top=740
        ),
        *set_in("It is a long-term arrange-", "ment of the state.", top=695),
    )
    article = only(pdf(tmp_path / "a.pdf", lines))

    assert article.title == "Talks resume"
    assert article.text.split("\n\n") == [
        f"{wide} {wide} contested in long-term inquiries since, would go ahead.",
        "It is a long-term arrangement of the state.",
    ]


def test_a_sentence_goes_on_in_the_next_column_and_page(tmp_path: Path) -> None:
    """A line further up, or the first of a page, does not end it."""
    first = (
        *set_in("They met on Monday. The", "plan that was", top=740),
        *set_in("announced goes ahead,", "and nobody knows", top=740, x=320),
    )
    article = only(pdf(tmp_path / "a.pdf", first, set_in("for how long.", "Nobody left.", top=740)))

    assert article.text == (
        "They met on Monday. The plan that was announced goes ahead, and nobody knows for how "
        "long. Nobody left."
    )


def test_paragraphs_that_are_indented(tmp_path: Path) -> None:
    """Where they begin further right, after the end of a sentence, without a gap."""
    lines = (
        *set_in("They met on", "Monday.", top=740),
        *set_in("Nobody", top=716, x=72),
        *set_in("left.", top=704),
    )
    article = only(pdf(tmp_path / "a.pdf", lines))

    assert article.text.split("\n\n") == ["They met on Monday.", "Nobody left."]


def test_heads_and_feet_of_pages(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What stands on each page, whatever its number, is no text of the article, which is said."""
    pages = [
        (
            *set_in("The Post, 3 May 2024", top=800),
            *set_in(f"Speaker number {['one', 'two', 'three'][n]} spoke", "for an hour.", top=740),
            *set_in(f"Page {n + 1} of 3", top=40),
        )
        for n in range(3)
    ]
    article = only(pdf(tmp_path / "heads.pdf", *pages))

    assert "Post" not in article.text
    assert "Page" not in article.text
    assert article.text.count("spoke for an hour.") == 3
    assert "6 lines at the head or foot of pages are left out" in caplog.text


def test_a_picture_of_text(tmp_path: Path) -> None:
    """It holds no text, which is the reason of a reject."""
    (reject,) = read_articles([str(pdf(tmp_path / "a.pdf", ()))])

    assert isinstance(reject, Reject)
    assert reject.reason == "no text in this document"


def test_a_picture_among_pages(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What it may hold is missing from the article, which is said."""
    article = only(pdf(tmp_path / "some.pdf", set_in("They talk.", top=740), ()))

    assert article.text == "They talk."
    assert "1 of 2 pages are pictures, whose text is not read" in caplog.text
