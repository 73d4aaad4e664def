"""Runs of a cascade: the same rows whatever the shards, and to the byte when a run is continued."""

import json
from collections import Counter
from pathlib import Path

import pytest
from pyarrow import parquet

from standfirst.errors import ExistsError, InputError
from standfirst.models import tag_files
from standfirst.models.cascade.folder import describe_cascade
from standfirst.models.runs.engines.local import Local
from standfirst.models.runs.prepare import pace_of
from standfirst.models.runs.run import Options, prepare, run
from standfirst.tests.models.runs.test_run import files_of, rows_of

pytestmark = pytest.mark.slow

RATE = 0.95
OPTIONS = Options(shard=4_000, cascade=RATE)


@pytest.fixture
def units(cascade_pool: list[str], tmp_path: Path) -> Path:
    """Give a file of ready units."""
    path = tmp_path / "units.jsonl"
    rows = ({"unit_id": f"u{n}", "text": text} for n, text in enumerate(cascade_pool[:300]))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_whatever_the_shards(with_students: Path, units: Path, tmp_path: Path) -> None:
    """One shard or many: the same answers and stages; the counts say who answered."""
    few = tag_files(with_students, units, tmp_path / "few", options=Options(cascade=RATE))
    many = tag_files(with_students, units, tmp_path / "many", options=OPTIONS, processes=1)
    rows = rows_of(tmp_path / "few")

    assert many.shards > few.shards == 1
    assert rows_of(tmp_path / "many") == rows
    counted = Counter(row["stage"] for row in rows)
    assert len(counted) > 1
    assert {k: n for k, n in few.stages.items() if n} == counted
    assert few.stages == many.stages
    names = parquet.read_schema(next(tmp_path.glob("few/tags/*"))).names
    assert names[-2:] == ["stage", "model_version"]


def test_continued_to_the_byte(with_students: Path, units: Path, tmp_path: Path) -> None:
    """A run that is stopped between shards and continued writes what one that is not does."""
    tag_files(with_students, units, tmp_path / "whole", options=OPTIONS, processes=1)
    prepared = prepare(with_students, [str(units)], str(tmp_path / "out"), OPTIONS)

    def stop(*_: object) -> None:
        if prepared.state.shards >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(prepared, Local(1), progress=stop)
    again = prepare(with_students, [str(units)], str(tmp_path / "out"), OPTIONS)
    assert 0 < len(again.done) < len(again.plan.tasks)
    run(again, Local(2))

    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_the_run_carries_the_promise(with_students: Path, units: Path, tmp_path: Path) -> None:
    """Manifest and plan say what was promised; another rate, or none, is another run."""
    prepared = prepare(with_students, [str(units)], str(tmp_path / "out"), OPTIONS)
    pace = pace_of(prepared)
    run(prepared, Local(1))
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    promised = describe_cascade(with_students, RATE)
    version = manifest["model"]["version"]

    assert sum(pace.stages.values()) == pace.n_units > 0
    assert manifest["cascade"] == promised.as_json()
    assert manifest["options"]["cascade"] == RATE
    assert {row["model_version"] for row in rows_of(tmp_path / "out")} == {version}
    assert version.endswith(f"+{promised.version}")
    for other in (Options(shard=4_000), Options(shard=4_000, cascade=0.9)):
        with pytest.raises(ExistsError, match="was started differently: the model was"):
            prepare(with_students, [str(units)], str(tmp_path / "out"), other)


def test_without_students(saved_model: Path, units: Path, tmp_path: Path) -> None:
    """A model without students is refused before anything is written, and the way is named."""
    with pytest.raises(InputError, match=r"has no students.*standfirst distil .* --cascade RATE"):
        tag_files(saved_model, units, tmp_path / "out", options=OPTIONS)

    assert not (tmp_path / "out").exists()
