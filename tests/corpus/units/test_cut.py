"""Units: exact offsets, stable ids, context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.corpus import KINDS, Article, cut
from standfirst.errors import UnknownNameError

TEXT = "Talks resume. The minister left.\n\nNo deal yet. Nobody spoke. The end."
TEXTS = st.lists(
    st.sampled_from(["He left.", "No.", "Talks resume!", "\n", "\n\n", "Élan…", "😀 ok."])
).map(" ".join)


@given(TEXTS, st.sampled_from(KINDS), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_offsets_hold(text: str, kind: str, size: int, stride: int, context: int) -> None:
    """Every unit is a slice of the text, in order, with an id of its own."""
    units = cut(Article("a", "", text), kind=kind, size=size, stride=stride, context=context)

    assert all(text[unit.start : unit.end] == unit.text for unit in units)
    assert [unit.index for unit in units] == list(range(len(units)))
    assert [unit.start for unit in units] == sorted(unit.start for unit in units)
    assert len({unit.unit_id for unit in units}) == len(units)
    assert bool(units) == bool(text.strip())


def test_windows_reach_the_end() -> None:
    """A stride that does not fit leaves no sentence out."""
    units = cut(Article("a", "", TEXT), kind="window", size=2, stride=2)

    assert [unit.text for unit in units] == [
        "Talks resume. The minister left.",
        "No deal yet. Nobody spoke.",
        "Nobody spoke. The end.",
    ]


def test_an_article_is_one_unit() -> None:
    """It goes from its first to its last sentence and has no context."""
    (unit,) = cut(Article("a", "", f"\n{TEXT}\n"), kind="article")

    assert (unit.text, unit.before, unit.after) == (TEXT, "", "")


def test_context_is_what_stands_beside() -> None:
    """As many sentences as asked for, fewer at the edges."""
    units = cut(Article("a", "", TEXT), context=2)

    assert (units[0].before, units[0].after) == ("", "The minister left. No deal yet.")
    assert (units[2].before, units[2].after) == (
        "Talks resume. The minister left.",
        "Nobody spoke. The end.",
    )


def test_ids_survive_cleaning() -> None:
    """A line that goes moves offsets, and no id; a repeated sentence has ids of its own."""
    before = cut(Article("a", "", f"Share this:\n{TEXT} No. No."))
    after = cut(Article("a", "", f"{TEXT} No. No."))

    assert [unit.unit_id for unit in before[1:]] == [unit.unit_id for unit in after]


def test_unknown_kind_is_refused() -> None:
    """The error names the kinds."""
    with pytest.raises(UnknownNameError, match="did you mean 'sentence'"):
        cut(Article("a", "", TEXT), kind="sentences")
