"""Tags whose probabilities or groups are odd: refused, or said."""

from pathlib import Path

import pyarrow as pa
import pytest

from standfirst.errors import InputError
from standfirst.labels import Gold
from standfirst.measure import read_tags, regression, shares

HEADER = "unit_id,outlet,tone,tone_prob\n"
ROWS = [f"u{k},The Post,{('for', 'no')[k % 2]},{('.8|.2', '.3|.7')[k % 2]}\n" for k in range(40)]


def written(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("x,The Post,for,.5\ny,The Post,for,.2|.3|.5\n", "not as many probabilities on each unit"),
        ("x,The Post,for,.9|.9\n", "the probabilities of 1 units do not add up to 1"),
        ("x,The Post,for,80|20\n", "not probabilities from 0 to 1"),
    ],
)
def test_probabilities_that_are_none(row: str, problem: str, tmp_path: Path) -> None:
    """Rows that do not fit shift or turn no other: the file is refused in one line."""
    with pytest.raises(InputError, match=problem):
        read_tags(written(tmp_path / "t.csv", *ROWS, row))


def test_groups_that_look_alike_are_told(tmp_path: Path) -> None:
    """An outlet with another kind of space is a group of its own, which a note says."""
    path = written(
        tmp_path / "t.csv", *ROWS[:20], *(r.replace("e P", "e\u00a0P") for r in ROWS[20:])
    )
    tags = read_tags(path, columns=["outlet"])
    gold = [Gold(f"u{k}", "tone", (("for", "no")[k % 3 > 0],), "single") for k in range(40)]
    outlet = tags.columns["outlet"].combine_chunks()
    by = shares(tags, gold, None, by=outlet)
    explained = regression("for ~ outlet", tags, gold, None, {"outlet": outlet})

    note = r"outlet: 'The Post' (20) and 'The\xa0Post' (20) differ only in case, spaces or encoding"
    assert isinstance(outlet, pa.Array)
    for made in (by, explained):
        assert any(one.startswith(note) for one in made.notes)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "25"), pa.int64()),
        (("-0.5", "NA", "3"), pa.float64()),
        (("01", "12"), pa.string()),
        (("1", "two"), pa.string()),
        (("1e3", "4"), pa.string()),
        (("9" * 30, "1"), pa.string()),
    ],
)
def test_numbers_of_a_csv(cells: tuple[str, ...], kind: pa.DataType, tmp_path: Path) -> None:
    """A column of plain numbers is one, as in other formats; codes stay texts."""
    path = tmp_path / "t.csv"
    rows = [row.replace("The Post", cells[k % len(cells)]) for k, row in enumerate(ROWS)]
    tags = read_tags(written(path, *rows), columns=["outlet"])

    assert tags.columns["outlet"].type == kind
    assert tags.columns["outlet"].null_count == sum("NA" in row for row in rows)
