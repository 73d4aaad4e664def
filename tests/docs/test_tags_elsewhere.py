"""Tags in other tools: what the how-to says runs in DuckDB, in R and in data frames."""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from standfirst.tests.docs.blocks import Block, blocks

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "tags-elsewhere.md"

pytestmark = pytest.mark.slow


def of(language: str) -> list[Block]:
    """Give the blocks of a language."""
    return [block for block in blocks(PAGE) if block.language == language]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """Make a study whose corpus is tagged, with stance and framing."""
    from standfirst import Study, from_rows, train

    root = tmp_path_factory.mktemp("elsewhere") / "study"
    made = Study.create(root, "transfer-deals")
    answers = {
        "The court may stop plan": {"stance": "legal_check", "framing": ["legality"]},
        "The minister praised plan": {
            "stance": "government_position",
            "framing": ["politics", "economy"],
        },
    }
    rows = [
        {"text": f"{text} {n}.", "article_id": f"{text[4:9]}-{n}", **given}
        for text, given in answers.items()
        for n in range(12)
    ]
    news = [
        {"id": row["article_id"], "text": row["text"], "title": "", "outlet": "AB"[n % 2]}
        for n, row in enumerate(rows)
    ]
    made.add(news)
    report = train(
        from_rows(rows, ["stance", "framing"], codebook=made.codebook),
        encoder="tfidf", effort="fast", n_folds=2,
    )  # fmt: skip
    report.model.save(root / "models" / "transfer-deals")
    made.tag()
    return root


def counted(study: Path, name: str) -> Counter[str]:
    """Count the labels of a dimension by the file itself."""
    column = parquet.read_table(study / "tags" / "corpus.parquet")[name].to_pylist()
    return Counter(label for one in column for label in (one if isinstance(one, list) else [one]))


def test_duckdb(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both queries run as written, and count what the file holds."""
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    monkeypatch.chdir(study)
    by_outlet, frames = (duckdb.sql(block.text).fetchall() for block in of("sql"))
    stance: Counter[str] = Counter()
    for _, label, n, _ in by_outlet:
        stance[label] += n

    assert {outlet for outlet, *_ in by_outlet} == {"A", "B"}
    assert stance == counted(study, "stance")
    assert dict(frames) == dict(counted(study, "framing"))


def test_duckdb_gives_tables(tmp_path: Path) -> None:
    """What DuckDB gives goes in where a table does."""
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    from standfirst import Corpus

    relation = duckdb.sql("SELECT 'a1' AS id, 'Talks resume.' AS text")

    assert Corpus(tmp_path / "corpus").add(relation).added == 1


def test_data_frames(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of Python runs, and counts what the file holds."""
    monkeypatch.chdir(study)
    names: dict[str, Any] = {}
    for block in of("python"):
        exec(block.text, names)  # noqa: S102 - the text is ours

    assert names["by_outlet"].groupby("stance").sum().to_dict() == dict(counted(study, "stance"))


def test_r(study: Path) -> None:
    """The block of R runs, where R and its packages are installed."""
    r = shutil.which("Rscript")
    names = "c('arrow', 'dplyr', 'jsonlite')"
    there = f"quit(status = sum(!sapply({names}, requireNamespace, quietly = TRUE)))"
    if r is None or subprocess.run([r, "-e", there], capture_output=True, check=False).returncode:
        pytest.skip("R with arrow, dplyr and jsonlite is not installed")
    (block,) = of("r")
    asked = f"{block.text.rstrip()} -> counts\ncat(jsonlite::toJSON(counts))\n"
    done = subprocess.run([r, "-e", asked], cwd=study, capture_output=True, text=True, check=True)
    rows = json.loads(re.findall(r"\[.*\]", done.stdout)[-1])
    stance: Counter[str] = Counter()
    for row in rows:
        stance[row["stance"]] += row["n"]

    assert stance == counted(study, "stance")
