"""Cleaning takes debris and leaves prose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.corpus import Article, Removal, clean
from standfirst.corpus.cleaning.debris import (
    _DEBRIS,
    _MAY_BE_DEBRIS,
    _unglued,
)


def cleaned(text: str) -> tuple[str, list[str]]:
    result = clean(Article("a", "", text))
    return result.article.text, [gone.reason for gone in result.removed]


@pytest.mark.parametrize(
    "line",
    [
        "Leave a comment",
        "12 Comments",
        "Post Views: 1,230",
        "Share this:",
        "Share on Facebook",
        "Facebook | Twitter | WhatsApp | Email",
        "Read more »",
        "READ ALSO: Minister denies talks",
        "Advertisement",
        "This website uses cookies to improve your experience.",
        "Subscribe to our newsletter",
        "© 2026 Harbour Wire. All rights reserved.",
        "Tags: migration, courts",
        "* * *",
    ],
)
def test_debris_goes(line: str) -> None:
    """A line that is nothing but debris goes, with its reason."""
    text, reasons = cleaned(f"Talks resumed.\n{line}\nNo deal yet.")

    assert text == "Talks resumed.\nNo deal yet."
    assert len(reasons) == 1


@pytest.mark.parametrize(
    "line",
    [
        "Share prices fell on Monday.",
        "Comments by the minister drew anger.",
        "Read more than one paper, she said.",
        "Tags on the parcels were in two languages.",
        "Leave a comment, he said, and nobody will answer it.",
        "The site uses cookies, the regulator found, without asking anyone.",
        "Search teams found the boat.",
        "By Friday the camp was empty.",
        "We use cookies as bait, the ranger said.",
        "Views: they differ widely in the village.",
        "Likes and dislikes aside, the plan is lawful.",
    ],
)
def test_prose_stays(line: str) -> None:
    """A sentence that begins like debris is prose."""
    assert cleaned(f"Talks resumed.\n{line}\nNo deal yet.") == (
        f"Talks resumed.\n{line}\nNo deal yet.",
        [],
    )


def test_glued_debris() -> None:
    """Debris that lost its line break is cut from the start or the end of a line."""
    text, reasons = cleaned("Leave a commentTalks resume in Lurani\nNo deal yet. Post Views: 30")

    assert text == "Talks resume in Lurani\nNo deal yet."
    assert reasons == ["glued", "glued"]


def test_byline_and_dateline_become_fields() -> None:
    """They are taken out of the text and kept."""
    result = clean(
        Article("a", "", "By Ana Ruiz and Tom Holt\nLURANI, May 4 (Harbour Wire) - Talks resumed.")
    )

    assert result.article.text == "Talks resumed."
    assert result.byline == "Ana Ruiz and Tom Holt"
    assert result.dateline == "LURANI, May 4 (Harbour Wire)"


@given(st.sampled_from(_DEBRIS).flatmap(lambda rule: st.from_regex(rule[1], fullmatch=True)))
def test_all_debris_begins_as_debris_may(line: str) -> None:
    """What any rule takes out passes the quick look at the beginning of a line, too."""
    assert _MAY_BE_DEBRIS.match(line.strip())


@pytest.mark.parametrize("end", '.!?”"’')
@pytest.mark.parametrize(
    "glued",
    [
        *("Leave a comment", "Leave a Comment", "Leave a reply", "Leave a Reply", "Advertisement"),
        *("Post Views: 1,230", "Post Views: 1,", "Share this", "Share this:", "Share this article"),
        *("Share this article:", "Read more", "Read more.", "Read more..", "Read more..."),
    ],
)
def test_what_is_glued_to_an_end_goes(end: str, glued: str) -> None:
    """Whatever may be glued to the end of a line is taken from it."""
    removed = list[Removal]()

    assert _unglued(f"He left{end} {glued}", removed) == f"He left{end}"
    assert [row.text for row in removed] == [glued]
