"""Gold of a file means in `measure` what it means in `train`."""

from pathlib import Path

import pytest

from standfirst.errors import InputError
from standfirst.measure.inputs.coded import read_coded

KINDS = {"stance": False, "frame": True}


def test_cells_are_read_by_the_rules_of_all_tables(tmp_path: Path) -> None:
    """None applies, no answer, numbers, lists and bars within labels are told apart."""
    path = tmp_path / "gold.csv"
    path.write_text(
        "unit_id,stance,frame\n"
        "u1,1.0,law|cost\n"
        "u2,2,\n"
        "u3,NA,[]\n"
        "u4,3,NA\n"
        'u5,NULL,"[""law""]"\n'
        "u6,,on\\|off\n"
        "u7,,\n"
    )
    gold, chances = read_coded(path, list(KINDS), KINDS)
    frames = {row.unit_id: row.labels for row in gold if row.dimension == "frame"}
    stances = {row.unit_id: row.labels for row in gold if row.dimension == "stance"}

    assert frames == {"u1": ("law", "cost"), "u2": (), "u3": (), "u5": ("law",), "u6": ("on|off",)}
    assert set(stances) == {"u1", "u2", "u4"}
    assert chances is None


def test_missing_can_be_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was taken as missing is said once, and other spellings can be given."""
    path = tmp_path / "gold.csv"
    path.write_text("unit_id,stance\nu1,NA\nu2,-9\n")
    with caplog.at_level("WARNING", "standfirst"):
        usual, _ = read_coded(path, ["stance"], KINDS)
    named, _ = read_coded(path, ["stance"], KINDS, missing=("-9",))

    assert [row.labels for row in usual] == [("-9",)]
    assert [row.labels for row in named] == [("NA",)]
    assert "NA taken as missing: 1 cell of column stance" in caplog.text


def test_a_cell_that_is_no_label(tmp_path: Path) -> None:
    """It is refused with its file, line and column."""
    path = tmp_path / "gold.jsonl"
    path.write_text('{"unit_id": "u1", "stance": [["deep"]]}\n')
    with pytest.raises(InputError, match=r"gold\.jsonl:1: stance: .* is not a label"):
        read_coded(path, ["stance"], KINDS)
