"""Dates of tagged articles are read as those of a corpus, by all rows of their file."""

import csv
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.corpus import Fields
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.run import Options, prepare, run

pytestmark = pytest.mark.slow

SMALL = Options(shard=400)
HERE = Local(1)
OPEN = [f"{month:02}/04/2024" for month in (1, 2, 3, 5, 6, 7)]


def written(path: Path, dates: list[str], **more: str) -> Path:
    rows = [
        {"id": f"a{k}", "text": f"The minister defended plan {k}.", "date": date} | more
        for k, date in enumerate(dates)
    ]
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=2)
        return path
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def dates(model: Path, path: Path, options: Options) -> list[str]:
    """Tag a file; give the dates of its articles in their order."""
    out = path.with_suffix("")
    run(prepare(model, [str(path)], str(out), options), HERE)
    rows = parquet.read_table(out / "articles.parquet").to_pylist()
    return [row["published"] for row in sorted(rows, key=lambda row: str(row["article_id"]))]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
@pytest.mark.parametrize("unit", ["sentence", "row"])
def test_the_last_row_decides_for_the_first(
    name: str, unit: str, saved_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever shard a row is in, the order that another row shows is the one it is read by."""
    path = written(tmp_path / name, [*OPEN, "04/25/2024"])
    options = replace(SMALL, preparation={"unit": unit})

    assert dates(saved_model, path, options)[:3] == ["2024-01-04", "2024-02-04", "2024-03-04"]
    assert "dates such as 03/04/2024 are read month first, as others show" in caplog.text


def test_what_no_row_decides(
    saved_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a sign they are day first, which is said; the user's word stands above all."""
    path = written(tmp_path / "a.csv", OPEN)

    assert dates(saved_model, path, SMALL)[2] == "2024-04-03"
    assert "are read day first, which no other date shows" in caplog.text
    path = path.rename(tmp_path / "b.csv")
    by_month = replace(SMALL, fields=Fields(order="month"))
    assert dates(saved_model, path, by_month)[2] == "2024-03-04"


def test_dates_that_contradict_each_other(saved_model: Path, tmp_path: Path) -> None:
    """Those that can be read in one way are; the open ones stay as they were written."""
    path = written(tmp_path / "a.csv", ["03/04/2024", "25/04/2024", "04/25/2024"])

    assert dates(saved_model, path, SMALL) == ["03/04/2024", "2024-04-25", "2024-04-25"]
