"""Preparation: read back whole, from this version and from earlier ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.corpus.preparation import KEEP, UNITS, Preparation
from standfirst.errors import UnknownNameError

PREPARATIONS = st.builds(
    Preparation,
    unit=st.sampled_from(UNITS),
    context=st.integers(0, 9),
    size=st.integers(1, 9),
    stride=st.integers(1, 9),
    languages=st.lists(st.sampled_from(["en", "fr", "de"])).map(tuple),
    keep=st.sampled_from(KEEP),
)


@given(PREPARATIONS)
def test_what_is_written_is_read(preparation: Preparation) -> None:
    """Every field comes back."""
    assert Preparation.from_json(preparation.as_json()) == preparation


def test_an_older_version_is_read() -> None:
    """What was not written then has its usual value; a size of 0 stood where none mattered."""
    old = {"unit": "paragraph", "context": 2, "size": 0, "stride": 0, "languages": ["fr"]}

    assert Preparation.from_json(old) == Preparation("paragraph", 2, languages=("fr",))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ({"languages": "en"}, TypeError),
        ({"context": "one"}, TypeError),
        ({"unit": "page"}, UnknownNameError),
    ],
)
def test_damage_is_refused(damage: dict[str, object], error: type[Exception]) -> None:
    """A value of another kind is not taken."""
    with pytest.raises(error):
        Preparation.from_json(damage)
