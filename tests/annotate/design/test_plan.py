"""Who codes what, and what suggestions may be seen."""

from collections import defaultdict
from dataclasses import replace
from itertools import cycle, islice

import pytest

from standfirst.annotate.design.plan import Drawn, assign, assist
from standfirst.errors import InputError


def rows(n: int) -> list[Drawn]:
    """Make the lines of a round."""
    return [Drawn(f"u{i}", "a", "coding", "1", "random", "", 0.5, 2 * n, 0) for i in range(n)]


@pytest.mark.parametrize(
    ("n", "overlap", "n_double"),
    [(10, 0.0, 0), (10, 0.25, 3), (10, 0.3, 3), (100, 0.07, 7), (10, 0.01, 1), (10, 1.0, 10)],
)
def test_coders_take_turns(n: int, overlap: float, n_double: int) -> None:
    """A share of units, rounded up, goes to two; read line by line, coders stand in turn."""
    made = assign(rows(n), ["ann", "bo", "cy"], overlap=overlap)
    said = [coder for row in made for coder in row.coders]

    assert [row.unit_id for row in made] == [f"u{i}" for i in range(n)]
    assert sum(row.n_coders == 2 for row in made) == n_double
    assert all(row.n_coders == len(row.coders) for row in made)
    assert said == list(islice(cycle(["ann", "bo", "cy"]), n + n_double))


def test_readings_without_names() -> None:
    """Without coders the number of readings is set all the same; the seed says on which units."""
    made = assign(rows(50), [], overlap=0.2, seed=1)

    assert {row.coders for row in made} == {()}
    assert sum(row.n_coders == 2 for row in made) == 10
    assert assign(rows(50), [], overlap=0.2, seed=1) == made
    assert assign(rows(50), [], overlap=0.2, seed=2) != made
    assert assign(rows(4), ["ann"])[3].coders == ("ann",)


@pytest.mark.parametrize(
    ("coders", "overlap", "said"),
    [
        (["ann", "bo"], 1.1, "--overlap: 1.1; use a share from 0 to 1"),
        (["ann", "bo"], -0.1, "--overlap: -0.1; use a share from 0 to 1"),
        (["ann", "bo", "ann"], 0.1, "--coder: a coder is named twice"),
        (["ann"], 0.1, "--overlap: one coder cannot overlap"),
    ],
)
def test_what_cannot_be_assigned(coders: list[str], overlap: float, said: str) -> None:
    """A share out of range, a coder twice, one coder who is to overlap."""
    with pytest.raises(InputError, match=said):
        assign(rows(4), coders, overlap=overlap)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_each_coder_has_the_same_share_of_suggestions(share: float) -> None:
    """Of the units that a coder judges alone, rounded; none of the others."""
    made = assign(rows(60), ["ann", "bo", "cy"], overlap=0.25)
    made = [replace(row, part="test") if i < 6 else row for i, row in enumerate(made)]
    shown = assist(made, share, seed=2)
    alone: dict[str, list[bool]] = defaultdict(list)
    for row in shown:
        if row.part == "coding" and row.n_coders == 1:
            alone[row.coders[0]].append(row.assisted)
        else:
            assert not row.assisted

    assert [replace(row, assisted=True) for row in shown] == made
    assert len(alone) == 3
    for mine in alone.values():
        assert sum(mine) == round(share * len(mine))
    assert share in {0, 1} or assist(made, share, seed=3) != shown


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_of_suggestions_out_of_range(share: float) -> None:
    """It is refused."""
    with pytest.raises(InputError, match=f"--assist: {share}; use a share from 0 to 1"):
        assist(rows(4), share)
