"""Tags that hold a label far more often than the units that were coded."""

from typing import Any

import pytest

from standfirst.models.tagging.coded_shares import far_from_coded


def coded(support: int, n: int, n_groups: int) -> dict[str, Any]:
    one = {"labels": {"law": {"support": support}}, "n": n, "n_groups": n_groups}
    return {"dimensions": {"frame": one}}


@pytest.mark.parametrize(
    ("n_law", "n_articles", "metrics", "n_notes"),
    [
        (94, 50, coded(8, 100, 50), 1),
        (94, 3, coded(8, 100, 50), 0),  # three articles may be alike
        (94, 50, coded(1, 12, 2), 0),  # so may those that were coded
        (20, 100, coded(8, 100, 100), 0),  # twice as many is no alarm
        (3, 100, coded(0, 2_000, 1_000), 1),  # a label that nobody gave
        (94, 0, coded(8, 100, 100), 1),  # rows without articles
        (8, 50, coded(94, 100, 50), 0),  # fewer than were coded: rare labels are drawn more
        (94, 50, {"distilled": {}}, 0),
    ],
)
def test_only_large_differences_that_chance_cannot_explain(
    n_law: int, n_articles: int, metrics: dict[str, Any], n_notes: int
) -> None:
    """Both the size of the difference and the number of articles decide."""
    found = far_from_coded({"frame": {"law": n_law}}, {"frame": 100}, n_articles, metrics)

    assert len(found) == n_notes


def test_the_share_is_that_of_the_answered_units() -> None:
    """Units that were not asked are no denominator."""
    found = far_from_coded({"frame": {"law": 94}}, {"frame": 900}, 500, coded(8, 100, 50))

    assert found == []
